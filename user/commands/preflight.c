/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/preflight.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

#include "host/rights.h"
#include "lib/proc_file.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
#define MIN_DESCRIPTORS 256 /* 80 for maps, programs and links; more while symbols are read */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCU /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

static int check_proc(const struct options *options, struct text *ret_error)
{
	struct stat namespace;

	(void)options;
	if (stat("/proc/self/ns/pid", &namespace)) {
		text_add(ret_error, "cannot read /proc/self/ns/pid: is /proc mounted?");
		return -ENOENT;
	}
	if (namespace.st_ino == INITIAL_PID_NAMESPACE)
		return 0;
	text_add(ret_error, "not in the host's pid namespace, so it would not see the host's "
			    "processes (run it on the host: nsenter -t 1 -a, "
			    "docker run --pid=host, or hostPID: true)");
	return -EXDEV;
}

static int check_capabilities(const struct options *options, struct text *ret_error)
{
	unsigned long long mask = rights_effective();
	unsigned long long wanted = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;

	(void)options;
	if (mask & 1ULL << CAP_SYS_ADMIN || (mask & wanted) == wanted)
		return 0;
	text_addf(ret_error,
		  "not allowed to load BPF programs: %s%s missing (run it as root, e.g. "
		  "with sudo)",
		  mask & 1ULL << CAP_BPF ? "" : "CAP_BPF",
		  mask & 1ULL << CAP_PERFMON ? "" :
		  mask & 1ULL << CAP_BPF     ? "CAP_PERFMON" :
					       " and CAP_PERFMON");
	return -EPERM;
}

static int check_btf(const struct options *options, struct text *ret_error)
{
	struct utsname kernel;

	if (options->btf) {
		if (!access(options->btf, R_OK))
			return 0;
		text_addf(ret_error, "cannot read --btf %s: %s", options->btf, strerror(errno));
		return -ENOENT;
	}
	if (!access(KERNEL_BTF, R_OK))
		return 0;
	uname(&kernel);
	text_addf(ret_error,
		  "this kernel (%s) has no type information in " KERNEL_BTF
		  " (use one built with CONFIG_DEBUG_INFO_BTF, or give its BTF with --btf FILE)",
		  kernel.release);
	return -ENOENT;
}

static int check_lockdown(const struct options *options, struct text *ret_error)
{
	char modes[128];

	(void)options;
	if (proc_file_read("/sys/kernel/security/lockdown", modes, sizeof(modes)) < 0)
		return 0; /* no such feature, or no way to know: loading will show it */
	if (!strstr(modes, "[confidentiality]"))
		return 0;
	text_add(ret_error,
		 "the kernel is locked down for confidentiality, so BPF programs cannot read "
		 "its memory (boot with lockdown=integrity, or none)");
	return -EPERM;
}

/* Without one libbpf would blame the kernel, so it is checked here. */
static int check_descriptors(const struct options *options, struct text *ret_error)
{
	struct rlimit limit;

	(void)options;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= MIN_DESCRIPTORS)
		return 0;
	limit.rlim_cur = limit.rlim_max < MIN_DESCRIPTORS ? limit.rlim_max : MIN_DESCRIPTORS;
	if (limit.rlim_cur == MIN_DESCRIPTORS && !setrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	text_addf(ret_error, "RLIMIT_NOFILE is %llu; at least %d needed (ulimit -Hn, LimitNOFILE=)",
		  (unsigned long long)limit.rlim_max, MIN_DESCRIPTORS);
	return -EMFILE;
}

static const struct preflight table[] = {
	{ "pid-namespace", "the host's", check_proc },
	{ "capabilities", "BPF programs may be loaded", check_capabilities },
	{ "lockdown", "no confidentiality lockdown", check_lockdown },
	{ "btf", "the kernel has its type information", check_btf },
	{ "descriptors", "the limit is high enough", check_descriptors },
};

const struct preflight *preflight_next(const struct preflight *previous)
{
	const struct preflight *next = previous ? previous + 1 : table;

	return next < table + sizeof(table) / sizeof(table[0]) ? next : NULL;
}

int preflight_check(const struct options *options, struct text *ret_error)
{
	const struct preflight *next;
	int err = 0;

	for (next = preflight_next(NULL); next && !err; next = preflight_next(next))
		err = next->check(options, ret_error);
	return err;
}
