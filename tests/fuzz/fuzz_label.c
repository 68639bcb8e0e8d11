/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Metrics: any bytes as label values, then the whole text of an agent about leaks of
 * owners with such names.
 */
#include "check_metrics.h"
#include "take_stack.h"

#include "lib/text.h"
#include "report/metrics/exposition.h"
#include "report/metrics/prometheus.h"

#define MAX_LEAKS 48

static void ignore(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change, (void)ctx;
}

/* The text that a value stands for is what cleaning makes of the bytes, or its beginning. */
static void check_label(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text out = TEXT_INIT, labels = TEXT_INIT, clean = TEXT_INIT,
				   plain = TEXT_INIT;
	struct family family = family_begin(&out, "x", FAMILY_GAUGE, "Help.");

	label_add_bytes(&labels, "a", (const char *)data, size);
	label_add(&labels, "b", NULL);
	family_u64(&family, text_str(&labels), size);
	check(!text_error(&out) && !text_error(&labels));
	check(check_metrics(text_str(&out), out.len) == 1);
	check(labels.len <= 2 * LABEL_MAX_BYTES + strlen("a=\"\",b=\"\""));
	text_add_clean(&clean, (const char *)data, size);
	for (const char *at = text_str(&labels) + strlen("a=\""); *at != '"'; at++)
		text_add_bytes(&plain, *at == '\\' ? ++at : at, 1);
	check(plain.len <= clean.len && !memcmp(text_str(&plain), text_str(&clean), plain.len));
	check(plain.len == clean.len || plain.len > LABEL_MAX_BYTES - 4);
}

static struct owner *take_owner(struct input *input)
{
	struct owner *owner = owner_new(NULL, NULL, take_name(input));

	check(owner);
	if (take_u8(input) & 1)
		memset(owner->workload.container, 'a' + (take_u8(input) & 3),
		       WORKLOAD_CONTAINER_LEN);
	return owner;
}

static void take_leak(struct input *input, struct leaks *leaks, unsigned int number)
{
	struct event event = { .kind = EVENT_LEAK };
	struct owner *owner = take_owner(input);
	struct stack *stack = take_u8(input) & 1 ? take_stack(input) : NULL;
	uint8_t which = take_u8(input);

	event.class = (__u8)(1 + which % (CLASS_COUNT - 1));
	event.tgid = event.socket.tgid = 1 + (which >> 6);
	event.maybe_in_use = which >> 5 & 1;
	event.socket.inode = number + 1;
	event.socket.since_ns = take_u32(input) * 1000000ULL;
	take_bytes(input, event.comm, take_u8(input) % (SOCKLEAK_COMM_LEN + 1));
	check(!leaks__apply(leaks, &event, owner, stack));
	owner_unref(owner);
	stack_unref(stack);
}

static void take_forecasts(struct input *input, struct leaks *leaks)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	for (long i = 0; i < count; i++) {
		struct forecast *forecast = &sites[i]->processes->forecast;
		uint8_t flags = take_u8(input);

		forecast->looked_ns = flags & 1;
		forecast->fds_open = take_u32(input);
		forecast->fds_limit = flags & 2 ? take_u32(input) : FDS_UNLIMITED;
	}
}

/* What is counted in all series together, for it must not depend on the bounds. */
static unsigned int sum(struct leaks *leaks, const struct series_limits *limits, bool by_site)
{
	_cleanup_series_ struct series series = { 0 };
	unsigned int count = 0;

	check(!series_collect(leaks, limits, &series));
	check(HASH_COUNT(series.workloads) <= limits->workloads + 1);
	check(HASH_COUNT(series.sites) <= limits->sites + 1);
	for (const struct workload_series *w = series.workloads; w && !by_site; w = w->hh.next)
		count += w->open;
	for (const struct site_series *s = series.sites; s && by_site; s = s->hh.next)
		count += s->open;
	check(count + series.idle == leaks__totals(leaks).open);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct summary summary = { .hooks = "raw_tp" };
	struct series_limits few;
	struct leaks *leaks = leaks__new(~0U, 1000000, ignore, NULL);
	_cleanup_text_ struct text out = TEXT_INIT;
	struct health health = { 0 };

	check_label(data, size);
	check(leaks);
	few.workloads = 1 + take_u8(&input) % 8;
	few.sites = 1 + take_u8(&input) % 8;
	summary.now_ns = take_u32(&input) * 1000000ULL;
	leaks__tune(leaks, 1 + (take_u8(&input) & 1), 1);
	for (unsigned int i = 0; i < MAX_LEAKS && input_left(&input); i++)
		take_leak(&input, leaks, i);
	leaks__tick(leaks, summary.now_ns);
	take_forecasts(&input, leaks);
	take_bytes(&input, &health.user_ns, sizeof(health.user_ns));
	summary.wall_offset_ns = (__s64)take_u64(&input);
	summary.leaks = leaks__totals(leaks);
	check(!prometheus_add(&out, leaks, &summary, &health, &few));
	check_metrics(text_str(&out), out.len);
	check(sum(leaks, &few, false) == sum(leaks, &SERIES_DEFAULTS, true));
	leaks__free(leaks);
	return 0;
}
