/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "lib/names.h"
#include "lib/text.h"
#include "report/json/json_parts.h"
#include "report/json/json_report.h"
#include "stacks/culprit.h"
#include "stacks/scripts/script_rules.h"

static void put_frame(struct json *json, const struct frame *frame)
{
	bool in_file = frame->module && strcmp(frame->module, FRAME_JIT) != 0 && !frame->script;
	char pc[sizeof("0x0123456789abcdef")];

	snprintf(pc, sizeof(pc), "0x%llx", frame->pc);
	json_begin_object(json, NULL);
	json_string(json, "kind", frame->script ? "script" : "native");
	put_known_string(json, "language", script_language_name(frame->script));
	put_known_string(json, "pc", frame->script ? NULL : pc);
	put_known_string(json, "function", frame->function);
	put_known_string(json, "module", frame->script ? NULL : frame->module);
	put_known_string(json, "build_id", frame->build_id);
	put_known_u64(json, "offset", frame->offset, in_file);
	put_known_string(json, "file", frame->file);
	put_known_u64(json, "line", frame->line, frame->line);
	json_bool(json, "inlined", frame->inlined);
	json_string(json, "unwound", frame_source_name(frame->source));
	if (frame->local_to)
		json_string(json, "local_to", frame->local_to);
	if (frame->trouble)
		json_string(json, "trouble", frame_trouble_name(frame->trouble));
	json_end_object(json);
}

/* The members of a place. For some scripts only the language is known, and what executes them. */
static void put_place(struct json *json, const struct code_place *place)
{
	const struct frame *frame = place->frame;
	bool itself = !place->language;

	json_string(json, "function", itself ? frame->function : NULL);
	json_string(json, "module", frame->script ? NULL : frame->module);
	json_string(json, "file", itself ? frame->file : NULL);
	put_known_u64(json, "line", frame->line, itself && frame->line);
	json_string(json, "language",
		    place->hidden   ? NULL :
		    place->language ?:
				      script_language_name(frame->script));
}

/* Where a person should look, and whose it is. */
void put_culprit(struct json *json, const struct stack *stack, const struct owner *owner)
{
	struct culprit culprit = culprit_find(stack, owner ? owner->exe : NULL);

	if (!culprit.where.frame) {
		json_null(json, "culprit");
	} else {
		json_begin_object(json, "culprit");
		put_place(json, &culprit.where);
		json_string(json, "emulator", culprit.where.hidden ? culprit.where.language : NULL);
		json_bool(json, "interpreted", culprit.interpreted);
		if (culprit.caller.frame) {
			json_begin_object(json, "caller");
			put_place(json, &culprit.caller);
			json_end_object(json);
		} else {
			json_null(json, "caller");
		}
		json_end_object(json);
	}
	json_string(json, "package", stack ? stack->package : NULL);
}

void put_site(struct json *json, const struct stack *stack)
{
	if (stack && stack->site)
		json_hex(json, "site", stack->site);
	else
		json_null(json, "site");
}

static void put_unnamed_jit(struct json *json, enum jit_runtime runtime)
{
	if (runtime == JIT_NONE) {
		json_null(json, "unnamed_jit");
		return;
	}
	json_begin_object(json, "unnamed_jit");
	json_string(json, "runtime", jit_runtime_name(runtime));
	json_string(json, "command", jit_runtime_command(runtime));
	json_string(json, "option", jit_runtime_option(runtime));
	json_end_object(json);
}

void put_stack(struct json *json, const struct stack *stack)
{
	unsigned int i;

	if (!stack || !stack->count) {
		json_null(json, "stack");
		json_null(json, "stack_source");
		json_null(json, "stack_truncated");
		json_null(json, "stack_end");
		json_null(json, "unnamed_jit");
		return;
	}
	json_begin_array(json, "stack");
	for (i = 0; i < stack->count; i++)
		put_frame(json, &stack->frames[i]);
	json_end_array(json);
	json_string(json, "stack_source", stack_source_name(stack->source));
	json_bool(json, "stack_truncated", stack->truncated);
	json_string(json, "stack_end", stack_end_name(stack->end));
	put_unnamed_jit(json, stack->unnamed_jit);
}

void put_tried(struct json *json, const struct tried *tried)
{
	if (!tried->stack) {
		json_null(json, "tried");
		return;
	}
	json_begin_object(json, "tried");
	json_string(json, "call", failed_call_name(tried->call));
	put_stack(json, tried->stack);
	json_end_object(json);
}

void json_last_code_clear(struct json_last_code *last)
{
	stack_unref(last->stack);
	owner_unref(last->owner);
	text_free(&last->bytes);
	*last = (struct json_last_code){ 0 };
}

void put_code(struct json *json, struct stack *stack, struct owner *owner,
	      struct json_last_code *last)
{
	const struct text *out = json->out;
	size_t begin = out->len;

	if (last && last->stack && last->stack == stack && last->owner == owner) {
		json_members(json, text_str(&last->bytes), last->bytes.len);
		return;
	}
	put_site(json, stack);
	put_culprit(json, stack, owner);
	put_stack(json, stack);
	if (!last || !stack || text_error(out))
		return;
	json_last_code_clear(last);
	text_add_bytes(&last->bytes, out->data + begin, out->len - begin);
	if (text_error(&last->bytes))
		return;
	last->stack = stack_ref(stack); /* so that nothing else is made at the same address */
	last->owner = owner_ref(owner);
}
