/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/site_id.h"

#include <string.h>

#include "lib/hash.h"
#include "stacks/scripts/script_rules.h"
#include "stacks/culprit.h"
#include "stacks/names/python_name.h"

/* Raise it when the id is made in another way. */
#define SITE_ID_VERSION 2
#define CALLED_FRAMES 12 /* from socket() out to what a script has called */

/* The lowest byte first whatever the host's order, for ids are compared between hosts. */
static __u64 hash_u64(__u64 hash, __u64 number)
{
	unsigned char bytes[8];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	return hash_bytes(hash, bytes, sizeof(bytes));
}

/* With its NUL, so that the hash also covers where a string ends. */
static __u64 hash_name(__u64 hash, const char *string)
{
	return hash_bytes(hash, string, strlen(string) + 1);
}

/* Where "3.11", "-2" or "-1.2" begins at the end of a name; its length = there is none. */
static size_t version_at(const char *name, size_t len)
{
	size_t at = len;
	bool dotted = false;

	while (at && ((name[at - 1] >= '0' && name[at - 1] <= '9') || name[at - 1] == '.'))
		dotted |= name[--at] == '.';
	if (at > 1 && at < len && name[at - 1] == '-')
		return at - 1;
	return dotted && at ? at : len;
}

size_t site_module(const char *module, const char **ret_name, bool *ret_so)
{
	const char *name = module_name(module), *so = strstr(name, ".so"), *tag;
	size_t len = strlen(name);

	*ret_so = so && (!so[3] || so[3] == '.');
	if (*ret_so) {
		len = (size_t)(so - name);
		tag = memchr(name, '.', len); /* _socket.cpython-311-x86_64-linux-gnu.so */
		if (tag && !strncmp(tag, ".cpython-", 9))
			len = (size_t)(tag - name);
	}
	*ret_name = name;
	return version_at(name, len);
}

static __u64 hash_module(__u64 hash, const char *module)
{
	const char *name;
	bool so;
	size_t len = site_module(module, &name, &so);

	hash = hash_bytes(hash, name, len);
	return hash_name(hash, so ? ".so" : "");
}

/* A function of a script, by the file's base name: folders differ from host to host. */
static __u64 hash_of_script(const char *language, const char *file)
{
	__u64 hash = hash_name(hash_name(HASH_BEGIN, "script"), language);

	return hash_name(hash, module_name(file));
}

static __u64 hash_script(const struct frame *frame)
{
	bool is_text = script_rule_is_text(frame->script, frame->function, frame->file);
	const char *file = is_text || !frame->file ? "" : frame->file;
	__u64 hash = hash_of_script(script_language_name(frame->script), file);
	size_t at, len;

	script_rule_lasting(frame->script, frame->function, &at, &len);
	hash = hash_bytes(hash, frame->function, at);
	return hash_name(hash, frame->function + at + len);
}

/* Without a symbol only one build's offset says which code it is. */
static __u64 hash_code(const struct frame *frame)
{
	const char *function, *file;
	size_t len;
	__u64 hash;

	if (frame->script)
		return hash_script(frame);
	if (python_name_split(frame->function, &function, &len, &file))
		return hash_name(hash_bytes(hash_of_script("Python", file), function, len), "");
	if (frame->function) {
		hash = hash_name(HASH_BEGIN, "function");
		hash = hash_name(hash_module(hash, frame->module ?: ""), frame->function);
		return frame->local_to ? hash_name(hash, frame->local_to) : hash;
	}
	hash = hash_name(HASH_BEGIN, "code");
	if (frame->build_id)
		hash = hash_name(hash, frame->build_id);
	else
		hash = hash_module(hash, frame->module ?: "");
	return hash_u64(hash, frame->offset);
}

/*
 * Adds what the scripts have called. A function of the interpreter that they call, such as node's
 * TCPWrap::Connect() or perl's pp_socket(), says it best; it is some frames away from socket().
 * Else the modules up to the interpreter, of which those of one rule count once.
 */
