/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/walk.h"

#include <string.h>

#include "stacks/steps/call_instruction.h"
#include "stacks/files/module_symbols.h"
#include "stacks/steps/prologue.h"

/* A function that keeps no frame makes its system call within so many bytes. */
#define MAX_WRAPPER 256
#define MAX_CALL 7  /* bytes of a call instruction */
#define MAX_LAST 32 /* bytes of code behind the last call of a thread */
/*
 * Functions that a C library has on the stack of a thread before the first one that others wrote.
 */
#define MAX_BEGINNING 256

struct walk {
	struct images *images;
	struct image *image;
	struct code_frames *code; /* NULL: no runtime is asked */
};

/* The file of an address, and how far it is from there; NULL: there is none that can be read. */
static struct module_symbols *file_at(struct walk *walk, __u64 address,
				      const struct mapping **ret_mapping, __u64 *ret_bias)
{
	*ret_mapping = image_mapping(walk->image, address);
	if (!*ret_mapping || !mapping_is_file(*ret_mapping))
		return NULL;
	return image_file(walk->images, walk->image, *ret_mapping, ret_bias);
}

static const unsigned char *code_before(__u64 address, size_t size, size_t *ret_len, void *ctx)
{
	const struct mapping *mapping;
	struct module_symbols *file;
	__u64 bias;

	file = file_at(ctx, address - 1, &mapping, &bias);
	if (!file)
		return NULL;
	*ret_len = address - mapping->start < size ? address - mapping->start : size;
	return elf_file_bytes(module_symbols_file(file),
			      address - mapping->start + mapping->offset - *ret_len, *ret_len);
}

static __u64 function_start(__u64 address, void *ctx)
{
	const struct mapping *mapping;
	struct module_symbols *file;
	const struct code *code;
	__u64 bias;

	file = file_at(ctx, address, &mapping, &bias);
	code = file ? module_symbols_name(file, address - bias) : NULL;
	return code && code->start ? code->start + bias : 0;
}

static Dwarf_Frame *debug_rules(__u64 address, void *ctx)
{
	const struct mapping *mapping;
	struct module_symbols *file;
	__u64 bias;

	file = file_at(ctx, address, &mapping, &bias);
	return file ? module_symbols_rules(file, address - bias) : NULL;
}

/* CPython names its trampolines, one for each function, in its perf map; others have no "py::". */
static bool is_trampoline(__u64 address, void *ctx)
{
	struct walk *walk = ctx;
	const struct mapping *mapping = image_mapping(walk->image, address);
	const char *name;

	if (!mapping || mapping_is_file(mapping))
		return false;
	name = image_jit_name(walk->images, walk->image, address);
	return name && !strncmp(name, "py::", 4);
}

static enum step_way by_runtime(unsigned int number, const struct step_source *source,
				const struct step_frame *frame, struct step_frame *ret_frame,
				void *ctx)
{
	const struct walk *walk = ctx;
	const struct mapping *mapping;

	if (!walk->code)
		return STEP_NONE;
	mapping = image_mapping(walk->image, frame->regs[STEP_PC] - 1);
	return code_frames_step(walk->code, number, mapping && mapping_is_file(mapping), source,
				frame, ret_frame);
}

/* Is what stands at an address the end of a program, a thread or a coroutine? */
static bool never_returns(struct walk *walk, __u64 address)
{
	const struct mapping *mapping;
	const unsigned char *code;
	struct module_symbols *file;
	__u64 bias, len;

	file = file_at(walk, address, &mapping, &bias);
	if (!file)
		return false;
	len = mapping->end - address < MAX_LAST ? mapping->end - address : MAX_LAST;
	code = elf_file_bytes(module_symbols_file(file), address - mapping->start + mapping->offset,
			      len);
	return code && prologue_never_returns(code, len);
}

/* May this address be taken for the return address of frame 0? See walk.h. */
static bool is_caller(struct walk *walk, bool is_glibc_socket, __u64 pc, __u64 caller)
{
	size_t len;
	const unsigned char *code = caller ? code_before(caller, MAX_CALL, &len, walk) : NULL;
	__s64 target;

	if (!code || !call_instruction_ends(code, len, &target))
		return false;
	return is_glibc_socket || (target && pc - (caller + (__u64)target) < MAX_WRAPPER);
}

bool walk_is_caller(struct images *images, struct image *image, bool is_glibc_socket, __u64 pc,
		    __u64 caller)
{
	struct walk walk = { .images = images, .image = image };

	return is_caller(&walk, is_glibc_socket, pc, caller);
}

