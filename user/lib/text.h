/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text: a growing string, and the only place that lets bytes of other processes (comms,
 * paths, symbol names) into what a person or a parser reads.
 *
 * A failed allocation is remembered (text.failed), and later calls do nothing, so that a
 * caller checks once, at the end: text_error().
 */
#ifndef SOCKLEAK_TEXT_H
#define SOCKLEAK_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data; /* NUL-terminated once something was added, else NULL */
	size_t len; /* bytes, without the NUL */
	size_t capacity;
	bool failed;
};

#define TEXT_INIT ((struct text){ 0 })
#define _cleanup_text_ __attribute__((cleanup(text_free)))

/* Release the memory; the text is then empty and can be used again. */
void text_free(struct text *text);
/* Make it empty, keep the memory. */
void text_clear(struct text *text);
/* Remove everything after the first `len` bytes. */
void text_cut(struct text *text, size_t len);
/* The string, "" when nothing was added. Valid until the next change. */
const char *text_str(const struct text *text);
/* 0, or -ENOMEM if any earlier call could not get memory. */
int text_error(const struct text *text);

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *bytes, size_t len);
/* The same as "%llu", in a tenth of the time. */
void text_add_u64(struct text *text, unsigned long long value);
/*
 * Make it longer by `len` bytes, which the caller must write at once, and return their
 * address, or NULL without memory. For a caller that knows the length beforehand.
 */
char *text_extend(struct text *text, size_t len);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *text, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/*
 * Add bytes that another process chose, up to len or a NUL. Valid UTF-8 stays; an invalid
 * byte becomes U+FFFD; a C0 or C1 control character or DEL becomes \xNN, so that no escape
 * sequence reaches the terminal and no newline a log; U+2028, U+2029 and the bidirectional
 * controls become \u{NNNN}.
 */
void text_add_clean(struct text *text, const char *bytes, size_t len);

/*
 * Does text_add_clean() escape this character? For writers with a syntax of their own
 * (JSON, HTML).
 */
bool text_is_unsafe(unsigned int code_point);

/* The bytes from a parenthesis, with which the string begins, to the one that closes it; 0: none.
 */
size_t text_parenthesis_len(const char *string);

/* Columns a clean UTF-8 string takes on a terminal (wide and combining characters known). */
size_t text_width(const char *string);

/*
 * Decode one UTF-8 character from at most len bytes (RFC 3629: no overlong
 * forms, no surrogates, at most U+10FFFF). Returns its length in bytes, 1 to 4,
 * and the code point; or 0 when the first byte begins no valid character.
 */
size_t text_decode_utf8(const char *bytes, size_t len, unsigned int *ret_code_point);

#endif /* SOCKLEAK_TEXT_H */
