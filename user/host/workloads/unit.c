/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/unit.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <ini.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#define BPFFS "/sys/fs/bpf"

/* The order in which systemd searches: the first one counts. */
static const char *const directories[] = { "/etc/systemd/system", "/run/systemd/system",
					   "/usr/local/lib/systemd/system",
					   "/usr/lib/systemd/system", "/lib/systemd/system" };
#define N_DIRECTORIES (sizeof(directories) / sizeof(directories[0]))

static const struct {
	const char *name;
	int capability;
} capabilities[] = {
	{ "CAP_BPF", CAP_BPF },
	{ "CAP_PERFMON", CAP_PERFMON },
	{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE },
	{ "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH },
	{ "CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE },
	{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
};
#define OTHER (1ULL << 63)

void unit__free(struct unit *unit)
{
	if (!unit)
		return;
	free(unit->path);
	free(unit->user);
	free(unit->writable);
	free(unit);
}

/* ---- Its files ---- */

/* OTHER stands for all that sockleak does not ask for; 0 = none are named. */
static unsigned long long capabilities_of(const char *value)
{
	char *words = strdup(value), *rest = words, *word;
	unsigned long long mask = 0, bit;

	while (words && (word = strsep(&rest, " \t"))) {
		bit = *word ? OTHER : 0;
		for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
			if (!strcasecmp(word, capabilities[i].name))
				bit = 1ULL << capabilities[i].capability;
		mask |= bit;
	}
	free(words);
	return mask;
}

/*
 * As config_parse_capability_set() of systemd: lines add up; the first one and an empty one
 * start anew.
 */
static void change_set(unsigned long long *set, const char *value, unsigned long long initial)
{
	bool inverts = *value == '~';
	unsigned long long named = capabilities_of(value + inverts);

	if (!named || *set == initial)
		*set = inverts ? ~named : named;
	else if (inverts)
		*set &= ~named;
	else
		*set |= named;
}

/* As systemd's parse_boolean(); any other word changes nothing. */
static void change_boolean(bool *is_set, const char *value)
{
	static const char *const words[] = { "1", "yes", "y", "true",  "t", "on",
					     "0", "no",	 "n", "false", "f", "off" };
	const size_t count = sizeof(words) / sizeof(words[0]);

	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(value, words[i]))
			*is_set = i < count / 2;
}

static bool set_string(char **string, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return false;
	free(*string);
	*string = copy;
	return true;
}

static bool add_writable(struct unit *unit, const char *value)
{
	char *all;

	if (!*value)
		return set_string(&unit->writable, "");
	if (asprintf(&all, "%s %s", unit->writable, value) < 0)
		return false;
	free(unit->writable);
	unit->writable = all;
	return true;
}

/* A handler of ini_parse(): 0 ends the parsing. */
static int on_unit_line(void *ctx, const char *section, const char *name, const char *value)
{
	struct unit *unit = ctx;

	if (strcmp(section, "Service"))
		return 1;
	if (!strcmp(name, "User"))
		return set_string(&unit->user, *value ? value : "root");
	if (!strcmp(name, "ReadWritePaths"))
		return add_writable(unit, value);
	if (!strcmp(name, "ProtectKernelTunables"))
		change_boolean(&unit->protects_tunables, value);
	if (!strcmp(name, "AmbientCapabilities"))
		change_set(&unit->given, value, 0);
	if (!strcmp(name, "CapabilityBoundingSet"))
		change_set(&unit->bounding, value, ~0ULL);
	return 1;
}

static const char *base_name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(base_name_of(*(char *const *)a), base_name_of(*(char *const *)b));
}

/* If several have one name, the first directory's counts. All are ordered by name. */
static size_t choose_drop_ins(char *const *paths, size_t count, const char **ret_chosen)
{
	size_t chosen = 0, j;

	for (size_t i = 0; i < count; i++) {
		for (j = 0; j < chosen; j++)
			if (!strcmp(base_name_of(paths[i]), base_name_of(ret_chosen[j])))
				break;
		if (j == chosen)
			ret_chosen[chosen++] = paths[i];
	}
	qsort(ret_chosen, chosen, sizeof(*ret_chosen), compare_names);
	return chosen;
}

static int read_drop_ins(struct unit *unit, const char *root)
{
	glob_t files = { 0 };
	const char **chosen;
	size_t count = 0;
	char *pattern;

	for (size_t i = 0; i < N_DIRECTORIES; i++) {
		if (asprintf(&pattern, "%s%s/" UNIT_NAME ".d/*.conf", root, directories[i]) < 0)
			break;
		glob(pattern, i ? GLOB_APPEND : 0, NULL, &files);
		free(pattern);
	}
	chosen = calloc(files.gl_pathc + 1, sizeof(*chosen));
	if (chosen)
		count = choose_drop_ins(files.gl_pathv, files.gl_pathc, chosen);
	for (size_t i = 0; i < count; i++)
		ini_parse(chosen[i], on_unit_line, unit);
	globfree(&files);
	if (!chosen)
		return -ENOMEM;
	free(chosen);
	return 0;
}

/* Whoever masks a unit links it to /dev/null; an empty file is the same to systemd. */
static bool is_masked(const char *path)
{
	struct stat status;

	return !stat(path, &status) && (S_ISCHR(status.st_mode) || !status.st_size);
}

static bool find_unit_of_agent(struct unit *unit, const char *root)
{
	for (size_t i = 0; i < N_DIRECTORIES; i++) {
		free(unit->path);
		unit->path = NULL;
		if (asprintf(&unit->path, "%s%s/" UNIT_NAME, root, directories[i]) < 0) {
			unit->path = NULL;
			return false;
		}
		if (!access(unit->path, R_OK))
			return true;
	}
	return false;
}

/* Root has what its bounding set leaves, and needs no ambient set. */
static void settle_capabilities(struct unit *unit)
{
	unsigned long long known = 0;

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		known |= 1ULL << capabilities[i].capability;
	if (!strcmp(unit->user, "root") || !strcmp(unit->user, "0"))
		unit->given = known;
	unit->given &= unit->bounding & known;
}

int unit__read(const char *root, struct unit **ret_unit)
{
	struct unit *unit = calloc(1, sizeof(*unit));

	*ret_unit = NULL;
	if (!unit)
		return -ENOMEM;
	unit->bounding = ~0ULL;
	unit->user = strdup("root");
	unit->writable = strdup("");
	if (!unit->user || !unit->writable) {
		unit__free(unit);
		return -ENOMEM;
	}
	if (!find_unit_of_agent(unit, root)) {
		unit__free(unit);
		return 0;
	}
	unit->is_masked = is_masked(unit->path);
	ini_parse(unit->path, on_unit_line, unit);
	if (read_drop_ins(unit, root)) {
		unit__free(unit);
		return -ENOMEM;
	}
	settle_capabilities(unit);
	*ret_unit = unit;
	return 0;
}

/* ---- What it may do ---- */

static bool is_at_or_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return !strncmp(path, directory, len) && (!path[len] || path[len] == '/');
}

