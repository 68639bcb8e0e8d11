/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options: the command line, and the file of --config. One table describes every
 * option; parsing, range checks and --help are driven by it, and manual pages and shell
 * completion are made from it. Knows nothing of what the options do.
 */
#ifndef SOCKLEAK_OPTIONS_H
#define SOCKLEAK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sockleak.h"

struct config;
struct text;

enum command {
	COMMAND_TRACE = 0,
	COMMAND_SCAN,
	COMMAND_AGENT,
	COMMAND_EXPLAIN,
	COMMAND_DOCTOR,
	COMMAND_DIFF,
	COMMAND_RUN,
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMAND_COUNT,
};

/* The kinds of hooks, the best one first: hook_kinds.h. */
enum hooks_choice {
	HOOKS_AUTO = 0,
	HOOKS_FENTRY,
	HOOKS_KPROBE_MULTI,
	HOOKS_TRACEPOINT,
	HOOKS_RAW_SYSCALLS,
	HOOKS_RAW_TP,
	HOOKS_CHOICES,
};

/* What `run` counts as leaked. */
enum leak_check {
	LEAK_CHECK_EXIT = 0, /* each socket that was open when its process ended */
	LEAK_CHECK_GROWTH,   /* only those of sites that grew */
};

enum log_choice {
	LOG_AUTO = 0,
	LOG_JOURNALD,
	LOG_PLAIN,
};

#define OPTIONS_ALL_CLASSES (((1U << CLASS_COUNT) - 1) & ~(1U << CLASS_NONE))
#define OPTIONS_DEFAULT_CLASSES \
	(OPTIONS_ALL_CLASSES & ~(1U << CLASS_WAS_CONNECTED | 1U << CLASS_HALF_CLOSED))

/* The user's options; filled once, const afterwards. Strings belong to argv or to the config. */
struct options {
	enum command command;
	__u64 older_than_ns;
	__u64 interval_ns;
	__u64 full_sweep_interval_ns;
	__u64 sweep_budget_ns;	    /* 0 = by the interval */
	__u64 write_interval_ns;    /* of the textfile */
	__u64 pprof_interval_ns;    /* of profiles in the directory */
	__u64 duration_ns;	    /* 0 = until interrupted */
	const char *comm;	    /* NULL = any; at most 15 bytes */
	const char *output;	    /* NULL = stdout */
	const char *suppress;	    /* NULL = nothing is suppressed */
	const char *textfile;	    /* NULL = none is written */
	const char *pprof;	    /* likewise */
	const char *folded;	    /* likewise */
	const char *pprof_dir;	    /* likewise */
	const char *config;	    /* NULL = the command line alone */
	const char *site;	    /* of `explain`: a site id, or how it begins */
	const char *before, *after; /* of `diff`: the files */
	const char *pin;	    /* directory for what survives a restart; NULL = nothing does */
	const char *btf;	    /* NULL = the kernel's own */
	const char *junit;	    /* of `run`: a report for CI servers; NULL = none is written */
	const char *user;	    /* of `run`: whose rights the command has; NULL = ours */
	char **arguments;	    /* of `run`: the command and its arguments, ended by NULL */
	struct option_list {
		const char *items[SOCKLEAK_MAX_CGROUPS];
		unsigned int count;
	} cgroups, units, machines, containers, pods,
		excluded_cgroups; /* as given; 0 = all, or none */
	struct pid_list {
		__u32 pids[SOCKLEAK_MAX_PIDS];
		__u32 count;
	} pids;				/* none = any process */
	__u32 uid;			/* meaningful when by_uid */
	__u32 classes;			/* 1 << enum leak_class for each wanted one */
	__u32 also;			/* likewise, beside those: see options_classes() */
	__u32 min_growth;		/* moments of growth that make a site leaking */
	__u32 min_open;			/* and sockets that one process must have open for it */
	__u32 top;			/* sites to show */
	__u32 max_ways;			/* of a site that JSON has, see leaks/ways.h */
	__u32 max_climbing;		/* processes whose descriptors climb; 0 = not counted */
	__u32 max_workloads, max_sites; /* that have series of their own in the textfile */
	__u32 pprof_keep;		/* profiles in the directory */
	__u32 textfile_mode;		/* 0: 0644, 1: 0640, 2: 0600 */
	__u32 log;			/* enum log_choice */
	__u32 max_sockets;
	__u32 max_stacks;
	__u32 ring_size;      /* bytes, a power of two */
	__u32 stack_size;     /* bytes of stack in a snapshot; 0 = no snapshots */
	__u32 snapshots;      /* held at once */
	__u32 sample_after;   /* sockets in a row that make a site clean; 0 = none is sampled out */
	__u32 try_stacks;     /* of calls that failed, held at once; 0 = none is taken */
	__u32 script_frames;  /* enum script_choice */
	__u32 script_depth;   /* innermost functions of a script in a stack */
	__u32 history;	      /* of a scan: the sockleak to ask, 0 = the one that has run longest */
	__u32 error_exitcode; /* of a scan or run that finds something; 0 = no status of its own */
	__u32 leak_check;     /* enum leak_check, of `run` */
	__u32 hooks;	      /* enum hooks_choice */
	bool by_uid;
	bool watch_close; /* also by hooks of close */
	bool debuginfod;  /* fetch debug files from servers */
	bool json;
	bool verbose;
	bool debug;
	bool quiet;
	bool service;	   /* of the doctor: the service alone */
	bool check_config; /* only check the configuration */
};

/* The languages whose frames of scripts are shown (--script-frames). */
enum script_choice {
	SCRIPTS_ALL = 0,
	SCRIPTS_OFF,
	SCRIPTS_PYTHON,
	SCRIPTS_RUBY,
	SCRIPTS_PHP,
	SCRIPTS_JAVA,
	SCRIPTS_PERL,
	SCRIPTS_JAVASCRIPT,
};

