/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats: code.h, instruction-stream.h, bytecode-offset-iterator.h, safepoint-table.h,
 * maglev-safepoint-table.h, deoptimization-data.h (code.h before V8 12), translation-opcode.h and
 * vlq.h of V8.
 */
#include "stacks/scripts/javascript/code.h"

#include <string.h>

#include "stacks/scripts/javascript/function.h"

#define WORD 8
#define PAGE 4096
#define MAX_CODE (1 << 19) /* bytes from the beginning of code to an address in it */
#define MAX_SIZE (1 << 26)
#define CODE_KIND 15	   /* of its flags */
#define WEAK 2		   /* of a pointer: the object may be gone */
#define WRAPPED 8	   /* of what wraps another object */
#define WIDE 0		   /* bytecodes that the next one's operands are wider by */
#define DEBUG_WIDER 3	   /* the last of them */
#define CALL_WORDS 3	   /* what is known of a call, */
#define CALL_DESCRIPTION 1 /* and which of them is where it is described */
#define MAX_CALLS (1 << 20)
#define MAX_STEPS 100000 /* through a description */

/* ---- Which code ---- */

/* Is there code at an address, which has a return address? */
static bool read_code(const struct v8_heap *heap, __u64 at, __u64 pc, struct v8_code *ret)
{
	const struct v8_layout *layout = heap->layout;
	const struct v8_version *version = layout->version;
	struct v8_code code = { .object = at | V8_TAG };
	__u64 stream;
	__s32 size, flags;

	if (version->code_stream &&
	    (!v8_word(heap, at | V8_TAG, WORD, &code.object) ||
	     !v8_word(heap, code.object, version->code_stream, &stream) || stream != (at | V8_TAG)))
		return false;
	if (v8_type(heap, code.object) != layout->type_code ||
	    !v8_number(heap, code.object, version->code_size, &size) || size <= 0 ||
	    size > MAX_SIZE || !v8_number(heap, code.object, version->code_flags, &flags))
		return false;
	code.instructions = at + (__u64)layout->instructions;
	if (version->code_start && (!v8_word(heap, code.object, version->code_start, &stream) ||
				    stream != code.instructions))
		return false;
	code.size = (__u32)size;
	code.kind = flags & CODE_KIND;
	*ret = code;
	return pc > code.instructions && pc <= code.instructions + code.size;
}

/* An object's first word is its map, which is where programs have heaps. */
static bool may_be_map(__u64 word)
{
	return v8_is_pointer(word) && word > 1 << 16 && word < 1ULL << 47;
}

/* Code is described in front of it. It has no end that could be seen: so go back until there. */
bool v8_code_find(const struct v8_heap *heap, __u64 pc, struct v8_code *ret_code)
{
	__u64 words[PAGE / WORD], page = pc & ~(PAGE - 1ULL);
	unsigned int i = (pc & (PAGE - 1)) / WORD;

	for (unsigned int n = 0; n <= MAX_CODE / PAGE; n++, page -= PAGE) {
		if (!memory_read(heap->memory, page, words, PAGE))
			return false;
		for (; i-- > 0;)
			if (may_be_map(words[i]) && read_code(heap, page + i * WORD, pc, ret_code))
				return true;
		i = PAGE / WORD;
	}
	return false;
}

/* ---- Code of one function ---- */

/* The bytes of an instruction of bytecode, with what makes it wider; 0 = it is none. */
static __u32 instruction_size(const struct v8_layout *layout, struct v8_stream *code)
{
	__u64 begin = code->at;
	__u8 first = v8_stream_byte(code), wider = 0;

	if (first <= DEBUG_WIDER) {
		wider = 1 + (first & 1);
		first = v8_stream_byte(code);
	}
	if (code->failed || first >= layout->version->bytecodes ||
	    !layout->bytecode_sizes[wider][first])
		return 0;
	return (__u32)(code->at - begin) - 1 + layout->bytecode_sizes[wider][first];
}

