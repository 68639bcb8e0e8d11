/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hooks/preemption.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <zlib.h>

#include "kernel/hooks/tracefs.h"

#define CONFIG_BYTES (512 * 1024) /* Debian's has 280 KiB */

/* Of a mode's name, up to a blank or what else ends it: are programs safe from interruption? */
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

/* Of the file as a string, what fits; NULL: it cannot be read. Takes the descriptor over. */
static const char *read_text(int fd, char *ret_text, size_t size)
{
	ssize_t len = fd < 0 ? -1 : read(fd, ret_text, size - 1);

	if (fd >= 0)
		close(fd);
	if (len < 0)
		return NULL;
	ret_text[len] = '\0';
	return ret_text;
}

static const char *read_sched(char *ret_text, size_t size)
{
	static const char path[] = "/sys/kernel/debug/sched/preempt";
	const char *text = read_text(open(path, O_RDONLY | O_CLOEXEC), ret_text, size);
	int debugfs;

	if (text)
		return text;
	debugfs = mount_privately("debugfs");
	if (debugfs < 0)
		return NULL;
	text = read_text(openat(debugfs, "sched/preempt", O_RDONLY | O_CLOEXEC), ret_text, size);
	close(debugfs);
	return text;
}

/* gzread() reads what is not compressed, too. */
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
		.cmdline = read_text(open("/proc/cmdline", O_RDONLY | O_CLOEXEC), cmdline,
				     sizeof(cmdline)),
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
