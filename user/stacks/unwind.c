/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/unwind.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/files/elf_file.h"

/*
 * How many registers a snapshot has (bpf/arch.bpf.h), how many of them DWARF
 * numbers, and where the stack pointer and the program counter stand.
 */
#if defined(__x86_64__)
#define N_REGS 17
#define N_DWARF_REGS 17
#define REG_FP 6
#define REG_SP 7
#define REG_PC 16
#define REG_RETURN 16 /* the column of the return address in call frame information */
#elif defined(__aarch64__)
#define N_REGS 33
#define N_DWARF_REGS 32
#define REG_FP 29
#define REG_LINK 30
#define REG_RETURN REG_LINK
#define REG_SP 31
#define REG_PC 32
#else
#error "unwind.c has no registers of this architecture yet"
#endif

#if defined(__x86_64__)
/* Where a snapshot has what DWARF numbers in a 32-bit program: eax, ecx, edx, ebx, esp, ... eip. */
static const __u8 regs_32[] = { 0, 2, 1, 3, 7, 6, 4, 5, 16 };
#define REG_SP_32 4
#define REG_FP_32 5
#define REG_RETURN_32 8
#else
static const __u8 regs_32[0];
#define REG_SP_32 REG_SP
#define REG_FP_32 REG_FP
#define REG_RETURN_32 REG_RETURN
#endif

/* An entry point that has no call frame information reaches no further than this. */
#define MAX_ENTRY 64

#define THE_THREAD 1 /* the frozen process has one thread, and needs a number */

/* One unwinding. */
struct unwinding {
	Dwfl *dwfl;
	const struct snapshot *snapshot;
	size_t word; /* bytes of an address: 4 in a 32-bit program */
	const struct unwind_process *process;
	struct unwound *result;
	__u64 fp; /* of the last frame; 0 also when it is not known */
	/* libdwfl begins with these registers: at first the snapshot's, then a later frame's. */
	__u64 regs[N_REGS];
	enum frame_source source; /* how the frame was found that they are of */
	bool begins;		  /* libdwfl does, with that frame */
	bool stopped;		  /* it was, at a frame that has no rules */
	bool missed;		  /* a word that the last step needed was not copied */
	bool has_read;		  /* one that it needed was */
	__u64 asked;		  /* the word that was asked for last, if it lies beyond the copy */
};

/*
 * libdwfl takes its argument once for the life of a Dwfl. There is one walk at a
 * time, and this is it.
 */
static struct unwinding *current;

static pid_t next_thread(Dwfl *dwfl, void *dwfl_arg, void **thread_arg)
{
	(void)dwfl, (void)dwfl_arg;
	if (*thread_arg)
		return 0;
	*thread_arg = &current;
	return THE_THREAD;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *dwfl_arg, void **thread_arg)
{
	(void)dwfl, (void)dwfl_arg;
	*thread_arg = &current;
	return tid == THE_THREAD;
}

/* Where a word of the process stands in the snapshot, NULL = it was not copied. */
static const __u8 *find_word(const struct snapshot *snapshot, Dwarf_Addr address, size_t size)
{
	const struct snapshot_piece *piece;
	__u64 start = 0; /* of the piece, in stack[] */

	for (int i = 0; i < SNAPSHOT_PARTS; i++, start += piece->len) {
		piece = &snapshot->pieces[i];
		if (piece->len < size || start + piece->len > snapshot->len ||
		    address - piece->address > piece->len - size)
			continue;
		return snapshot->stack + start + (address - piece->address);
	}
	return NULL;
}

/* Addresses below all pieces were never meant: a walk that went astray, or ended, has them. */
static bool is_beyond(const struct snapshot *snapshot, Dwarf_Addr address)
{
	for (int i = 0; i < SNAPSHOT_PARTS; i++)
		if (snapshot->pieces[i].len && address >= snapshot->pieces[i].address)
			return true;
	return address >= snapshot->regs[REG_SP];
}

