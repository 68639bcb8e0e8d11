/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/doctor.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "commands/examine.h"
#include "host/workloads/unit.h"
#include "lib/json.h"
#include "lib/text.h"

#define INDENT 24      /* columns before a finding */
#define MIN_COLUMNS 60 /* a narrower terminal would break the words */
#define NO_UNIT "no " UNIT_NAME " is installed (install the package)"

static const char *const words[] = {
	[FINDING_OK] = "ok",
	[FINDING_LIMITED] = "limited",
	[FINDING_FAILED] = "failed",
	[FINDING_UNKNOWN] = "unknown",
};

/* ---- In words ---- */

/*
 * The finding follows its name. On a terminal a long one is continued below, at a word. It may
 * repeat an argument or a path of a unit, so control characters are escaped.
 */
static void print_finding(FILE *out, const char *finding, size_t columns)
{
	_cleanup_text_ struct text clean = TEXT_INIT;
	size_t room = columns - INDENT, fit;
	const char *rest;

	text_add_clean(&clean, finding, strlen(finding));
	rest = text_str(&clean);
	while (columns && strlen(rest) > room) {
		for (fit = room; fit && rest[fit] != ' '; fit--)
			;
		if (!fit)
			break;
		fprintf(out, "%.*s\n%*s", (int)fit, rest, INDENT, "");
		rest += fit + 1;
	}
	fprintf(out, "%s\n", rest);
}

/* The columns of a terminal; 0 = each finding has one line, however long. */
static size_t columns_of(FILE *out)
{
	struct winsize size = { 0 };

	if (ioctl(fileno(out), TIOCGWINSZ, &size) || size.ws_col < MIN_COLUMNS)
		return 0;
	return size.ws_col;
}

static bool has_finding(const struct findings *findings, const struct finding *wanted)
{
	for (size_t i = 0; findings && i < findings->count; i++)
		if (findings->items[i].status == wanted->status &&
		    !strcmp(findings->items[i].name, wanted->name) &&
		    !strcmp(findings->items[i].text, wanted->text))
			return true;
	return false;
}

/* The answer, and below it the findings, but for those that stand `above`, which may be NULL. */
static void print(FILE *out, const char *who, const struct findings *findings,
		  const struct findings *above)
{
	size_t repeated = 0;

	unsigned int limits = findings->counts[FINDING_LIMITED];
	const char *may = findings->counts[FINDING_UNKNOWN] ? "may run" : "can run";

	fprintf(out, "%s %s here", who, findings->worst == FINDING_FAILED ? "cannot run" : may);
	if (findings->worst == FINDING_LIMITED)
		fprintf(out, ", with %u %s", limits, limits == 1 ? "limit" : "limits");
	fputs("\n\n", out);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		if (has_finding(above, finding)) {
			repeated++;
			continue;
		}
		fprintf(out, "%-7s  %-13s  ", words[finding->status], finding->name);
		print_finding(out, finding->text, columns_of(out));
	}
	if (repeated)
		fprintf(out, "%zu more as above\n", repeated);
}

/* ---- As JSON ---- */

static void put_findings(struct json *json, const struct findings *findings)
{
	json_begin_array(json, "findings");
	for (size_t i = 0; i < findings->count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "name", findings->items[i].name);
		json_string(json, "status", words[findings->items[i].status]);
		json_string(json, "finding", findings->items[i].text);
		json_end_object(json);
	}
	json_end_array(json);
	json_string(json, "worst", words[findings->worst]);
}

/* `here` or `service` may be NULL: not examined. */
static void print_json(FILE *out, const struct findings *here, const struct findings *service)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	struct json json = json_writer(&text);

	json_begin_object(&json, NULL);
	json_string(&json, "version", SOCKLEAK_VERSION);
	if (here)
		put_findings(&json, here);
	if (service) {
		json_begin_object(&json, "service");
		put_findings(&json, service);
		json_end_object(&json);
	}
	json_end_object(&json);
	fputs(text_str(&text), out);
}

/* ---- Both ---- */

/* The options of an agent: its own sizes, and the host's options as given. */
static struct options options_of_agent(const struct options *options)
{
	struct options asked = options_defaults(COMMAND_AGENT);

	asked.textfile = options->textfile;
	asked.btf = options->btf;
	return asked;
}

static void print_all(const struct options *options, FILE *out, const struct findings *here,
		      const struct findings *service)
{
	if (options->json) {
		print_json(out, here, service);
		return;
	}
	if (here)
		print(out, "sockleak", here, /* above= */ NULL);
	if (here && service)
		fputs("\n", out);
	if (service)
		print(out, "The service", service, here);
	else if (!here)
		fputs(NO_UNIT "\n", out);
}

enum finding_status doctor(const struct options *options, FILE *out)
{
	struct options asked = options_of_agent(options);
	struct findings here = { 0 }, service = { 0 };
	enum finding_status worst;
	struct unit *unit = NULL;
	int err = unit__read("", &unit);

	if (!err && !options->service)
		err = examine(&asked, &here);
	asked.pin = options->pin;
	if (!err && unit)
		err = examine_service(&asked, unit, &service);
	if (err)
		fprintf(out, "cannot check: %s\n", strerror(-err));
	else
		print_all(options, out, options->service ? NULL : &here, unit ? &service : NULL);
	worst = here.worst > service.worst ? here.worst : service.worst;
	if (err || (options->service && !unit))
		worst = FINDING_FAILED;
	findings_free(&here);
	findings_free(&service);
	unit__free(unit);
	return worst;
}
