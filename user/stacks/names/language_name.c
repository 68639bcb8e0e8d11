/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/names/language_name.h"

#if __has_include(<libiberty/demangle.h>)
#include <libiberty/demangle.h>
#else /* as Fedora's binutils-devel has it */
#include <demangle.h>
#endif
#include <ctype.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/text.h"

#define MAX_SYMBOL 2048 /* bytes; a longer name is shown as it is */
/* Each back reference of D may repeat what others repeat: this many make at most some megabytes. */
#define MAX_BACK_REFERENCES 24
#define MAX_STRINGS (16UL << 20) /* of a table; programs in Ada and Nim have some megabytes */

static bool begins(const char *string, const char *prefix)
{
	return !strncmp(string, prefix, strlen(prefix));
}

/* The text as a string of its own; NULL when it is empty or there is no memory. */
static char *name_of(struct text *text)
{
	char *name = text->len && !text_error(text) ? strdup(text_str(text)) : NULL;

	text_free(text);
	return name;
}

static void add_byte(struct text *text, char byte)
{
	text_add_bytes(text, &byte, 1);
}

/* ---- D ---- */

static size_t count_byte(const char *string, char byte)
{
	size_t count = 0;

	for (; *string; string++)
		count += *string == byte;
	return count;
}

/* "a.main().f!(int).g(int) const" without parameters: "a.main.f!(int).g". */
static char *without_parameters(const char *name)
{
	struct text text = TEXT_INIT;
	size_t len;

	for (const char *at = name; *at && *at != ' '; at += len) {
		len = *at == '(' ? text_parenthesis_len(at) ?: strlen(at) : 1;
		if (*at == '(' && at > name && at[-1] != '!')
			continue;
		text_add_bytes(&text, at, len);
	}
	return name_of(&text);
}

static char *d_name(const char *symbol)
{
	char *demangled, *name;

	if (!strcmp(symbol, "_Dmain"))
		return strdup("D main");
	if (!begins(symbol, "_D") || !isdigit((unsigned char)symbol[2]) ||
	    count_byte(symbol, 'Q') > MAX_BACK_REFERENCES)
		return NULL;
	demangled = dlang_demangle(symbol, 0);
	name = demangled ? without_parameters(demangled) : NULL;
	free(demangled);
	return name;
}

/* ---- Ada ---- */

static char *ada_name(const char *symbol)
{
	char *name = ada_demangle(symbol, 0);

	if (name && name[0] != '<' && name[0])
		return name;
	free(name);
	return NULL; /* it is not Ada's, and was put into brackets */
}

/* ---- Haskell ---- */

/* The character that a letter behind 'z' or 'Z' stands for; 0 = none. */
static char z_letter(char z, char letter)
{
	static const char small[] = "a&b|c^d$e=g>h#i.l<m-n!p+q'r\\s/t*u_v%zz";
	static const char capital[] = "L(R)M[N]C:ZZ";
	const char *pairs = z == 'z' ? small : capital;

	for (; *pairs; pairs += 2)
		if (pairs[0] == letter)
			return pairs[1];
	return 0;
}

/* The bytes of a z-encoding at `at`, a part that ends before `end`; 0 = it is none. */
static size_t add_z_number(struct text *text, const char *at, const char *end)
{
	unsigned int value = 0;
	const char *digit = at + 1;

	/* "z7cU": a byte; beyond 7 bits, and tuples ("Z3T"), are left as they stand */
	for (; digit < end && hex_digit(*digit) >= 0 && value < 128; digit++)
		value = value * 16 + (unsigned int)hex_digit(*digit);
	if (digit == end || *digit != 'U' || value < ' ' || value >= 127)
		return 0;
	add_byte(text, (char)value);
	return (size_t)(digit + 1 - at);
}

/* A part, which has no '_'. */
static void add_z_decoded(struct text *text, const char *at, const char *end)
{
	size_t len;
	char byte;

	while (at < end) {
		len = 1;
		byte = *at;
		if ((*at == 'z' || *at == 'Z') && at + 1 < end) {
			byte = z_letter(*at, at[1]);
			len = byte ? 2 : *at == 'z' ? add_z_number(text, at, end) : 0;
		}
		if (!len) {
			byte = *at;
			len = 1;
		}
		if (byte)
			add_byte(text, byte);
		at += len;
	}
}

