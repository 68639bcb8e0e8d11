/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest: the first and only process of its own in the virtual machine. It does what the host
 * says, which is to start, feed and signal processes, and passes on all that they say; it
 * judges nothing. The other end is guest.py.
 *
 * Over the second serial port, since the kernel's messages would cut into what goes over the
 * first. From the host, a line each, its words between tabs; ID is a number of the host's choice:
 *
 *     start ID ARG...      with a pipe each as stdin, stdout and stderr
 *     write ID TEXT        and a newline, to its stdin
 *     close ID             its stdin
 *     kill ID SIGNAL
 *     off                  the end of the machine
 *
 * To the host, a line each:
 *
 *     hello RELEASE        it is ready
 *     started ID PID
 *     out ID N, err ID N   N bytes of its stdout or stderr follow
 *     eof ID out|err       no more of that: all who had it have closed it
 *     exit ID STATUS       as waitpid() says it; what it had written before was passed on
 *     broken WHAT          the guest itself failed: says nothing about sockleak
 *     bye                  as the answer to off: the machine ends in order
 *
 * Static, so that it needs nothing but the kernel. It makes no socket while others look, but the
 * one by which it brings the loopback interface up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MAX_PROCESSES 512
#define MAX_WORDS 64
#define HOST "/dev/ttyS1"

enum { IN, OUT, ERR, STREAMS };
static const char *const stream_names[] = { "in", "out", "err" };

struct process {
	pid_t pid;	  /* 0: not started, or ended */
	int fds[STREAMS]; /* -1: closed */
};

static struct process processes[MAX_PROCESSES];
static int host = -1;

static void send_all(const char *bytes, size_t len)
{
	while (len) {
		ssize_t written = write(host, bytes, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return; /* nobody to tell: the host will miss it */
		bytes += written;
		len -= written;
	}
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char line[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	send_all(line, len);
}

/* ---- The machine ---- */

static void mount_one(const char *type, const char *directory)
{
	mkdir(directory, 0755);
	if (mount(type, directory, type, 0, NULL))
		say("broken mount %s: %s", directory, strerror(errno));
}

static void bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		say("broken loopback: %s", strerror(errno));
	close(fd);
}

static void open_host(void)
{
	struct termios raw;

	host = open(HOST, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (host < 0 || tcgetattr(host, &raw)) {
		fprintf(stderr, "guest: %s: %s\n", HOST, strerror(errno));
		return;
	}
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	tcsetattr(host, TCSANOW, &raw);
}

/* No tracefs and no bpffs: where they are not mounted sockleak has to do without. */
static void set_up_machine(void)
{
	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL); /* the kernel may have done it */
	open_host();
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("cgroup2", "/sys/fs/cgroup");
	mount_one("tmpfs", "/tmp");
	mount_one("tmpfs", "/run");
	bring_up_loopback();
}

/* ---- Processes ---- */

static void child(const int ends[STREAMS], char **words)
{
	for (int stream = 0; stream < STREAMS; stream++)
		if (dup2(ends[stream], stream) < 0)
			_exit(126);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	execv(words[0], words);
	dprintf(STDERR_FILENO, "guest: %s: %s\n", words[0], strerror(errno));
	_exit(127);
}

static void start(int id, char **words)
{
	struct process *process = &processes[id];
	int ends[STREAMS]; /* the child's */

	for (int stream = 0; stream < STREAMS; stream++) {
		int both[2];

		if (pipe2(both, O_CLOEXEC)) {
			say("broken pipe: %s", strerror(errno));
			return;
		}
		ends[stream] = both[stream != IN];
		process->fds[stream] = both[stream == IN];
		fcntl(process->fds[stream], F_SETFL, O_NONBLOCK);
	}
	process->pid = fork();
	if (!process->pid)
		child(ends, words);
	for (int stream = 0; stream < STREAMS; stream++)
		close(ends[stream]);
	if (process->pid < 0) {
		say("broken fork: %s", strerror(errno));
		process->pid = 0;
		return;
	}
	say("started %d %d", id, process->pid);
}

static void close_stream(struct process *process, int stream)
{
	if (process->fds[stream] < 0)
		return;
	close(process->fds[stream]);
	process->fds[stream] = -1;
	if (stream != IN)
		say("eof %d %s", (int)(process - processes), stream_names[stream]);
}

/* Pass on what there is; false when there is no more now. */
static bool pass_on(struct process *process, int stream)
{
	char bytes[16384];
	ssize_t len;

	if (process->fds[stream] < 0)
		return false;
	len = read(process->fds[stream], bytes, sizeof(bytes));
	if (len > 0) {
		say("%s %d %zd", stream_names[stream], (int)(process - processes), len);
		send_all(bytes, len);
		return true;
	}
	if (!len || (errno != EAGAIN && errno != EINTR))
		close_stream(process, stream);
	return false;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int id = 0; id < MAX_PROCESSES; id++) {
			struct process *process = &processes[id];

			if (process->pid != pid)
				continue;
			while (pass_on(process, OUT))
				;
			while (pass_on(process, ERR))
				;
			close_stream(process, IN);
			process->pid = 0;
			say("exit %d %d", id, status);
		}
	}
}

