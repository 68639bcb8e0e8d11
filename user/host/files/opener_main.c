/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opener's side: it has the rights to read what belongs to other processes, and no others. It
 * trusts the agent, and opens for the resolver what access.h says, however that asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files/access.h"
#include "host/files/opener.h"
#include "host/files/opener_protocol.h"
#include "host/process.h"
#include "host/rights.h"
#include "lib/channel.h"
#include "lib/cleanup.h"
#include "lib/regular_file.h"
#include "lib/time.h"
#include "scripts.h"

/* Mappings of a process that are looked at for an interpreter; libraries are among the first. */
#define MAX_LIBRARY_LINES 4096

struct door {
	struct opener_board *board;
	int link; /* to the resolver; -1 = it has none */
	pid_t memory_of;
	struct access_request request;
};

/* ---- What may never come to an end ---- */

static bool is_on_dead(const struct opener_board *board, const struct device *device)
{
	for (unsigned int i = 0; i < board->n_dead && i < DEAD_DEVICES; i++)
		if (board->dead[i].major == device->major && board->dead[i].minor == device->minor)
			return true;
	return false;
}

/*
 * Write down what is touched next: a file of a device, or at a path, or neither. -EIO: its file
 * system is to be left alone.
 */
static int begin_touch(struct opener_board *board, pid_t tgid, const struct device *device,
		       const char *path)
{
	struct device found;

	if (device && is_on_dead(board, device))
		return -EIO;
	if (path && board->n_dead && !mounts_device(tgid, path, &found) &&
	    is_on_dead(board, &found))
		return -EIO;
	board->tgid = tgid;
	board->device = device ? *device : (struct device){ 0 };
	snprintf(board->path, sizeof(board->path), "%s", path ?: "");
	board->since_ns = clock_now(CLOCK_MONOTONIC);
	return 0;
}

static void end_touch(struct opener_board *board)
{
	board->since_ns = 0;
}

/* ---- Plain data for the agent ---- */

/* Has the process mapped the library of an interpreter? */
static bool has_library(pid_t tgid)
{
	_cleanup_fclose_ FILE *maps = NULL;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	int fd;

	if (process_open_maps(tgid, &fd))
		return false;
	maps = fdopen(fd, "r");
	if (!maps) {
		close(fd);
		return false;
	}
	for (unsigned int i = 0; i < MAX_LIBRARY_LINES && getline(&line, &size, maps) > 0; i++)
		if (strstr(line, "/libpython") || strstr(line, "/libruby") ||
		    strstr(line, "/libphp") || strstr(line, "/libperl") ||
		    strstr(line, "/libjvm.so"))
			return true;
	return false;
}

/*
 * An executable as the kernel's side knows it. File systems without a device of their own may
 * report another number in stat(2) than the kernel has: the mount has it. Where that cannot be
 * found (before Linux 5.8), stat(2)'s has to do: it is not the kernel's of another file system.
 */
static int describe_program(pid_t tgid, struct program_file *ret_program)
{
	unsigned int major, minor;
	struct statx st;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/exe", tgid);
	if (statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID, &st))
		return -errno;
	major = st.stx_dev_major;
	minor = st.stx_dev_minor;
	*ret_program = (struct program_file){
		.inode = st.stx_ino,
		.size = st.stx_size,
		.stat_device = SCRIPT_DEVICE(major, minor),
		.mtime_ns = st.stx_mtime.tv_sec * (__s64)NSEC_PER_SEC + st.stx_mtime.tv_nsec,
	};
	if (!major && st.stx_mask & STATX_MNT_ID)
		process_mount_device(tgid, st.stx_mnt_id, &major, &minor);
	ret_program->device = SCRIPT_DEVICE(major, minor);
	return 0;
}

static int read_its_command(pid_t tgid, char *ret_text, size_t size)
{
	_cleanup_free_ char *command = NULL;
	int err = process_command(tgid, &command);

	if (!err)
		snprintf(ret_text, size, "%s", command);
	return err;
}

static int find_file(pid_t tgid, const char *path)
{
	_cleanup_close_ int fd = -1;

	return regular_file_open_stored(path, &fd) ? process_open_path(tgid, path, &fd) : 0;
}

/* What is at a path, once that is written down. */
static int answer_by_path(struct door *door, const struct opener_order *order,
			  struct opener_answer *answer)
{
	int err = begin_touch(door->board, order->tgid, NULL, order->path);

	if (!err)
		err = order->kind == OPENER_HEAD ? file_head_read(order->path, &answer->head) :
						   find_file(order->tgid, order->path);
	end_touch(door->board);
	return err;
}

