/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chaos: processes and threads that make, use, share, pass on and drop sockets of all
 * families at random, and stand still when reported to.
 *
 *   chaos SEED JOURNAL
 *
 * A newline on stdin begins a round; "parked" on stdout says that everybody has done
 * theirs. The root lives in a network namespace of its own, and so do all it starts.
 * Even seeds take turns, so that a seed repeats itself call for call; in odd ones all
 * run at once. JOURNAL (a file, see journal.h) tells who did what to which socket.
 * What is done is in ops.c; what must come of it is decided by tests/chaos/judge.py.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors.h"
#include "addresses.h"
#include "turns.h"

#define FIRST_ACTORS 3
#define STEPS_PER_ROUND 24
#define ROUND_TIMEOUT_MS 20000

struct journal *journal;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "chaos: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int check(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

void note(enum what what, uint64_t inode, int fd, int result, uint32_t detail)
{
	uint32_t at = __atomic_fetch_add(&journal->n_events, 1, __ATOMIC_SEQ_CST);

	if (at >= MAX_EVENTS)
		return;
	journal->events[at] = (struct event){
		.inode = inode,
		.pid = getpid(),
		.tid = syscall(SYS_gettid),
		.fd = fd,
		.result = result,
		.what = what,
		.round = journal->round,
		.detail = detail,
	};
}

/* ---- Actors ---- */

struct actor *actor_new(struct actor *parent, bool same_table)
{
	for (int i = 0; i < MAX_ACTORS; i++) {
		struct actor *actor = &journal->actors[i];

		if (actor->status != FREE)
			continue;
		actor->random = draw(parent ? &parent->random : &journal->random);
		actor->steps = parent ? 1 + (int)pick(actor, 12) : 0;
		actor->table = same_table ? parent->table : new_table();
		actor->pid = actor->tid = actor->in_op = 0;
		store(&actor->status, parent ? RUNNING : PARKED);
		return actor;
	}
	return NULL;
}

