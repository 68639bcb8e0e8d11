/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooks: how the system calls are seen: by programs of one kind (hook_kinds.h), which is chosen by
 * trying. The same bodies serve all kinds; only one is loaded. In order:
 *
 *   hooks__new()     open what may need CAP_SYS_ADMIN, whichever kind is chosen later: perf
 *                    events, for which kernels of Debian and Ubuntu ask for it where
 *                    kernel.perf_event_paranoid is above 2. Then it can be given up.
 *   hooks__choose()  the best kind that misses nothing here and that can be attached, as far as
 * can be known before loading.
 *   hooks__attach()  attach its programs, and prove them by calls of sockleak's own.
 *   hooks__yield()   that failed: take the next one, for an object that is open and not loaded.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_HOOKS_H
#define SOCKLEAK_HOOKS_H

#include "kernel/hooks/hook_kinds.h"
#include "lib/text.h"

struct bpf_object;
struct btf;
struct hooks;

/*
 * The object is open and not loaded. `types` are the kernel's, needed until hooks__attach() has
 * worked; NULL = not known. 0 or -ENOMEM: that a kind is refused is not an error yet. Free with
 * hooks__free(), which detaches; NULL is allowed there.
 */
int hooks__new(const struct bpf_object *object, const struct options *options,
	       const struct btf *types, struct hooks **ret_hooks);
void hooks__free(struct hooks *hooks);

/* 0, or -errno with one line in ret_error: the kind that was asked for cannot be had, or none. */
int hooks__choose(struct hooks *hooks, const struct bpf_object *object, struct text *ret_error);
/* Have the programs of the kind loaded, and no others: for an object that is not loaded yet. */
void hooks__select(const struct hooks *hooks, const struct bpf_object *object);
/*
 * The object is loaded. `proved` is in its memory: the kernel's side sets a bit for each hook
 * that runs in a call of this process. 0, or -errno with a reason to be passed on.
 */
int hooks__attach(struct hooks *hooks, const struct bpf_object *object,
		  const volatile __u32 *proved, struct text *ret_reason);
/*
 * The kind could not be loaded or attached, for this reason: is there another one to be tried?
 * Then that is chosen, and programs are to be selected of a new object. Never when one was
 * asked for.
 */
bool hooks__yield(struct hooks *hooks, const struct bpf_object *object, const char *reason);
/*
 * The kernel has refused this program: can the same kind do without it, as without those for
 * io_uring? Then programs are to be selected of a new object.
 */
bool hooks__leave_out(struct hooks *hooks, const char *program);
/* Add the line for a user: the chosen kind, the reason, the remedy. */
void hooks__add_error(const struct hooks *hooks, const char *reason, struct text *text);

/* The one that is chosen. */
const struct hook_kind *hooks__kind(const struct hooks *hooks);
/*
 * Are there hooks of io_uring, too, for which this kernel has what they need? Known once they are
 * attached.
 */
bool hooks__sees_uring(const struct hooks *hooks);
/* Why it misses calls on this kernel, in one clause; NULL: it does not. */
const char *hooks__misses(const struct hooks *hooks);
/*
 * Why the kinds that are better than the chosen one are not used: *ret_count of them, valid as long
 * as the hooks. None if --hooks asked for the kind.
 */
const struct kind_refusal *hooks__why(const struct hooks *hooks, unsigned int *ret_count);

#endif /* SOCKLEAK_HOOKS_H */
