/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolver's side: takes questions one by one and answers them with what
 * symbols.h and package.h say. It has no privileges, and trusts the agent.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/files/access.h"
#include "lib/channel.h"
#include "packages/package.h"
#include "resolver/resolver.h"
#include "resolver/resolver_protocol.h"
#include "resolver/sandbox.h"
#include "stacks/symbols.h"
#include "stacks/unwind.h"

struct child {
	struct symbols *symbols;
	struct packages *packages;
	union {
		struct resolver_request request;
		char bytes[CHANNEL_MAX];
	} in;
	size_t payload; /* bytes behind the request */
};

static const void *payload_of(const struct child *child)
{
	return child->in.bytes + sizeof(child->in.request);
}

static int resolve(struct child *child, struct stack **ret_stack)
{
	const struct resolver_request *request = &child->in.request;

	if (request->count > child->payload / sizeof(__u64))
		return -EINVAL;
	if (request->plain)
		return symbols__plain(child->symbols, request->tgid, payload_of(child),
				      request->count, (enum stack_source)request->source,
				      ret_stack);
	return symbols__resolve(child->symbols, request->tgid, payload_of(child), request->count,
				request->caller, (enum stack_source)request->source, ret_stack);
}

static int answer_unwind(struct child *child, struct stack **ret_stack)
{
	const struct snapshot *snapshot = payload_of(child);
	__u64 pc;

	if (child->payload < sizeof(*snapshot) ||
	    child->payload - sizeof(*snapshot) < snapshot->len)
		return -EINVAL;
	if (!child->in.request.plain)
		return symbols__unwind(child->symbols, child->in.request.tgid, snapshot, ret_stack);
	pc = unwind_pc(snapshot);
	return symbols__plain(child->symbols, child->in.request.tgid, &pc, 1, STACK_CALL,
			      ret_stack);
}

static int rename_stack(struct child *child, struct stack **ret_stack)
{
	const struct resolver_request *request = &child->in.request;
	struct resolver_answer known = { .count = request->count,
					 .source = request->source,
					 .end = request->end };
	struct stack *stack = protocol_new_stack(&known);
	int err;

	if (!stack)
		return -EINVAL;
	err = protocol_receive_frames(RESOLVER_CHANNEL, stack, /* patience= */ NULL);
	if (!err)
		err = symbols__rename(child->symbols, request->tgid, stack, ret_stack);
	stack_unref(stack);
	return err;
}

static int answer_stack(int err, const struct stack *stack)
{
	struct resolver_answer answer = { .message = MESSAGE_ANSWER, .error = err };

	if (stack) {
		answer.count = stack->count;
		answer.source = stack->source;
		answer.end = stack->end;
		answer.site = stack->site;
		answer.jit = stack->unnamed_jit;
		answer.unnamed_scripts = stack->unnamed_scripts;
	}
	err = channel_send(RESOLVER_CHANNEL, &answer, sizeof(answer), /* fd= */ -1,
			   CHANNEL_NO_DEADLINE);
	if (!err && stack)
		err = protocol_send_frames(RESOLVER_CHANNEL, stack, /* patience= */ NULL);
	return err;
}

static int answer_package(struct child *child)
{
	struct {
		struct resolver_answer answer;
		struct wire_package wire;
	} reply = { .answer = { .message = MESSAGE_ANSWER } };
	const char *path = payload_of(child), *build_id;
	struct package package = { 0 };
	size_t len = strnlen(path, child->payload);

	build_id = len < child->payload ? path + len + 1 : NULL;
	if (!build_id || !memchr(build_id, '\0', child->payload - len - 1))
		reply.answer.error = -EINVAL;
	else
		reply.answer.error = packages__find(child->packages, child->in.request.tgid, path,
						    *build_id ? build_id : NULL, &package);
	protocol_put_package(&package, &reply.wire);
	return channel_send(RESOLVER_CHANNEL, &reply,
			    reply.answer.error ? sizeof(reply.answer) : sizeof(reply), -1,
			    CHANNEL_NO_DEADLINE);
}

