/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log: what the program says beside its data, on stderr, one line each. Used by
 * main and watch only; other modules return their errors.
 */
#ifndef SOCKLEAK_LOG_H
#define SOCKLEAK_LOG_H

/* Say nothing but errors (--quiet). */
void log_set_quiet(void);
/* "sockleak: ..." unless quiet. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "sockleak: ..."; returns `result`, so that an error can be told and returned in one go. */
int log_error(int result, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* SOCKLEAK_LOG_H */
