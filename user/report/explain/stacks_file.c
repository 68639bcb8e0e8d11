/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/explain/stacks_file_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leaks/suppressions.h"
#include "lib/hash.h"
#include "lib/json.h"
#include "lib/names.h"
#include "lib/textfile.h"
#include "lib/time.h"
#include "packages/hints.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"
#include "stacks/culprit.h"

struct stacks_file *stacks_file__new(unsigned int max_sites)
{
	struct stacks_file *file = calloc(1, sizeof(*file));

	if (file)
		file->max_sites = max_sites;
	return file;
}

static void clear_hints(struct known_site *known)
{
	while (known->n_hints)
		text_free(&known->hints[--known->n_hints]);
}

static void clear_programs(struct known_site *known)
{
	while (known->n_programs)
		owner_unref(known->programs[--known->n_programs].owner);
}

void known_forget(struct stacks_file *file, struct known_site *known)
{
	HASH_DEL(file->sites, known);
	clear_hints(known);
	clear_programs(known);
	site_holders_clear(&known->holders);
	known_clear_ways(known);
	text_free(&known->suppression);
	stack_unref(known->stack);
	free(known->recalled);
	free(known);
}

void stacks_file__free(struct stacks_file *file)
{
	if (!file)
		return;
	while (file->sites)
		known_forget(file, file->sites);
	free(file);
}

/* ---- Taking in ---- */

/* Would it rather give way than the other one? */
static bool known_gives_way(const struct known_site *known, const struct known_site *other)
{
	return known->leaked != other->leaked ? !known->leaked : known->seen_ns < other->seen_ns;
}

/*
 * Room for one more. One that was not met now gives way: which never leaked, and was not
 * seen for the longest.
 */
static bool known_make_room(struct stacks_file *file)
{
	struct known_site *known, *first = NULL;

	if (HASH_COUNT(file->sites) < file->max_sites)
		return true;
	for (known = file->sites; known; known = known->hh.next)
		if (known->round != file->round && (!first || known_gives_way(known, first)))
			first = known;
	file->dropped++;
	if (first)
		known_forget(file, first);
	return first;
}

struct known_site *known_get(struct stacks_file *file, __u64 id)
{
	struct known_site *known;

	HASH_FIND(hh, file->sites, &id, sizeof(id), known);
	if (known || !known_make_room(file))
		return known;
	known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->id = id;
	HASH_ADD(hh, file->sites, id, sizeof(known->id), known);
	if (!known->hh.tbl) {
		free(known);
		return NULL;
	}
	file->has_news = true;
	return known;
}

/* Its first account in this update replaces what the file had. */
static void begin_known(struct stacks_file *file, struct known_site *known)
{
	if (known->round == file->round)
		return;
	known->round = file->round;
	known->open = 0;
	known->leaking = false;
	memset(known->by_class, 0, sizeof(known->by_class));
	clear_programs(known);
	site_holders_clear(&known->holders);
	known_clear_ways(known);
}

static void add_program(struct known_site *known, const struct site *site)
{
	struct program *program = &known->programs[known->n_programs];

	if (known->n_programs == MAX_PROGRAMS)
		return;
	memcpy(program->comm, site->comm, sizeof(program->comm));
	memcpy(program->name, site->name, sizeof(program->name));
	program->owner = owner_ref(site->owner);
	known->n_programs++;
}

static void keep_stack(struct stacks_file *file, struct known_site *known, const struct site *site)
{
	if (known->stack == site->stack)
		return;
	stack_unref(known->stack);
	known->stack = stack_ref(site->stack);
	file->has_news = true;
}

/* It says more as soon as another script makes sockets there, whose leak is not to be hidden. */
static void keep_suppression(struct stacks_file *file, struct known_site *known,
			     const struct site *site)
{
	_cleanup_text_ struct text entry = TEXT_INIT;

	if (!site->leaks && known->suppression.len)
		return; /* what has ended tells less */
	suppressions_add_entry(&entry, site);
	if (text_error(&entry) || !strcmp(text_str(&entry), text_str(&known->suppression)))
		return;
	text_clear(&known->suppression);
	text_add(&known->suppression, text_str(&entry));
	file->has_news = true;
}

static bool has_module(const struct stack *stack, const struct hint *hint)
{
	for (unsigned int i = 0; stack && i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		if (frame->module && hint->module && !strcmp(frame->module, hint->module) &&
		    !strcmp(frame->build_id ?: "", hint->build_id ?: ""))
			return true;
	}
	return false;
}

static bool has_hint(const struct known_site *known, const char *command)
{
	for (unsigned int i = 0; i < known->n_hints; i++)
		if (!strcmp(text_str(&known->hints[i]), command))
			return true;
	return false;
}

static void keep_hints(struct known_site *known, const struct hints *hints)
{
	clear_hints(known);
	for (size_t i = 0; i < hints__count(hints) && known->n_hints < MAX_HINTS; i++) {
		const struct hint *hint = hints__get(hints, i);
		_cleanup_text_ struct text command = TEXT_INIT;

		if (!hint->command || !has_module(known->stack, hint))
			continue;
		hint_add_command(&command, hint);
		if (!has_hint(known, text_str(&command)))
			text_add(&known->hints[known->n_hints++], text_str(&command));
	}
}

