/* SPDX-License-Identifier: BSD-2-Clause */
/* package_dpkg: a dpkg database made by hand, whole and hostile. */
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

#include "lib/time.h"
#include "lib/text.h"
#include "package_fixture.h"
#include "packages/package.h"
#include "packages/package_sources.h"

#define SECOND_NS 1000000000ULL

static int ask_dpkg(const char *path, struct package *ret_package)
{
	int fd = open(root, O_PATH | O_DIRECTORY), err;

	assert_true(fd >= 0);
	err = package_from_dpkg(fd, path, NULL, clock_now(CLOCK_MONOTONIC) + 5 * SECOND_NS,
				ret_package);
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
	assert_int_equal(package_from_dpkg(fd, "/usr/bin/tool", NULL, 0, &package), -ETIMEDOUT);
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
		{ "libdb5.3t64", "db5.3", "libdb5.3-dbg" },
		{ "vsftpd", "vsftpd", "vsftpd-dbg" },
		{ "valgrind", "valgrind", "valgrind-dbg" },
		{ "tftpd-hpa", "tftp-hpa", "tftp-hpa-dbg" },
		{ "libpcre3", "pcre3", "libpcre3-dbg" },
		{ "libpcre", "pcre3", "libpcre-dbgsym" },
		{ "vsftpd", "another", "vsftpd-dbgsym" },
		{ "libssl3", "openssl", "libssl3-dbgsym" },
	};
	char debug[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(package_debian_debug(names[i][0], names[i][1], NULL, debug, 64),
				 0);
		assert_string_equal(debug, names[i][2]);
	}
	assert_int_equal(package_debian_debug("libssl3", "openssl", NULL, debug, 8), -EINVAL);
}

/* A build id of the table tells a package that no name does. */
static void debug_names_by_build_id(void **state)
{
	char debug[64];

	(void)state;
	assert_int_equal(package_debian_debug("libapache2-mod-uwsgi-x", "uwsgi",
					      "a504ee16ffffffffffffffffffffffffffffffff", debug,
					      64),
			 0);
	assert_string_equal(debug, "libapache2-mod-uwsgi-dbg");
	assert_int_equal(package_debian_debug("uwsgi-core", "uwsgi", "a504ee16", debug, 64), 0);
	assert_string_equal(debug, "libapache2-mod-uwsgi-dbg");
	/* of another source, by chance; not aligned; too short */
	assert_int_equal(package_debian_debug("x", "y", "a504ee16", debug, 64), 0);
	assert_string_equal(debug, "x-dbgsym");
	assert_int_equal(package_debian_debug("x", "vsftpd", "685922fd", debug, 64), 0);
	assert_string_equal(debug, "vsftpd-dbg");
	assert_int_equal(package_debian_debug("x", "vsftpd", "22fd5b1e", debug, 64), 0);
	assert_string_equal(debug, "x-dbgsym");
	assert_int_equal(package_debian_debug("x", "vsftpd", "6859", debug, 64), 0);
	assert_string_equal(debug, "x-dbgsym");
}

/* Two packages list one path; the file at it is of one, and the other's is elsewhere. */
static void diversions(void **state)
{
	struct package package;

	(void)state;
	put_dpkg();
	put("/var/lib/dpkg/info/tool.list", "/usr/bin/tool\n");
	put("/var/lib/dpkg/info/libc6:amd64.list", "/usr/bin/tool\n/bin/merged\n");
	put("/var/lib/dpkg/diversions", "/usr/bin/tool\n/usr/bin/tool.real\nlibc6\n"
					"/usr/bin/merged\n/usr/bin/merged.distrib\n:\n");
	assert_int_equal(ask_dpkg("/usr/bin/tool", &package), 0);
	assert_string_equal(package.name, "libc6");
	assert_int_equal(ask_dpkg("/usr/bin/tool.real", &package), 0);
	assert_string_equal(package.name, "tool");
	/* the administrator's is of no package */
	assert_int_equal(ask_dpkg("/usr/bin/merged", &package), -ENOENT);
	assert_int_equal(ask_dpkg("/bin/merged.distrib", &package), 0);
	assert_string_equal(package.name, "libc6");
	put("/var/lib/dpkg/diversions", "/usr/bin/tool\n/usr/bin/tool.real\n"); /* cut off */
	assert_int_equal(ask_dpkg("/usr/bin/tool", &package), 0);
	unlink(in_root("/var/lib/dpkg/diversions"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dpkg),		  cmocka_unit_test(dpkg_usrmerge),
		cmocka_unit_test(dpkg_knows_not), cmocka_unit_test(hostile_dpkg),
		cmocka_unit_test(debug_names),	  cmocka_unit_test(debug_names_by_build_id),
		cmocka_unit_test(diversions),
	};

	return cmocka_run_group_tests_name("package_dpkg", tests, make_root, remove_root);
}
