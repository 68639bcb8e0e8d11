/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "resolver/call_filter.h"

/*
 * A user that should have no other process. Not 65534: services run as that, and a
 * process may read the memory of others of its user. This one is above what systemd
 * gives to containers, in a range without an established use, and below 2^31, from
 * where on programs have trouble with it (https://systemd.io/UIDS-GIDS).
 */
#define OWN_USER 2147480000U
#define MAX_DATA (1024UL * 1024 * 1024)

/* Under AddressSanitizer memory is not what it seems. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static void limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now))
		return;
	if (now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	setrlimit(resource, &now);
}

static void be_first_to_go(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1000", 4) != 4) {
		/* then it is as likely to go as others */
	}
	close(fd);
}

static bool has_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return true;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if (data[i].permitted || data[i].effective || data[i].inheritable)
			return true;
	return false;
}

/* Needs CAP_SETPCAP. Without it exec gives nothing back either, because of no_new_privs. */
static void drop_bounding_set(void)
{
	for (int capability = 0; !prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); capability++)
		;
}

int sandbox_drop_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	drop_bounding_set();
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &header, none))
		return -errno;
	return has_capabilities() ? -EPERM : 0;
}

/*
 * No file is written, made, removed or renamed, by whatever call (Landlock, Linux 5.13). The filter
 * of calls cannot see the flags of openat2(2), which package_dpkg.c needs. A kernel without it
 * lets that call open the files that the user may write.
 */
static void forbid_writing(void)
{
	const struct landlock_ruleset_attr changes = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
				     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
				     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
				     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
				     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM
	};
	int ruleset = (int)syscall(__NR_landlock_create_ruleset, &changes,
				   sizeof(changes.handled_access_fs), 0);

	if (ruleset < 0)
		return;
	syscall(__NR_landlock_restrict_self, ruleset, 0);
	close(ruleset);
}

int sandbox_enter(void)
{
	int err;

	be_first_to_go();
	drop_bounding_set(); /* while it may */
	if (geteuid() == 0) {
		/* a user namespace may not have such a user: then it stays, without rights */
		if (!setgroups(0, NULL) && !setresgid(OWN_USER, OWN_USER, OWN_USER) &&
		    setresuid(OWN_USER, OWN_USER, OWN_USER))
			return -errno;
	}
	err = sandbox_drop_capabilities();
	if (err)
		return err;
	forbid_writing();
	call_filter_enter();
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, RLIM_INFINITY);
	if (!SANITIZED)
		limit(RLIMIT_DATA, MAX_DATA);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* last: a change of user undoes it */
	return 0;
}
