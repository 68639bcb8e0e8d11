/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/unwind.h"

#include <elfutils/libdw.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * How many registers a snapshot has (bpf/arch.bpf.h), how many of them DWARF
 * numbers, and where the stack pointer and the program counter stand.
 */
#if defined(__x86_64__)
#define N_REGS 17
#define N_DWARF_REGS 17
#define REG_SP 7
#define REG_PC 16
#elif defined(__aarch64__)
#define N_REGS 33
#define N_DWARF_REGS 32
#define REG_LINK 30
#define REG_SP 31
#define REG_PC 32
#else
#error "unwind.c has no registers of this architecture yet"
#endif

#if defined(__x86_64__)
/* Where a snapshot has what DWARF numbers in a 32-bit program: eax, ecx, edx, ebx, esp, ... eip. */
static const __u8 regs_32[] = { 0, 2, 1, 3, 7, 6, 4, 5, 16 };
#else
static const __u8 regs_32[0];
#endif

#define THE_THREAD 1 /* the frozen process has one thread, and needs a number */

/* One unwinding. */
struct unwinding {
	Dwfl *dwfl;
	const struct snapshot *snapshot;
	size_t word; /* bytes of an address: 4 in a 32-bit program */
	unwind_need_fn need;
	void *ctx;
	struct unwound *result;
};

/*
 * libdwfl takes its argument once for the life of a Dwfl. There is one walk at a
 * time, and this is it.
 */
static const struct unwinding *current;

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
		current->result->truncated |= is_beyond(current->snapshot, address);
		return false;
	}
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
			regs[i] = current->snapshot->regs[regs_32[i]];
		return dwfl_thread_state_registers(thread, 0, sizeof(regs_32), regs);
	}
	for (int i = 0; i < N_REGS; i++)
		regs[i] = current->snapshot->regs[i];
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

/* Is there call frame information for an address? If so libdwfl has used it. */
static bool has_cfi(Dwfl *dwfl, Dwarf_Addr address)
{
	Dwfl_Module *module = dwfl_addrmodule(dwfl, address);
	Dwarf_Frame *frame;
	Dwarf_Addr bias;
	Dwarf_CFI *cfi;

	if (!module)
		return false;
	cfi = dwfl_module_eh_cfi(module, &bias);
	if (!cfi || dwarf_cfi_addrframe(cfi, address - bias, &frame)) {
		cfi = dwfl_module_dwarf_cfi(module, &bias);
		if (!cfi || dwarf_cfi_addrframe(cfi, address - bias, &frame))
			return false;
	}
	free(frame);
	return true;
}

static int on_frame(Dwfl_Frame *state, void *arg)
{
	struct unwinding *walk = arg;
	struct unwound *result = walk->result;
	struct unwound_frame *frame, *last;
	Dwarf_Addr pc;
	bool exact;

	if (result->count == UNWIND_MAX_FRAMES) {
		result->truncated = true;
		result->end = STACK_END_LIMIT;
		return DWARF_CB_ABORT;
	}
	if (!dwfl_frame_pc(state, &pc, NULL) || !pc)
		return DWARF_CB_ABORT;
	/* before libdwfl is asked for `exact`: it unwinds the frame to know that */
	walk->need(pc - 1, walk->ctx);
	walk->need(pc, walk->ctx);
	dwfl_frame_pc(state, &pc, &exact);
	last = result->count ? &result->frames[result->count - 1] : NULL;
	frame = &result->frames[result->count++];
	frame->pc = pc;
	frame->exact = exact && last; /* the innermost stands behind the system call */
	frame->source = !last					     ? FRAME_REGISTER :
			has_cfi(walk->dwfl, last->pc - !last->exact) ? FRAME_CFI :
								       FRAME_FP;
	return DWARF_CB_OK;
}

__u64 unwind_pc(const struct snapshot *snapshot)
{
	return snapshot->n_regs == N_REGS ? snapshot->regs[REG_PC] : 0;
}

int unwind_snapshot(Dwfl *dwfl, const struct snapshot *snapshot, unwind_need_fn need, void *ctx,
		    struct unwound *ret)
{
	struct unwinding walk = {
		.dwfl = dwfl, .snapshot = snapshot, .need = need, .ctx = ctx, .result = ret
	};
	Dwfl_Module *module;
	GElf_Addr bias;
	Elf *elf;
	bool failed;

	ret->count = 0;
	ret->truncated = false;
	ret->end = STACK_END_UNKNOWN;
	if (snapshot->n_regs != N_REGS)
		return -EINVAL;
	need(snapshot->regs[REG_PC] - 1, ctx);
	module = dwfl_addrmodule(dwfl, snapshot->regs[REG_PC] - 1);
	if (!module)
		return -ENOENT;
	elf = dwfl_module_getelf(module, &bias);
	walk.word = gelf_getclass(elf) == ELFCLASS32 ? 4 : 8;
	current = &walk;
	if (dwfl_pid(dwfl) != THE_THREAD &&
	    !dwfl_attach_state(dwfl, elf, THE_THREAD, &callbacks, NULL))
		return -ENOENT;
	/* An error is how an unwinding that runs out of stack ends; what it found counts. */
	failed = dwfl_getthread_frames(dwfl, THE_THREAD, on_frame, &walk) < 0;
	if (!ret->end)
		ret->end = ret->truncated ? STACK_END_COPY :
			   failed	  ? STACK_END_RULES :
					    STACK_END_OUTERMOST;
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
