/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/culprit.h"

#include <string.h>

#include "stacks/names/python_name.h"
#include "stacks/scripts/script_rules.h"

/* A preloaded library may call others of its own functions between its socket() and libc's. */
#define INTERPOSER_FRAMES 8

/* How far the search has come. */
struct search {
	const struct stack *stack;
	bool lasting;			    /* culprit_lasting_place() */
	bool in_scripts;		    /* an interpreter, its binding, or JIT code */
	bool past_wrappers;		    /* something else was met */
	const char *language;		    /* of the interpreter or binding that was met first */
	const struct frame *script;	    /* the interpreter's first frame, else the binding's */
	const struct frame *wrapper;	    /* the outermost next to the call */
	const struct frame *runtime;	    /* the first */
	const struct frame *script_wrapper; /* the outermost of those that are met first */
	const struct frame *met;	    /* the outermost function of a script */
	bool past_script_wrappers;
	bool at_loop;		     /* the search ended at the loop that has called the function */
	const struct frame *unnamed; /* of a script; the search ends there */
	bool script_is_interpreter;
};

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool of_one_module(const struct frame *a, const struct frame *b)
{
	return a->module && b->module && !strcmp(a->module, b->module);
}

static bool is_jit(const struct frame *frame)
{
	return !frame->module || !strcmp(frame->module, FRAME_JIT);
}

/* Kinds of frames that may be met within an interpreter: its scripts, and code made of them. */
static bool is_of_scripts(const struct frame *frame)
{
	return frame->script || is_jit(frame);
}

static const char *language_of(const struct frame *frame)
{
	const struct frame_rule *rule =
		frame_rule_find(frame->module, frame->function, MANGLING_ANY);

	return rule ? rule->language : NULL;
}

static bool executes_scripts(const struct frame *frame)
{
	return frame->kind == FRAME_OF_BINDING || frame->kind == FRAME_OF_INTERPRETER;
}

/* ---- Where ---- */

/* Behind the outermost socket() near the call. */
static unsigned int first_of_caller(const struct stack *stack, bool lasting)
{
	unsigned int first = 0, looked = 0;

	for (unsigned int i = 0; i < stack->count && looked < INTERPOSER_FRAMES; i++) {
		const struct frame *frame = &stack->frames[i];

		looked += !frame->inlined;
		if (lasting && frame->inlined)
			continue;
		if (frame->kind == FRAME_OF_LIBC && frame->function &&
		    strstr(frame->function, "socket"))
			first = i + 1;
	}
	return first;
}

/*
 * The language whose scripts run here. Code of a JIT compiler may be met before the interpreter's
 * own.
 */
static void meet_scripts(struct search *search, const struct frame *frame)
{
	const struct frame *end = search->stack->frames + search->stack->count;

	while (frame < end && !executes_scripts(frame))
		frame++;
	if (frame == end)
		return;
	search->language = search->language ?: language_of(frame);
	if (!search->script ||
	    (frame->kind == FRAME_OF_INTERPRETER && !search->script_is_interpreter)) {
		search->script = frame;
		search->script_is_interpreter = frame->kind == FRAME_OF_INTERPRETER;
	}
}

/* Has each process of the program that name for the code, whatever else it does? */
static bool name_lasts(const struct frame *frame)
{
	const char *function, *file;
	size_t len;

	return python_name_split(frame->function, &function, &len, &file);
}

/* Judges a frame that no rule names. True: it is the culprit. */
static bool is_to_mend(struct search *search, const struct frame *frame)
{
	if (!is_jit(frame))
		return true;
	if (frame->function && (!search->lasting || name_lasts(frame)))
		return true;
	meet_scripts(search, frame);
	search->in_scripts |= search->language != NULL;
	return false;
}

/*
 * Is it code between two parts of an interpreter: an extension that has called the interpreter's
 * own functions for sockets, for a script? Then functions of the script follow further out, and
 * none was met before.
 */
static bool is_extension(const struct search *search, const struct frame *frame)
{
	const struct frame *end = search->stack->frames + search->stack->count;

	if (search->met || !search->language)
		return false;
	while (frame < end && !frame->script)
		frame++;
	return frame < end && same_name(script_language_name(frame->script), search->language);
}

