/* SPDX-License-Identifier: BSD-2-Clause */
/* series: which sockets are one series, and how many series there are. */
#include "metrics_fixture.h"

/* A leak that makes a pause is still there. */
static void a_pause_is_no_end(void **state)
{
	const char *text;

	(void)state;
	leak_of(an_owner("app.service", "", ""), 7, "worker", NULL, 5);
	leaks__tick(leaks, NOW + 3600 * SECOND);
	assert_int_equal(leaks__totals(leaks).leaking, 0);
	text_clear(&out);
	assert_int_equal(prometheus_add(&out, leaks, &summary, &health, &limits), 0);
	text = text_str(&out);
	expect(text, "sockleak_site_leaked_sockets{site=\"unknown\",unit=\"app.service\",machine="
		     "\"\"} 5");
	expect(text, "sockleak_idle_sockets 0");
}

static void scopes_are_distinct(void **state)
{
	static const char pod[] = "0f5c2ba1-0000-4000-8000-00000000000a";
	static const char container[] =
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	const char *text;

	(void)state;
	leak_of(an_owner(NULL, "", ""), 7, "a", NULL, 5);
	leak_of(an_owner("b.service", "", ""), 8, "b", NULL, 5);
	leak_of(an_owner("c.scope", "", container), 9, "c", NULL, 5);
	leak_of(an_owner(NULL, pod, container), 10, "d", NULL, 5);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 4);
	expect_none(text, "scope=\"other\"");
	assert_non_null(strstr(
		text,
		"scope=\"host\",unit=\"\",machine=\"\",pod_uid=\"\",container_id=\"\",comm=\"a\""));
	assert_non_null(
		strstr(text, "scope=\"unit\",unit=\"b.service\",machine=\"\",pod_uid=\"\""));
	assert_non_null(strstr(text, "scope=\"container\",unit=\"c.scope\",machine=\"\",pod_uid="
				     "\"\",container_id=\"0011"));
	assert_non_null(
		strstr(text, "scope=\"pod\",unit=\"\",machine=\"\",pod_uid=\"0f5c2ba1-0000"));
}

/* A unit of the host and of two guests: a workload and a site each. */
static void guests_are_distinct(void **state)
{
	static const char *const machines[] = { NULL, "web1", "web2" };
	struct stack *stack = a_stack("f");
	const char *text;

	(void)state;
	for (__u32 i = 0; i < 3; i++) {
		struct owner *owner = an_owner("nginx.service", "", "");

		owner->machine = machines[i] ? strdup(machines[i]) : NULL;
		leak_of(owner, 7 + i, "nginx", stack, 5 + i);
	}
	stack_unref(stack);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 3);
	assert_non_null(strstr(text, "scope=\"unit\",unit=\"nginx.service\",machine=\"web2\","));
	expect(text, "sockleak_site_leaked_sockets{site=\"0000000000abcdef\",unit=\"nginx."
		     "service\",machine=\"\"} 5");
	expect(text, "sockleak_site_leaked_sockets{site=\"0000000000abcdef\",unit=\"nginx."
		     "service\",machine=\"web1\"} 6");
	expect(text, "sockleak_site_leaked_sockets{site=\"0000000000abcdef\",unit=\"nginx."
		     "service\",machine=\"web2\"} 7");
}

/* Two cgroups of one path, two processes of one name: one series. */
static void equal_labels_are_one_workload(void **state)
{
	const char *text;

	(void)state;
	leak_of(an_owner("app.service", "", ""), 7, "worker", NULL, 5);
	leak_of(an_owner("app.service", "", ""), 8, "worker", NULL, 6);
	/* What is written alike is alike: an invalid byte is as good as the other. */
	leak_of(an_owner("x\xff", "", ""), 9, "bad\xfe", NULL, 4);
	leak_of(an_owner("x\xfe", "", ""), 10, "bad\xff", NULL, 4);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 2);
	assert_non_null(strstr(text, "comm=\"worker\",class=\"probed\"} 11\n"));
	assert_non_null(strstr(text,
			       "unit=\"x\xef\xbf\xbd\",machine=\"\",pod_uid=\"\",container_id=\"\","
			       "comm=\"bad\xef\xbf\xbd\",class=\"probed\"} 8\n"));
}

#define OTHER "{scope=\"other\",unit=\"\",machine=\"\",pod_uid=\"\",container_id=\"\",comm=\"\"}"

static void the_largest_keep_their_series(void **state)
{
	const char *text;

	(void)state;
	limits = (struct series_limits){ 2, 1 };
	for (unsigned int i = 0; i < 5; i++) {
		char unit[] = "0.service", comm[] = "w0";
		struct stack *stack = a_stack("f");

		unit[0] += (char)i;
		comm[1] += (char)i;
		stack->site = i + 1;
		leak_of(an_owner(unit, "", ""), 7 + i, comm, stack, 4 + i);
		stack_unref(stack);
	}
	set_forecast(7, 100, 1024); /* of the others: the fullest of them is reported */
	set_forecast(8, 200, 1024);
	text = metrics();
	expect(text, "sockleak_process_open_fds" OTHER " 200");
	expect(text, "sockleak_oldest_leak_created_timestamp_seconds" OTHER " 1700000940");
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 3);
	assert_non_null(strstr(text, "comm=\"w4\",class=\"probed\"} 8\n"));
	assert_non_null(strstr(text, "comm=\"w3\",class=\"probed\"} 7\n"));
	expect(text, "sockleak_leaked_sockets{scope=\"other\",unit=\"\",machine=\"\",pod_uid=\"\","
		     "container_id=\"\",comm=\"\",class=\"probed\"} 15");
	expect(text, "sockleak_site_leaked_sockets{site=\"0000000000000005\",unit=\"4.service\","
		     "machine=\"\"} 8");
	expect(text, "sockleak_site_leaked_sockets{site=\"other\",unit=\"\",machine=\"\"} 22");
	expect(text, "sockleak_site_info{site=\"other\",module=\"\",function=\"\",source=\"\","
		     "caller=\"\",package=\"\"} 1");
	assert_int_equal(count_of(text, "\nsockleak_site_info{"), 2);
	expect(text, "sockleak_suppressed_series 7");
}

/* A join by site loses nothing: each site that has sockets has one info. */
static void a_site_has_one_info(void **state)
{
	struct stack *stack = a_stack("f");
	const char *text;

	(void)state;
	leak_of(an_owner("a.service", "", ""), 7, "one", stack, 5);
	leak_of(an_owner("b.service", "", ""), 8, "two", stack, 5);
	leak_of(an_owner("b.service", "", ""), 9, "none", NULL, 5);
	stack_unref(stack);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_site_leaked_sockets{site=\"0000000000abcdef\""),
			 2);
	assert_int_equal(count_of(text, "\nsockleak_site_info{site=\"0000000000abcdef\""), 1);
	expect(text, "sockleak_site_info{site=\"unknown\",module=\"\",function=\"\",source=\"\","
		     "caller=\"\",package=\"\"} 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_pause_is_no_end),
		test(scopes_are_distinct),
		test(guests_are_distinct),
		test(equal_labels_are_one_workload),
		test(the_largest_keep_their_series),
		test(a_site_has_one_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
