/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/evidence.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/names.h"
#include "lib/text.h"
#include "lib/time.h"
#include "report/address.h"

#define KINDS_SHOWN 3 /* beside the first; TCP and UDP of both families are four */

int evidence_connect_error(const struct leak *leak)
{
	const struct evidence *evidence = &leak->event.socket.evidence;

	if (!evidence->connect_tries)
		return 0;
	/* A connection under way that failed later leaves its error with the socket. */
	return evidence->connect_errno ?: (int)leak->event.error;
}

static void add_times(struct text *text, unsigned int count)
{
	if (count == 1)
		text_add(text, "once");
	else
		text_addf(text, "%u times", count);
}

static void add_connect(struct text *text, const struct leak *leak)
{
	const struct evidence *evidence = &leak->event.socket.evidence;
	int error = evidence_connect_error(leak);
	struct name_buffer buffer;

	text_add(text, "connect failed ");
	add_times(text, evidence->connect_tries);
	if (error)
		text_addf(text, ", %s", errno_name(error, &buffer));
	if (evidence->dest_len) {
		text_add(text, error ? " from " : ", to ");
		address_add(text, evidence->dest, evidence->dest_len);
	}
}

static void add_bind(struct text *text, const struct evidence *evidence)
{
	struct name_buffer buffer;

	text_add(text, "bind failed ");
	add_times(text, evidence->bind_tries);
	if (evidence->bind_errno)
		text_addf(text, ", %s", errno_name(evidence->bind_errno, &buffer));
}

static void add_probe(struct text *text, const struct pending *socket)
{
	const struct evidence *evidence = &socket->evidence;
	__u64 after_ns;

	text_add(text, "getpeername answered ENOTCONN ");
	add_times(text, evidence->enotconn);
	if (socket->flags & PENDING_ORIGIN_UNKNOWN ||
	    evidence->first_enotconn_ns < socket->since_ns)
		return;
	text_add(text, evidence->enotconn > 1 ? ", first after " : ", after ");
	after_ns = evidence->first_enotconn_ns - socket->since_ns;
	if (after_ns < NSEC_PER_MSEC)
		text_addf(text, "%lluus", (unsigned long long)after_ns / 1000);
	else
		duration_add(text, after_ns);
}

/* "closed by the peer 5m ago, 192.0.2.1:5672"; of a scan without the time. */
static void add_dead(struct text *text, const struct pending *socket, bool half, __u64 now_ns)
{
	const struct evidence *evidence = &socket->evidence;

	text_add(text, half ? "closed by the peer" : "was connected once");
	if (socket->flags & PENDING_DEAD && evidence->first_enotconn_ns < now_ns) {
		text_add(text, half ? " " : ", until ");
		duration_add(text, now_ns - evidence->first_enotconn_ns);
		text_add(text, " ago");
	}
	if (!evidence->dest_len)
		return;
	text_add(text, half ? ", " : ", to ");
	address_add(text, evidence->dest, evidence->dest_len);
}

void evidence_add(struct text *text, const struct leak *leak, __u64 now_ns)
{
	const struct pending *socket = &leak->event.socket;
	const struct evidence *evidence = &socket->evidence;

	if (leak->event.class == CLASS_WAS_CONNECTED || leak->event.class == CLASS_HALF_CLOSED) {
		add_dead(text, socket, leak->event.class == CLASS_HALF_CLOSED, now_ns);
		return;
	}
	if (socket->flags & PENDING_ORIGIN_UNKNOWN)
		text_add(text, "origin not seen; ");
	if (evidence->connect_tries)
		add_connect(text, leak);
	else if (evidence->bound)
		text_add(text, "bound, neither connected nor listening");
	else if (evidence->bind_tries)
		add_bind(text, evidence);
	else if (evidence->enotconn)
		add_probe(text, socket);
	else if (leak->event.class == CLASS_NONE)
		text_add(text, "not connected, not bound; calls may be missing, because the "
			       "kernel skipped hooks");
	else
		text_add(text, "not connected, not bound");
}

/* Is it the protocol that its type has anyway? */
static bool is_usual(const struct pending *socket)
{
	return (socket->type == SOCK_STREAM && socket->protocol == IPPROTO_TCP) ||
	       (socket->type == SOCK_DGRAM && socket->protocol == IPPROTO_UDP);
}

static bool same_kind(const struct leak *a, const struct leak *b)
{
	const struct pending *x = &a->event.socket, *y = &b->event.socket;

	return x->family == y->family && x->type == y->type && x->protocol == y->protocol;
}

void evidence_add_other_kinds(struct text *text, const struct leak *shown, const struct leak *all)
{
	struct {
		const struct leak *example;
		unsigned int count;
	} kinds[KINDS_SHOWN] = { { NULL, 0 } };
	unsigned int found = 0, open = 0, more = 0, at;

	for (const struct leak *leak = all; leak; leak = leak->next) {
		if (leak->held_back)
			continue;
		open++;
		if (same_kind(leak, shown))
			continue;
		for (at = 0; at < found && !same_kind(leak, kinds[at].example); at++)
			;
		if (at == KINDS_SHOWN) {
			more++;
			continue;
		}
		kinds[at].example = leak;
		kinds[at].count++;
		found += at == found;
	}
	for (at = 0; at < found; at++) {
		text_add(text, at ? ", " : "also ");
		evidence_add_kind(text, kinds[at].example);
		text_addf(text, " (%u of %u)", kinds[at].count, open);
	}
	if (more)
		text_addf(text, ", others (%u of %u)", more, open);
}

void evidence_add_kind(struct text *text, const struct leak *leak)
{
	const struct pending *socket = &leak->event.socket;
	struct name_buffer family, type, protocol;
	const char *name = protocol_name(socket->family, socket->protocol, &protocol);

	text_addf(text, "%s %s", family_name(socket->family, &family),
		  socket_type_name(socket->type, &type));
	if (name && !is_usual(socket))
		text_addf(text, " %s", name);
}
