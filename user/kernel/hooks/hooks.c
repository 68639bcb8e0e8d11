/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hooks/hooks.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel/hooks/hook_probe.h"
#include "kernel/hooks/perf_events.h"
#include "kernel/hooks/preemption.h"
#include "kernel/hooks/tracefs.h"
#include "control.h"
#include "sockleak.skel.h"

#define ENOTSUPP 524 /* the kernel's own, for what the architecture lacks */
/* All programs there are, which is more than one kind has. */
#define MAX_PROGRAMS (sizeof(((struct sockleak_bpf *)NULL)->progs) / sizeof(struct bpf_program *))
#define MAX_PROOFS 64 /* where a kernel skips two hooks of three, all are met in a few rounds */

struct hooks {
	enum hooks_choice asked, chosen;
	bool watch_close;
	bool is_succeeded; /* by another run, whose hooks are to write to the same maps (--pin) */
	struct kernel_traits traits;
	const struct btf *btf; /* NULL = not known */
	/* The perf events of each kind, in the order of its programs. */
	int events[HOOKS_CHOICES][MAX_PROGRAMS];
	unsigned int n_events[HOOKS_CHOICES];
	bool probed[HOOKS_CHOICES];
	bool is_refused[HOOKS_CHOICES];
	struct text cause[HOOKS_CHOICES], remedy[HOOKS_CHOICES]; /* of its refusal */
	struct bpf_link *links[MAX_PROGRAMS];
	unsigned int n_links;
	bool sees_uring;
	bool without_uring;			/* the kernel has refused a program for it */
	struct kind_refusal why[HOOKS_CHOICES]; /* the chosen kind is not a better one */
	unsigned int n_why;
};

/* ---- Which programs ---- */

static bool begins_with(const char *string, const char *begin)
{
	return begin && !strncmp(string, begin, strlen(begin));
}

static bool ends_with(const char *string, const char *end)
{
	size_t len = strlen(string), end_len = strlen(end);

	return len >= end_len && !strcmp(string + len - end_len, end);
}

static bool is_of_kind(const struct bpf_program *program, const struct hook_kind *kind)
{
	const char *section = bpf_program__section_name(program);

	return begins_with(section, kind->sections[0]) || begins_with(section, kind->sections[1]);
}

#define UNDER_URING "_uring_" /* in the names of programs on functions that only io_uring calls */

/* A kernel without such a function is watched without it. */
static bool is_optional(const struct bpf_program *program)
{
	return strstr(bpf_program__name(program), UNDER_URING) != NULL;
}

static bool kernel_has(const struct hooks *hooks, const struct bpf_program *program)
{
	const char *function = strchr(bpf_program__section_name(program), '/') + 1;

	return hooks->btf && btf__find_by_name_kind(hooks->btf, function, BTF_KIND_FUNC) > 0;
}

/* Is it attached, when its kind is? Those of close, and the enter of socket, only on request. */
static bool is_wanted(const struct hooks *hooks, const struct bpf_program *program,
		      const struct hook_kind *kind)
{
	const char *name = bpf_program__name(program);

	if (!is_of_kind(program, kind))
		return false;
	if (is_optional(program) && (hooks->without_uring || !kernel_has(hooks, program)))
		return false;
	return hooks->watch_close ||
	       !(ends_with(name, "_close") || ends_with(name, "_enter_socket"));
}

bool hooks__leave_out(struct hooks *hooks, const char *program)
{
	if (hooks->without_uring || !strstr(program, UNDER_URING))
		return false;
	hooks->without_uring = true;
	return true;
}

void hooks__select(const struct hooks *hooks, const struct bpf_object *object)
{
	struct bpf_program *program;

	for (unsigned int i = HOOKS_AUTO + 1; i < HOOKS_CHOICES; i++) {
		const struct hook_kind *kind = hook_kind((enum hooks_choice)i);

		bpf_object__for_each_program(program, object)
		{
			if (is_of_kind(program, kind))
				bpf_program__set_autoload(program,
							  i == hooks->chosen &&
								  is_wanted(hooks, program, kind));
		}
	}
}

