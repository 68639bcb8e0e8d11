/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's side of the resolver: starts it, asks it, and has patience with it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/channel.h"
#include "lib/cleanup.h"
#include "lib/spawn.h"
#include "lib/time.h"
#include "resolver/resolver_private.h"

/* Shorter work is not a burden, however often it is asked for. */
#define SLOW_NS (NSEC_PER_SEC / 10)
/* No disk that works makes its readers wait so long for a single block. */
#define STUCK_LIMIT_NS (2 * NSEC_PER_SEC)
/* In a hurry: for one question, at least and at most, and for slow ones in a sweep. */
#define PATIENCE_LEAST_NS (NSEC_PER_SEC / 50)
#define PATIENCE_NS (NSEC_PER_SEC / 4)
#define PATIENCE_SWEEP_NS (NSEC_PER_SEC / 2)
/* Doubled so often, patience is longer than any limit. */
#define MAX_DOUBLED 6
/* Frames follow the answer, and are in memory. */
#define FRAMES_LIMIT_NS (NSEC_PER_SEC / 2)
/* An agent that was asked to stop waits no longer for one answer. */
#define AT_STOP_NS (3 * NSEC_PER_SEC / 10)
/* Away from the descriptors that the child's ends get, for those are put there one by one. */
#define ABOVE_CHILDS 16

/* ---- The child ---- */

static void forget_child(struct resolver *resolver)
{
	if (resolver->channel >= 0)
		close(resolver->channel);
	resolver->channel = -1;
	resolver->pid = 0;
}

