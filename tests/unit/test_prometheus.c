/* SPDX-License-Identifier: BSD-2-Clause */
/* prometheus: the families, their labels under hostile names, and what counts. */
#include "metrics_fixture.h"

static void a_healthy_host_has_no_workload(void **state)
{
	const char *text;

	(void)state;
	leak_of(an_owner("ntpd.service", "", ""), 7, "ntpd", NULL, 1);
	text = metrics();
	expect_none(text, "ntpd");
	expect_none(text, "\nsockleak_leaked_sockets");
	expect_none(text, "\nsockleak_site_");
	expect(text, "sockleak_idle_sockets 1");
	expect(text, "sockleak_tracked_sockets{state=\"leaked\"} 1");
	expect(text, "sockleak_leaks_detected_total 1");
}

static void all_reasons_are_there_from_the_start(void **state)
{
	const char *text = metrics();

	(void)state;
	expect(text, "sockleak_leaks_resolved_total{reason=\"closed\"} 0");
	expect(text, "sockleak_leaks_resolved_total{reason=\"reclassified\"} 0");
	expect(text, "sockleak_dropped_total{reason=\"map_full\"} 0");
	expect(text, "sockleak_dropped_total{reason=\"leaks_not_accounted\"} 0");
	expect(text, "sockleak_stack_errors_total{reason=\"stack_collision\"} 0");
	expect(text, "sockleak_symbolize_errors_total{reason=\"resolver_crashed\"} 0");
	expect(text, "sockleak_sweeps_total{result=\"failed\"} 0");
	expect(text, "sockleak_textfile_writes_total{result=\"failed\"} 0");
	expect(text, "sockleak_last_sweep_timestamp_seconds 0");
	expect(text,
	       "sockleak_build_info{version=\"" SOCKLEAK_VERSION "\",hooks=\"tracepoint\"} 1");
}

static void who_fills_a_table_is_named(void **state)
{
	const char *text;

	(void)state;
	summary.sweep_counts.room[SHARE_SOCKETS] = 2048;
	summary.sweep_counts.fills[SHARE_SOCKETS] = (struct fill){ 1280, 1200, 54321, 640, 77 };
	text = metrics();
	expect(text, "sockleak_table_used{table=\"sockets\"} 1280");
	expect(text, "sockleak_table_room{table=\"sockets\"} 2048");
	expect(text, "sockleak_table_used_by_one{table=\"sockets\",uid=\"54321\"} 1200");
	expect(text, "sockleak_table_used{table=\"holders\"} 0");
}

/* Each counter and loss is reported once, in one family or another. */
static void no_loss_is_left_out(void **state)
{
	const char *text;
	unsigned int n = 0, expected = 0;

	(void)state;
	for (int i = 0; i < COUNTER_COUNT; i++)
		summary.counters[i] = 1000 + i;
	text = metrics();
	for (int i = 0; i < COUNTER_COUNT; i++) {
		_cleanup_text_ struct text value = TEXT_INIT;

		text_addf(&value, "} %d\n", 1000 + i);
		assert_int_equal(count_of(text, text_str(&value)), 1);
	}
	n += count_of(text, "\nsockleak_dropped_total{");
	n += count_of(text, "\nsockleak_stack_errors_total{");
	n += count_of(text, "\nsockleak_symbolize_errors_total{");
	n += count_of(text, "\nsockleak_counters_total{");
	for (int i = 0; i < COUNTER_COUNT; i++)
		expected += !counter_is_loss((enum counter)i);
	for (const struct loss *loss = loss_next(NULL); loss; loss = loss_next(loss))
		expected += loss->kind != LOSS_APART;
	assert_int_equal(n, expected);
}

static void a_leak_is_reported_with_its_workload_and_its_site(void **state)
{
	struct stack *stack = a_stack("T::T(int)");
	const char *text;

	(void)state;
	stack->package = strdup("transport 1.2-3");
	leak_of(an_owner("app.service", "", ""), 7, "worker", stack, 5);
	stack_unref(stack);
	text = metrics();
	expect(text, "sockleak_leaked_sockets{scope=\"unit\",unit=\"app.service\",machine=\"\",pod_"
		     "uid=\"\","
		     "container_id=\"\",comm=\"worker\",class=\"probed\"} 5");
	expect(text,
	       "sockleak_oldest_leak_created_timestamp_seconds{scope=\"unit\","
	       "unit=\"app.service\",machine=\"\",pod_uid=\"\",container_id=\"\",comm=\"worker\"} "
	       "1700000940");
	expect(text, "sockleak_site_leaked_sockets{site=\"0000000000abcdef\",unit=\"app.service\","
		     "machine=\"\"} 5");
	expect(text, "sockleak_site_info{site=\"0000000000abcdef\",module=\"libtransport.so.2\","
		     "function=\"T::T(int)\",source=\"src/transport.cpp:42\",caller=\"\","
		     "package=\"transport 1.2-3\"} 1");
	expect(text, "sockleak_idle_sockets 0");
	expect_none(text, "\nsockleak_process_open_fds");
}

