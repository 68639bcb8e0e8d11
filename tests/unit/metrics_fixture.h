/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics_fixture: a host, as it is filled by a test, and the metrics of it. */
#ifndef METRICS_FIXTURE_H
#define METRICS_FIXTURE_H

#include "report_fixture.h"

#include "../fuzz/check_metrics.h"
#include "lib/names.h"
#include "report/losses.h"
#include "report/metrics/exposition.h"
#include "report/metrics/limit_series.h"
#include "report/metrics/prometheus.h"

#define WALL (1700000000LL * (__s64)SECOND)

/* A host, as it is filled by a test, and the metrics of it. */
_unused_ static struct leaks *leaks;
static struct summary summary;
static struct health health;
static struct series_limits limits;
static __u64 next_inode;
static struct text out;

_unused_ static int begin(void **state)
{
	(void)state;
	leaks = leaks__new(~0U, SECOND, ignore, NULL);
	summary = (struct summary){ .now_ns = NOW,
				    .wall_offset_ns = WALL,
				    .older_than_ns = 5 * SECOND,
				    .hooks = "tracepoint" };
	health = (struct health){ .started_ns = NOW - 100 * SECOND };
	limits = SERIES_DEFAULTS;
	next_inode = 1;
	return leaks ? 0 : -1;
}

_unused_ static int end(void **state)
{
	(void)state;
	leaks__free(leaks);
	text_free(&out);
	return 0;
}

_unused_ static struct owner *an_owner(const char *unit, const char *pod, const char *container)
{
	struct owner *owner = owner_new(NULL, NULL, unit ? strdup(unit) : NULL);

	snprintf(owner->workload.pod, sizeof(owner->workload.pod), "%s", pod);
	snprintf(owner->workload.container, sizeof(owner->workload.container), "%s", container);
	return owner;
}

/* Takes the reference to the owner. */
_unused_ static void leak_of(struct owner *owner, __u32 tgid, const char *comm, struct stack *stack,
			     unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct event event = a_event(next_inode++, comm);

		event.tgid = tgid;
		event.socket.since_ns = NOW - 60 * SECOND + i * 2 * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	}
	owner_unref(owner);
}

_unused_ static const char *metrics(void)
{
	leaks__tick(leaks, NOW);
	summary.leaks = leaks__totals(leaks);
	text_clear(&out);
	assert_int_equal(prometheus_add(&out, leaks, &summary, &health, &limits), 0);
	check_metrics(text_str(&out), out.len);
	return text_str(&out);
}

_unused_ static void expect(const char *text, const char *line)
{
	_cleanup_text_ struct text wanted = TEXT_INIT;

	text_addf(&wanted, "\n%s\n", line);
	if (!strstr(text, text_str(&wanted)))
		fail_msg("expected the line\n%s\nin\n%s", line, text);
}

_unused_ static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected %s", part);
}

_unused_ static void expect_none(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("did not expect %s in\n%s", part, text);
}

_unused_ static unsigned int count_of(const char *text, const char *part)
{
	unsigned int count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

_unused_ static void set_forecast(__u32 tgid, __u64 open, __u64 limit)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	for (long i = 0; i < count; i++)
		for (struct site_process *p = sites[i]->processes; p; p = p->hh.next)
			if (p->tgid == tgid)
				p->forecast = (struct forecast){ .looked_ns = NOW,
								 .fds_open = open,
								 .fds_limit = limit };
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif /* METRICS_FIXTURE_H */
