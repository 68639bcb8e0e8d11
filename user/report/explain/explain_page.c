/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/explain/explain_page.h"

#include <string.h>

#include "lib/names.h"
#include "lib/text.h"
#include "lib/time.h"
#include "report/explain/explain_parts.h"
#include "report/short_name.h"
#include "report/text/text_page.h"
#include "stacks/names/runtime_frames.h"

/* An agent at its defaults writes the file every minute (STACKS_FILE_PAUSE_NS). */
#define STALE_S 180

/* ---- The content of the file ---- */

/* The name of a program or process in reports. */
static const char *explained_name(const json_t *object)
{
	return explained_string(object, "name") ?: explained_string(object, "comm");
}

/* "Python code run by gunicorn". False: the place is not a script's. */
static bool explain_scripts(struct text *line, const json_t *place, const char *run_by)
{
	const char *language = explained_string(place, "language"),
		   *emulator = explained_string(place, "emulator");

	if (!language && !emulator)
		return false;
	if (emulator)
		text_add(line, "code that ");
	page_add_clean(line, emulator ?: language);
	text_add(line, emulator ? " hides" : " code run by ");
	if (!emulator)
		page_add_clean(line, run_by ?: "an interpreter");
	return true;
}

/*
 * "SslTransport::SslTransport (libtransport.so)", or what there is of it, of the site or its
 * caller.
 */
static bool explain_place(struct text *line, const json_t *place, const json_t *site)
{
	const char *function = explained_string(place, "function"),
		   *module = explained_string(place, "module");

	if (explain_scripts(line, place, explained_string(site, "run_by")))
		return true;
	if (!function && !module)
		return false;
	if (function)
		short_name_add(line, function);
	else
		page_add_clean(line, module_name(module));
	if (function && module) {
		text_add(line, " (");
		page_add_clean(line, short_name_module(function, module));
		text_add(line, ")");
	}
	return true;
}

/* "2026-09-21T14:15:06.250Z, 3m05s ago". */
static void add_date(struct text *line, const char *date)
{
	__s64 then_s, now_s = (__s64)(clock_now(CLOCK_REALTIME) / NSEC_PER_SEC);

	page_add_clean(line, date);
	if (!date_read(date, &then_s) || then_s < 0 || then_s > now_s)
		return;
	text_add(line, ", ");
	duration_add(line, (__u64)(now_s - then_s) * NSEC_PER_SEC);
	text_add(line, " ago");
}

/* ---- The page ---- */

/* Was the file written so long ago that it may be otherwise by now? */
static bool is_stale(const char *written)
{
	__s64 then_s, now_s = (__s64)(clock_now(CLOCK_REALTIME) / NSEC_PER_SEC);

	return written && date_read(written, &then_s) && now_s - then_s > STALE_S;
}

/* "holds sockets that are not connected: 12 open"; `stale`: how it was when that was written. */
static void add_open(struct text *line, const json_t *site, const char *stale)
{
	bool leaking = json_is_true(json_object_get(site, "leaking"));

	if (stale)
		text_addf(line, " %s: %lld were open then",
			  leaking ? "leaked sockets" : "held sockets that were not connected",
			  number_of(site, "open"));
	else
		text_addf(line, " %s: %lld open",
			  leaking ? "leaks sockets" : "holds sockets that are not connected",
			  number_of(site, "open"));
}

/* Nothing is known of now. */
static void page_stale(struct page *page, const char *written)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	text_add(&line, "Written ");
	add_date(&line, written);
	text_add(&line, ": this was the state then");
	page_line(page, &line, /* bold= */ false);
}

static void explain_source(struct page *page, const json_t *place)
{
	const char *file = explained_string(place, "file");
	_cleanup_text_ struct text line = TEXT_INIT;

	if (!file)
		return;
	text_add(&line, "at ");
	page_add_clean(&line, file);
	if (number_of(place, "line"))
		text_addf(&line, ":%lld", number_of(place, "line"));
	page_line(page, &line, /* bold= */ false);
}

static void explain_caller(struct page *page, const json_t *site)
{
	const json_t *caller = json_object_get(site, "caller");
	_cleanup_text_ struct text line = TEXT_INIT;

	text_add(&line, "called from ");
	if (!explain_place(&line, caller, site))
		return;
	page_line(page, &line, /* bold= */ false);
	explain_source(page, caller);
}

