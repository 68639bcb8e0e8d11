/* SPDX-License-Identifier: BSD-2-Clause */
/* text_climb: the lines of a report on processes whose descriptors climb. */
#include "report_fixture.h"

#include "climbs_fixture.h"

static struct text report_text;
static struct text_layout layout = { .top = 10, .stacks = 0 };

/* The first `lines` lines of a report, with or without a leak of another process. */
static const char *begin_of_report(int leaks, int lines)
{
	static char text[512];
	struct summary summary = { .now_ns = climbs_now,
				   .started_ns = climbs_now - 60 * SECOND,
				   .older_than_ns = 5 * SECOND,
				   .climbs = climbs };
	char *report = report_on(leaks, "other", NULL, &layout, &summary), *end = report;

	while (lines-- && (end = strchr(end, '\n')))
		end++;
	assert_non_null(end);
	snprintf(text, sizeof(text), "%.*s", (int)(end - report), report);
	free(report);
	return text;
}

static void instead_of_an_all_clear(void **state)
{
	(void)state;
	assert_non_null(strstr(begin_of_report(0, 1), "No leaked sockets: none stayed"));
	climb_by(DESCRIPTOR_NETLINK, 20);
	assert_string_equal(begin_of_report(0, 2),
			    "Descriptors climb, but none that was never connected for 5s, "
			    "watched for 1m40s\n"
			    "app[4242] descriptors 5 -> 25; 20 are netlink in use, +60/min\n");
}

static void beside_a_leak(void **state)
{
	const char *text;

	(void)state;
	climb_by(DESCRIPTOR_EPOLL, 20);
	text = begin_of_report(3, 4);
	assert_non_null(strstr(text, "\nAlso: app[4242] descriptors 5 -> 25; 20 are epoll, "));
}

static void two_kinds(void **state)
{
	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[2] = 5 + 3 * i;
		count_once();
		kinds_are(DESCRIPTOR_PIPE, 2 * i, DESCRIPTOR_TCP_HALF_CLOSED, i);
	}
	assert_non_null(strstr(begin_of_report(0, 2),
			       "; 40 are pipe ends and 20 are half-closed TCP (CLOSE_WAIT), "));
}

static void looked_at_once(void **state)
{
	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[2] = 5 + i;
		count_once();
	}
	kinds_are(DESCRIPTOR_PIPE, 20, DESCRIPTOR_REGULAR, 5);
	assert_non_null(strstr(begin_of_report(0, 2), "5 -> 25; most are pipe ends (20), +60/min"));
}

static void whose_and_who_made_them(void **state)
{
	struct climber *climber;

	(void)state;
	climb_by(DESCRIPTOR_NETLINK, 20);
	climber = climbs__get(climbs, 0);
	climber->owner = owner_new(NULL, NULL, strdup("net.service"));
	makes(climber, DESCRIPTOR_NETLINK, 10, a_stack("open_nl"));
	assert_non_null(strstr(begin_of_report(0, 2),
			       "+60/min, made in open_nl (libtransport.so.2), unit net.service\n"));
}

static void three_of_many(void **state)
{
	(void)state;
	climbs__limit(climbs, CLIMBERS);
	for (__u32 i = 0; i <= 20; i++) {
		for (__u32 n = 0; n < 5; n++)
			counts[n] = 5 + i * (n + 1);
		count_once();
	}
	assert_non_null(
		strstr(begin_of_report(0, 5), "\n2 more processes climb (-v lists them)\n"));
	layout.verbose = true;
	assert_non_null(strstr(begin_of_report(0, 6), "app[4240] descriptors 5 -> 25"));
	layout.verbose = false;
}

/* One line adds up the workers of a service, unless all are asked for. */
static void workers_of_a_service(void **state)
{
	(void)state;
	climbs__limit(climbs, CLIMBERS);
	for (__u32 i = 0; i <= 20; i++) {
		for (__u32 n = 0; n < 4; n++)
			counts[n] = 5 + i * (n + 1);
		count_once();
		kinds_are(DESCRIPTOR_EVENTFD, i, DESCRIPTOR_REGULAR, 5);
	}
	for (unsigned int i = 0; i < climbs__followed(climbs); i++)
		climbs__get(climbs, i)->owner = owner_new(NULL, NULL, strdup("web.service"));
	assert_non_null(strstr(begin_of_report(0, 3),
			       "\napp[4243] and 3 more, unit web.service, climb together: "
			       "descriptors 20 -> 220; 80 are eventfd, +600/min\n\n"));
	layout.verbose = true;
	assert_non_null(strstr(begin_of_report(0, 5), "\napp[4242] "));
	layout.verbose = false;
}

/* Two that have no name, as far as is known, may be strangers. */
static void without_a_name(void **state)
{
	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[0] = counts[1] = 5 + i;
		count_once();
		kinds_are(DESCRIPTOR_EVENTFD, i, DESCRIPTOR_REGULAR, 5);
	}
	for (unsigned int i = 0; i < climbs__followed(climbs); i++) {
		struct climber *climber = climbs__get(climbs, i);

		climber->process.comm[0] = '\0';
		climber->owner = owner_new(NULL, NULL, NULL);
	}
	assert_null(strstr(begin_of_report(0, 3), "climb together"));
}

static void of_a_scan(void **state)
{
	struct summary summary = { .is_scan = true, .hooks = NULL, .n_most = 1 };
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct most_descriptors *most = &summary.most[0];

	(void)state;
	most->process = (struct process_descriptors){ .tgid = 42, .count = 10, .comm = "app" };
	most->by_kind[DESCRIPTOR_EVENTFD] = most->by_kind[DESCRIPTOR_PIPE] = 2;
	most->by_kind[DESCRIPTOR_REGULAR] = 5;
	most->by_kind[DESCRIPTOR_DEVICE] = 1;
	text_report(&report_text, leaks, &summary, &layout);
	leaks__free(leaks);
	assert_non_null(strstr(text_str(&report_text),
			       "\napp[42] has 10 descriptors: 5 regular files, 2 eventfd, "
			       "2 pipe ends\n"));
	text_free(&report_text);
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin_climbs, end_climbs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(instead_of_an_all_clear), test(beside_a_leak),	      test(two_kinds),
		test(looked_at_once),	       test(whose_and_who_made_them), test(three_of_many),
		test(workers_of_a_service),    test(without_a_name),	      test(of_a_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
