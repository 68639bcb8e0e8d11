/* SPDX-License-Identifier: BSD-2-Clause */
/* json_climb: "climbing" of the summary, against the schema. */
#include "json_fixture.h"

#include "climbs_fixture.h"

static void expect_summary(const char *part)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct summary summary = at(climbs_now);

	summary.climbs = climbs;
	summary.hooks = "tracepoint";
	json_summary(&out, leaks, &summary, 10);
	leaks__free(leaks);
	assert_has(&out, part);
	assert_valid(&out);
}

static void a_climber(void **state)
{
	struct climber *climber;

	(void)state;
	climb_by(DESCRIPTOR_NETLINK, 20);
	climber = climbs__get(climbs, 0);
	climber->owner = owner_ref(&story_owner);
	makes(climber, DESCRIPTOR_NETLINK, 10, story_stack());
	expect_summary("\"climbing\":[{\"pid\":4242,\"comm\":\"app\",\"name\":\"app\","
		       "\"unit\":\"delayed_job.service\",\"machine\":null,\"container\":null,"
		       "\"pod\":null,\"descriptors_before\":5,\"descriptors\":25,"
		       "\"since\":\"2026-09-21T14:29:40.000Z\",\"per_minute\":60,"
		       "\"growing\":[{\"kind\":\"netlink\",\"count\":20,\"more\":19}],"
		       "\"kinds\":{\"netlink\":20,\"file\":5},"
		       "\"site\":\"00ab54a98ceb1f0a\",\"culprit\":");
}

static void a_climber_of_which_little_is_known(void **state)
{
	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[2] = 5 + i;
		count_once();
	}
	expect_summary("\"per_minute\":60,\"growing\":[],\"kinds\":null,\"site\":null,"
		       "\"culprit\":null,\"package\":null}]");
}

static void nobody(void **state)
{
	(void)state;
	expect_summary("\"climbing\":[],");
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin_climbs, end_climbs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_climber),
		test(a_climber_of_which_little_is_known),
		test(nobody),
		cmocka_unit_test(all_lines_pass_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
