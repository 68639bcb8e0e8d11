/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sharing: the ways in which descriptors are copied, replaced, passed and lost, and
 * processes made, replaced and ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hidden.h"
#include "ops.h"

/* ---- Descriptors ---- */

void op_close(struct actor *me)
{
	int fd = pick_any(me);
	uint64_t inode = socket_inode(fd);

	if (fd < 0)
		return;
	note(CLOSED, inode, fd, 0, 0);
	close(fd);
}

void op_close_hidden(struct actor *me)
{
	int fd = pick_any(me), result;
	uint64_t inode = socket_inode(fd);

	if (fd < 0)
		return;
	result = hidden_close(pick(me, WAYS), fd);
	if (!result)
		note(CLOSED, inode, fd, 0, 1);
}

void op_close_range(struct actor *me)
{
	unsigned int first = FIRST_FD + pick(me, END_FD / 2), last = first + pick(me, 4);

	note(CLOSE_RANGE, 0, first, last, 0);
	syscall(SYS_close_range, first, last, 0);
}

void op_dup(struct actor *me)
{
	int fd = pick_socket(me), copy;

	if (fd < 0 || !has_room())
		return;
	switch (pick(me, 3)) {
	case 0:
		copy = dup(fd);
		break;
	case 1:
		copy = fcntl(fd, F_DUPFD, END_FD / 2);
		break;
	default:
		copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	}
	note(COPIED, socket_inode(copy), copy, fd, 0);
}

/* A socket onto a socket or a file, or a file onto a socket. */
void op_replace(struct actor *me)
{
	int from = pick_any(me),
	    to = pick(me, 3) ? pick_any(me) : FIRST_FD + (int)pick(me, END_FD - FIRST_FD);

	if (from < 0 || to < 0 || from == to)
		return;
	note(REPLACED, socket_inode(to), to, from, 0);
	if (pick(me, 2))
		dup2(from, to);
	else
		dup3(from, to, pick(me, 2) ? O_CLOEXEC : 0);
	note(COPIED, socket_inode(to), to, from, 0);
}

void op_file(struct actor *me)
{
	(void)me;
	if (has_room())
		(void)!open("/dev/null", O_RDONLY);
}

void op_cloexec(struct actor *me)
{
	int fd = pick_socket(me);

	if (fd >= 0)
		fcntl(fd, F_SETFD, pick(me, 2) ? FD_CLOEXEC : 0);
}

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

void op_pass(struct actor *me)
{
	int way = pick_unix(me), fd = pick_socket(me);
	union control control = { 0 };
	struct iovec byte = { "", 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	if (way < 0 || fd < 0)
		return;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(way, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
	note(PASSED, socket_inode(fd), fd, way, 0);
	if (pick(me, 2)) {
		note(CLOSED, socket_inode(fd), fd, 0, 0);
		close(fd);
	}
}

static bool receive_at(int way)
{
	union control control = { 0 };
	char byte;
	struct iovec place = { &byte, 1 };
	struct msghdr message = { .msg_iov = &place,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(way, &message, MSG_DONTWAIT) < 0 ||
	    message.msg_controllen < CMSG_LEN(sizeof(int)))
		return false;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	note(RECEIVED, socket_inode(fd), fd, way, 0);
	return true;
}

void op_receive(struct actor *me)
{
	int first = pick_unix(me);

	if (first < 0 || !has_room())
		return;
	for (int fd = first; fd < END_FD; fd++)
		if (option(fd, SO_DOMAIN) == AF_UNIX && receive_at(fd))
			return;
}

/* Any descriptor of another process, by pidfd_getfd. */
void op_take(struct actor *me)
{
	struct actor *other = &journal->actors[pick(me, MAX_ACTORS)];
	int pidfd, fd;

	if (!has_room() || other->status == FREE || other->status == DEAD || !other->pid)
		return;
	pidfd = syscall(SYS_pidfd_open, other->pid, 0);
	if (pidfd < 0)
		return;
	fd = syscall(SYS_pidfd_getfd, pidfd, FIRST_FD + pick(me, 24), 0);
	if (fd >= 0)
		note(TAKEN, socket_inode(fd), fd, other->pid, 0);
	close(pidfd);
}

/* A socket that an io_uring holds, and that may be in no table any more. */
void op_fix(struct actor *me)
{
	int fd = pick_socket(me);

	if (fd < 0 || !has_room())
		return;
	if (pick(me, 3) == 0) {
		(void)!fixed_socket(AF_INET, SOCK_STREAM, 0);
		return;
	}
	if (fixed_file(fd) < 0)
		return;
	note(FIXED, socket_inode(fd), fd, 0, 0);
	note(CLOSED, socket_inode(fd), fd, 0, 0);
	close(fd);
}

/* ---- Processes ---- */

static void forget(struct actor *actor)
{
	actor->steps = 0;
	actor->status = DEAD;
}

static void make_child(struct actor *me, enum what what, unsigned long flags)
{
	struct actor *child;
	long pid;

	stop_others(me);
	child = actor_new(me, flags & CLONE_FILES);
	if (child) {
		/* Not fork(): glibc has none with flags. Nothing of glibc's is held here. */
		pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
		if (!pid)
			actor_run(child);
		if (pid < 0)
			forget(child);
		else
			child->pid = child->tid = pid;
		note(what, 0, -1, pid, 0);
	}
	let_go(me);
}

void op_fork(struct actor *me)
{
	make_child(me, FORKED, 0);
}

void op_share(struct actor *me)
{
	make_child(me, SHARED, CLONE_FILES);
}

static _Noreturn void run_again(struct actor *actor)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)(actor - journal->actors));
	/* Not /proc/self: that is the first thread, which may have ended. */
	execl("/proc/thread-self/exe", "chaos", "--resume", getenv("CHAOS_JOURNAL"), number, NULL);
	_exit(127);
}

