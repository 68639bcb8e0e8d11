/* SPDX-License-Identifier: BSD-2-Clause */
/* climb_series: the metrics of processes whose descriptors climb. */
#include "metrics_fixture.h"

#include "climbs_fixture.h"

static void kinds_of_a_workload(void **state)
{
	const char *text = metrics();

	(void)state;
	/* A healthy host has no series of a process. */
	expect_none(text, "sockleak_process_descriptors{");
	expect(text, "sockleak_climbing_left_out 0");
	climb_by(DESCRIPTOR_EVENTFD, 20);
	climbs__get(climbs, 0)->owner = an_owner("jobs.service", "", "");
	summary.climbs = climbs;
	summary.climbing_left_out = 3;
	text = metrics();
	expect(text,
	       "sockleak_process_descriptors{scope=\"unit\",unit=\"jobs.service\","
	       "machine=\"\",pod_uid=\"\",container_id=\"\",comm=\"app\",kind=\"eventfd\"} 20");
	expect(text, "sockleak_process_descriptors{scope=\"unit\",unit=\"jobs.service\","
		     "machine=\"\",pod_uid=\"\",container_id=\"\",comm=\"app\",kind=\"file\"} 5");
	assert_int_equal(count_of(text, "sockleak_process_descriptors{"), 2);
	expect(text, "sockleak_climbing_left_out 3");
}

/* Two series with the same labels would lose the whole file. */
static void two_processes_of_a_workload(void **state)
{
	const char *text;

	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[0] = counts[1] = 5 + i;
		count_once();
		kinds_are(DESCRIPTOR_PIPE, i, DESCRIPTOR_REGULAR, 5);
	}
	for (unsigned int i = 0; i < 2; i++)
		climbs__get(climbs, i)->owner = an_owner("jobs.service", "", "");
	summary.climbs = climbs;
	text = metrics();
	assert_int_equal(count_of(text, "sockleak_process_descriptors{"), 2);
	expect_part(text, "kind=\"pipe\"} 40");
}

static int begin_both(void **state)
{
	return begin(state) || begin_climbs(state) ? -1 : 0;
}

static int end_both(void **state)
{
	return end(state) || end_climbs(state) ? -1 : 0;
}

#define test_climb(f) cmocka_unit_test_setup_teardown(f, begin_both, end_both)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_climb(kinds_of_a_workload),
		test_climb(two_processes_of_a_workload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