static void hostile_names_break_nothing(void **state)
{
	static const char *const names[] = {
		"\"} 1\nfake 2", "a\\nb\\",	 "tab\there", "\xc3\x28\xa0\xff",
		"\033[2J",	 "\xe2\x80\xae", "{}=,#",     "back\\\"slash",
	};
	char longest[256];
	const char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		leak_of(an_owner(names[i], "", ""), 7 + (__u32)i, names[i], NULL, 4);
	memset(longest, '\xff', 255);
	longest[255] = '\0';
	leak_of(an_owner(longest, "", ""), 100,
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", NULL, 4);
	memset(longest, '"', 255);
	leak_of(an_owner(longest, "", ""), 101, "\"\"\"", NULL, 4);
	text = metrics(); /* is checked there, strictly */
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 10);
	expect_none(text, "\nfake");
	assert_non_null(strstr(text, "unit=\"\\\"} 1\\\\x0afake 2\""));
}

static void the_worst_process_is_reported(void **state)
{
	const char *text;

	(void)state;
	leak_of(an_owner("a.service", "", ""), 7, "a", NULL, 5);
	leak_of(an_owner("a.service", "", ""), 8, "a", NULL, 5);
	leak_of(an_owner("b.service", "", ""), 9, "b", NULL, 5);
	set_forecast(7, 900, 1024);
	set_forecast(8, 5000, 65536);
	set_forecast(9, 300, FDS_UNLIMITED);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_process_open_fds{"), 2);
	assert_non_null(strstr(text, "comm=\"a\"} 900\n"));
	assert_non_null(strstr(text, "comm=\"a\"} 1024\n"));
	assert_non_null(strstr(text, "comm=\"b\"} 300\n"));
	assert_non_null(strstr(text, "comm=\"b\"} +Inf\n"));
}

static void the_agent_says_what_it_costs(void **state)
{
	const char *text;

	(void)state;
	health = (struct health){
		.started_ns = NOW - 100 * SECOND,
		.swept_ns = NOW + SECOND / 4,
		.user_ns = 1500000000,
		.system_ns = 1,
		.rss_bytes = 4096,
		.bpf_bytes = 8192,
		.n_programs = 2,
		.programs = { { "sys_exit_socket", 12345, 6 }, { "sweep_files", 0, 0 } },
		.n_maps = 2,
		.maps = { { "pending", 32768, 17, true }, { "pending_by_inode", 32768, 0, false } },
		.textfile_written = 3,
		.textfile_failed = 2,
		.profiles_written = 5,
		.profiles_failed = 4,
	};
	text = metrics();
	expect(text, "sockleak_agent_start_time_seconds 1700000900");
	expect(text, "sockleak_last_sweep_timestamp_seconds 1700001000.25");
	expect(text, "sockleak_agent_cpu_seconds_total{mode=\"user\"} 1.5");
	expect(text, "sockleak_agent_cpu_seconds_total{mode=\"system\"} 0.000000001");
	expect(text, "sockleak_bpf_run_seconds_total{program=\"sys_exit_socket\"} 0.000012345");
	expect(text, "sockleak_bpf_runs_total{program=\"sweep_files\"} 0");
	expect(text, "sockleak_map_entries{map=\"pending\"} 17");
	expect(text, "sockleak_map_max_entries{map=\"pending_by_inode\"} 32768");
	assert_int_equal(count_of(text, "\nsockleak_map_entries{"), 1);
	expect(text, "sockleak_textfile_writes_total{result=\"failed\"} 2");
	expect(text, "sockleak_profile_writes_total{result=\"ok\"} 5");
	expect(text, "sockleak_profile_writes_total{result=\"failed\"} 4");
	expect(text, "sockleak_bpf_memory_bytes 8192");
}

/* And the document has no others. */
static void the_document_has_all_families(void **state)
{
	FILE *file = fopen("docs/metrics.md", "r");
	static char document[64 * 1024];
	const char *text = metrics();
	unsigned int families = 0, rows = 0;

	(void)state;
	if (!file)
		fail_msg("docs/metrics.md: run this from the top of the source");
	document[fread(document, 1, sizeof(document) - 1, file)] = '\0';
	fclose(file);
	for (; (text = strstr(text, "# TYPE sockleak_")); families++) {
		_cleanup_text_ struct text row = TEXT_INIT;
		int name;

		text += strlen("# TYPE sockleak_");
		name = (int)strcspn(text, " ");
		text_addf(&row, "\n| `%.*s` | %.*s |", name, text,
			  (int)strcspn(text + name + 1, "\n"), text + name + 1);
		expect_part(document, text_str(&row));
	}
	rows = count_of(document, "` | gauge |") + count_of(document, "` | counter |");
	assert_int_equal(families, rows);
}

/* What Prometheus itself has to say about it, where it is installed. */
static void promtool_has_nothing_to_say(void **state)
{
	char path[] = "/tmp/sockleak-metrics-XXXXXX", command[128];
	const char *text;
	int fd;

	(void)state;
	if (system("command -v promtool >/dev/null 2>&1")) {
		print_message("promtool is not installed: not asked\n");
		return;
	}
	hostile_names_break_nothing(NULL);
	leak_of(an_owner("a.service", "", ""), 700, "a", NULL, 5);
	set_forecast(700, 900, 1024);
	text = metrics();
	fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, out.len) == (ssize_t)out.len);
	close(fd);
	snprintf(command, sizeof(command), "promtool check metrics <%s 1>&2", path);
	assert_int_equal(system(command), 0);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_healthy_host_has_no_workload),
		test(all_reasons_are_there_from_the_start),
		test(who_fills_a_table_is_named),
		test(no_loss_is_left_out),
		test(a_leak_is_reported_with_its_workload_and_its_site),
		test(hostile_names_break_nothing),
		test(the_worst_process_is_reported),
		test(the_agent_says_what_it_costs),
		test(the_document_has_all_families),
		test(promtool_has_nothing_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
