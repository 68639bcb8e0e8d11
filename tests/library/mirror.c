/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file system (FUSE) that shows the directory of argv[1], to be read only, at argv[2]. It prints
 * "ready" when it is there. After SIGUSR1 it answers nothing for argv[3] seconds, as the server of
 * a dead network file system does: it prints "silent", and then "answers" when that has passed.
 * SIGTERM takes it down. Nothing is cached, so that each open and stat has to ask.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_NODES 4096
#define BUFFER (256 * 1024)

static char *paths[MAX_NODES]; /* of node i + 1 */
static unsigned int n_nodes;
static int device;
static const char *mountpoint;
static volatile sig_atomic_t be_silent, be_gone;

static void on_signal(int signal)
{
	if (signal == SIGUSR1)
		be_silent = 1;
	else
		be_gone = 1;
}

static void reply(const struct fuse_in_header *in, int error, const void *data, size_t len)
{
	struct fuse_out_header out = { sizeof(out) + (error ? 0 : len), error, in->unique };
	struct iovec parts[] = { { &out, sizeof(out) }, { (void *)data, len } };

	if (writev(device, parts, error || !len ? 1 : 2) < 0) {
		/* who asked has gone */
	}
}

static const char *path_of(const struct fuse_in_header *in)
{
	return in->nodeid && in->nodeid <= n_nodes ? paths[in->nodeid - 1] : "/nowhere";
}

static unsigned long node_of(const char *path)
{
	unsigned int i = 0;

	while (i < n_nodes && strcmp(paths[i], path) != 0)
		i++;
	if (i == MAX_NODES)
		return 0;
	if (i == n_nodes)
		paths[n_nodes++] = strdup(path);
	return i + 1;
}

static int attributes(const char *path, unsigned long node, struct fuse_attr *ret)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	*ret = (struct fuse_attr){ .ino = node,
				   .size = (unsigned long)st.st_size,
				   .blocks = (unsigned long)st.st_blocks,
				   .mtime = (unsigned long)st.st_mtime,
				   .mode = st.st_mode,
				   .nlink = (unsigned int)st.st_nlink,
				   .uid = st.st_uid,
				   .gid = st.st_gid,
				   .blksize = 4096 };
	return 0;
}

static void look_up(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out entry = { 0 };
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/%s", path_of(in), name);
	entry.nodeid = node_of(path);
	err = entry.nodeid ? attributes(path, entry.nodeid, &entry.attr) : -ENFILE;
	reply(in, err, &entry, sizeof(entry));
}

static void get_attributes(const struct fuse_in_header *in)
{
	struct fuse_attr_out out = { 0 };
	int err = attributes(path_of(in), in->nodeid, &out.attr);

	reply(in, err, &out, sizeof(out));
}

static void read_file(const struct fuse_in_header *in, const struct fuse_read_in *read_in)
{
	static char data[BUFFER];
	int fd = open(path_of(in), O_RDONLY | O_CLOEXEC);
	size_t size = read_in->size < sizeof(data) ? read_in->size : sizeof(data);
	ssize_t len = fd < 0 ? -1 : pread(fd, data, size, (off_t)read_in->offset);

	reply(in, len < 0 ? -errno : 0, data, len < 0 ? 0 : (size_t)len);
	if (fd >= 0)
		close(fd);
}

static void read_directory(const struct fuse_in_header *in, const struct fuse_read_in *read_in)
{
	static char data[BUFFER];
	const struct dirent *entry;
	size_t len = 0, index = 0;
	DIR *directory = opendir(path_of(in));

	while (directory && (entry = readdir(directory))) {
		struct fuse_dirent *out = (struct fuse_dirent *)(data + len);
		size_t size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + strlen(entry->d_name));

		if (index++ < read_in->offset)
			continue;
		if (len + size > read_in->size || len + size > sizeof(data))
			break;
		memset(out, 0, size);
		*out = (struct fuse_dirent){ entry->d_ino, index,
					     (unsigned int)strlen(entry->d_name), entry->d_type };
		memcpy(out->name, entry->d_name, out->namelen);
		len += size;
	}
	reply(in, directory ? 0 : -errno, data, len);
	if (directory)
		closedir(directory);
}

static void read_link(const struct fuse_in_header *in)
{
	char target[4096];
	ssize_t len = readlink(path_of(in), target, sizeof(target));

	reply(in, len < 0 ? -errno : 0, target, len < 0 ? 0 : (size_t)len);
}

static void initialize(const struct fuse_in_header *in, const struct fuse_init_in *init)
{
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
				     .minor = init->minor < FUSE_KERNEL_MINOR_VERSION ?
						      init->minor :
						      FUSE_KERNEL_MINOR_VERSION,
				     .max_readahead = init->max_readahead,
				     .max_background = 16,
				     .congestion_threshold = 12,
				     .max_write = 4096,
				     .time_gran = 1 };

	reply(in, 0, &out, sizeof(out));
}

static void answer(const struct fuse_in_header *in)
{
	const void *body = in + 1;
	struct fuse_open_out opened = { 0 };
	struct fuse_statfs_out room = { 0 };

	switch (in->opcode) {
	case FUSE_INIT:
		return initialize(in, body);
	case FUSE_LOOKUP:
		return look_up(in, body);
	case FUSE_GETATTR:
		return get_attributes(in);
	case FUSE_READLINK:
		return read_link(in);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return reply(in, 0, &opened, sizeof(opened));
	case FUSE_READ:
		return read_file(in, body);
	case FUSE_READDIR:
		return read_directory(in, body);
	case FUSE_STATFS:
		room.st.namelen = 255;
		room.st.bsize = 4096;
		return reply(in, 0, &room, sizeof(room));
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		return reply(in, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	}
	reply(in, -ENOSYS, NULL, 0);
}

static void keep_silent(time_t seconds, const sigset_t *waiting)
{
	const struct timespec moment = { .tv_nsec = 50000000 };
	time_t until = time(NULL) + seconds;

	puts("silent");
	while (time(NULL) < until && !be_gone)
		ppoll(NULL, 0, &moment, waiting);
	be_silent = 0;
	puts("answers");
}

static int serve(time_t seconds)
{
	static char request[BUFFER];
	struct pollfd ready = { .fd = device, .events = POLLIN };
	sigset_t waiting, serving;

	/* A signal comes while it waits, and at no other time, or it might not be noticed. */
	sigemptyset(&serving);
	sigaddset(&serving, SIGUSR1);
	sigaddset(&serving, SIGTERM);
	sigprocmask(SIG_BLOCK, &serving, &waiting);
	while (!be_gone) {
		bool has_request = ppoll(&ready, 1, NULL, &waiting) > 0;

		if (be_silent)
			keep_silent(seconds, &waiting);
		if (!has_request)
			continue;
		ssize_t len = read(device, request, sizeof(request));

		if (len < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
			continue;
		if (len < (ssize_t)sizeof(struct fuse_in_header))
			break;
		answer((const struct fuse_in_header *)request);
	}
	return umount2(mountpoint, MNT_DETACH);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	char options[128];

	if (argc != 4)
		return 2;
	mountpoint = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0) {
		perror("/dev/fuse");
		return 1;
	}
	paths[n_nodes++] = realpath(argv[1], NULL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 device);
	if (!paths[0] || mount("mirror", mountpoint, "fuse", MS_NOSUID | MS_NODEV, options)) {
		perror(mountpoint);
		return 1;
	}
	puts("ready"); /* the kernel asks for the rest when it is needed */
	return serve(atoi(argv[3])) ? 1 : 0;
}
