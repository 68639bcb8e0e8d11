/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/script_programs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files/process_files.h"
#include "host/process.h"
#include "kernel/maps/script_maps.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/proc_file.h"
#include "lib/time.h"
#include "stacks/names/runtime_frames.h"
#include "stacks/scripts/script_rules.h"
#include "watch/script_looks.h"

struct script_programs {
	const struct options *options;
	struct attribution *attribution;
	struct script_maps *maps;
	unsigned int last_pid; /* the newest process that was looked at */
	struct script_looks looks;
	__u64 not_looked; /* programs that would have been too many */
};

/* At the start. To read a link takes some 2 us. */
#define MAX_PROCESSES 20000
/* Numbers of new processes and threads that are tried in a sweep; some 2 us each. */
#define MAX_NEW 2000
/* Mappings of a process that are looked at; libraries are among the first. */
#define MAX_LINES 4096

/* Does an executable have a name that interpreters have? */
static bool is_named_so(const char *exe)
{
	static const char *const patterns[] = { "python", "python[0-9]*", "ruby", "ruby[0-9]*" };
	const char *base = module_name(exe);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i], base, 0))
			return true;
	return false;
}

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
	for (unsigned int i = 0; i < MAX_LINES && getline(&line, &size, maps) > 0; i++)
		if (strstr(line, "/libpython") || strstr(line, "/libruby"))
			return true;
	return false;
}

/* The executable of a process, without asking a file system's server, which may never answer. */
static int stat_exe(pid_t tgid, struct script_file *ret_file)
{
	struct statx st;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/exe", tgid);
	if (statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st))
		return -errno;
	*ret_file = (struct script_file){
		.device = (__u64)st.stx_dev_major << 32 | st.stx_dev_minor,
		.inode = st.stx_ino,
		.size = st.stx_size,
		.mtime_ns = st.stx_mtime.tv_sec * (__s64)NSEC_PER_SEC + st.stx_mtime.tv_nsec,
	};
	return 0;
}

/* The program may be replaced by then: what is written must be of the one that was asked about. */
static bool is_still(pid_t tgid, const struct script_stranger *program)
{
	struct script_file file;

	/* a file system with layers numbers files otherwise here: the size has to do */
	return !stat_exe(tgid, &file) && file.size == program->exe_size;
}

static void log_unknown(const char *exe, __u32 language)
{
	log_note("functions of %s scripts in %s are not shown: this version is not known",
		 script_language_name((enum script_language)language), exe);
}

/* Ask the resolver for the recipe, if it is not too much at once. -EAGAIN: it is. */
static int ask(struct script_programs *programs, pid_t tgid, struct script_recipe *ret_recipe)
{
	__u64 begun_ns = clock_now(CLOCK_MONOTONIC);
	uid_t uid;
	int err = process_uid(tgid, &uid);

	if (err)
		return err;
	if (!script_looks_may(&programs->looks, uid)) {
		programs->not_looked++;
		return -EAGAIN;
	}
	err = attribution__recipe(programs->attribution, tgid, ret_recipe);
	script_looks_spend(&programs->looks, uid, clock_now(CLOCK_MONOTONIC) - begun_ns);
	return err;
}

/*
 * Find the recipe and write it, or that there is none. A process that has just begun (`is_new`) may
 * not have loaded the interpreter yet: it is looked at again when it has made a socket.
 */
static int look_at(struct script_programs *programs, const struct script_stranger *program,
		   bool is_new)
{
	struct script_recipe recipe = { 0 };
	_cleanup_free_ char *exe = NULL;
	pid_t tgid = (pid_t)program->tgid;
	int err = process_exe(tgid, &exe);

	if (err)
		return err;
	if (is_named_so(exe) || has_library(tgid)) {
		err = ask(programs, tgid, &recipe);
		if (err)
			return err; /* it comes again with the next socket */
		if (!is_still(tgid, program))
			return -ESTALE;
		if (!recipe.find && is_new)
			return 0;
		if (!recipe.find && recipe.kind)
			log_unknown(exe, recipe.kind >> 16);
		if (!options_want_scripts(programs->options, recipe.kind >> 16))
			recipe = (struct script_recipe){ 0 };
	}
	recipe.exe_inode = program->exe_inode;
	recipe.exe_size = program->exe_size;
	script_maps__write(programs->maps, &recipe);
	return 0;
}

