/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descent: which processes `run` watches: the one that it starts, and what descends from it
 * (bpf/exits.bpf.h). Its programs are attached beside the hooks of any kind.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_DESCENT_H
#define SOCKLEAK_DESCENT_H

#include <linux/types.h>

#include "lib/text.h"

struct descent;
struct sockleak_bpf;

/* Before load: the programs are loaded if a process is followed (tgid is not 0). */
void descent_select(struct sockleak_bpf *skeleton, __u32 tgid);

/*
 * After load: follow that process, which has not forked yet; 0: nothing is done. Returns 0, or
 * -errno with one line in ret_error. Free with descent__free(), before the skeleton; NULL is
 * allowed.
 */
int descent__attach(struct sockleak_bpf *skeleton, __u32 tgid, struct descent **ret_descent,
		    struct text *ret_error);
/* How many of the processes have not ended. */
unsigned int descent_count(const struct sockleak_bpf *skeleton);
void descent__free(struct descent *descent);

#endif /* SOCKLEAK_DESCENT_H */
