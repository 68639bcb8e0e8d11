/* SPDX-License-Identifier: BSD-2-Clause */
/* evidence: what was tried on a socket, in words. */
#include "report_fixture.h"

static void assert_evidence(const struct leak *leak, const char *expected)
{
	struct text text = TEXT_INIT;

	evidence_add(&text, leak, NOW);
	assert_string_equal(text_str(&text), expected);
	text_free(&text);
}

static void evidence_in_words(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(5672) };
	struct leak leak = { .event = a_event(1, "ruby") };
	struct evidence *evidence = &leak.event.socket.evidence;

	(void)state;
	assert_evidence(&leak, "getpeername answered ENOTCONN once, after 14us");
	evidence->enotconn = 3;
	evidence->first_enotconn_ns += 2 * SECOND;
	assert_evidence(&leak, "getpeername answered ENOTCONN 3 times, first after 2s");

	evidence->bind_tries = 2;
	evidence->bind_errno = EADDRINUSE;
	assert_evidence(&leak, "bind failed 2 times, EADDRINUSE");
	evidence->bound = 1;
	assert_evidence(&leak, "bound, neither connected nor listening");

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	evidence->connect_tries = 1;
	assert_evidence(&leak, "connect failed once");
	evidence->dest_len = sizeof(to);
	memcpy(evidence->dest, &to, sizeof(to));
	assert_evidence(&leak, "connect failed once, to 127.0.0.1:5672");
	leak.event.error = ETIMEDOUT;
	assert_evidence(&leak, "connect failed once, ETIMEDOUT from 127.0.0.1:5672");
	evidence->connect_errno = ECONNREFUSED;
	assert_evidence(&leak, "connect failed once, ECONNREFUSED from 127.0.0.1:5672");
}

static void evidence_of_unknown_origin_has_no_delay(void **state)
{
	struct leak leak = { .event = a_event(1, "ruby") };

	(void)state;
	leak.event.socket.flags = PENDING_ORIGIN_UNKNOWN;
	leak.event.class = CLASS_UNKNOWN_ORIGIN;
	assert_evidence(&leak, "origin not seen; getpeername answered ENOTCONN once");
	leak.event.class = CLASS_WAS_CONNECTED;
	assert_evidence(&leak, "was connected once");
}

static void evidence_of_dead_connections(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(5672) };
	struct leak leak = { .event = a_event(1, "ruby") };
	struct evidence *evidence = &leak.event.socket.evidence;

	(void)state;
	inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
	memcpy(evidence->dest, &to, sizeof(to));
	evidence->dest_len = sizeof(to);
	evidence->connect_tries = 1;
	leak.event.class = CLASS_HALF_CLOSED;
	assert_evidence(&leak, "closed by the peer, 192.0.2.1:5672");
	leak.event.socket.flags = PENDING_DEAD;
	evidence->first_enotconn_ns = NOW - 300 * SECOND;
	assert_evidence(&leak, "closed by the peer 5m00s ago, 192.0.2.1:5672");
	leak.event.class = CLASS_WAS_CONNECTED;
	assert_evidence(&leak, "was connected once, until 5m00s ago, to 192.0.2.1:5672");
}

static void other_kinds_are_counted(void **state)
{
	struct leak leaks[6] = { 0 };
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	for (int i = 0; i < 6; i++) {
		leaks[i].event = a_event(1, "mixed");
		leaks[i].next = i < 5 ? &leaks[i + 1] : NULL;
	}
	evidence_add_other_kinds(&text, &leaks[0], leaks);
	assert_string_equal(text_str(&text), "");
	leaks[1].event.socket.type = leaks[2].event.socket.type = SOCK_DGRAM;
	leaks[1].event.socket.protocol = leaks[2].event.socket.protocol = IPPROTO_UDP;
	leaks[3].event.socket.family = AF_UNIX;
	leaks[5].held_back = true;
	leaks[5].event.socket.type = SOCK_RAW;
	evidence_add_other_kinds(&text, &leaks[0], leaks);
	assert_string_equal(text_str(&text),
			    "also AF_INET SOCK_DGRAM (2 of 5), AF_UNIX SOCK_STREAM (1 of 5)");
}

static void evidence_in_doubt(void **state)
{
	struct leak leak = { .event = { .kind = EVENT_LEAK, .class = CLASS_NEVER_USED } };

	(void)state;
	assert_evidence(&leak, "not connected, not bound");
	leak.event.class = CLASS_NONE;
	assert_evidence(&leak, "not connected, not bound; calls may be missing, because the "
			       "kernel skipped hooks");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_in_words),
		cmocka_unit_test(other_kinds_are_counted),
		cmocka_unit_test(evidence_of_dead_connections),
		cmocka_unit_test(evidence_in_doubt),
		cmocka_unit_test(evidence_of_unknown_origin_has_no_delay),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
