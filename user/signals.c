/* SPDX-License-Identifier: BSD-2-Clause */
#include "signals.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
static volatile sig_atomic_t stop_asked, report_asked, reload_asked, hangup_reloads;

static void on_signal(int signal)
{
	if (signal == SIGUSR1)
		report_asked = 1;
	else if (signal == SIGHUP && hangup_reloads)
		reload_asked = 1;
	else
		stop_asked = 1;
}

void signals_install(void)
{
	/* Without SA_RESTART: what blocks is to return EINTR. */
	struct sigaction action = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaction(ours[i], &action, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
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

	/* Blocked from the look to the sleep, so that none is missed in between. */
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaddset(&blocked, ours[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	if (!stop_asked && !report_asked && !reload_asked)
		ppoll(NULL, 0, &timeout, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