static int answer_recipe(struct child *child)
{
	struct {
		struct resolver_answer answer;
		struct script_recipe recipe;
	} reply = { .answer = { .message = MESSAGE_ANSWER } };

	reply.answer.error = symbols__recipe(child->symbols, child->in.request.tgid,
					     child->in.request.caller, &reply.recipe);
	return channel_send(RESOLVER_CHANNEL, &reply,
			    reply.answer.error ? sizeof(reply.answer) : sizeof(reply), -1,
			    CHANNEL_NO_DEADLINE);
}

/* Answer the question that has come. An error ends the child. */
static int answer(struct child *child)
{
	struct stack *stack = NULL;
	int err = -EINVAL;

	switch ((enum resolver_task)child->in.request.task) {
	case TASK_RESOLVE:
		err = resolve(child, &stack);
		break;
	case TASK_UNWIND:
		err = answer_unwind(child, &stack);
		break;
	case TASK_RENAME:
		err = rename_stack(child, &stack);
		break;
	case TASK_LOOK:
		err = symbols__look(child->symbols, child->in.request.tgid);
		break;
	case TASK_PACKAGE:
		return answer_package(child);
	case TASK_RECIPE:
		return answer_recipe(child);
	}
	err = answer_stack(err, stack);
	stack_unref(stack);
	return err;
}

static int run_child(struct child *child)
{
	struct message message = { .data = child->in.bytes, .size = sizeof(child->in) };

	for (;;) {
		int err = channel_receive(RESOLVER_CHANNEL, &message, CHANNEL_NO_DEADLINE);

		if (err)
			return err;
		if (message.len < sizeof(child->in.request) ||
		    child->in.request.message != MESSAGE_REQUEST)
			return -EPROTO;
		child->payload = message.len - sizeof(child->in.request);
		err = answer(child);
		if (err)
			return err;
	}
}

/*
 * Nothing it writes is to reach a terminal, but for what AddressSanitizer has to
 * say; and that a file was cut short under a mapping is not a bug of ours. Standard input is
 * /dev/null (resolver.c), which cannot be opened for writing any more.
 */
static void be_silent(void)
{
	signal(SIGBUS, SIG_DFL);
#if !defined(__SANITIZE_ADDRESS__)
	if (dup2(STDIN_FILENO, STDERR_FILENO) < 0)
		close(STDERR_FILENO);
#endif
}

static bool is_channel(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_SEQPACKET;
}

#define LARGE (128 * 1024) /* malloc()'s own limit to begin with */

int resolver_main(void)
{
	struct child *child;
	int err;

	if (!is_channel(RESOLVER_CHANNEL) || !is_channel(RESOLVER_FILES)) {
		fputs("sockleak: " RESOLVER_ARGUMENT " is not for use by hand\n", stderr);
		return 2;
	}
	fcntl(RESOLVER_CHANNEL, F_SETFD, FD_CLOEXEC); /* rpm is not to have it */
	fcntl(RESOLVER_FILES, F_SETFD, FD_CLOEXEC);
	close_range(RESOLVER_FILES + 1, ~0U, 0);
	err = sandbox_enter();
	if (err) {
		fprintf(stderr, "sockleak: the resolver cannot give up its privileges: %s\n",
			strerror(-err));
		return 1;
	}
	be_silent();
	/* Or malloc() raises it with the first database that is read, and keeps the next one. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	access_through(RESOLVER_FILES, RESOLVER_CHANNEL);
	child = calloc(1, sizeof(*child));
	if (!child)
		return 1;
	child->symbols = symbols__new();
	if (child->symbols && !packages__new(&child->packages))
		err = run_child(child);
	symbols__free(child->symbols);
	packages__free(child->packages);
	free(child);
	return err == -EPIPE ? 0 : 1; /* the agent has ended */
}
