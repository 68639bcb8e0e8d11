/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hooks/descent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "control.h"
#include "sockleak.skel.h"

struct descent {
	struct bpf_link *begins, *ends;
};

void descent_select(struct sockleak_bpf *skeleton, __u32 tgid)
{
	bpf_program__set_autoload(skeleton->progs.descendant_begins, tgid != 0);
	bpf_program__set_autoload(skeleton->progs.descendant_ends, tgid != 0);
}

void descent__free(struct descent *descent)
{
	if (!descent)
		return;
	bpf_link__destroy(descent->begins);
	bpf_link__destroy(descent->ends);
	free(descent);
}

static int attach_both(struct descent *descent, struct sockleak_bpf *skeleton, __u32 tgid)
{
	__u64 never = 0; /* has it forked */

	if (bpf_map__update_elem(skeleton->maps.descendants, &tgid, sizeof(tgid), &never,
				 sizeof(never), BPF_ANY))
		return -errno;
	descent->begins = bpf_program__attach(skeleton->progs.descendant_begins);
	if (descent->begins)
		descent->ends = bpf_program__attach(skeleton->progs.descendant_ends);
	return descent->ends ? 0 : -errno;
}

int descent__attach(struct sockleak_bpf *skeleton, __u32 tgid, struct descent **ret_descent,
		    struct text *ret_error)
{
	struct descent *descent = tgid ? calloc(1, sizeof(*descent)) : NULL;
	int err = descent ? attach_both(descent, skeleton, tgid) : tgid ? -ENOMEM : 0;

	if (err) {
		text_addf(ret_error,
			  "cannot follow the command's processes: %s (needs the raw "
			  "tracepoints of fork and exit)",
			  strerror(-err));
		descent__free(descent);
		return err;
	}
	*ret_descent = descent;
	return 0;
}

unsigned int descent_count(const struct sockleak_bpf *skeleton)
{
	int map = bpf_map__fd(skeleton->maps.descendants);
	unsigned int count = 0;
	__u32 tgid;

	while (count < SOCKLEAK_MAX_DESCENDANTS &&
	       !bpf_map_get_next_key(map, count ? &tgid : NULL, &tgid))
		count++;
	return count;
}
