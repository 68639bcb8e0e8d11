/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/expendable.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/proc_file.h"
#include "lib/signals.h"

/* How often a child that works is looked at. Most answers come before the first look. */
#define LOOK_NS (50 * NSEC_PER_MSEC)
/* After a stop was asked for: the end of this program is worth more than a name. */
#define STUCK_AT_STOP_NS (150 * NSEC_PER_MSEC)
#define FINISH_NS (NSEC_PER_SEC / 10)

/* ---- Those that were given up ---- */

void expendables_give_up(struct expendables *expendables, pid_t pid, uid_t uid)
{
	kill(pid, SIGKILL);
	expendables_count(expendables);
	if (waitpid(pid, NULL, WNOHANG) ||
	    expendables->count == sizeof(expendables->left) / sizeof(expendables->left[0]))
		return;
	expendables->left[expendables->count++] = (struct left_child){ pid, uid };
}

unsigned int expendables_count(struct expendables *expendables)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < expendables->count; i++)
		if (!waitpid(expendables->left[i].pid, NULL, WNOHANG))
			expendables->left[kept++] = expendables->left[i];
	expendables->count = kept;
	return kept;
}

bool expendables_may_start(struct expendables *expendables)
{
	return expendables_count(expendables) < EXPENDABLES_LEFT;
}

bool expendables_hold(struct expendables *expendables, uid_t uid)
{
	unsigned int count = 0;

	expendables_count(expendables);
	for (unsigned int i = 0; i < expendables->count; i++)
		count += expendables->left[i].uid == uid;
	return count >= EXPENDABLES_USER;
}

void expendables_finish(struct expendables *expendables)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	__u64 until_ns = clock_now(CLOCK_MONOTONIC) + FINISH_NS;

	while (expendables_count(expendables) && clock_now(CLOCK_MONOTONIC) < until_ns)
		nanosleep(&pause, NULL);
}

/* ---- Those that work ---- */

/* How often it began or ended to wait; changes at each call while it runs. */
static __u64 moves_of(pid_t pid, __u64 before)
{
	char text[4096];
	const char *state, *waited, *displaced;

	if (!pid || proc_file_read_of(pid, "status", text, sizeof(text)) < 0)
		return before;
	state = proc_file_field(text, "State:");
	waited = proc_file_field(text, "voluntary_ctxt_switches:");
	displaced = proc_file_field(text, "nonvoluntary_ctxt_switches:");
	if (state && *state == 'R')
		return before + 1;
	return (waited ? strtoull(waited, NULL, 10) : 0) +
	       (displaced ? strtoull(displaced, NULL, 10) : 0);
}

/* Have they been still for too long? */
static bool are_stuck(struct patience *patience, __u64 now_ns)
{
	__u64 most_ns = patience->stuck_ns;

	for (unsigned int i = 0; i < PATIENCE_CHILDREN; i++) {
		__u64 moves = moves_of(patience->children[i], patience->moves[i]);

		if (moves != patience->moves[i])
			patience->moved_ns = now_ns;
		patience->moves[i] = moves;
	}
	if (signals_stop_asked() && most_ns > STUCK_AT_STOP_NS)
		most_ns = STUCK_AT_STOP_NS;
	return now_ns - patience->moved_ns > most_ns;
}

static __u64 earlier(__u64 a_ns, __u64 b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* Is there no more patience with them? */
static bool are_late(struct patience *patience, __u64 now_ns)
{
	if (signals_stop_asked() && !patience->stop_ns)
		patience->stop_ns = now_ns;
	if (patience->stop_ns && patience->at_stop_ns &&
	    now_ns - patience->stop_ns > patience->at_stop_ns)
		return true;
	return now_ns >= patience->deadline_ns || are_stuck(patience, now_ns);
}

int expendable_receive(int end, struct message *message, struct patience *patience)
{
	__u64 until_ns = earlier(patience->until_ns ?: UINT64_MAX, patience->deadline_ns);
	__u64 now_ns = clock_now(CLOCK_MONOTONIC);

	patience->moved_ns = patience->moved_ns ?: now_ns;
	for (;;) {
		int err = channel_receive(end, message, earlier(now_ns + LOOK_NS, until_ns));

		if (err != -ETIMEDOUT)
			return err;
		now_ns = clock_now(CLOCK_MONOTONIC);
		if (are_late(patience, now_ns))
			return -ETIMEDOUT;
		if (now_ns >= until_ns)
			return -EINPROGRESS;
	}
}
