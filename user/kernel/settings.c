/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/settings.h"

#include <string.h>
#include <unistd.h>

#include "kernel/hooks/hook_kinds.h"

struct settings settings_of(const struct options *options)
{
	struct settings settings = {
		.older_than_ns = options->older_than_ns,
		.self_tgid = (__u32)getpid(),
		.n_tgids = options->pids.count,
		.by_descent = options->command == COMMAND_RUN,
		.by_uid = options->by_uid,
		.uid = options->uid,
		.by_cgroup = options_limit_cgroups(options),
		.excludes = options->excluded_cgroups.count > 0,
		.stack_size = options->stack_size,
		.sample_after = options->sample_after,
		.try_stacks = options->stack_size ? options->try_stacks : 0,
		.room = {
			[SHARE_SOCKETS] = options->max_sockets,
			[SHARE_SNAPSHOTS] = options->stack_size ? options->snapshots : 1,
			[SHARE_HOLDERS] = SOCKLEAK_MAX_SOCKETS,
		},
		.watch_close = options->watch_close,
		.script_depth =
			options->script_frames != SCRIPTS_OFF ? (__u8)options->script_depth : 0,
		.keep_slots = options->snapshots / 4,
		.was_connected = options_want(options, CLASS_WAS_CONNECTED),
		.half_closed = options_want(options, CLASS_HALF_CLOSED),
	};

	memcpy(settings.tgids, options->pids.pids, sizeof(settings.tgids));
	if (options->comm)
		strncpy(settings.comm, options->comm, sizeof(settings.comm) - 1);
	return settings;
}
