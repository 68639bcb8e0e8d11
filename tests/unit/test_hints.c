/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hints: the commands for modules of this system and of a process in another
 * root, their order and wrapping, and that they go once the debug file is there.
 */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files/process_files.h"
#include "lib/json.h"
#include "lib/regular_file.h"
#include "lib/text.h"
#include "package_fixture.h"
#include "packages/hints.h"

#define MAYBE_OLD \
	"  (a version that apt does not find is older than the archive: fetch by build id, -v)\n"
#define RPM_NOTE(name)                                                           \
	"{\"type\":\"rpm\",\"name\":\"" name "\",\"version\":\"1.35.0-1.fc25\"," \
	"\"architecture\":\"x86_64\"}"

static struct packages *packages;
static struct hints *hints;

static int find(void *ctx, pid_t tgid, const char *path, const char *build_id,
		struct package *ret_package)
{
	(void)ctx;
	return packages__find(packages, tgid, path, build_id, ret_package);
}

/* As the opener looks for it. */
static bool has_file(void *ctx, pid_t tgid, const char *path)
{
	int fd;

	(void)ctx;
	if (regular_file_open_stored(path, &fd) && process_open_path(tgid, path, &fd))
		return false;
	close(fd);
	return true;
}

static int begin(void **state)
{
	(void)state;
	return packages__new(&packages) || hints__new(find, has_file, NULL, &hints);
}

static int end(void **state)
{
	(void)state;
	hints__free(hints);
	packages__free(packages);
	return 0;
}

/* Finish, and compare the text, where each @ stands for the process. */
static void expect(pid_t pid, unsigned int columns, const char *expected)
{
	_cleanup_text_ struct text text = TEXT_INIT, wanted = TEXT_INIT;

	assert_int_equal(hints__finish(hints), 0);
	hints_add_text(&text, hints, columns, false);
	for (; *expected; expected++)
		if (*expected == '@')
			text_addf(&wanted, "%d", pid);
		else
			text_add_bytes(&wanted, expected, 1);
	assert_string_equal(text_str(&text), text_str(&wanted));
}

static void none(void **state)
{
	(void)state;
	hints__begin(hints);
	hints__add(hints, getpid(), NULL, NULL);
	hints__add(hints, getpid(), "[vdso]", "abcdef");
	expect(0, 0, "");
	assert_int_equal(hints__count(hints), 0);
}

static void debian(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	if (access("/var/lib/dpkg/info/dpkg.list", R_OK)) {
		print_message("skipped: no dpkg on this system\n");
		skip();
	}
	hints__begin(hints);
	hints__add(hints, getpid(), "/usr/bin/dpkg", NULL);
	hints__add(hints, getpid(), "/usr/bin/dpkg-deb", NULL);
	hints__add(hints, getpid(), "/usr/bin/cat", NULL);
	if (!geteuid()) /* another process with our root adds nothing */
		hints__add(hints, getppid(), "/usr/bin/cat", NULL);
	assert_int_equal(hints__finish(hints), 0);
	hints_add_text(&text, hints, 0, false);
	assert_non_null(strstr(text_str(&text), "Missing separate debuginfos of the debug archive, "
						"use: apt install coreutils-dbgsym="));
	assert_int_equal(hints__count(hints), 3);
	assert_true(!strncmp(hints__get(hints, 2)->command, "apt install dpkg-dbgsym=1.", 26));
	assert_int_equal(hints__get(hints, 2)->container, 0);
}

