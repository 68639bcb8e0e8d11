/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packages: notes, good and hostile; a dpkg database made by hand and the real
 * one; an rpm database made by rpmbuild and rpm; processes in another root.
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

#include "lib/text.h"
#include "lib/time.h"
#include "package_fixture.h"
#include "packages/package.h"
#include "packages/package_sources.h"

#define SECOND_NS 1000000000ULL

/* ---- Notes ---- */

static int parse(const char *json, struct package *ret_package)
{
	return package_parse_note(json, strlen(json), ret_package);
}

static void note_of_rpm(void **state)
{
	struct package package = { 0 };

	(void)state;
	assert_int_equal(parse("{\"type\":\"rpm\",\"name\":\"ruby\",\"version\":\"3.2.2-1.fc38\","
			       "\"architecture\":\"x86_64\","
			       "\"osCpe\":\"cpe:/o:fedoraproject:fedora:38\"}",
			       &package),
			 0);
	assert_int_equal(package.kind, PACKAGE_RPM);
	assert_int_equal(package.source, PACKAGE_FROM_NOTE);
	assert_string_equal(package.name, "ruby");
	assert_string_equal(package.debug, "ruby-3.2.2-1.fc38.x86_64");
	assert_int_equal(parse("{ \"version\" : \"2:1-1\", \"x\" : [1,{\"name\": \"}\\\"\"}, null],"
			       "\"name\":\"a\" ,\n\"architecture\":\"noarch\",\"type\":\"rpm\" } ",
			       &package),
			 0);
	assert_string_equal(package.version, "2:1-1");
	assert_string_equal(package.debug, "a-1-1.noarch");
}

static void note_of_deb(void **state)
{
	static const char json[] =
		"{\"type\":\"deb\",\"os\":\"Debian\",\"name\":\"systemd\","
		"\"version\":\"252.38-1~deb12u1\",\"architecture\":\"amd64\"}\0\0";
	struct package package = { 0 };

	(void)state;
	assert_int_equal(package_parse_note(json, sizeof(json), &package), 0);
	assert_int_equal(package.kind, PACKAGE_DEB);
	assert_string_equal(package.version, "252.38-1~deb12u1");
	assert_string_equal(package.debug, "systemd-dbgsym");
}

#define NOTE(name, version) \
	"{\"type\":\"rpm\",\"name\":" name ",\"version\":" version ",\"architecture\":\"x\"}"

static void hostile_notes(void **state)
{
	static const char *const notes[] = {
		"",
		"{",
		"{}",
		"[]",
		"null",
		"\"",
		"{\"",
		"{\"type\"",
		"{\"type\":",
		"{,}",
		NOTE("\"a; id\"", "\"1\""),
		NOTE("\"$(id)\"", "\"1\""),
		NOTE("\"a\nid\"", "\"1\""),
		NOTE("\"a\\nid\"", "\"1\""),
		NOTE("\"-rf\"", "\"1\""),
		NOTE("\"~root\"", "\"1\""),
		NOTE("\"^.+\"", "\"1\""), /* a pattern to apt: all that there are */
		NOTE("\"\"", "\"1\""),
		NOTE("\"a\xc3\xa9\"", "\"1\""),
		NOTE("\"a\"", "\"1`id`\""),
		NOTE("\"a\"", "\"1:\""),
		NOTE("\"a\"", "1"),
		NOTE("{\"name\":\"a\"}", "\"1\""),
		NOTE("null", "\"1\""),
		NOTE("[[[[[[[[[[1]]]]]]]]]]", "\"1\""),
		NOTE("]", "\"1\""),
		NOTE("\"a\"", "\"1\"") "x",
		NOTE("\"a\"", "\"1\"") "{}",
		"{\"type\":\"exe\",\"name\":\"a\",\"version\":\"1\",\"architecture\":\"x\"}",
		"{\"type\":\"rpm\",\"name\":\"a\",\"version\":\"1\"}",
		"{\"type\":\"rpm\",\"name\":\"a\",\"version\":\"1\",\"architecture\":\"x\",}",
	};
	struct package package = { .arch = "untouched" };
	char *huge = calloc(1, 100000);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (parse(notes[i], &package) != -EINVAL)
			fail_msg("taken: %s", notes[i]);
	snprintf(huge, 100000, NOTE("\"%0300d\"", "\"1\""), 0);
	assert_int_equal(parse(huge, &package), -EINVAL);
	memset(huge, '[', 99999);
	assert_int_equal(parse(huge, &package), -EINVAL);
	assert_int_equal(package_parse_note(huge, 0, &package), -EINVAL);
	assert_string_equal(package.arch, "untouched");
	free(huge);
}

/* No part of a note is a note; each is in memory of its own size, for ASan. */
static void cut_notes(void **state)
{
	static const char json[] = NOTE("\"ruby\"", "\"3.2.2-1\"");
	struct package package;
	size_t len;
	char *part;

	(void)state;
	for (len = 1; len < strlen(json); len++) {
		part = malloc(len);
		memcpy(part, json, len);
		assert_int_equal(package_parse_note(part, len, &package), -EINVAL);
		free(part);
	}
}

