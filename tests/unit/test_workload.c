/* SPDX-License-Identifier: BSD-2-Clause */
/* Workloads: the forms in which runtimes name containers and pods, and what only looks like one. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "host/workloads/workload.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OUTER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define UID "3f8b1c2e-9d4a-4e6b-8c7d-1a2b3c4d5e6f"
#define UID_ "3f8b1c2e_9d4a_4e6b_8c7d_1a2b3c4d5e6f"
#define STATIC "d41d8cd98f00b204e9800998ecf8427e"

static const struct {
	const char *path, *container, *pod;
} forms[] = {
	{ "/", "", "" },
	{ "", "", "" },
	{ "/system.slice/nginx.service", "", "" },
	{ "/user.slice/user-1000.slice/session-2.scope", "", "" },
	/* docker */
	{ "/docker/" ID, ID, "" },
	{ "/system.slice/docker-" ID ".scope", ID, "" },
	{ "/system.slice/docker-" ID ".scope/init.scope", ID, "" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope", ID, "" },
	{ "/docker/" OUTER "/docker/" ID, ID, "" }, /* docker in docker */
	{ "/../../docker/" ID, ID, "" },	    /* seen from a cgroup namespace */
	{ "/" ID, ID, "" },
	{ "/ecs/5e1f2d3c/" ID, ID, "" },
	/* podman */
	{ "/machine.slice/libpod-" ID ".scope/container", ID, "" },
	{ "/machine.slice/libpod-conmon-" ID ".scope", "", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", ID, "" },
	/* Kubernetes with systemd's driver */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/"
	  "cri-containerd-" ID ".scope",
	  ID, UID },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice/"
	  "crio-" ID ".scope/container",
	  ID, UID },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/docker-" ID ".scope", ID, UID },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/crio-conmon-" ID ".scope", "", UID },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice", "", UID },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC ".slice/"
	  "cri-containerd-" ID ".scope",
	  ID, STATIC },
	/* with the cgroupfs driver */
	{ "/kubepods/burstable/pod" UID "/" ID, ID, UID },
	{ "/kubepods/besteffort/pod" UID "/" ID, ID, UID },
	{ "/kubepods/pod" UID "/" ID, ID, UID },
	{ "/kubepods/pod" STATIC "/" ID, ID, STATIC },
	/* the kubelet's driver is not the runtime's */
	{ "/system.slice/containerd.service/kubepods-besteffort-pod" UID_
	  ".slice:cri-containerd:" ID,
	  ID, UID },
	/* kind: Kubernetes within docker */
	{ "/docker/" OUTER "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_
	  ".slice/cri-containerd-" ID ".scope",
	  ID, UID },
	/* what only looks like it */
	{ "/docker/0123456789abcdef", "", "" },
	{ "/docker/" ID "0", "", "" },
	{ "/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", "", "" },
	{ "/x" ID, "", "" },
	{ "/podman/" STATIC, "", "" },
	{ "/tripod" UID, "", "" },
	{ "/pod" UID "0", "", "" },
	{ "/pod3f8b1c2e9d4a-4e6b-8c7d-1a2b3c4d5e6f-0000", "", "" },
	{ "//docker//" ID "//", ID, "" },
};

static void forms_of_cgroups(void **state)
{
	struct workload found;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		workload_of_cgroup(forms[i].path, &found);
		if (strcmp(found.container, forms[i].container) || strcmp(found.pod, forms[i].pod))
			fail_msg("%s: container '%s', pod '%s'", forms[i].path, found.container,
				 found.pod);
	}
}

static void of_version_1(void **state)
{
	struct workload found;

	(void)state;
	assert_true(workload_of_proc("12:pids:/docker/" ID "\n"
				     "11:memory:/docker/" ID "\n"
				     "1:name=systemd:/docker/" ID "\n"
				     "0::/system.slice/containerd.service\n",
				     &found));
	assert_string_equal(found.container, ID);
	/* hybrid: version 2 is mounted and empty */
	assert_true(workload_of_proc("0::/\n5:cpu,cpuacct:/kubepods/burstable/pod" UID "/" ID "\n",
				     &found));
	assert_string_equal(found.container, ID);
	assert_string_equal(found.pod, UID);
	/* a pod's own processes, no container; and a line without its newline */
	assert_true(workload_of_proc("3:cpu:/\n2:pids:/kubepods/pod" UID, &found));
	assert_string_equal(found.container, "");
	assert_string_equal(found.pod, UID);
	assert_false(workload_of_proc("0::/user.slice\n", &found));
	assert_false(workload_of_proc("", &found));
	assert_false(workload_of_proc("no colons\n:one\n\n", &found));
	/* a colon in a path */
	assert_true(workload_of_proc("0::/a:b/docker-" ID ".scope\n", &found));
	assert_string_equal(found.container, ID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_cgroups),
		cmocka_unit_test(of_version_1),
	};

	return cmocka_run_group_tests_name("workload", tests, NULL, NULL);
}
