/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/text/junit.h"

#include <string.h>

#include "lib/names.h"
#include "lib/time.h"
#include "report/evidence.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

/* As long as one site's stack may be; a report is for people. */
static const struct text_layout layout = { .top = 1, .stacks = 1 };

static void add_line_escaped(struct text *out, const char *line, size_t len)
{
	_cleanup_text_ struct text clean = TEXT_INIT;

	text_add_clean(&clean, line, len);
	for (const char *c = text_str(&clean); *c; c++) {
		if (*c == '&')
			text_add(out, "&amp;");
		else if (*c == '<')
			text_add(out, "&lt;");
		else if (*c == '>')
			text_add(out, "&gt;");
		else if (*c == '"')
			text_add(out, "&quot;");
		else
			text_add_bytes(out, c, 1);
	}
}

void junit_add_escaped(struct text *out, const char *string, bool lines)
{
	while (*string) {
		size_t len = lines ? strcspn(string, "\n") : strlen(string);

		add_line_escaped(out, string, len);
		string += len;
		if (*string)
			text_add_bytes(out, string++, 1);
	}
}

static void add_attribute(struct text *out, const char *name, const char *value)
{
	text_addf(out, " %s=\"", name);
	junit_add_escaped(out, value, /* lines= */ false);
	text_add(out, "\"");
}

static void add_counts(struct text *out, long cases, long failures, const struct summary *summary)
{
	text_addf(out,
		  " name=\"sockleak\" tests=\"%ld\" failures=\"%ld\" errors=\"0\" time=\"%.3f\"",
		  cases, failures, (double)(summary->now_ns - summary->started_ns) / 1e9);
}

/* "open_session (libx.so.2)"; without a name the program. */
static void add_made_in(struct text *out, const struct site *site)
{
	struct code_place where = site_culprit(site).where;
	struct program_name program;

	if (where.frame)
		place_add(out, &where, place_program(site->owner, site->name, &program), NULL);
	else
		text_add_clean(out, site->name, sizeof(site->name));
}

/* In one line: how many, of which kind, and where they are made. */
static void add_message(struct text *out, const struct site *site, const struct summary *summary)
{
	struct code_place where = site_culprit(site).where;

	page_add_count(out, site->open, "socket was", "sockets were");
	text_add(out, page_left_how(summary));
	if (where.frame) {
		text_add(out, ", made in ");
		add_made_in(out, site);
		place_add_source(out, &where);
	}
}

static void add_details(struct text *out, const struct site *site, const struct summary *summary)
{
	struct page page = { .out = out, .layout = &layout, .summary = summary };
	_cleanup_text_ struct text others = TEXT_INIT;
	const struct leak *leak = site->leaks;

	while (leak && (leak->held_back || leak->event.class != site->class))
		leak = leak->next;
	if (leak) {
		evidence_add_kind(out, leak);
		text_add(out, ": ");
		evidence_add(out, leak, summary->now_ns);
		text_add(out, "\n");
		evidence_add_other_kinds(&others, leak, site->leaks);
		if (others.len)
			text_addf(out, "%s\n", text_str(&others));
	}
	if (site->stack)
		page_stack(&page, site);
}

static void add_failed_case(struct text *out, const struct site *site,
			    const struct summary *summary)
{
	_cleanup_text_ struct text name = TEXT_INIT, class_name = TEXT_INIT, message = TEXT_INIT,
				   details = TEXT_INIT;

	text_add(&class_name, "sockleak.");
	text_add_clean(&class_name, site->name, sizeof(site->name));
	add_made_in(&name, site);
	if (site->id)
		text_addf(&name, " site %016llx", (unsigned long long)site->id);
	add_message(&message, site, summary);
	add_details(&details, site, summary);
	text_add(out, "    <testcase");
	add_attribute(out, "classname", text_str(&class_name));
	add_attribute(out, "name", text_str(&name));
	text_add(out, " time=\"0\">\n      <failure");
	add_attribute(out, "type", leak_class_key(site->class));
	add_attribute(out, "message", text_str(&message));
	text_add(out, ">");
	junit_add_escaped(out, text_str(&details), /* lines= */ true);
	text_add(out, "</failure>\n    </testcase>\n");
	out->failed |= text_error(&name) || text_error(&class_name) || text_error(&message) ||
		       text_error(&details);
}

static void add_suite(struct text *out, const struct summary *summary, struct site *const *sites,
		      long failures)
{
	text_add(out, "  <testsuite");
	add_counts(out, failures ?: 1, failures, summary);
	text_add(out, " skipped=\"0\" timestamp=\"");
	date_add(out, (__s64)summary->started_ns + summary->wall_offset_ns);
	text_add(out, "\">\n    <properties>\n      <property name=\"program\"");
	add_attribute(out, "value", summary->run->program);
	text_addf(out,
		  "/>\n      <property name=\"exit_status\" value=\"%d\"/>\n    </properties>\n",
		  summary->run->status);
	for (long i = 0; i < failures; i++)
		add_failed_case(out, sites[i], summary);
	if (!failures)
		text_add(out, "    <testcase classname=\"sockleak\" name=\"no leaked sockets\" "
			      "time=\"0\"/>\n");
	text_add(out, "  </testsuite>\n");
}

void junit_report(struct text *out, struct leaks *leaks, const struct summary *summary)
{
	struct page page = { .summary = summary };
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	if (count < 0) {
		out->failed = true;
		return;
	}
	count = page_left_sites(&page, sites, count);
	text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	add_counts(out, count ?: 1, count, summary);
	text_add(out, ">\n");
	add_suite(out, summary, sites, count);
	text_add(out, "</testsuites>\n");
}