bool unit_may_pin(const struct unit *unit, const char *directory)
{
	char *words = strdup(unit->writable), *rest = words, *word;
	bool may = !unit->protects_tunables || !is_at_or_below(directory, BPFFS);

	while (words && !may && (word = strsep(&rest, " \t"))) {
		word += strspn(word, "-+");
		may = *word && strcmp(word, BPFFS) && is_at_or_below(word, BPFFS) &&
		      is_at_or_below(directory, word);
	}
	free(words);
	return may;
}

static int set_capabilities(unsigned long long mask)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].effective = sets[i].permitted = (__u32)(mask >> 32 * i);
	return syscall(SYS_capset, &header, sets) ? -errno : 0;
}

int unit_become(const struct unit *unit, struct text *ret_error)
{
	const struct passwd *user = getpwnam(unit->user);
	int err;

	if (!user) {
		text_add(ret_error, "there is no user ");
		text_add_clean(ret_error, unit->user, strlen(unit->user));
		text_add(ret_error, " (systemd-sysusers)");
		return -ENOENT;
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid))
		err = -errno;
	else
		err = set_capabilities(unit->given);
	if (err)
		text_addf(ret_error,
			  "cannot take on its user and capabilities: %s (run it as root)",
			  strerror(-err));
	return err;
}
