/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/steps/rules.h"

#include <dwarf.h>
#include <string.h>

#define REG_STACK 7
#define REG_CODE 16

struct rules {
	Dwarf_Frame *frame;
	const __u64 *regs;
	__u64 cfa; /* the canonical frame address */
	rules_read_fn read;
	void *ctx;
};

static bool find_cfa(struct rules *rules)
{
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_frame_cfa(rules->frame, &ops, &count) || count != 1 ||
	    ops[0].atom != DW_OP_bregx || ops[0].number >= RULES_REGS)
		return false;
	rules->cfa = rules->regs[ops[0].number] + ops[0].number2;
	return true;
}

/* By a rule that is an expression: what libdw makes of a distance from the frame's address. */
static bool evaluate(const struct rules *rules, const Dwarf_Op *ops, size_t count, __u64 *ret_value)
{
	__u64 address = rules->cfa;
	size_t at = 1;

	if (count == 1 && ops[0].atom == DW_OP_regx && ops[0].number < RULES_REGS) {
		*ret_value = rules->regs[ops[0].number];
		return true;
	}
	if (ops[0].atom != DW_OP_call_frame_cfa)
		return false;
	if (at < count && ops[at].atom == DW_OP_plus_uconst)
		address += ops[at++].number;
	if (at == count)
		return rules->read(address, ret_value, rules->ctx);
	*ret_value = address;
	return at + 1 == count && ops[at].atom == DW_OP_stack_value;
}

/* False: it is not known, and stays as it is. *ret_undefined: the rule says that it has none. */
static bool find_register(const struct rules *rules, int number, bool *ret_undefined,
			  __u64 *ret_value)
{
	Dwarf_Op memory[3], *ops;
	size_t count;

	*ret_undefined = false;
	if (dwarf_frame_register(rules->frame, number, memory, &ops, &count))
		return false;
	if (count)
		return evaluate(rules, ops, count, ret_value);
	*ret_undefined = ops == memory;
	return false;
}

enum rules_answer rules_apply(Dwarf_Frame *frame, const __u64 *regs, rules_read_fn read, void *ctx,
			      __u64 *ret_regs)
{
	struct rules rules = { .frame = frame, .regs = regs, .read = read, .ctx = ctx };
	__u64 caller[RULES_REGS];
	bool undefined;

	memcpy(caller, regs, sizeof(caller));
	if (!find_cfa(&rules))
		return RULES_UNKNOWN;
	for (int i = 0; i < REG_CODE; i++)
		find_register(&rules, i, &undefined, &caller[i]);
	caller[REG_STACK] = rules.cfa;
	if (!find_register(&rules, REG_CODE, &undefined, &caller[REG_CODE]))
		return undefined ? RULES_OUTERMOST : RULES_UNKNOWN;
	memcpy(ret_regs, caller, sizeof(caller));
	return RULES_CALLER;
}
