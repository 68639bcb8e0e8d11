/* SPDX-License-Identifier: BSD-2-Clause */
/* hash: FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). Begin with HASH_BEGIN. */
#ifndef SOCKLEAK_HASH_H
#define SOCKLEAK_HASH_H

#include <linux/types.h>
#include <stddef.h>

#define HASH_BEGIN 0xcbf29ce484222325ULL

static inline __u64 hash_bytes(__u64 hash, const void *bytes, size_t len)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	while (len--)
		hash = (hash ^ *byte++) * 0x100000001b3ULL;
	return hash;
}

#endif /* SOCKLEAK_HASH_H */
