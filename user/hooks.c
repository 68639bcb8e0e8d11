/* SPDX-License-Identifier: BSD-2-Clause */
#include "hooks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "tracefs.h"

#define MAX_HOOKS 16

struct hooks {
	bool raw;
	int events[MAX_HOOKS]; /* of the classic programs, in their order; not attached yet */
	unsigned int n_events;
	struct bpf_link *links[MAX_HOOKS];
	unsigned int n_links;
	struct text refused;
};

static bool is_classic(const struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_TRACEPOINT;
}

static bool is_raw(const struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT;
}

static void close_events(struct hooks *hooks)
{
	for (unsigned int i = 0; i < hooks->n_events; i++)
		if (hooks->events[i] >= 0)
			close(hooks->events[i]);
	hooks->n_events = 0;
}

void hooks__free(struct hooks *hooks)
{
	if (!hooks)
		return;
	while (hooks->n_links)
		bpf_link__destroy(hooks->links[--hooks->n_links]);
	close_events(hooks);
	text_free(&hooks->refused);
	free(hooks);
}

/* An event for each classic program. 0, or why not, also in hooks->refused. */
static int open_events(struct hooks *hooks, const struct bpf_object *object)
{
	int tracefs = tracefs_open(), event = 0;
	struct bpf_program *program;

	if (tracefs < 0) {
		tracefs_add_refusal(&hooks->refused, tracefs, 0);
		return tracefs;
	}
	bpf_object__for_each_program(program, object)
	{
		if (!is_classic(program))
			continue;
		event = hooks->n_events < MAX_HOOKS ?
				tracefs_event_open(tracefs, "syscalls",
						   bpf_program__name(program)) :
				-E2BIG;
		if (event < 0)
			break;
		hooks->events[hooks->n_events++] = event;
	}
	close(tracefs);
	if (event >= 0)
		return 0;
	tracefs_add_refusal(&hooks->refused, 0, event);
	close_events(hooks);
	return event;
}

void hooks__select(const struct hooks *hooks, const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		if (hooks->raw ? is_classic(program) : is_raw(program))
			bpf_program__set_autoload(program, false);
	}
}

int hooks__new(const struct bpf_object *object, enum hooks_choice choice, struct hooks **ret_hooks,
	       struct text *ret_error)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));
	int err = 0;

	if (!hooks)
		return -ENOMEM;
	if (choice != HOOKS_RAW_TP)
		err = open_events(hooks, object);
	if (err && choice == HOOKS_TRACEPOINT) {
		text_addf(ret_error,
			  "cannot open the system call tracepoints: %s, or use --hooks "
			  "raw_tp",
			  text_str(&hooks->refused));
		hooks__free(hooks);
		return err;
	}
	hooks->raw = err || choice == HOOKS_RAW_TP;
	hooks__select(hooks, object);
	*ret_hooks = hooks;
	return 0;
}

/* `next`: which event is the program's. The link takes it over. */
static int attach(struct hooks *hooks, const struct bpf_program *program, unsigned int *next)
{
	struct bpf_link *link;

	if (hooks->raw)
		link = bpf_program__attach(program);
	else
		link = bpf_program__attach_perf_event(program, hooks->events[*next]);
	if (!link)
		return -errno;
	if (!hooks->raw)
		hooks->events[(*next)++] = -1;
	hooks->links[hooks->n_links++] = link;
	return 0;
}

int hooks__attach(struct hooks *hooks, const struct bpf_object *object, struct text *ret_error)
{
	struct bpf_program *program;
	unsigned int next = 0;
	int err;

	bpf_object__for_each_program(program, object)
	{
		if (hooks->raw ? !is_raw(program) : !is_classic(program))
			continue;
		err = attach(hooks, program, &next);
		if (!err)
			continue;
		text_addf(ret_error, "cannot attach '%s': %s (needs CAP_BPF and CAP_PERFMON%s)",
			  bpf_program__name(program), strerror(-err),
			  hooks->raw ? "" : ", or --hooks raw_tp");
		return err;
	}
	return 0;
}

const char *hooks__kind(const struct hooks *hooks)
{
	return hooks->raw ? "raw_tp" : "tracepoint";
}

const char *hooks__refused(const struct hooks *hooks)
{
	return hooks->refused.len ? text_str(&hooks->refused) : NULL;
}
