/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/workloads/cgroup.h"
#include "host/workloads/container_name.h"
#include "host/workloads/machine.h"
#include "host/workloads/scope_missing.h"
#include "host/workloads/workload.h"
#include "lib/time.h"
#include "sockleak.h"

#define SHARE 20 /* reading the tree may take a twentieth of the time */
#define MIN_CONTAINER 4

/* How many cgroups have a rule, and how many more need one. */
struct tally {
	size_t count;
	__u64 left_out;
};

struct scope {
	const struct options *options;
	struct cgroups *cgroups;
	struct ruled_cgroup ruled[SOCKLEAK_MAX_RULED];
	struct tally fixed, found, all; /* of --cgroup; with those in the tree; with the excluded */
	__u64 read_ns, cost_ns;		/* when the tree was read, and how long that took */
};

/* ---- The options ---- */

static bool names_workloads(const struct options *options)
{
	return options->units.count || options->machines.count || options->containers.count ||
	       options->pods.count;
}

static void add_awaited(struct text *text, const char *option, const struct option_list *list)
{
	for (unsigned int i = 0; i < list->count; i++) {
		text_addf(text, "%s--%s ", text->len ? ", " : "", option);
		text_add_clean(text, list->items[i], strlen(list->items[i]));
	}
}

void scope_add_awaited(const struct options *options, struct text *text)
{
	add_awaited(text, "unit", &options->units);
	add_awaited(text, "machine", &options->machines);
	add_awaited(text, "container", &options->containers);
	add_awaited(text, "pod", &options->pods);
}

static void add_rule(struct scope *scope, __u64 id, enum cgroup_rule rule)
{
	if (scope->all.count == SOCKLEAK_MAX_RULED)
		scope->all.left_out++;
	else
		scope->ruled[scope->all.count++] = (struct ruled_cgroup){ .id = id, .rule = rule };
}

static int open_cgroups(struct scope *scope, struct text *ret_error)
{
	const struct options *options = scope->options;
	__u64 id;

	for (unsigned int i = 0; i < options->cgroups.count; i++) {
		const char *path = options->cgroups.items[i];
		int fd, err = cgroups__open(scope->cgroups, path, &fd, &id);

		if (err == -EINVAL || err == -ENOTDIR)
			text_addf(ret_error,
				  "--cgroup %s is not a cgroup v2 directory (they are below %s)",
				  path, cgroups__mount(scope->cgroups));
		else if (err == -ENOENT)
			text_addf(ret_error,
				  "--cgroup %s: there is no such cgroup below %s (find %s -type d "
				  "lists them)",
				  path, cgroups__mount(scope->cgroups),
				  cgroups__mount(scope->cgroups));
		else if (err)
			text_addf(ret_error, "--cgroup %s: %s", path, strerror(-err));
		if (err)
			return -EINVAL;
		close(fd);
		add_rule(scope, id, CGROUP_WANTED);
	}
	return 0;
}

/* An excluded cgroup may be created later. The root would leave nothing to watch. */
static int check_excluded(struct scope *scope, struct text *ret_error)
{
	const struct option_list *excluded = &scope->options->excluded_cgroups;
	__u64 root, id;
	int fd, err;

	if (!excluded->count)
		return 0;
	err = cgroups__open(scope->cgroups, ".", &fd, &root);
	if (err)
		return 0;
	close(fd);
	for (unsigned int i = 0; i < excluded->count; i++) {
		const char *path = excluded->items[i];

		if (path[strspn(path, "/")]) {
			if (cgroups__open(scope->cgroups, path, &fd, &id))
				continue;
			close(fd);
			if (id != root)
				continue;
		}
		text_addf(
			ret_error,
			"--exclude-cgroup %s is the root of all cgroups, so nothing would be left "
			"to watch (name one below it)",
			path);
		return -EINVAL;
	}
	return 0;
}

/* How an id begins, or all of it. */
static bool is_container_id(const char *word)
{
	size_t len = strspn(word, "0123456789abcdef");

	return len >= MIN_CONTAINER && len <= WORKLOAD_CONTAINER_LEN && !word[len];
}

static int check_workloads(const struct options *options, struct text *ret_error)
{
	for (unsigned int i = 0; i < options->containers.count; i++) {
		const char *container = options->containers.items[i];

		if (is_container_id(container) || container_name_is_valid(container))
			continue;
		text_add(ret_error, "--container ");
		text_add_clean(ret_error, container, strlen(container));
		text_addf(ret_error,
			  " is neither a container id (%d to %d hex digits) nor a name that docker "
			  "or podman would give",
			  MIN_CONTAINER, WORKLOAD_CONTAINER_LEN);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < options->pods.count; i++) {
		const char *uid = options->pods.items[i];

		if (workload_is_pod(uid))
			continue;
		text_addf(ret_error,
			  "--pod %s is not a pod UID (kubectl get pod NAME -o "
			  "jsonpath={.metadata.uid})",
			  uid);
		return -EINVAL;
	}
	return 0;
}

