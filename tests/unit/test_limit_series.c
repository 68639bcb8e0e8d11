/* SPDX-License-Identifier: BSD-2-Clause */
/* limit_series: the workloads that are refused sockets at their limit of descriptors. */
#include "metrics_fixture.h"

static void a_workload_at_its_limit(void **state)
{
	struct limit_series series = { 0 };
	struct limited limited = { .refusal = { .count = 3, .last_ns = NOW, .comm = "job" } };
	const char *labels = "scope=\"unit\",unit=\"jobs.service\",machine=\"\",pod_uid=\"\","
			     "container_id=\"\",comm=\"job\"";
	_cleanup_text_ struct text line = TEXT_INIT;
	const char *text = metrics();

	(void)state;
	/* A healthy host has no series of a process, but the counter from the start. */
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

/* The calls of one workload that failed `count` times, the last time at `last_ns`. */
static void refuse(struct limit_series *series, const char *unit, __u64 count, __u64 last_ns,
		   unsigned int most)
{
	struct limited limited = { .refusal = { .last_ns = last_ns, .comm = "job" } };

	limited.owner = an_owner(unit, "", "");
	assert_int_equal(limit_series_add(series, &limited, count, most), 0);
	owner_unref(limited.owner);
}

static const struct limited_workload *of(const struct limit_series *series, const char *part)
{
	const struct limited_workload *workload = series->workloads;

	while (workload && !strstr(workload->labels, part))
		workload = workload->hh.next;
	assert_non_null(workload);
	return workload;
}

/* Those that come later share one, and what has its own keeps it: no counter goes back. */
static void the_first_keep_their_own(void **state)
{
	struct limit_series series = { 0 };

	(void)state;
	refuse(&series, "a.service", 1, 10, 2);
	refuse(&series, "b.service", 2, 20, 2);
	refuse(&series, "c.service", 100, 30, 2);
	refuse(&series, "d.service", 200, 25, 2);
	refuse(&series, "a.service", 4, 5, 2);
	assert_int_equal(HASH_COUNT(series.workloads), 3);
	assert_int_equal(of(&series, "a.service")->failures, 5);
	assert_int_equal(of(&series, "a.service")->last_ns,
			 10); /* of what was reported out of order */
	assert_int_equal(of(&series, "b.service")->failures, 2);
	assert_int_equal(of(&series, "scope=\"other\"")->failures, 300);
	assert_int_equal(of(&series, "scope=\"other\"")->last_ns, 30);
	limit_series_clear(&series);
	assert_null(series.workloads);
	limit_series_clear(&series);
}

static void an_hour_without_one_ends_it(void **state)
{
	struct limit_series series = { 0 };

	(void)state;
	refuse(&series, "a.service", 1, SECOND, 9);
	refuse(&series, "b.service", 2, 2 * SECOND, 9);
	limit_series_expire(&series, SECOND + REFUSAL_KEPT_NS);
	assert_int_equal(HASH_COUNT(series.workloads), 2);
	limit_series_expire(&series, SECOND + REFUSAL_KEPT_NS + 1);
	assert_int_equal(HASH_COUNT(series.workloads), 1);
	refuse(&series, "a.service", 7, SECOND + REFUSAL_KEPT_NS, 9);
	assert_int_equal(of(&series, "a.service")->failures, 7); /* begins anew */
	limit_series_clear(&series);
}

/* The process's account may have none when there was no memory for it. */
static void without_an_owner_nothing_is_counted(void **state)
{
	struct limit_series series = { 0 };
	struct limited limited = { .refusal = { .comm = "job" } };

	(void)state;
	assert_int_equal(limit_series_add(&series, &limited, 1, 9), -ENOMEM);
	assert_null(series.workloads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_workload_at_its_limit),
		cmocka_unit_test(the_first_keep_their_own),
		cmocka_unit_test(an_hour_without_one_ends_it),
		cmocka_unit_test(without_an_owner_nothing_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
