/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "lib/time.h"

static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
static volatile sig_atomic_t stop_asked, stop_insisted, report_asked, reload_asked, hangup_reloads;
static atomic_ullong stopped_ns; /* of the first request to stop */
static bool pipe_ends;

/* Signals that arrive closer together than this are one request. */
#define SAME_REQUEST_NS (300 * NSEC_PER_MSEC)

static void stop(void)
{
	__u64 now_ns = clock_now(CLOCK_MONOTONIC);

	if (!stop_asked)
		stopped_ns = now_ns;
	else if (now_ns - stopped_ns > SAME_REQUEST_NS)
		stop_insisted = 1;
	stop_asked = 1;
}

static void on_signal(int signal)
{
	int saved = errno;

	if (signal == SIGUSR1)
		report_asked = 1;
	else if (signal == SIGHUP && hangup_reloads)
		reload_asked = 1;
	else
		stop();
	errno = saved;
}

void signals_install(void)
{
	/* Without SA_RESTART, so that blocking calls return EINTR. */
	struct sigaction action = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	struct sigaction before = { 0 };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaction(ours[i], &action, NULL);
	sigaction(SIGPIPE, &ignore, &before);
	pipe_ends = before.sa_handler != SIG_IGN;
	sigaction(SIGXFSZ, &ignore, NULL);
}

void signals_reload_by_hangup(void)
{
	hangup_reloads = 1;
}

bool signals_reload_asked(void)
{
	return reload_asked;
}

void signals_reloaded(void)
{
	reload_asked = 0;
}

bool signals_stop_asked(void)
{
	return stop_asked;
}

bool signals_stop_insisted(void)
{
	return stop_insisted;
}

bool signals_pipe_ends(void)
{
	return pipe_ends;
}

void signals_end_by_pipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

bool signals_report_asked(void)
{
	bool asked = report_asked;

	report_asked = 0;
	return asked;
}

void signals_wait(__u64 ns)
{
	struct timespec timeout = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	sigset_t blocked, before;

	/* Signals stay blocked from the check to the sleep, so that none is missed in between. */
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaddset(&blocked, ours[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	if (!stop_asked && !report_asked && !reload_asked)
		ppoll(NULL, 0, &timeout, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void signals_hold_questions(bool hold)
{
	sigset_t questions;

	sigemptyset(&questions);
	sigaddset(&questions, SIGUSR1);
	sigaddset(&questions, SIGHUP);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &questions, NULL);
}
