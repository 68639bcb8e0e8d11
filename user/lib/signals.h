/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals: what was asked for by signal. SIGINT and SIGTERM ask to stop, SIGUSR1 for a
 * report, SIGHUP for an agent to reload and for others to stop. They interrupt whatever
 * blocks (an open, a write, a wait), so that nothing can keep the program from ending:
 * a report is still written to a reader that is slow, and a second signal ends that, too.
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
/*
 * When the reader of the output has gone: was this program started so that SIGPIPE ends it?
 * That is usual, and then it ends as other filters do, without a word. Who started it with
 * SIGPIPE ignored, as service managers do, is told of the error.
 */
bool signals_pipe_ends(void);
/* End by SIGPIPE. */
void signals_end_by_pipe(void);
/* From now on SIGHUP asks to reload. */
void signals_reload_by_hangup(void);
bool signals_stop_asked(void);
/*
 * Was it asked for again, a moment later? timeout(1) sends its signal twice, to the process
 * and to its group: that is one request.
 */
bool signals_stop_insisted(void);
/* Was a report asked for since the last call? */
bool signals_report_asked(void);
/* Is a reload asked for? It is until signals_reloaded(). */
bool signals_reload_asked(void);
void signals_reloaded(void);
/* Sleep for some time, or until one of them comes; not at all when it came before. */
void signals_wait(__u64 ns);

/*
 * Hold back what only asks for something (SIGUSR1, SIGHUP), or let it come again. While BPF
 * programs are loaded: the verifier gives up with EAGAIN when a signal is pending. A stop still
 * comes.
 */
void signals_hold_questions(bool hold);

#endif /* SOCKLEAK_SIGNALS_H */