static bool read_word(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *result, void *dwfl_arg)
{
	const __u8 *word = find_word(current->snapshot, address, current->word);

	(void)dwfl, (void)dwfl_arg;
	if (!word) {
		current->missed = true;
		current->result->missed = address;
		if (is_beyond(current->snapshot, address))
			current->result->wanted = address;
		return false;
	}
	current->has_read = true;
	*result = 0;
	memcpy(result, word, current->word); /* the least significant byte is the first */
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *thread_arg)
{
	Dwarf_Word regs[N_REGS];

	(void)thread_arg;
	if (current->word < sizeof(Dwarf_Word)) {
		for (size_t i = 0; i < sizeof(regs_32); i++)
			regs[i] = current->regs[regs_32[i]];
		return dwfl_thread_state_registers(thread, 0, sizeof(regs_32), regs);
	}
	for (int i = 0; i < N_REGS; i++)
		regs[i] = current->regs[i];
	if (!dwfl_thread_state_registers(thread, 0, N_DWARF_REGS, regs))
		return false;
	if (REG_PC >= N_DWARF_REGS)
		dwfl_thread_state_register_pc(thread, regs[REG_PC]);
	return true;
}

static const Dwfl_Thread_Callbacks callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_word,
	.set_initial_registers = set_registers,
};

/* The rules for an address, to be freed with free(); NULL = there are none. */
static Dwarf_Frame *rules_at(Dwfl *dwfl, Dwarf_Addr address)
{
	Dwfl_Module *module = dwfl_addrmodule(dwfl, address);
	Dwarf_Frame *frame;
	Dwarf_Addr bias;
	Dwarf_CFI *cfi;

	if (!module)
		return NULL;
	cfi = dwfl_module_eh_cfi(module, &bias);
	if (cfi && !dwarf_cfi_addrframe(cfi, address - bias, &frame))
		return frame;
	cfi = dwfl_module_dwarf_cfi(module, &bias);
	return cfi && !dwarf_cfi_addrframe(cfi, address - bias, &frame) ? frame : NULL;
}

/* If there are, libdwfl has used them. */
bool unwind_has_cfi(Dwfl *dwfl, __u64 address)
{
	Dwarf_Frame *frame = rules_at(dwfl, address);

	free(frame);
	return frame;
}

static bool is_32(Dwfl_Module *module)
{
	GElf_Addr bias;

	return gelf_getclass(dwfl_module_getelf(module, &bias)) == ELFCLASS32;
}

/* DWARF 5, 6.4.1: the rule "undefined" for the return address says that there is no caller. */
static bool has_no_caller(Dwarf_Frame *frame, int column)
{
	Dwarf_Op *ops, memory[3];
	size_t count;

	return !dwarf_frame_register(frame, column, memory, &ops, &count) && !count &&
	       ops == memory;
}

/* psABI for AMD64, 3.4.1, and others alike: the entry point sets or finds the frame pointer 0. */
static bool is_entry(Dwfl_Module *module, __u64 address)
{
	GElf_Ehdr header;
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(module, &bias);

	return elf && gelf_getehdr(elf, &header) && header.e_entry &&
	       address - (header.e_entry + bias) < MAX_ENTRY;
}

static bool is_go_module(Dwfl_Module *module)
{
	const struct elf_file *file;
	void **userdata;

	dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	file = *userdata;
	return file && file->is_go;
}

bool unwind_is_outermost(Dwfl *dwfl, __u64 address, __u64 fp)
{
	Dwfl_Module *module = dwfl_addrmodule(dwfl, address);
	Dwarf_Frame *frame;
	bool outermost;

	if (!module)
		return false;
	frame = rules_at(dwfl, address);
	if (!frame)
		return is_entry(module, address) || (!fp && is_go_module(module));
	outermost = has_no_caller(frame, is_32(module) ? REG_RETURN_32 : REG_RETURN);
	free(frame);
	return outermost;
}

static __u64 register_of(Dwfl_Frame *state, unsigned int number)
{
	Dwarf_Word value;

	return dwfl_frame_reg(state, number, &value) ? 0 : value;
}

/* Does it step on by itself where there are no rules? See unwind.h. */
static bool has_steps(const struct unwinding *walk)
{
	return N_REGS == STEP_REGS && walk->word == 8;
}

/* How the frame that is next in the result was found. */
static enum frame_source source_of(const struct unwinding *walk, bool begins)
{
	const struct unwound *result = walk->result;
	const struct unwound_frame *last;

