/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * package: the real dpkg database, an rpm database made by rpmbuild and rpm, and processes in
 * another root.
 */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host/expendable.h"
#include "lib/text.h"
#include "lib/time.h"
#include "package_fixture.h"
#include "packages/package.h"
#include "packages/package_sources.h"

#define SECOND_NS 1000000000ULL

static void expect_dpkg(struct packages *packages, const char *path, const char *name,
			const char *debug)
{
	char command[256], version[128] = "";
	struct package package = { 0 };
	FILE *query;

	assert_int_equal(packages__find(packages, getpid(), path, NULL, &package), 0);
	assert_int_equal(package.kind, PACKAGE_DEB);
	assert_int_equal(package.source, PACKAGE_FROM_DPKG);
	assert_false(package.foreign);
	assert_string_equal(package.name, name);
	assert_string_equal(package.debug, debug);
	snprintf(command, sizeof(command), "dpkg-query -W -f '${Version}\\n' %s:%s", name,
		 package.arch);
	query = popen(command, "r");
	assert_non_null(fgets(version, sizeof(version), query));
	pclose(query);
	version[strcspn(version, "\n")] = '\0';
	assert_string_equal(package.version, version);
}

/* Where libc is mapped in this process, as the kernel writes it. */
static void find_libc(char *ret_path)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[1024];

	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "/libc.so.6"))
			sscanf(strchr(line, '/'), "%511[^\n]", ret_path);
	fclose(maps);
}

static void debian(void **state)
{
	struct packages *packages;
	char libc[512] = "";

	(void)state;
	if (access("/var/lib/dpkg/info/dpkg.list", R_OK)) {
		print_message("skipped: no dpkg on this system\n");
		skip();
	}
	assert_int_equal(packages__new(&packages), 0);
	expect_dpkg(packages, "/usr/bin/dpkg", "dpkg", "dpkg-dbgsym");
	expect_dpkg(packages, "/usr/bin/cat", "coreutils", "coreutils-dbgsym");
	expect_dpkg(packages, "/bin/cat", "coreutils", "coreutils-dbgsym");
	find_libc(libc);
	expect_dpkg(packages, libc, "libc6", "libc6-dbg");
	packages__free(packages);
	packages__free(NULL);
}

static void replaced_and_wrong(void **state)
{
	struct package package = { 0 };
	struct packages *packages;

	(void)state;
	assert_int_equal(packages__new(&packages), 0);
	/* another build than the one at the path */
	assert_int_equal(
		packages__find(packages, getpid(), "/usr/bin/cat", "0123456789abcdef", &package),
		0);
	assert_int_equal(package.kind, PACKAGE_UNKNOWN);
	assert_true(package.replaced && !package.removed);
	assert_int_equal(packages__find(packages, getpid(), "/no/such", NULL, &package), 0);
	assert_int_equal(package.kind, PACKAGE_UNKNOWN);
	assert_true(package.replaced && package.removed);
	assert_int_equal(packages__find(packages, getpid(), "/memfd:jit", NULL, &package), 0);
	assert_false(package.removed);
	assert_int_equal(packages__find(packages, getpid(), "/bin/cat/no", NULL, &package), 0);
	assert_false(package.removed);
	assert_int_equal(packages__find(packages, getpid(), "relative", NULL, &package), -EINVAL);
	assert_int_equal(packages__find(packages, getpid(), "/a\nb", NULL, &package), -EINVAL);
	assert_int_equal(packages__find(packages, 0x7ffffffe, "/x", NULL, &package), -ESRCH);
	packages__free(packages);
}

