/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refusals, and what is made of them: spells, who is at the limit now, the bounds; and the
 * counts by workload, which never go back.
 */
#include "report_fixture.h"

#include "host/host_files.h"
#include "leaks/refusals.h"
#include "report/metrics/limit_series.h"

static struct refusal a_refusal(__u64 count, __u64 first_ns, __u64 last_ns)
{
	struct refusal refusal = { .count = count,
				   .first_ns = first_ns,
				   .last_ns = last_ns,
				   .noted = REFUSAL_NOTED,
				   .comm = "app" };

	return refusal;
}

/* Returns the account; asserts how many calls are new to it, and whether a spell begins. */
static struct limited *apply(struct refusals *refusals, __u32 tgid, __s32 error,
			     struct refusal refusal, __u64 wanted_more, bool wanted_new)
{
	struct refusal_key key = { tgid, error };
	struct limited *limited;
	__u64 reported;
	bool is_new;

	limited = refusals__apply(refusals, &key, &refusal, &reported, &is_new);
	assert_non_null(limited);
	assert_int_equal(reported, wanted_more);
	assert_int_equal(is_new, wanted_new);
	return limited;
}

static void full_of(struct limited *limited, __u64 open, __u64 limit)
{
	limited->fds = (struct forecast){ .looked_ns = NOW, .fds_open = open, .fds_limit = limit };
}

static void a_spell_goes_on_and_another_begins(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);
	struct limited *limited;

	(void)state;
	limited = apply(refusals, 7, EMFILE, a_refusal(3, NOW, NOW), 3, true);
	limited->over = true;
	limited_describe(limited, owner_new(NULL, NULL, NULL), a_stack("f"));
	apply(refusals, 7, EMFILE, a_refusal(3, NOW, NOW), 0, false);
	apply(refusals, 7, EMFILE, a_refusal(10, NOW, NOW + SECOND), 7, false);
	assert_true(limited->over);
	/* The kernel's side began anew: those are more, though the number is smaller. */
	apply(refusals, 7, EMFILE, a_refusal(4, NOW + 9 * SECOND, NOW + 9 * SECOND), 4, true);
	assert_false(limited->over);
	/* The other error of the same process is an account of its own. */
	assert_ptr_not_equal(apply(refusals, 7, ENFILE, a_refusal(1, NOW, NOW), 1, true), limited);
	refusals__free(refusals);
}

static void now_is_what_the_descriptors_say(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);
	struct limited *limited = apply(
		refusals, 7, EMFILE, a_refusal(3, NOW - 90 * SECOND, NOW - 90 * SECOND), 3, true);

	(void)state;
	assert_false(refusals__is_now(refusals, limited, NOW)); /* not known, and long ago */
	assert_true(refusals__is_now(refusals, limited, NOW - 89 * SECOND));
	full_of(limited, 63, 64);
	assert_false(refusals__is_now(refusals, limited, NOW - 89 * SECOND));
	full_of(limited, 64, 64);
	assert_true(refusals__is_now(refusals, limited, NOW));
	limited->ended = true;
	assert_false(refusals__is_now(refusals, limited, NOW));
	refusals__free(refusals);
}

static void who_fails_after_a_look_is_looked_at_again(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);
	struct limited *limited = apply(refusals, 7, EMFILE, a_refusal(3, NOW, NOW), 3, true);

	(void)state;
	assert_true(limited_is_due(limited, NOW)); /* never looked at */
	full_of(limited, 20, 64);
	limited->fds.next_ns = NOW + 10 * SECOND;
	assert_false(limited_is_due(limited, NOW + SECOND));
	assert_true(limited_is_due(limited, NOW + 10 * SECOND));
	limited->refusal.last_ns = NOW + SECOND;
	assert_true(limited_is_due(limited, NOW + SECOND));
	limited->fds.fds_open = 64; /* that it fails is as was seen */
	assert_false(limited_is_due(limited, NOW + SECOND));
	refusals__free(refusals);
}

static void who_is_at_the_limit_now_comes_first(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);
	const struct limited *list[3];

	(void)state;
	apply(refusals, 1, EMFILE, a_refusal(1, NOW - 50 * SECOND, NOW - 50 * SECOND), 1, true);
	apply(refusals, 2, EMFILE, a_refusal(1, NOW - 40 * SECOND, NOW - 40 * SECOND), 1, true);
	full_of(apply(refusals, 3, EMFILE, a_refusal(1, NOW - 60 * SECOND, NOW - 60 * SECOND), 1,
		      true),
		64, 64);
	apply(refusals, 4, EMFILE, a_refusal(1, NOW - 70 * SECOND, NOW - 70 * SECOND), 1, true);
	apply(refusals, 5, ENFILE, a_refusal(1, NOW, NOW), 1, true);
	assert_int_equal(refusals__list(refusals, NOW, EMFILE, 3, list), 4);
	assert_int_equal(list[0]->key.tgid, 3);
	assert_int_equal(list[1]->key.tgid, 2);
	assert_int_equal(list[2]->key.tgid, 1);
	assert_int_equal(refusals__list(refusals, NOW, EMFILE, 1, list), 4);
	assert_int_equal(list[0]->key.tgid, 3);
	assert_int_equal(refusals__list(refusals, NOW, 0, 0, list), 5);
	assert_int_equal(refusals__list(NULL, NOW, 0, 3, list), 0);
	refusals__free(refusals);
}

