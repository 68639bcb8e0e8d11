/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/libbpf_log.h"

#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#define MAX_BYTES (256 * 1024)
#define MAX_NAME 64

static struct text said = TEXT_INIT;
static unsigned long left_out;
static char refused[MAX_NAME];

/* As libbpf has it since 0.6: "prog 'NAME': BPF program load failed: ...". */
static void note_refused(const char *line)
{
	char name[MAX_NAME];
	int end = 0;

	if (sscanf(line, "libbpf: prog '%63[^']': BPF program load failed%n", name, &end) == 1 &&
	    end)
		memcpy(refused, name, sizeof(refused));
}

static int keep_line(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t before = said.len;

	if (level == LIBBPF_DEBUG)
		return 0;
	if (said.len >= MAX_BYTES) {
		left_out++;
		return 0;
	}
	text_vaddf(&said, format, args);
	if (said.len > before)
		note_refused(text_str(&said) + before);
	return 0;
}

void libbpf_log_begin(void)
{
	libbpf_set_print(keep_line);
}

const char *libbpf_log_refused(void)
{
	return refused;
}

void libbpf_log_take(struct text *lines)
{
	text_add(lines, text_str(&said));
	if (left_out)
		text_addf(lines, "libbpf: %lu lines more\n", left_out);
	text_clear(&said);
	left_out = 0;
}