void op_spawn(struct actor *me)
{
	struct actor *child;
	int pid;

	stop_others(me);
	child = actor_new(me, false);
	if (child) {
		pid = vfork();
		if (!pid)
			run_again(child);
		if (pid < 0)
			forget(child);
		else
			child->pid = child->tid = pid;
		note(SPAWNED, 0, -1, pid, 0);
	}
	let_go(me);
}

static void *thread_main(void *actor)
{
	actor_run(actor);
}

void op_thread(struct actor *me)
{
	struct actor *other;
	pthread_attr_t attributes;
	pthread_t thread;

	stop_others(me);
	other = actor_new(me, true);
	if (other) {
		pthread_attr_init(&attributes);
		pthread_attr_setstacksize(&attributes, 256 * 1024);
		other->pid = getpid();
		if (pthread_create(&thread, &attributes, thread_main, other))
			forget(other);
		note(THREAD, 0, -1, 0, 0);
	}
	let_go(me);
}

void op_unshare(struct actor *me)
{
	stop_others(me);
	if (!unshare(CLONE_FILES)) {
		me->table = new_table();
		note(UNSHARED, 0, -1, 0, 0);
	}
	let_go(me);
}

void op_exec(struct actor *me)
{
	stop_others(me);
	process_dies(getpid(), me);
	me->pid = me->tid = getpid();
	me->table = new_table();
	note(EXEC, 0, -1, 0, 0);
	run_again(me);
}

static int living(void)
{
	int n = 0;

	for (int i = 0; i < MAX_ACTORS; i++)
		n += journal->actors[i].status == RUNNING || journal->actors[i].status == PARKED;
	return n;
}

static int of_process(int pid)
{
	int n = 0;

	for (int i = 0; i < MAX_ACTORS; i++)
		n += journal->actors[i].pid == pid &&
		     (journal->actors[i].status == RUNNING || journal->actors[i].status == PARKED);
	return n;
}

/* Whoever is left has something to do. */
static bool may_die(int pid)
{
	return living() - of_process(pid) >= 2;
}

void op_exit(struct actor *me)
{
	stop_others(me);
	if (!may_die(getpid())) {
		let_go(me);
		return;
	}
	note(EXITED, 0, -1, 0, 0);
	process_dies(getpid(), NULL);
	retire(me);
	_exit(0);
}

/* One thread alone; of the first one a zombie stays, whose table the others have. */
void op_thread_exit(struct actor *me)
{
	stop_others(me);
	if (of_process(getpid()) < 2 || living() < 3) {
		let_go(me);
		return;
	}
	note(EXITED, 0, -1, 1, 0);
	retire(me);
	syscall(SYS_exit, 0);
}

static void wait_gone(int pid)
{
	for (int ms = 0; ms < 2000 && !kill(pid, 0); ms++)
		usleep(1000);
}

void op_kill(struct actor *me)
{
	struct actor *victim = &journal->actors[pick(me, MAX_ACTORS)];
	int pid;

	stop_others(me);
	pid = victim->pid;
	if (victim->status != FREE && victim->status != DEAD && pid && pid != getpid() &&
	    may_die(pid)) {
		kill(pid, SIGKILL);
		process_dies(pid, NULL);
		wait_gone(pid);
		note(KILLED, 0, -1, pid, 0);
	}
	let_go(me);
}

/* A signal for somebody who waits in connect: with one he is to be restarted, with one not. */
void op_interrupt(struct actor *me)
{
	int number = pick(me, 2) ? SIGUSR1 : SIGUSR2;

	for (int i = 0; i < MAX_ACTORS; i++) {
		struct actor *actor = &journal->actors[i];

		if (actor->status == BLOCKED && pick(me, 2)) {
			syscall(SYS_tgkill, actor->pid, actor->tid, number);
			return;
		}
	}
}

/* ---- */

static const struct {
	void (*function)(struct actor *me);
	unsigned int share;
} ops[] = {
#define O(function, share) { function, share },
	OPS(O)
#undef O
};

void step(struct actor *me)
{
	unsigned int total = 0, at, i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		total += ops[i].share;
	at = pick(me, total);
	for (i = 0; at >= ops[i].share; i++)
		at -= ops[i].share;
	ops[i].function(me);
}
