/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of options.h, and their words in --help. */
#include <string.h>

#include "options/options.h"

static const struct {
	const char *name, *summary, *argument;
} commands[COMMAND_COUNT] = {
	[COMMAND_TRACE] = { "trace", "watch, and report sockets that stay unconnected" },
	[COMMAND_SCAN] = { "scan", "list what is unconnected right now, and exit" },
	[COMMAND_AGENT] = { "agent", "watch as a service, for Prometheus and the journal" },
	[COMMAND_EXPLAIN] = { "explain", "print the stack behind the site id of an alert",
			      " SITE" },
	[COMMAND_DIFF] = { "diff", "compare two files of --json or --pprof, site by site",
			   " BEFORE AFTER" },
	[COMMAND_DOCTOR] = { "doctor", "check whether sockleak can run here, and if not, why" },
	[COMMAND_RUN] = { "run", "start a program, and report what it leaves unconnected",
			  " [--] PROGRAM [ARGUMENT]..." },
	[COMMAND_HELP] = { "help", "print this text, or what a command does and takes",
			   " [COMMAND]" },
	[COMMAND_VERSION] = { "version", "print the version" },
};

const char *command_name(enum command command)
{
	return (unsigned int)command < COMMAND_COUNT ? commands[command].name : NULL;
}

const char *command_summary(enum command command)
{
	return (unsigned int)command < COMMAND_COUNT ? commands[command].summary : NULL;
}

const char *command_argument(enum command command)
{
	return (unsigned int)command < COMMAND_COUNT ? commands[command].argument ?: "" : NULL;
}

int command_from_name(const char *name)
{
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(name, commands[i].name))
			return i;
	return -1;
}