static void page_answer_line(struct page *page, const json_t *site, const char *stale)
{
	const json_t *program = json_array_get(json_object_get(site, "programs"), 0);
	const char *package = explained_string(site, "package");
	_cleanup_text_ struct text line = TEXT_INIT;
	const char *none_open = stale ? "was open then" : "is open now";
	long long open = number_of(site, "open");

	page_add_clean(&line, explained_name(program) ?: "A program");
	if (json_is_null(json_object_get(site, "open")))
		text_add(&line, " held sockets that were never connected; not seen since the agent "
				"was restarted");
	else if (!open && json_is_object(json_object_get(site, "ended")))
		text_addf(&line, " leaked sockets and exited; none %s", none_open);
	else if (!open)
		text_addf(&line, " held sockets that were never connected; none %s", none_open);
	else
		add_open(&line, site, stale);
	page_line(page, &line, /* bold= */ true);
	text_add(&line, "in ");
	if (!explain_place(&line, site, site))
		text_add(&line, "code without a name");
	page_line(page, &line, /* bold= */ true);
	explain_source(page, site);
	explain_caller(page, site);
	if (package) {
		text_add(&line, "of the package ");
		page_add_clean(&line, package);
		page_line(page, &line, /* bold= */ false);
	}
}

static void page_classes(struct page *page, const json_t *site)
{
	json_t *classes = json_object_get(site, "classes"), *count;
	_cleanup_text_ struct text line = TEXT_INIT;
	const char *name;

	json_object_foreach(classes, name, count)
	{
		enum leak_class cls = leak_class_from_name(name, strlen(name));

		if (strcmp(name, leak_class_key(cls)))
			continue; /* of a later version */
		text_addf(&line, "%s%lld %s (%s)", line.len ? ", " : "  Class      ",
			  (long long)json_integer_value(count), leak_class_phrase(cls),
			  leak_class_key(cls));
	}
	if (line.len)
		page_line(page, &line, /* bold= */ false);
}

static void page_date(struct page *page, const json_t *site, const char *key, const char *title)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	const char *date = explained_string(site, key);

	if (!date)
		return;
	text_add(&line, title);
	add_date(&line, date);
	page_line(page, &line, /* bold= */ false);
}

static void explain_workload(struct text *line, const json_t *of)
{
	static const char *const keys[] = { "unit", "machine", "container", "pod" };

	for (size_t n = 0; n < sizeof(keys) / sizeof(keys[0]); n++) {
		const char *name = explained_string(of, keys[n]);

		if (!name)
			continue;
		text_addf(line, ", %s ", keys[n]);
		page_add_clean(line, name);
	}
}

/* "worker[4242]: 12 open, oldest 3m05s, unit app.service". */
static void explain_process(struct text *line, const json_t *process)
{
	const char *oldest = explained_string(process, "oldest");
	__s64 then_s, now_s = (__s64)(clock_now(CLOCK_REALTIME) / NSEC_PER_SEC);

	page_add_clean(line, explained_name(process) ?: "?");
	text_addf(line, "[%lld]: %lld open", number_of(process, "pid"), number_of(process, "open"));
	if (oldest && date_read(oldest, &then_s) && then_s >= 0 && then_s <= now_s) {
		text_add(line, ", oldest ");
		duration_add(line, (__u64)(now_s - then_s) * NSEC_PER_SEC);
	}
	explain_workload(line, process);
}

/* The processes that hold open sockets, with their counts. False: the file has none. */
static bool explain_processes(struct page *page, const json_t *site)
{
	const json_t *processes = json_object_get(site, "processes"), *process;
	long long more = number_of(site, "more_processes");
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t i;

	json_array_foreach(processes, i, process)
	{
		text_add(&line, i ? "             " : "  Held by    ");
		explain_process(&line, process);
		page_line(page, &line, /* bold= */ false);
	}
	if (more > 0) {
		text_add(&line, "             and ");
		page_add_count(&line, (unsigned long long)more, "more process", "more processes");
		text_addf(&line, ": %lld open", number_of(site, "more_open"));
		page_line(page, &line, /* bold= */ false);
	}
	return json_array_size(processes) > 0;
}

