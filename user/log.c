/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static bool is_quiet, is_journald;

void log_set_quiet(bool quiet)
{
	is_quiet = quiet;
}

void log_set_journald(bool journald)
{
	is_journald = journald;
}

bool log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &status) && status.st_dev == device && status.st_ino == inode;
}

static void say(int priority, const char *format, va_list args)
{
	flockfile(stderr);
	if (is_journald)
		fprintf(stderr, "<%d>", priority);
	else
		fputs("sockleak: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void log_note(const char *format, ...)
{
	va_list args;

	if (is_quiet)
		return;
	va_start(args, format);
	say(LOG_INFO, format, args);
	va_end(args);
}

void log_notice(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_NOTICE, format, args);
	va_end(args);
}

int log_error(int result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_ERR, format, args);
	va_end(args);
	return result;
}
