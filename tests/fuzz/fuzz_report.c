/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounts and reports: a sequence of events with hostile names in them, then the
 * text and the JSON that are made of it.
 */
#include "check_json.h"
#include "take_stack.h"

#include "leaks/leaks.h"
#include "lib/text.h"
#include "report/json/json_report.h"
#include "report/pprof/folded.h"
#include "report/pprof/pprof.h"
#include "report/pprof/profile_reader.h"
#include "report/text/text_report.h"

#define MAX_STEPS 64

struct run {
	struct leaks *leaks;
	struct summary summary;
	struct text lines;
	struct json_last_code last;
	unsigned int announced;
	struct event events[MAX_STEPS]; /* that were applied */
	unsigned int n_events;
};

static void announce(const struct leak *leak, enum leaks_change change, void *ctx)
{
	_cleanup_text_ struct text anew = TEXT_INIT;
	struct run *run = ctx;
	size_t begin = run->lines.len;

	check(leak->owner && leak->site && !leak->held_back);
	json_leak(&run->lines, leak, change, &run->summary, &run->last);
	json_leak(&anew, leak, change, &run->summary, NULL);
	check(!strcmp(text_str(&anew), text_str(&run->lines) + begin));
	run->announced++;
}

static struct owner *take_owner(struct input *input)
{
	char *exe = take_name(input), *cgroup = take_name(input);
	struct owner *owner = owner_new(exe, cgroup, take_name(input));

	check(owner);
	return owner;
}

static void take_comm(struct input *input, char *comm)
{
	take_bytes(input, comm, SOCKLEAK_COMM_LEN - 1); /* the kernel ends it */
}

static void take_evidence(struct input *input, struct evidence *evidence)
{
	uint8_t flags = take_u8(input);

	evidence->enotconn = flags & 1 ? take_u8(input) : 0;
	evidence->first_enotconn_ns = flags & 1 ? take_u64(input) : 0;
	evidence->connect_tries = flags & 2 ? take_u8(input) : 0;
	evidence->connect_errno = flags & 2 ? (__s32)take_u8(input) : 0;
	evidence->bind_tries = flags & 4 ? take_u8(input) : 0;
	evidence->bind_errno = flags & 4 ? (__s32)take_u8(input) : 0;
	evidence->bound = flags & 8;
	evidence->dest_len = flags & 16 ? take_u8(input) % (SOCKLEAK_DEST_LEN + 1) : 0;
	take_bytes(input, evidence->dest, evidence->dest_len);
}

/* Numbers that index something are the kernel's own, and in range; few sockets, so they meet. */
static void take_event(struct input *input, struct event *event)
{
	struct pending *socket = &event->socket;
	uint8_t which = take_u8(input);

	*event = (struct event){ .kind = (__u8)(1 + which % 3) };
	event->class = (__u8)(1 + (which >> 2) % (CLASS_COUNT - 1));
	event->reason = (__u8)(which >> 5) % END_COUNT;
	which = take_u8(input);
	socket->inode = 1 + (which & 15);
	event->tgid = socket->tgid = 1 + (which >> 4 & 3);
	event->maybe_in_use = which >> 6 & 1;
	event->error = which >> 7;
	socket->since_ns = take_u8(input) * 1000000000ULL;
	socket->family = take_u8(input);
	socket->type = take_u8(input) & 15;
	socket->protocol = take_u8(input);
	socket->flags = take_u8(input);
	event->now_ns = take_u32(input) * 1000000ULL;
	take_comm(input, event->comm);
	take_comm(input, socket->comm);
	take_evidence(input, &socket->evidence);
}

static void apply(struct run *run, struct input *input)
{
	struct event *event = &run->events[run->n_events++];
	struct owner *owner;
	struct stack *stack = NULL;

	take_event(input, event);
	owner = take_owner(input);
	if (take_u8(input) & 1)
		stack = take_stack(input);
	check(!leaks__apply(run->leaks, event, owner, stack));
	owner_unref(owner);
	stack_unref(stack);
}

static void check_accounts(struct run *run)
{
	struct leaks_totals totals = leaks__totals(run->leaks);
	struct site *const *sites;
	long count = leaks__sites(run->leaks, &sites);
	unsigned int open = 0, shown;
	const struct leak *leak;

	check(count >= 0 && (size_t)count == totals.sites);
	check(totals.leaking <= totals.sites && totals.open <= totals.total);
	for (long i = 0; i < count; i++) {
		for (shown = 0, leak = sites[i]->leaks; leak; leak = leak->next)
			shown += !leak->held_back;
		check(shown && shown == sites[i]->open);
		open += shown;
		if (!i)
			continue;
		check(sites[i - 1]->leaking >= sites[i]->leaking);
		if (sites[i - 1]->leaking == sites[i]->leaking)
			check(sites[i - 1]->open >= sites[i]->open);
	}
	check(open == totals.open);
}

