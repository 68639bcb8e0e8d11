/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/time.h"
#include "resolver/resolver_private.h"

/* The first stack of a large program with its debug information takes about one. */
#define STACK_LIMIT_NS (5 * NSEC_PER_SEC)
/* Two databases may each take their own limit, see package.h. */
#define PACKAGE_LIMIT_NS (10 * NSEC_PER_SEC)

struct resolver *resolver__new(struct opener *opener, access_fetched_fn fetched, void *ctx)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return NULL;
	resolver->channel = -1;
	resolver->opener = opener;
	resolver->sources.fetched = fetched;
	resolver->sources.ctx = ctx;
	resolver->store = stack_store__new();
	if (!resolver->store) {
		free(resolver);
		return NULL;
	}
	return resolver;
}

void resolver__know_past(struct resolver *resolver, access_past_fn past, void *ctx)
{
	resolver->sources.past = past;
	resolver->sources.past_ctx = ctx;
}

const struct resolver_counts *resolver__counts(const struct resolver *resolver)
{
	return &resolver->counts;
}

pid_t resolver__pid(const struct resolver *resolver)
{
	return resolver->pid;
}

void resolver__free(struct resolver *resolver)
{
	if (!resolver)
		return;
	resolver_stop_child(resolver, getuid());
	stack_store__free(resolver->store);
	free(resolver);
}

static bool is_refused(const struct resolver *resolver, const struct subject *subject)
{
	return opener__refuses(resolver->opener, subject->tgid, subject->uid);
}

/* ---- Questions ---- */

/* The same, and receive the stack that it answers. */
static int ask_stack(struct resolver *resolver, struct question *question, struct stack **ret_stack)
{
	struct stack *stack;
	int err;

	question->wants_stack = true;
	question->limit_ns = STACK_LIMIT_NS;
	err = resolver_ask(resolver, question, 0);
	if (err)
		return err;
	if (resolver->in.answer.error)
		return resolver->in.answer.error < 0 ? resolver->in.answer.error : -EPROTO;
	resolver->counts.unnamed_scripts += resolver->in.answer.unnamed_scripts;
	stack = protocol_new_stack(&resolver->in.answer);
	err = stack ? resolver_receive_frames(resolver, stack) : -EPROTO;
	if (err) {
		stack_unref(stack);
		return resolver_fail(resolver, question->subject, err);
	}
	*ret_stack = stack_store__intern(resolver->store, stack);
	resolver->counts.refused += !*ret_stack;
	return *ret_stack ? 0 : -ENOBUFS;
}

/* As good as it can be had without opening files, when those are not to be trusted. */
static int ask_twice(struct resolver *resolver, struct question *question, struct stack **ret_stack)
{
	bool refused = is_refused(resolver, question->subject);
	int err = refused ? -ECHILD : ask_stack(resolver, question, ret_stack);

	if (err != -ECHILD)
		return err;
	question->request.plain = 1;
	err = ask_stack(resolver, question, ret_stack);
	if (err != -EINPROGRESS && err != -EBUSY)
		resolver->counts.plain += refused;
	return err == -ECHILD ? -ENOENT : err;
}

int resolver__resolve(struct resolver *resolver, const struct subject *subject, const __u64 *pcs,
		      unsigned int count, __u64 caller, enum stack_source source,
		      struct stack **ret_stack)
{
	struct question question = {
		.subject = subject,
		.request = { .task = TASK_RESOLVE,
			     .count = count,
			     .source = source,
			     .caller = caller },
		.payload = pcs,
		.len = count * sizeof(*pcs),
	};

	return ask_twice(resolver, &question, ret_stack);
}

int resolver__unwind(struct resolver *resolver, const struct subject *subject,
		     const struct snapshot *snapshot, struct stack **ret_stack)
{
	struct question question = {
		.subject = subject,
		.request = { .task = TASK_UNWIND },
		.payload = snapshot,
		.len = sizeof(*snapshot) + snapshot->len,
		.has_scripts = snapshot->script_kind,
	};

	return ask_twice(resolver, &question, ret_stack);
}

int resolver__rename(struct resolver *resolver, const struct subject *subject, struct stack *stack,
		     struct stack **ret_stack)
{
	struct question question = {
		.subject = subject,
		.request = { .task = TASK_RENAME,
			     .count = stack->count,
			     .source = stack->source,
			     .end = stack->end },
		.frames = stack,
	};

	if (is_refused(resolver, subject)) {
		*ret_stack = stack_ref(stack);
		return 0;
	}
	return ask_stack(resolver, &question, ret_stack);
}

int resolver__look(struct resolver *resolver, const struct subject *subject)
{
	struct question question = { .subject = subject, .request = { .task = TASK_LOOK } };

	if (is_refused(resolver, subject))
		return -ECHILD;
	question.limit_ns = STACK_LIMIT_NS;
	return resolver_ask(resolver, &question, 0);
}

/* Both with their NULs, an unknown build id as "". NULL: no memory. */
static char *join(const char *path, const char *build_id, size_t *ret_len)
{
	size_t path_size = strlen(path) + 1, id_size = strlen(build_id) + 1;
	char *joined = malloc(path_size + id_size);

	if (!joined)
		return NULL;
	memcpy(joined, path, path_size);
	memcpy(joined + path_size, build_id, id_size);
	*ret_len = path_size + id_size;
	return joined;
}

int resolver__package(struct resolver *resolver, const struct subject *subject, const char *path,
		      const char *build_id, struct package *ret_package)
{
	struct question question = { .subject = subject, .request = { .task = TASK_PACKAGE } };
	struct wire_package wire;
	char *payload;
	int err;

	if (is_refused(resolver, subject))
		return -ECHILD;
	payload = join(path, build_id ?: "", &question.len);
	if (!payload)
		return -ENOMEM;
	question.payload = payload;
	question.limit_ns = PACKAGE_LIMIT_NS;
	err = resolver_ask(resolver, &question, sizeof(wire));
	free(payload);
	if (err)
		return err;
	if (resolver->in.answer.error)
		return resolver->in.answer.error < 0 ? resolver->in.answer.error : -EPROTO;
	memcpy(&wire, resolver->in.bytes + sizeof(resolver->in.answer), sizeof(wire));
	err = protocol_take_package(&wire, ret_package);
	return err ? resolver_fail(resolver, subject, err) : 0;
}

int resolver__recipe(struct resolver *resolver, const struct subject *subject, __u64 start_code,
		     struct script_recipe *ret_recipe)
{
	struct question question = { .subject = subject,
				     .request = { .task = TASK_RECIPE, .caller = start_code },
				     .has_scripts = true };
	int err;

	if (is_refused(resolver, subject))
		return -ECHILD;
	question.limit_ns = STACK_LIMIT_NS;
	err = resolver_ask(resolver, &question, sizeof(*ret_recipe));
	if (err)
		return err;
	if (resolver->in.answer.error)
		return resolver->in.answer.error < 0 ? resolver->in.answer.error : -EPROTO;
	memcpy(ret_recipe, resolver->in.bytes + sizeof(resolver->in.answer), sizeof(*ret_recipe));
	if (!protocol_is_recipe(ret_recipe))
		return resolver_fail(resolver, subject, -EPROTO);
	return 0;
}
