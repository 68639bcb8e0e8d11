/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/recall.h"

#include <errno.h>
#include <stdlib.h>

#include "host/files/past_maps.h"
#include "kernel/map_records.h"

struct recall {
	struct opener *opener; /* the caller's */
	struct map_records *records;
	struct past_maps *past;
	__u64 not_taken; /* for want of memory */
};

/* The program that is run, or whoever mounts, chose where they are: they may never answer. */
static int read_head(const char *path, struct file_head *ret_head, void *ctx)
{
	const struct recall *recall = ctx;

	return opener__head(recall->opener, path, ret_head);
}

int recall__new(pid_t tgid, struct opener *opener, struct recall **ret_recall,
		struct text *ret_error)
{
	struct recall *recall = calloc(1, sizeof(*recall));
	int err;

	if (!recall)
		return -ENOMEM;
	recall->opener = opener;
	err = map_records__new(&recall->records, ret_error);
	if (!err) {
		recall->past = past_maps__new(tgid, read_head, recall);
		err = recall->past ? 0 : -ENOMEM;
	}
	if (err) {
		recall__free(recall);
		return err;
	}
	*ret_recall = recall;
	return 0;
}

void recall__free(struct recall *recall)
{
	if (!recall)
		return;
	map_records__free(recall->records);
	past_maps__free(recall->past);
	free(recall);
}

static int take(const struct map_record *record, void *ctx)
{
	struct recall *recall = ctx;

	return past_maps__take(recall->past, record);
}

void recall__take(struct recall *recall)
{
	if (map_records__drain(recall->records, take, recall))
		recall->not_taken++;
}

int recall__fd(const struct recall *recall)
{
	return map_records__fd(recall->records);
}

__u64 recall__lost(const struct recall *recall)
{
	return map_records__lost(recall->records) + recall->not_taken;
}

int recall__maps(pid_t tgid, struct process_view *ret_view, int *ret_fd, void *ctx)
{
	struct recall *recall = ctx;

	recall__take(recall); /* what ended just now, too */
	return past_maps__open(recall->past, tgid, ret_view, ret_fd);
}
