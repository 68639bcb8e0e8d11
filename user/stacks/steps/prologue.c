/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/steps/prologue.h"

#include <string.h>

#define MAX_DEPTH 65536
#define MAX_STRAIGHT 8 /* instructions: before a hlt, or until the frame pointer is set */

#define SP 4 /* the stack pointer, in the machine's numbering */
#define BP 5

/* DWARF's number of a register of the machine: System V ABI for AMD64, figure 3.36. */
static const __u8 dwarf_number[16] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };
/* The registers that a function gives back as it got them, but for the stack pointer. */
static const bool is_preserved[PROLOGUE_REGS] = {
	[3] = true, [6] = true, [12] = true, [13] = true, [14] = true, [15] = true
};

/* One instruction, as far as it matters here. */
struct instruction {
	size_t len;
	bool wide;	/* operands have 8 bytes */
	bool two_bytes; /* the opcode begins with 0f */
	__u8 opcode;
	bool has_modrm;
	__u8 mod, reg, rm; /* reg and rm with the bits of the REX prefix */
	bool is_near_sp;   /* the operand in memory is at the stack pointer plus: */
	__s64 displacement;
	__s64 immediate;
};

enum operands {
	NOTHING,
	MODRM = 1,
	IMM8 = 2,
	IMM32 = 4,
	UNKNOWN = 8,
};

/* Decodes an opcode of one byte. `reg` is the middle of the byte that follows it. */
static unsigned int operands_of(__u8 opcode, unsigned int reg)
{
	if (opcode < 0x40 && (opcode & 7) < 6) /* add, or, ..., cmp */
		return (opcode & 7) < 4 ? MODRM : (opcode & 7) == 4 ? IMM8 : IMM32;
	if ((opcode >= 0x50 && opcode < 0x60) || (opcode >= 0x90 && opcode < 0x9a))
		return NOTHING;
	if ((opcode >= 0x70 && opcode < 0x80) || (opcode >= 0xb0 && opcode < 0xb8))
		return IMM8;
	if ((opcode >= 0x84 && opcode < 0x8e) || (opcode >= 0xd0 && opcode < 0xd4))
		return MODRM;
	switch (opcode) {
	case 0x63: /* movsxd */
	case 0xfe:
		return MODRM;
	case 0x68: /* push */
	case 0xa9:
	case 0xe8: /* call */
	case 0xe9: /* jmp */
		return IMM32;
	case 0x6a:
	case 0xa8:
	case 0xeb:
		return IMM8;
	case 0x69:
	case 0x81:
	case 0xc7:
		return MODRM | IMM32;
	case 0x6b:
	case 0x80:
	case 0x83:
	case 0xc0:
	case 0xc1:
	case 0xc6:
		return MODRM | IMM8;
	case 0xf6: /* test, or not, neg, mul, div */
		return MODRM | (reg < 2 ? IMM8 : NOTHING);
	case 0xf7:
		return MODRM | (reg < 2 ? IMM32 : NOTHING);
	case 0xff:
		return reg == 7 ? UNKNOWN : MODRM;
	case 0xc3: /* ret */
	case 0xc9: /* leave */
	case 0xcc:
	case 0xf4: /* hlt */
		return NOTHING;
	}
	return opcode >= 0xb8 && opcode < 0xc0 ? IMM32 : UNKNOWN;
}

/* Decodes an opcode behind 0f. */
static unsigned int operands_of_two_bytes(__u8 opcode)
{
	if (opcode == 0x05 || opcode == 0x0b || opcode == 0xa2) /* syscall, ud2, cpuid */
		return NOTHING;
	if (opcode >= 0x80 && opcode < 0x90) /* jcc */
		return IMM32;
	if (opcode == 0x70 || opcode == 0xc6 || opcode == 0xba)
		return MODRM | IMM8;
	/* conditional moves and sets, vectors, bits, widening moves */
	if ((opcode >= 0x10 && opcode < 0x30) || (opcode >= 0x40 && opcode < 0x70) ||
	    (opcode >= 0x90 && opcode < 0xa0) || (opcode >= 0xad && opcode < 0xc2) ||
	    (opcode >= 0xd0 && opcode < 0xff))
		return MODRM;
	return opcode == 0x7e || opcode == 0x7f || opcode == 0xa3 || opcode == 0xab ? MODRM :
										      UNKNOWN;
}

