/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/names/function_name.h"

#if __has_include(<libiberty/demangle.h>)
#include <libiberty/demangle.h>
#else /* as Fedora's binutils-devel has it */
#include <demangle.h>
#endif
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MANGLED 4096 /* bytes; a longer name is shown as it is */

struct readable {
	size_t len;
	char bytes[FUNCTION_NAME_MAX]; /* some 100 mangled bytes can stand for gigabytes */
	jmp_buf too_long;
};

/* Leaving by longjmp() loses nothing: what calls this has its memory on the stack. */
static void add_piece(const char *piece, size_t len, void *ctx)
{
	struct readable *readable = ctx;

	if (len >= sizeof(readable->bytes) - readable->len)
		longjmp(readable->too_long, 1);
	if (!len)
		return; /* piece may be NULL then */
	memcpy(readable->bytes + readable->len, piece, len);
	readable->len += len;
}

/* NULL: it is not mangled, or too long, or stands for nothing. */
static char *demangle(const char *symbol)
{
	struct readable readable = { .len = 0 };

	if (setjmp(readable.too_long))
		return NULL;
	if (!rust_demangle_callback(symbol, DMGL_ANSI, add_piece, &readable)) {
		readable.len = 0;
		if (!cplus_demangle_v3_callback(symbol, DMGL_ANSI, add_piece, &readable))
			return NULL;
	}
	return readable.len ? strndup(readable.bytes, readable.len) : NULL;
}

/*
 * Where a version begins: .symtab writes name@VERSION or name@@VERSION. Other languages have '@'
 * in names: Crystal's "*Socket@Crystal::System::Socket#create". len = there is none.
 */
static size_t version_suffix(const char *name, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.";
	const char *version = memchr(name, '@', len);
	size_t begin = version ? (size_t)(version - name) : len;

	/* a clone's suffix and parts of C++ have '$' and '.' too */
	if (!begin || begin == len || strcspn(name, "*~#:<>(), /") < begin)
		return len;
	version += version[1] == '@' ? 2 : 1;
	return strspn(version, letters) >= len - (size_t)(version - name) ? begin : len;
}

/* Is name[0, len) one of the words that compilers append? */
static bool is_clone_word(const char *name, size_t len)
{
	static const char *const words[] = { "constprop", "isra", "part",   "cold",
					     "lto_priv",  "llvm", "__uniq", "localalias" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len && !memcmp(words[i], name, len))
			return true;
	return false;
}

/* Where the last ".word" or ".word.number" begins; len = there is none. */
static size_t clone_suffix(const char *name, size_t len)
{
	size_t end = len, word;

	while (end && name[end - 1] >= '0' && name[end - 1] <= '9')
		end--;
	end = end < len && end && name[end - 1] == '.' ? end - 1 : len;
	word = end;
	while (word && name[word - 1] != '.')
		word--;
	if (word < 2 || !is_clone_word(name + word, end - word))
		return len;
	return word - 1;
}

size_t symbol_name_len(const char *symbol)
{
	size_t len = strnlen(symbol, FUNCTION_NAME_MAX - 1), shorter;

	if (*symbol == '@')
		return len;
	len = version_suffix(symbol, len);
	while ((shorter = clone_suffix(symbol, len)) < len)
		len = shorter;
	return len;
}

char *function_name(const char *symbol, enum language language)
{
	size_t len = language == LANGUAGE_GO ? strnlen(symbol, FUNCTION_NAME_MAX - 1) :
					       symbol_name_len(symbol);
	char *name, *readable;

	name = strndup(symbol, len);
	if (!name || language == LANGUAGE_GO || len > MAX_MANGLED)
		return name;
	readable = demangle(name);
	if (!readable)
		readable = language_name(name, language);
	if (!readable)
		return name;
	free(name);
	return readable;
}
