/* SPDX-License-Identifier: BSD-2-Clause */
/* What is read of a unit, where it lets the agent keep its pins, and when a kernel may refuse it
 * tracepoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/capability.h>

#include "host/workloads/unit.h"
#include "kernel/hooks/tracefs.h"

static bool may_pin(const char *writable, const char *directory)
{
	struct unit unit = { .writable = (char *)writable, .protects_tunables = true };

	return unit_may_pin(&unit, directory);
}

static void pins_need_a_path_below(void **state)
{
	(void)state;
	assert_true(may_pin("-/var/lib/x -/sys/fs/bpf/sockleak", "/sys/fs/bpf/sockleak"));
	assert_true(may_pin(" /sys/fs/bpf/a", "/sys/fs/bpf/a/b"));
	assert_false(may_pin("-/sys/fs/bpf", "/sys/fs/bpf/sockleak"));
	assert_false(may_pin("-/sys/fs/bpf", "/sys/fs/bpf"));
	assert_false(may_pin("", "/sys/fs/bpf/sockleak"));
	assert_false(may_pin("/sys/fs/bpf/sock", "/sys/fs/bpf/sockleak"));
	assert_false(may_pin("/", "/sys/fs/bpf/sockleak"));
}

static void pins_elsewhere_are_not_its_affair(void **state)
{
	struct unit unit = { .writable = (char *)"" };

	(void)state;
	assert_true(may_pin("", "/run/bpf/sockleak"));
	assert_true(may_pin("", "/sys/fs/bpffs"));
	assert_true(unit_may_pin(&unit, "/sys/fs/bpf/sockleak"));
}

static void levels_above_linux_own_ask_for_more(void **state)
{
	const unsigned long long few = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;

	(void)state;
	assert_false(tracefs_may_refuse(2, few));
	assert_false(tracefs_may_refuse(-1, few));
	assert_true(tracefs_may_refuse(3, few));
	assert_true(tracefs_may_refuse(4, few));
	assert_false(tracefs_may_refuse(4, few | 1ULL << CAP_SYS_ADMIN));
}

/* ---- Its files ---- */

#define ETC "/etc/systemd/system/"
#define RUN "/run/systemd/system/"
#define USR "/usr/lib/systemd/system/"

static char root[] = "/tmp/test_unit.XXXXXX";

