/* SPDX-License-Identifier: BSD-2-Clause */
/* limit_series: the workloads that are refused sockets at their limit of descriptors. */
#include "metrics_fixture.h"

static void a_workload_at_its_limit(void **state)
{
	struct limit_series series = { 0 };
	struct limited limited = { .refusal = { .count = 3, .last_ns = NOW, .comm = "job" } };
	const char *labels = "scope=\"unit\",unit=\"jobs.service\",pod_uid=\"\","
			     "container_id=\"\",comm=\"job\"";
	_cleanup_text_ struct text line = TEXT_INIT;
	const char *text = metrics();

	(void)state;
	/* A healthy host has no series of it; that it is counted is told from the start. */
	assert_null(strstr(text, "sockleak_process_fd_limit_failures_total{"));
	expect(text, "sockleak_counters_total{counter=\"socket_emfile\"} 0");
	expect(text, "sockleak_counters_total{counter=\"socket_enfile\"} 0");
	limited.owner = an_owner("jobs.service", "", "");
	assert_int_equal(limit_series_add(&series, &limited, 3, 10), 0);
	summary.limit_series = &series;
	summary.counters[COUNTER_SOCKET_ENFILE] = 4;
	text = metrics();
	text_addf(&line, "sockleak_process_fd_limit_failures_total{%s} 3", labels);
	expect(text, text_str(&line));
	text_clear(&line);
	text_addf(&line, "sockleak_process_fd_limit_last_failure_timestamp_seconds{%s} 1700001000",
		  labels);
	expect(text, text_str(&line));
	expect(text, "sockleak_counters_total{counter=\"socket_enfile\"} 4");
	limit_series_clear(&series);
	owner_unref(limited.owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_workload_at_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