void resolver_stop_child(struct resolver *resolver, uid_t uid)
{
	if (!resolver->pid)
		return;
	expendables_give_up(opener__expendables(resolver->opener), resolver->pid, uid);
	forget_child(resolver);
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
		resolver_stop_child(resolver, getuid()); /* its channel to the former one is dead */
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

static int send_question(struct resolver *resolver, const struct question *question,
			 struct patience *patience)
{
	char *message = malloc(sizeof(question->request) + question->len);
	int err;

	if (!message)
		return -ENOMEM;
	memcpy(message, &question->request, sizeof(question->request));
	if (question->len)
		memcpy(message + sizeof(question->request), question->payload, question->len);
	err = expendable_send(resolver->channel, message, sizeof(question->request) + question->len,
			      /* fd= */ -1, patience);
	free(message);
	if (!err && question->frames)
		err = protocol_send_frames(resolver->channel, question->frames, patience);
	return err;
}

static int serve(struct resolver *resolver, size_t len, struct patience *patience)
{
	struct access_reply reply;
	int fd, err;

	access_serve_source(&resolver->in.access, len, &resolver->sources, &reply, &fd);
	err = expendable_send(resolver->channel, &reply, sizeof(reply), fd, patience);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Has the caller waited for as long as it wants to? */
static bool waits_no_longer(const struct patience *patience)
{
	return patience->until_ns && clock_now(CLOCK_MONOTONIC) >= patience->until_ns;
}

/*
 * Give it what it asks for until it has the answer, which is in resolver->in then. However often it
 * asks, that takes no longer than it may work, or than the caller waits.
 */
static int await_answer(struct resolver *resolver, struct patience *patience)
{
	struct message message = { .data = resolver->in.bytes, .size = sizeof(resolver->in) };
	int err;

	for (;;) {
		err = expendable_receive(resolver->channel, &message, patience);
		if (err)
			return err;
		if (message.fd >= 0) {
			close(message.fd);
			return -EPROTO;
		}
		if (message.len < sizeof(resolver->in.answer))
			return -EPROTO;
		if (resolver->in.answer.message == MESSAGE_ANSWER) {
			resolver->extra = message.len - sizeof(resolver->in.answer);
			return 0;
		}
		if (resolver->in.answer.message != MESSAGE_ACCESS)
			return -EPROTO;
		if (expendable_is_late(patience))
			return -ETIMEDOUT;
		err = serve(resolver, message.len, patience);
		if (err)
			return err;
		if (waits_no_longer(patience))
			return -EINPROGRESS;
	}
}

int resolver_fail(struct resolver *resolver, const struct subject *subject, int err)
{
	resolver_stop_child(resolver, subject->uid);
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

static void note_work(struct resolver *resolver, const struct subject *subject,
		      struct patience *patience)
{
	__u64 now_ns = clock_now(CLOCK_MONOTONIC), used_ns;

	if (now_ns - patience->begun_ns <= SLOW_NS)
		return;
	used_ns = expendable_used(patience);
	if (used_ns > SLOW_NS)
		quarantine_spend(opener__quarantine(resolver->opener), subject->uid, used_ns,
				 now_ns);
}

int resolver_receive_frames(struct resolver *resolver, struct stack *stack)
{
	struct patience patience = { .children = { resolver->pid },
				     .limit_ns = FRAMES_LIMIT_NS,
				     .stuck_ns = FRAMES_LIMIT_NS };

	return protocol_receive_frames(resolver->channel, stack, &patience);
}

/* The frames of a stack that nobody wants any more, which stand in the way of the next answer. */
static int skip_frames(struct resolver *resolver)
{
	struct stack *stack = protocol_new_stack(&resolver->in.answer);
	int err = stack ? resolver_receive_frames(resolver, stack) : -EPROTO;

	stack_unref(stack);
	return err;
}

/* Has the question been answered that nobody waits for? -EBUSY: not by then. */
static int settle(struct resolver *resolver, __u64 until_ns)
{
	struct open_question *open = &resolver->open;
	int err;

	if (!open->is_open)
		return 0;
	open->patience.until_ns = until_ns;
	err = await_answer(resolver, &open->patience);
	if (err == -EINPROGRESS)
		return -EBUSY;
	open->is_open = false;
	opener__occupy(resolver->opener, false);
	note_work(resolver, &open->subject, &open->patience);
	if (!err && open->has_frames && !resolver->in.answer.error)
		err = skip_frames(resolver);
	if (err)
		resolver_fail(resolver, &open->subject, err);
	return 0;
}

/* Until when is a question waited for? 0 = until it is late. */
static __u64 patience_until(const struct resolver *resolver, __u64 now_ns)
{
	__u64 ns = resolver->left_ns < PATIENCE_NS ? resolver->left_ns : PATIENCE_NS;

	if (!resolver->hurries)
		return 0;
	if (resolver->attempts)
		ns = PATIENCE_NS << resolver->attempts;
	return now_ns + (ns > PATIENCE_LEAST_NS ? ns : PATIENCE_LEAST_NS);
}

static void note_wait(struct resolver *resolver, __u64 begun_ns, bool in_vain)
{
	__u64 spent_ns = clock_now(CLOCK_MONOTONIC) - begun_ns;

	if (in_vain || spent_ns > SLOW_NS)
		resolver->left_ns -= spent_ns < resolver->left_ns ? spent_ns : resolver->left_ns;
}

static int ask_settled(struct resolver *resolver, struct question *question, size_t extra)
{
	const struct subject *subject = question->subject;
	struct patience patience = { .limit_ns = question->limit_ns,
				     .stuck_ns = STUCK_LIMIT_NS,
				     .at_stop_ns = resolver->is_agents ? AT_STOP_NS : 0,
				     .until_ns =
					     patience_until(resolver, clock_now(CLOCK_MONOTONIC)) };
	int err = ensure_started(resolver);

	if (err)
		return err;
	patience.children[0] = resolver->pid;
	patience.children[1] = opener__pid(resolver->opener);
	question->request.message = MESSAGE_REQUEST;
	question->request.tgid = subject->tgid;
	err = opener__allow_memory(resolver->opener, question->has_scripts ? subject->tgid : 0);
	if (!err)
		err = send_question(resolver, question, &patience);
	if (!err)
		err = await_answer(resolver, &patience);
	if (err == -EINPROGRESS) {
		resolver->open = (struct open_question){ .is_open = true,
							 .has_frames = question->wants_stack,
							 .subject = *subject,
							 .patience = patience };
		opener__occupy(resolver->opener, true);
		return err;
	}
	note_work(resolver, subject, &patience);
	if (!err && resolver->extra != (resolver->in.answer.error ? 0 : extra))
		err = -EPROTO;
	return err ? resolver_fail(resolver, subject, err) : 0;
}

int resolver_ask(struct resolver *resolver, struct question *question, size_t extra)
{
	__u64 begun_ns = clock_now(CLOCK_MONOTONIC);
	bool may_wait = !resolver->hurries || resolver->left_ns || resolver->attempts;
	int err = settle(resolver, may_wait ? patience_until(resolver, begun_ns) : 1);
	bool in_vain;

	if (!err && opener__is_busy(resolver->opener)) /* the child would wait for it */
		err = -EBUSY;
	if (!err)
		err = ask_settled(resolver, question, extra);
	in_vain = err == -EINPROGRESS || err == -EBUSY;
	note_wait(resolver, begun_ns, in_vain);
	resolver->unanswered += in_vain;
	return err;
}

/* ---- In a hurry ---- */

void resolver__hurry(struct resolver *resolver, bool hurries)
{
	resolver->is_agents = true;
	resolver->hurries = hurries;
	resolver->left_ns = PATIENCE_SWEEP_NS;
	opener__hurry(resolver->opener, hurries);
}

void resolver__begin_sweep(struct resolver *resolver)
{
	resolver->left_ns = PATIENCE_SWEEP_NS;
}

void resolver__be_patient(struct resolver *resolver, unsigned int attempts)
{
	resolver->attempts = attempts < MAX_DOUBLED ? attempts : MAX_DOUBLED;
	opener__be_patient(resolver->opener, resolver->attempts);
}

bool resolver__is_busy(struct resolver *resolver)
{
	return settle(resolver, resolver->hurries ? 1 : 0) == -EBUSY ||
	       opener__is_busy(resolver->opener);
}

int resolver__answers_fd(const struct resolver *resolver)
{
	return resolver->open.is_open ? resolver->channel : opener__answers_fd(resolver->opener);
}

__u64 resolver__unanswered(const struct resolver *resolver)
{
	return resolver->unanswered;
}
