/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooks: how the system calls are seen: by the classic tracepoints of those calls, which cost
 * no other call anything, or by the raw ones, which run at every system call. The same
 * bodies serve both; only one kind is loaded.
 *
 * The classic ones are perf events, and opening those is all that may need CAP_SYS_ADMIN:
 * kernels of Debian and Ubuntu ask for it where kernel.perf_event_paranoid is above 2.
 * Loading, attaching and running do not: so the events are opened first.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_HOOKS_H
#define SOCKLEAK_HOOKS_H

#include "options.h"
#include "text.h"

struct bpf_object;
struct hooks;

/*
 * The object is open and not loaded: choose the kind by trying, open its events, and have
 * the programs of the other kind not loaded. 0, -ENOMEM, or -errno with one line in
 * ret_error. Free with hooks__free(), which detaches; NULL is allowed there.
 */
int hooks__new(const struct bpf_object *object, enum hooks_choice choice, struct hooks **ret_hooks,
	       struct text *ret_error);
void hooks__free(struct hooks *hooks);

/* The same for another object of the same programs, open and not loaded, with the kind chosen. */
void hooks__select(const struct hooks *hooks, const struct bpf_object *object);
/* The object is loaded. Errors as above. */
int hooks__attach(struct hooks *hooks, const struct bpf_object *object, struct text *ret_error);

/* "tracepoint" or "raw_tp". */
const char *hooks__kind(const struct hooks *hooks);
/* Why the cheap kind could not be had, with the remedy; NULL: it could, or nobody asked for it. */
const char *hooks__refused(const struct hooks *hooks);

#endif /* SOCKLEAK_HOOKS_H */
