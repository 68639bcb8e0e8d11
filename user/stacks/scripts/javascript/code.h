/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * code: what V8 has compiled, by the address of an instruction: the functions that are executed
 * there, with all that was inlined.
 */
#ifndef SOCKLEAK_V8_CODE_H
#define SOCKLEAK_V8_CODE_H

#include <linux/types.h>
#include <stdbool.h>

#include "stacks/scripts/javascript/objects.h"

#define V8_MAX_INLINED 64

/* A piece of code. */
struct v8_code {
	__u64 object;	    /* Code, which describes it */
	__u64 instructions; /* where it begins */
	__u32 size;
	__s32 kind;
};

/* A function that is executed at an address (0: it is not known), and where in its bytecode; < 0:
   it has none. */
struct v8_inlined {
	__u64 shared;
	__s32 offset;
};

/* The code that has a return address; false: there is none that is known. */
bool v8_code_find(const struct v8_heap *heap, __u64 pc, struct v8_code *ret_code);

/*
 * Where in its bytecode the code of one function stands, which was compiled without optimizing.
 * < 0: it is not known.
 */
__s32 v8_code_offset(const struct v8_heap *heap, const struct v8_code *code, __u64 bytecode,
		     __u64 pc);

/*
 * The functions that optimized code executes at a return address, the outermost first; 0: they are
 * not known.
 */
unsigned int v8_code_inlined(const struct v8_heap *heap, const struct v8_code *code, __u64 pc,
			     struct v8_inlined list[V8_MAX_INLINED]);

/* V8's own, or a copy of it. */
static inline bool v8_code_is_builtin(const struct v8_heap *heap, const struct v8_code *code)
{
	return code->kind < heap->layout->kind_baseline;
}

static inline bool v8_code_is_baseline(const struct v8_heap *heap, const struct v8_code *code)
{
	return code->kind == heap->layout->kind_baseline;
}

/* By one of the two compilers that optimize. */
static inline bool v8_code_is_optimized(const struct v8_heap *heap, const struct v8_code *code)
{
	return code->kind == heap->layout->kind_baseline + 1 ||
	       code->kind == heap->layout->kind_baseline + 2;
}

#endif /* SOCKLEAK_V8_CODE_H */