/* Look at the next frame further out; false: the search is over. */
static bool pass_over(struct search *search, const struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_OF_WRAPPER:
		if (!search->past_wrappers)
			search->wrapper = frame;
		if (frame->script && !search->past_script_wrappers)
			search->script_wrapper = frame;
		return true;
	case FRAME_OF_RUNTIME:
		search->past_script_wrappers |= search->script_wrapper != NULL;
		search->runtime = search->runtime ?: frame;
		search->past_wrappers = true;
		return true;
	case FRAME_OF_BINDING: /* who calls it is an interpreter, also as a part of a program */
	case FRAME_OF_INTERPRETER:
		meet_scripts(search, frame);
		search->in_scripts = true;
		return true;
	case FRAME_OF_PROGRAM:
	case FRAME_OF_EMULATOR:
		return false;
	case FRAME_OF_TRAMPOLINE:
	case FRAME_OF_LIBC:
		break;
	}
	return true;
}

static bool is_loop(const struct frame *frame)
{
	return frame->script && script_rule_is_loop(frame->script, frame->function, frame->file);
}

/* There is no frame to mend: the best that is known. A pool may connect in a thread of its own. */
static struct code_place without_frame(const struct search *search)
{
	if (search->script_wrapper && !search->unnamed)
		return (struct code_place){ .frame = search->script_wrapper };
	if (search->at_loop)
		return (struct code_place){ .frame = search->met };
	if (search->language)
		return (struct code_place){ search->script, search->language, false,
					    search->unnamed };
	return (struct code_place){ .frame = search->wrapper ?: search->runtime };
}

static struct code_place search_place(const struct stack *stack, bool lasting)
{
	struct search search = { .stack = stack, .lasting = lasting };

	if (!stack)
		return (struct code_place){ 0 };
	for (unsigned int i = first_of_caller(stack, lasting); i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		if (lasting && frame->inlined)
			continue;
		if (search.met && is_loop(frame)) {
			search.at_loop = true;
			break; /* what is further out runs the loop */
		}
		if (pass_over(&search, frame)) {
			search.met = frame->script && frame->function ? frame : search.met;
			continue;
		}
		if (frame->kind == FRAME_OF_EMULATOR)
			return (struct code_place){ frame, language_of(frame) ?: "an emulator",
						    true, NULL };
		if (frame->script && !frame->function) {
			search.unnamed = frame;
			meet_scripts(&search, frame);
			break; /* what is further out is not known to be the first */
		}
		if (search.in_scripts && !is_of_scripts(frame)) {
			if (is_extension(&search, frame))
				continue;
			break; /* it runs the interpreter */
		}
		if (is_to_mend(&search, frame))
			return (struct code_place){ .frame = frame };
	}
	return without_frame(&search);
}

struct code_place culprit_place(const struct stack *stack)
{
	return search_place(stack, false);
}

struct code_place culprit_lasting_place(const struct stack *stack)
{
	return search_place(stack, true);
}

/* ---- Who called it ---- */

/* std::function and its like: the table has them as the program's, for they are made of its code.
 */
static bool calls_back(const struct frame *frame)
{
	const struct frame_rule *rule;

	if (frame->kind != FRAME_OF_PROGRAM || is_jit(frame))
		return false;
	rule = frame_rule_find(frame->module, frame->function, MANGLING_CPP);
	return rule && rule->kind == FRAME_OF_PROGRAM;
}

/*
 * Is it a part of the same function, of what its file brought along, or only a step on the way to
 * it, such as the interpreter between two functions of a script?
 */
static bool is_between(const struct frame *frame, const struct frame *culprit)
{
	if (frame->kind == FRAME_OF_TRAMPOLINE || (executes_scripts(frame) && is_jit(culprit)))
		return true;
	if (calls_back(frame))
		return true;
	if (!of_one_module(frame, culprit))
		return false;
	if (frame->kind == FRAME_OF_RUNTIME || frame->kind == FRAME_OF_WRAPPER)
		return true;
	return frame->function && same_name(frame->function, culprit->function);
}