/* Suffixes of code: data has others. */
static bool is_haskell_suffix(const char *word)
{
	static const char *const words[] = { "info", "entry", "slow", "fast", "ret" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

/* "GHCziIO": no word of another language has such a point. */
static bool has_z_point(const char *module, const char *end)
{
	for (const char *at = module; at + 2 < end; at++)
		if (at[0] == 'z' && at[1] == 'i' && isupper((unsigned char)at[2]))
			return true;
	return false;
}

/* [PACKAGE_]Module_name_info, each z-encoded, so that '_' stands only between them. */
static char *haskell_name(const char *symbol, bool sure)
{
	const char *suffix = strrchr(symbol, '_'), *module = symbol, *name;
	struct text text = TEXT_INIT;

	if (!suffix || suffix == symbol || !is_haskell_suffix(suffix + 1))
		return NULL;
	if (!isupper((unsigned char)*symbol)) { /* a package is in front */
		module = strchr(symbol, '_') + 1;
		add_z_decoded(&text, symbol, module - 1);
		add_byte(&text, ':');
	}
	name = strchr(module, '_');
	if (name == suffix || !isupper((unsigned char)*module) ||
	    (!sure && !has_z_point(module, name))) {
		text_free(&text);
		return NULL;
	}
	add_z_decoded(&text, module, name);
	add_byte(&text, '.');
	if (suffix - name > 4 && !strncmp(suffix - 4, "_con", 4))
		suffix -= 4;
	add_z_decoded(&text, name + 1, suffix);
	return name_of(&text);
}

/* ---- OCaml ---- */

/* Without the stamp that tells two functions of one name apart, "_261". "fun_261" has no other. */
static size_t without_stamp(const char *name, size_t len)
{
	size_t end = len;

	while (end && isdigit((unsigned char)name[end - 1]))
		end--;
	if (end == len || end < 2 || name[end - 1] != '_')
		return len;
	return end == strlen("fun_") && !memcmp(name, "fun", 3) ? len : end - 1;
}

/* "$40" stands for "@". */
static void add_ocaml_function(struct text *text, const char *name)
{
	size_t len = without_stamp(name, strlen(name));

	for (size_t i = 0; i < len; i++) {
		int high = i + 2 < len && name[i] == '$' ? hex_digit(name[i + 1]) : -1;
		int value = high < 0 ? -1 : high * 16 + hex_digit(name[i + 2]);

		if (value < ' ' || value >= 127 || hex_digit(name[i + 2]) < 0) {
			add_byte(text, name[i]);
			continue;
		}
		add_byte(text, (char)value);
		i += 2;
	}
}

/* Where the function's separator is: '.' of OCaml 5, else the first "__" behind the modules. */
static const char *ocaml_separator(const char *modules, size_t *ret_len)
{
	const char *dot = strchr(modules, '.'), *last = modules, *at;

	*ret_len = 1;
	if (dot)
		return dot;
	for (at = modules; (at = strstr(at, "__")); at += 2)
		if (isupper((unsigned char)at[2]))
			last = at + 2;
	*ret_len = 2;
	return strstr(last, "__");
}

static char *ocaml_name(const char *symbol)
{
	struct text text = TEXT_INIT;
	const char *at, *separator;
	size_t len;

	if (!begins(symbol, "caml") || !isupper((unsigned char)symbol[4]))
		return NULL;
	separator = ocaml_separator(symbol + 4, &len);
	if (!separator || !separator[len])
		return NULL;
	for (at = symbol + 4; at < separator; at++) {
		if (at[0] == '_' && at[1] == '_' && isupper((unsigned char)at[2])) {
			add_byte(&text, '.');
			at++;
		} else {
			add_byte(&text, *at);
		}
	}
	add_byte(&text, '.');
	add_ocaml_function(&text, separator + len);
	return name_of(&text);
}

/* ---- Pascal ---- */

/* The separator between a unit, a class and a procedure; 0 bytes = there is none here. */
static size_t pascal_separator(const char *at)
{
	static const char *const separators[] = { "_$__$$_", "_$$_", "$_$", "_$_" };

	for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++)
		if (begins(at, separators[i]))
			return strlen(separators[i]);
	return 0;
}

/* UNIT$_$TCLASS_$__$$_METHOD$PARAMETER$$RESULT; that of a program begins with "P$". */
static char *pascal_name(const char *symbol)
{
	struct text text = TEXT_INIT;
	bool in_parameters = false, at_begin = true;
	size_t len;

	if (!strstr(symbol, "_$$_") ||
	    symbol[strspn(symbol, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				  "_$")])
		return NULL;
	for (const char *at = symbol + (begins(symbol, "P$") ? 2 : 0); *at; at += len) {
		len = pascal_separator(at);
		if (len) {
			add_byte(&text, '.');
			in_parameters = false;
			at_begin = true;
			continue;
		}
		len = 1;
		in_parameters |= *at == '$' && !at_begin; /* an operator is called "$plus" */
		if (!in_parameters)
			add_byte(&text, *at);
		at_begin = false;
	}
	return name_of(&text);
}

/* ---- Nim ---- */

/* The sign that a word at `at` stands for in an operator's name; its length in *ret_len. */
static char nim_sign(const char *at, size_t *ret_len)
{
	static const char *const words[] = { "$dollar",	    "%percent", "&amp",	 "^roof",  "!emark",
					     "?qmark",	    "*star",	"+plus", "-minus", "/slash",
					     "\\backslash", "=eq",	"<lt",	 ">gt",	   "~tilde",
					     ":colon",	    ".dot",	"@at",	 "|bar" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*ret_len = strlen(words[i]) - 1;
		if (!strncmp(at, words[i] + 1, *ret_len))
			return words[i][0];
	}
	return 0;
}

/* "pluseq_" is `+=`; another name stays. */
static void add_nim_name(struct text *text, const char *name, size_t len)
{
	struct text operator= TEXT_INIT;
	size_t word;
	char sign;

	for (size_t i = 0; i + 1 < len && name[len - 1] == '_'; i += word) {
		sign = nim_sign(name + i, &word);
		if (!sign || i + word > len - 1) {
			text_clear(&operator);
			break;
		}
		add_byte(&operator, sign);
	}
	if (operator.len)
		text_addf(text, "`%s`", text_str(&operator));
	else
		text_add_bytes(text, name, len);
	text_free(&operator);
}

/* PROCEDURE__pathZmodule_NUMBER */
static char *nim_name(const char *symbol)
{
	const char *number = strrchr(symbol, '_'), *module, *slash, *at;
	struct text text = TEXT_INIT;

	if (!number || !number[1] || number[1 + strspn(number + 1, "0123456789")])
		return NULL;
	for (module = NULL, at = symbol + 1; at + 2 < number; at++)
		if (at[0] == '_' && at[1] == '_')
			module = at + 2;
	if (!module || module >= number)
		return NULL;
	at = module - 2; /* where the procedure's name ends */
	for (slash = module; slash < number; slash++)
		if (*slash == 'Z' && slash + 1 < number)
			module = slash + 1;
	text_add_bytes(&text, module, (size_t)(number - module));
	add_byte(&text, '.');
	add_nim_name(&text, symbol, (size_t)(at - symbol));
	return name_of(&text);
}

/* ---- Crystal ---- */

/* Where the type of the result begins, the last ':' that is not a part of "::" or of arguments. */
static const char *crystal_result(const char *name)
{
	unsigned int open = 0;
	const char *result = NULL;

	for (const char *at = name; *at; at++) {
		open += *at == '(' || *at == '<';
		open -= open && (*at == ')' || *at == '>');
		if (*at != ':' || open)
			continue;
		if (at[1] == ':')
			at++;
		else if (at > name && !result)
			result = at;
	}
	return result;
}

/* "*TYPE@DEFINED_IN#method<ARGUMENTS>:RESULT" or "*TYPE::method:RESULT" */
static char *crystal_name(const char *symbol)
{
	const char *result;

	if (symbol[0] != '*' || !isupper((unsigned char)symbol[1]))
		return NULL;
	result = crystal_result(symbol + 1);
	return result && result[1] ? strndup(symbol + 1, (size_t)(result - symbol - 1)) : NULL;
}

/* ---- All of them ---- */

char *language_name(const char *symbol, enum language language)
{
	char *name;

	if (language == LANGUAGE_GO || strnlen(symbol, MAX_SYMBOL) == MAX_SYMBOL)
		return NULL;
	name = d_name(symbol);
	name = name ?: ocaml_name(symbol);
	name = name ?: pascal_name(symbol);
	name = name ?: crystal_name(symbol);
	name = name ?: haskell_name(symbol, language == LANGUAGE_HASKELL);
	if (!name && language == LANGUAGE_ADA)
		name = ada_name(symbol);
	if (!name && language == LANGUAGE_NIM)
		name = nim_name(symbol);
	return name;
}

bool language_is_needed(const char *symbol)
{
	const char *suffix = strrchr(symbol, '_'), *word = symbol + strspn(symbol, "_");

	return strstr(word, "__") || begins(symbol, "_ada_") ||
	       (suffix && is_haskell_suffix(suffix + 1));
}

static bool has_string(const Elf_Data *strings, const char *string, size_t len)
{
	size_t size = strings->d_size < MAX_STRINGS ? strings->d_size : MAX_STRINGS;

	return memmem(strings->d_buf, size, string, len);
}

static enum language language_of_table(const Elf_Data *strings)
{
	if (has_string(strings, "\0NimMain", sizeof("\0NimMain")))
		return LANGUAGE_NIM;
	if (has_string(strings, "\0stg_ap_", sizeof("\0stg_ap_") - 1))
		return LANGUAGE_HASKELL;
	/* the binder's own, or the library's */
	if (has_string(strings, "\0__gnat_", sizeof("\0__gnat_") - 1))
		return LANGUAGE_ADA;
	return LANGUAGE_ANY;
}

enum language language_of_strings(Elf *elf)
{
	enum language language = LANGUAGE_ANY;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data;

	while (language == LANGUAGE_ANY && (section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_STRTAB)
			continue;
		data = elf_rawdata(section, NULL);
		if (data && data->d_buf)
			language = language_of_table(data);
	}
	return language;
}
