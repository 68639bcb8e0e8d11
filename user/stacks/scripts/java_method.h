/* SPDX-License-Identifier: BSD-2-Clause */
/* java_method: the name of a method of Java, and its line, by what HotSpot has of it. */
#ifndef SOCKLEAK_JAVA_METHOD_H
#define SOCKLEAK_JAVA_METHOD_H

#include "stacks/scripts/java_layout.h"

#define JAVA_NO_BYTECODE (-1) /* where it stands is not known */

/* A method, read and checked. */
struct java_method {
	const struct java_layout *layout;
	struct memory *memory;
	__u64 constant, pool, class; /* ConstMethod, ConstantPool, InstanceKlass */
	__u32 flags;		     /* of the constant part */
	__u32 code_size;	     /* bytes of its bytecode */
	bool is_native, is_hidden;
};

/* False: there is no method at this address. */
bool java_method_read(const struct java_layout *layout, struct memory *memory, __u64 address,
		      struct java_method *ret_method);

/* Where the instruction at an address is in its bytecode; JAVA_NO_BYTECODE: it is not there. */
__s32 java_method_index(const struct java_method *method, __u64 bytecode);

/* Name it; the line is that of the instruction at an index. False: it cannot be read. */
bool java_method_name(const struct java_method *method, __s32 index, struct script_name *ret_name);

/* Bytes in which numbers are compressed, UNSIGNED5. */
struct java_stream {
	struct memory *memory;
	__u64 at, end;	    /* the next byte; behind the last one */
	bool excludes_zero; /* as in the layout */
	bool failed;	    /* a byte cannot be read: what was read since is not to be believed */
	unsigned int have, next;
	unsigned char bytes[64];
};

__u32 java_stream_byte(struct java_stream *stream);
__u32 java_stream_number(struct java_stream *stream);

#endif /* SOCKLEAK_JAVA_METHOD_H */
