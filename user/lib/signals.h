/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals: what was asked for by a signal. SIGINT and SIGTERM ask to stop, SIGUSR1 asks for
 * a report, SIGUSR2 for its profiles, SIGHUP asks an agent to reload and other commands to stop.
 * They interrupt whatever blocks (an open, a write, a wait), so that nothing can keep the program
 * from ending. A report is still written to a slow reader; a second signal ends that too.
 */
#ifndef SOCKLEAK_SIGNALS_H
#define SOCKLEAK_SIGNALS_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Install the handlers. From now on SIGPIPE and SIGXFSZ (of ulimit -f) are ignored, and
 * show as EPIPE and EFBIG.
 */
void signals_install(void);
/* In a child between fork and exec: as it was before signals_install(). */
void signals_restore(void);
/*
 * From now on they ask for nothing: SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGQUIT that a
 * process sends go on to that process. Those of a terminal are ignored, because it sends them to
 * the whole process group. 0: they ask again; SIGQUIT is ignored.
 */
void signals_pass_to(pid_t pid);
/*
 * The reader of the output has gone: does SIGPIPE end this program? Usually it does,
 * without a message, as with other filters. If the parent has set SIGPIPE to be ignored, as
 * service managers do, the error is reported.
 */
bool signals_pipe_ends(void);
/* End by SIGPIPE. */
void signals_end_by_pipe(void);
/* From now on SIGHUP asks to reload. */
void signals_reload_by_hangup(void);
bool signals_stop_asked(void);
/*
 * Was it asked for again, at least a moment later? timeout(1) sends its signal twice, to
 * the process and to its group: that counts as one request.
 */
bool signals_stop_insisted(void);
/* Was it asked for half a second ago? Work that is still under way is then given up. */
bool signals_stop_overdue(void);
/* Was a report asked for since the last call? */
bool signals_report_asked(void);
/* Were the profiles of one asked for since the last call, without the report? */
bool signals_profiles_asked(void);
/* Is a reload asked for? True until signals_reloaded(). */
bool signals_reload_asked(void);
void signals_reloaded(void);
/* Stop as if a signal had asked for it. */
void signals_ask_stop(void);
/*
 * Sleep for some time, or until a signal arrives or something can be read from `fd` (-1: from
 * none); not at all if a signal has arrived before.
 */
void signals_wait(__u64 ns, int fd);

/*
 * Hold back the signals that only ask for something (SIGUSR1, SIGUSR2, SIGHUP), or let them through
 * again. Used while BPF programs are loaded, because the verifier gives up with EAGAIN when
 * a signal is pending. A stop still arrives.
 */
void signals_hold_questions(bool hold);

#endif /* SOCKLEAK_SIGNALS_H */