/* A build that no database and no note knows; a path that would be read as something else. */
static void by_build_id(void **state)
{
	(void)state;
	hints__begin(hints);
	hints__add(hints, getpid(), "/no/such\n\033[31m", "0123456789abcdef");
	hints__add(hints, 0x7ffffffe, "/gone", "00112233");
	hints__add(hints, getpid(), "/no/build-id", NULL);
	hints__add(hints, getpid(), "/hostile", "00; id");
	expect(0, 0,
	       "Not in a package database; fetch by build id:\n"
	       "  debuginfod-find debuginfo 00112233  # /gone\n"
	       "  debuginfod-find debuginfo 0123456789abcdef  # /no/such\\x0a\\x1b[31m\n"
	       "No debug information can be found without a package or a build id:\n"
	       "  /hostile, removed since\n"
	       "  /no/build-id, removed since\n");
	assert_int_equal(hints__count(hints), 4);
	hints__begin(hints);
	hints__add(hints, getpid(), "/no/such\033[31m", "0123456789abcdef");
	expect(0, 0,
	       "Not in a package database; fetch by build id:\n"
	       "  debuginfod-find debuginfo 0123456789abcdef  # /no/such\\x1b[31m, removed "
	       "since\n");
}

/* Forget what was found. */
static void renew_packages(void)
{
	packages__free(packages);
	assert_int_equal(packages__new(&packages), 0);
}

static pid_t start_container(void)
{
	pid_t pid;

	put_dpkg();
	put_elf("/usr/lib/x/libqpid.so.1", 0x11, NULL);
	put_elf("/usr/lib/x/libc.so.6", 0x22, NULL);
	put_elf("/usr/bin/tool", 0x33, RPM_NOTE("qpid-tools"));
	put_elf("/opt/b.so", 0x44, RPM_NOTE("ruby"));
	put_elf("/opt/a.so", 0x55, RPM_NOTE("qpid-cpp-client"));
	put_elf("/opt/c.so", 0x66, NULL);
	pid = start_inside();
	if (!pid) {
		print_message("skipped: chroot and unshare need root\n");
		skip();
	}
	return pid;
}

static const char *const modules[][2] = {
	{ "/usr/lib/x/libqpid.so.1", "1111111111111111" },
	{ "/usr/lib/x/libc.so.6", "2222222222222222" },
	{ "/usr/bin/tool", "3333333333333333" },
	{ "/opt/b.so", "4444444444444444" },
	{ "/opt/a.so", "5555555555555555" },
	{ "/opt/c.so", "6666666666666666" },
};

static void add_modules(pid_t pid, unsigned int from, unsigned int step)
{
	unsigned int i, count = sizeof(modules) / sizeof(modules[0]);

	hints__begin(hints);
	for (i = 0; i < 2 * count; i++)
		hints__add(hints, pid, modules[(from + i * step) % count][0],
			   modules[(from + i * step) % count][1]);
}

static const char container_text[] =
	"Missing separate debuginfos in the root of process @, use: dnf debuginfo-install "
	"qpid-cpp-client-1.35.0-1.fc25.x86_64 ruby-1.35.0-1.fc25.x86_64\n"
	"Missing separate debuginfos in the root of process @, use: apt install "
	"libc6-dbg=2.36-9\n"
	"Missing separate debuginfos of the debug archive in the root of process @, use: apt "
	"install "
	"libqpid1-dbgsym=1:1.35.0-1+b2 tool-dbgsym=2.0~rc1\n" MAYBE_OLD
	"Not in a package database; fetch by build id:\n"
	"  debuginfod-find debuginfo 5555555555555555  # /opt/a.so of process @\n"
	"  debuginfod-find debuginfo 4444444444444444  # /opt/b.so of process @\n"
	"  debuginfod-find debuginfo 6666666666666666  # /opt/c.so of process @\n";

static void container(void **state)
{
	pid_t pid = start_container(), second = start_inside();

	(void)state;
	add_modules(pid, 0, 1);
	expect(pid, 0, container_text);
	add_modules(pid, 3, 5); /* backwards */
	expect(pid, 0, container_text);
	/* another process in the same container adds nothing */
	hints__add(hints, second, modules[0][0], modules[0][1]);
	expect(pid < second ? pid : second, 0, container_text);
	stop_process(pid);
	stop_process(second);
}

