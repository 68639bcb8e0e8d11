/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/resolver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files/access.h"
#include "lib/channel.h"
#include "lib/cleanup.h"
#include "lib/spawn.h"
#include "lib/time.h"
#include "resolver/quarantine.h"
#include "resolver/resolver_protocol.h"
#include "stacks/stack_store.h"

/* The first stack of a large program with its debug information takes about one. */
#define STACK_LIMIT_NS (5 * NSEC_PER_SEC)
/* Shorter work is not a burden, however often it is asked for. */
#define SLOW_NS (NSEC_PER_SEC / 10)
/* Two databases may each take their own limit, see package.h. */
#define PACKAGE_LIMIT_NS (10 * NSEC_PER_SEC)

struct resolver {
	pid_t pid; /* 0 = none runs */
	int channel;
	struct access_sources sources;
	struct quarantine quarantine;
	struct resolver_counts counts;
	struct stack_store *store;
	union {
		struct access_request access;
		struct resolver_answer answer;
		char bytes[sizeof(struct access_request)];
	} in; /* the message that came last */
};

struct resolver *resolver__new(access_fetched_fn fetched, void *ctx)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return NULL;
	resolver->channel = -1;
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

/* ---- The child ---- */

static void forget_child(struct resolver *resolver)
{
	if (resolver->channel >= 0)
		close(resolver->channel);
	resolver->channel = -1;
	resolver->pid = 0;
}

static void stop_child(struct resolver *resolver)
{
	if (!resolver->pid)
		return;
	kill(resolver->pid, SIGKILL);
	while (waitpid(resolver->pid, NULL, 0) < 0 && errno == EINTR)
		;
	forget_child(resolver);
}

void resolver__free(struct resolver *resolver)
{
	if (!resolver)
		return;
	stop_child(resolver);
	stack_store__free(resolver->store);
	free(resolver);
}

/* Away from our terminal, our environment and our files. */
static int spawn_resolver(int channel, pid_t *ret_pid)
{
	char *arguments[] = { "sockleak", RESOLVER_ARGUMENT, NULL };
	char *environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };
	const struct spawn_fd fds[] = {
		{ RESOLVER_CHANNEL, channel },
		{ STDIN_FILENO, SPAWN_NULL },
		{ STDOUT_FILENO, SPAWN_NULL },
		{ -1, -1 },
	};

	return spawn("/proc/self/exe", arguments, environment, fds, ret_pid);
}

static int start(struct resolver *resolver)
{
	int ends[2];
	int err = channel_pair(ends);

	if (err)
		return err;
	_cleanup_close_ int ours = ends[0], its = ends[1];
	pid_t pid;

	err = spawn_resolver(its, &pid);
	if (err)
		return err;
	resolver->pid = pid;
	resolver->channel = TAKE_FD(ours);
	return 0;
}

/*
 * -EAGAIN: it does not run and could not be started, as where there are too many processes. No
 * file is to blame for that, and the next question tries again.
 */
static int ensure_started(struct resolver *resolver)
{
	if (resolver->pid && !waitpid(resolver->pid, NULL, WNOHANG))
		return 0;
	forget_child(resolver); /* it was ended by others, as for want of memory */
	if (!start(resolver))
		return 0;
	resolver->counts.not_started++;
	return -EAGAIN;
}

/* ---- A question ---- */

/* A question, its process and its deadline. */
struct question {
	const struct subject *subject;
	struct resolver_request request;
	const void *payload;
	size_t len;
	const struct stack *frames; /* to be sent behind it, NULL = none */
	bool has_scripts;	    /* its process executes some, whose memory may be read */
	__u64 deadline_ns;
};

