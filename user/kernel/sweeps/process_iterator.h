/* SPDX-License-Identifier: BSD-2-Clause */
/* process_iterator: an iterator over tasks that goes through one process alone. */
#ifndef SOCKLEAK_PROCESS_ITERATOR_H
#define SOCKLEAK_PROCESS_ITERATOR_H

#include <linux/types.h>
#include <stdbool.h>

struct bpf_link;
struct bpf_program;

/*
 * Attach it; destroy *ret_link with bpf_link__destroy(). -EOPNOTSUPP: a kernel before 6.1
 * (f0d74c4da1f0), which cannot and never will. Any other error is one of this moment, as
 * -ENOMEM and -EMFILE; -ESRCH: there is no such process.
 */
int process_iterator_attach(const struct bpf_program *program, __u32 tgid,
			    struct bpf_link **ret_link);

/*
 * Does it come to the descriptors of a thread that has a table of its own? Before Linux 6.7
 * ("task_group_seq_get_next: fix the skip_if_dup_files check") it leaves out the thread behind one
 * that shares its process's table. Kernels to which that was carried back count as without it.
 */
bool process_iterator_has_threads(void);

#endif /* SOCKLEAK_PROCESS_ITERATOR_H */