static void wraps(void **state)
{
	pid_t pid = start_container();

	(void)state;
	add_modules(pid, 0, 1);
	expect(pid, 64,
	       "Missing separate debuginfos in the root of process @, use:\n"
	       "  dnf debuginfo-install qpid-cpp-client-1.35.0-1.fc25.x86_64 \\\n"
	       "    ruby-1.35.0-1.fc25.x86_64\n"
	       "Missing separate debuginfos in the root of process @, use:\n"
	       "  apt install libc6-dbg=2.36-9\n"
	       "Missing separate debuginfos of the debug archive in the root of process @, use:\n"
	       "  apt install libqpid1-dbgsym=1:1.35.0-1+b2 \\\n"
	       "    tool-dbgsym=2.0~rc1\n" MAYBE_OLD
	       "Not in a package database; fetch by build id:\n"
	       "  debuginfod-find debuginfo 5555555555555555  # /opt/a.so of process @\n"
	       "  debuginfod-find debuginfo 4444444444444444  # /opt/b.so of process @\n"
	       "  debuginfod-find debuginfo 6666666666666666  # /opt/c.so of process @\n");
	stop_process(pid);
}

/* Installed while we run: the hint goes; removed again: it is back. */
static void installed(void **state)
{
	static const char debug[] = "/usr/lib/debug/.build-id/11/11111111111111.debug";
	pid_t pid = start_container();

	(void)state;
	hints__begin(hints);
	hints__add(hints, pid, modules[0][0], modules[0][1]);
	expect(pid, 0,
	       "Missing separate debuginfos of the debug archive in the root of process @, use: "
	       "apt install libqpid1-dbgsym=1:1.35.0-1+b2\n" MAYBE_OLD);
	put(debug, "");
	hints__begin(hints);
	hints__add(hints, pid, modules[0][0], modules[0][1]);
	expect(pid, 0, "");
	unlink(in_root(debug));
	assert_int_equal(mkfifo(in_root(debug), 0600), 0); /* no debug file */
	hints__begin(hints);
	hints__add(hints, pid, modules[0][0], modules[0][1]);
	expect(pid, 0,
	       "Missing separate debuginfos of the debug archive in the root of process @, use: "
	       "apt install libqpid1-dbgsym=1:1.35.0-1+b2\n" MAYBE_OLD);
	stop_process(pid);
}

static void as_json(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT, wanted = TEXT_INIT;
	struct json json = json_writer(&text);
	pid_t pid = start_container();

	(void)state;
	hints__begin(hints);
	hints__add(hints, pid, "/opt/c.so", NULL);
	hints__add(hints, pid, modules[0][0], modules[0][1]);
	assert_int_equal(hints__finish(hints), 0);
	hints_add_json(&json, NULL, hints);
	text_addf(&wanted,
		  "[{\"module\":\"/usr/lib/x/libqpid.so.1\",\"build_id\":\"1111111111111111\","
		  "\"container\":%d,\"package\":\"libqpid1 1:1.35.0-1+b2\","
		  "\"package_source\":\"dpkg\",\"replaced\":false,"
		  "\"removed\":false,\"availability\":null,"
		  "\"command\":\"apt install libqpid1-dbgsym=1:1.35.0-1+b2\"},"
		  "{\"module\":\"/opt/c.so\",\"build_id\":null,\"container\":%d,\"package\":null,"
		  "\"package_source\":null,\"replaced\":false,\"removed\":false,"
		  "\"availability\":null,\"command\":null}]\n",
		  pid, pid);
	assert_string_equal(text_str(&text), text_str(&wanted));
	stop_process(pid);
}

#define LISTS "/var/lib/apt/lists/"
#define OF_ARCHIVE "_binary-amd64_Packages"
#define QPID_LINE \
	"debuginfod-find debuginfo 1111111111111111  # /usr/lib/x/libqpid.so.1 of process @"