const char *walk_local_to(struct images *images, struct image *image, __u64 address)
{
	struct walk walk = { .images = images, .image = image };
	const struct mapping *mapping;
	struct module_symbols *file;
	__u64 bias;

	file = file_at(&walk, address, &mapping, &bias);
	return file ? module_symbols_local_to(file, address - bias) : NULL;
}

/* The unwinder is to know the module of this address, if there is one. */
static void need_module(__u64 address, void *ctx)
{
	const struct walk *walk = ctx;
	const struct mapping *mapping = image_mapping(walk->image, address);
	__u64 bias;

	if (mapping)
		image_file(walk->images, walk->image, mapping, &bias);
}

/*
 * Behind the outermost frame there is none; what frame pointers find there is no code.
 * True: it leads out of what is mapped. Code that a runtime knows may have been mapped since.
 */
static bool cut_astray(const struct walk *walk, struct unwound *unwound)
{
	for (unsigned int i = 0; i < unwound->count; i++) {
		const struct unwound_frame *frame = &unwound->frames[i];

		if (image_mapping(walk->image, frame->pc - !frame->exact) ||
		    (walk->code && walk->code->is_known[i]))
			continue;
		unwound->end = frame->source == FRAME_FP ? STACK_END_RULES : STACK_END_ASTRAY;
		unwound->count = i ?: 1; /* frame 0 is where it was, whatever is there now */
		return true;
	}
	return false;
}

/* Does the word that was not copied lie on the same stack as the last frame? */
static bool is_on_stack(struct walk *walk, const struct unwound_frame *last, __u64 wanted)
{
	struct memory_range stack;

	if (!last->sp || !image_memory_at(walk->image, last->sp, &stack))
		return true; /* the process is gone */
	return wanted >= stack.start && wanted < stack.end;
}

/*
 * Do the rules of the last frame lead to other memory than its stack? OCaml 5 runs C on the
 * thread's stack and its own code on another, lower one, as rules for caml_c_call() say.
 */
static bool leads_off_stack(struct walk *walk, const struct unwound *unwound)
{
	const struct unwound_frame *last = &unwound->frames[unwound->count - 1];
	__u64 word = unwound->end == STACK_END_COPY ? unwound->wanted : unwound->missed;
	struct memory_range other;

	if (unwound->end == STACK_END_COPY)
		return !is_on_stack(walk, last, word);
	return word && image_memory_at(walk->image, word, &other) && !is_on_stack(walk, last, word);
}

/*
 * Is all that is left of the thread's stack what begins the thread? The copy ends where that
 * stack does, if it had room.
 */
static bool is_at_end(const struct snapshot *snapshot, const struct unwound_frame *last)
{
	for (int i = 0; i < SNAPSHOT_PARTS; i++) {
		const struct snapshot_piece *piece = &snapshot->pieces[i];

		if (last->sp - piece->address <= piece->len)
			return piece->address + piece->len - last->sp <= MAX_BEGINNING;
	}
	return false;
}

/*
 * Is an address above all that was copied? Then a frame pointer that has it is none: the copy has
 * the upper end of the thread's stack, whatever is missing below it.
 */
static bool is_above(const struct snapshot *snapshot, __u64 address)
{
	for (int i = 0; i < SNAPSHOT_PARTS; i++)
		if (snapshot->pieces[i].len && address < snapshot->pieces[i].address)
			return false;
	return true;
}

/* Why nothing leads on from an address that has no call frame information. */
static enum stack_end end_without_rules(struct walk *walk, __u64 address)
{
	const struct mapping *mapping = image_mapping(walk->image, address);
	__u64 bias;

	if (!mapping)
		return STACK_END_ASTRAY;
	if (!mapping->path || mapping_is_nameless(mapping))
		return STACK_END_JIT;
	if (image_file(walk->images, walk->image, mapping, &bias))
		return STACK_END_RULES;
	return mapping->replaced ? STACK_END_JIT : STACK_END_FILE;
}

/* The end of a stack as unwind.h has it, by what the process has mapped where. */
static void judge_end(struct walk *walk, const struct snapshot *snapshot, struct unwound *unwound)
{
	const struct unwound_frame *last = &unwound->frames[unwound->count - 1];
	__u64 address = last->pc - !last->exact;

	if (unwound->end != STACK_END_COPY && unwound->end != STACK_END_RULES)
		return;
	if (unwind_has_cfi(image_unwinder(walk->image), address)) {
		if (leads_off_stack(walk, unwound))
			unwound->end = STACK_END_SWITCHED;
		return;
	}
	/* the frame pointer of code that begins a stack may be anything */
	if (!last->exact && never_returns(walk, last->pc)) {
		unwound->end = STACK_END_OUTERMOST;
		return;
	}
	if (unwound->end == STACK_END_COPY && !is_above(snapshot, unwound->wanted) &&
	    is_on_stack(walk, last, unwound->wanted))
		return;
	if (is_at_end(snapshot, last))
		unwound->end = STACK_END_OUTERMOST;
	else
		unwound->end = end_without_rules(walk, address);
}