static void what_was_an_hour_ago_is_forgotten(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);

	(void)state;
	apply(refusals, 1, EMFILE, a_refusal(1, NOW, NOW), 1, true);
	refusals__expire(refusals, NOW + REFUSAL_KEPT_NS);
	assert_non_null(refusals__all(refusals));
	refusals__expire(refusals, NOW + REFUSAL_KEPT_NS + 1);
	assert_null(refusals__all(refusals));
	refusals__free(refusals);
}

static void who_is_full_for_more_than_an_hour_is_kept(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);
	struct limited *limited = apply(refusals, 1, EMFILE, a_refusal(1, NOW, NOW), 1, true);
	__u64 later = NOW + 2 * REFUSAL_KEPT_NS;

	(void)state;
	full_of(limited, 64, 64);
	refusals__expire(refusals, later);
	assert_ptr_equal(refusals__all(refusals), limited);
	full_of(limited, 63, 64);
	refusals__expire(refusals, later);
	assert_null(refusals__all(refusals));
	limited = apply(refusals, 1, EMFILE, a_refusal(1, NOW, NOW), 1, true);
	full_of(limited, 64, 64);
	limited->ended = true;
	refusals__expire(refusals, later);
	assert_null(refusals__all(refusals));
	refusals__free(refusals);
}

/* One that the kernel's side still has would come again, and be counted twice. */
static void the_oldest_that_is_over_gives_way(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);
	const struct limited *limited;

	(void)state;
	for (__u32 i = 0; i < REFUSALS_KEPT; i++) {
		__u64 at_ns = NOW + (i == 9 ? 0 : i + 1); /* that of pid 10 failed first */

		apply(refusals, i + 1, EMFILE, a_refusal(1, at_ns, at_ns), 1, true)->over = i >= 5;
	}
	apply(refusals, 9999, EMFILE, a_refusal(1, NOW, NOW), 1, true);
	assert_int_equal(HASH_COUNT(refusals__all(refusals)), REFUSALS_KEPT);
	for (limited = refusals__all(refusals); limited; limited = limited->hh.next)
		assert_int_not_equal(limited->key.tgid, 10);
	apply(refusals, 1, EMFILE, a_refusal(1, NOW + 1, NOW + 1), 0, false);
	refusals__free(refusals);
}

static void each_spell_is_announced_once(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);

	(void)state;
	apply(refusals, 1, EMFILE, a_refusal(1, NOW, NOW), 1, true);
	assert_int_equal(refusals__announce(refusals)->key.tgid, 1);
	assert_null(refusals__announce(refusals));
	apply(refusals, 1, EMFILE, a_refusal(2, NOW, NOW + SECOND), 1, false);
	assert_null(refusals__announce(refusals));
	apply(refusals, 1, EMFILE, a_refusal(1, NOW + 90 * SECOND, NOW + 90 * SECOND), 1, true);
	assert_non_null(refusals__announce(refusals));
	refusals__free(refusals);
}

/* When the host is at its limit everybody fails: that is one thing to say. */
static void of_the_host_the_first_is_announced(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);
	__u64 later = NOW + 10 * SPELL_QUIET_NS;

	(void)state;
	apply(refusals, 1, ENFILE, a_refusal(1, NOW, NOW), 1, true);
	apply(refusals, 2, ENFILE, a_refusal(1, NOW, NOW), 1, true);
	assert_non_null(refusals__announce(refusals));
	assert_null(refusals__announce(refusals));
	apply(refusals, 3, ENFILE, a_refusal(1, NOW + 5 * SECOND, NOW + 5 * SECOND), 1, true);
	assert_null(refusals__announce(refusals));
	apply(refusals, 4, ENFILE, a_refusal(1, later, later), 1, true);
	assert_int_equal(refusals__announce(refusals)->key.tgid, 4);
	refusals__free(refusals);
}

