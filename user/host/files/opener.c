/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files/opener_protocol.h"
#include "lib/channel.h"
#include "lib/cleanup.h"
#include "lib/signals.h"
#include "lib/spawn.h"
#include "lib/time.h"

/* For plain data of one process, which takes some microseconds. */
#define ANSWER_NS (2 * NSEC_PER_SEC)
#define STUCK_NS (NSEC_PER_SEC / 2)
/* A child that is given up while a file is touched for less has no fault of that file system. */
#define BLAME_NS (NSEC_PER_SEC * 4 / 10)
/* In a hurry no answer is waited for longer than this; most come in some microseconds. */
#define HURRY_NS (NSEC_PER_SEC / 20)
/* After a stop was asked for, so many children are given up; then nothing is asked any more. */
#define GIVEN_UP_AT_STOP 1

/* Away from the descriptors that the child's ends get, for those are put there one by one. */
#define ABOVE_CHILDS 16

struct opener {
	pid_t pid; /* 0 = none runs */
	int channel;
	unsigned int starts, number, given_up_at_stop;
	bool is_occupied, hurries;
	unsigned int attempts;
	struct open_order { /* nobody waits for its answer, which is passed over */
		bool is_open;
		pid_t tgid;
		uid_t uid;
		struct patience patience;
	} open;
	__u64 late, unanswered;
	struct quarantine quarantine;
	struct expendables expendables;
	struct dead_devices dead;
	struct opener_board *board; /* of the child that runs; NULL = none runs */
};

struct opener *opener__new(void)
{
	struct opener *opener = calloc(1, sizeof(*opener));

	if (opener)
		opener->channel = -1;
	return opener;
}

void opener__occupy(struct opener *opener, bool is_occupied)
{
	opener->is_occupied = is_occupied;
}

void opener__hurry(struct opener *opener, bool hurries)
{
	opener->hurries = hurries;
}

void opener__be_patient(struct opener *opener, unsigned int attempts)
{
	opener->attempts = attempts;
}

__u64 opener__unanswered(const struct opener *opener)
{
	return opener->unanswered;
}

int opener__answers_fd(const struct opener *opener)
{
	return opener->open.is_open ? opener->channel : -1;
}

pid_t opener__pid(const struct opener *opener)
{
	return opener->pid;
}

__u64 opener__late(const struct opener *opener)
{
	return opener->late;
}

struct quarantine *opener__quarantine(struct opener *opener)
{
	return &opener->quarantine;
}

struct expendables *opener__expendables(struct opener *opener)
{
	return &opener->expendables;
}

bool opener__refuses(struct opener *opener, pid_t tgid, uid_t uid)
{
	return quarantine_holds(&opener->quarantine, tgid, uid, clock_now(CLOCK_MONOTONIC)) ||
	       expendables_hold(&opener->expendables, uid);
}

/* ---- The child ---- */