static int send_question(struct resolver *resolver, const struct question *question)
{
	char *message = malloc(sizeof(question->request) + question->len);
	int err;

	if (!message)
		return -ENOMEM;
	memcpy(message, &question->request, sizeof(question->request));
	if (question->len)
		memcpy(message + sizeof(question->request), question->payload, question->len);
	err = channel_send(resolver->channel, message, sizeof(question->request) + question->len,
			   /* fd= */ -1, question->deadline_ns);
	free(message);
	if (!err && question->frames)
		err = protocol_send_frames(resolver->channel, question->frames,
					   question->deadline_ns);
	return err;
}

/* It may read only the memory of the process in question, because memory holds secrets. */
static bool may_serve(const struct resolver *resolver, const struct question *question)
{
	const struct access_request *access = &resolver->in.access;

	return access->kind != ACCESS_MEMORY ||
	       (question->has_scripts && access->tgid == question->subject->tgid);
}

static int serve(struct resolver *resolver, const struct question *question, size_t len)
{
	struct access_reply reply = { .error = -EACCES };
	int fd = -1, err;

	if (may_serve(resolver, question))
		access_serve(&resolver->in.access, len, &resolver->sources, &reply, &fd);
	err = channel_send(resolver->channel, &reply, sizeof(reply), fd, question->deadline_ns);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Open what it asks for until it has the answer, which is in resolver->in then. */
static int await_answer(struct resolver *resolver, const struct question *question, size_t extra)
{
	struct message message = { .data = resolver->in.bytes, .size = sizeof(resolver->in) };
	int err;

	for (;;) {
		err = channel_receive(resolver->channel, &message, question->deadline_ns);
		if (err)
			return err;
		if (message.fd >= 0) {
			close(message.fd);
			return -EPROTO;
		}
		if (message.len < sizeof(resolver->in.answer))
			return -EPROTO;
		if (resolver->in.answer.message == MESSAGE_ANSWER)
			return message.len == sizeof(resolver->in.answer) +
						       (resolver->in.answer.error ? 0 : extra) ?
				       0 :
				       -EPROTO;
		if (resolver->in.answer.message != MESSAGE_ACCESS)
			return -EPROTO;
		err = serve(resolver, question, message.len);
		if (err)
			return err;
	}
}

/* It is of no use any more. */
static int fail(struct resolver *resolver, const struct question *question, int err)
{
	stop_child(resolver);
	if (err == -ENOMEM)
		return err;
	if (err == -ETIMEDOUT)
		resolver->counts.late++;
	else
		resolver->counts.crashed++;
	quarantine_strike(&resolver->quarantine, question->subject->tgid, question->subject->uid,
			  clock_now(CLOCK_MONOTONIC));
	return -ECHILD;
}

/*
 * Ask, and wait for the answer, behind which there are `extra` bytes when it is
 * no error. 0: it is in resolver->in, error or not. -ECHILD: it failed over it.
 * -EAGAIN: it could not be started.
 */
static int ask_child(struct resolver *resolver, struct question *question, size_t extra)
{
	__u64 begun_ns = clock_now(CLOCK_MONOTONIC), spent_ns;
	int err = ensure_started(resolver);

	if (err)
		return err;
	question->request.message = MESSAGE_REQUEST;
	question->request.tgid = question->subject->tgid;
	err = send_question(resolver, question);
	if (!err)
		err = await_answer(resolver, question, extra);
	spent_ns = clock_now(CLOCK_MONOTONIC) - begun_ns;
	if (spent_ns > SLOW_NS)
		quarantine_spend(&resolver->quarantine, question->subject->uid, spent_ns,
				 clock_now(CLOCK_MONOTONIC));
	return err ? fail(resolver, question, err) : 0;
}

/* The same, and receive the stack that it answers. */
static int ask_stack(struct resolver *resolver, struct question *question, struct stack **ret_stack)
{
	struct stack *stack;
	int err;

	question->deadline_ns = clock_now(CLOCK_MONOTONIC) + STACK_LIMIT_NS;
	err = ask_child(resolver, question, 0);
	if (err)
		return err;
	if (resolver->in.answer.error)
		return resolver->in.answer.error < 0 ? resolver->in.answer.error : -EPROTO;
	resolver->counts.unnamed_scripts += resolver->in.answer.unnamed_scripts;
	stack = protocol_new_stack(&resolver->in.answer);
	err = stack ? protocol_receive_frames(resolver->channel, stack, question->deadline_ns) :
		      -EPROTO;
	if (err) {
		stack_unref(stack);
		return fail(resolver, question, err);
	}
	*ret_stack = stack_store__intern(resolver->store, stack);
	resolver->counts.refused += !*ret_stack;
	return *ret_stack ? 0 : -ENOBUFS;
}

/* As good as it can be had without opening files, when those are not to be trusted. */
static int ask_twice(struct resolver *resolver, struct question *question, struct stack **ret_stack)
{
	const struct subject *subject = question->subject;
	int err;

	if (!quarantine_holds(&resolver->quarantine, subject->tgid, subject->uid,
			      clock_now(CLOCK_MONOTONIC))) {
		err = ask_stack(resolver, question, ret_stack);
		if (err != -ECHILD)
			return err;
	} else {
		resolver->counts.plain++;
	}
	question->request.plain = 1;
	err = ask_stack(resolver, question, ret_stack);
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

	if (quarantine_holds(&resolver->quarantine, subject->tgid, subject->uid,
			     clock_now(CLOCK_MONOTONIC))) {
		*ret_stack = stack_ref(stack);
		return 0;
	}
	return ask_stack(resolver, &question, ret_stack);
}

int resolver__look(struct resolver *resolver, const struct subject *subject)
{
	struct question question = { .subject = subject, .request = { .task = TASK_LOOK } };

	if (quarantine_holds(&resolver->quarantine, subject->tgid, subject->uid,
			     clock_now(CLOCK_MONOTONIC)))
		return -ECHILD;
	question.deadline_ns = clock_now(CLOCK_MONOTONIC) + STACK_LIMIT_NS;
	return ask_child(resolver, &question, 0);
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

	if (quarantine_holds(&resolver->quarantine, subject->tgid, subject->uid,
			     clock_now(CLOCK_MONOTONIC)))
		return -ECHILD;
	payload = join(path, build_id ?: "", &question.len);
	if (!payload)
		return -ENOMEM;
	question.payload = payload;
	question.deadline_ns = clock_now(CLOCK_MONOTONIC) + PACKAGE_LIMIT_NS;
	err = ask_child(resolver, &question, sizeof(wire));
	free(payload);
	if (err)
		return err;
	if (resolver->in.answer.error)
		return resolver->in.answer.error < 0 ? resolver->in.answer.error : -EPROTO;
	memcpy(&wire, resolver->in.bytes + sizeof(resolver->in.answer), sizeof(wire));
	err = protocol_take_package(&wire, ret_package);
	return err ? fail(resolver, &question, err) : 0;
}

int resolver__recipe(struct resolver *resolver, const struct subject *subject, __u64 start_code,
		     struct script_recipe *ret_recipe)
{
	struct question question = { .subject = subject,
				     .request = { .task = TASK_RECIPE, .caller = start_code },
				     .has_scripts = true };
	int err;

	if (quarantine_holds(&resolver->quarantine, subject->tgid, subject->uid,
			     clock_now(CLOCK_MONOTONIC)))
		return -ECHILD;
	question.deadline_ns = clock_now(CLOCK_MONOTONIC) + STACK_LIMIT_NS;
	err = ask_child(resolver, &question, sizeof(*ret_recipe));
	if (err)
		return err;
	if (resolver->in.answer.error)
		return resolver->in.answer.error < 0 ? resolver->in.answer.error : -EPROTO;
	memcpy(ret_recipe, resolver->in.bytes + sizeof(resolver->in.answer), sizeof(*ret_recipe));
	if (!protocol_is_recipe(ret_recipe))
		return fail(resolver, &question, -EPROTO);
	return 0;
}
