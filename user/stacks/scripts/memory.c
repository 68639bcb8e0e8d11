/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/memory.h"

#include <unistd.h>

#include "host/files/access.h"

int memory_open(pid_t tgid, struct memory *ret_memory)
{
	struct memory memory = { .reads = MEMORY_MAX_READS, .bytes = MEMORY_MAX_BYTES };
	int err = access_memory(tgid, &memory.fd);

	if (!err)
		*ret_memory = memory;
	return err;
}

void memory_close(struct memory *memory)
{
	if (!memory->read)
		close(memory->fd);
}

bool memory_read(struct memory *memory, __u64 address, void *to, size_t len)
{
	if (!address || !len || !memory->reads || len > memory->bytes || address >> 63)
		return false;
	memory->reads--;
	memory->bytes -= len;
	if (memory->read)
		return memory->read(memory->ctx, address, to, len);
	return pread(memory->fd, to, len, (off_t)address) == (ssize_t)len;
}

bool memory_word(struct memory *memory, __u64 address, __u64 *ret_word)
{
	return !(address & 7) && memory_read(memory, address, ret_word, sizeof(*ret_word));
}
