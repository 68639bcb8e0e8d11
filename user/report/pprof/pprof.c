/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pprof/pprof.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/names.h"
#include "lib/time.h"
#include "report/address.h"
#include "report/evidence.h"
#include "report/pprof/profile.h"
#include "report/pprof/profile_frames.h"
#include "report/text/text_place.h"

DEFINE_CLEANUP(struct profile *, profile__free)

/* The name of the function to mend in the last stack of one kind: most leaks have the same. */
struct last_culprit {
	const struct stack *stack;
	const struct owner *owner;
	struct text name;
};

/* The profile that is being filled in. */
struct filling {
	struct profile *profile;
	const struct summary *summary;
	struct last_culprit made, tried;
};

/* The labels of one sample, and the memory of those that are made for it. */
struct labels {
	struct profile_label list[PROFILE_LABELS];
	unsigned int count;
	char comm[SOCKLEAK_COMM_LEN + 1];
	char site[sizeof("0123456789abcdef")];
	struct name_buffer family, error;
	struct text destination;
};

static void add_text(struct labels *labels, const char *key, const char *text)
{
	if (text && *text)
		labels->list[labels->count++] = (struct profile_label){ .key = key, .text = text };
}

bool pprof_has_site(const struct site *site, const struct summary *summary)
{
	return !summary->is_scan || !site->maybe_in_use;
}

static void add_owner(struct labels *labels, const struct owner *owner)
{
	if (!owner)
		return;
	add_text(labels, "unit", owner->unit);
	add_text(labels, "machine", owner->machine);
	add_text(labels, "container", owner->workload.container);
	add_text(labels, "pod", owner->workload.pod);
}

static void add_culprit_label(struct labels *labels, const char *key, struct last_culprit *last,
			      const struct stack *stack, const struct owner *owner)
{
	struct culprit culprit;

	if (!stack)
		return;
	if (last->stack != stack || last->owner != owner) {
		culprit = culprit_find(stack, owner ? owner->exe : NULL);
		text_clear(&last->name);
		if (culprit.where.frame && !culprit.where.language)
			profile_name_frame(&last->name, culprit.where.frame);
		else
			place_add_function(&last->name, &culprit.where);
		last->stack = stack;
		last->owner = owner;
	}
	add_text(labels, key, text_str(&last->name));
}

/* The creator, and the place: they are also known of sockets that have ended. */
static void add_origin(struct filling *filling, struct labels *labels, const struct site *site,
		       const struct stack *stack, const struct owner *owner,
		       const char comm[SOCKLEAK_COMM_LEN])
{
	memcpy(labels->comm, comm, SOCKLEAK_COMM_LEN);
	add_text(labels, "comm", labels->comm);
	if (site->id)
		snprintf(labels->site, sizeof(labels->site), "%016llx",
			 (unsigned long long)site->id);
	add_text(labels, "site", labels->site);
	add_culprit_label(labels, "culprit", &filling->made, stack, owner);
	add_owner(labels, owner);
}

static void add_socket(struct labels *labels, const struct leak *leak)
{
	const struct pending *socket = &leak->event.socket;
	const struct evidence *evidence = &socket->evidence;
	size_t dest_len = evidence->dest_len < sizeof(evidence->dest) ? evidence->dest_len :
									sizeof(evidence->dest);

	add_text(labels, "class", leak_class_name((enum leak_class)leak->event.class));
	add_text(labels, "family", family_name(socket->family, &labels->family));
	add_text(labels, "errno",
		 errno_name(evidence_connect_error(leak) ?: evidence->bind_errno, &labels->error));
	address_add(&labels->destination, evidence->dest, dest_len);
	add_text(labels, "destination", text_str(&labels->destination));
	labels->list[labels->count++] =
		(struct profile_label){ .key = "pid", .number = leak->event.tgid };
}

/* In whole seconds; 0 if the creation was not seen. */
static __s64 age_s(const struct leak *leak, const struct summary *summary)
{
	const struct pending *socket = &leak->event.socket;

	if (socket->flags & PENDING_ORIGIN_UNKNOWN || !socket->since_ns ||
	    socket->since_ns > summary->now_ns)
		return 0;
	return (__s64)((summary->now_ns - socket->since_ns) / NSEC_PER_SEC);
}

static int add_leak(struct filling *filling, const struct leak *leak)
{
	const __s64 values[PROFILE_VALUES] = {
		[PROFILE_OPEN] = 1,
		[PROFILE_CREATED] = 1,
		[PROFILE_AGE_S] = age_s(leak, filling->summary),
	};
	bool known = !(leak->event.socket.flags & PENDING_ORIGIN_UNKNOWN);
	struct labels labels = { 0 };
	int err;

	add_origin(filling, &labels, leak->site, leak->stack, leak->owner, leak->event.comm);
	add_socket(&labels, leak);
	add_culprit_label(&labels, "failed_in", &filling->tried, leak->tried.stack, leak->owner);
	profile__add(filling->profile, leak->stack, profile_no_stack(known), labels.list,
		     labels.count, values);
	err = text_error(&labels.destination);
	text_free(&labels.destination);
	return err;
}

/* Only their number is kept, not which processes had them and what was tried. */
static void add_ended(struct filling *filling, const struct site *site)
{
	const __s64 values[PROFILE_VALUES] = { [PROFILE_CREATED] =
						       (__s64)site->total - site->open };
	struct labels labels = { 0 };

	if (values[PROFILE_CREATED] <= 0)
		return;
	add_origin(filling, &labels, site, site->stack, site->owner, site->comm);
	profile__add(filling->profile, site->stack, profile_no_stack(site->id), labels.list,
		     labels.count, values);
}

static int add_sites(struct filling *filling, struct leaks *leaks)
{
	struct site *const *sites;
	long count = leaks__known(leaks, &sites);

	for (long i = 0; i < count; i++) {
		if (!pprof_has_site(sites[i], filling->summary))
			continue;
		for (const struct leak *leak = sites[i]->leaks; leak; leak = leak->next)
			if (!leak->held_back && add_leak(filling, leak))
				return -ENOMEM;
		add_ended(filling, sites[i]);
	}
	if (count < 0)
		return -ENOMEM;
	return text_error(&filling->made.name) ?: text_error(&filling->tried.name);
}

int pprof_add(struct text *out, struct leaks *leaks, const struct summary *summary)
{
	_cleanup_(profile__free) struct profile *profile = profile__new();
	struct filling filling = { .profile = profile, .summary = summary };
	int err;

	if (!profile)
		return -ENOMEM;
	profile__comment(profile, "sockleak " SOCKLEAK_VERSION);
	err = add_sites(&filling, leaks);
	text_free(&filling.made.name);
	text_free(&filling.tried.name);
	return err   ?:
		       profile__add_gzip(profile,
					 (__s64)(summary->now_ns + (__u64)summary->wall_offset_ns),
					 out);
}
