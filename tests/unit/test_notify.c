/* SPDX-License-Identifier: BSD-2-Clause */
/* What the service manager is notified of, by both kinds of sockets, and the watchdog's time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/notify.h"

static int manager(const char *name, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(address.sun_path, name, len);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	return fd;
}

static void expect(int fd, const char *lines)
{
	char got[256] = "";

	assert_int_equal(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), (ssize_t)strlen(lines));
	assert_string_equal(got, lines);
	close(fd);
}

static void path(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "/tmp/sockleak-notify-%d", getpid());
	fd = manager(name, strlen(name));
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify("READY=1"), 0);
	expect(fd, "READY=1");
	unlink(name);
	assert_int_equal(notify("READY=1"), -ENOENT);
}

static void abstract(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "%csockleak-notify-%d", 0, getpid());
	fd = manager(name, 1 + strlen(name + 1));
	name[0] = '@';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify("A=1\nB=2"), 0);
	expect(fd, "A=1\nB=2");
}

static void take_all(int fd, char got[], size_t size)
{
	size_t len = 0;
	ssize_t taken;

	while ((taken = recv(fd, got + len, size - len - 1, MSG_DONTWAIT)) > 0)
		len += (size_t)taken;
	got[len] = '\0';
}

/* A manager that does not read for a while gets the states later, in order, and once. */
static void states_are_kept(void **state)
{
	struct notify_states states = { 0 };
	char name[64], got[4096];
	int fd, err = 0;

	(void)state;
	snprintf(name, sizeof(name), "/tmp/sockleak-notify-%d", getpid());
	fd = manager(name, strlen(name));
	setenv("NOTIFY_SOCKET", name, 1);
	for (int i = 0; i < 100000 && !err; i++)
		err = notify("x");
	assert_int_equal(err, -EAGAIN);
	assert_int_equal(notify_state(&states, "RELOADING=1\n"), 0);
	assert_int_equal(notify_state(&states, "READY=1\n"), 0);
	assert_int_equal(states.count, 2);
	take_all(fd, got, sizeof(got));
	assert_null(strstr(got, "READY"));
	assert_int_equal(notify_kept_states(&states), 0);
	assert_int_equal(notify_state(&states, "STOPPING=1\n"), 0);
	assert_int_equal(states.count, 0);
	take_all(fd, got, sizeof(got));
	assert_string_equal(got, "RELOADING=1\nREADY=1\nSTOPPING=1\n");
	close(fd);
	unlink(name);
}

static void kept_states_are_bounded(void **state)
{
	struct notify_states states = { 0 };
	char name[64], got[4096], lines[16];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "/tmp/sockleak-notify-%d", getpid());
	fd = manager(name, strlen(name));
	setenv("NOTIFY_SOCKET", name, 1);
	while (!notify("x"))
		;
	for (int i = 0; i < NOTIFY_KEPT + 2; i++) {
		snprintf(lines, sizeof(lines), "N=%d\n", i);
		assert_int_equal(notify_state(&states, lines), 0);
	}
	assert_int_equal(states.count, NOTIFY_KEPT);
	take_all(fd, got, sizeof(got));
	assert_int_equal(notify_kept_states(&states), 0);
	take_all(fd, got, sizeof(got));
	assert_string_equal(got, "N=2\nN=3\nN=4\nN=5\n");
	close(fd);
	unlink(name);
	assert_int_equal(notify_state(&states, "READY=1"), -ENOENT);
	assert_int_equal(states.count, 0);
}

static void nobody(void **state)
{
	char long_name[200];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(notify("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify("READY=1"), -EINVAL);
	memset(long_name, '/', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", long_name, 1);
	assert_int_equal(notify("READY=1"), -EINVAL);
}

static void watchdog(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_ns(), 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_int_equal(notify_watchdog_ns(), 3000000000ULL);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ns(), 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ns(), 3000000000ULL);
	setenv("WATCHDOG_USEC", "3s", 1);
	assert_int_equal(notify_watchdog_ns(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path),
		cmocka_unit_test(abstract),
		cmocka_unit_test(states_are_kept),
		cmocka_unit_test(kept_states_are_bounded),
		cmocka_unit_test(nobody),
		cmocka_unit_test(watchdog),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