/* ---- The host ---- */

static void obey(char *line)
{
	char *words[MAX_WORDS + 1] = { NULL };
	struct process *process;
	int count = 0, id;

	for (char *word = strsep(&line, "\t"); word && count < MAX_WORDS;
	     word = strsep(&line, "\t"))
		words[count++] = word;
	if (!strcmp(words[0], "off")) {
		say("bye");
		tcdrain(host);
		reboot(RB_AUTOBOOT); /* qemu ends: -no-reboot */
	}
	id = count > 1 ? atoi(words[1]) : -1;
	if (id < 0 || id >= MAX_PROCESSES) {
		say("broken command: %s", words[0]);
		return;
	}
	process = &processes[id];
	if (!strcmp(words[0], "start") && count > 2)
		start(id, words + 2);
	else if (!strcmp(words[0], "write") && count > 2)
		dprintf(process->fds[IN], "%s\n", words[2]); /* it may have ended meanwhile */
	else if (!strcmp(words[0], "close"))
		close_stream(process, IN);
	else if (!strcmp(words[0], "kill") && count > 2) {
		if (process->pid)
			kill(process->pid, atoi(words[2]));
	} else {
		say("broken command: %s", words[0]);
	}
}

static void hear_host(void)
{
	static char line[8192];
	static size_t len;
	ssize_t got = read(host, line + len, sizeof(line) - 1 - len);
	char *end;

	if (got <= 0)
		return;
	len += got;
	line[len] = '\0';
	while ((end = memchr(line, '\n', len))) {
		size_t used = end + 1 - line;

		*end = '\0';
		obey(line);
		len -= used;
		memmove(line, line + used, len + 1);
	}
	if (len == sizeof(line) - 1) {
		say("broken command: too long");
		len = 0;
	}
}

/* Wait for something to do, and do it. A child's end is looked for after 20 ms at most. */
static void serve_once(void)
{
	static struct pollfd polled[1 + 2 * MAX_PROCESSES];
	static struct {
		struct process *process;
		int stream;
	} of[1 + 2 * MAX_PROCESSES];
	int count = 1;

	polled[0] = (struct pollfd){ .fd = host, .events = POLLIN };
	for (int id = 0; id < MAX_PROCESSES; id++) {
		for (int stream = OUT; stream <= ERR; stream++) {
			if (processes[id].fds[stream] < 0)
				continue;
			of[count].process = &processes[id];
			of[count].stream = stream;
			polled[count++] = (struct pollfd){ .fd = processes[id].fds[stream],
							   .events = POLLIN };
		}
	}
	if (poll(polled, count, 20) > 0) {
		if (polled[0].revents)
			hear_host();
		for (int i = 1; i < count; i++)
			if (polled[i].revents)
				pass_on(of[i].process, of[i].stream);
	}
	reap();
}

int main(void)
{
	struct rlimit files = { .rlim_cur = 65536, .rlim_max = 65536 };
	struct utsname system;

	signal(SIGPIPE, SIG_IGN);
	for (int id = 0; id < MAX_PROCESSES; id++)
		for (int stream = 0; stream < STREAMS; stream++)
			processes[id].fds[stream] = -1;
	set_up_machine();
	if (setrlimit(RLIMIT_NOFILE, &files))
		say("broken setrlimit: %s", strerror(errno));
	uname(&system);
	say("hello %s", system.release);
	while (true)
		serve_once();
}
