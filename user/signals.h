/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals: what was asked for by signal. SIGINT and SIGTERM ask to stop, SIGUSR1 for a
 * report, SIGHUP for an agent to reload and for others to stop. They interrupt whatever
 * blocks (an open, a write, a wait), so that nothing can keep the program from ending.
 */
#ifndef SOCKLEAK_SIGNALS_H
#define SOCKLEAK_SIGNALS_H

#include <linux/types.h>
#include <stdbool.h>

/*
 * Install the handlers; SIGPIPE and SIGXFSZ (of ulimit -f) are ignored from now on, and show as
 * EPIPE and EFBIG.
 */
void signals_install(void);
/* From now on SIGHUP asks to reload. */
void signals_reload_by_hangup(void);
bool signals_stop_asked(void);
/* Was a report asked for since the last call? */
bool signals_report_asked(void);
/* Is a reload asked for? It is until signals_reloaded(). */
bool signals_reload_asked(void);
void signals_reloaded(void);
/* Sleep for some time, or until one of them comes; not at all when it came before. */
void signals_wait(__u64 ns);

#endif /* SOCKLEAK_SIGNALS_H */