__s32 v8_code_offset(const struct v8_heap *heap, const struct v8_code *code, __u64 bytecode,
		     __u64 pc)
{
	const struct v8_layout *layout = heap->layout;
	__u64 wanted = pc - code->instructions, end;
	__u32 next = 0, size;
	struct v8_stream table, instructions = { .heap = heap };
	__s32 offset = -1, length;
	__u64 positions;

	/* code that was thrown away may have left its place to that of another function */
	if (!layout->has_bytecodes || !bytecode ||
	    v8_bytecode_find(heap, code->object) != bytecode ||
	    !v8_small_at(heap, bytecode, WORD, &length) || length <= 0 ||
	    !v8_word(heap, code->object, layout->version->code_positions, &positions) ||
	    !v8_stream_begin(heap, positions, &table))
		return -1;
	/* the prologue, and then one entry for each instruction, in their order */
	for (end = v8_stream_unsigned(&table); end < wanted; end += v8_stream_unsigned(&table)) {
		offset = (__s32)next;
		v8_stream_seek(&instructions,
			       bytecode - V8_TAG + (__u64)layout->bytecode_data + next);
		instructions.end = instructions.at + (__u64)(length - offset);
		size = offset < length ? instruction_size(layout, &instructions) : 0;
		if (!size || table.failed)
			return -1;
		next += size;
	}
	return table.failed ? -1 : offset;
}

/* ---- Optimized code ---- */

/*
 * The opcodes of a description. One of them says that so many follow which are those of another
 * description, before this one.
 */
struct opcodes {
	const struct v8_version *version;
	const __s32 *operands; /* how many each has */
	struct v8_stream here, other;
	unsigned int from_other; /* opcodes that still come from there, and 1 */
	unsigned int since;	 /* opcodes that were read here since `other` was moved on */
	__s32 now;		 /* the opcode whose operands are next */
};

static struct v8_stream *operand_bytes(struct opcodes *opcodes)
{
	return opcodes->from_other ? &opcodes->other : &opcodes->here;
}

static __s32 checked_opcode(const struct opcodes *opcodes, struct v8_stream *bytes, __s32 opcode)
{
	if (opcode < 0 || opcode >= opcodes->version->opcodes)
		bytes->failed = true;
	return bytes->failed ? 0 : opcode;
}

static void skip_operands(const struct opcodes *opcodes, struct v8_stream *bytes, __s32 opcode)
{
	for (__s32 i = 0; i < opcodes->operands[opcode] && !bytes->failed; i++)
		v8_stream_unsigned(bytes);
}

/* The opcodes before V8 11 are numbers, and none repeats another description. */
static __s32 next_opcode(struct opcodes *opcodes)
{
	const struct v8_version *version = opcodes->version;
	struct v8_stream *here = &opcodes->here, *other = &opcodes->other;
	__s32 opcode;

	if (version->repeat == V8_NONE)
		return checked_opcode(opcodes, here, (__s32)v8_stream_signed(here));
	if (opcodes->from_other)
		opcodes->from_other--;
	if (opcodes->from_other)
		return checked_opcode(opcodes, other, v8_stream_byte(other));
	opcode = v8_stream_byte(here);
	if (opcode > version->repeat) /* a number of them in short */
		opcodes->from_other = (unsigned int)(opcode - version->opcodes);
	else if (opcode == version->repeat)
		opcodes->from_other = (unsigned int)v8_stream_unsigned(here);
	else {
		opcodes->since++;
		return checked_opcode(opcodes, here, opcode);
	}
	for (; opcodes->since && !other->failed; opcodes->since--)
		skip_operands(opcodes, other,
			      checked_opcode(opcodes, other, v8_stream_byte(other)));
	if (!opcodes->from_other)
		here->failed = true;
	return checked_opcode(opcodes, other, v8_stream_byte(other));
}

