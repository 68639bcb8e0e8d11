/* SPDX-License-Identifier: BSD-2-Clause */
/* Sites without open sockets, which stacks_file.h keeps in this run and the next. */
#include <errno.h>
#include <stdlib.h>

#include "report/explain/stacks_file_private.h"

/* ---- Over the end of a process ---- */

/*
 * Several programs may share a site, an interpreter's for one: each has an account of its own, and
 * they are added up. A sum that was reported does not become less when one of them gave way.
 */
static void take_end(struct known_site *known, struct site *const *sites, long count,
		     const struct summary *summary)
{
	struct known_end end = known->before;

	known->leaked = true;
	for (long i = 0; i < count; i++) {
		const struct site_end *ended = &sites[i]->ended;

		if (sites[i]->id != known->id)
			continue;
		end.sockets += ended->sockets;
		end.processes += ended->processes;
		if (end.ns > wall_ns(summary, ended->ns))
			continue;
		end.ns = wall_ns(summary, ended->ns);
		end.tgid = ended->tgid;
	}
	if (end.sockets < known->end.sockets)
		end.sockets = known->end.sockets;
	if (end.processes < known->end.processes)
		end.processes = known->end.processes;
	known->end = end;
	if (known->seen_ns < known->end.ns)
		known->seen_ns = known->end.ns;
}

/* One that was never met while it was open: it came and went between two updates. */
static void describe_ended(struct stacks_file *file, struct known_site *known,
			   const struct site *site, const struct summary *summary)
{
	known_describe(file, known, site, summary);
	for (int cls = 0; cls < CLASS_COUNT; cls++)
		known->by_class[cls] = site->by_class[cls];
	if (!known->first_ns && site->oldest_ns)
		known->first_ns = wall_ns(summary, site->oldest_ns);
}

void known_take_ended(struct stacks_file *file, struct leaks *leaks, const struct summary *summary)
{
	struct site *const *sites;
	long count = leaks__ended(leaks, /* all= */ false, &sites);
	__u64 newest_ns = file->ended_ns;

	for (long i = 0; i < count; i++) {
		const struct site *site = sites[i];
		struct known_site *known;

		if (!site->id || !site->stack || site->ended.ns <= file->ended_ns)
			continue;
		if (site->ended.ns > newest_ns)
			newest_ns = site->ended.ns;
		known = known_get(file, site->id);
		if (!known)
			continue;
		if (!known->stack)
			describe_ended(file, known, site, summary);
		take_end(known, sites, count, summary);
		file->has_news = true;
	}
	file->ended_ns = newest_ns;
}

void known_expire(struct stacks_file *file, const struct summary *summary)
{
	__s64 now_ns = wall_ns(summary, summary->now_ns);
	struct known_site *known, *next;

	HASH_ITER(hh, file->sites, known, next)
		if (known->round != file->round &&
		    now_ns - known->seen_ns > (__s64)STACKS_FILE_AGE_NS)
			known_forget(file, known);
}

/* ---- Over the end of the agent ---- */

struct recalling {
	struct stacks_file *file;
	__s64 now_ns;
};

static void take_recalled(const struct recalled_site *site, void *ctx)
{
	struct recalling *recalling = ctx;
	__s64 age_ns = recalling->now_ns - site->seen_ns;
	struct stacks_file *file = recalling->file;
	struct known_site *known = NULL;

	/* The most recent come first, so what has no room here is the oldest. */
	if (age_ns <= (__s64)STACKS_FILE_AGE_NS) {
		if (HASH_COUNT(file->sites) < file->max_sites)
			known = known_get(file, site->id);
		else
			file->dropped++;
	}
	if (!known || known->stack || known->recalled) {
		free(site->json);
		return;
	}
	known->recalled = site->json;
	known->first_ns = site->first_ns;
	/* A clock that was set back must not keep it for longer. */
	known->seen_ns = age_ns < 0 ? recalling->now_ns : site->seen_ns;
	known->leaked = site->leaked;
	known->end = known->before = site->end;
}

int stacks_file__recall(struct stacks_file *file, const char *path, const struct summary *summary)
{
	struct recalling recalling = { file, wall_ns(summary, summary->now_ns) };
	int err = stacks_recall(path, take_recalled, &recalling);

	return err == -ENOENT ? 0 : err;
}

__u64 stacks_file__dropped(const struct stacks_file *file)
{
	return file->dropped;
}
