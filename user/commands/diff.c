/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "commands/diff_input.h"
#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/text.h"
#include "report/short_name.h"

/* ---- What is said ---- */

struct diff_totals {
	__u64 open[DIFF_SIDES];
	unsigned int sites[DIFF_CHANGES];
};

static struct diff_totals totals_of(const struct diff_sites *sites)
{
	struct diff_totals totals = { 0 };

	for (const struct diff_site *site = sites->sites; site; site = site->hh.next) {
		totals.open[DIFF_BEFORE] += site->open[DIFF_BEFORE];
		totals.open[DIFF_AFTER] += site->open[DIFF_AFTER];
		totals.sites[diff_change_of(site)]++;
	}
	/* Sockets that may be in use, or have ended, leave a site without any. */
	for (const struct diff_site *site = sites->sites; site; site = site->hh.next)
		totals.sites[DIFF_SAME] -= !site->open[DIFF_BEFORE] && !site->open[DIFF_AFTER];
	return totals;
}

static void add_site_place(struct text *line, const struct diff_site *site)
{
	if (site->function)
		short_name_add(line, site->function);
	else if (site->language)
		text_addf(line, "%s code", site->language);
	else
		text_add(line, site->module ? short_name_module(NULL, site->module) : "unknown");
	if (site->function && site->module)
		text_addf(line, " (%s)", short_name_module(site->function, site->module));
	if (site->file && site->line)
		text_addf(line, " at %s:%llu", site->file, (unsigned long long)site->line);
}

/* "came       0 ->     12  SslTransport::SslTransport (libtransport.so) at ssl.cpp:42". */
static void add_site_line(struct text *out, const struct diff_site *site)
{
	text_addf(out, "%-6s %6llu -> %6llu  ", diff_change_name(diff_change_of(site)),
		  (unsigned long long)site->open[DIFF_BEFORE],
		  (unsigned long long)site->open[DIFF_AFTER]);
	add_site_place(out, site);
	text_addf(out, "\n%26s%s", "", site->comm ?: "?");
	if (site->site)
		text_addf(out, ", site %s", site->site);
	text_add(out, "\n");
}

void diff_add_text(struct text *out, struct diff_sites *sites)
{
	struct diff_totals totals = totals_of(sites);
	bool comma = false;

	diff_sites_sort(sites);
	text_addf(out, "%llu sockets open before, %llu after: ",
		  (unsigned long long)totals.open[DIFF_BEFORE],
		  (unsigned long long)totals.open[DIFF_AFTER]);
	for (int change = DIFF_CAME; change < DIFF_SAME; change++) {
		if (!totals.sites[change])
			continue;
		text_addf(out, "%s%u %s %s", comma ? ", " : "", totals.sites[change],
			  totals.sites[change] == 1 ? "site" : "sites",
			  diff_change_name((enum diff_change)change));
		comma = true;
	}
	if (comma && totals.sites[DIFF_SAME])
		text_addf(out, ", %u as before", totals.sites[DIFF_SAME]);
	text_add(out, comma ? "\n" : "no site has changed\n");
	for (const struct diff_site *site = sites->sites; site; site = site->hh.next)
		if (diff_change_of(site) != DIFF_SAME)
			add_site_line(out, site);
}

static void put_site_diff(struct text *out, const struct diff_site *site)
{
	struct json json = json_writer(out);

	json_begin_object(&json, NULL);
	json_string(&json, "type", "site_diff");
	json_string(&json, "change", diff_change_name(diff_change_of(site)));
	json_u64(&json, "open_before", site->open[DIFF_BEFORE]);
	json_u64(&json, "open_after", site->open[DIFF_AFTER]);
	json_string(&json, "site", site->site);
	json_string(&json, "comm", site->comm);
	json_string(&json, "function", site->function);
	json_string(&json, "module", site->module);
	json_string(&json, "file", site->file);
	if (site->line)
		json_u64(&json, "line", site->line);
	else
		json_null(&json, "line");
	json_string(&json, "language", site->language);
	json_end_object(&json);
}

void diff_add_json(struct text *out, struct diff_sites *sites)
{
	struct diff_totals totals = totals_of(sites);
	struct json json;

	diff_sites_sort(sites);
	for (const struct diff_site *site = sites->sites; site; site = site->hh.next)
		if (diff_change_of(site) != DIFF_SAME)
			put_site_diff(out, site);
	json = json_writer(out);
	json_begin_object(&json, NULL);
	json_string(&json, "type", "diff_summary");
	json_u64(&json, "open_before", totals.open[DIFF_BEFORE]);
	json_u64(&json, "open_after", totals.open[DIFF_AFTER]);
	for (int change = DIFF_CAME; change < DIFF_CHANGES; change++)
		json_u64(&json, diff_change_name((enum diff_change)change), totals.sites[change]);
	json_end_object(&json);
}

/* ---- The files ---- */

/* "-": our standard input. */
static FILE *open_side(const char *path)
{
	_cleanup_close_ int fd = -1;
	FILE *file;

	if (strcmp(path, "-") != 0)
		return fopen(path, "re");
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (file)
		fd = -1; /* the file's now */
	return file;
}

static void note_cut(const char *path)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	text_add_clean(&line, path, strlen(path));
	log_notice("%s ends within a line, which is left out (was sockleak killed, or does it "
		   "still run?)",
		   text_str(&line));
}

static int read_side(const char *path, enum diff_side side, struct diff_sites *sites,
		     struct text *ret_error)
{
	_cleanup_text_ struct text why = TEXT_INIT;
	_cleanup_fclose_ FILE *file = open_side(path);
	int err = file ? diff_read(file, side, sites, &why) : -errno;

	if (!err && sites->is_cut[side])
		note_cut(path);
	if (!err)
		return 0;
	text_add(ret_error, "cannot read ");
	text_add_clean(ret_error, path, strlen(path));
	text_addf(ret_error, ": %s", why.len ? text_str(&why) : strerror(-err));
	return err;
}

int diff_files(const char *before, const char *after, bool as_json, FILE *out,
	       unsigned int *ret_worse, struct text *ret_error)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	struct diff_sites sites = { 0 };
	int err = read_side(before, DIFF_BEFORE, &sites, ret_error);

	if (!err)
		err = read_side(after, DIFF_AFTER, &sites, ret_error);
	if (!err) {
		struct diff_totals totals = totals_of(&sites);

		*ret_worse = totals.sites[DIFF_CAME] + totals.sites[DIFF_GREW];
		(as_json ? diff_add_json : diff_add_text)(&text, &sites);
		err = text_error(&text);
	}
	diff_sites_clear(&sites);
	if (!err)
		fwrite(text_str(&text), 1, text.len, out);
	else if (!ret_error->len)
		text_add(ret_error, strerror(-err));
	return err;
}
