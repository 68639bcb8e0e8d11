/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log: what the program reports besides its data, on stderr, one line each, of 4 KiB at
 * most, in which control characters are escaped (text_add_clean()), whatever an argument or a
 * file name holds. Used by main, watch/ and commands/ only; other modules return their errors.
 */
#ifndef SOCKLEAK_LOG_H
#define SOCKLEAK_LOG_H

#include <stdbool.h>

/* Only errors and notices (--quiet); or everything again. */
void log_set_quiet(bool quiet);
/*
 * Begin each line with its priority, "<3>", which journald removes again (sd-daemon(3)),
 * and leave out the name, which it knows.
 */
void log_set_journald(bool journald);
/* Is stderr the journal's? Decided by JOURNAL_STREAM of the environment, as in systemd.exec(5). */
bool log_is_journal(void);

/*
 * From now on a line for which stderr has no room is dropped after a second, and counted:
 * an agent must not stand still, nor refuse to end, because nobody reads its log.
 */
void log_set_never_waits(void);
/* How many lines were dropped so. */
unsigned long log_lost(void);

/* "sockleak: ..." unless quiet. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Each line of `lines`, which ends with a newline unless it is empty. */
void log_note_lines(const char *lines);
/* As log_note(), but also with --quiet: something that needs attention. */
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Each line of `lines`, which ends with a newline unless it is empty. */
void log_notice_lines(const char *lines);
/*
 * "sockleak: ..."; returns `result`, so that an error can be logged and returned in one
 * statement.
 */
int log_error(int result, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* SOCKLEAK_LOG_H */
