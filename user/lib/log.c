/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/log.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/text.h"

/* A pipe takes this length as a whole or not at all. */
#define MAX_LINE PIPE_BUF
#define PATIENCE_MS 1000

static bool is_quiet, is_journald, never_waits;
static unsigned long lost, lost_now; /* lines: ever, and since one was written */

void log_set_quiet(bool quiet)
{
	is_quiet = quiet;
}

void log_set_journald(bool journald)
{
	is_journald = journald;
}

void log_set_never_waits(void)
{
	never_waits = true;
}

unsigned long log_lost(void)
{
	return lost;
}

bool log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &status) && status.st_dev == device && status.st_ino == inode;
}

/* Is there room for a line? Waits for it, but only once for many lines. */
static bool has_room(void)
{
	struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&room, 1, lost_now ? 0 : PATIENCE_MS) > 0;
}

/* A signal that interrupts the write may ask for the end: then the write is not repeated. */
static void put_line(const char *line, size_t len)
{
	if (never_waits && !has_room()) {
		lost_now++;
		lost++;
		return;
	}
	while (len) {
		ssize_t written = write(STDERR_FILENO, line, len);

		if (written < 0)
			return;
		line += written;
		len -= (size_t)written;
	}
}

static void say(int priority, const char *format, va_list args)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	char message[MAX_LINE];

	if (vsnprintf(message, sizeof(message), format, args) < 0)
		return;
	if (is_journald)
		text_addf(&line, "<%d>", priority);
	else
		text_add(&line, "sockleak: ");
	/* An argument or the name of a file may hold an escape sequence or a second line. */
	text_add_clean(&line, message, sizeof(message));
	if (line.len > MAX_LINE - 1)
		text_cut(&line, MAX_LINE - 1);
	text_add(&line, "\n");
	if (!text_error(&line))
		put_line(text_str(&line), line.len);
}

/* Report the lost lines when the log is read again. */
static void report_lost(void)
{
	unsigned long count = lost_now;

	if (!count || !has_room())
		return;
	lost_now = 0;
	log_error(0, "lost %lu line%s of this log: nobody read it", count, count == 1 ? "" : "s");
}

void log_note(const char *format, ...)
{
	va_list args;

	if (is_quiet)
		return;
	report_lost();
	va_start(args, format);
	say(LOG_INFO, format, args);
	va_end(args);
}

void log_notice(const char *format, ...)
{
	va_list args;

	report_lost();
	va_start(args, format);
	say(LOG_NOTICE, format, args);
	va_end(args);
}

void log_note_lines(const char *lines)
{
	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1)
		log_note("%.*s", (int)(end - lines), lines);
}

void log_notice_lines(const char *lines)
{
	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1)
		log_notice("%.*s", (int)(end - lines), lines);
}

int log_error(int result, const char *format, ...)
{
	va_list args;

	report_lost();
	va_start(args, format);
	say(LOG_ERR, format, args);
	va_end(args);
	return result;
}
