/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pins: where the kernel's maps outlive sockleak (--pin DIR): a directory of its own
 * on a bpffs, for its user alone (snapshots may hold keys). It knows which maps are
 * pinned, whether those that lie there are what this run would make, and who uses
 * them; what stands in them is restore.c's.
 *
 * The state in DIR is whole or it is none: the map `layout` is pinned last and removed first. It
 * says whose the maps are, and has a fingerprint of their layout; sizes are the maps' own. State
 * that does not fit is removed, and reported once.
 *
 * One sockleak at a time: DIR is locked (flock), and who takes over waits until the
 * process before it is gone, and with it the last of its hooks.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_PINS_H
#define SOCKLEAK_PINS_H

#include <linux/types.h>
#include <stdbool.h>

#include "lib/cleanup.h"
#include "lib/text.h"

struct bpf_object;
struct pins;

/*
 * Open and lock a directory, made when there is none (0700). The object is open and not
 * loaded, with all sizes set: have it use the maps that are pinned there; when they do
 * not fit, remove them. Returns 0 or -errno with one line in ret_error. Free with
 * pins__free(), after the object; NULL is allowed there. The maps stay pinned.
 */
int pins__open(const char *dir, struct bpf_object *object, struct pins **ret_pins,
	       struct text *ret_error);
void pins__free(struct pins *pins);
DEFINE_CLEANUP(struct pins *, pins__free)

/*
 * It is loaded: pin the maps, if they are new, write down that they are this process's
 * now, and make what stands in them fit for this run, calling on_progress meanwhile. Errors
 * as above.
 */
int pins__begin(struct pins *pins, struct bpf_object *object, void (*on_progress)(void *ctx),
		void *ctx, struct text *ret_error);
/* After that: the slots for copies of stacks that are in use from before. */
__u32 pins__slots(const struct pins *pins);
/* A sweep, of this number, is done. */
void pins__swept(const struct pins *pins, const struct bpf_object *object, __u64 sweep);

/*
 * Add a line for the user, that it goes on from an earlier run, or why it does not; none
 * when there was no earlier one. True: something was lost.
 */
bool pins__tell(const struct pins *pins, struct text *text);

#endif /* SOCKLEAK_PINS_H */