	if (begins)
		return walk->source;
	if (has_steps(walk))
		return FRAME_CFI;
	last = &result->frames[result->count - 1];
	return unwind_has_cfi(walk->dwfl, last->pc - !last->exact) ? FRAME_CFI : FRAME_FP;
}

/* Stop libdwfl at a frame without rules, to step on from its registers. */
static int stop_at(struct unwinding *walk, Dwfl_Frame *state, __u64 pc)
{
	for (unsigned int i = 0; i < STEP_REGS; i++)
		walk->regs[i] = register_of(state, i);
	walk->regs[REG_PC] = pc;
	walk->stopped = true;
	return DWARF_CB_ABORT;
}

static int on_frame(Dwfl_Frame *state, void *arg)
{
	struct unwinding *walk = arg;
	struct unwound *result = walk->result;
	struct unwound_frame *frame;
	bool exact, begins = walk->begins;
	Dwarf_Addr pc;

	walk->begins = false;
	walk->missed = walk->has_read = false;
	result->missed = 0;
	result->wanted = 0; /* registers of frames within may be lost without harm */
	if (result->count == UNWIND_MAX_FRAMES) {
		result->end = STACK_END_LIMIT;
		return DWARF_CB_ABORT;
	}
	if (!dwfl_frame_pc(state, &pc, NULL))
		return DWARF_CB_ABORT;
	if (!pc) { /* as programs have it behind the first frame of a thread of their own */
		result->end = STACK_END_OUTERMOST;
		return DWARF_CB_ABORT;
	}
	/* where libdwfl begins anew it was given an address of the call, not the one behind it */
	pc += begins && result->count;
	/* before libdwfl is asked for `exact`: it unwinds the frame to know that */
	walk->process->need(pc - 1, walk->process->ctx);
	walk->process->need(pc, walk->process->ctx);
	frame = &result->frames[result->count];
	frame->pc = pc;
	frame->sp = register_of(state, walk->word == 4 ? REG_SP_32 : REG_SP);
	frame->source = source_of(walk, begins);
	frame->exact = false;
	if (!begins && dwfl_frame_pc(state, &pc, &exact))
		frame->exact = exact;
	walk->fp = register_of(state, walk->word == 4 ? REG_FP_32 : REG_FP);
	result->count++;
	if (has_steps(walk) && !unwind_has_cfi(walk->dwfl, frame->pc - !frame->exact))
		return stop_at(walk, state, frame->pc);
	return DWARF_CB_OK;
}

static bool read_stack(__u64 address, __u64 *ret_word, void *ctx)
{
	struct unwinding *walk = ctx;
	const __u8 *word = find_word(walk->snapshot, address, sizeof(*ret_word));

	walk->asked = word || !is_beyond(walk->snapshot, address) ? 0 : address;
	if (word)
		memcpy(ret_word, word, sizeof(*ret_word));
	return word;
}

static const unsigned char *code_before_of(__u64 address, size_t size, size_t *ret_len, void *ctx)
{
	const struct unwinding *walk = ctx;

	return walk->process->code_before(address, size, ret_len, walk->process->ctx);
}

static __u64 start_of(__u64 address, void *ctx)
{
	const struct unwinding *walk = ctx;

	return walk->process->function_start(address, walk->process->ctx);
}

static Dwarf_Frame *rules_of(__u64 address, void *ctx)
{
	const struct unwinding *walk = ctx;

	return walk->process->rules(address, walk->process->ctx);
}

static bool is_trampoline_of(__u64 address, void *ctx)
{
	const struct unwinding *walk = ctx;

	return walk->process->is_trampoline(address, walk->process->ctx);
}

