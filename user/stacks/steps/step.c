/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/steps/step.h"

#include <stdlib.h>

#include "stacks/steps/call_instruction.h"
#include "stacks/steps/prologue.h"
#include "stacks/steps/rules.h"

#define MAX_CALL 7	/* bytes of a call instruction */
#define MAX_WRAPPER 256 /* bytes from its first one to its system call */
#define MAX_SCANNED 16	/* words of the stack among which the return address of one is sought */

static bool read_of(const struct step_source *source, __u64 address, __u64 *ret_word)
{
	return source->read(address, ret_word, source->ctx);
}

/* Is it behind a call instruction? *ret_callee is the function that a direct call calls, else 0. */
static bool is_return_address(const struct step_source *source, __u64 address, __u64 *ret_callee)
{
	const unsigned char *code;
	__s64 distance;
	size_t len;

	code = address ? source->code_before(address, MAX_CALL, &len, source->ctx) : NULL;
	if (!code || !call_instruction_ends(code, len, &distance))
		return false;
	*ret_callee = distance ? address + (__u64)distance : 0;
	return true;
}

/*
 * Finds what the function that begins at `start` has done to its stack when it comes to `pc`.
 * False: that is not known, or it has a frame pointer, which is trusted but in the innermost frame.
 */
static bool read_prologue(const struct step_source *source, __u64 start, __u64 pc,
			  bool is_innermost, struct prologue *ret_prologue)
{
	const unsigned char *code;
	size_t len;

	if (start >= pc || pc - start > PROLOGUE_MAX_CODE)
		return false;
	code = source->code_before(pc, pc - start, &len, source->ctx);
	if (!code || len != pc - start || (!is_innermost && prologue_sets_frame(code, len)))
		return false;
	return prologue_read(code, len, ret_prologue);
}

/* The registers as they were before the call, by what was saved since. */
static void restore(const struct step_source *source, const struct step_frame *frame,
		    const struct prologue *prologue, __u64 at, struct step_frame *ret)
{
	__u64 word;

	*ret = *frame;
	ret->is_innermost = false;
	for (unsigned int i = 0; i < PROLOGUE_REGS; i++)
		if (prologue->saved[i] && read_of(source, at - prologue->saved[i], &word))
			ret->regs[i] = word;
	ret->regs[STEP_SP] = at + sizeof(word);
}

static bool step_by_prologue(const struct step_source *source, const struct step_frame *frame,
			     __u64 start, struct step_frame *ret)
{
	__u64 at, pc, callee;
	struct prologue prologue;

	if (!read_prologue(source, start, frame->regs[STEP_PC], frame->is_innermost, &prologue))
		return false;
	at = frame->regs[STEP_SP] + prologue.depth;
	if (!read_of(source, at, &pc) || !is_return_address(source, pc, &callee))
		return false;
	restore(source, frame, &prologue, at, ret);
	ret->regs[STEP_PC] = pc;
	return true;
}

/* Where the wrapper begins that the innermost frame is in, by who called it; 0 = not known. */
static __u64 find_wrapper(const struct step_source *source, const struct step_frame *frame)
{
	__u64 sp = frame->regs[STEP_SP], pc = frame->regs[STEP_PC], word, callee;
	struct prologue prologue;

	for (__u64 depth = 0; depth < MAX_SCANNED * sizeof(word); depth += sizeof(word)) {
		if (!read_of(source, sp + depth, &word))
			return 0;
		if (is_return_address(source, word, &callee) && callee && callee < pc &&
		    pc - callee < MAX_WRAPPER &&
		    read_prologue(source, callee, pc, true, &prologue) && prologue.depth == depth)
			return callee;
	}
	return 0;
}

/*
 * sub $8, %rsp, or push %rbp and mov %rsp, %rbp; then call *%rcx. libdwfl has restored the frame
 * pointer as the trampoline left it.
 */
static bool step_by_trampoline(const struct step_source *source, const struct step_frame *frame,
			       struct step_frame *ret)
{
	__u64 sp = frame->regs[STEP_SP], pc, callee;

	if (!source->is_trampoline(frame->regs[STEP_PC] - 1, source->ctx) ||
	    !read_of(source, sp + sizeof(pc), &pc) || !is_return_address(source, pc, &callee))
		return false;
	*ret = *frame;
	ret->is_innermost = false;
	if (frame->regs[STEP_FP] == sp && !read_of(source, sp, &ret->regs[STEP_FP]))
		return false;
	ret->regs[STEP_SP] = sp + 2 * sizeof(pc);
	ret->regs[STEP_PC] = pc;
	return true;
}

static bool step_by_pointer(const struct step_source *source, const struct step_frame *frame,
			    struct step_frame *ret)
{
	__u64 fp = frame->regs[STEP_FP], outer_fp, pc;

	if (!fp || fp < frame->regs[STEP_SP] || !read_of(source, fp, &outer_fp) ||
	    !read_of(source, fp + sizeof(pc), &pc))
		return false;
	*ret = *frame;
	ret->is_innermost = false;
	ret->regs[STEP_FP] = outer_fp;
	ret->regs[STEP_SP] = fp + 2 * sizeof(pc);
	ret->regs[STEP_PC] = pc;
	return true;
}

static enum step_way step_by_rules(const struct step_source *source, const struct step_frame *frame,
				   struct step_frame *ret)
{
	Dwarf_Frame *rules = source->rules(frame->regs[STEP_PC] - 1, source->ctx);
	enum rules_answer answer;

	if (!rules)
		return STEP_NONE;
	*ret = *frame;
	ret->is_innermost = false;
	answer = rules_apply(rules, frame->regs, source->read, source->ctx, ret->regs);
	free(rules);
	return answer == RULES_CALLER	 ? STEP_BY_RULES :
	       answer == RULES_OUTERMOST ? STEP_OUTERMOST :
					   STEP_NONE;
}

enum step_way step_out(const struct step_source *source, const struct step_frame *frame,
		       struct step_frame *ret_frame)
{
	enum step_way way = step_by_rules(source, frame, ret_frame);
	__u64 start;

	if (way)
		return way;
	start = source->function_start(frame->regs[STEP_PC] - 1, source->ctx);
	if (!start && frame->is_innermost)
		start = find_wrapper(source, frame);
	if (start && step_by_prologue(source, frame, start, ret_frame))
		return STEP_BY_CODE;
	if (!start && step_by_trampoline(source, frame, ret_frame))
		return STEP_BY_CODE;
	return step_by_pointer(source, frame, ret_frame) ? STEP_BY_POINTER : STEP_NONE;
}
