/* SPDX-License-Identifier: BSD-2-Clause */
/* container_name: names of containers, from files as docker and podman write them. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/workloads/container_name.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define PODMAN "/var/lib/containers/storage/overlay-containers/"

static char root[] = "/tmp/sockleak-test-names-XXXXXX";

/* Write a file below the root, with the directories above it. */
static void put(const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void names_that_can_be(void **state)
{
	(void)state;
	assert_true(container_name_is_valid("web"));
	assert_true(container_name_is_valid("0web_1.a-b"));
	assert_false(container_name_is_valid(""));
	assert_false(container_name_is_valid("-web"));
	assert_false(container_name_is_valid("/web"));
	assert_false(container_name_is_valid("a b"));
	assert_false(container_name_is_valid("../x"));
}

static void without_files_there_are_no_names(void **state)
{
	(void)state;
	assert_false(container_name_is(root, A, "web"));
}

static void docker(void **state)
{
	(void)state;
	put("/var/lib/docker/containers/" A "/config.v2.json",
	    "{\"StreamConfig\":{},\"ID\":\"" A "\",\"Name\":\"/web\",\"Driver\":\"overlay2\"}");
	put("/var/lib/docker/containers/" B "/config.v2.json", "{\"Name\":7");
	assert_true(container_name_is(root, A, "web"));
	assert_false(container_name_is(root, A, "we"));
	assert_false(container_name_is(root, A, "web2"));
	assert_false(container_name_is(root, B, "web")); /* what is broken has no name */
	put("/var/lib/docker/containers/" B "/config.v2.json", "[1]");
	assert_false(container_name_is(root, B, "web"));
}

static void podman(void **state)
{
	(void)state;
	put(PODMAN "containers.json",
	    "[{\"id\":\"" B "\",\"names\":[\"first\",\"db\"],\"layer\":\"x\"},"
	    "{\"id\":\"" A "\"},{\"id\":5,\"names\":\"db\"},7]");
	put(PODMAN "volatile-containers.json", "[{\"id\":\"" A "\",\"names\":[\"job\"]}]");
	assert_true(container_name_is(root, B, "db"));
	assert_true(container_name_is(root, B, "first"));
	assert_false(container_name_is(root, A, "db"));
	assert_true(container_name_is(root, A, "job"));
	put(PODMAN "containers.json", "{}");
	assert_false(container_name_is(root, B, "db"));
}

/* Nobody else may say which container is which. */
static void files_of_others_do_not_count(void **state)
{
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/var/lib/docker/containers/%s/config.v2.json", root, A);
	if (chown(path, 65534, 65534)) {
		print_message("SKIPPED: cannot give a file to another user\n");
		skip();
	}
	assert_false(container_name_is(root, A, "web"));
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_can_be),
		cmocka_unit_test(without_files_there_are_no_names),
		cmocka_unit_test(docker),
		cmocka_unit_test(podman),
		cmocka_unit_test(files_of_others_do_not_count),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