void known_describe(struct stacks_file *file, struct known_site *known, const struct site *site,
		    const struct summary *summary)
{
	free(known->recalled);
	known->recalled = NULL;
	if (known->n_programs == 0) { /* the worst account's stack, when they differ in names */
		keep_stack(file, known, site);
		keep_suppression(file, known, site);
	}
	add_program(known, site);
	if (summary->hints)
		keep_hints(known, summary->hints);
}

static void take_site(struct stacks_file *file, struct known_site *known, const struct site *site,
		      const struct summary *summary)
{
	__s64 oldest_ns = site->oldest_ns ? wall_ns(summary, site->oldest_ns) : 0;

	begin_known(file, known);
	known_describe(file, known, site, summary);
	site_holders_add(&known->holders, site); /* without memory some are missing */
	known_add_ways(known, site);		 /* the same */
	known_add_tries(known, site);
	known->open += site->open;
	known->leaking |= site->leaking;
	known->leaked |= site->leaking;
	for (int cls = 0; cls < CLASS_COUNT; cls++)
		known->by_class[cls] += site->by_class[cls];
	if (!known->first_ns || (oldest_ns && oldest_ns < known->first_ns))
		known->first_ns = oldest_ns;
	known->seen_ns = wall_ns(summary, summary->now_ns);
}

static void end_round(struct stacks_file *file)
{
	struct known_site *known;

	for (known = file->sites; known; known = known->hh.next) {
		if (known->round == file->round) {
			site_holders_cut(&known->holders);
		} else {
			known->open = 0;
			known->leaking = false;
			site_holders_clear(&known->holders);
			known_clear_ways(known);
		}
		/* The log says so at once, and names the site: it must not be ahead of the file. */
		if (known->leaking != known->was_leaking)
			file->has_news = true;
		known->was_leaking = known->leaking;
	}
}

int stacks_file__update(struct stacks_file *file, struct leaks *leaks,
			const struct summary *summary)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);
	struct known_site *known;

	if (count < 0)
		return (int)count;
	file->round++;
	for (long i = 0; i < count; i++) {
		if (!sites[i]->id || !sites[i]->stack)
			continue;
		known = known_get(file, sites[i]->id);
		if (known)
			take_site(file, known, sites[i], summary);
	}
	end_round(file);
	known_take_ended(file, leaks, summary);
	known_expire(file, summary);
	return 0;
}

/* ---- Writing ---- */

static void put_wall_date(struct json *json, const char *key, __s64 ns)
{
	_cleanup_text_ struct text date = TEXT_INIT;

	if (ns && date_add(&date, ns))
		json_string(json, key, text_str(&date));
	else
		json_null(json, key);
}

static void put_known(struct json *json, const char *key, const char *value)
{
	json_string(json, key, value && *value ? value : NULL);
}

static void put_name(struct json *json, const char *key, const char name[SOCKLEAK_COMM_LEN])
{
	json_bytes(json, key, name, strnlen(name, SOCKLEAK_COMM_LEN));
}

static void put_known_place(struct json *json, const struct code_place *place)
{
	const struct frame *frame = place->frame;
	bool itself = frame && !place->language;

	put_known(json, "function", itself ? frame->function : NULL);
	put_known(json, "module", frame && !frame->script ? frame->module : NULL);
	put_known(json, "file", itself ? frame->file : NULL);
	if (itself && frame->line)
		json_u64(json, "line", frame->line);
	else
		json_null(json, "line");
	put_known(json, "language", place->hidden ? NULL : place->language);
}

/* The first program of the site; NULL = none is known. */
static const char *known_program(const struct known_site *known, struct program_name *buffer)
{
	const struct program *first = &known->programs[0];

	return known->n_programs ? place_program(first->owner, first->name, buffer) : NULL;
}

static void put_known_culprit(struct json *json, const struct known_site *known)
{
	const struct owner *owner = known->n_programs ? known->programs[0].owner : NULL;
	struct culprit culprit = culprit_find(known->stack, owner ? owner->exe : NULL);
	struct program_name program = { "" };

	put_known_place(json, &culprit.where);
	put_known(json, "emulator", culprit.where.hidden ? culprit.where.language : NULL);
	put_known(json, "run_by", known_program(known, &program));
	if (culprit.caller.frame) {
		json_begin_object(json, "caller");
		put_known_place(json, &culprit.caller);
		json_end_object(json);
	} else {
		json_null(json, "caller");
	}
	put_known(json, "package", known->stack->package);
}

static void put_known_classes(struct json *json, const struct known_site *known)
{
	json_begin_object(json, "classes");
	for (int cls = CLASS_NONE; cls < CLASS_COUNT; cls++)
		if (known->by_class[cls])
			json_u64(json, leak_class_key((enum leak_class)cls), known->by_class[cls]);
	json_end_object(json);
}

