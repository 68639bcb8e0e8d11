/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats: vm_core.h and method.h of CRuby; vm_backtrace.c of 3.4 (calculate_iseq_label(),
 * rb_gen_method_name(), rb_ec_partial_backtrace_object()).
 */
#include "stacks/scripts/ruby_labels.h"

#include <stdio.h>
#include <string.h>

#define ENVIRONMENT_LOCAL \
	2 /* flag: it is a method's own; else `previous` leads to one further out */
#define MAX_ENVIRONMENTS 32
#define MAX_SEQUENCES 64 /* blocks in blocks */
#define T_CLASS 2
#define T_MODULE 3
#define TYPE_MASK 0x1f
#define CLASS_IS_SINGLETON (1U << 13)
#define ENTRY_DEFINITION 16 /* of rb_method_entry_t */
#define ENTRY_OWNER 32
#define DEFINITION_KIND 0xf /* its first bits */
#define DEFINITION_SEQUENCE 8
#define METHOD_IN_RUBY 0

/* enum rb_iseq_type, with which a body begins */
enum sequence {
	SEQUENCE_METHOD = 1,
	SEQUENCE_BLOCK = 2,
	SEQUENCE_RESCUE = 4,
	SEQUENCE_ENSURE = 5,
	SEQUENCE_EVAL = 6,
	SEQUENCE_PLAIN = 8,
};

static bool has_classes(const struct ruby *ruby)
{
	return ruby->offsets->class_name;
}