/*
 * Go calls C on the system stack of its thread, and C calls Go on the stack of a goroutine, by
 * these functions. Words behind them on the stack are left from other calls.
 */
static bool switches_stacks(const char *function)
{
	static const char *const names[] = { "runtime.asmcgocall", "runtime.asmcgocall.abi0",
					     "runtime.cgocallback", "runtime.cgocallback.abi0" };

	for (size_t i = 0; function && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

/* Is the file of an address a program of Go? Then *ret_function is its function; NULL: no name. */
static bool is_go_code(struct walk *walk, __u64 address, const char **ret_function)
{
	const struct mapping *mapping;
	struct module_symbols *file;
	const struct code *code;
	__u64 bias;

	*ret_function = NULL;
	file = file_at(walk, address, &mapping, &bias);
	if (!file || !module_symbols_file(file)->is_go)
		return false;
	code = module_symbols_name(file, address - bias);
	if (code)
		*ret_function = code->names[code->count - 1].function;
	return true;
}

/* The stack ends with the function that has switched to it. */
static void cut_switched(struct walk *walk, struct unwound *unwound)
{
	const struct unwound_frame *frame = unwound->frames;
	const char *function;

	for (unsigned int i = 0; i < unwound->count; i++, frame++) {
		if (!is_go_code(walk, frame->pc - !frame->exact, &function) ||
		    !switches_stacks(function))
			continue;
		unwound->count = i + 1;
		unwound->end = STACK_END_SWITCHED;
		return;
	}
}

/* A step along the frame pointer misses who called frame 0, when that keeps no frame. */
static void insert_caller(struct walk *walk, const struct snapshot *snapshot,
			  struct unwound *unwound)
{
	struct unwound_frame *frames = unwound->frames;
	__u64 caller = unwind_caller(snapshot);

	if (unwound->count < 2 || frames[1].source != FRAME_FP || caller == frames[1].pc ||
	    !is_caller(walk, false, frames[0].pc, caller))
		return;
	if (unwound->count == UNWIND_MAX_FRAMES) {
		unwound->count--;
		unwound->end = STACK_END_LIMIT;
	}
	memmove(&frames[2], &frames[1], (unwound->count - 1) * sizeof(*frames));
	frames[1] = (struct unwound_frame){ .pc = caller, .source = FRAME_CALLER };
	unwound->count++;
}

static int unwind_in(struct walk *walk, struct image *image, const struct snapshot *snapshot,
		     struct unwound *ret_unwound, bool *ret_astray)
{
	const struct unwind_process process = { need_module, code_before,   function_start,
						debug_rules, is_trampoline, by_runtime,
						walk };
	int err;

	walk->image = image;
	err = unwind_snapshot(image_unwinder(image), snapshot, &process, ret_unwound);
	if (err)
		return err;
	*ret_astray = cut_astray(walk, ret_unwound);
	judge_end(walk, snapshot, ret_unwound);
	cut_switched(walk, ret_unwound);
	insert_caller(walk, snapshot, ret_unwound);
	return 0;
}

/* Does it say the same and more? */
static bool goes_on(const struct unwound *unwound, const struct unwound *more)
{
	if (more->count <= unwound->count)
		return false;
	for (unsigned int i = 0; i < unwound->count; i++)
		if (unwound->frames[i].pc != more->frames[i].pc)
			return false;
	return true;
}

/*
 * In what is mapped now; when the stack leads out of that, in what was mapped before: the
 * library that made the socket may be unloaded, or the program replaced by exec.
 */
int walk_snapshot(struct images *images, struct image **image, const struct snapshot *snapshot,
		  struct code_frames *code, struct unwound *ret_unwound, bool *ret_astray)
{
	struct walk walk = { .images = images, .code = code };
	struct image *before = image_before(*image);
	struct unwound unwound;
	bool astray = true;
	int err = unwind_in(&walk, *image, snapshot, ret_unwound, &astray);

	*ret_astray = astray;
	walk.code = NULL; /* its memory is as it is now */
	if (!astray || !before || unwind_in(&walk, before, snapshot, &unwound, &astray) ||
	    (!err && !goes_on(ret_unwound, &unwound)))
		return err;
	code_frames_clear(code);
	*ret_unwound = unwound;
	*ret_astray = astray;
	*image = before;
	return 0;
}
