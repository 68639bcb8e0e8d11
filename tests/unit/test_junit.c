/* SPDX-License-Identifier: BSD-2-Clause */
/* junit: a failed test case for each site, or one that passed; nothing breaks the document. */
#include "report_fixture.h"

#include "report/text/junit.h"

static char *document_on(struct leaks *leaks, bool by_growth)
{
	const struct run_summary run = { .program = "make <test>",
					 .status = 2,
					 .by_growth = by_growth };
	struct summary summary = { .now_ns = NOW, .started_ns = NOW - 2500000000ULL, .run = &run };
	struct text out = TEXT_INIT;

	junit_report(&out, leaks, &summary);
	assert_int_equal(text_error(&out), 0);
	leaks__free(leaks);
	return out.data;
}

static struct leaks *leaks_of(const char *comm, const char *function)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct stack *stack = a_stack(function);
	struct event event = a_event(1, comm);

	assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	leaks__tick(leaks, NOW);
	owner_unref(owner);
	stack_unref(stack);
	return leaks;
}

static void a_site_is_a_failed_case(void **state)
{
	char *document = document_on(leaks_of("ruby", "open_session"), false);

	(void)state;
	assert_non_null(strstr(document, "<testsuites name=\"sockleak\" tests=\"1\" failures=\"1\" "
					 "errors=\"0\" time=\"2.500\">"));
	assert_non_null(strstr(document, "value=\"make &lt;test&gt;\""));
	assert_non_null(strstr(document, "name=\"exit_status\" value=\"2\""));
	assert_non_null(strstr(document, "classname=\"sockleak.ruby\" name=\"open_session "
					 "(libtransport.so.2) site 0000000000abcdef\""));
	assert_non_null(strstr(document,
			       "<failure type=\"probed\" message=\"1 socket was left open "
			       "and never connected, made in open_session "
			       "(libtransport.so.2) at src/transport.cpp:42\">"));
	assert_non_null(strstr(document, "#1  open_session"));
	free(document);
}

static void without_leaks_one_case_passes(void **state)
{
	char *document = document_on(leaks__new(~0U, SECOND, ignore, NULL), false);

	(void)state;
	assert_non_null(strstr(document, "tests=\"1\" failures=\"0\""));
	assert_non_null(strstr(document, "name=\"no leaked sockets\""));
	assert_null(strstr(document, "<failure"));
	free(document);
}

static void what_has_not_grown_does_not_fail_by_growth(void **state)
{
	char *document = document_on(leaks_of("ruby", "open_session"), true);

	(void)state;
	assert_non_null(strstr(document, "failures=\"0\""));
	free(document);
}

static void names_of_others_are_escaped(void **state)
{
	char *document = document_on(leaks_of("<&\"\001\377>", "a<b>(\"c\" & d)"), false);

	(void)state;
	assert_non_null(strstr(document, "sockleak.&lt;&amp;&quot;\\x01\xef\xbf\xbd&gt;"));
	assert_non_null(strstr(document, "a&lt;b&gt;(&quot;c&quot; &amp; d)"));
	for (const char *c = document; *c; c++)
		assert_true(*c == '\n' || (unsigned char)*c >= ' ');
	free(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_site_is_a_failed_case),
		cmocka_unit_test(without_leaks_one_case_passes),
		cmocka_unit_test(what_has_not_grown_does_not_fail_by_growth),
		cmocka_unit_test(names_of_others_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