static __u64 label_word(const unsigned char *bytes, size_t at)
{
	__u64 word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

static __u32 type_of(const unsigned char body[RUBY_BODY])
{
	__u32 type;

	memcpy(&type, body, sizeof(type));
	return type;
}

bool ruby_body(struct ruby *ruby, __u64 iseq, unsigned char ret_body[RUBY_BODY])
{
	__u64 words[RUBY_HEAD], address;

	if (!ruby_internal(ruby, iseq, RUBY_ISEQ, words))
		return false;
	address = words[ruby->offsets->iseq_body / RUBY_WORD];
	return !(address & 7) && memory_read(ruby->memory, address, ret_body, RUBY_BODY);
}

bool ruby_is_clause(struct ruby *ruby, const unsigned char body[RUBY_BODY])
{
	return has_classes(ruby) &&
	       (type_of(body) == SEQUENCE_RESCUE || type_of(body) == SEQUENCE_ENSURE);
}

/* ---- The entry of the method ---- */

/*
 * The environment of a frame of this stack, as it was then. False: it is in the heap, where it
 * stays, or its frame was not kept.
 */
static bool kept_environment(const struct ruby *ruby, __u64 ep, struct ruby_environment *ret)
{
	size_t far = ruby->offsets->frame_ep + RUBY_WORD;

	if (ruby->record < far + sizeof(*ret))
		return false;
	for (size_t at = 0; at + ruby->record <= ruby->records_len; at += ruby->record) {
		const unsigned char *record = ruby->records + at;

		if (label_word(record, ruby->offsets->frame_ep) != ep)
			continue;
		memcpy(ret, record + far, sizeof(*ret));
		return true;
	}
	return false;
}

/* Is it the entry of this very method? */
static bool is_entry_of(struct ruby *ruby, __u64 entry, __u64 iseq)
{
	__u64 definition, words[2];

	return memory_word(ruby->memory, entry + ENTRY_DEFINITION, &definition) &&
	       memory_read(ruby->memory, definition, words, sizeof(words)) &&
	       (words[0] & DEFINITION_KIND) == METHOD_IN_RUBY &&
	       words[DEFINITION_SEQUENCE / RUBY_WORD] == iseq;
}

/* One that was read later must be that of the method that the block is in. */
static bool find_entry(struct ruby *ruby, const struct ruby_environment *first, __u64 local,
		       __u64 *ret_entry)
{
	struct ruby_environment at = *first;
	bool is_kept = true;

	for (unsigned int i = 0; i < MAX_ENVIRONMENTS; i++) {
		bool is_local = at.flags & ENVIRONMENT_LOCAL;
		__u64 ep = at.previous & ~3ULL;

		if (ruby_method_entry(ruby, at.method, is_local, ret_entry))
			return is_kept || is_entry_of(ruby, *ret_entry, local);
		if (is_local)
			return false;
		if (kept_environment(ruby, ep, &at))
			continue;
		is_kept = false;
		if (ep & 7 || !memory_read(ruby->memory, ep - 2 * RUBY_WORD, &at, sizeof(at)))
			return false;
	}
	return false;
}

/* ---- The class ---- */

/* The name of a class or a module that has one for good. */
static bool name_of_class(struct ruby *ruby, __u64 class, char ret_text[SCRIPT_NAME_MAX])
{
	const struct ruby_offsets *offsets = ruby->offsets;
	unsigned char has_name;
	__u64 flags, name;

	return memory_word(ruby->memory, class, &flags) &&
	       ((flags & TYPE_MASK) == T_CLASS || (flags & TYPE_MASK) == T_MODULE) &&
	       memory_read(ruby->memory, class + offsets->class_has_name, &has_name, 1) &&
	       (has_name & 1) && memory_word(ruby->memory, class + offsets->class_name, &name) &&
	       ruby_string(ruby, name, ret_text);
}

/* "Foo#" or "Foo."; "" if the class has no name. */
static void name_of_owner(struct ruby *ruby, __u64 entry, char ret_text[SCRIPT_NAME_MAX])
{
	__u64 owner, flags;
	const char *mark = "#";

	*ret_text = '\0';
	if (!memory_word(ruby->memory, entry + ENTRY_OWNER, &owner) ||
	    !memory_word(ruby->memory, owner, &flags))
		return;
	if ((flags & TYPE_MASK) == T_CLASS && flags & CLASS_IS_SINGLETON) {
		mark = ".";
		if (!memory_word(ruby->memory, owner + ruby->offsets->class_attached, &owner))
			return;
	}
	if (!name_of_class(ruby, owner, ret_text))
		*ret_text = '\0';
	else if (strlen(ret_text) + 1 < SCRIPT_NAME_MAX)
		strcat(ret_text, mark);
}

/* ---- Labels ---- */

/* Put a text before another one, which is cut if there is no room. */
static void put_before(const char *before, char text[SCRIPT_NAME_MAX])
{
	size_t len = strlen(before), rest = strlen(text);

	if (len >= SCRIPT_NAME_MAX)
		return;
	if (rest > SCRIPT_NAME_MAX - 1 - len)
		rest = SCRIPT_NAME_MAX - 1 - len;
	memmove(text + len, text, rest);
	memcpy(text, before, len);
	text[len + rest] = '\0';
}

bool ruby_label_of_c(struct ruby *ruby, const struct ruby_environment *environment,
		     char ret_text[SCRIPT_NAME_MAX])
{
	char owner[SCRIPT_NAME_MAX];
	__u64 entry;

	if (!ruby_method_entry(ruby, environment->method, true, &entry) &&
	    !find_entry(ruby, environment, 0, &entry))
		return false;
	if (!ruby_method_name(ruby, entry, ret_text))
		return false;
	if (has_classes(ruby)) {
		name_of_owner(ruby, entry, owner);
		put_before(owner, ret_text);
	}
	return true;
}

/* From a sequence to the one whose label it has: how many blocks that is in *ret_blocks. */
static bool find_named(struct ruby *ruby, __u64 *iseq, unsigned char body[RUBY_BODY],
		       unsigned int *ret_blocks)
{
	const struct ruby_offsets *offsets = ruby->offsets;
	__u64 local = 0;

	*ret_blocks = 0;
	for (unsigned int i = 0; i < MAX_SEQUENCES; i++) {
		__u32 type = type_of(body);
		__u64 parent = label_word(body, offsets->body_parent);
		bool is_block = type == SEQUENCE_BLOCK || type == SEQUENCE_PLAIN;

		if (is_block && !local && parent)
			local = label_word(body, offsets->body_local);
		if (!local && is_block)
			return true; /* it is nowhere */
		if (local ? *iseq == local :
			    type != SEQUENCE_RESCUE && type != SEQUENCE_ENSURE &&
				    type != SEQUENCE_EVAL) {
			if (type != SEQUENCE_EVAL && type != SEQUENCE_RESCUE &&
			    type != SEQUENCE_ENSURE)
				return true;
			local = 0; /* a block in text that is evaluated */
		}
		*ret_blocks += type == SEQUENCE_BLOCK;
		*iseq = parent;
		if (!ruby_body(ruby, parent, body))
			return false;
	}
	return false;
}

bool ruby_label(struct ruby *ruby, const struct ruby_environment *environment, __u64 iseq,
		const unsigned char body[RUBY_BODY], char ret_text[SCRIPT_NAME_MAX])
{
	unsigned char named[RUBY_BODY];
	char before[SCRIPT_NAME_MAX];
	unsigned int blocks = 0;
	__u64 entry;

	memcpy(named, body, sizeof(named));
	if (has_classes(ruby) && !find_named(ruby, &iseq, named, &blocks))
		return false;
	if (!ruby_string(ruby, label_word(named, ruby->offsets->body_label), ret_text))
		return false;
	if (has_classes(ruby) && type_of(named) == SEQUENCE_METHOD &&
	    find_entry(ruby, environment, iseq, &entry)) {
		name_of_owner(ruby, entry, before);
		put_before(before, ret_text);
	}
	if (blocks == 1)
		put_before("block in ", ret_text);
	if (blocks > 1) {
		snprintf(before, sizeof(before), "block (%u levels) in ", blocks);
		put_before(before, ret_text);
	}
	return true;
}