/* ---- Perf events ---- */

static void close_events(struct hooks *hooks, enum hooks_choice choice)
{
	perf_events_release(hooks->events[choice], hooks->n_events[choice],
			    hooks->is_succeeded && choice == hooks->chosen);
	hooks->n_events[choice] = 0;
}

/* One for each program, whose section is "tracepoint/CATEGORY/EVENT". */
static int open_events_of(struct hooks *hooks, const struct bpf_object *object, int tracefs,
			  enum hooks_choice choice)
{
	const struct hook_kind *kind = hook_kind(choice);
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		char category[32], event[64];
		int fd;

		if (!is_wanted(hooks, program, kind))
			continue;
		if (sscanf(bpf_program__section_name(program), "tracepoint/%31[^/]/%63s", category,
			   event) != 2)
			return -E2BIG;
		fd = tracefs_event_open(tracefs, category, event);
		if (fd < 0)
			return fd;
		hooks->events[choice][hooks->n_events[choice]++] = fd;
	}
	return 0;
}

static void open_events(struct hooks *hooks, const struct bpf_object *object)
{
	int tracefs = tracefs_open();

	for (unsigned int i = HOOKS_AUTO + 1; i < HOOKS_CHOICES; i++) {
		int err;

		if (!hook_kind((enum hooks_choice)i)->is_event ||
		    (hooks->asked != HOOKS_AUTO && hooks->asked != i))
			continue;
		err = tracefs;
		if (tracefs >= 0)
			err = open_events_of(hooks, object, tracefs, (enum hooks_choice)i);
		if (!err)
			continue;
		close_events(hooks, (enum hooks_choice)i);
		hooks->is_refused[i] = true;
		tracefs_add_refusal(&hooks->cause[i], &hooks->remedy[i], tracefs, err);
	}
	if (tracefs >= 0)
		close(tracefs);
}

int hooks__new(const struct bpf_object *object, const struct options *options,
	       const struct btf *types, struct hooks **ret_hooks)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return -ENOMEM;
	hooks->asked = (enum hooks_choice)options->hooks;
	hooks->watch_close = options->watch_close;
	hooks->is_succeeded = options->pin;
	hooks->btf = types;
	hooks->traits.preempts = preemption_read();
	hook_probe_traits(hooks->btf, &hooks->traits);
	open_events(hooks, object);
	*ret_hooks = hooks;
	return 0;
}

void hooks__free(struct hooks *hooks)
{
	if (!hooks)
		return;
	while (hooks->n_links)
		bpf_link__destroy(hooks->links[--hooks->n_links]);
	for (unsigned int i = 0; i < HOOKS_CHOICES; i++) {
		close_events(hooks, (enum hooks_choice)i);
		text_free(&hooks->cause[i]);
		text_free(&hooks->remedy[i]);
	}
	free(hooks);
}

/* ---- Which kind ---- */

static void refuse(struct hooks *hooks, enum hooks_choice choice, int err)
{
	struct text *text = &hooks->cause[choice];

	hooks->is_refused[choice] = true;
	if (err == -EPERM || err == -EACCES)
		text_add(text, "refused by this kernel");
	else if (err == -ENOENT || err == -ESRCH)
		text_add(text, "this kernel lacks its functions");
	else if (err == -EOPNOTSUPP || err == -EINVAL || err == -ENOTSUPP)
		text_add(text, "not in this kernel");
	else
		text_add(text, strerror(-err));
}

/* The best one that is not refused so far; what has to be tried is tried now. */
static enum hooks_choice best(struct hooks *hooks, const struct bpf_object *object)
{
	enum hooks_choice choice;
	int err;

	while ((choice = hook_kind_best(&hooks->traits, hooks->is_refused)) != HOOKS_AUTO) {
		if (hooks->probed[choice] || hook_kind(choice)->is_event)
			return choice;
		hooks->probed[choice] = true;
		err = hook_probe(object, hook_kind(choice), hooks->btf);
		if (!err)
			return choice;
		refuse(hooks, choice, err);
	}
	return HOOKS_AUTO;
}