/* A frame that has a name, or runs scripts, of which the culprit is not one. */
static struct code_place named_place(const struct frame *frame, const struct frame *culprit)
{
	if (executes_scripts(frame) && !is_jit(culprit))
		return (struct code_place){ frame, language_of(frame), false, NULL };
	if (frame->kind == FRAME_OF_PROGRAM && frame->function)
		return (struct code_place){ .frame = frame };
	return (struct code_place){ 0 };
}

/* A script that calls itself: of several files any may have a function of that name. */
static bool is_same_script(const struct frame *a, const struct frame *b)
{
	return a->script == b->script && same_name(a->function, b->function) &&
	       same_name(a->file, b->file);
}

/* The next function of a script that is not the language's own, nor that of the frame. */
const struct frame *culprit_script_caller(const struct stack *stack, const struct frame *frame)
{
	const struct frame *end = stack->frames + stack->count;

	for (const struct frame *next = frame + 1; next < end; next++)
		if (next->script && next->function && next->kind == FRAME_OF_PROGRAM &&
		    !is_same_script(next, frame))
			return next;
	return NULL;
}

static bool is_application(const struct frame *frame)
{
	return script_rule_is_application(frame->script, frame->function, frame->file);
}

/*
 * The function of a script that a person would go to for the sake of a library that has made the
 * socket: the next one of the application.
 */
static const struct frame *find_application(const struct stack *stack, const struct frame *culprit)
{
	const struct frame *end = stack->frames + stack->count;

	for (const struct frame *next = culprit + 1; next < end; next++)
		if (next->script && next->function && next->kind == FRAME_OF_PROGRAM &&
		    is_application(next) && !is_same_script(next, culprit))
			return next;
	return NULL;
}

/* The script whose call has led to the culprit. */
static const struct frame *find_script(const struct stack *stack, const struct frame *culprit)
{
	const struct frame *found = NULL;

	if (!culprit->script || !is_application(culprit))
		found = find_application(stack, culprit);
	return found ?: culprit_script_caller(stack, culprit);
}

static struct code_place find_caller(const struct stack *stack, const struct frame *culprit)
{
	const struct frame *end = stack->frames + stack->count, *frame = culprit + 1;
	struct code_place caller = { 0 };

	/*
	 * A person whose script calls a library looks for the line of the script, not in the
	 * library.
	 */
	caller.frame = find_script(stack, culprit);
	if (culprit->script || caller.frame)
		return caller;

	while (frame < end && is_between(frame, culprit))
		frame++;
	if (frame < end && !caller.frame)
		caller = named_place(frame, culprit);
	/* A library that nobody names says too little: who uses it is named as well. */
	for (; !culprit->function && !caller.frame && frame < end; frame++)
		caller = named_place(frame, culprit);
	return caller;
}

/* Code in no file, of an interpreter whose own frames the stack does not reach. */
static struct code_place of_executable(const struct stack *stack, const char *exe)
{
	for (unsigned int i = 0; stack && i < stack->count; i++)
		if (!stack->frames[i].module)
			return (struct code_place){ &stack->frames[i],
						    runtime_frame_interpreter(exe), false, NULL };
	return (struct code_place){ 0 };
}

struct culprit culprit_find(const struct stack *stack, const char *exe)
{
	struct culprit culprit = { .where = culprit_place(stack),
				   .interpreted = runtime_frame_interpreter(exe) };

	if (!culprit.where.frame && culprit.interpreted)
		culprit.where = of_executable(stack, exe);
	if (culprit.where.frame && !culprit.where.language)
		culprit.caller = find_caller(stack, culprit.where.frame);
	else if (culprit.where.unnamed)
		culprit.caller.frame = culprit_script_caller(stack, culprit.where.unnamed);
	return culprit;
}

bool code_place_equal(const struct code_place *a, const struct code_place *b)
{
	if (!a->frame || !b->frame)
		return a->frame == b->frame;
	if (a->hidden != b->hidden || !same_name(a->language, b->language) ||
	    !same_name(a->frame->module, b->frame->module))
		return false;
	if (a->language)
		return true;
	if (!same_name(a->frame->function, b->frame->function))
		return false;
	if (a->frame->script)
		return same_name(a->frame->file, b->frame->file);
	return a->frame->function || a->frame->offset == b->frame->offset;
}
