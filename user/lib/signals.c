/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "lib/time.h"

static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
static volatile sig_atomic_t stop_asked, stop_insisted, report_asked, profiles_asked, reload_asked,
	hangup_reloads;
static atomic_ullong stopped_ns; /* of the first request to stop */
static bool pipe_ends;
static volatile pid_t passed_to; /* signals_pass_to() */

/* The actions of signals before we changed them, by their place in `changed`. */
static const int changed[] = {
	SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGPIPE, SIGXFSZ
};
#define N_CHANGED (sizeof(changed) / sizeof(changed[0]))
static struct sigaction originals[N_CHANGED];

/* Signals that arrive closer together than this are one request. */
#define SAME_REQUEST_NS (300 * NSEC_PER_MSEC)
/* A program that is to stop has ended within a second. */
#define OVERDUE_NS (500 * NSEC_PER_MSEC)

static void stop(void)
{
	__u64 now_ns = clock_now(CLOCK_MONOTONIC);

	if (!stop_asked)
		stopped_ns = now_ns;
	else if (now_ns - stopped_ns > SAME_REQUEST_NS)
		stop_insisted = 1;
	stop_asked = 1;
}

/*
 * Did a terminal send it? Then the kernel sent it to the whole process group, and whoever it is
 * passed to is in that.
 */
static bool is_of_terminal(int signal, const siginfo_t *info)
{
	return info->si_code == SI_KERNEL &&
	       (signal == SIGINT || signal == SIGQUIT || signal == SIGHUP);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	int saved = errno;
	pid_t receiver = passed_to;

	(void)context;
	if (receiver && !is_of_terminal(signal, info))
		kill(receiver, signal);
	if (receiver || signal == SIGQUIT)
		;
	else if (signal == SIGUSR1)
		report_asked = 1;
	else if (signal == SIGUSR2)
		profiles_asked = 1;
	else if (signal == SIGHUP && hangup_reloads)
		reload_asked = 1;
	else
		stop();
	errno = saved;
}

void signals_install(void)
{
	/* Without SA_RESTART, so that blocking calls return EINTR. */
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO },
			 ignore = { .sa_handler = SIG_IGN };
	struct sigaction before = { 0 };

	for (size_t i = 0; i < N_CHANGED; i++)
		sigaction(changed[i], NULL, &originals[i]);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaction(ours[i], &action, NULL);
	sigaction(SIGPIPE, &ignore, &before);
	pipe_ends = before.sa_handler != SIG_IGN;
	sigaction(SIGXFSZ, &ignore, NULL);
}

void signals_restore(void)
{
	for (size_t i = 0; i < N_CHANGED; i++)
		sigaction(changed[i], &originals[i], NULL);
}

void signals_pass_to(pid_t pid)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	passed_to = pid;
	sigaction(SIGQUIT, &action, NULL);
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

bool signals_stop_overdue(void)
{
	return stop_asked && clock_now(CLOCK_MONOTONIC) - stopped_ns > OVERDUE_NS;
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

bool signals_profiles_asked(void)
{
	bool asked = profiles_asked;

	profiles_asked = 0;
	return asked;
}

void signals_ask_stop(void)
{
	stop();
}

void signals_wait(__u64 ns, int fd)
{
	struct timespec timeout = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	struct pollfd input = { .fd = fd, .events = POLLIN }; /* poll() skips -1 */
	sigset_t blocked, before;

	/* Signals stay blocked from the check to the sleep, so that none is missed in between. */
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaddset(&blocked, ours[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	if (!stop_asked && !report_asked && !profiles_asked && !reload_asked)
		ppoll(&input, 1, &timeout, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void signals_hold_questions(bool hold)
{
	sigset_t questions;

	sigemptyset(&questions);
	sigaddset(&questions, SIGUSR1);
	sigaddset(&questions, SIGUSR2);
	sigaddset(&questions, SIGHUP);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &questions, NULL);
}
