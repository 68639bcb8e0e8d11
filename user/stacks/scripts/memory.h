/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory: reads the memory of one process, for what an interpreter has there. The process is not
 * stopped, and it may be hostile: what is read may be anything, and change between two reads. So
 * each object's own file checks what it read. Here a limit holds on how much is read for one stack.
 */
#ifndef SOCKLEAK_MEMORY_H
#define SOCKLEAK_MEMORY_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* For one stack. Some 300 frames take 5 reads each, and most of them below 1 KiB. */
#define MEMORY_MAX_READS 16384
#define MEMORY_MAX_BYTES (16 * 1024 * 1024)

struct memory {
	int fd;
	unsigned int reads; /* that are left */
	size_t bytes;
	/* For the tests: reads `len` bytes in place of the descriptor. NULL: the descriptor. */
	bool (*read)(void *ctx, __u64 address, void *to, size_t len);
	void *ctx;
};

/* Open it. 0 and then memory_close(), or what access_memory() says. */
int memory_open(pid_t tgid, struct memory *ret_memory);
void memory_close(struct memory *memory);

/* All of it, or false. An address is not NULL, and a length not 0. */
bool memory_read(struct memory *memory, __u64 address, void *to, size_t len);
/* The same of a word. */
bool memory_word(struct memory *memory, __u64 address, __u64 *ret_word);

#endif /* SOCKLEAK_MEMORY_H */