static void other_root(void **state)
{
	static const char json[] = NOTE("\"proton\"", "\"1.0-1\"");
	struct packages *packages;
	struct package package;
	pid_t pid;

	(void)state;
	unlink(in_root("/var/lib/dpkg/status"));
	put_dpkg();
	put_elf("/usr/lib/x/libqpid.so.1", 0x11, json);
	put_elf("/opt/libproton.so", 0x22, json);
	assert_int_equal(symlink("/usr/bin/cat", in_root("/opt/link")), 0);
	assert_int_equal(mkfifo(in_root("/opt/fifo"), 0600), 0);
	pid = start_inside();
	if (!pid) {
		print_message("skipped: chroot and unshare need root\n");
		skip();
	}
	assert_int_equal(packages__new(&packages), 0);
	/* dpkg knows better than the note */
	assert_int_equal(packages__find(packages, pid, "/usr/lib/x/libqpid.so.1",
					"1111111111111111", &package),
			 0);
	assert_string_equal(package.debug, "libqpid1-dbgsym");
	assert_true(package.foreign && !package.replaced && package.root_inode);
	assert_int_equal(
		packages__find(packages, pid, "/opt/libproton.so", "2222222222222222", &package),
		0);
	assert_int_equal(package.source, PACKAGE_FROM_NOTE);
	assert_string_equal(package.debug, "proton-1.0-1.x");
	assert_int_equal(
		packages__find(packages, pid, "/opt/libproton.so", "3333333333333333", &package),
		0);
	assert_true(package.kind == PACKAGE_UNKNOWN && package.replaced);
	/* our coreutils is not theirs */
	assert_int_equal(packages__find(packages, pid, "/opt/link", NULL, &package), 0);
	assert_int_equal(package.kind, PACKAGE_UNKNOWN);
	assert_int_equal(packages__find(packages, pid, "/opt/fifo", NULL, &package), 0);
	assert_int_equal(package.kind, PACKAGE_UNKNOWN);
	stop_process(pid);
	/* what was known stays known */
	assert_int_equal(
		packages__find(packages, pid, "/opt/libproton.so", "2222222222222222", &package),
		0);
	assert_string_equal(package.name, "proton");
	assert_int_equal(packages__find(packages, pid, "/opt/libproton.so", NULL, &package),
			 -ESRCH);
	packages__free(packages);
}

