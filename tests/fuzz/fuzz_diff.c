/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes diff_input.h and diff.h: a file of `sockleak diff`, JSON or a profile, compared with
 * itself and with nothing. What is said is clean; a file does not differ from itself.
 */
#include "check_json.h"
#include "fuzz.h"

#include "commands/diff.h"
#include "commands/diff_input.h"
#include "lib/text.h"

static int read_side(const uint8_t *data, size_t size, enum diff_side side,
		     struct diff_sites *sites)
{
	struct text error = TEXT_INIT;
	FILE *file = stream_of(data, size);
	int err = diff_read(file, side, sites, &error);

	check(err || !error.len);
	check_clean(text_str(&error), error.len, "");
	text_free(&error);
	fclose(file);
	return err;
}

static void check_output(struct diff_sites *sites)
{
	struct text out = TEXT_INIT;

	diff_add_text(&out, sites);
	check(!text_error(&out));
	check_clean(text_str(&out), out.len, "\n");
	text_clear(&out);
	diff_add_json(&out, sites);
	check(check_json_lines(text_str(&out), out.len) >= 1);
	text_free(&out);
}

static uint64_t open_on(const struct diff_sites *sites, enum diff_side side)
{
	uint64_t open = 0;

	for (const struct diff_site *site = sites->sites; site; site = site->hh.next)
		open += site->open[side];
	return open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diff_sites sites = { 0 };
	int err = read_side(data, size, DIFF_BEFORE, &sites);

	check_output(&sites); /* also after an error, though nobody prints it then */
	check(read_side(data, size, DIFF_AFTER, &sites) == err);
	check_output(&sites);
	check(open_on(&sites, DIFF_BEFORE) == open_on(&sites, DIFF_AFTER));
	for (const struct diff_site *site = sites.sites; !err && site; site = site->hh.next)
		check(diff_change_of(site) == DIFF_SAME);
	diff_sites_clear(&sites);
	return 0;
}
