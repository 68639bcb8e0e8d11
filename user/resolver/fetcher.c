/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/fetcher.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uthash.h>

#include "host/files/elf_notes.h"
#include "host/files/process_files.h"
#include "lib/regular_file.h"
#include "lib/spawn.h"
#include "lib/time.h"
#include "resolver/sandbox.h"

#define LIMIT_NS (120 * NSEC_PER_SEC)
#define LIMIT_BYTES (512UL * 1024 * 1024)
#define AGAIN_NS (3600 * NSEC_PER_SEC)
#define MAX_WANTED 4096
#define MAX_URLS 8192 /* bytes of the servers' list */
#define URLS_FILES "/etc/debuginfod/*.urls"

extern char **environ;

static const char *const programs[] = { "/usr/bin/debuginfod-find",
					"/usr/local/bin/debuginfod-find", NULL };

enum state {
	WANTED = 0,
	THERE,
	NOT_TO_BE_HAD,
};

struct wanted {
	char *build_id;
	char *path;	/* THERE */
	__u64 since_ns; /* NOT_TO_BE_HAD */
	enum state state;
	UT_hash_handle hh;
};

struct fetcher {
	struct wanted *wanted; /* a uthash table, the oldest first */
	struct wanted *running;
	pid_t pid;  /* 0 = none runs */
	int out_fd; /* what it prints */
	__u64 begun_ns;
	struct fetcher_counts counts;
};

/* ---- Servers ---- */

static void add_urls_of(const char *path, struct text *urls)
{
	char line[1024];
	FILE *file = fopen(path, "re");

	if (!file)
		return;
	while (urls->len < MAX_URLS && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0])
			text_addf(urls, "%s%s", urls->len ? " " : "", line);
	}
	fclose(file);
}

/* Set DEBUGINFOD_URLS for the children, if nobody has. False: no server is known. */
static bool find_servers(void)
{
	const char *known = getenv("DEBUGINFOD_URLS");
	_cleanup_text_ struct text urls = TEXT_INIT;
	glob_t files;

	if (known && known[strspn(known, " ")])
		return true;
	if (glob(URLS_FILES, 0, NULL, &files))
		return false;
	for (size_t i = 0; i < files.gl_pathc; i++)
		add_urls_of(files.gl_pathv[i], &urls);
	globfree(&files);
	return urls.len && !text_error(&urls) && !setenv("DEBUGINFOD_URLS", text_str(&urls), 1);
}

static const char *find_program(void)
{
	for (const char *const *program = programs; *program; program++)
		if (!access(*program, X_OK))
			return *program;
	return NULL;
}

int fetcher__new(struct fetcher **ret_fetcher, struct text *ret_error)
{
	struct fetcher *fetcher;

	if (!find_program()) {
		text_add(ret_error, "--debuginfod needs the program debuginfod-find (install the "
				    "package debuginfod, or elfutils-debuginfod-client)");
		return -ENOENT;
	}
	if (!find_servers()) {
		text_add(ret_error, "--debuginfod: no server is known (set DEBUGINFOD_URLS, or put "
				    "one in /etc/debuginfod/NAME.urls)");
		return -ENOENT;
	}
	setenv("DEBUGINFOD_MAXTIME", "120", 0);
	setenv("DEBUGINFOD_MAXSIZE", "536870912", 0);
	fetcher = calloc(1, sizeof(*fetcher));
	if (!fetcher)
		return -ENOMEM;
	fetcher->out_fd = -1;
	*ret_fetcher = fetcher;
	return 0;
}

/* ---- The child ---- */

int fetcher_main(const char *build_id)
{
	struct rlimit size = { LIMIT_BYTES, LIMIT_BYTES };
	const char *program = find_program();
	int err = sandbox_drop_capabilities();

	if (err || !program)
		return 1;
	setrlimit(RLIMIT_FSIZE, &size);
	signal(SIGXFSZ, SIG_DFL); /* it ends there, as programs do */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	execl(program, program, "debuginfo", build_id, NULL);
	return 1;
}

static int spawn_fetcher(const char *build_id, int out_fd, pid_t *ret_pid)
{
	char *arguments[] = { "sockleak", FETCHER_ARGUMENT, (char *)build_id, NULL };
	const struct spawn_fd fds[] = {
		{ STDIN_FILENO, SPAWN_NULL },
		{ STDOUT_FILENO, out_fd },
		{ STDERR_FILENO, SPAWN_NULL },
		{ -1, -1 },
	};

	return spawn("/proc/self/exe", arguments, environ, fds, ret_pid);
}

static void set_failed(struct fetcher *fetcher, struct wanted *wanted)
{
	wanted->state = NOT_TO_BE_HAD;
	wanted->since_ns = clock_now(CLOCK_MONOTONIC);
	fetcher->counts.failed++;
}

