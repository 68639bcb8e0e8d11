/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/explain/site_holders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/json.h"
#include "report/json/json_parts.h"

struct site_holder {
	__u32 tgid;
	unsigned int open;
	__u64 oldest_ns; /* 0 = not known */
	char comm[SOCKLEAK_COMM_LEN];
	struct owner *owner; /* NULL = not known: another process is its holder in reports */
	UT_hash_handle hh;
};

static void forget_holder(struct site_holders *holders, struct site_holder *holder)
{
	HASH_DEL(holders->all, holder);
	owner_unref(holder->owner);
	free(holder);
}

void site_holders_clear(struct site_holders *holders)
{
	while (holders->all)
		forget_holder(holders, holders->all);
	*holders = (struct site_holders){ 0 };
}

static struct site_holder *holder_get(struct site_holders *holders, __u32 tgid)
{
	struct site_holder *holder;

	HASH_FIND(hh, holders->all, &tgid, sizeof(tgid), holder);
	if (holder)
		return holder;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return NULL;
	holder->tgid = tgid;
	HASH_ADD(hh, holders->all, tgid, sizeof(holder->tgid), holder);
	if (holder->hh.tbl)
		return holder;
	free(holder);
	return NULL;
}

/* One socket, in one of the processes that hold it. */
static int add_one(struct site_holders *holders, const struct leak *leak,
		   const struct holder *named)
{
	struct site_holder *holder = holder_get(holders, named->tgid);
	__u64 since_ns = leak->event.socket.since_ns;

	if (!holder)
		return -ENOMEM;
	holder->open++;
	memcpy(holder->comm, named->comm, sizeof(holder->comm));
	if (since_ns && (!holder->oldest_ns || since_ns < holder->oldest_ns))
		holder->oldest_ns = since_ns;
	if (!holder->owner && named->tgid == leak->event.tgid)
		holder->owner = owner_ref(leak->owner);
	return 0;
}

int site_holders_add(struct site_holders *holders, const struct site *site)
{
	int err = 0;

	for (const struct leak *leak = site->leaks; leak && !err; leak = leak->next) {
		if (leak->held_back)
			continue;
		for (unsigned int i = 0; i < leak->holders.count && !err; i++)
			err = add_one(holders, leak, &leak->holders.named[i]);
		if (leak->holders.others > holders->unnamed)
			holders->unnamed = leak->holders.others;
	}
	return err;
}

static int more_first(const struct site_holder *a, const struct site_holder *b)
{
	if (a->open != b->open)
		return a->open < b->open ? 1 : -1;
	return a->tgid < b->tgid ? -1 : 1;
}

void site_holders_cut(struct site_holders *holders)
{
	struct site_holder *holder, *next;
	unsigned int count = 0;

	holders->more += holders->unnamed;
	holders->more_open += holders->unnamed;
	HASH_SRT(hh, holders->all, more_first);
	HASH_ITER(hh, holders->all, holder, next) {
		if (count++ < SITE_HOLDERS_MAX)
			continue;
		holders->more++;
		holders->more_open += holder->open;
		forget_holder(holders, holder);
	}
}

pid_t site_holders_first(const struct site_holders *holders)
{
	return holders->all ? (pid_t)holders->all->tgid : 0;
}

void site_holders_put(struct json *json, const struct site_holders *holders,
		      const struct summary *summary)
{
	json_begin_array(json, "processes");
	for (const struct site_holder *holder = holders->all; holder; holder = holder->hh.next) {
		const struct owner *owner = holder->owner;

		json_begin_object(json, NULL);
		json_u64(json, "pid", holder->tgid);
		put_comm(json, "comm", holder->comm, true);
		put_comm(json, "name", owner ? owner_name(owner, holder->comm) : holder->comm,
			 true);
		put_known_string(json, "unit", owner ? owner->unit : NULL);
		put_known_string(json, "machine", owner ? owner->machine : NULL);
		put_known_string(json, "container", owner ? owner->workload.container : NULL);
		put_known_string(json, "pod", owner ? owner->workload.pod : NULL);
		json_u64(json, "open", holder->open);
		put_date(json, "oldest", holder->oldest_ns, summary, holder->oldest_ns);
		json_end_object(json);
	}
	json_end_array(json);
	json_u64(json, "more_processes", holders->more);
	json_u64(json, "more_open", holders->more_open);
}