/* As far as it can be told cheaply: is the process watched? One that is not makes no difference. */
static bool may_be_watched(const struct options *options, pid_t tgid, const char *exe)
{
	char comm[SOCKLEAK_COMM_LEN];
	bool is_listed = !options->pids.count;
	uid_t uid;

	for (size_t i = 0; i < options->pids.count; i++)
		is_listed |= options->pids.pids[i] == (__u32)tgid;
	if (!is_listed)
		return false;
	if (options->by_uid && (process_uid(tgid, &uid) || uid != options->uid))
		return false;
	return !options->comm || !strncmp(module_name(exe), options->comm, SOCKLEAK_COMM_LEN - 1) ||
	       (!process_comm(tgid, comm) && !strcmp(comm, options->comm));
}

/* A process that runs at the start, or has begun since the last sweep. */
static void look_at_process(struct script_programs *programs, pid_t tgid)
{
	struct script_stranger program = { .tgid = (__u32)tgid };
	char link[64], exe[PATH_MAX];
	struct script_file file;
	ssize_t len;
	int err;

	snprintf(link, sizeof(link), "/proc/%d/exe", tgid);
	len = readlink(link, exe, sizeof(exe) - 1);
	if (len <= 0)
		return;
	exe[len] = '\0';
	if (!is_named_so(exe) || !may_be_watched(programs->options, tgid, exe))
		return;
	if (stat_exe(tgid, &file) || script_looks_knows(&programs->looks, &file) ||
	    script_maps__has(programs->maps, file.inode, file.size))
		return;
	program.exe_inode = file.inode;
	program.exe_size = file.size;
	err = look_at(programs, &program, /* is_new= */ true);
	if (!err || err == -ECHILD) /* not one again that brings the resolver down */
		script_looks_remember(&programs->looks, &file);
}

void script_programs__free(struct script_programs *programs)
{
	if (!programs)
		return;
	script_maps__free(programs->maps);
	free(programs);
}

/* Look at the processes that run. */
static void look_at_processes(struct script_programs *programs)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	const struct dirent *entry;

	for (unsigned int i = 0; proc && i < MAX_PROCESSES && (entry = readdir(proc));) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		i++;
		look_at_process(programs, (pid_t)atoi(entry->d_name));
	}
}

/* The number that was given last to a process or thread: proc(5), loadavg. 0 = not known. */
static unsigned int newest_pid(void)
{
	char text[128];
	const char *last;

	if (proc_file_read("/proc/loadavg", text, sizeof(text)) < 0)
		return 0;
	last = strrchr(text, ' ');
	return last ? (unsigned int)strtoul(last, NULL, 10) : 0;
}

/* Look at the processes that have begun since, without reading all of /proc. */
static void look_at_new(struct script_programs *programs)
{
	unsigned int newest = newest_pid(), pid = programs->last_pid + 1;

	if (newest < programs->last_pid || newest - programs->last_pid > MAX_NEW)
		pid = newest > MAX_NEW ? newest - MAX_NEW : 1; /* they began again, or are many */
	for (; pid <= newest; pid++)
		look_at_process(programs, (pid_t)pid);
	programs->last_pid = newest;
}

struct script_programs *script_programs__begin(const struct options *options,
					       struct attribution *attribution,
					       const struct tracer *tracer)
{
	struct script_programs *programs = calloc(1, sizeof(*programs));

	if (!programs)
		return NULL;
	programs->options = options;
	programs->attribution = attribution;
	if (script_maps__new(tracer__object(tracer), &programs->maps)) {
		free(programs);
		return NULL;
	}
	programs->last_pid = newest_pid();
	script_looks_begin(&programs->looks, LOOKS_START, LOOKS_START_NS);
	if (options->script_frames != SCRIPTS_OFF && options->stack_size)
		look_at_processes(programs);
	return programs;
}

void script_programs__look(struct script_programs *programs)
{
	struct script_stranger strangers[SCRIPT_STRANGERS];
	unsigned int count = programs ? script_maps__take(programs->maps, strangers) : 0;

	if (!programs || programs->options->script_frames == SCRIPTS_OFF ||
	    !programs->options->stack_size)
		return;
	script_looks_begin(&programs->looks, LOOKS_SWEEP, LOOKS_SWEEP_NS);
	look_at_new(programs);
	for (unsigned int i = 0; i < count; i++)
		look_at(programs, &strangers[i], /* is_new= */ false);
}

__u64 script_programs__not_looked(const struct script_programs *programs)
{
	return programs ? programs->not_looked : 0;
}
