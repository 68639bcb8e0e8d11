/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/expendable.h"
#include "host/files/access.h"
#include "lib/channel.h"
#include "lib/cleanup.h"
#include "lib/spawn.h"
#include "lib/time.h"
#include "resolver/resolver_protocol.h"
#include "stacks/stack_store.h"

/* The first stack of a large program with its debug information takes about one. */
#define STACK_LIMIT_NS (5 * NSEC_PER_SEC)
/* Shorter work is not a burden, however often it is asked for. */
#define SLOW_NS (NSEC_PER_SEC / 10)
/* Two databases may each take their own limit, see package.h. */
#define PACKAGE_LIMIT_NS (10 * NSEC_PER_SEC)
/* No disk that works makes its readers wait so long for a single block. */
#define STUCK_LIMIT_NS (2 * NSEC_PER_SEC)
/* Then the frames of a stack follow, which are in memory. */
#define FRAMES_LIMIT_NS (NSEC_PER_SEC / 2)
/* Away from the descriptors that the child's ends get, for those are put there one by one. */
#define ABOVE_CHILDS 16

struct resolver {
	pid_t pid; /* 0 = none runs */
	int channel;
	struct opener *opener;
	unsigned int opener_start; /* of the opener that it has a channel to */
	struct access_sources sources;
	struct resolver_counts counts;
	struct stack_store *store;
	union {
		struct access_request access;
		struct resolver_answer answer;
		char bytes[sizeof(struct access_request)];
	} in; /* the message that came last */
};

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

/* ---- The child ---- */

static void forget_child(struct resolver *resolver)
{
	if (resolver->channel >= 0)
		close(resolver->channel);
	resolver->channel = -1;
	resolver->pid = 0;
}

static void stop_child(struct resolver *resolver, uid_t uid)
{
	if (!resolver->pid)
		return;
	expendables_give_up(opener__expendables(resolver->opener), resolver->pid, uid);
	forget_child(resolver);
}

void resolver__free(struct resolver *resolver)
{
	if (!resolver)
		return;
	stop_child(resolver, getuid());
	stack_store__free(resolver->store);
	free(resolver);
}

/* Away from our terminal, our environment and our files. */
static int spawn_resolver(int channel, int files, pid_t *ret_pid)
{
	char *arguments[] = { "sockleak", RESOLVER_ARGUMENT, NULL };
	char *environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };
	const struct spawn_fd fds[] = {
		{ RESOLVER_CHANNEL, channel },
		{ RESOLVER_FILES, files },
		{ STDIN_FILENO, SPAWN_NULL },
		{ STDOUT_FILENO, SPAWN_NULL },
		{ -1, -1 },
	};

	return spawn("/proc/self/exe", arguments, environment, fds, ret_pid);
}

/* A channel to the opener, which is to be the child's alone. */
static int link_to_opener(struct resolver *resolver, int *ret_files)
{
	_cleanup_close_ int link = -1;
	int err = opener__link(resolver->opener, &link);

	if (err)
		return err;
	*ret_files = fcntl(link, F_DUPFD_CLOEXEC, ABOVE_CHILDS);
	return *ret_files < 0 ? -errno : 0;
}

static int start(struct resolver *resolver)
{
	int ends[2];
	int err = channel_pair(ends);

	if (err)
		return err;
	_cleanup_close_ int ours = ends[0], its = ends[1], files = -1;
	pid_t pid;

	channel_refuse_descriptors(ours);
	err = link_to_opener(resolver, &files);
	if (!err)
		err = spawn_resolver(its, files, &pid);
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
	unsigned int start_of_opener;
	int err = opener__ensure(resolver->opener, &start_of_opener);

	if (!err && resolver->pid && waitpid(resolver->pid, NULL, WNOHANG))
		forget_child(resolver); /* it was ended by others, as for want of memory */
	if (!err && start_of_opener != resolver->opener_start)
		stop_child(resolver, getuid()); /* its channel to the former one is dead */
	if (!err && !resolver->pid &&
	    (!expendables_may_start(opener__expendables(resolver->opener)) || start(resolver)))
		err = -EAGAIN;
	if (!err)
		resolver->opener_start = start_of_opener;
	else
		resolver->counts.not_started++;
	return err;
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

static int serve(struct resolver *resolver, const struct question *question, size_t len)
{
	struct access_reply reply;
	int fd, err;

	access_serve_source(&resolver->in.access, len, &resolver->sources, &reply, &fd);
	err = channel_send(resolver->channel, &reply, sizeof(reply), fd, question->deadline_ns);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Give it what it asks for until it has the answer, which is in resolver->in then. */
static int await_answer(struct resolver *resolver, const struct question *question, size_t extra)
{
	struct message message = { .data = resolver->in.bytes, .size = sizeof(resolver->in) };
	struct patience patience = { .children = { resolver->pid, opener__pid(resolver->opener) },
				     .deadline_ns = question->deadline_ns,
				     .stuck_ns = STUCK_LIMIT_NS };
	int err;

	for (;;) {
		err = expendable_receive(resolver->channel, &message, &patience);
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
	const struct subject *subject = question->subject;

	stop_child(resolver, subject->uid);
	if (err == -ENOMEM)
		return err;
	if (err == -ETIMEDOUT) {
		opener__give_up(resolver->opener, subject->uid); /* it may be that one */
		resolver->counts.late++;
	} else {
		resolver->counts.crashed++;
	}
	quarantine_strike(opener__quarantine(resolver->opener), subject->tgid, subject->uid,
			  clock_now(CLOCK_MONOTONIC));
	return -ECHILD;
}

static bool is_refused(const struct resolver *resolver, const struct subject *subject)
{
	return opener__refuses(resolver->opener, subject->tgid, subject->uid);
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
	err = opener__allow_memory(resolver->opener,
				   question->has_scripts ? question->subject->tgid : 0);
	if (!err)
		err = send_question(resolver, question);
	if (!err)
		err = await_answer(resolver, question, extra);
	spent_ns = clock_now(CLOCK_MONOTONIC) - begun_ns;
	if (spent_ns > SLOW_NS)
		quarantine_spend(opener__quarantine(resolver->opener), question->subject->uid,
				 spent_ns, clock_now(CLOCK_MONOTONIC));
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
	err = stack ? protocol_receive_frames(resolver->channel, stack,
					      clock_now(CLOCK_MONOTONIC) + FRAMES_LIMIT_NS) :
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

	if (!is_refused(resolver, subject)) {
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

	if (is_refused(resolver, subject))
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

	if (is_refused(resolver, subject))
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