/* What apt's lists say: each archive's own command, and by build id what is in none. */
static void lists_of_apt(void **state)
{
	pid_t pid = start_container();

	(void)state;
	put(LISTS "HOST_debian_dists_bookworm_main" OF_ARCHIVE,
	    "Package: libc6-dbg\nSource: glibc\nVersion: 2.36-9\n\n");
	add_modules(pid, 0, 1);
	hints__begin(hints);
	hints__add(hints, pid, modules[0][0], modules[0][1]);
	hints__add(hints, pid, modules[1][0], modules[1][1]);
	expect(pid, 0,
	       "Missing separate debuginfos in the root of process @, use: apt install "
	       "libc6-dbg=2.36-9\n"
	       "Missing separate debuginfos of the debug archive in the root of process @, use: "
	       "apt install libqpid1-dbgsym=1:1.35.0-1+b2\n"
	       "  (apt has no list of that archive, debian-debug or Ubuntu's ddebs: "
	       "docs/hints.md)\n");
	/* the archive has moved on */
	put(LISTS "HOST_debian-debug_dists_bookworm-debug_main" OF_ARCHIVE,
	    "Package: libqpid1-dbgsym\nVersion: 1:1.35.0-1+b3\n\n");
	renew_packages();
	expect(pid, 0,
	       "Missing separate debuginfos in the root of process @, use: apt install "
	       "libc6-dbg=2.36-9\n"
	       "Not in apt's lists in the installed version; fetch by build id:\n"
	       "  " QPID_LINE ", libqpid1 1:1.35.0-1+b2\n");
	assert_string_equal(package_availability_name(hints__get(hints, 1)->package.availability),
			    "too_old");
	put(LISTS "HOST_debian-debug_dists_bookworm-debug_main" OF_ARCHIVE,
	    "Package: libqpid1-dbgsym-not\nVersion: 1:1.35.0-1+b2\n\n");
	renew_packages();
	assert_int_equal(hints__finish(hints), 0);
	assert_string_equal(package_availability_name(hints__get(hints, 1)->package.availability),
			    "not_there");
	put(LISTS "HOST_debian-debug_dists_bookworm-debug_main" OF_ARCHIVE,
	    "Package: libqpid1-dbgsym\nSource: qpid\nVersion: 1:1.35.0-1+b2\n\n");
	renew_packages();
	expect(pid, 0,
	       "Missing separate debuginfos in the root of process @, use: apt install "
	       "libc6-dbg=2.36-9\n"
	       "Missing separate debuginfos of the debug archive in the root of process @, use: "
	       "apt install libqpid1-dbgsym=1:1.35.0-1+b2\n");
	/* a list that apt keeps compressed may have it */
	unlink(in_root(LISTS "HOST_debian-debug_dists_bookworm-debug_main" OF_ARCHIVE));
	put(LISTS "HOST_debian-debug_dists_bookworm-debug_main" OF_ARCHIVE ".lz4", "x");
	renew_packages();
	assert_int_equal(hints__finish(hints), 0);
	assert_null(package_availability_name(hints__get(hints, 1)->package.availability));
	run("rm -r %s", in_root("/var/lib/apt"));
	stop_process(pid);
}

static void too_many(void **state)
{
	char path[32];
	int i;

	(void)state;
	hints__begin(hints);
	for (i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "/no/%d", i);
		hints__add(hints, getpid(), path, NULL);
	}
	assert_int_equal(hints__left_out(hints), 44);
	hints__begin(hints);
	assert_int_equal(hints__left_out(hints), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(none, begin, end),
		cmocka_unit_test_setup_teardown(debian, begin, end),
		cmocka_unit_test_setup_teardown(by_build_id, begin, end),
		cmocka_unit_test_setup_teardown(container, begin, end),
		cmocka_unit_test_setup_teardown(wraps, begin, end),
		cmocka_unit_test_setup_teardown(installed, begin, end),
		cmocka_unit_test_setup_teardown(as_json, begin, end),
		cmocka_unit_test_setup_teardown(lists_of_apt, begin, end),
		cmocka_unit_test_setup_teardown(too_many, begin, end),
	};

	return cmocka_run_group_tests_name("hints", tests, make_root, remove_root);
}