/* Unless somebody has killed it meanwhile. */
static void park(struct actor *me)
{
	int32_t status = load(&me->status);

	while (status != DEAD && !__atomic_compare_exchange_n(&me->status, &status, PARKED, false,
							      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

_Noreturn void actor_run(struct actor *me)
{
	me->pid = getpid();
	me->tid = syscall(SYS_gettid);
	for (;;) {
		int round = load(&journal->round);

		while (me->steps > 0) {
			begin_op(me);
			me->steps--;
			step(me);
			if (me->steps <= 0)
				park(me);
			end_op(me);
		}
		park(me);
		while (load(&me->status) != RUNNING)
			wait_while(&journal->round, round);
	}
}

/* ---- The root ---- */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* what the host lacks the actors do without */
	(void)!write(fd, text, strlen(text));
	close(fd);
}

static void enter_network(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd;

	check(unshare(CLONE_NEWNET), "unshare");
	fd = check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	check(ioctl(fd, SIOCSIFFLAGS, &lo), "SIOCSIFFLAGS");
	close(fd);
	write_file("/proc/sys/net/ipv4/ping_group_range", "0 0");
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static int serve(int family, int type, const void *address, socklen_t len, int backlog)
{
	int fd = check(socket(family, type | SOCK_NONBLOCK, 0), "socket");

	note(MADE, inode_of(fd), fd, fd, family);
	check(bind(fd, address, len), "bind of a service");
	note(BIND, inode_of(fd), fd, 0, 0);
	if (backlog >= 0) {
		check(listen(fd, backlog), "listen");
		note(LISTEN, inode_of(fd), fd, 0, backlog);
	}
	return fd;
}

/* Connections that nobody accepts, until no more fit. */
static void fill(int family, const void *address, socklen_t len)
{
	for (int i = 0; i < 3; i++) {
		int fd = check(socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
		int result = connect(fd, address, len) ? -errno : 0;

		note(MADE, inode_of(fd), fd, fd, family);
		note(CONNECT, inode_of(fd), fd, result, 0);
		/* TCP says EINPROGRESS for the first as well, which is established at once. */
		if (result && family == AF_UNIX) {
			note(CLOSED, inode_of(fd), fd, 0, 0);
			close(fd);
			return;
		}
	}
}

/* What the actors connect and send to; they inherit all of it, and may spoil theirs. */
static void serve_all(void)
{
	struct address address;

	address = inet_address(PORT_OK);
	serve(AF_INET, SOCK_STREAM, &address.any, address.len, 64);
	address = inet6_address(PORT_OK);
	serve(AF_INET6, SOCK_STREAM, &address.any, address.len, 64);
	address = inet_address(PORT_DGRAM);
	serve(AF_INET, SOCK_DGRAM, &address.any, address.len, -1);
	address = unix_address("ok");
	serve(AF_UNIX, SOCK_STREAM, &address.any, address.len, 64);
	address = unix_address("packets");
	serve(AF_UNIX, SOCK_SEQPACKET, &address.any, address.len, 64);
	address = unix_address("dgram");
	serve(AF_UNIX, SOCK_DGRAM, &address.any, address.len, -1);
	address = inet_address(PORT_FULL);
	serve(AF_INET, SOCK_STREAM, &address.any, address.len, 0);
	fill(AF_INET, &address.any, address.len);
	address = unix_address("full");
	serve(AF_UNIX, SOCK_STREAM, &address.any, address.len, 0);
	fill(AF_UNIX, &address.any, address.len);
}

static void make_pair(void)
{
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), "socketpair");
	note(PAIRED, inode_of(ends[0]), ends[0], 0, 0);
	note(PAIRED, inode_of(ends[1]), ends[1], 0, 0);
}

static void start_first_actors(void)
{
	for (int i = 0; i < FIRST_ACTORS; i++) {
		struct actor *actor = actor_new(NULL, false);
		int pid = check(fork(), "fork");

		if (pid)
			continue;
		int null = open("/dev/null", O_RDWR);

		for (int fd = 0; fd < 3; fd++)
			dup2(null, fd);
		close(null);
		actor_run(actor);
	}
}

/* Who holds what, as /proc tells it. */
static void note_table(const struct actor *actor)
{
	char path[64], link[64];
	struct dirent *entry;
	unsigned long inode;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fd", actor->pid, actor->tid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		ssize_t len = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1);
		uint32_t at;

		if (len <= 0)
			continue;
		link[len] = '\0';
		if (sscanf(link, "socket:[%lu]", &inode) != 1)
			continue;
		at = __atomic_fetch_add(&journal->n_events, 1, __ATOMIC_SEQ_CST);
		if (at < MAX_EVENTS)
			journal->events[at] = (struct event){
				.inode = inode,
				.pid = actor->pid,
				.tid = actor->tid,
				.fd = atoi(entry->d_name),
				.what = HELD,
				.round = journal->round,
			};
	}
	if (directory)
		closedir(directory);
}

static void note_tables(void)
{
	struct actor root = { .pid = getpid(), .tid = getpid() };

	note_table(&root);
	for (int i = 0; i < MAX_ACTORS; i++)
		if (load(&journal->actors[i].status) != FREE &&
		    load(&journal->actors[i].status) != DEAD)
			note_table(&journal->actors[i]);
}

static bool all_parked(void)
{
	for (int i = 0; i < MAX_ACTORS; i++)
		if (load(&journal->actors[i].status) == RUNNING)
			return false;
	return true;
}

/* Has it ended? The first thread of a process that has others stays as a zombie. */
static bool is_gone(const struct actor *actor)
{
	char path[64], line[256] = "", *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", actor->pid, actor->tid);
	file = fopen(path, "re");
	if (!file)
		return true;
	(void)!fgets(line, sizeof(line), file);
	fclose(file);
	end = strrchr(line, ')');
	return !end || end[2] == 'Z' || end[2] == 'X';
}

/*
 * An actor has died while it had stopped the others: on its way out, or killed at the
 * moment in which it got there.
 */
static void free_writer(void)
{
	int32_t writer = load(&journal->writer);
	const struct actor *actor = &journal->actors[writer];

	if (writer == NOBODY || load((int32_t *)&actor->status) != DEAD || !is_gone(actor))
		return;
	__atomic_compare_exchange_n(&journal->writer, &writer, NOBODY, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	wake(&journal->writer);
}

static _Noreturn void give_up(void)
{
	fprintf(stderr, "chaos: turn %d, writer %d\n", journal->turn, journal->writer);
	for (int i = 0; i < MAX_ACTORS; i++) {
		const struct actor *actor = &journal->actors[i];
		char path[64], call[128] = "?";
		FILE *file;

		if (actor->status == FREE || actor->status == DEAD)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", actor->pid, actor->tid);
		file = fopen(path, "re");
		if (file) {
			(void)!fgets(call, sizeof(call), file);
			fclose(file);
		}
		fprintf(stderr, "chaos: actor %d, %d/%d, status %d, in_op %d, steps %d: call %s\n",
			i, actor->pid, actor->tid, actor->status, actor->in_op, actor->steps, call);
	}
	exit(3);
}

static void do_round(void)
{
	for (int i = 0; i < MAX_ACTORS; i++) {
		struct actor *actor = &journal->actors[i];

		if (load(&actor->status) != PARKED)
			continue;
		actor->steps = 1 + (int)pick(actor, 2 * STEPS_PER_ROUND / 3);
		store(&actor->status, RUNNING);
	}
	__atomic_fetch_add(&journal->round, 1, __ATOMIC_SEQ_CST);
	if (!journal->parallel)
		pass_turn();
	wake(&journal->round);
	for (int ms = 0; !all_parked(); ms++) {
		if (ms > ROUND_TIMEOUT_MS)
			give_up();
		free_writer();
		usleep(1000);
	}
	note_tables();
}

static void map_journal(const char *path, bool create)
{
	int fd = check(open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_TRUNC : 0), 0600),
		       path);

	if (create)
		check(ftruncate(fd, sizeof(*journal)), "ftruncate");
	journal = mmap(NULL, sizeof(*journal), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (journal == MAP_FAILED)
		die("mmap of the journal");
	close(fd);
}

static void on_signal(int number)
{
	(void)number; /* only interrupts */
}

/* Does this kernel answer int 0x80? Where it does not, that is a fault. */
static bool has_32bit(void)
{
#ifdef __x86_64__
	int status = -1, pid = check(fork(), "fork");

	if (!pid) {
		long result = 20; /* getpid */

		__asm__ volatile("int $0x80" : "+a"(result)::"memory", "r8", "r9", "r10", "r11");
		_exit(result != getpid());
	}
	return waitpid(pid, &status, 0) == pid && !status;
#else
	return false;
#endif
}

static void set_signals(void)
{
	struct sigaction interrupt = { .sa_handler = on_signal };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); /* nobody waits for anybody */
	sigaction(SIGUSR1, &interrupt, NULL);
	interrupt.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &interrupt, NULL);
}