static bool has_more(const struct opcodes *opcodes)
{
	return opcodes->here.at < opcodes->here.end || opcodes->from_other > 1;
}

/* False: no description begins there. */
static bool begin_opcodes(const struct v8_heap *heap, __u64 table, __s32 at,
			  struct opcodes *opcodes)
{
	const struct v8_version *version = heap->layout->version;
	struct v8_stream *here = &opcodes->here;
	__u64 begin, start;
	__s32 opcode;
	__u64 back;

	*opcodes = (struct opcodes){ .version = version, .operands = heap->layout->operands };
	if (!v8_stream_begin(heap, table, here) || at < 0 || (__u64)at >= here->end - here->at)
		return false;
	start = here->at;
	v8_stream_seek(here, here->at + (__u64)at);
	begin = here->at;
	opcode = next_opcode(opcodes);
	if (opcode < version->begin || opcode > version->begin_last)
		return false;
	opcodes->since = 1;
	opcodes->other = *here;
	opcodes->other.failed = true;
	if (version->repeat == V8_NONE) {
		skip_operands(opcodes, here, opcode);
		return !here->failed;
	}
	back = v8_stream_unsigned(here);
	if (back && back <= begin - start) {
		v8_stream_seek(&opcodes->other, begin - back);
		opcodes->other.failed = false;
	}
	v8_stream_unsigned(here);
	v8_stream_unsigned(here);
	return !here->failed;
}

/* A function among the literals of code, also by a closure; 0 = it is none. */
static __u64 literal_function(const struct v8_heap *heap, __u64 literals, __s32 number)
{
	const struct v8_layout *layout = heap->layout;
	__s32 count, type;
	__u64 word;

	if (!v8_small_at(heap, literals, layout->array_length, &count) || number < 0 ||
	    number >= count || !v8_word(heap, literals, layout->array_data + number * WORD, &word))
		return 0;
	word &= ~(__u64)WEAK;
	type = v8_type(heap, word);
	if (type == layout->type_function) {
		if (!v8_word(heap, word, layout->function_shared, &word))
			return 0;
	} else if (type != V8_NO_TYPE && type == layout->type_shared_wrapper) {
		if (!v8_word(heap, word, WRAPPED, &word))
			return 0;
	}
	return v8_type(heap, word) == layout->type_shared ? word : 0;
}

/* The calls that may be returned to by other code: a table behind the instructions. */
struct calls {
	__u32 count;
	__u32 pc_size, number_size, entry_size; /* bytes */
	__u64 at;
};

static bool begin_calls(const struct v8_heap *heap, const struct v8_code *code, struct calls *ret)
{
	bool is_first_compiler = code->kind == heap->layout->kind_baseline + 1;
	__u64 table = code->instructions + code->size + (__u64)heap->layout->version->calls_count;
	__u32 head[2];

	if (!memory_read(heap->memory, table, head, sizeof(head)) || head[0] > MAX_CALLS ||
	    !(head[1] & 1)) /* of no call the functions are described */
		return false;
	ret->count = head[0];
	ret->pc_size = head[1] >> 4 & 7;
	ret->number_size = head[1] >> 7 & 7;
	ret->entry_size = 2 * ret->pc_size + ret->number_size + (head[1] >> 1 & 7);
	ret->entry_size += is_first_compiler; /* how many registers were pushed */
	ret->at = table + sizeof(head);
	if (is_first_compiler)
		ret->at += (__u64)heap->layout->version->calls_more;
	return ret->pc_size && ret->pc_size <= 4 && ret->number_size && ret->number_size <= 4;
}

static __u32 call_number(const unsigned char *bytes, __u32 size)
{
	__u32 number = 0;

	while (size--)
		number = number << 8 | bytes[size];
	return number;
}

/*
 * Which description a call has, by its return address; < 0: none. Code that is to be given up
 * returns to another one.
 */