/* From the frame that libdwfl was stopped at to its caller. False: nothing leads there. */
static bool step_on(struct unwinding *walk)
{
	static const enum frame_source sources[] = { [STEP_BY_RULES] = FRAME_CFI,
						     [STEP_BY_CODE] = FRAME_CALLER,
						     [STEP_BY_POINTER] = FRAME_FP,
						     [STEP_BY_RUNTIME] = FRAME_RUNTIME };
	const struct step_source source = { read_stack, code_before_of,	  start_of,
					    rules_of,	is_trampoline_of, walk };
	struct step_frame frame = { .is_innermost = walk->result->count == 1 }, outer;
	enum step_way way;

	memcpy(frame.regs, walk->regs, sizeof(frame.regs));
	way = walk->process->by_runtime ?
		      walk->process->by_runtime(walk->result->count - 1, &source, &frame, &outer,
						walk->process->ctx) :
		      STEP_NONE;
	if (!way)
		way = step_out(&source, &frame, &outer);
	if (way < STEP_BY_RULES) {
		if (way == STEP_OUTERMOST)
			walk->result->end = STACK_END_OUTERMOST;
		else if (way == STEP_SWITCHED)
			walk->result->end = STACK_END_SWITCHED;
		else if (way == STEP_LOST)
			walk->result->wanted = walk->asked;
		else if (walk->fp >= frame.regs[STEP_SP] && is_beyond(walk->snapshot, walk->fp))
			walk->result->wanted = walk->fp;
		return false;
	}
	memcpy(walk->regs, outer.regs, sizeof(outer.regs));
	walk->source = sources[way];
	if (!outer.regs[STEP_PC])
		walk->result->end = STACK_END_OUTERMOST;
	walk->regs[REG_PC] = outer.regs[STEP_PC] - 1;
	return outer.regs[STEP_PC];
}

/*
 * Why the walk has come to an end. libdwfl does not tell: one that runs out of stack may end with
 * an error or without. Where it has read what it needed, that was 0. It reads nothing, and ends
 * without an error, where the rules lead to a stack below the one that it is on.
 */
static enum stack_end unwinding_end(const struct unwinding *walk, bool failed)
{
	const struct unwound *result = walk->result;
	const struct unwound_frame *last;

	if (result->end || !result->count)
		return result->end;
	last = &result->frames[result->count - 1];
	if (unwind_is_outermost(walk->dwfl, last->pc - !last->exact, walk->fp))
		return STACK_END_OUTERMOST;
	if (!failed && !walk->missed && !walk->stopped)
		return walk->has_read ? STACK_END_OUTERMOST : STACK_END_SWITCHED;
	return result->wanted ? STACK_END_COPY : STACK_END_RULES;
}

__u64 unwind_pc(const struct snapshot *snapshot)
{
	return snapshot->n_regs == N_REGS ? snapshot->regs[REG_PC] : 0;
}

int unwind_snapshot(Dwfl *dwfl, const struct snapshot *snapshot,
		    const struct unwind_process *process, struct unwound *ret)
{
	struct unwinding walk = { .dwfl = dwfl,
				  .snapshot = snapshot,
				  .process = process,
				  .result = ret,
				  .source = FRAME_REGISTER };
	Dwfl_Module *module;
	GElf_Addr bias;
	bool failed;
	Elf *elf;

	ret->count = 0;
	ret->wanted = 0;
	ret->missed = 0;
	ret->end = STACK_END_UNKNOWN;
	if (snapshot->n_regs != N_REGS)
		return -EINVAL;
	process->need(snapshot->regs[REG_PC] - 1, process->ctx);
	module = dwfl_addrmodule(dwfl, snapshot->regs[REG_PC] - 1);
	if (!module)
		return -ENOENT;
	elf = dwfl_module_getelf(module, &bias);
	walk.word = gelf_getclass(elf) == ELFCLASS32 ? 4 : 8;
	current = &walk;
	if (dwfl_pid(dwfl) != THE_THREAD &&
	    !dwfl_attach_state(dwfl, elf, THE_THREAD, &callbacks, NULL))
		return -ENOENT;
	memcpy(walk.regs, snapshot->regs, sizeof(walk.regs));
	do {
		walk.begins = true;
		walk.stopped = false;
		failed = dwfl_getthread_frames(dwfl, THE_THREAD, on_frame, &walk) < 0;
	} while (walk.stopped && step_on(&walk));
	ret->end = unwinding_end(&walk, failed);
	return ret->count ? 0 : -ENOENT;
}

__u64 unwind_caller(const struct snapshot *snapshot)
{
#ifdef REG_LINK
	return snapshot->regs[REG_LINK];
#else
	const __u8 *word = find_word(snapshot, snapshot->regs[REG_SP], sizeof(__u64));
	__u64 caller = 0;

	if (word)
		memcpy(&caller, word, sizeof(caller));
	return caller;
#endif
}
