/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state behind resolver.h, for its own files: resolver.c has the questions and what their
 * answers mean, resolver_child.c the child that answers, and how long it is waited for.
 */
#ifndef SOCKLEAK_RESOLVER_PRIVATE_H
#define SOCKLEAK_RESOLVER_PRIVATE_H

#include <stdbool.h>

#include "host/expendable.h"
#include "resolver/resolver.h"
#include "resolver/resolver_protocol.h"
#include "stacks/stack_store.h"

struct resolver {
	pid_t pid; /* 0 = none runs */
	int channel;
	struct opener *opener;
	unsigned int opener_start; /* of the opener that it has a channel to */
	struct access_sources sources;
	bool is_agents, hurries; /* it may be in a hurry, and is */
	unsigned int attempts;
	__u64 left_ns, unanswered;
	struct open_question { /* nobody waits for its answer, which is thrown away */
		bool is_open, has_frames;
		struct subject subject;
		struct patience patience;
	} open;
	struct resolver_counts counts;
	struct stack_store *store;
	union {
		struct access_request access;
		struct resolver_answer answer;
		char bytes[sizeof(struct access_request)];
	} in;	      /* the message that came last */
	size_t extra; /* bytes behind the answer in it */
};

/* A question, its process, and how long the children may work on it. */
struct question {
	const struct subject *subject;
	struct resolver_request request;
	const void *payload;
	size_t len;
	const struct stack *frames; /* to be sent behind it, NULL = none */
	bool has_scripts;	    /* its process executes some, whose memory may be read */
	bool wants_stack;	    /* whose frames follow the answer */
	__u64 limit_ns;
};

/*
 * Ask, and wait for the answer, behind which there are `extra` bytes when it is
 * no error. 0: it is in resolver->in, error or not. -ECHILD: it failed over it.
 * -EAGAIN: it could not be started. -EINPROGRESS and -EBUSY: see resolver__hurry().
 */
int resolver_ask(struct resolver *resolver, struct question *question, size_t extra);

/* The frames of the stack that was answered, which follow the answer. */
int resolver_receive_frames(struct resolver *resolver, struct stack *stack);

/* It is of no use any more, after this error over files of a subject. -ECHILD or -ENOMEM. */
int resolver_fail(struct resolver *resolver, const struct subject *subject, int err);

/* Give the child up, if one runs. */
void resolver_stop_child(struct resolver *resolver, uid_t uid);

#endif /* SOCKLEAK_RESOLVER_PRIVATE_H */