static __u64 hash_scripts(const struct stack *stack, const struct code_place *place)
{
	__u64 hash = hash_name(hash_name(HASH_BEGIN, "scripts"), place->language);
	const struct frame_rule *rule, *last = NULL;
	unsigned int looked = 0;

	for (unsigned int i = 0; i < stack->count && looked < CALLED_FRAMES; i++) {
		const struct frame *frame = &stack->frames[i];

		looked += !frame->inlined;
		if (frame->kind != FRAME_OF_BINDING || frame->inlined)
			continue;
		rule = frame_rule_find(frame->module, frame->function, MANGLING_ANY);
		if (rule && rule->function)
			return hash_name(hash, rule->function);
		if (rule && rule != last && frame <= place->frame)
			hash = hash_name(hash, rule->module);
		last = rule;
	}
	return hash;
}

/*
 * There is no code to mend among the frames. Those of the C library alone are no site: its
 * socket() is the same code in each program, and so would be the site of all their leaks.
 */
static __u64 hash_call(const struct stack *stack)
{
	for (unsigned int i = 0; stack && i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		if (frame->module && strcmp(frame->module, FRAME_JIT) != 0 && !frame->inlined &&
		    !frame->script && frame->kind != FRAME_OF_LIBC)
			return hash_code(frame);
	}
	return 0;
}

/*
 * Text that eval compiles has the same name wherever it comes from, and code that was freed has
 * none, or no file: the function that has run it says more.
 */
static __u64 hash_runner(__u64 hash, const struct stack *stack, const struct frame *frame)
{
	const struct frame *runner = culprit_script_caller(stack, frame);

	while (runner && script_rule_is_text(runner->script, runner->function, runner->file))
		runner = culprit_script_caller(stack, runner);
	return runner ? hash_u64(hash, hash_script(runner)) : hash;
}

static __u64 hash_place(const struct stack *stack)
{
	struct code_place place = culprit_lasting_place(stack);

	if (!place.frame)
		return hash_call(stack);
	if (place.hidden)
		return hash_name(hash_name(HASH_BEGIN, "emulator"), place.language);
	if (place.unnamed)
		return hash_runner(hash_scripts(stack, &place), stack, place.unnamed);
	if (place.language)
		return hash_scripts(stack, &place);
	if (script_rule_is_text(place.frame->script, place.frame->function, place.frame->file))
		return hash_runner(hash_code(place.frame), stack, place.frame);
	return hash_code(place.frame);
}

__u64 site_id(const struct stack *stack)
{
	return hash_place(stack);
}

__u32 site_rules(void)
{
	static __u64 hash;
	size_t count;
	const struct frame_rule *rule = frame_rules(&count), *end = rule + count;

	if (hash)
		return (__u32)hash;
	hash = hash_u64(HASH_BEGIN, SITE_ID_VERSION);
	for (; rule < end; rule++) {
		hash = hash_u64(hash_u64(hash, rule->kind), rule->mangling);
		hash = hash_name(hash, rule->language ?: "");
		hash = hash_name(hash_name(hash, rule->module ?: ""), rule->function ?: "");
	}
	return (__u32)hash;
}

__u64 site_given(const struct stack *stack, __u64 given, __u32 rules)
{
	struct code_place place;

	if (!given)
		return stack->site;
	if (rules == site_rules() || stack->source != STACK_SNAPSHOT)
		return given;
	place = culprit_lasting_place(stack);
	if (place.language)
		return given; /* frames of scripts are not restored: it may be of one */
	return place.frame && place.frame->function ? site_id(stack) : given;
}

__u64 site_way(const struct stack *stack)
{
	__u64 hash = HASH_BEGIN;

	for (unsigned int i = 0; stack && i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		if (frame->inlined || !frame->module)
			continue;
		hash = hash_name(hash, frame->build_id ?: module_name(frame->module));
		if (!strcmp(frame->module, FRAME_JIT) || frame->script)
			hash = hash_name(hash, frame->function ?: "");
		else
			hash = hash_u64(hash, frame->offset);
		if (frame->script)
			hash = hash_u64(hash_name(hash, frame->file ?: ""), frame->line);
	}
	return hash;
}