static void put(const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *end = whole + sizeof(root); (end = strchr(end, '/')); *end++ = '/') {
		*end = '\0';
		mkdir(whole, 0700);
	}
	file = fopen(whole, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make_root(void **state)
{
	(void)state;
	memcpy(root, "/tmp/test_unit.XXXXXX", sizeof(root));
	return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct unit *read_unit(void)
{
	struct unit *unit = NULL;

	assert_int_equal(unit__read(root, &unit), 0);
	assert_non_null(unit);
	return unit;
}

/* What a unit of these lines is given. */
static unsigned long long given(const char *lines)
{
	unsigned long long mask;
	char text[512];
	struct unit *unit;

	snprintf(text, sizeof(text), "[Service]\nUser=x\n%s\n", lines);
	put(USR "sockleak.service", text);
	unit = read_unit();
	mask = unit->given;
	unit__free(unit);
	return mask;
}

#define BPF (1ULL << CAP_BPF)
#define PERFMON (1ULL << CAP_PERFMON)
#define PTRACE (1ULL << CAP_SYS_PTRACE)

static void capabilities_are_taken_away(void **state)
{
	(void)state;
	assert_int_equal(given("AmbientCapabilities=CAP_BPF CAP_PERFMON\n"
			       "AmbientCapabilities=~CAP_BPF CAP_CHOWN"),
			 PERFMON);
	assert_int_equal(given("AmbientCapabilities=CAP_BPF\nAmbientCapabilities=cap_perfmon"),
			 BPF | PERFMON);
	assert_int_equal(given("AmbientCapabilities=CAP_BPF\nAmbientCapabilities=\n"
			       "AmbientCapabilities=CAP_PERFMON"),
			 PERFMON);
	assert_int_equal(given("AmbientCapabilities=CAP_CHOWN\nAmbientCapabilities=~CAP_BPF"), 0);
	assert_int_equal(given("AmbientCapabilities=~CAP_SYS_ADMIN CAP_DAC_READ_SEARCH "
			       "CAP_CHECKPOINT_RESTORE"),
			 BPF | PERFMON | PTRACE); /* the first line: from all */
}

static void capabilities_are_bounded(void **state)
{
	(void)state;
	assert_int_equal(given("CapabilityBoundingSet=CAP_BPF\n"
			       "AmbientCapabilities=CAP_BPF CAP_PERFMON"),
			 BPF);
	assert_int_equal(given("AmbientCapabilities=CAP_BPF CAP_PERFMON\n"
			       "CapabilityBoundingSet=~CAP_BPF"),
			 PERFMON);
	assert_int_equal(given("AmbientCapabilities=CAP_BPF\nCapabilityBoundingSet="), 0);
	assert_int_equal(given("AmbientCapabilities=CAP_BPF\nCapabilityBoundingSet=\n"
			       "CapabilityBoundingSet=~"),
			 BPF);
	assert_int_equal(given("User=root\nCapabilityBoundingSet=CAP_BPF CAP_CHOWN"), BPF);
}

static bool protects(const char *value)
{
	char text[128];
	struct unit *unit;
	bool does;

	snprintf(text, sizeof(text), "[Service]\nProtectKernelTunables=%s\n", value);
	put(USR "sockleak.service", text);
	unit = read_unit();
	does = unit->protects_tunables;
	unit__free(unit);
	return does;
}

static void booleans_are_those_of_systemd(void **state)
{
	static const char *const set[] = { "yes", "y", "true", "t", "on", "1", "On", "TRUE" };
	static const char *const not_set[] = { "no", "n", "false", "f", "off", "0", "", "yellow" };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_true(protects(set[i]));
		assert_false(protects(not_set[i]));
	}
	put(ETC "sockleak.service.d/x.conf", "[Service]\nProtectKernelTunables=off\n");
	assert_false(protects("on"));
}

static void a_masked_unit(void **state)
{
	char path[256];
	struct unit *unit;

	(void)state;
	put(USR "sockleak.service", "[Service]\nUser=x\n");
	unit = read_unit();
	assert_false(unit->is_masked);
	unit__free(unit);
	put(ETC "sockleak.service", "");
	unit = read_unit();
	assert_true(unit->is_masked);
	unit__free(unit);
	snprintf(path, sizeof(path), "%s" ETC "sockleak.service", root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	unit = read_unit();
	assert_true(unit->is_masked);
	unit__free(unit);
}

/* By name over all directories; of one name the first directory's alone. */
static void drop_ins_in_order(void **state)
{
	struct unit *unit;

	(void)state;
	put(USR "sockleak.service", "[Service]\nUser=a\nReadWritePaths=/unit\n");
	put(ETC "sockleak.service.d/10-x.conf", "[Service]\nUser=b\nReadWritePaths=/etc10\n");
	put(RUN "sockleak.service.d/20-x.conf", "[Service]\nUser=c\nReadWritePaths=/run20\n");
	put(USR "sockleak.service.d/20-x.conf", "[Service]\nUser=d\nReadWritePaths=/usr20\n");
	put(USR "sockleak.service.d/15-x.conf", "[Service]\nUser=e\nReadWritePaths=/usr15\n");
	unit = read_unit();
	assert_string_equal(unit->user, "c");
	assert_string_equal(unit->writable, " /unit /etc10 /usr15 /run20");
	unit__free(unit);
}

#define test_of_files(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pins_need_a_path_below),
		cmocka_unit_test(pins_elsewhere_are_not_its_affair),
		cmocka_unit_test(levels_above_linux_own_ask_for_more),
		test_of_files(capabilities_are_taken_away),
		test_of_files(capabilities_are_bounded),
		test_of_files(booleans_are_those_of_systemd),
		test_of_files(a_masked_unit),
		test_of_files(drop_ins_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
