/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines: every form in which LXC and systemd name a guest's cgroup, and near misses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "host/workloads/machine.h"

struct form {
	const char *path, *machine, *inside;
};

static const struct form forms[] = {
	/* LXC: the guest; its monitor and a service called so are the host's */
	{ "/lxc.payload.web1/system.slice/nginx.service", "web1", "/system.slice/nginx.service" },
	{ "/lxc.payload.web1", "web1", "" },
	{ "/lxc/lxc.payload.user_c1-1/init.scope", "user_c1-1", "/init.scope" },
	{ "/lxc.monitor.web1", "", "/lxc.monitor.web1" },
	{ "/system.slice/lxc.payload.", "", "/system.slice/lxc.payload." },
	{ "/system.slice/lxc.service", "", "/system.slice/lxc.service" },
	/* systemd-nspawn and libvirt, by systemd-machined */
	{ "/machine.slice/machine-web1.scope/payload/system.slice/nginx.service", "web1",
	  "/payload/system.slice/nginx.service" },
	{ "/machine.slice/machine-web\\x2d1.scope/init.scope", "web-1", "/init.scope" },
	{ "/machine.slice/machine-qemu\\x2d3\\x2ddb.scope/libvirt/emulator", "qemu-3-db",
	  "/libvirt/emulator" },
	{ "/machine.slice/machine-a\\x2.scope", "a\\x2", "" },
	{ "/machine.slice/machine-a\\x00b\\xzz.scope", "a\\x00b\\xzz", "" },
	{ "/machine.slice/machine-.scope", "", "/machine.slice/machine-.scope" },
	{ "/machine.slice/machine-web1.service", "", "/machine.slice/machine-web1.service" },
	/* --keep-unit */
	{ "/machine.slice/systemd-nspawn@web-1.service/payload/system.slice/a.service", "web-1",
	  "/system.slice/a.service" },
	{ "/machine.slice/systemd-nspawn@web1.service/supervisor", "",
	  "/machine.slice/systemd-nspawn@web1.service/supervisor" },
	{ "/machine.slice/systemd-nspawn@web1.service", "",
	  "/machine.slice/systemd-nspawn@web1.service" },
	{ "/machine.slice/systemd-nspawn@web1.service/init.scope", "web1", "/init.scope" },
	{ "/system.slice/guest.service/payload/init.scope", "guest", "/init.scope" },
	{ "/user.slice/run-u12.scope/payload", "run-u12", "" },
	{ "/payload/a.service", "", "/payload/a.service" },
	{ "/system.slice/payload/a.service", "", "/system.slice/payload/a.service" },
	/* a guest in a guest, and a container in one */
	{ "/lxc.payload.out/lxc.payload.in/a.service", "out/in", "/a.service" },
	{ "/lxc.payload.out/machine.slice/machine-in.scope/payload/a.scope", "out/in",
	  "/payload/a.scope" },
	{ "/lxc.payload.g/system.slice/docker-0123.scope", "g", "/system.slice/docker-0123.scope" },
	{ "/", "", "/" },
	{ "", "", "" },
};

static void forms_of_machines(void **state)
{
	char machine[MACHINE_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *inside = machine_of_cgroup(forms[i].path, machine);

		if (strcmp(machine, forms[i].machine) || strcmp(inside, forms[i].inside))
			fail_msg("%s: machine '%s', inside '%s'", forms[i].path, machine, inside);
	}
}

/* The longest name of one cgroup is whole; an inner guest's that does not fit is left out. */
static void long_names(void **state)
{
	char machine[MACHINE_NAME_MAX], name[244], path[1024];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(path, sizeof(path), "/lxc.payload.%s/lxc.payload.%s/lxc.payload.in", name, name);
	assert_string_equal(machine_of_cgroup(path, machine), "");
	assert_memory_equal(machine, name, sizeof(name) - 1);
	assert_string_equal(machine + sizeof(name) - 1, "/in");
}

static void machines_of_version_1(void **state)
{
	char machine[MACHINE_NAME_MAX];

	(void)state;
	machine_of_proc("12:pids:/lxc.payload.web1\n0::/\n", machine);
	assert_string_equal(machine, "web1");
	machine_of_proc("0::/\n1:name=systemd:/machine.slice/machine-a\\x2db.scope/init.scope",
			machine);
	assert_string_equal(machine, "a-b");
	machine_of_proc("0::/user.slice\nno colons\n:one\n\n", machine);
	assert_string_equal(machine, "");
	machine_of_proc("", machine);
	assert_string_equal(machine, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_machines),
		cmocka_unit_test(long_names),
		cmocka_unit_test(machines_of_version_1),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
