/* SPDX-License-Identifier: BSD-2-Clause */
#include "text_page.h"

#include <string.h>

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* As many bytes of a clean UTF-8 line as fit into `columns`. */
static size_t fitting(const char *line, unsigned int columns)
{
	size_t whole = strlen(line), len, next, width = 0;
	char character[5] = "";
	unsigned int code;

	if (!columns || text_width(line) <= columns)
		return whole;
	for (len = 0; len < whole; len += next) {
		next = text_decode_utf8(line + len, whole - len, &code);
		if (!next)
			break;
		memcpy(character, line + len, next);
		character[next] = '\0';
		width += text_width(character);
		if (width > columns)
			break;
	}
	return len;
}

void page_line(struct page *page, struct text *line, bool bold)
{
	const char *string = text_str(line);

	if (text_error(line))
		page->out->failed = true;
	if (!page->layout->rows || page->lines < page->layout->rows) {
		bold = bold && page->layout->bold;
		text_add(page->out, bold ? BOLD : "");
		text_add_bytes(page->out, string, fitting(string, page->layout->columns));
		text_add(page->out, bold ? PLAIN "\n" : "\n");
		page->lines++;
	}
	text_clear(line);
}

void page_add_clean(struct text *line, const char *string)
{
	text_add_clean(line, string, strlen(string));
}

void page_add_count(struct text *line, unsigned long long count, const char *one, const char *many)
{
	text_addf(line, "%llu %s", count, count == 1 ? one : many);
}