static void begin_fetch(struct fetcher *fetcher, struct wanted *wanted)
{
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return; /* later */
	err = spawn_fetcher(wanted->build_id, ends[1], &fetcher->pid);
	close(ends[1]);
	if (err) {
		close(ends[0]);
		fetcher->pid = 0;
		set_failed(fetcher, wanted);
		return;
	}
	fetcher->out_fd = ends[0];
	fetcher->running = wanted;
	fetcher->begun_ns = clock_now(CLOCK_MONOTONIC);
}

/* The path that it printed; NULL: it did not. */
static char *read_printed_path(int fd)
{
	char line[PATH_MAX + 2];
	ssize_t len = read(fd, line, sizeof(line) - 1);
	char *end;

	if (len <= 0)
		return NULL;
	line[len] = '\0';
	end = strchr(line, '\n');
	if (!end || line[0] != '/')
		return NULL;
	*end = '\0';
	return strdup(line);
}

static void finish(struct fetcher *fetcher, int status)
{
	struct wanted *wanted = fetcher->running;

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		wanted->path = read_printed_path(fetcher->out_fd);
	if (wanted->path) {
		wanted->state = THERE;
		fetcher->counts.fetched++;
	} else {
		set_failed(fetcher, wanted);
	}
	close(fetcher->out_fd);
	fetcher->out_fd = -1;
	fetcher->running = NULL;
	fetcher->pid = 0;
}

void fetcher__step(struct fetcher *fetcher)
{
	struct wanted *wanted;
	int status;

	if (fetcher->pid && waitpid(fetcher->pid, &status, WNOHANG) == fetcher->pid)
		finish(fetcher, status);
	if (fetcher->pid && clock_now(CLOCK_MONOTONIC) - fetcher->begun_ns > LIMIT_NS)
		kill(-fetcher->pid, SIGKILL); /* the next step sees its end */
	fetcher->counts.waiting = 0;
	for (wanted = fetcher->wanted; wanted; wanted = wanted->hh.next) {
		if (wanted->state != WANTED)
			continue;
		if (!fetcher->pid)
			begin_fetch(fetcher, wanted);
		fetcher->counts.waiting += wanted->state == WANTED;
	}
}

/* ---- Questions ---- */

static void forget_wanted(struct fetcher *fetcher, struct wanted *wanted)
{
	HASH_DEL(fetcher->wanted, wanted);
	free(wanted->build_id);
	free(wanted->path);
	free(wanted);
}

static void want(struct fetcher *fetcher, const char *build_id)
{
	struct wanted *wanted;

	if (HASH_COUNT(fetcher->wanted) >= MAX_WANTED) {
		wanted = fetcher->wanted;
		if (wanted == fetcher->running)
			wanted = wanted->hh.next;
		forget_wanted(fetcher, wanted);
	}
	wanted = calloc(1, sizeof(*wanted));
	if (!wanted)
		return;
	wanted->build_id = strdup(build_id);
	if (wanted->build_id)
		HASH_ADD_KEYPTR(hh, fetcher->wanted, wanted->build_id, strlen(wanted->build_id),
				wanted);
	if (!wanted->build_id || !wanted->hh.tbl) {
		free(wanted->build_id);
		free(wanted);
	}
}

int fetcher__ask(struct fetcher *fetcher, const char *build_id, int *ret_fd)
{
	struct wanted *wanted;

	if (!build_id_is_hex(build_id))
		return -EINVAL;
	HASH_FIND_STR(fetcher->wanted, build_id, wanted);
	if (!wanted) {
		want(fetcher, build_id);
		return -ENOENT;
	}
	if (wanted->state == THERE && !regular_file_open_stored(wanted->path, ret_fd))
		return 0;
	/* its cache was cleaned, or the time has come to try again */
	if (wanted->state == THERE || (wanted->state == NOT_TO_BE_HAD &&
				       clock_now(CLOCK_MONOTONIC) - wanted->since_ns > AGAIN_NS)) {
		free(wanted->path);
		wanted->path = NULL;
		wanted->state = WANTED;
	}
	return -ENOENT;
}

const struct fetcher_counts *fetcher__counts(const struct fetcher *fetcher)
{
	return &fetcher->counts;
}

void fetcher__free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	if (fetcher->pid) {
		kill(-fetcher->pid,
		     SIGKILL); /* its end is not waited for: it may write to a dead disk */
		waitpid(fetcher->pid, NULL, WNOHANG);
		close(fetcher->out_fd);
	}
	while (fetcher->wanted)
		forget_wanted(fetcher, fetcher->wanted);
	free(fetcher);
}
