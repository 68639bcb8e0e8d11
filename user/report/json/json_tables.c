/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables whose room is shared among users: how full they are, and who has most. */
#include "report/json/json_parts.h"

#include "lib/names.h"

void put_tables(struct json *json, const struct summary *summary)
{
	const struct sweep_counts *counts = &summary->sweep_counts;

	json_begin_array(json, "tables");
	for (int kind = 0; kind < SHARE_KINDS; kind++) {
		const struct fill *fill = &counts->fills[kind];
		bool has_user = fill->user_used > 0, has_process = fill->process_used > 0;

		if (!counts->room[kind])
			continue; /* of a scan */
		json_begin_object(json, NULL);
		json_string(json, "of", share_kind_name((enum share_kind)kind));
		json_u64(json, "used", fill->used > 0 ? (__u64)fill->used : 0);
		json_u64(json, "room", counts->room[kind]);
		put_known_u64(json, "uid", fill->user, has_user);
		put_known_u64(json, "uid_used", (__u64)fill->user_used, has_user);
		put_known_u64(json, "pid", fill->tgid, has_process);
		put_known_u64(json, "pid_used", (__u64)fill->process_used, has_process);
		json_end_object(json);
	}
	json_end_array(json);
}
