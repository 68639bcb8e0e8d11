/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/short_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "stacks/names/python_name.h"
#include "stacks/names/runtime_frames.h"

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The bytes from a bracket to the one that closes it; 0 when there is none. */
static size_t bracketed(const char *name)
{
	unsigned int angles = 0, parentheses = 0;

	for (size_t i = 0; name[i]; i++) {
		if (name[i] == '(')
			parentheses++;
		else if (name[i] == ')' && parentheses)
			parentheses--;
		else if (parentheses)
			continue; /* parameters, or an expression that may compare */
		else if (name[i] == '<')
			angles++;
		else if (name[i] == '>' && name[i - 1] != '-' && !--angles)
			return i + 1;
	}
	return 0;
}

/* The length of "operator<", "operator->" and the like; 0 for another name. */
static size_t operator_name(const char *name, size_t at)
{
	static const char word[] = "operator";
	static const char *const signs[] = { "<<=", "<=>", ">>=", "->*", "<<", ">>",
					     "<=",  ">=",  "->",  "<",	 ">" };
	const char *sign = name + at + sizeof(word) - 1;

	if (strncmp(name + at, word, sizeof(word) - 1) || (at && is_word(name[at - 1])))
		return 0;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (!strncmp(sign, signs[i], strlen(signs[i])))
			return sizeof(word) - 1 + strlen(signs[i]);
	return 0;
}

/*
 * Do generic arguments begin at this byte: "<" behind a word or an operator's name, which ends at
 * `named`, Rust's "::<", or D's "!("?
 */
static bool begins_arguments(const char *name, size_t at, size_t named)
{
	if (!at)
		return false;
	if (name[at] == '<')
		return at == named || is_word(name[at - 1]);
	if (name[at] == '!')
		return name[at + 1] == '(' && is_word(name[at - 1]);
	return !strncmp(name + at, "::<", 3) && strncmp(name + at, "::<init>", 8) &&
	       strncmp(name + at, "::<clinit>", 10); /* methods of Java's */
}

/* A longer name without its arguments. */
static void add_without_arguments(struct text *text, const char *name)
{
	size_t len = strlen(name), kept = 0, named = 0, i = 0, bracket, skip;

	while (i < len) {
		skip = operator_name(name, i);
		if (skip) {
			i = named = i + skip;
			continue;
		}
		if (!begins_arguments(name, i, named)) {
			i++;
			continue;
		}
		bracket = name[i] == '<' ? i : name[i] == '!' ? i + 1 : i + 2;
		skip = name[i] == '!' ? text_parenthesis_len(name + bracket) :
					bracketed(name + bracket);
		if (!skip)
			break; /* a strange name: the rest of it is shown as it is */
		text_add_clean(text, name + kept, i - kept);
		i = kept = bracket + skip;
	}
	text_add_clean(text, name + kept, len - kept);
}

/* Is this byte the first of a character? */
static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* Where the name of the function itself begins, behind its module, namespace or class. */
static size_t own_name_at(const char *name, size_t len)
{
	size_t least = len - SHORT_NAME_OWN, at = len;

	while (at > least && name[at - 1] != ':' && name[at - 1] != '.')
		at--;
	while (at < len && !begins_character(name[at]))
		at++;
	return at < len ? at : least;
}

/* A clean text without its middle if it is too long: where it begins, and its own name. */
static void add_limited(struct text *text, const char *name, size_t len)
{
	size_t own, head;

	if (len <= SHORT_NAME_LIMIT) {
		text_add_bytes(text, name, len);
		return;
	}
	own = own_name_at(name, len);
	head = SHORT_NAME_LIMIT - (len - own);
	while (head && !begins_character(name[head]))
		head--;
	text_add_bytes(text, name, head);
	text_add(text, "...");
	text_add_bytes(text, name + own, len - own);
}

void short_name_add(struct text *text, const char *name)
{
	_cleanup_text_ struct text shorter = TEXT_INIT;
	size_t len = strlen(name);
	const char *file;

	if (python_name_split(name, &name, &len, &file) || len <= SHORT_NAME_MAX)
		text_add_clean(&shorter, name, len);
	else
		add_without_arguments(&shorter, name);
	add_limited(text, text_str(&shorter), shorter.len);
	text->failed |= text_error(&shorter) != 0;
}

const char *short_name_module(const char *function, const char *module)
{
	const char *file;
	size_t len;

	return python_name_split(function, &function, &len, &file) ? file : module_name(module);
}
