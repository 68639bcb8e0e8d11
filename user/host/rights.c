/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/rights.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#define WORD_BITS 32

static int read_sets(struct __user_cap_data_struct ret_sets[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

	return syscall(SYS_capget, &header, ret_sets) ? -errno : 0;
}

unsigned long long rights_effective(void)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (read_sets(sets))
		return 0;
	return sets[0].effective | (unsigned long long)sets[1].effective << WORD_BITS;
}

int rights_give_up(int capability, bool *ret_had)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };
	struct __user_cap_data_struct *set = &sets[capability / WORD_BITS];
	const __u32 bit = 1U << capability % WORD_BITS;
	int err = read_sets(sets);

	if (err)
		return err;
	if (ret_had)
		*ret_had = set->permitted & bit;
	prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	if (!((set->effective | set->permitted | set->inheritable) & bit))
		return 0; /* the ambient set has nothing that those have not */
	set->effective &= ~bit;
	set->permitted &= ~bit;
	set->inheritable &= ~bit; /* the ambient set loses with it what it has of it */
	return syscall(SYS_capset, &header, sets) ? -errno : 0;
}
