/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bpf_stats.h"
#include "clocks.h"
#include "duration.h"
#include "findings.h"
#include "json.h"
#include "preflight.h"
#include "text.h"
#include "tracer.h"

#define INDENT 24      /* columns before a finding */
#define MIN_COLUMNS 60 /* of a terminal on which wrapping makes it readable */

/* The findings so far. */
struct sheet {
	struct text *text;
	struct json json;
	bool as_json;
	size_t columns; /* of the terminal; 0 = a line each, however long */
	unsigned int counts[FINDING_FAILED + 1];
	enum finding_status worst;
};

static const char *const words[] = {
	[FINDING_OK] = "ok",
	[FINDING_LIMITED] = "limited",
	[FINDING_FAILED] = "failed",
};

/* The finding behind its name; on a terminal what is too long goes on below, at a word. */
static void add_finding(struct sheet *sheet, const char *finding)
{
	size_t room = sheet->columns - INDENT, fit;

	while (sheet->columns && strlen(finding) > room) {
		for (fit = room; fit && finding[fit] != ' '; fit--)
			;
		if (!fit)
			break;
		text_addf(sheet->text, "%.*s\n%*s", (int)fit, finding, INDENT, "");
		finding += fit + 1;
	}
	text_addf(sheet->text, "%s\n", finding);
}

static size_t columns_of(FILE *out)
{
	struct winsize size = { 0 };

	if (ioctl(fileno(out), TIOCGWINSZ, &size) || size.ws_col < MIN_COLUMNS)
		return 0;
	return size.ws_col;
}

static void add(struct sheet *sheet, const char *name, enum finding_status status,
		const struct text *finding)
{
	sheet->counts[status]++;
	if (status > sheet->worst)
		sheet->worst = status;
	if (!sheet->as_json) {
		text_addf(sheet->text, "%-7s  %-13s  ", words[status], name);
		add_finding(sheet, text_str(finding));
		return;
	}
	json_begin_object(&sheet->json, NULL);
	json_string(&sheet->json, "name", name);
	json_string(&sheet->json, "status", words[status]);
	json_string(&sheet->json, "finding", text_str(finding));
	json_end_object(&sheet->json);
}

/* What a run needs at least. False: then there is no point in loading anything. */
static bool add_preflight(struct sheet *sheet, const struct options *options)
{
	const struct preflight *next;
	bool passed = true;

	for (next = preflight_next(NULL); next; next = preflight_next(next)) {
		_cleanup_text_ struct text text = TEXT_INIT;
		int err = next->check(options, &text);

		if (!err)
			text_add(&text, next->passed);
		add(sheet, next->name, err ? FINDING_FAILED : FINDING_OK, &text);
		passed = passed && !err;
	}
	return passed;
}

static void ignore(const struct verdict *verdict, void *ctx)
{
	(void)verdict, (void)ctx;
}

static void add_load(struct sheet *sheet, const struct options *options)
{
	__u64 begun_ns = clock_now(CLOCK_MONOTONIC), loaded_ns;
	_cleanup_text_ struct text text = TEXT_INIT;
	struct tracer *tracer = NULL;
	struct health health = { 0 };
	int err = tracer__open(options, ignore, NULL, &tracer, &text);

	if (!err)
		err = tracer__load(tracer, options, &text);
	if (!err)
		err = tracer__attach(tracer, &text);
	loaded_ns = clock_now(CLOCK_MONOTONIC) - begun_ns;
	if (!err) {
		bpf_stats_update(&health, tracer);
		text_addf(&text, "loaded and attached in %llu ms by %s, %.1f MiB of kernel memory",
			  (unsigned long long)(loaded_ns / NSEC_PER_MSEC), tracer__hooks(tracer),
			  (double)health.bpf_bytes / (1024 * 1024));
	}
	tracer__free(tracer);
	add(sheet, "programs", err ? FINDING_FAILED : FINDING_OK, &text);
}

static void add_all(struct sheet *sheet, const struct options *options)
{
	const struct finding_check *next;

	if (add_preflight(sheet, options))
		add_load(sheet, options);
	for (next = finding_next(NULL); next; next = finding_next(next)) {
		_cleanup_text_ struct text text = TEXT_INIT;
		enum finding_status status = next->look(options, &text);

		add(sheet, next->name, status, &text);
	}
}

/* The answer, in front of the findings. */
static void print_answer(const struct sheet *sheet, FILE *out)
{
	if (sheet->worst == FINDING_FAILED)
		fputs("sockleak cannot run here", out);
	else
		fputs("sockleak can run here", out);
	if (sheet->worst == FINDING_LIMITED)
		fprintf(out, ", with %u %s", sheet->counts[FINDING_LIMITED],
			sheet->counts[FINDING_LIMITED] == 1 ? "limit" : "limits");
	fputs("\n\n", out);
}

enum finding_status doctor(const struct options *options, FILE *out)
{
	/* The sizes are an agent's; what was asked of the doctor is about the host. */
	struct options asked = options_defaults(COMMAND_AGENT);
	_cleanup_text_ struct text text = TEXT_INIT;
	struct sheet sheet = { .text = &text,
			       .as_json = options->json,
			       .columns = columns_of(out) };

	asked.textfile = options->textfile;
	asked.btf = options->btf;
	if (!sheet.as_json) {
		add_all(&sheet, &asked);
		print_answer(&sheet, out);
	} else {
		sheet.json = json_writer(&text);
		json_begin_object(&sheet.json, NULL);
		json_string(&sheet.json, "version", SOCKLEAK_VERSION);
		json_begin_array(&sheet.json, "findings");
		add_all(&sheet, &asked);
		json_end_array(&sheet.json);
		json_string(&sheet.json, "worst", words[sheet.worst]);
		json_end_object(&sheet.json);
		text_add(&text, "\n");
	}
	fputs(text_str(&text), out);
	return sheet.worst;
}
