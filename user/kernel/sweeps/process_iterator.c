/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/sweeps/process_iterator.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/*
 * How a kernel says that it does not know the wish: bpf_iter_link_attach() has no attribute for it
 * (-EINVAL), or a shorter one (-E2BIG).
 */
static bool is_unknown(int err)
{
	return err == -EINVAL || err == -E2BIG;
}

/* Some take no notice of it instead, and would go through all processes. */
static int check_process(const struct bpf_link *link, __u32 tgid)
{
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len))
		return -errno;
	return info.iter.task.pid == tgid ? 0 : -EOPNOTSUPP;
}

int process_iterator_attach(const struct bpf_program *program, __u32 tgid,
			    struct bpf_link **ret_link)
{
	union bpf_iter_link_info one = { .task.pid = tgid };
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &one, .link_info_len = sizeof(one));
	struct bpf_link *link = bpf_program__attach_iter(program, &options);
	int err;

	if (!link) {
		err = -errno;
		return is_unknown(err) ? -EOPNOTSUPP : err;
	}
	err = check_process(link, tgid);
	if (err) {
		bpf_link__destroy(link);
		return err;
	}
	*ret_link = link;
	return 0;
}

bool process_iterator_has_threads(void)
{
	struct utsname kernel;
	unsigned int major, minor;

	if (uname(&kernel) || sscanf(kernel.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 7);
}
