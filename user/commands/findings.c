/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host/rights.h"
#include "host/workloads/cgroup.h"
#include "kernel/hooks/tracefs.h"
#include "kernel/pins/pin_dir.h"
#include "lib/textfile.h"

#define INITIAL_CGROUP_NAMESPACE 0xEFFFFFFBU /* PROC_CGROUP_INIT_INO, include/linux/proc_ns.h */

static enum finding_status look_at_kernel(const struct options *options, struct text *text)
{
	struct utsname kernel;

	(void)options;
	uname(&kernel);
	text_addf(text, "Linux %s, %s", kernel.release, kernel.machine);
	return FINDING_OK;
}

/* The loss without each capability. preflight checks CAP_BPF and CAP_PERFMON. */
static const struct {
	int capability;
	const char *name, *for_what;
} rights[] = {
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "other users' files and fd limits" },
	{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "other users' directories, tracefs" },
	{ CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE", "files of stacks that were replaced" },
};

enum finding_status finding_rights(unsigned long long given, struct text *text)
{
	bool complete = true;

	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		unsigned long long enough = 1ULL << rights[i].capability;

		if (rights[i].capability == CAP_CHECKPOINT_RESTORE)
			enough |= 1ULL << CAP_SYS_ADMIN;
		if (given & enough)
			continue;
		text_addf(text, "%s%s (%s)", complete ? "missing: " : ", ", rights[i].name,
			  rights[i].for_what);
		complete = false;
	}
	if (complete)
		text_add(text, "other users' processes can be read");
	else
		text_add(text, ": add them, or run it as root");
	return complete ? FINDING_OK : FINDING_LIMITED;
}

static enum finding_status look_at_rights(const struct options *options, struct text *text)
{
	(void)options;
	return finding_rights(rights_effective(), text);
}

enum finding_status finding_paranoid(unsigned long long given, struct text *text)
{
	long level = tracefs_paranoid();

	if (tracefs_may_refuse(level, given)) {
		text_addf(text,
			  "kernel.perf_event_paranoid is %ld, with which kernels of Debian and "
			  "Ubuntu ask for CAP_SYS_ADMIN to open tracepoints (add it, the agent "
			  "gives it up once they are open); only root can tell whether hooks of "
			  "a better kind do without",
			  level);
		return FINDING_LIMITED;
	}
	text_addf(text, "kernel.perf_event_paranoid is %ld; these capabilities are enough", level);
	return FINDING_OK;
}

static enum finding_status look_at_cgroups(const struct options *options, struct text *text)
{
	struct cgroups *cgroups = NULL;
	struct stat namespace = { 0 };
	bool is_part;

	if (cgroups__new(&cgroups)) {
		text_add(text, "no cgroup v2: units, machines, containers and pods have no names "
			       "(mount -t "
			       "cgroup2 none /sys/fs/cgroup/unified)");
		return options_rule_cgroups(options) ? FINDING_FAILED : FINDING_LIMITED;
	}
	text_add(text, "v2 at ");
	text_add_clean(text, cgroups__mount(cgroups), strlen(cgroups__mount(cgroups)));
	is_part = cgroups__is_part(cgroups);
	cgroups__free(cgroups);
	if (is_part) {
		text_add(text,
			 ", only a part of the tree: cgroups outside it have no names (mount -t "
			 "cgroup2 none /sys/fs/cgroup/unified)");
		return FINDING_LIMITED;
	}
	if (stat("/proc/self/ns/cgroup", &namespace) ||
	    namespace.st_ino == INITIAL_CGROUP_NAMESPACE)
		return FINDING_OK;
	text_add(text, ", in its own namespace: cgroups outside it have no names (mount "
		       "the host's /sys/fs/cgroup, or run it on the host)");
	return FINDING_LIMITED;
}

static bool is_writable(const char *directory)
{
	return !faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS);
}

static enum finding_status look_at_textfile(const struct options *options, struct text *text)
{
	char *path, *directory;
	struct stat status;
	int err;

