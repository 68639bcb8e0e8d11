/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an ELF file, as a process maps one: looked into, names asked for,
 * unwound through. libelf and libdw do the reading; a crash in them is distinguished
 * by run.sh.
 */
#include "fuzz.h"

#include <elf.h>
#include <limits.h>

#include "stacks/names/function_name.h"
#include "stacks/files/module_symbols.h"
#include "stacks/unwind.h"

#define MAX_BYTES (256 * 1024)
#define BIAS 0x7f0000000000ULL
#define STACK 0x7ffd00000000ULL
#define STACK_WORDS 64
#define REG_SP 7 /* of x86_64 */
#define REG_PC 16
#define N_REGS 17

static void check_code(const struct code *code)
{
	check(code->count >= 1 && code->count <= LINES_MAX_INLINED + 1);
	for (unsigned int i = 0; i < code->count; i++) {
		const struct code_name *name = &code->names[i];

		check(!name->function || strlen(name->function) < FUNCTION_NAME_MAX);
		check(!name->file || strlen(name->file) < PATH_MAX);
		check(!name->file == !name->line);
	}
}

static void check_file(struct elf_file *file, const uint8_t *data, size_t size)
{
	const unsigned char *bytes;

	check(!file->build_id ||
	      strspn(file->build_id, "0123456789abcdef") == strlen(file->build_id));
	bytes = elf_file_bytes(file, size / 2, size - size / 2);
	check(!bytes || !memcmp(bytes, data + size / 2, size - size / 2));
	check(!elf_file_bytes(file, size, 1));
	check(!elf_file_bytes(file, 1, size));
	check(!elf_file_bytes(file, UINT64_MAX, 2));
}

static void need_nothing(__u64 address, void *ctx)
{
	(void)address, (void)ctx;
}

/* The file's first bytes, as the code before any address. */
static const unsigned char *code_before(__u64 address, size_t size, size_t *ret_len, void *ctx)
{
	struct module_symbols *symbols = ctx;
	size_t offset = address & 0xfff;

	*ret_len = size < offset ? size : offset;
	return elf_file_bytes(module_symbols_file(symbols), offset - *ret_len, *ret_len);
}

/* In its own addresses, as the file is unwound through; they need not fit. */
static __u64 function_start(__u64 address, void *ctx)
{
	const struct code *code = module_symbols_name(ctx, address);

	return code ? code->start : 0;
}

static Dwarf_Frame *debug_rules(__u64 address, void *ctx)
{
	return module_symbols_rules(ctx, address);
}

static bool is_trampoline(__u64 address, void *ctx)
{
	(void)address, (void)ctx;
	return false;
}

/* A stack on which every word says that it was called from there. */
static void unwind(struct module_symbols *symbols, __u64 bias, __u64 address)
{
	const struct unwind_process process = { need_nothing, code_before,   function_start,
						debug_rules,  is_trampoline, NULL,
						symbols };
	struct elf_file *file = module_symbols_file(symbols);
	static struct unwound unwound;
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot) + STACK_WORDS * sizeof(__u64));
	Dwfl *dwfl = elf_file_unwinder();
	__u64 word = address + bias;

	check(snapshot && dwfl);
	if (elf_file_report(file, dwfl, bias)) {
		snapshot->n_regs = N_REGS;
		snapshot->len = STACK_WORDS * sizeof(__u64);
		for (unsigned int i = 0; i < STACK_WORDS; i++)
			memcpy(snapshot->stack + i * sizeof(word), &word, sizeof(word));
		for (unsigned int i = 0; i < N_REGS; i++)
			snapshot->regs[i] = STACK + 64;
		snapshot->regs[REG_SP] = STACK;
		snapshot->regs[REG_PC] = word;
		if (!unwind_snapshot(dwfl, snapshot, &process, &unwound))
			check(unwound.count >= 1 && unwound.count <= UNWIND_MAX_FRAMES);
	}
	dwfl_end(dwfl);
	free(snapshot);
}

static void ask(struct module_symbols *symbols, __u64 address)
{
	const struct code *code = module_symbols_name(symbols, address);

	if (!code)
		return;
	check_code(code);
	module_symbols_has_debug(symbols);
	check(module_symbols_memory(symbols) >= 64 * 1024);
	module_symbols_shed(symbols);
	check(!module_symbols_is_open(symbols));
	check(module_symbols_name(symbols, address) == code); /* names that were asked for stay */
}

/* Where the executable segment is mapped, it is not anywhere else. */
static __u64 check_bias(const struct elf_file *file, __u64 offset)
{
	struct mapping mapping = { .start = BIAS + 0x1000, .end = BIAS + 0x2000, .offset = offset };
	__u64 bias = 1;

	if (elf_file_bias(file, &mapping, &bias)) {
		check(bias == 1);
		return 0;
	}
	return bias;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct module_symbols *symbols;
	struct elf_file *file;
	__u64 addresses[6] = { 0, 0x1000, 0x1010, UINT64_MAX }, bias;
	Elf64_Ehdr ehdr = { 0 };

	if (size < sizeof(ehdr) || size > MAX_BYTES)
		return 0;
	memcpy(&ehdr, data, sizeof(ehdr));
	addresses[4] = ehdr.e_entry + 1;
	memcpy(&addresses[5], data + size - sizeof(__u64), sizeof(__u64));
	symbols = module_symbols_of_bytes(data, size);
	check(symbols);
	module_symbols_seen_in(symbols, 1 << 30, "/nowhere/file"); /* no such process */
	file = module_symbols_file(symbols);
	check_file(file, data, size);
	bias = check_bias(file, addresses[5]);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		ask(symbols, addresses[i]);
		unwind(symbols, ehdr.e_type == ET_EXEC ? 0 : bias, addresses[i]);
	}
	module_symbols_look_again(symbols);
	module_symbols_free(symbols);
	return 0;
}
