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
#include <unistd.h>

#include "host/files/opener.h"
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

/* Does an executable have a name that interpreters have? */
static bool is_named_so(const char *exe)
{
	static const char *const patterns[] = {
		"python",   "python[0-9]*", "uwsgi*", "ruby", "ruby[0-9]*", "php",  "php[0-9]*",
		"php-fpm*", "php-cgi*",	    "java",   "perl", "perl5*",	    "node", "nodejs"
	};
	const char *base = module_name(exe);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i], base, 0))
			return true;
	return false;
}

/* The executable of a process. Its file system may never answer: so the opener looks at it. */
static int look_at_file(struct script_programs *programs, pid_t tgid, bool libraries,
			struct program_file *ret_file)
{
	return opener__program(attribution__opener(programs->attribution), tgid, libraries,
			       ret_file);
}

static struct script_stranger identify(pid_t tgid, const struct program_file *file)
{
	return (struct script_stranger){ .tgid = (__u32)tgid,
					 .exe_inode = file->inode,
					 .exe_size = file->size,
					 .exe_device = file->device };
}

static bool is_program(const struct script_stranger *program, const struct program_file *file)
{
	return file->inode == program->exe_inode && file->size == program->exe_size &&
	       file->device == program->exe_device;
}

/*
 * Does its process still execute the program? It may have another one by then, whose recipe would
 * be taken for this one's: the inode and the size alone can be forged.
 */
static bool is_still(struct script_programs *programs, const struct script_stranger *program)
{
	struct program_file now;

	return !look_at_file(programs, (pid_t)program->tgid, /* libraries= */ false, &now) &&
	       is_program(program, &now);
}

static void log_unknown(const char *exe, __u32 language)
{
	log_note("functions of %s scripts in %s are not shown: this version is not known",
		 script_language_name((enum script_language)language), exe);
}

/* May a process be looked at, or is it too much at once? */
static bool has_turn(struct script_programs *programs, pid_t tgid, uid_t *ret_uid)
{
	if (process_uid(tgid, ret_uid))
		return false; /* it has ended */
	if (script_looks_may(&programs->looks, *ret_uid))
		return true;
	programs->not_looked++;
	return false;
}

static void write_recipe(struct script_programs *programs, const struct script_stranger *program,
			 const struct script_recipe *recipe)
{
	struct script_recipe whole = *recipe;

	whole.exe_inode = program->exe_inode;
	whole.exe_size = program->exe_size;
	whole.exe_device = program->exe_device;
	script_maps__write(programs->maps, &whole);
}

/*
 * Find the recipe and write it, or that there is none. A process that has just begun (`is_new`) may
 * not have loaded the interpreter yet: it is looked at again when it has made a socket.
 */
static int look_at(struct script_programs *programs, const struct script_stranger *program,
		   const char *exe, bool is_new)
{
	struct script_recipe recipe;
	int err = attribution__recipe(programs->attribution, (pid_t)program->tgid, &recipe);

	if (err)
		return err; /* it comes again with the next socket */
	if (!is_still(programs, program))
		return -ESTALE;
	if (!recipe.find && is_new)
		return 0;
	if (!recipe.find && recipe.kind)
		log_unknown(exe, recipe.kind >> 16);
	if (!options_want_scripts(programs->options, recipe.kind >> 16))
		recipe = (struct script_recipe){ 0 };
	write_recipe(programs, program, &recipe);
	return 0;
}

/* A program that has made a socket. */
static void look_at_stranger(struct script_programs *programs,
			     const struct script_stranger *program)
{
	static const struct script_recipe none = { .find = SCRIPT_NOTHING };
	_cleanup_free_ char *exe = NULL;
	pid_t tgid = (pid_t)program->tgid;
	struct program_file file;
	bool is_named, is_same;
	__u64 begun_ns;
	uid_t uid;

	if (process_exe(tgid, &exe))
		return;
	is_named = is_named_so(exe);
	if (look_at_file(programs, tgid, /* libraries= */ !is_named, &file))
		return;
	is_same = is_program(program, &file);
	if (!is_named && !file.has_library) {
		if (is_same)
			write_recipe(programs, program, &none);
		return;
	}
	if (!has_turn(programs, tgid, &uid))
		return;
	begun_ns = clock_now(CLOCK_MONOTONIC);
	if (is_same)
		look_at(programs, program, exe, /* is_new= */ false);
	script_looks_spend(&programs->looks, uid, clock_now(CLOCK_MONOTONIC) - begun_ns);
}

/*
 * Is the process watched, as far as that is cheap to find out? One that is not makes no difference.
 */
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

static struct script_file file_of(const struct program_file *file)
{
	return (struct script_file){ .device = file->stat_device,
				     .inode = file->inode,
				     .size = file->size,
				     .mtime_ns = file->mtime_ns };
}

/* A program that has the name of an interpreter, unless it has a recipe. */
static int look_at_new_program(struct script_programs *programs, pid_t tgid, const char *exe,
			       const struct program_file *file)
{
	struct script_stranger program = identify(tgid, file);

	if (script_maps__has(programs->maps, &program))
		return 0;
	return look_at(programs, &program, exe, /* is_new= */ true);
}

/* A process that runs at the start, or has begun since the last sweep. */
static void look_at_process(struct script_programs *programs, pid_t tgid)
{
	char link[64], exe[PATH_MAX];
	struct program_file found;
	struct script_file file;
	__u64 begun_ns;
	ssize_t len;
	uid_t uid;
	int err;

	snprintf(link, sizeof(link), "/proc/%d/exe", tgid);
	len = readlink(link, exe, sizeof(exe) - 1);
	if (len <= 0)
		return;
	exe[len] = '\0';
	if (!is_named_so(exe) || !may_be_watched(programs->options, tgid, exe) ||
	    look_at_file(programs, tgid, /* libraries= */ false, &found))
		return;
	file = file_of(&found);
	if (script_looks_knows(&programs->looks, &file) || !has_turn(programs, tgid, &uid))
		return;
	begun_ns = clock_now(CLOCK_MONOTONIC);
	err = look_at_new_program(programs, tgid, exe, &found);
	script_looks_spend(&programs->looks, uid, clock_now(CLOCK_MONOTONIC) - begun_ns);
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
	unsigned int count;

	if (!programs || programs->options->script_frames == SCRIPTS_OFF ||
	    !programs->options->stack_size || attribution__is_busy(programs->attribution))
		return;
	count = script_maps__take(programs->maps, strangers);
	script_looks_begin(&programs->looks, LOOKS_SWEEP, LOOKS_SWEEP_NS);
	look_at_new(programs);
	for (unsigned int i = 0; i < count; i++)
		look_at_stranger(programs, &strangers[i]);
}

__u64 script_programs__not_looked(const struct script_programs *programs)
{
	return programs ? programs->not_looked : 0;
}
