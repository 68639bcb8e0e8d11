/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output: where reports go, and when. On a terminal a view that is refreshed
 * after every sweep; elsewhere the text report when asked for and at the end, or,
 * with --json, a line for every event as it comes. No byte is lost silently: the
 * first failed write is kept, and ends the run. With each report go the files of --pprof and
 * --folded (profiles.h); if one of them cannot be written, that is logged, and the run goes on.
 */
#ifndef SOCKLEAK_OUTPUT_H
#define SOCKLEAK_OUTPUT_H

#include "leaks/leaks.h"
#include "leaks/refusals.h"
#include "options/options.h"
#include "report/report.h"

struct output;
struct text;

/*
 * Open what --output names, or stdout; `options` must outlive the output.
 * -errno when it cannot be written. Free with output__free(); NULL is allowed.
 */
int output__open(const struct options *options, struct output **ret_output);
void output__free(struct output *output);

/*
 * Close it once all is written. 0, or output__error(), which includes the error of closing, or
 * that of the last profile.
 */
int output__close(struct output *output);

/* Its name in messages: "standard output" or the file's. */
const char *output__name(const struct output *output);

/*
 * From now on lines about leaks may wait for the next report. This is for a caller who has
 * thousands of them at once, and no event to wait for.
 */
void output__collect(struct output *output);
/* A leak was opened, changed or resolved. */
void output__leak(struct output *output, const struct leak *leak, enum leaks_change change,
		  const struct summary *summary);
/* A process begins to fail because it has no descriptor left. */
void output__limit(struct output *output, const struct limited *limited,
		   const struct summary *summary);
/* Is every sweep shown? Else only reports are. */
bool output__is_live(const struct output *output);
/* A sweep is done. */
void output__sweep(struct output *output, struct leaks *leaks, const struct summary *summary);
/*
 * Take keys from the terminal, if the view is live and the standard input is its terminal; they
 * change the view (view.h), or ask to stop. Once, before the first sweep is shown.
 */
void output__open_keys(struct output *output);
/* The descriptor for poll() to wait for; -1: none. And: do what was typed. */
int output__keys_fd(const struct output *output);
void output__take_keys(struct output *output, struct leaks *leaks, const struct summary *summary);
/* A report was asked for (SIGUSR1), or the run ends. */
void output__report(struct output *output, struct leaks *leaks, const struct summary *summary);
/* The files of --pprof and --folded alone (SIGUSR2); a report writes them, too. */
void output__profiles(struct output *output, struct leaks *leaks, const struct summary *summary);

/* 0, or the -errno of the first write that failed; -ENOMEM. */
int output__error(const struct output *output);
/*
 * Add one line about it for the log. False: there is nothing to log, because a reader such
 * as `head` has gone, and SIGPIPE ends this program (signals.h), or there was no such error.
 */
bool output__add_error(const struct output *output, struct text *line);

#endif /* SOCKLEAK_OUTPUT_H */