/* "2026-09-21T14:15:06.250Z, 3h ago: 500 sockets, when 4242 exited". */
static void explain_end(struct page *page, const json_t *site)
{
	const json_t *ended = json_object_get(site, "ended");
	const char *date = explained_string(ended, "time");
	_cleanup_text_ struct text line = TEXT_INIT;

	if (!date)
		return;
	text_add(&line, "  Ended      ");
	add_date(&line, date);
	text_add(&line, ": ");
	page_add_count(&line, (unsigned long long)number_of(ended, "sockets"), "socket", "sockets");
	if (number_of(ended, "processes") > 1)
		text_addf(&line, " of %lld processes, the last", number_of(ended, "processes"));
	text_addf(&line, "%s when %lld exited", number_of(ended, "processes") > 1 ? "" : ",",
		  number_of(ended, "pid"));
	page_line(page, &line, /* bold= */ false);
}

static void page_programs(struct page *page, const json_t *site)
{
	const json_t *programs = json_object_get(site, "programs"), *program;
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t i;

	json_array_foreach(programs, i, program)
	{
		text_add(&line, i ? "             " : "  Held by    ");
		page_add_clean(&line, explained_name(program) ?: "?");
		explain_workload(&line, program);
		page_line(page, &line, /* bold= */ false);
	}
}

/* The advice for names of code that has none in the stack. */
static void page_unnamed(struct page *page, const json_t *site)
{
	const char *advice = explained_string(site, "unnamed_jit");
	_cleanup_text_ struct text line = TEXT_INIT;

	if (!advice)
		return;
	text_add(&line, "  ");
	page_add_clean(&line, advice);
	page_line(page, &line, /* bold= */ false);
}

static void page_install(struct page *page, const json_t *site)
{
	const json_t *commands = json_object_get(site, "install"), *command;
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t i;

	if (!json_array_size(commands))
		return;
	page_line(page, &line, /* bold= */ false);
	text_add(&line, "To get the missing source lines, install debug information:");
	page_line(page, &line, /* bold= */ true);
	json_array_foreach(commands, i, command) if (json_is_string(command))
		page_verbatim(page, json_string_value(command), "  ");
}

static void page_suppression(struct page *page, const json_t *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	const char *entry = explained_string(site, "suppression");

	if (!entry)
		return;
	page_line(page, &line, /* bold= */ false);
	text_add(&line, "To suppress these, add to a --suppress file:");
	page_line(page, &line, /* bold= */ true);
	page_verbatim(page, entry, "");
}

void explain_page(struct text *out, const json_t *site, const char *written)
{
	const struct text_layout layout = { .columns = TEXT_WIDTH };
	const char *stale = is_stale(written) ? written : NULL; /* the date, to be printed */
	struct page page = { .out = out, .layout = &layout };
	_cleanup_text_ struct text line = TEXT_INIT;

	page_answer_line(&page, site, stale);
	if (stale)
		page_stale(&page, stale);
	page_line(&page, &line, /* bold= */ false);
	text_add(&line, "  Site       ");
	page_add_clean(&line, explained_string(site, "site") ?: "?");
	page_line(&page, &line, /* bold= */ false);
	page_classes(&page, site);
	page_date(&page, site, "first_created", "  Since      ");
	page_date(&page, site, "last_seen", "  Last seen  ");
	explain_end(&page, site);
	if (!explain_processes(&page, site))
		page_programs(&page, site);
	explain_frames(&page, site);
	explain_tries(&page, site);
	page_unnamed(&page, site);
	page_install(&page, site);
	page_suppression(&page, site);
}

void explain_page_line(struct text *out, const json_t *site)
{
	const struct text_layout layout = { .columns = TEXT_WIDTH };
	struct page page = { .out = out, .layout = &layout, .cuts = true };
	_cleanup_text_ struct text line = TEXT_INIT;

	page_add_clean(&line, explained_string(site, "site") ?: "?");
	text_add(&line, "  ");
	explain_place(&line, site, site);
	page_line(&page, &line, /* bold= */ false);
}