/* The bytes of a ModRM operand, with its SIB and its displacement. */
static size_t modrm_len(const unsigned char *at, size_t left)
{
	unsigned int mod = at[0] >> 6, rm = at[0] & 7;
	size_t len = 1;

	if (mod == 3)
		return len;
	if (rm == 4) {
		if (left < 2)
			return left + 1;
		len++;
		if (mod == 0 && (at[1] & 7) == 5)
			len += 4;
	} else if (mod == 0 && rm == 5) {
		len += 4;
	}
	return len + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static __s64 immediate_at(const unsigned char *at, bool is_byte)
{
	__s32 value;

	if (is_byte)
		return (__s8)at[0];
	memcpy(&value, at, sizeof(value));
	return value;
}

/* The operand N(%rsp), whose ModRM byte is at `at` and all of which is there. */
static void read_near_sp(const unsigned char *at, __u8 rex, struct instruction *insn)
{
	insn->is_near_sp = insn->mod != 3 && (at[0] & 7) == SP && at[1] == 0x24 && !(rex & 3);
	if (insn->is_near_sp && insn->mod)
		insn->displacement = immediate_at(at + 2, insn->mod == 1);
}

/* The prefixes that are read over, then REX. Returns where the opcode stands. */
static size_t read_prefixes(const unsigned char *code, size_t len, __u8 *ret_rex, bool *ret_short)
{
	size_t at = 0;

	*ret_rex = 0;
	*ret_short = false;
	for (; at < len && (code[at] == 0x66 || code[at] == 0xf2 || code[at] == 0xf3 ||
			    code[at] == 0x2e || code[at] == 0x64);
	     at++)
		*ret_short |= code[at] == 0x66;
	if (at < len && (code[at] & 0xf0) == 0x40)
		*ret_rex = code[at++];
	return at;
}

/* False: it is not known, or does not end within the bytes that are left. */
static bool decode(const unsigned char *code, size_t left, struct instruction *ret)
{
	struct instruction insn = { 0 };
	unsigned int operands, reg;
	bool is_short;
	__u8 rex;
	size_t at = read_prefixes(code, left, &rex, &is_short);

	if (at < left && code[at] == 0x0f) {
		insn.two_bytes = true;
		at++;
	}
	if (at >= left)
		return false;
	insn.wide = rex & 8;
	insn.opcode = code[at++];
	reg = at < left ? code[at] >> 3 & 7 : 0;
	operands =
		insn.two_bytes ? operands_of_two_bytes(insn.opcode) : operands_of(insn.opcode, reg);
	/* constants have other sizes behind these prefixes */
	if (operands & UNKNOWN ||
	    (operands & IMM32 && (is_short || (insn.wide && !insn.two_bytes &&
					       insn.opcode >= 0xb8 && insn.opcode < 0xc0))))
		return false;
	if (operands & MODRM) {
		if (at >= left)
			return false;
		insn.has_modrm = true;
		insn.mod = code[at] >> 6;
		insn.reg = reg | (rex & 4) << 1;
		insn.rm = (code[at] & 7) | (rex & 1) << 3;
		insn.len = modrm_len(code + at, left - at);
		if (insn.len > left - at)
			return false;
		read_near_sp(code + at, rex, &insn);
		at += insn.len;
	} else {
		insn.rm = (insn.opcode & 7) | (rex & 1) << 3;
	}
	insn.len = at + (operands & IMM8 ? 1 : 0) + (operands & IMM32 ? 4 : 0);
	if (insn.len > left)
		return false;
	if (operands & (IMM8 | IMM32))
		insn.immediate = immediate_at(code + at, operands & IMM8);
	*ret = insn;
	return true;
}

/* Does it set the stack pointer by something else than what follow() knows? */
static bool sets_sp(const struct instruction *insn)
{
	bool into_rm, into_reg;

	if (!insn->has_modrm)
		return false;
	if (insn->two_bytes) /* those that write a general register write the one in reg */
		return insn->reg == SP && ((insn->opcode >= 0x40 && insn->opcode < 0x50) ||
					   (insn->opcode >= 0xad && insn->opcode < 0xc0));
	into_rm = insn->mod == 3 && insn->rm == SP;
	into_reg = insn->reg == SP;
	if (insn->opcode < 0x38) /* add to xor */
		return insn->opcode & 2 ? into_reg : into_rm;
	switch (insn->opcode) {
	case 0x8b:
	case 0x8d:
	case 0x63:
	case 0x69:
	case 0x6b:
		return into_reg;
	case 0x86:
	case 0x87:
		return into_rm || into_reg;
	case 0x81:
	case 0x83:
		return into_rm && (insn->reg & 7) != 7;
	case 0x80:
	case 0x88:
	case 0x8a:
	case 0x84:
	case 0x85:
	case 0x38:
	case 0x39:
	case 0x3a:
	case 0x3b:
		return false;
	case 0xff:
		return into_rm && (insn->reg & 7) < 2;
	}
	return into_rm;
}

static bool push_register(struct prologue *prologue, unsigned int machine_number)
{
	unsigned int number = dwarf_number[machine_number];

	prologue->depth += 8;
	if (is_preserved[number] && !prologue->saved[number])
		prologue->saved[number] = prologue->depth;
	return prologue->depth < MAX_DEPTH;
}

static bool pop(struct prologue *prologue, __u64 bytes)
{
	if (bytes > prologue->depth)
		return false;
	prologue->depth -= (__u32)bytes;
	return true;
}

/* lea N(%rsp), %rsp, as Free Pascal has it. */
static bool is_lea_of_sp(const struct instruction *insn)
{
	return !insn->two_bytes && insn->opcode == 0x8d && insn->wide && insn->reg == SP &&
	       insn->is_near_sp;
}

/* add or sub of a constant to the stack pointer, or that. */
static bool is_adjustment(const struct instruction *insn)
{
	return is_lea_of_sp(insn) ||
	       (!insn->two_bytes && (insn->opcode == 0x81 || insn->opcode == 0x83) && insn->wide &&
		insn->mod == 3 && insn->rm == SP && (insn->reg == 0 || insn->reg == 5));
}

static bool adjust(struct prologue *prologue, const struct instruction *insn)
{
	__s64 down = insn->reg == 5 ? insn->immediate : -insn->immediate;

	if (is_lea_of_sp(insn))
		down = -insn->displacement;
	if (down < 0)
		return pop(prologue, (__u64)-down);
	prologue->depth += (__u32)down;
	return prologue->depth < MAX_DEPTH;
}

/* mov %rsp, %rbp in its two forms, and lea N(%rsp), %rbp, as Go has it. */
static bool sets_frame(const struct instruction *insn)
{
	if (insn->two_bytes || !insn->wide)
		return false;
	if (insn->mod == 3)
		return (insn->opcode == 0x89 && insn->reg == SP && insn->rm == BP) ||
		       (insn->opcode == 0x8b && insn->reg == BP && insn->rm == SP);
	return insn->opcode == 0x8d && insn->reg == BP && insn->rm == SP;
}

/* Follows what an instruction does to the stack; false: unknown. */
static bool follow(struct prologue *prologue, const struct instruction *insn)
{
	if (is_adjustment(insn))
		return adjust(prologue, insn);
	if (sets_sp(insn))
		return false;
	if (insn->two_bytes)
		return true;
	if (insn->opcode >= 0x50 && insn->opcode < 0x58)
		return insn->rm != SP && push_register(prologue, insn->rm);
	if (insn->opcode >= 0x58 && insn->opcode < 0x60)
		return insn->rm != SP && pop(prologue, 8);
	if (insn->opcode == 0x68 || insn->opcode == 0x6a ||
	    (insn->opcode == 0xff && (insn->reg & 7) == 6)) {
		prologue->depth += 8;
		return prologue->depth < MAX_DEPTH;
	}
	if (insn->opcode == 0xc9)
		return false;
	prologue->has_frame |= sets_frame(insn);
	return true;
}

/* Does it go elsewhere, always? */
static bool leaves(const struct instruction *insn)
{
	if (insn->two_bytes)
		return insn->opcode == 0x0b;
	return insn->opcode == 0xc3 || insn->opcode == 0xe9 || insn->opcode == 0xeb ||
	       insn->opcode == 0xf4 || insn->opcode == 0xcc ||
	       (insn->opcode == 0xff && ((insn->reg & 7) == 4 || (insn->reg & 7) == 5));
}

bool prologue_read(const unsigned char *code, size_t len, struct prologue *ret_prologue)
{
	struct prologue prologue = { 0 }, body = { 0 };
	struct instruction insn;

	if (len > PROLOGUE_MAX_CODE)
		return false;
	for (size_t at = 0; at < len; at += insn.len) {
		if (!decode(code + at, len - at, &insn))
			return false;
		if (leaves(&insn)) { /* what follows is jumped to from before the epilogue */
			prologue = body;
			continue;
		}
		if (!follow(&prologue, &insn))
			return false;
		if (prologue.depth >= body.depth)
			body = prologue;
	}
	*ret_prologue = prologue;
	return true;
}

bool prologue_sets_frame(const unsigned char *code, size_t len)
{
	struct instruction insn;

	for (unsigned int i = 0; i < MAX_STRAIGHT && decode(code, len, &insn); i++) {
		if (sets_frame(&insn))
			return true;
		code += insn.len;
		len -= insn.len;
	}
	return false;
}

bool prologue_never_returns(const unsigned char *code, size_t len)
{
	struct instruction insn;

	for (unsigned int i = 0; i < MAX_STRAIGHT && decode(code, len, &insn); i++) {
		if (insn.two_bytes ? insn.opcode == 0x0b : insn.opcode == 0xf4)
			return true;
		if (leaves(&insn) || (insn.opcode >= 0x70 && insn.opcode < 0x80 && !insn.two_bytes))
			return false;
		code += insn.len;
		len -= insn.len;
	}
	return false;
}
