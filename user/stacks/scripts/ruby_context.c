/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/ruby_context.h"

#include <gelf.h>
#include <string.h>

#define WORD 8

/* ---- What a function reads ---- */

/*
 * Since 3.3 libruby does not have the variable's name, but rb_errinfo() begins with reading it. In
 *a library ("ELF Handling For TLS", 4.4.6 and 4.4.7, general and local dynamic): lea
 *index(%rip),%rdi; call __tls_get_addr; mov offset(%rax),register and in an executable (local
 *exec): mov %fs:offset,register
 */
#define CODE_BYTES 64

static __s32 s32_of(const unsigned char *bytes)
{
	__s32 number;

	memcpy(&number, bytes, sizeof(number));
	return number;
}

/* How long a call is that begins here, with what the linker pads it with; 0: it is something else.
 */
static size_t call_length(const unsigned char *code)
{
	size_t at = 0;

	while (at < 3 && (code[at] == 0x66 || code[at] == 0x48))
		at++;
	if (code[at] == 0xe8)
		return at + 5;
	return code[at] == 0xff && code[at + 1] == 0x15 ? at + 6 : 0;
}

/* mov offset(%rax),register */
static bool is_load(const unsigned char *code, __s64 *ret_offset)
{
	if (code[0] != 0x48 || code[1] != 0x8b || (code[2] & 7) != 0)
		return false;
	switch (code[2] >> 6) {
	case 0:
		*ret_offset = 0;
		return true;
	case 1:
		*ret_offset = (signed char)code[3];
		return true;
	case 2:
		*ret_offset = s32_of(code + 3);
		return true;
	}
	return false;
}

bool ruby_context_in_code(const unsigned char *code, size_t len, __u64 address, __u64 *ret_index,
			  __s64 *ret_offset)
{
	static const unsigned char index[] = { 0x48, 0x8d, 0x3d };
	static const unsigned char of_thread[] = { 0x64, 0x48, 0x8b };

	for (size_t i = 0; i + 32 <= len; i++) {
		const unsigned char *next = code + i + 7;

		if (!memcmp(code + i, of_thread, sizeof(of_thread)) && (code[i + 3] & 0xc7) == 4 &&
		    code[i + 4] == 0x25) {
			*ret_index = 0;
			*ret_offset = s32_of(code + i + 5);
			return true;
		}
		if (memcmp(code + i, index, sizeof(index)) != 0)
			continue;
		*ret_index = address + i + 7 + (__u64)(__s64)s32_of(code + i + 3);
		return call_length(next) && is_load(next + call_length(next), ret_offset);
	}
	return false;
}

static bool find_in_code(struct interpreter *interpreter, struct script_recipe *recipe)
{
	unsigned char code[CODE_BYTES];
	__u64 address, index, words[2];

	if (!interpreter_address(interpreter, "rb_errinfo", &address) ||
	    !memory_read(interpreter->memory, address, code, sizeof(code)) ||
	    !ruby_context_in_code(code, sizeof(code), address, &index, &recipe->storage))
		return false;
	if (!index) {
		recipe->find = SCRIPT_BY_THREAD;
		return true;
	}
	if (index & 7 || !memory_read(interpreter->memory, index, words, sizeof(words)))
		return false;
	recipe->find = SCRIPT_BY_MODULE;
	recipe->start = index - interpreter->bias;
	recipe->storage += (__s64)words[1];
	recipe->storage_step = interpreter->is_musl ? 8 : 16;
	return true;
}

/* ---- In the list of threads ---- */

/* The newest first. It is a ring: if the thread is not in it, the walk ends by its limit. */
static bool find_in_list(struct interpreter *interpreter, const struct ruby_offsets *offsets,
			 struct script_recipe *recipe)
{
	if (!interpreter_symbol(interpreter, "ruby_current_vm_ptr", &recipe->start))
		return false;
	recipe->find = SCRIPT_BY_LIST;
	recipe->first_thread = offsets->vm_threads + WORD; /* struct list_node: next, prev */
	recipe->next_thread = WORD;
	recipe->thread_id = offsets->thread_id;
	recipe->path[recipe->n_path++] = offsets->thread_context;
	return true;
}

bool ruby_find_context(struct interpreter *interpreter, const struct ruby_offsets *offsets,
		       struct script_recipe *recipe)
{
	if (offsets->vm_threads)
		return find_in_list(interpreter, offsets, recipe);
	if (interpreter_thread_word(interpreter, "ruby_current_ec", recipe))
		return true;
	return find_in_code(interpreter, recipe);
}
