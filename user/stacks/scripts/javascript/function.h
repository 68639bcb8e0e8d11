/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * function: the name, the file and the line of a function of JavaScript, by the object that all
 * closures of it share (SharedFunctionInfo).
 */
#ifndef SOCKLEAK_V8_FUNCTION_H
#define SOCKLEAK_V8_FUNCTION_H

#include <linux/types.h>
#include <stdbool.h>

#include "stacks/scripts/javascript/objects.h"

struct script_name;

/* Lines that were looked for in one stack; a text is megabytes. */
#define V8_LINES 64
struct v8_lines {
	struct v8_line {
		__u64 script;
		__s32 position;
		unsigned int line;
	} list[V8_LINES];
	unsigned int count;
};

/* One function. */
struct v8_function {
	__u64 shared;
	__u64 scope;	/* ScopeInfo, or the name */
	__u64 script;	/* 0 = V8's own code has none */
	__u64 bytecode; /* 0 = it has none */
	bool is_builtin;
	bool is_hidden; /* JavaScript does not show it either */
};

#define V8_NO_OFFSET (-1)

/* The bytecode of what a function executes, which may be code that was made of it; 0 = none. */
__u64 v8_bytecode_find(const struct v8_heap *heap, __u64 data);

/* False: there is none at this address. */
bool v8_function_read(const struct v8_heap *heap, __u64 shared, struct v8_function *ret_function);

/*
 * Name it; the line is that of the instruction of its bytecode that begins at an offset. False: it
 * cannot be read.
 */
bool v8_function_name(const struct v8_heap *heap, const struct v8_function *function, __s32 offset,
		      struct v8_lines *lines, struct script_name *ret_name);

#endif /* SOCKLEAK_V8_FUNCTION_H */