static void the_host_in_all(void **state)
{
	struct refusals *refusals = refusals__new(2 * SECOND);
	struct host_refusals host = refusals__host(refusals, NOW);

	(void)state;
	assert_int_equal(host.processes, 0);
	assert_int_equal(refusals__host(NULL, NOW).processes, 0);
	apply(refusals, 1, ENFILE, a_refusal(5, NOW - 9 * SECOND, NOW - 3 * SECOND), 5, true);
	apply(refusals, 2, ENFILE, a_refusal(7, NOW - 8 * SECOND, NOW - SECOND), 7, true);
	apply(refusals, 3, EMFILE, a_refusal(100, NOW, NOW), 100, true);
	assert_false(refusals__host(refusals, NOW).was_full); /* that is not known */
	refusals__note_host(refusals, NOW - SECOND, 1000, 1000);
	refusals__note_host(refusals, NOW, 500, 1000); /* some were closed meanwhile */
	host = refusals__host(refusals, NOW);
	assert_int_equal(host.processes, 2);
	assert_int_equal(host.count, 12);
	assert_int_equal(host.first_ns, NOW - 9 * SECOND);
	assert_int_equal(host.last_ns, NOW - SECOND);
	assert_int_equal(host.most->key.tgid, 2);
	assert_int_equal(host.files_open, 1000);
	assert_true(host.was_full);
	assert_true(host.is_recent);
	assert_false(refusals__host(refusals, NOW + 2 * SECOND).is_recent);
	refusals__note_host(refusals, NOW + 2 * SPELL_QUIET_NS, 500, 1000);
	assert_false(refusals__host(refusals, NOW).was_full);
	refusals__free(refusals);
}

/* ---- By workload ---- */

static struct limited of_unit(const char *unit, __u64 last_ns)
{
	struct limited limited = { .refusal = a_refusal(1, last_ns, last_ns) };

	limited.owner = owner_new(NULL, NULL, strdup(unit));
	return limited;
}

static void add(struct limit_series *series, const char *unit, __u64 failures, __u64 last_ns)
{
	struct limited limited = of_unit(unit, last_ns);

	assert_int_equal(limit_series_add(series, &limited, failures, 2), 0);
	owner_unref(limited.owner);
}

static const struct limited_workload *of(const struct limit_series *series, const char *label)
{
	const struct limited_workload *workload = series->workloads;

	while (workload && !strstr(workload->labels, label))
		workload = workload->hh.next;
	assert_non_null(workload);
	return workload;
}

static void counts_go_on_when_a_process_is_gone(void **state)
{
	struct limit_series series = { 0 };

	(void)state;
	add(&series, "a.service", 3, NOW);
	add(&series, "a.service", 4, NOW - SECOND); /* of another process of the unit */
	assert_int_equal(HASH_COUNT(series.workloads), 1);
	assert_int_equal(series.workloads->failures, 7);
	assert_int_equal(series.workloads->last_ns, NOW);
	assert_string_equal(
		series.workloads->labels,
		"scope=\"unit\",unit=\"a.service\",machine=\"\",pod_uid=\"\",container_id=\"\","
		"comm=\"app\"");
	limit_series_clear(&series);
	assert_null(series.workloads);
}

static void the_first_keep_their_own(void **state)
{
	struct limit_series series = { 0 };

	(void)state;
	add(&series, "a.service", 1, NOW);
	add(&series, "b.service", 1, NOW);
	add(&series, "c.service", 50, NOW);
	add(&series, "d.service", 50, NOW);
	add(&series, "a.service", 1, NOW);
	assert_int_equal(HASH_COUNT(series.workloads), 3);
	assert_int_equal(of(&series, "a.service")->failures, 2);
	assert_int_equal(of(&series, "b.service")->failures, 1);
	assert_int_equal(of(&series, "scope=\"other\"")->failures, 100);
	add(&series, "b.service", 1, NOW + SECOND);
	limit_series_expire(&series, NOW + REFUSAL_KEPT_NS + 1);
	assert_int_equal(HASH_COUNT(series.workloads), 1);
	assert_int_equal(of(&series, "b.service")->failures, 2);
	limit_series_clear(&series);
}

/* ---- The host's files ---- */

static void the_hosts_files(void **state)
{
	__u64 open = 1, max = 2;

	(void)state;
	assert_int_equal(host_files_parse("5152\t0\t9223372036854775807\n", &open, &max), 0);
	assert_int_equal(open, 5152);
	assert_int_equal(max, 9223372036854775807ULL);
	assert_int_equal(host_files_parse("5152\t12\t8000\n", &open, &max), 0);
	assert_int_equal(open, 5140);
	assert_int_equal(host_files_parse("5152 0", &open, &max), -EPROTO);
	assert_int_equal(host_files_parse("", &open, &max), -EPROTO);
	assert_int_equal(open, 5140);
	assert_int_equal(host_files(&open, &max), 0);
	assert_true(open > 0 && max >= open / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spell_goes_on_and_another_begins),
		cmocka_unit_test(now_is_what_the_descriptors_say),
		cmocka_unit_test(who_fails_after_a_look_is_looked_at_again),
		cmocka_unit_test(who_is_at_the_limit_now_comes_first),
		cmocka_unit_test(what_was_an_hour_ago_is_forgotten),
		cmocka_unit_test(who_is_full_for_more_than_an_hour_is_kept),
		cmocka_unit_test(the_oldest_that_is_over_gives_way),
		cmocka_unit_test(each_spell_is_announced_once),
		cmocka_unit_test(of_the_host_the_first_is_announced),
		cmocka_unit_test(the_host_in_all),
		cmocka_unit_test(counts_go_on_when_a_process_is_gone),
		cmocka_unit_test(the_first_keep_their_own),
		cmocka_unit_test(the_hosts_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
