/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/language.h"

static bool ruby_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	(void)interpreter, (void)ret_recipe;
	return false;
}

static bool ruby_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	(void)interpreter, (void)kind, (void)ret_state;
	return false;
}

const struct language language_ruby = {
	.id = SCRIPT_RUBY,
	.module = "[ruby]",
	.symbol = "ruby_current_vm_ptr",
	.evaluator = "*vm_exec*",
	.recipe = ruby_recipe,
	.begin = ruby_begin,
};
