/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook_probe: what the kernel is like, and whether it lets a program be attached as a kind of
 * hooks would be: by trying it with programs that do nothing, which costs far less than to load
 * those that do. That a hook sees a call is proved later, with the real ones (hooks.h).
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_HOOK_PROBE_H
#define SOCKLEAK_HOOK_PROBE_H

#include "kernel/hooks/hook_kinds.h"

struct bpf_object;
struct btf;

/* By the kernel's type information, NULL = not known; `preempts` stays as it is. */
void hook_probe_traits(const struct btf *btf, struct kernel_traits *traits);

/*
 * Attach a program that does nothing to what the first programs of that kind in the object are
 * for, and take it off again. 0 or -errno. Kinds of perf events are not tried here.
 */
int hook_probe(const struct bpf_object *object, const struct hook_kind *kind,
	       const struct btf *btf);

/*
 * Every link of kprobe.multi must have one, although nobody reads it: of a link without, Linux 6.18
 * dereferences NULL when anybody reads /proc/PID/fdinfo (bpf_kprobe_multi_show_fdinfo()).
 */
extern const __u64 hook_probe_cookie;

#endif /* SOCKLEAK_HOOK_PROBE_H */