/* An error ends the child. */
static int obey(struct door *door, const struct opener_order *order, int fd)
{
	struct opener_answer answer = { .number = order->number };

	switch ((enum opener_order_kind)order->kind) {
	case OPENER_LINK:
		if (door->link >= 0)
			close(door->link);
		door->link = fd;
		return 0;
	case OPENER_ALLOW:
		door->memory_of = order->tgid;
		return 0;
	case OPENER_COMMAND:
		answer.error = read_its_command(order->tgid, answer.text, sizeof(answer.text));
		break;
	case OPENER_PROGRAM:
		answer.error = describe_program(order->tgid, &answer.program);
		if (!answer.error && order->libraries)
			answer.program.has_library = has_library(order->tgid);
		break;
	case OPENER_HAS_FILE:
	case OPENER_HEAD:
		answer.error = answer_by_path(door, order, &answer);
		break;
	default:
		return -EPROTO;
	}
	return channel_send(OPENER_CHANNEL, &answer, sizeof(answer), /* fd= */ -1,
			    CHANNEL_NO_DEADLINE);
}

static int take_order(struct door *door)
{
	struct opener_order order;
	struct message message = { .data = &order, .size = sizeof(order) };
	int err = channel_receive(OPENER_CHANNEL, &message, CHANNEL_NO_DEADLINE);

	if (err)
		return err;
	return message.len == sizeof(order) ? obey(door, &order, message.fd) : -EPROTO;
}

/* ---- Files for the resolver ---- */

static void end_link(struct door *door)
{
	close(door->link);
	door->link = -1;
}

/* Memory holds secrets: it may read only that of the process in question. */
static bool may_serve(const struct door *door)
{
	return door->request.kind != ACCESS_MEMORY ||
	       (door->memory_of && door->request.tgid == door->memory_of);
}

static void serve_file(struct door *door, size_t len, struct access_reply *ret_reply, int *ret_fd)
{
	const struct access_request *request = &door->request;
	const struct device device = { request->major, request->minor };
	bool has_path = len == sizeof(*request) && request->kind == ACCESS_PATH &&
			memchr(request->path, '\0', sizeof(request->path));

	ret_reply->error = begin_touch(door->board, request->tgid, device.minor ? &device : NULL,
				       has_path ? request->path : NULL);
	if (!ret_reply->error)
		access_serve_file(request, len, ret_reply, ret_fd);
	end_touch(door->board);
}

static void serve_resolver(struct door *door)
{
	struct message message = { .data = &door->request, .size = sizeof(door->request) };
	struct access_reply reply = { .error = -EACCES };
	int fd = -1;

	if (channel_receive(door->link, &message, CHANNEL_NO_DEADLINE)) {
		end_link(door); /* it has ended */
		return;
	}
	if (message.fd >= 0)
		close(message.fd);
	if (may_serve(door))
		serve_file(door, message.len, &reply, &fd);
	if (channel_send(door->link, &reply, sizeof(reply), fd, CHANNEL_NO_DEADLINE))
		end_link(door);
	if (fd >= 0)
		close(fd);
}

static int run_opener(struct door *door)
{
	for (;;) {
		struct pollfd ends[] = { { .fd = OPENER_CHANNEL, .events = POLLIN },
					 { .fd = door->link, .events = POLLIN } };

		if (poll(ends, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (ends[0].revents) { /* orders first: one may forbid what is asked for */
			int err = take_order(door);

			if (err)
				return err;
		} else if (ends[1].revents) {
			serve_resolver(door);
		}
	}
}

/* ---- Rights ---- */

/*
 * The capabilities for reading other users' files and memory. CAP_SYS_ADMIN stands in for
 * CAP_CHECKPOINT_RESTORE where that is not held, or not known: before Linux 5.9.
 */
static bool is_needed(int capability, bool can_restore)
{
	return capability == CAP_DAC_READ_SEARCH || capability == CAP_SYS_PTRACE ||
	       capability == (can_restore ? CAP_CHECKPOINT_RESTORE : CAP_SYS_ADMIN);
}

static void give_up_the_rest(void)
{
	bool can_restore = rights_effective() >> CAP_CHECKPOINT_RESTORE & 1;
	struct rlimit none = { 0 };

	/* From above, for the lower ones go out of the bounding set by CAP_SETPCAP. */
	for (int capability = CAP_LAST_CAP; capability >= 0; capability--)
		if (!is_needed(capability, can_restore) && capability != CAP_SETPCAP)
			rights_give_up(capability, NULL);
	rights_give_up(CAP_SETPCAP, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

static bool is_channel_end(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_SEQPACKET;
}

int opener_main(void)
{
	static struct door door = { .link = -1 };
	int err;

	if (!is_channel_end(OPENER_CHANNEL)) {
		fputs("sockleak: " OPENER_ARGUMENT " is not for use by hand\n", stderr);
		return 2;
	}
	fcntl(OPENER_CHANNEL, F_SETFD, FD_CLOEXEC);
	door.board = mmap(NULL, sizeof(*door.board), PROT_READ | PROT_WRITE, MAP_SHARED,
			  OPENER_BOARD, 0);
	close_range(OPENER_CHANNEL + 1, ~0U, 0);
	if (door.board == MAP_FAILED)
		return 1;
	give_up_the_rest();
	signal(SIGPIPE, SIG_IGN);
#if !defined(__SANITIZE_ADDRESS__)
	if (dup2(STDIN_FILENO, STDERR_FILENO) < 0)
		close(STDERR_FILENO);
#endif
	err = run_opener(&door);
	return err == -EPIPE ? 0 : 1; /* the agent has ended */
}
