/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_memory: how much memory of the kernel the BPF maps take whose descriptors this
 * process holds. Knows /proc/self/fdinfo alone, so it needs no right, and no libbpf.
 */
#ifndef SOCKLEAK_KERNEL_MEMORY_H
#define SOCKLEAK_KERNEL_MEMORY_H

#include <linux/types.h>

/* One map, from the fdinfo of its descriptor: bpf_map_show_fdinfo() in kernel/bpf/syscall.c. */
struct kernel_map {
	__u32 id;
	__u64 bytes; /* "memlock": with all that was taken for it, before 6.4 an estimate */
};

/* Is `text` of a BPF map? 0 with *ret_map, or -ENOENT. */
int kernel_map_parse(const char *text, struct kernel_map *ret_map);

/* The sum over the maps that are open here, each counted once. 0 or -errno. */
int kernel_memory(__u64 *ret_bytes);

#endif /* SOCKLEAK_KERNEL_MEMORY_H */
