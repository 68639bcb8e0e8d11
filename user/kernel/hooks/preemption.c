/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hooks/preemption.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <zlib.h>

#include "kernel/hooks/tracefs.h"
#include "lib/cleanup.h"
#include "lib/proc_file.h"

#define CONFIG_BYTES (512 * 1024) /* Debian's has 280 KiB */

/*
 * Are programs safe from interruption in the mode of this name, which ends at a blank or a bracket?
 */
static bool is_safe(const char *mode)
{
	size_t len = strcspn(mode, ") \t\n");

	return (len == 4 && !strncmp(mode, "none", len)) ||
	       (len == 9 && !strncmp(mode, "voluntary", len));
}

/* The argument of the last preempt= among the words; NULL: there is none. */
static const char *last_preempt(const char *cmdline)
{
	static const char word[] = "preempt=";
	const char *found = NULL;

	for (const char *at = cmdline; (at = strstr(at, word)); at += sizeof(word) - 1)
		if (at == cmdline || at[-1] == ' ')
			found = at + sizeof(word) - 1;
	return found;
}

bool preemption_of(const struct preemption_sources *sources)
{
	const char *mode;

	if (sources->version && !strstr(sources->version, "PREEMPT"))
		return false; /* it was built without */
	if (sources->version && strstr(sources->version, "PREEMPT_RT"))
		return true;
	mode = sources->sched ? strchr(sources->sched, '(') : NULL;
	if (mode)
		return !is_safe(mode + 1);
	if (!sources->version || !strstr(sources->version, "PREEMPT_DYNAMIC"))
		return true; /* built with it, and with no choice */
	mode = sources->cmdline ? last_preempt(sources->cmdline) : NULL;
	if (mode)
		return !is_safe(mode);
	return !sources->config || !(strstr(sources->config, "\nCONFIG_PREEMPT_NONE=y") ||
				     strstr(sources->config, "\nCONFIG_PREEMPT_VOLUNTARY=y"));
}

static const char *read_sched(char *ret_text, size_t size)
{
	_cleanup_close_ int debugfs = -1;

	if (proc_file_read("/sys/kernel/debug/sched/preempt", ret_text, size) >= 0)
		return ret_text;
	debugfs = mount_privately("debugfs");
	if (debugfs < 0 || proc_file_read_at(debugfs, "sched/preempt", ret_text, size) < 0)
		return NULL;
	return ret_text;
}

static const char *read_cmdline(char *ret_text, size_t size)
{
	return proc_file_read("/proc/cmdline", ret_text, size) < 0 ? NULL : ret_text;
}

/* gzread() also reads uncompressed files. */
static const char *read_config(const char *path, char *ret_text, size_t size)
{
	gzFile file = gzopen(path, "re");
	int len;

	if (!file)
		return NULL;
	len = gzread(file, ret_text, (unsigned int)size - 1);
	gzclose(file);
	if (len <= 0)
		return NULL;
	ret_text[len] = '\0';
	return ret_text;
}

bool preemption_read(void)
{
	static char config[CONFIG_BYTES];
	char sched[64], cmdline[4096], path[128];
	struct utsname kernel;
	struct preemption_sources sources = {
		.sched = read_sched(sched, sizeof(sched)),
		.cmdline = read_cmdline(cmdline, sizeof(cmdline)),
	};

	uname(&kernel);
	sources.version = kernel.version;
	if (sources.sched)
		return preemption_of(&sources);
	snprintf(path, sizeof(path), "/boot/config-%s", kernel.release);
	sources.config = read_config("/proc/config.gz", config, sizeof(config)) ?:
				 read_config(path, config, sizeof(config));
	return preemption_of(&sources);
}
