/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/metrics/series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "report/metrics/exposition.h"

/* ---- Accounts ---- */

static const char *scope_of(const struct owner *owner)
{
	if (owner->workload.pod[0])
		return "pod";
	if (owner->workload.container[0])
		return "container";
	if (owner->unit)
		return "unit";
	return owner->machine ? "machine" : "host";
}

void series_add_workload(struct text *labels, const struct owner *owner,
			 const char comm[SOCKLEAK_COMM_LEN])
{
	label_add(labels, "scope", scope_of(owner));
	label_add(labels, "unit", owner->unit);
	label_add(labels, "machine", owner->machine);
	label_add(labels, "pod_uid", owner->workload.pod);
	label_add(labels, "container_id", owner->workload.container);
	label_add_bytes(labels, "comm", owner_name(owner, comm), SOCKLEAK_COMM_LEN);
}

void series_add_other(struct text *labels)
{
	static const char *const empty[] = { "unit", "machine", "pod_uid", "container_id", "comm" };

	label_add(labels, "scope", SERIES_OTHER);
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		label_add(labels, empty[i], "");
}

static void site_labels(struct text *labels, __u64 site, const char *unit, const char *machine)
{
	char id[sizeof("0123456789abcdef")];

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)site);
	label_add(labels, "site", site ? id : SERIES_UNKNOWN);
	label_add(labels, "unit", unit);
	label_add(labels, "machine", machine);
}

static void workload_free(struct workload_series *workload)
{
	if (workload)
		free(workload->labels);
	free(workload);
}

static void site_series_free(struct site_series *site)
{
	if (site)
		free(site->labels);
	free(site);
}

/* The account of these labels, created if needed; takes over the labels. NULL: no memory. */
static struct workload_series *workload_get(struct series *series, struct text *labels)
{
	struct workload_series *workload;

	if (text_error(labels))
		return NULL;
	HASH_FIND(hh, series->workloads, labels->data, labels->len, workload);
	if (workload)
		return workload;
	workload = calloc(1, sizeof(*workload));
	if (!workload)
		return NULL;
	workload->labels = labels->data;
	HASH_ADD_KEYPTR(hh, series->workloads, workload->labels, labels->len, workload);
	if (!workload->hh.tbl) {
		free(workload);
		return NULL;
	}
	*labels = TEXT_INIT;
	return workload;
}

static struct site_series *series_site(struct series *series, struct text *labels, __u64 id)
{
	struct site_series *site;

	if (text_error(labels))
		return NULL;
	HASH_FIND(hh, series->sites, labels->data, labels->len, site);
	if (site)
		return site;
	site = calloc(1, sizeof(*site));
	if (!site)
		return NULL;
	site->labels = labels->data;
	site->site = id;
	HASH_ADD_KEYPTR(hh, series->sites, site->labels, labels->len, site);
	if (!site->hh.tbl) {
		free(site);
		return NULL;
	}
	*labels = TEXT_INIT;
	return site;
}

static int info_add(struct series *series, const struct site *site)
{
	struct site_info *info;

	HASH_FIND(hh, series->infos, &site->id, sizeof(site->id), info);
	if (info)
		return 0; /* one interpreter's stack serves many programs */
	info = calloc(1, sizeof(*info));
	if (!info)
		return -ENOMEM;
	info->site = site->id;
	HASH_ADD(hh, series->infos, site, sizeof(info->site), info);
	if (!info->hh.tbl) {
		free(info);
		return -ENOMEM;
	}
	info->stack = stack_ref(site->stack);
	info->owner = owner_ref(site->owner);
	return 0;
}

/* ---- Counting ---- */

static double fullness(__u64 open, __u64 limit)
{
	return limit && limit != FDS_UNLIMITED ? (double)open / (double)limit : 0;
}

/* In a workload the process counts that will fail first. */
static void note_fds(struct workload_series *workload, __u64 open, __u64 limit)
{
	double before = fullness(workload->fds_open, workload->fds_limit);
	double now = fullness(open, limit);

	if (workload->fds_known && (now < before || (now == before && open <= workload->fds_open)))
		return;
	workload->fds_known = true;
	workload->fds_open = open;
	workload->fds_limit = limit;
}

static void note_birth(struct workload_series *workload, __u64 since_ns)
{
	if (since_ns && (!workload->oldest_ns || since_ns < workload->oldest_ns))
		workload->oldest_ns = since_ns;
}

static void count_leak(struct workload_series *workload, const struct leak *leak)
{
	const struct site_process *process;

	workload->open++;
	workload->by_class[leak->event.class]++;
	note_birth(workload, leak->event.socket.since_ns);
	HASH_FIND(hh, leak->site->processes, &leak->event.tgid, sizeof(__u32), process);
	if (process && process->forecast.looked_ns)
		note_fds(workload, process->forecast.fds_open, process->forecast.fds_limit);
}

/* Where the leak before was counted: thousands in a row are of one owner. */
struct last {
	const struct owner *owner;
	char comm[SOCKLEAK_COMM_LEN];
	struct workload_series *workload;
	struct site_series *site;
};