static int find_cgroups(struct scope *scope, struct text *ret_error)
{
	int err = cgroups__new(&scope->cgroups);

	if (err) {
		text_add(ret_error,
			 "--cgroup, --exclude-cgroup, --unit, --machine, --container and --pod "
			 "need cgroup v2, which is not mounted (mount -t cgroup2 none "
			 "/sys/fs/cgroup/unified)");
		return err;
	}
	err = open_cgroups(scope, ret_error);
	if (err)
		return err;
	return check_excluded(scope, ret_error);
}

int scope__new(const struct options *options, struct scope **ret_scope, struct text *ret_error)
{
	_cleanup_(scope__free) struct scope *scope = calloc(1, sizeof(*scope));
	int err;

	if (!scope)
		return -ENOMEM;
	scope->options = options;
	err = check_workloads(options, ret_error);
	if (err)
		return err;
	if (options_rule_cgroups(options)) {
		err = find_cgroups(scope, ret_error);
		if (err)
			return err;
	}
	scope->fixed = scope->found = scope->all;
	*ret_scope = TAKE_PTR(scope);
	return 0;
}

void scope__free(struct scope *scope)
{
	if (!scope)
		return;
	cgroups__free(scope->cgroups);
	free(scope);
}

/* ---- The tree ---- */

bool scope_is_unit(const char *path, const char *name, const char *wanted)
{
	char machine[MACHINE_NAME_MAX];
	size_t len = strlen(wanted);

	if (strncmp(name, wanted, len) != 0)
		return false;
	if (name[len] && (strchr(wanted, '.') || strcmp(name + len, ".service") != 0))
		return false;
	/* A guest's units have the names of the host's; the scope that a guest runs in is the
	 * host's. */
	return !*machine_of_cgroup(path, machine) || !machine[0];
}

bool scope_is_container(const struct workload *workload, const char *wanted)
{
	if (!workload->container[0])
		return false;
	return (is_container_id(wanted) && !strncmp(workload->container, wanted, strlen(wanted))) ||
	       container_name_is("", workload->container, wanted);
}

static bool is_in_scope(const struct options *options, const char *path, const char *name)
{
	char machine[MACHINE_NAME_MAX];
	struct workload workload;

	for (unsigned int i = 0; i < options->units.count; i++)
		if (scope_is_unit(path, name, options->units.items[i]))
			return true;
	machine_of_cgroup(path, machine);
	for (unsigned int i = 0; i < options->machines.count; i++)
		if (!strcmp(machine, options->machines.items[i]))
			return true;
	workload_of_cgroup(path, &workload);
	for (unsigned int i = 0; i < options->containers.count; i++)
		if (scope_is_container(&workload, options->containers.items[i]))
			return true;
	for (unsigned int i = 0; i < options->pods.count; i++)
		if (workload_same_pod(workload.pod, options->pods.items[i]))
			return true;
	return false;
}

static bool visit_scope(const char *path, const char *name, int fd, void *ctx)
{
	struct scope *scope = ctx;
	struct stat st;

	if (!is_in_scope(scope->options, path, name))
		return true;
	if (!fstat(fd, &st))
		add_rule(scope, st.st_ino, CGROUP_WANTED); /* kernfs: the inode is the id */
	return false;					   /* what is below it is watched with it */
}

/* Those of --exclude-cgroup that exist; the others may be created later, also anew. */
static void add_excluded(struct scope *scope)
{
	const struct option_list *excluded = &scope->options->excluded_cgroups;
	__u64 id;
	int fd;

	for (unsigned int i = 0; i < excluded->count; i++) {
		if (cgroups__open(scope->cgroups, excluded->items[i], &fd, &id))
			continue;
		close(fd);
		add_rule(scope, id, CGROUP_EXCLUDED);
	}
}

void scope__add_absent(const struct scope *scope, struct text *lines)
{
	const struct option_list *excluded = &scope->options->excluded_cgroups;
	__u64 id;
	int fd;

	for (unsigned int i = 0; i < excluded->count; i++) {
		if (!cgroups__open(scope->cgroups, excluded->items[i], &fd, &id)) {
			close(fd);
			continue;
		}
		text_add(lines, "--exclude-cgroup ");
		text_add_clean(lines, excluded->items[i], strlen(excluded->items[i]));
		text_add(lines, ": no such cgroup now, so this excludes nothing "
				"('systemd-cgls' lists them)\n");
	}
}

const struct ruled_cgroup *scope__find(struct scope *scope, __u64 now_ns, size_t *ret_count)
{
	__u64 begun_ns;

	if (names_workloads(scope->options) &&
	    (!scope->read_ns || now_ns - scope->read_ns >= SHARE * scope->cost_ns)) {
		begun_ns = clock_now(CLOCK_MONOTONIC);
		scope->all = scope->fixed;
		cgroups__walk(scope->cgroups, visit_scope, scope);
		scope->cost_ns = clock_now(CLOCK_MONOTONIC) - begun_ns;
		scope->read_ns = now_ns;
		scope->found = scope->all;
	}
	scope->all = scope->found;
	add_excluded(scope);
	*ret_count = scope->all.count;
	return scope->ruled;
}

__u64 scope__left_out(const struct scope *scope)
{
	return scope->all.left_out;
}

unsigned int scope__missing(const struct scope *scope, struct text *ret_lines)
{
	return names_workloads(scope->options) ?
		       scope_missing(scope->options, scope->cgroups, ret_lines) :
		       0;
}
