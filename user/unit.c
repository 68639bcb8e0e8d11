/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <ini.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#define BPFFS "/sys/fs/bpf"

/* As systemd looks for it; the first one counts, and drop-ins of all. */
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

static void add_capabilities(struct unit *unit, const char *value)
{
	char *words = strdup(value), *rest = words, *word;

	while (words && (word = strsep(&rest, " \t")))
		for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
			if (!strcasecmp(word, capabilities[i].name))
				unit->given |= 1ULL << capabilities[i].capability;
	free(words);
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

/* Of ini_parse(): 0 ends it. */
static int on_line(void *ctx, const char *section, const char *name, const char *value)
{
	struct unit *unit = ctx;

	if (strcmp(section, "Service"))
		return 1;
	if (!strcmp(name, "User"))
		return set_string(&unit->user, *value ? value : "root");
	if (!strcmp(name, "ReadWritePaths"))
		return add_writable(unit, value);
	if (!strcmp(name, "ProtectKernelTunables"))
		unit->protects_tunables = strchr("yt1Y", *value) && *value;
	if (strcmp(name, "AmbientCapabilities"))
		return 1;
	if (!*value)
		unit->given = 0;
	add_capabilities(unit, value);
	return 1;
}

static void read_drop_ins(struct unit *unit, const char *directory)
{
	char pattern[128];
	glob_t files = { 0 };

	snprintf(pattern, sizeof(pattern), "%s/" UNIT_NAME ".d/*.conf", directory);
	if (!glob(pattern, 0, NULL, &files))
		for (size_t i = 0; i < files.gl_pathc; i++)
			ini_parse(files.gl_pathv[i], on_line, unit);
	globfree(&files);
}

static bool find(struct unit *unit)
{
	for (size_t i = 0; i < N_DIRECTORIES; i++) {
		free(unit->path);
		unit->path = NULL;
		if (asprintf(&unit->path, "%s/" UNIT_NAME, directories[i]) < 0) {
			unit->path = NULL;
			return false;
		}
		if (!access(unit->path, R_OK))
			return true;
	}
	return false;
}

int unit__read(struct unit **ret_unit)
{
	struct unit *unit = calloc(1, sizeof(*unit));

	if (!unit)
		return -ENOMEM;
	unit->user = strdup("root");
	unit->writable = strdup("");
	if (!unit->user || !unit->writable) {
		unit__free(unit);
		return -ENOMEM;
	}
	if (!find(unit)) {
		unit__free(unit);
		*ret_unit = NULL;
		return 0;
	}
	ini_parse(unit->path, on_line, unit);
	for (size_t i = N_DIRECTORIES; i; i--)
		read_drop_ins(unit, directories[i - 1]);
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