static int find_accounts(struct series *series, const struct leak *leak, struct last *last)
{
	_cleanup_text_ struct text labels = TEXT_INIT, pair = TEXT_INIT;

	series_add_workload(&labels, leak->owner, leak->event.comm);
	site_labels(&pair, leak->site->id, leak->owner->unit, leak->owner->machine);
	last->workload = workload_get(series, &labels);
	last->site = last->workload ? series_site(series, &pair, leak->site->id) : NULL;
	if (!last->site)
		return -ENOMEM;
	last->owner = leak->owner;
	memcpy(last->comm, leak->event.comm, sizeof(last->comm));
	return 0;
}

static int count_site(struct series *series, const struct leaks *leaks, const struct site *site)
{
	struct last last = { 0 };
	unsigned int idle = 0, open = 0;
	int err;

	for (const struct leak *leak = site->leaks; leak; leak = leak->next) {
		if (leak->held_back)
			continue;
		if (!leaks__is_of_growth(leaks, leak)) {
			idle++;
			continue;
		}
		if (leak->owner != last.owner ||
		    memcmp(leak->event.comm, last.comm, sizeof(last.comm)) != 0) {
			err = find_accounts(series, leak, &last);
			if (err)
				return err;
		}
		count_leak(last.workload, leak);
		last.site->open++;
		open++;
	}
	series->idle += idle;
	return open ? info_add(series, site) : 0;
}

/* ---- The most first, and the others in one ---- */

static int more_workload_first(const struct workload_series *a, const struct workload_series *b)
{
	if (a->open != b->open)
		return a->open < b->open ? 1 : -1;
	return strcmp(a->labels, b->labels);
}

static int more_site_first(const struct site_series *a, const struct site_series *b)
{
	if (a->open != b->open)
		return a->open < b->open ? 1 : -1;
	return strcmp(a->labels, b->labels);
}

static void add_workload(struct workload_series *sum, const struct workload_series *one)
{
	sum->open += one->open;
	for (int cls = 0; cls < CLASS_COUNT; cls++)
		sum->by_class[cls] += one->by_class[cls];
	note_birth(sum, one->oldest_ns);
	if (one->fds_known)
		note_fds(sum, one->fds_open, one->fds_limit);
}

static int fold_workloads(struct series *series, unsigned int most)
{
	_cleanup_text_ struct text labels = TEXT_INIT;
	struct workload_series *workload, *next, *other;
	unsigned int number = 0;

	HASH_SRT(hh, series->workloads, more_workload_first);
	if (HASH_COUNT(series->workloads) <= most)
		return 0;
	series_add_other(&labels);
	other = workload_get(series, &labels); /* the last one */
	if (!other)
		return -ENOMEM;
	HASH_ITER(hh, series->workloads, workload, next) {
		if (number++ < most || workload == other)
			continue;
		add_workload(other, workload);
		series->folded++;
		HASH_DEL(series->workloads, workload);
		workload_free(workload);
	}
	return 0;
}

static int fold_sites(struct series *series, unsigned int most)
{
	_cleanup_text_ struct text labels = TEXT_INIT;
	struct site_series *site, *next, *other;
	unsigned int number = 0;

	HASH_SRT(hh, series->sites, more_site_first);
	if (HASH_COUNT(series->sites) <= most)
		return 0;
	label_add(&labels, "site", SERIES_OTHER);
	label_add(&labels, "unit", "");
	label_add(&labels, "machine", "");
	other = series_site(series, &labels, 0);
	if (!other)
		return -ENOMEM;
	other->other = true;
	HASH_ITER(hh, series->sites, site, next) {
		if (number++ < most || site == other)
			continue;
		other->open += site->open;
		series->folded++;
		HASH_DEL(series->sites, site);
		site_series_free(site);
	}
	return 0;
}

static void info_forget(struct series *series, struct site_info *info)
{
	HASH_DEL(series->infos, info);
	stack_unref(info->stack);
	owner_unref(info->owner);
	free(info);
}

/* Nothing is reported about sites without a series. */
static void keep_shown_infos(struct series *series)
{
	struct site_series *site;
	struct site_info *info, *next;

	for (site = series->sites; site; site = site->hh.next) {
		if (site->other)
			continue;
		HASH_FIND(hh, series->infos, &site->site, sizeof(site->site), info);
		if (info)
			info->shown = true;
	}
	HASH_ITER(hh, series->infos, info, next)
		if (!info->shown)
			info_forget(series, info);
}

void series_free(struct series *series)
{
	struct workload_series *workload, *next_workload;
	struct site_series *site, *next_site;
	struct site_info *info, *next_info;

	HASH_ITER(hh, series->workloads, workload, next_workload) {
		HASH_DEL(series->workloads, workload);
		workload_free(workload);
	}
	HASH_ITER(hh, series->sites, site, next_site) {
		HASH_DEL(series->sites, site);
		site_series_free(site);
	}
	HASH_ITER(hh, series->infos, info, next_info)
		info_forget(series, info);
	*series = (struct series){ 0 };
}

int series_collect(struct leaks *leaks, const struct series_limits *limits,
		   struct series *ret_series)
{
	_cleanup_series_ struct series series = { 0 };
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);
	int err = count < 0 ? (int)count : 0;

	for (long i = 0; !err && i < count; i++)
		err = count_site(&series, leaks, sites[i]);
	if (!err)
		err = fold_workloads(&series, limits->workloads);
	if (!err)
		err = fold_sites(&series, limits->sites);
	if (err)
		return err;
	keep_shown_infos(&series);
	*ret_series = series;
	series = (struct series){ 0 };
	return 0;
}