/* When all have ended, nothing is left in any account. */
static void check_ends(struct run *run)
{
	struct leaks_totals totals;
	__u64 resolved = 0;

	for (unsigned int i = 0; i < run->n_events; i++) {
		run->events[i].kind = EVENT_ENDED;
		check(!leaks__apply(run->leaks, &run->events[i], NULL, NULL));
	}
	totals = leaks__totals(run->leaks);
	for (unsigned int i = 0; i < END_COUNT; i++)
		resolved += totals.resolved[i];
	check(!totals.open && !totals.sites && !totals.held_back);
	check(resolved == totals.total);
}

static void check_text(const struct run *run, const struct text_layout *layout)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	unsigned int lines = 0;
	char *line, *rest;

	text_report(&out, run->leaks, &run->summary, layout);
	check(!text_error(&out) && out.len);
	check_clean(text_str(&out), out.len, "\n");
	check(out.data[out.len - 1] == '\n');
	for (rest = out.data; *rest; lines++) {
		line = strsep(&rest, "\n");
		check(!layout->columns || text_width(line) <= layout->columns);
	}
	check(!layout->rows || lines <= layout->rows);
}

static int add_open(const struct profile_sample *sample, void *ctx)
{
	check(sample->values[PROFILE_CREATED] >= sample->values[PROFILE_OPEN]);
	*(uint64_t *)ctx += (uint64_t)sample->values[PROFILE_OPEN];
	return 0;
}

/* As many sockets as are shown, in both kinds of profile; frames and lines are not forged. */
static void check_profiles(const struct run *run)
{
	struct text profile = TEXT_INIT, folded = TEXT_INIT, error = TEXT_INIT;
	uint64_t open = 0, in_lines = 0;
	char *line, *rest;

	check(!pprof_add(&profile, run->leaks, &run->summary));
	check(!profile_read(profile.data, profile.len, add_open, &open, &error) && !error.len);
	check(open == leaks__totals(run->leaks).open);
	check(!folded_add(&folded, run->leaks, &run->summary));
	check_clean(text_str(&folded), folded.len, "\n");
	for (rest = folded.data; rest && *rest;) {
		line = strsep(&rest, "\n");
		check(strchr(line, ';') && strrchr(line, ' '));
		in_lines += strtoull(strrchr(line, ' '), NULL, 10);
	}
	check(in_lines == open);
	text_free(&profile);
	text_free(&folded);
}

static void check_reports(struct run *run, struct input *input)
{
	struct text_layout layout = { .columns = take_u8(input) };
	const struct text_layout whole = { .top = 100, .stacks = 100, .verbose = true };

	layout.rows = take_u8(input) % 64;
	layout.top = take_u8(input) % 8;
	layout.stacks = take_u8(input) % 4;
	layout.verbose = take_u8(input) & 1;
	check_text(run, &layout);
	check_text(run, &whole);
	json_summary(&run->lines, run->leaks, &run->summary, 10);
	check(!text_error(&run->lines));
	check(check_json_lines(text_str(&run->lines), run->lines.len) == run->announced + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct run run = { .summary = { .hooks = "tracepoint", .older_than_ns = 5000000000ULL } };
	unsigned int steps, classes = take_u8(&input) << 1;

	run.summary.now_ns = take_u64(&input);
	run.summary.started_ns = take_u64(&input);
	run.summary.wall_offset_ns = (__s64)take_u64(&input);
	take_bytes(&input, run.summary.counters, take_u8(&input) % sizeof(run.summary.counters));
	run.leaks = leaks__new(classes, 1000000000, announce, &run);
	check(run.leaks);
	for (steps = 0; steps < MAX_STEPS && input_left(&input); steps++) {
		if (take_u8(&input) & 7)
			apply(&run, &input);
		else
			leaks__tick(run.leaks, take_u32(&input) * 1000000ULL);
	}
	leaks__tick(run.leaks, run.summary.now_ns);
	run.summary.leaks = leaks__totals(run.leaks);
	check_accounts(&run);
	check_reports(&run, &input);
	check_profiles(&run);
	check_ends(&run);
	leaks__free(run.leaks);
	json_last_code_clear(&run.last);
	text_free(&run.lines);
	return 0;
}
