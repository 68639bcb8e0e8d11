/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protobuf: writes fields of protocol buffers. The wire format is that of
 * https://protobuf.dev/programming-guides/encoding/: a field is its number and wire type, then
 * a varint, or a length and bytes. A message is such fields one after the other, and is put into
 * another one as bytes.
 *
 * Knows no message. Out of memory shows in text_error(out).
 */
#ifndef SOCKLEAK_PROTOBUF_H
#define SOCKLEAK_PROTOBUF_H

#include <linux/types.h>
#include <stddef.h>

#include "lib/text.h"

/* For int64, uint64 and bool. A 0 is left out: it is what a reader assumes. */
void protobuf_add_u64(struct text *out, unsigned int field, __u64 value);
/* For string, bytes and messages; also an empty one, because a repeated field counts it. */
void protobuf_add_bytes(struct text *out, unsigned int field, const void *bytes, size_t len);
/* For repeated int64 and uint64, packed; nothing when there are none. */
void protobuf_add_packed(struct text *out, unsigned int field, const __u64 *values, size_t count);

#endif /* SOCKLEAK_PROTOBUF_H */