static __s32 find_call(const struct v8_heap *heap, const struct v8_code *code, __u64 data, __u64 pc)
{
	const struct v8_layout *layout = heap->layout;
	__u32 wanted = (__u32)(pc - code->instructions), number;
	unsigned char entry[32];
	__s32 description;
	struct calls calls;

	if (!begin_calls(heap, code, &calls))
		return -1;
	for (__u32 i = 0; i < calls.count; i++, calls.at += calls.entry_size) {
		if (!memory_read(heap->memory, calls.at, entry, calls.entry_size))
			return -1;
		number = call_number(entry + calls.pc_size, calls.number_size);
		if (call_number(entry, calls.pc_size) != wanted &&
		    call_number(entry + calls.pc_size + calls.number_size, calls.pc_size) !=
			    wanted + 1)
			continue;
		if (!number || number > MAX_CALLS ||
		    !v8_small_at(heap, data,
				 layout->array_data +
					 (layout->version->calls_first +
					  (__s32)(number - 1) * CALL_WORDS + CALL_DESCRIPTION) *
						 WORD,
				 &description))
			return -1;
		return description;
	}
	return -1;
}

/*
 * The function that an opcode describes: its bytecode's offset, and its literal's number. One of
 * the language's own has no bytecode, and the literal may be its caller's: its closure comes next.
 */
static void take_function(const struct v8_heap *heap, struct opcodes *opcodes, __s32 opcode,
			  __u64 literals, struct v8_inlined *ret)
{
	const struct v8_version *version = opcodes->version;
	struct v8_stream *operands = operand_bytes(opcodes);
	bool has_bytecode = opcode - version->js_first < version->js_with_bytecode;
	struct v8_function function;
	__u64 closure = 0;

	ret->offset = (__s32)v8_stream_signed(operands);
	ret->shared = literal_function(heap, literals, (__s32)v8_stream_signed(operands));
	for (__s32 i = 2; i < opcodes->operands[opcode] && !operands->failed; i++)
		v8_stream_unsigned(operands);
	if (has_bytecode)
		return;
	ret->offset = -1;
	if (!v8_function_read(heap, ret->shared, &function) || function.script)
		ret->shared = 0;
	opcode = next_opcode(opcodes);
	operands = operand_bytes(opcodes);
	if (opcode == version->literal)
		closure = literal_function(heap, literals, (__s32)v8_stream_signed(operands));
	else
		skip_operands(opcodes, operands, opcode);
	if (closure)
		ret->shared = closure;
}

unsigned int v8_code_inlined(const struct v8_heap *heap, const struct v8_code *code, __u64 pc,
			     struct v8_inlined list[V8_MAX_INLINED])
{
	const struct v8_version *version = heap->layout->version;
	__u64 data, translations, literals;
	struct opcodes opcodes;
	unsigned int count = 0;
	__s32 call;

	if (!heap->layout->has_opcodes || !v8_word(heap, code->object, version->code_of, &data) ||
	    !v8_word(heap, data, heap->layout->array_data, &translations) ||
	    !v8_word(heap, data, heap->layout->array_data + version->calls_literals * WORD,
		     &literals))
		return 0;
	call = find_call(heap, code, data, pc);
	if (!begin_opcodes(heap, translations, call, &opcodes))
		return 0;
	for (unsigned int i = 0; i < MAX_STEPS && has_more(&opcodes); i++) {
		__s32 opcode = next_opcode(&opcodes);

		if (operand_bytes(&opcodes)->failed)
			return 0;
		if (opcode >= version->begin && opcode <= version->begin_last)
			return count;
		if (opcode < version->js_first || opcode >= version->js_first + version->js_frames)
			skip_operands(&opcodes, operand_bytes(&opcodes), opcode);
		else if (count == V8_MAX_INLINED)
			return 0;
		else
			take_function(heap, &opcodes, opcode, literals, &list[count++]);
	}
	return count;
}