/* ---- ELF files ---- */

static int read_bytes(const char *bytes, size_t len, struct package_file *ret_file)
{
	int fd = memfd_create("elf", MFD_CLOEXEC), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	err = package_read_file(fd, ret_file);
	close(fd);
	return err;
}

static void elf_notes(void **state)
{
	struct package_file file = { 0 };
	char elf[4096];
	size_t len = make_elf(elf, 0xab, NOTE("\"ruby\"", "\"3.2.2-1\"")), cut;

	(void)state;
	assert_int_equal(read_bytes(elf, len, &file), 0);
	assert_string_equal(file.build_id, "abababababababab");
	assert_string_equal(file.package.debug, "ruby-3.2.2-1.x");
	for (cut = 0; cut < len; cut++)
		if (!read_bytes(elf, cut, &file))
			assert_int_equal(file.package.kind, PACKAGE_UNKNOWN);
	assert_int_equal(read_bytes("#!/bin/sh\n", 10, &file), -ENOEXEC);
}

/* Every byte of the headers and notes set to the worst. */
static void hostile_elf(void **state)
{
	static const unsigned char worst[] = { 0x00, 0x7f, 0x80, 0xff };
	char elf[4096], changed[4096];
	size_t len = make_elf(elf, 0xab, NOTE("\"a\"", "\"1\"")), width, i, j;
	struct package_file file;

	(void)state;
	for (i = 0; i < len; i++) {
		for (j = 0; j < 2 * sizeof(worst); j++) {
			width = j % 2 && len - i >= 4 ? 4 : 1;
			memcpy(changed, elf, len);
			memset(changed + i, worst[j / 2], width);
			if (!read_bytes(changed, len, &file))
				assert_true(strlen(file.build_id) <= 2 * BUILD_ID_MAX);
		}
	}
}

/* ---- dpkg ---- */

static int ask_dpkg(const char *path, struct package *ret_package)
{
	int fd = open(root, O_PATH | O_DIRECTORY), err;

	assert_true(fd >= 0);
	err = package_from_dpkg(fd, path, clock_now(CLOCK_MONOTONIC) + 5 * SECOND_NS, ret_package);
	close(fd);
	return err;
}

static void dpkg(void **state)
{
	struct package package = { 0 };

	(void)state;
	put_dpkg();
	assert_int_equal(ask_dpkg("/usr/lib/x/libqpid.so.1", &package), 0);
	assert_int_equal(package.source, PACKAGE_FROM_DPKG);
	assert_string_equal(package.name, "libqpid1");
	assert_string_equal(package.version, "1:1.35.0-1+b2");
	assert_string_equal(package.debug, "libqpid1-dbgsym");
	assert_int_equal(ask_dpkg("/usr/lib/i386/libqpid.so.1", &package), 0);
	assert_string_equal(package.version, "9");
	assert_string_equal(package.debug, "libqpid1-dbgsym:i386");
	/* the last of its list, the last of the status; and a longer path before it */
	assert_int_equal(ask_dpkg("/usr/bin/tool", &package), 0);
	assert_string_equal(package.version, "2.0~rc1");
}

static void dpkg_usrmerge(void **state)
{
	struct package package = { 0 };

	(void)state;
	assert_int_equal(ask_dpkg("/usr/lib/x/libm.so.6", &package), 0);
	assert_string_equal(package.name, "libc6");
	assert_string_equal(package.debug, "libc6-dbg");
	assert_int_equal(ask_dpkg("/lib/x/libc.so.6", &package), 0);
	assert_int_equal(ask_dpkg("/lib/x/libqpid.so.1", &package), 0);
	assert_string_equal(package.name, "libqpid1");
	assert_int_equal(ask_dpkg("/bin/tool", &package), 0);
	assert_int_equal(ask_dpkg("/x/libc.so.6", &package), -ENOENT);
	assert_int_equal(ask_dpkg("/usr/x/libc.so.6", &package), -ENOENT);
	assert_int_equal(ask_dpkg("/opt/usr/bin/tool", &package), -ENOENT);
}