/* Not twice for two kinds that the same is wrong with. */
static bool is_said(const struct hooks *hooks, unsigned int choice)
{
	return choice > HOOKS_AUTO + 1 && hooks->cause[choice].len &&
	       !strcmp(text_str(&hooks->cause[choice]), text_str(&hooks->cause[choice - 1]));
}

static void explain(struct hooks *hooks)
{
	hooks->n_why = 0;
	if (hooks->asked != HOOKS_AUTO)
		return;
	for (unsigned int i = HOOKS_AUTO + 1; i < hooks->chosen; i++) {
		const struct hook_kind *kind = hook_kind((enum hooks_choice)i);
		struct kind_refusal *why = &hooks->why[hooks->n_why];

		if (is_said(hooks, i))
			continue;
		why->kind = kind->name;
		why->cause = text_str(&hooks->cause[i]);
		why->remedy = text_str(&hooks->remedy[i]);
		if (!hooks->is_refused[i]) /* it would miss calls */
			why->cause = kind->misses(&hooks->traits);
		hooks->n_why += why->cause != NULL;
	}
}

/* That was asked for. A refusal of perf events has its remedy. */
static int take_asked(struct hooks *hooks, const struct bpf_object *object, struct text *ret_error)
{
	const struct hook_kind *kind = hook_kind(hooks->asked);
	int err;

	hooks->chosen = hooks->asked;
	if (!kind->is_event) {
		err = hook_probe(object, kind, hooks->btf);
		if (!err)
			return 0;
		refuse(hooks, hooks->asked, err);
		hooks__add_error(hooks, text_str(&hooks->cause[hooks->asked]), ret_error);
		return err;
	}
	if (!hooks->is_refused[hooks->asked])
		return 0;
	text_addf(ret_error, "cannot use hooks by %s: %s (%s; or use --hooks auto)", kind->name,
		  text_str(&hooks->cause[hooks->asked]), text_str(&hooks->remedy[hooks->asked]));
	return -EPERM;
}

int hooks__choose(struct hooks *hooks, const struct bpf_object *object, struct text *ret_error)
{
	int err;

	if (hooks->asked != HOOKS_AUTO) {
		err = take_asked(hooks, object, ret_error);
		if (err)
			return err;
	} else {
		hooks->chosen = best(hooks, object);
	}
	if (hooks->chosen == HOOKS_AUTO) {
		hooks->chosen = HOOKS_RAW_TP; /* which asks for least */
		hooks__add_error(hooks, text_str(&hooks->cause[HOOKS_RAW_TP]), ret_error);
		return -EPERM;
	}
	explain(hooks);
	hooks__select(hooks, object);
	return 0;
}

bool hooks__yield(struct hooks *hooks, const struct bpf_object *object, const char *reason)
{
	enum hooks_choice before = hooks->chosen;

	if (hooks->asked != HOOKS_AUTO)
		return false;
	while (hooks->n_links)
		bpf_link__destroy(hooks->links[--hooks->n_links]);
	close_events(hooks, before);
	hooks->sees_uring = false;
	hooks->is_refused[before] = true;
	text_add(&hooks->cause[before], reason);
	hooks->chosen = best(hooks, object);
	if (hooks->chosen == HOOKS_AUTO) {
		hooks->chosen = before;
		return false;
	}
	explain(hooks);
	return true;
}

/* ---- Attach, and prove ---- */

static struct bpf_link *attach_kprobe(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	const char *function = strchr(section, '/') + 1;
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = &function, .cnt = 1,
		    .cookies = &hook_probe_cookie, .retprobe = begins_with(section, "kretprobe"));

	/* By name: libbpf's own way reads addresses, which a kernel does not tell everybody. */
	return bpf_program__attach_kprobe_multi_opts(program, NULL, &options);
}

