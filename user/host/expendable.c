/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/expendable.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/proc_file.h"
#include "lib/signals.h"
#include "lib/time.h"

/* How often a child that works is looked at. Most answers come before the first look. */
#define LOOK_NS (50 * NSEC_PER_MSEC)
#define FINISH_NS (NSEC_PER_SEC / 10)
/* A moment that has passed: what has come is received, and nothing is waited for. */
#define ALREADY_NS 1

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

/* How long it has run, and waited to run: "RAN WAITED TIMES". Without CONFIG_SCHED_INFO all 0. */
static void read_times(pid_t pid, struct child_sight *sight)
{
	char text[128], *end;

	if (proc_file_read_of(pid, "schedstat", text, sizeof(text)) <= 0)
		return;
	sight->ran_ns = strtoull(text, &end, 10);
	sight->waited_ns = strtoull(end, NULL, 10);
}

static void read_state(pid_t pid, struct child_sight *sight)
{
	char text[4096];
	const char *state, *waited, *displaced;

	if (proc_file_read_of(pid, "status", text, sizeof(text)) < 0)
		return;
	state = proc_file_field(text, "State:");
	waited = proc_file_field(text, "voluntary_ctxt_switches:");
	displaced = proc_file_field(text, "nonvoluntary_ctxt_switches:");
	sight->is_runnable = state && *state == 'R';
	sight->switches = (waited ? strtoull(waited, NULL, 10) : 0) +
			  (displaced ? strtoull(displaced, NULL, 10) : 0);
}

/* For a child that has ended it is what was seen last. */
static void see_children(const struct patience *patience, bool with_state,
			 struct child_sight ret_sights[PATIENCE_CHILDREN])
{
	for (unsigned int i = 0; i < PATIENCE_CHILDREN; i++) {
		pid_t pid = patience->children[i];

		ret_sights[i] = patience->records[i].last;
		if (!pid)
			continue;
		ret_sights[i].is_runnable = false;
		read_times(pid, &ret_sights[i]);
		if (with_state)
			read_state(pid, &ret_sights[i]);
	}
}

static void look_at_children(struct patience *patience)
{
	struct child_sight sights[PATIENCE_CHILDREN];

	see_children(patience, /* with_state= */ true, sights);
	patience_look(patience, clock_now(CLOCK_MONOTONIC), signals_stop_asked(), sights);
}

/* Most answers come before the first look, so the begin is cheap: it reads no states. */
static void ensure_begun(struct patience *patience)
{
	struct child_sight sights[PATIENCE_CHILDREN];

	if (patience->begun_ns)
		return;
	see_children(patience, /* with_state= */ false, sights);
	patience_begin(patience, clock_now(CLOCK_MONOTONIC), sights);
}

/* When a wait is to end, so that they are looked at often enough. */
static __u64 next_look(const struct patience *patience)
{
	__u64 next_ns = clock_now(CLOCK_MONOTONIC) + LOOK_NS;

	return patience->until_ns && patience->until_ns < next_ns ? patience->until_ns : next_ns;
}

bool expendable_is_late(struct patience *patience)
{
	ensure_begun(patience);
	if (clock_now(CLOCK_MONOTONIC) - patience->looked_ns >= LOOK_NS)
		look_at_children(patience);
	return patience->is_over;
}

int expendable_receive(int end, struct message *message, struct patience *patience)
{
	for (;;) {
		bool is_late = expendable_is_late(patience);
		int err = channel_receive(end, message, is_late ? ALREADY_NS : next_look(patience));

		if (err != -ETIMEDOUT)
			return err;
		if (is_late)
			return -ETIMEDOUT;
		if (patience->until_ns && clock_now(CLOCK_MONOTONIC) >= patience->until_ns)
			return -EINPROGRESS;
	}
}

int expendable_send(int end, const void *data, size_t len, int fd, struct patience *patience)
{
	ensure_begun(patience);
	for (;;) {
		int err = channel_send(end, data, len, fd, clock_now(CLOCK_MONOTONIC) + LOOK_NS);

		if (err != -ETIMEDOUT)
			return err;
		if (expendable_is_late(patience))
			return -ETIMEDOUT;
	}
}

__u64 expendable_used(struct patience *patience)
{
	ensure_begun(patience);
	look_at_children(patience);
	return patience_used(patience);
}