static void dpkg_knows_not(void **state)
{
	static const char *const paths[] = { "/usr/bin/too",	 "/usr/bin/tool2", "/usr/bin/md5",
					     "/usr/bin/gone",	 "/usr/bin/evil2", "/",
					     "/usr/bin/nameless" };
	struct package package = { .name = "untouched" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(ask_dpkg(paths[i], &package), -ENOENT);
	assert_string_equal(package.name, "untouched");
	/* a version that no shell may see is none */
	assert_int_equal(ask_dpkg("/usr/bin/evil", &package), 0);
	assert_string_equal(package.version, "");
}

/* Lists and a status that are not what they seem. It must neither hang nor be led outside. */
static void hostile_dpkg(void **state)
{
	struct package package = { 0 };
	char *line = malloc(4 << 20), outside[512];
	FILE *file;
	int fd;

	(void)state;
	/* outside of the directory of lists, which is the root of what is opened there */
	put("/outside.list", "/usr/bin/outside\n");
	snprintf(outside, sizeof(outside), "%s", in_root("/outside.list"));
	assert_int_equal(symlink(outside, in_root("/var/lib/dpkg/info/link.list")), 0);
	assert_int_equal(symlink("../../../../outside.list", in_root("/var/lib/dpkg/info/up.list")),
			 0);
	assert_int_equal(mkfifo(in_root("/var/lib/dpkg/info/fifo.list"), 0600), 0);
	assert_int_equal(mkdir(in_root("/var/lib/dpkg/info/directory.list"), 0700), 0);
	put("/var/lib/dpkg/info/empty.list", "");
	put("/var/lib/dpkg/info/.list", "/usr/bin/outside\n");
	put("/var/lib/dpkg/info/huge.list", "/usr/bin/huge\n");
	assert_int_equal(truncate(in_root("/var/lib/dpkg/info/huge.list"), 1LL << 40), 0);
	memset(line, '/', 4 << 20);
	put_bytes("/var/lib/dpkg/info/line.list", line, 4 << 20);
	assert_int_equal(ask_dpkg("/usr/bin/outside", &package), -ENOENT);
	assert_int_equal(ask_dpkg("/usr/bin/huge", &package), -ENOENT);
	assert_int_equal(ask_dpkg("////////", &package), -ENOENT);
	/* still there */
	assert_int_equal(ask_dpkg("/usr/bin/tool", &package), 0);
	assert_string_equal(package.name, "tool");

	file = fopen(in_root("/var/lib/dpkg/status"), "w");
	fwrite(line, 1, 4 << 20, file);
	fputs("\nPackage: tool\nVersion: 3\n", file);
	fclose(file);
	assert_int_equal(ask_dpkg("/usr/bin/tool", &package), 0);
	assert_string_equal(package.version, "3");
	unlink(in_root("/var/lib/dpkg/status"));
	assert_int_equal(mkfifo(in_root("/var/lib/dpkg/status"), 0600), 0);
	assert_int_equal(ask_dpkg("/usr/bin/tool", &package), -EINVAL);
	fd = open(root, O_PATH | O_DIRECTORY);
	assert_int_equal(package_from_dpkg(fd, "/usr/bin/tool", 0, &package), -ETIMEDOUT);
	close(fd);
	free(line);
}

static void debug_names(void **state)
{
	static const char *const names[][3] = {
		{ "libc6", "glibc", "libc6-dbg" },
		{ "libc6-i386", "glibc", "libc6-i386-dbgsym" },
		{ "libc-bin", "glibc", "libc-bin-dbgsym" },
		{ "python3.11-minimal", "python3.11", "python3.11-dbg" },
		{ "libpython3.11-stdlib", "python3.11", "python3.11-dbg" },
		{ "python3-lxml", "lxml", "python3-lxml-dbgsym" },
		{ "perl-base", "perl", "perl-debug" },
		{ "openjdk-17-jre-headless", "openjdk-17", "openjdk-17-dbg" },
		{ "libgssapi-krb5-2", "krb5", "libkrb5-dbg" },
		{ "krb5-user", "krb5", "krb5-user-dbgsym" },
		{ "libdb5.3", "db5.3", "libdb5.3-dbg" },
		{ "libssl3", "openssl", "libssl3-dbgsym" },
	};
	char debug[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(package_debian_debug(names[i][0], names[i][1], debug, 64), 0);
		assert_string_equal(debug, names[i][2]);
	}
	assert_int_equal(package_debian_debug("libssl3", "openssl", debug, 8), -EINVAL);
}

/* ---- The whole, in this system ---- */

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
	assert_true(package.replaced);
	assert_int_equal(packages__find(packages, getpid(), "/no/such", NULL, &package), 0);
	assert_int_equal(package.kind, PACKAGE_UNKNOWN);
	assert_int_equal(packages__find(packages, getpid(), "relative", NULL, &package), -EINVAL);
	assert_int_equal(packages__find(packages, getpid(), "/a\nb", NULL, &package), -EINVAL);
	assert_int_equal(packages__find(packages, 0x7ffffffe, "/x", NULL, &package), -ESRCH);
	packages__free(packages);
}

/* ---- A process in another root ---- */

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

/* ---- rpm ---- */

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

/* The bytes of rpm's database are this system's own; but it may hang. */
static void rpm_hangs(void **state)
{
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
		cmocka_unit_test(note_of_rpm),
		cmocka_unit_test(note_of_deb),
		cmocka_unit_test(hostile_notes),
		cmocka_unit_test(cut_notes),
		cmocka_unit_test(elf_notes),
		cmocka_unit_test(hostile_elf),
		cmocka_unit_test(dpkg),
		cmocka_unit_test(dpkg_usrmerge),
		cmocka_unit_test(dpkg_knows_not),
		cmocka_unit_test(hostile_dpkg),
		cmocka_unit_test(debug_names),
		cmocka_unit_test(debian),
		cmocka_unit_test(replaced_and_wrong),
		cmocka_unit_test(other_root),
		cmocka_unit_test(answers_of_rpm),
		cmocka_unit_test(rpm),
		cmocka_unit_test(rpm_hangs),
		cmocka_unit_test(labels),
	};

	return cmocka_run_group_tests_name("package", tests, make_root, remove_root);
}