static int attach_link(struct hooks *hooks, const struct bpf_program *program)
{
	struct bpf_link *link = hooks->chosen == HOOKS_KPROBE_MULTI ? attach_kprobe(program) :
								      bpf_program__attach(program);

	if (!link)
		return -errno;
	hooks->links[hooks->n_links++] = link;
	return 0;
}

static int attach_all(struct hooks *hooks, const struct bpf_object *object, struct text *ret_error)
{
	const struct hook_kind *kind = hook_kind(hooks->chosen);
	struct bpf_program *program;
	unsigned int next = 0;
	int err;

	bpf_object__for_each_program(program, object)
	{
		if (!is_wanted(hooks, program, kind))
			continue;
		err = kind->is_event ? perf_event_run(hooks->events[hooks->chosen][next++],
						      bpf_program__fd(program)) :
				       attach_link(hooks, program);
		if (!err)
			hooks->sees_uring |= is_optional(program);
		if (!err || is_optional(program))
			continue;
		text_addf(ret_error, "cannot attach '%s': %s", bpf_program__name(program),
			  strerror(-err));
		return err;
	}
	return 0;
}

/* Each call once, to no effect: there is nobody of that name. */
static void make_calls(void)
{
	struct sockaddr_un nobody = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(nobody);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(nobody.sun_path + 1, sizeof(nobody.sun_path) - 1, "sockleak-proof-%d-nobody",
		 (int)getpid());
	(void)connect(fd, (struct sockaddr *)&nobody, sizeof(nobody));
	(void)bind(fd, (struct sockaddr *)&nobody, 0); /* too short to be an address */
	(void)getpeername(fd, (struct sockaddr *)&nobody, &len);
	close(fd);
}

static int prove(const struct hooks *hooks, const volatile __u32 *proved, struct text *ret_error)
{
	__u32 wanted = 1U << COUNTER_SOCKET_EXIT | 1U << COUNTER_CONNECT_ENTER |
		       1U << COUNTER_CONNECT_EXIT | 1U << COUNTER_BIND_ENTER |
		       1U << COUNTER_BIND_EXIT | 1U << COUNTER_GETPEERNAME_ENTER |
		       1U << COUNTER_GETPEERNAME_EXIT;

	if (hooks->watch_close)
		wanted |= 1U << COUNTER_SOCKET_ENTER | 1U << COUNTER_CLOSE_ENTER |
			  1U << COUNTER_CLOSE_EXIT;
	for (int i = 0; i < MAX_PROOFS && (*proved & wanted) != wanted; i++)
		make_calls();
	if ((*proved & wanted) == wanted)
		return 0;
	text_add(ret_error, "attached, but did not see sockleak's own calls");
	return -ENODATA;
}

int hooks__attach(struct hooks *hooks, const struct bpf_object *object,
		  const volatile __u32 *proved, struct text *ret_reason)
{
	int err = attach_all(hooks, object, ret_reason);

	if (err)
		return err;
	err = prove(hooks, proved, ret_reason);
	if (err)
		return err;
	for (unsigned int i = 0; i < HOOKS_CHOICES; i++)
		if (i != hooks->chosen)
			close_events(hooks, (enum hooks_choice)i);
	hooks->btf = NULL;
	return 0;
}

void hooks__add_error(const struct hooks *hooks, const char *reason, struct text *text)
{
	const struct hook_kind *kind = hook_kind(hooks->chosen);

	text_addf(text, "cannot use hooks by %s: %s (needs %s%s)", kind->name, reason, kind->needs,
		  hooks->asked == HOOKS_AUTO ? "" : "; or --hooks auto");
}

const struct hook_kind *hooks__kind(const struct hooks *hooks)
{
	return hook_kind(hooks->chosen);
}

bool hooks__sees_uring(const struct hooks *hooks)
{
	return hooks->sees_uring;
}

const char *hooks__misses(const struct hooks *hooks)
{
	return hook_kind(hooks->chosen)->misses(&hooks->traits);
}

const struct kind_refusal *hooks__why(const struct hooks *hooks, unsigned int *ret_count)
{
	*ret_count = hooks->n_why;
	return hooks->why;
}