	if (!options->textfile) {
		text_add(text, "not configured (--textfile " TEXTFILE_DEFAULT ")");
		return FINDING_OK;
	}
	if (!strcmp(options->textfile, TEXTFILE_DEFAULT) &&
	    textfile_check(options->textfile) == -ENOENT) {
		text_add(text, TEXTFILE_DEFAULT ": " TEXTFILE_DEFAULT_LACKS);
		return FINDING_OK; /* as --check-config says */
	}
	path = strdup(options->textfile);
	if (!path)
		return FINDING_LIMITED;
	directory = dirname(path);
	err = stat(directory, &status) ? errno : S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
	if (!err && !is_writable(directory))
		err = errno;
	text_add_clean(text, directory, strlen(directory));
	free(path);
	if (err) {
		text_addf(text, ": %s (%s)", strerror(err),
			  textfile_remedy(-err) ?:
						  "create it, and let sockleak's user write to it");
		return FINDING_LIMITED;
	}
	if (!textfile_is_read(options->textfile)) {
		text_add(text, ": the file's name must end in " TEXTFILE_SUFFIX
			       ", or node_exporter does not read it");
		return FINDING_LIMITED;
	}
	text_add(text, " is writable");
	return FINDING_OK;
}

static enum finding_status look_at_debuginfo(const struct options *options, struct text *text)
{
	bool here =
		!access("/usr/lib/debug/.build-id", R_OK) || !access("/usr/lib/debug/usr", R_OK);
	bool servers = getenv("DEBUGINFOD_URLS");
	glob_t files = { 0 };

	(void)options;
	if (!servers && !glob("/etc/debuginfod/*.urls", 0, NULL, &files))
		servers = files.gl_pathc > 0;
	globfree(&files);
	text_add(text,
		 here ? "/usr/lib/debug has debug files" : "/usr/lib/debug has no debug files");
	text_add(text, servers ? "; --debuginfod fetches what is missing" :
				 "; no debuginfod server is known");
	text_add(text, "; reports name what to install for source lines");
	return FINDING_OK;
}

static enum finding_status look_at_packages(const struct options *options, struct text *text)
{
	bool dpkg = !access("/var/lib/dpkg/status", R_OK);
	bool rpm = !access("/var/lib/rpm", R_OK) || !access("/usr/lib/sysimage/rpm", R_OK);

	(void)options;
	if (dpkg || rpm) {
		text_addf(text, "database of %s",
			  dpkg && rpm ? "dpkg, and of rpm" :
			  dpkg	      ? "dpkg" :
					"rpm");
		return FINDING_OK;
	}
	text_add(text, "no dpkg or rpm database: stacks have no package names (run it with "
		       "the host's /var and /usr)");
	return FINDING_LIMITED;
}

/* For --pin: maps that outlive the agent. */
static enum finding_status look_at_bpffs(const struct options *options, struct text *text)
{
	struct statfs status;

	if (options->pin) {
		if (pin_dir_check(options->pin, text))
			return FINDING_LIMITED;
		text_add_clean(text, options->pin, strlen(options->pin));
		text_add(text, " can keep what is known over a restart");
		return FINDING_OK;
	}
	if (!statfs("/sys/fs/bpf", &status) && (unsigned long)status.f_type == BPF_FS_MAGIC) {
		text_add(text, "at /sys/fs/bpf, for --pin");
		return FINDING_OK;
	}
	text_add(text, "none at /sys/fs/bpf, so a restart loses everything known: --pin, "
		       "pin = in the service's config (mount -t bpf bpf /sys/fs/bpf)");
	return FINDING_LIMITED;
}

static const struct finding_check table[] = {
	{ "kernel", look_at_kernel },	    { "rights", look_at_rights },
	{ "cgroups", look_at_cgroups },	    { "bpffs", look_at_bpffs },
	{ "textfile", look_at_textfile },   { "packages", look_at_packages },
	{ "debuginfo", look_at_debuginfo },
};

const struct finding_check *finding_next(const struct finding_check *previous)
{
	const struct finding_check *next = previous ? previous + 1 : table;

	return next < table + sizeof(table) / sizeof(table[0]) ? next : NULL;
}