static void put_known_programs(struct json *json, const struct known_site *known)
{
	json_begin_array(json, "programs");
	for (unsigned int i = 0; i < known->n_programs; i++) {
		const struct program *program = &known->programs[i];

		json_begin_object(json, NULL);
		put_name(json, "comm", program->comm);
		put_name(json, "name", program->name);
		put_known(json, "unit", program->owner->unit);
		put_known(json, "machine", program->owner->machine);
		put_known(json, "container", program->owner->workload.container);
		put_known(json, "pod", program->owner->workload.pod);
		json_end_object(json);
	}
	json_end_array(json);
}

static void put_known_end(struct json *json, const struct known_end *end)
{
	if (!end->ns) {
		json_null(json, "ended");
		return;
	}
	json_begin_object(json, "ended");
	put_wall_date(json, "time", end->ns);
	json_u64(json, "sockets", end->sockets);
	json_u64(json, "processes", end->processes);
	json_u64(json, "pid", end->tgid);
	json_end_object(json);
}

/* `seen_ns`: when it last had a socket open, 0 to leave that out. */
static void put_known_site(struct json *json, const struct known_site *known, __s64 seen_ns,
			   const struct summary *summary)
{
	struct program_name program = { "" };

	if (known->recalled) {
		json_raw(json, NULL, known->recalled);
		return;
	}
	json_begin_object(json, NULL);
	json_hex(json, "site", known->id);
	put_known_culprit(json, known);
	json_bool(json, "leaking", known->leaking);
	json_u64(json, "open", known->open);
	put_known_classes(json, known);
	put_wall_date(json, "first_created", known->first_ns);
	put_wall_date(json, "last_seen", seen_ns);
	put_known_end(json, &known->end);
	put_known_programs(json, known);
	site_holders_put(json, &known->holders, summary);
	known_put_stack(json, known->stack, site_holders_first(&known->holders));
	known_put_ways(json, known);
	known_put_tries(json, known, known_program(known, &program));
	json_begin_array(json, "install");
	for (unsigned int i = 0; i < known->n_hints; i++)
		json_string(json, NULL, text_str(&known->hints[i]));
	json_end_array(json);
	json_string(json, "suppression", text_str(&known->suppression));
	json_end_object(json);
}

static int most_recent_first(const struct known_site *a, const struct known_site *b)
{
	if (a->seen_ns != b->seen_ns)
		return a->seen_ns < b->seen_ns ? 1 : -1;
	if (a->open != b->open)
		return a->open < b->open ? 1 : -1;
	return a->id < b->id ? -1 : 1;
}

/* Those that have been seen last, as many as there is room for. */
static void put_known_sites(struct json *json, struct stacks_file *file,
			    const struct summary *summary, struct text *out)
{
	for (const struct known_site *known = file->sites; known; known = known->hh.next) {
		size_t before = out->len;

		put_known_site(json, known, known->seen_ns, summary);
		if (out->len <= STACKS_FILE_BYTES || text_error(out))
			continue;
		text_cut(out, before);
		for (; known; known = known->hh.next)
			file->dropped++;
		break;
	}
}

void stacks_file__add_json(struct stacks_file *file, const struct summary *summary,
			   struct text *out)
{
	struct json json = json_writer(out);

	HASH_SRT(hh, file->sites, most_recent_first);
	json_begin_object(&json, NULL);
	json_string(&json, "format", STACKS_FILE_FORMAT);
	json_u64(&json, "version", STACKS_FILE_VERSION);
	put_wall_date(&json, "written", wall_ns(summary, summary->now_ns));
	json_begin_array(&json, "sites");
	put_known_sites(&json, file, summary, out);
	json_end_array(&json);
	json_end_object(&json);
}

/*
 * A hash of all that the file says of its sites, but for when they were seen: that is always now.
 */
static __u64 known_digest(const struct stacks_file *file, const struct summary *summary)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	__u64 digest = 0;

	for (const struct known_site *known = file->sites; known; known = known->hh.next) {
		struct json json = json_writer(&out);

		text_clear(&out);
		put_known_site(&json, known, 0, summary);
		digest += hash_bytes(HASH_BEGIN, text_str(&out), out.len); /* in any order */
	}
	return digest;
}

void stacks_file__want(struct stacks_file *file)
{
	file->has_news = true;
}

int stacks_file__write(struct stacks_file *file, const char *path, const struct summary *summary,
		       unsigned int mode, bool *ret_written)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	__u64 digest;
	int err;

	*ret_written = false;
	if (!file->sites && !file->written_ns)
		return 0;
	digest = known_digest(file, summary);
	if (digest == file->digest && !file->has_news &&
	    summary->now_ns - file->written_ns < STACKS_FILE_PAUSE_NS)
		return 0;
	stacks_file__add_json(file, summary, &out);
	err = text_error(&out);
	if (err)
		return err;
	err = textfile_write(path, text_str(&out), out.len, mode);
	if (err)
		return err;
	file->has_news = false;
	file->digest = digest;
	file->written_ns = summary->now_ns;
	*ret_written = true;
	return 0;
}