enum options_result {
	OPTIONS_RUN = 0,
	OPTIONS_HELP = 1,    /* print options_usage() or options_help() to stdout, exit 0 */
	OPTIONS_VERSION = 2, /* print the version, exit 0 */
};

/* The options of a command when none is given. */
struct options options_defaults(enum command command);

/*
 * The command that a command line names, and the file of its --config (NULL = none).
 * Reports no errors.
 */
enum command options_peek(int argc, char **argv, const char **ret_config);

/*
 * Read the file of --config (NULL = none), then the command line, which takes precedence:
 * an option given there replaces that of the file, lists included. Options in the file that
 * belong to another command are skipped. OPTIONS_RUN with *ret filled; OPTIONS_HELP or
 * OPTIONS_VERSION as soon as either option is met; or -EINVAL with one line (clean, no
 * newline) added to ret_error. *ret is untouched unless OPTIONS_RUN. Does not check whether
 * a process, a file or a cgroup exists, but looks up --uid's name. Uses getopt's global
 * state: one thread at a time.
 */
int options_parse(int argc, char **argv, const struct config *config, struct options *ret,
		  struct text *ret_error);

/*
 * The command whose help a command line asks for, after OPTIONS_HELP: "scan --help", "help scan".
 * COMMAND_COUNT: that of all.
 */
enum command options_help_subject(int argc, char **argv);

/*
 * The help text of all commands, and that of one, at most 80 columns. Write errors are left in
 * the stream (ferror()).
 */
void options_usage(FILE *stream);
void options_help(FILE *stream, enum command command);

/* Are frames of this language's scripts wanted (enum script_language of sockleak.h)? */
bool options_want_scripts(const struct options *options, __u32 language);
/* Are only some cgroups watched? And: are only some watched, or some excluded? */
bool options_limit_cgroups(const struct options *options);
bool options_rule_cgroups(const struct options *options);
/* A bit for each class that is wanted, by --class or by --also; and is this one? */
__u32 options_classes(const struct options *options);
bool options_want(const struct options *options, enum leak_class cls);
/* Are only some processes watched, by whatever option? */
bool options_limit(const struct options *options);

/* "agent", and a summary of it in a few words. NULL: no such command. */
const char *command_name(enum command command);
const char *command_summary(enum command command);
/* The arguments that follow the options on its command line: " SITE", or "". */
const char *command_argument(enum command command);
/* -1: no such command. */
int command_from_name(const char *name);

/* ---- The table: option_table.c, and a file for each of its parts ---- */

#define OPTIONS_PARTS 3
#define OPTIONS_PART_MAX 32 /* entries of a part; a compile-time check holds each to it */
#define OPTIONS_MAX (OPTIONS_PARTS * OPTIONS_PART_MAX)

/* The kind of an argument, and the type of the member that stores it. */
enum option_type {
	OPTION_FLAG,	 /* no argument; bool */
	OPTION_DURATION, /* __u64, ns */
	OPTION_NUMBER,	 /* __u32 */
	OPTION_SIZE,	 /* __u32, bytes; a power of two; K, M and G are accepted */
	OPTION_CHOICE,	 /* __u32, index into choices */
	OPTION_PATH,	 /* const char * */
	OPTION_COMM,	 /* const char * */
	OPTION_USER,	 /* __u32 uid, and options.by_uid */
	OPTION_LIST,	 /* struct option_list; may be given more than once */
	OPTION_PIDS,	 /* struct pid_list; may be given more than once */
	OPTION_CLASSES,	 /* __u32 mask */
	OPTION_HELP_TEXT,
	OPTION_VERSION_TEXT,
};

enum option_group {
	GROUP_WHAT,  /* which sockets count as leaked */
	GROUP_WHOSE, /* filters */
	GROUP_OUTPUT,
	GROUP_KERNEL, /* how the kernel side works, and its limits */
	GROUP_OTHER,
	GROUP_COUNT,
};

struct option_spec {
	const char *name;	    /* long name, without the dashes */
	const char *argument;	    /* its name in help texts; NULL = takes none */
	const char *help;	    /* one sentence without a full stop, plain ASCII */
	const char *const *choices; /* OPTION_CHOICE: their names; NULL ends */
	__u64 min, max;		    /* in the units of the member; min == max: no range */
	size_t offset;		    /* in struct options */
	enum option_type type;
	enum option_group group;
	unsigned int commands; /* 1 << enum command for each that takes it; 0 = all */
	bool reloads;	       /* SIGHUP applies a changed value; otherwise the next start does */
	char letter;	       /* short name, 0 = none */
};

/* The option after `previous`, in the order of --help; NULL begins, and ends. */
const struct option_spec *option_next(const struct option_spec *previous);
/* Its place in that order; and the one of a name, NULL = none. */
size_t option_index(const struct option_spec *spec);
const struct option_spec *option_find(const char *name);
/* Does the command take it? */
bool option_is_of(const struct option_spec *spec, enum command command);
/* Add the commands that take it: "trace, agent". */
void option_add_commands(struct text *text, const struct option_spec *spec);
/* "Output". */
const char *option_group_title(enum option_group group);
/* Add the allowed arguments: "10ms to 1d". Nothing for flags and paths. */
void option_add_allowed(struct text *text, const struct option_spec *spec);
/* Add its default for a command that takes it: "5s". Nothing when it has no default to show. */
void option_add_default(struct text *text, const struct option_spec *spec, enum command command);

#endif /* SOCKLEAK_OPTIONS_H */