static void answers_of_rpm(void **state)
{
	static const char *const refused[] = {
		"",
		"\n",
		"ruby 0 1-1\n",
		"a;id 0 1-1 x86_64\n",
		"a 0 1-1 `id`\n",
		"a 0 $(id) x\n",
		"a $(id) 1-1 x\n",
		"a (none) 1-1 x\n",
		"a 0 $(id):1-1 x\n",
		"a -1 1-1 x\n",
		"file /usr/lib/x.so is not owned by any package\n",
	};
	struct package package = { .arch = "untouched" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (package_parse_rpm(refused[i], &package) != -ENOENT)
			fail_msg("taken: %s", refused[i]);
	assert_string_equal(package.arch, "untouched");
	assert_int_equal(
		package_parse_rpm("bind-libs 32 9.18-1.fc38 x86_64\nb 0 1-1 x\n", &package), 0);
	assert_string_equal(package.version, "32:9.18-1.fc38");
	assert_string_equal(package.debug, "bind-libs-9.18-1.fc38.x86_64");
	assert_int_equal(package_parse_rpm("a 0 1-1 x\n", &package), 0);
	assert_string_equal(package.version, "1-1");
}

/* A package of one file in a database of its own. */
static bool make_rpm(void)
{
	if (access("/usr/bin/rpmbuild", X_OK)) {
		print_message("skipped: no rpmbuild on this system (apt-get install rpm)\n");
		return false;
	}
	put("/rpm/probe.spec",
	    "Name: sockleak-probe\nEpoch: 3\nVersion: 1.35.0\nRelease: 1.fc25\n"
	    "Summary: a probe\nLicense: BSD\n%define debug_package %{nil}\n"
	    "%description\na probe\n%install\nmkdir -p %{buildroot}/usr/lib/sockleak-probe\n"
	    "cp /proc/self/exe %{buildroot}/usr/lib/sockleak-probe/libprobe.so\n"
	    "mkdir -p %{buildroot}/usr/lib/.build-id/ab\n"
	    "ln -s ../../sockleak-probe/libprobe.so %{buildroot}/usr/lib/.build-id/ab/cd\n"
	    "%files\n/usr/lib/sockleak-probe/libprobe.so\n/usr/lib/.build-id/ab/cd\n");
	/* the link is our own: not every rpm makes them */
	run("cd %s/rpm && rpmbuild -bb --define \"_topdir $PWD/top\" "
	    "--define '_build_id_links none' probe.spec >log 2>&1",
	    root);
	run("cd %s/rpm && mkdir db && rpm --dbpath $PWD/db --justdb --nodeps -i "
	    "top/RPMS/*/*.rpm >log 2>&1",
	    root);
	return true;
}

static void rpm(void **state)
{
	char database[128], link[256] = "";
	struct package package = { 0 };
	__u64 soon;
	FILE *list;

	(void)state;
	if (!make_rpm())
		skip();
	snprintf(database, sizeof(database), "%s/rpm/db", root);
	soon = clock_now(CLOCK_MONOTONIC) + 20 * SECOND_NS;
	assert_int_equal(
		package_from_rpm(database, "/usr/lib/sockleak-probe/libprobe.so", soon, &package),
		0);
	assert_int_equal(package.kind, PACKAGE_RPM);
	assert_int_equal(package.source, PACKAGE_FROM_RPM);
	assert_string_equal(package.name, "sockleak-probe");
	assert_string_equal(package.version, "3:1.35.0-1.fc25");
	assert_non_null(strstr(package.debug, "sockleak-probe-1.35.0-1.fc25."));
	/* by the link of the build id */
	run("cd %s/rpm && rpm -qlp top/RPMS/*/*.rpm 2>/dev/null | grep build-id/../ >link", root);
	list = fopen(in_root("/rpm/link"), "r");
	assert_non_null(list);
	assert_non_null(fgets(link, sizeof(link), list));
	fclose(list);
	link[strcspn(link, "\n")] = '\0';
	memset(&package, 0, sizeof(package));
	assert_int_equal(package_from_rpm(database, link, soon, &package), 0);
	assert_string_equal(package.name, "sockleak-probe");
	assert_int_equal(package_from_rpm(database, "/usr/bin/cat", soon, &package), -ENOENT);
	/* it is killed at its deadline, and leaves no child */
	assert_int_equal(
		package_from_rpm(database, "/usr/bin/cat", clock_now(CLOCK_MONOTONIC), &package),
		-ETIMEDOUT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* In a process of its own, which says when it has the answer. Returns how it is waited for. */
static int watch_asker(const char *database, struct patience patience)
{
	struct package package;
	char byte = 0;
	struct message message = { .data = &byte, .size = 1 };
	int ends[2], err;
	pid_t asker;

	assert_int_equal(channel_pair(ends), 0);
	asker = fork();
	assert_true(asker >= 0);
	if (!asker) {
		package_from_rpm(database, "/usr/bin/cat", clock_now(CLOCK_MONOTONIC) + SECOND_NS,
				 &package);
		_exit(channel_send(ends[1], "x", 1, -1, CHANNEL_NO_DEADLINE) != 0);
	}
	patience.children[0] = asker;
	err = expendable_receive(ends[0], &message, &patience);
	close(ends[0]);
	close(ends[1]);
	kill(asker, SIGKILL);
	assert_int_equal(waitpid(asker, NULL, 0), asker);
	return err;
}

/* The bytes of rpm's database are this system's own; but it may hang. */
static void rpm_hangs(void **state)
{
	/* who waits for it does not look stuck, though it takes longer than that */
	const struct patience patience = { .limit_ns = 60 * SECOND_NS, .stuck_ns = SECOND_NS / 2 };
	struct package package;
	char database[128];
	__u64 start;

	(void)state;
	if (access("/usr/bin/rpm", X_OK)) {
		print_message("skipped: no rpm on this system\n");
		skip();
	}
	snprintf(database, sizeof(database), "%s/hang", root);
	assert_int_equal(mkdir(database, 0700), 0);
	assert_int_equal(mkfifo(in_root("/hang/rpmdb.sqlite"), 0600), 0);
	assert_int_equal(mkfifo(in_root("/hang/Packages"), 0600), 0);
	assert_int_equal(mkfifo(in_root("/hang/Packages.db"), 0600), 0);
	start = clock_now(CLOCK_MONOTONIC);
	assert_true(package_from_rpm(database, "/usr/bin/cat", start + SECOND_NS / 4, &package) <
		    0);
	assert_true(clock_now(CLOCK_MONOTONIC) - start < 2 * SECOND_NS);
	assert_int_equal(watch_asker(database, patience), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void labels(void **state)
{
	struct package package = { .kind = PACKAGE_DEB, .name = "libc6", .version = "2.36-9" };
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	package_add_label(&text, &package);
	assert_string_equal(text_str(&text), "libc6 2.36-9");
	text_clear(&text);
	package = (struct package){ .kind = PACKAGE_UNKNOWN, .name = "x" };
	package_add_label(&text, &package);
	assert_string_equal(text_str(&text), "");
	assert_null(package_source_name(PACKAGE_FROM_NOTHING));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian),     cmocka_unit_test(replaced_and_wrong),
		cmocka_unit_test(other_root), cmocka_unit_test(answers_of_rpm),
		cmocka_unit_test(rpm),	      cmocka_unit_test(rpm_hangs),
		cmocka_unit_test(labels),
	};

	return cmocka_run_group_tests_name("package", tests, make_root, remove_root);
}
