/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * restore: what an earlier run left in its maps, made fit for this one, before the hooks are
 * attached. The description of a socket stays. State of one run alone goes: what was reported, for
 * which process, and which sweep saw it. So every leak is reported again, once. Maps that follow
 * from others are rebuilt (pending_by_inode, free slots), and entries that nobody can need any more
 * are removed. Each step can be done twice: a run that is killed here leaves nothing that the next
 * one cannot take up.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_RESTORE_H
#define SOCKLEAK_RESTORE_H

#include <linux/types.h>

struct bpf_object;

/* What is known from before. */
struct restored {
	__u32 sockets; /* closed ones among them */
	__u32 slots; /* that hold copies of their stacks; they are counted in their users' shares */
};

/*
 * The object is loaded and its hooks are not attached. `on_progress` is called for every thousand
 * of what there is. *ret is zero before. 0 or -errno.
 */
int restore_begin(const struct bpf_object *object, void (*on_progress)(void *ctx), void *ctx,
		  struct restored *ret);

/*
 * Some sweeps later, between two: what the earlier run has reported of sockets that had ended when
 * this one looked at them, is removed.
 */
void restore_tidy(const struct bpf_object *object);

/* Without an earlier run: all slots are free. 0 or -errno. */
int restore_fill_slots(const struct bpf_object *object);

#endif /* SOCKLEAK_RESTORE_H */
