/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * address: a socket address, as the bytes a process passed to connect(), to
 * text. The bytes are untrusted: any length, any content, truncated or not an
 * address at all. A pure function of its input, so that it can be fuzzed.
 */
#ifndef SOCKLEAK_ADDRESS_H
#define SOCKLEAK_ADDRESS_H

#include <stddef.h>

struct text;

/*
 * Add the address in `bytes`, clean (see text_add_clean()):
 *
 *	192.0.2.1:5672
 *	[2001:db8::1]:443	[fe80::1%2]:443		with its scope id when it has one
 *	unix:/run/x.sock	unix:@abstract		unix:(unnamed)
 *	vsock:2:1234		cid, port
 *	unspec			AF_UNSPEC: connect() then dissolves an association
 *	AF_NETLINK		any other family: by its name
 *	AF_INET:0x0050c0	too short for its family: the bytes behind the family
 *	0x1f			too short to hold a family
 *
 * Nothing is added when len is 0. In an abstract name NUL bytes become '@', and
 * those at its end, which most callers pass by mistake, are left out.
 */
void address_add(struct text *text, const void *bytes, size_t len);

#endif /* SOCKLEAK_ADDRESS_H */
