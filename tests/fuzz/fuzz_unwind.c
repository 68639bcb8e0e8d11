/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots with any registers and any stack, unwound in this program's own files.
 * An input is 17 registers and the stack. So that it means the same in every run,
 * a word whose highest byte is 0xfe stands for an address of code (the next byte
 * says in which module), one with 0xfd for an address on the stack.
 */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include "host/files/process_files.h"
#include "stacks/files/elf_file.h"
#include "stacks/unwind.h"

#define MAX_FILES 16
#define STACK 0x7ffd00000000ULL
#define N_REGS 17 /* of x86_64 */

static struct module {
	struct mapping mapping;
	struct elf_file file;
	__u64 bias;
} files[MAX_FILES];
static unsigned int n_files;

struct walk {
	Dwfl *dwfl;
	bool reported[MAX_FILES];
	unsigned int needed;
};

static void add_file(const struct mapping *mapping)
{
	struct module *file = &files[n_files];
	int fd;

	if (n_files == MAX_FILES || mapping_open(getpid(), mapping, &fd))
		return;
	elf_file_open(fd, &file->file);
	if (elf_file_bias(&file->file, mapping, &file->bias)) {
		elf_file_clear(&file->file);
		return;
	}
	file->mapping = *mapping;
	n_files++;
}

/* Of what stands in this program's memory; kept to its end. */
static void open_files(void)
{
	static struct modules *modules;
	const void *const code[] = { (void *)open_files, (void *)getpid, (void *)dwfl_begin };
	const struct mapping *mapping;

	check(!modules__read(getpid(), &modules));
	for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
		mapping = modules__find(modules, (__u64)code[i]);
		check(mapping);
		add_file(mapping);
	}
	check(n_files);
}

/* As symbols.c does it: a file is reported when the unwinding comes to it. */
static void need(__u64 address, void *ctx)
{
	struct walk *walk = ctx;

	walk->needed++;
	for (unsigned int i = 0; i < n_files; i++) {
		if (address < files[i].mapping.start || address >= files[i].mapping.end ||
		    walk->reported[i])
			continue;
		walk->reported[i] = true;
		check(elf_file_report(&files[i].file, walk->dwfl, files[i].bias));
	}
}

static const unsigned char *code_before(__u64 address, size_t size, size_t *ret_len, void *ctx)
{
	(void)ctx;
	for (unsigned int i = 0; i < n_files; i++) {
		const struct mapping *mapping = &files[i].mapping;

		if (address <= mapping->start || address > mapping->end)
			continue;
		*ret_len = address - mapping->start < size ? address - mapping->start : size;
		return elf_file_bytes(&files[i].file,
				      address - mapping->start + mapping->offset - *ret_len,
				      *ret_len);
	}
	return NULL;
}

/* Functions begin every 64 bytes, and some begin nowhere. */
static __u64 function_start(__u64 address, void *ctx)
{
	(void)ctx;
	return address & 0x40 ? 0 : address & ~0x3fULL;
}

static Dwarf_Frame *no_rules(__u64 address, void *ctx)
{
	(void)address, (void)ctx;
	return NULL;
}

static __u64 relocated(__u64 word)
{
	const struct mapping *mapping;

	if (word >> 56 == 0xfd)
		return STACK + (word & 0xffff);
	if (word >> 56 != 0xfe)
		return word;
	mapping = &files[(word >> 48 & 0xff) % n_files].mapping;
	return mapping->start + (word & 0xffffffff) % (mapping->end - mapping->start);
}

static struct snapshot *make_snapshot(struct input *input)
{
	size_t len = input_left(input) > N_REGS * 8 ? input_left(input) - N_REGS * 8 : 0;
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot) + len); /* as large as it says */
	__u64 word;

	check(snapshot);
	snapshot->n_regs = N_REGS;
	snapshot->len = (__u32)len;
	for (unsigned int i = 0; i < N_REGS; i++)
		snapshot->regs[i] = relocated(take_u64(input));
	take_bytes(input, snapshot->stack, len);
	for (size_t at = 0; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, snapshot->stack + at, sizeof(word));
		word = relocated(word);
		memcpy(snapshot->stack + at, &word, sizeof(word));
	}
	return snapshot;
}

/* Any that is in none of the files. */
static bool is_trampoline(__u64 address, void *ctx)
{
	size_t len;

	return !code_before(address, 1, &len, ctx);
}

static void check_unwound(const struct unwound *unwound)
{
	check(unwound->count >= 1 && unwound->count <= UNWIND_MAX_FRAMES);
	for (unsigned int i = 0; i < unwound->count; i++) {
		const struct unwound_frame *frame = &unwound->frames[i];

		check(frame->pc);
		check((frame->source == FRAME_REGISTER) == !i);
		check(i ? frame->source != FRAME_UNKNOWN : !frame->exact);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	static struct unwound unwound, again;
	struct walk walk = { 0 };
	const struct unwind_process process = { need,	  code_before,	 function_start,
						no_rules, is_trampoline, NULL,
						&walk };
	struct snapshot *snapshot;
	int err;

#ifndef __x86_64__
	return 0; /* as everywhere: snapshots of x86_64 alone */
#endif
	if (!n_files)
		open_files();
	walk.dwfl = elf_file_unwinder();
	check(walk.dwfl);
	snapshot = make_snapshot(&input);
	err = unwind_snapshot(walk.dwfl, snapshot, &process, &unwound);
	check(walk.needed);
	if (!err)
		check_unwound(&unwound);
	else
		check(err == -ENOENT && !unwound.count);
	/* a Dwfl is used on and on: the same again */
	check(unwind_snapshot(walk.dwfl, snapshot, &process, &again) == err);
	check(again.count == unwound.count && again.end == unwound.end);
	for (unsigned int i = 0; i < unwound.count; i++)
		check(again.frames[i].pc == unwound.frames[i].pc);
	snapshot->n_regs--;
	check(unwind_snapshot(walk.dwfl, snapshot, &process, &again) == -EINVAL);
	dwfl_end(walk.dwfl);
	free(snapshot);
	return 0;
}