/* Memory to be shared with one child. */
static int new_board(struct opener_board **ret_board, int *ret_fd)
{
	_cleanup_close_ int fd = memfd_create("sockleak", MFD_CLOEXEC);
	void *board;

	if (fd < 0 || ftruncate(fd, sizeof(struct opener_board)))
		return -errno;
	board = mmap(NULL, sizeof(struct opener_board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (board == MAP_FAILED)
		return -errno;
	*ret_board = board;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* If the child is stuck over a file, its file system is left alone from now on. True: so it is. */
static bool blame_device(struct opener *opener)
{
	const struct opener_board *board = opener->board;
	struct device device = board->device;
	char path[PATH_MAX];

	__u64 now_ns = clock_now(CLOCK_MONOTONIC), since_ns = board->since_ns;

	if (!since_ns || now_ns - since_ns < BLAME_NS)
		return false;
	memcpy(path, board->path, sizeof(path));
	path[sizeof(path) - 1] = '\0';
	if (!device.minor && (!path[0] || mounts_device(board->tgid, path, &device)))
		return false;
	/* A path that is a symbolic link may lead off its device: that one is without fault. */
	if (mounts_is_vital(board->tgid, device))
		return false;
	dead_devices_add(&opener->dead, device, now_ns);
	return true;
}

static void forget_opener(struct opener *opener)
{
	if (opener->board)
		munmap(opener->board, sizeof(*opener->board));
	opener->board = NULL;
	if (opener->channel >= 0)
		close(opener->channel);
	opener->channel = -1;
	opener->pid = 0;
	opener->open.is_open = false;
}

/* True: a file system was to blame for it, and is left alone. */
static bool give_up_child(struct opener *opener, uid_t uid)
{
	bool is_blamed;

	opener->given_up_at_stop += signals_stop_asked();
	if (!opener->pid)
		return false;
	is_blamed = blame_device(opener);
	expendables_give_up(&opener->expendables, opener->pid, uid);
	forget_opener(opener);
	return is_blamed;
}

void opener__give_up(struct opener *opener, uid_t uid)
{
	give_up_child(opener, uid);
}

void opener__free(struct opener *opener)
{
	if (!opener)
		return;
	opener__give_up(opener, getuid());
	expendables_finish(&opener->expendables);
	free(opener);
}

static int spawn_opener(int channel, int board, pid_t *ret_pid)
{
	char *arguments[] = { "sockleak", OPENER_ARGUMENT, NULL };
	char *environment[] = { "LC_ALL=C", NULL };
	const struct spawn_fd fds[] = {
		{ OPENER_CHANNEL, channel },
		{ OPENER_BOARD, board },
		{ STDIN_FILENO, SPAWN_NULL },
		{ STDOUT_FILENO, SPAWN_NULL },
		{ -1, -1 },
	};

	return spawn("/proc/self/exe", arguments, environment, fds, ret_pid);
}

static int start_opener(struct opener *opener)
{
	int ends[2];
	int err = channel_pair(ends);

	if (err)
		return err;
	_cleanup_close_ int ours = ends[0], its = ends[1], board_fd = -1, high_fd = -1;
	struct opener_board *board = NULL;
	pid_t pid;

	err = new_board(&board, &board_fd);
	if (err)
		return err;
	high_fd = fcntl(board_fd, F_DUPFD_CLOEXEC, ABOVE_CHILDS);
	err = high_fd < 0 ? -errno : spawn_opener(its, high_fd, &pid);
	if (err) {
		munmap(board, sizeof(*board));
		return err;
	}
	opener->board = board;
	opener->pid = pid;
	opener->channel = TAKE_FD(ours);
	opener->starts++;
	return 0;
}

int opener__ensure(struct opener *opener, unsigned int *ret_start)
{
	if (opener->given_up_at_stop >= GIVEN_UP_AT_STOP)
		return -EAGAIN;
	if (opener->pid && waitpid(opener->pid, NULL, WNOHANG))
		forget_opener(opener); /* it was ended by others, as for want of memory */
	if (!opener->pid && (!expendables_may_start(&opener->expendables) || start_opener(opener)))
		return -EAGAIN;
	opener->board->n_dead =
		dead_devices_list(&opener->dead, clock_now(CLOCK_MONOTONIC), opener->board->dead);
	*ret_start = opener->starts;
	return 0;
}

/* ---- Orders ---- */

static struct patience patience_with(const struct opener *opener)
{
	return (struct patience){ .children = { opener->pid },
				  .limit_ns = ANSWER_NS,
				  .stuck_ns = STUCK_NS };
}

static int send_order(struct opener *opener, const struct opener_order *order, int fd)
{
	struct patience patience = patience_with(opener);

	return expendable_send(opener->channel, order, sizeof(*order), fd, &patience);
}

int opener__link(struct opener *opener, int *ret_end)
{
	const struct opener_order order = { .kind = OPENER_LINK };
	int ends[2];
	int err = channel_pair(ends);

	if (err)
		return err;
	_cleanup_close_ int ours = ends[0], its = ends[1];

	err = send_order(opener, &order, its);
	if (err)
		return err;
	*ret_end = TAKE_FD(ours);
	return 0;
}

int opener__allow_memory(struct opener *opener, pid_t tgid)
{
	const struct opener_order order = { .kind = OPENER_ALLOW, .tgid = tgid };

	return send_order(opener, &order, /* fd= */ -1);
}

/* The answer to the last order; one that is the answer to an earlier order is passed over. */
static int receive_answer(struct opener *opener, struct patience *patience,
			  struct opener_answer *ret_answer)
{
	struct message message = { .data = ret_answer, .size = sizeof(*ret_answer) };
	int err;

	do {
		err = expendable_receive(opener->channel, &message, patience);
		if (err)
			return err;
		if (message.fd >= 0)
			close(message.fd);
		if (message.fd >= 0 || message.len != sizeof(*ret_answer))
			return -EPROTO;
	} while (ret_answer->number != opener->number);
	return 0;
}

/* It failed over a process. A path of our own names files of many programs: see give_up_child(). */
static void blame_process(struct opener *opener, pid_t tgid, uid_t uid)
{
	opener->late++;
	if (!give_up_child(opener, uid) || tgid != getpid())
		quarantine_strike(&opener->quarantine, tgid, uid, clock_now(CLOCK_MONOTONIC));
}

bool opener__is_busy(struct opener *opener)
{
	struct open_order *open = &opener->open;
	struct opener_answer answer;
	int err;

	if (!open->is_open)
		return false;
	open->patience.until_ns = opener->hurries ? 1 : 0;
	err = receive_answer(opener, &open->patience, &answer);
	if (err == -EINPROGRESS)
		return true;
	open->is_open = false;
	if (err)
		blame_process(opener, open->tgid, open->uid);
	return false;
}

static int order_settled(struct opener *opener, struct opener_order *order, uid_t uid,
			 struct opener_answer *ret_answer)
{
	struct patience patience;
	unsigned int start;
	int err = opener__ensure(opener, &start);

	if (err)
		return err;
	order->number = ++opener->number;
	err = send_order(opener, order, /* fd= */ -1);
	patience = patience_with(opener);
	if (opener->hurries)
		patience.until_ns = clock_now(CLOCK_MONOTONIC) + (HURRY_NS << opener->attempts);
	if (!err)
		err = receive_answer(opener, &patience, ret_answer);
	if (!err)
		return ret_answer->error < 0 ? ret_answer->error : 0;
	if (err == -EINPROGRESS) {
		opener->open = (struct open_order){ true, order->tgid, uid, patience };
		return err;
	}
	blame_process(opener, order->tgid, uid);
	return -ECHILD;
}

static int order_data(struct opener *opener, struct opener_order *order,
		      struct opener_answer *ret_answer)
{
	uid_t uid;
	int err = process_uid(order->tgid, &uid);

	if (err)
		return err;
	if (opener->is_occupied || opener__is_busy(opener))
		err = -EBUSY;
	else if (opener__refuses(opener, order->tgid, uid))
		err = -ECHILD;
	else
		err = order_settled(opener, order, uid, ret_answer);
	opener->unanswered += err == -EINPROGRESS || err == -EBUSY;
	return err;
}

int opener__command(struct opener *opener, pid_t tgid, char **ret_command)
{
	struct opener_order order = { .kind = OPENER_COMMAND, .tgid = tgid };
	struct opener_answer answer;
	char *command;
	int err = order_data(opener, &order, &answer);

	if (err)
		return err;
	command = strndup(answer.text, sizeof(answer.text));
	if (!command)
		return -ENOMEM;
	*ret_command = command;
	return 0;
}

int opener__program(struct opener *opener, pid_t tgid, bool libraries,
		    struct program_file *ret_program)
{
	struct opener_order order = { .kind = OPENER_PROGRAM,
				      .tgid = tgid,
				      .libraries = libraries };
	struct opener_answer answer;
	int err = order_data(opener, &order, &answer);

	if (!err)
		*ret_program = answer.program;
	return err;
}

static int order_by_path(struct opener *opener, struct opener_order *order, const char *path,
			 struct opener_answer *ret_answer)
{
	size_t len = strlen(path);

	if (len > OPENER_MAX_PATH)
		return -ENAMETOOLONG;
	memcpy(order->path, path, len);
	return order_data(opener, order, ret_answer);
}

int opener__has_file(struct opener *opener, pid_t tgid, const char *path)
{
	struct opener_order order = { .kind = OPENER_HAS_FILE, .tgid = tgid };
	struct opener_answer answer;

	return order_by_path(opener, &order, path, &answer);
}

int opener__head(struct opener *opener, const char *path, struct file_head *ret_head)
{
	struct opener_order order = { .kind = OPENER_HEAD, .tgid = getpid() };
	struct opener_answer answer;
	int err = order_by_path(opener, &order, path, &answer);

	if (err)
		return err;
	if (answer.head.len > sizeof(answer.head.bytes))
		return -EPROTO;
	*ret_head = answer.head;
	return 0;
}