/* An actor goes on in a new program: chaos --resume JOURNAL ACTOR. */
static _Noreturn void resume(const char *path, int number)
{
	struct actor *me;

	set_signals();
	map_journal(path, false);
	me = &journal->actors[number];
	me->pid = getpid();
	me->tid = getpid();
	if (load(&journal->writer) == number) { /* it stopped the others for its exec */
		store(&journal->writer, NOBODY);
		wake(&journal->writer);
	} else if (!journal->parallel && load(&journal->turn) == number) {
		if (me->steps <= 0)
			store(&me->status, PARKED);
		pass_turn();
	}
	actor_run(me);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--resume"))
		resume(argv[2], atoi(argv[3]));
	if (argc != 3) {
		fprintf(stderr, "usage: chaos SEED JOURNAL\n");
		return 2;
	}
	map_journal(argv[2], true);
	journal->has_32bit = has_32bit();
	set_signals();
	setenv("CHAOS_JOURNAL", argv[2], 1);
	journal->seed = strtoul(argv[1], NULL, 10);
	journal->random = journal->seed * 0x2545f4914f6cdd1dULL + 1;
	journal->parallel = journal->seed % 2;
	journal->writer = journal->turn = NOBODY;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	enter_network();
	serve_all();
	make_pair();
	start_first_actors();
	printf("ready\n");
	fflush(stdout);
	for (char line[8]; fgets(line, sizeof(line), stdin);) {
		do_round();
		printf("parked\n");
		fflush(stdout);
	}
	return 0;
}
