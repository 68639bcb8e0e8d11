/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/output/keyboard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios before, ours;
static volatile sig_atomic_t is_open, is_ours; /* the terminal has our settings now */
static bool at_end;			       /* nobody types any more: a terminal that hung up */

/* As the handlers call it, too: everything in it is async-signal-safe. */
static bool is_foreground(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* The terminal's state is read anew each time: in the background others may change it. */
static void take_terminal(void)
{
	if (!is_open || is_ours || !is_foreground() || tcgetattr(STDIN_FILENO, &before))
		return;
	ours = before;
	ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	ours.c_cc[VMIN] = 1;
	ours.c_cc[VTIME] = 0;
	is_ours = !tcsetattr(STDIN_FILENO, TCSADRAIN, &ours);
}

static void give_back(void)
{
	if (is_ours && is_foreground())
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	is_ours = 0;
}

static void on_stop(int number);

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(number, &action, NULL);
}

/* Ctrl-Z: stop as if there were no handler. The lines below run after SIGCONT. */
static void on_stop(int number)
{
	int saved = errno;
	sigset_t stop;

	give_back();
	handle(number, SIG_DFL);
	raise(number);
	sigemptyset(&stop);
	sigaddset(&stop, number);
	sigprocmask(SIG_UNBLOCK, &stop, NULL); /* here it stops */
	handle(number, on_stop);
	errno = saved;
}

/* Ctrl-\ ends it on the spot, without what atexit() is to do. */
static void on_quit(int number)
{
	give_back();
	handle(number, SIG_DFL);
	raise(number); /* it is delivered when this returns */
}

/* fg and bg: only the foreground has the terminal. */
static void on_continue(int number)
{
	int saved = errno;

	(void)number;
	take_terminal();
	errno = saved;
}

bool keyboard_open(void)
{
	if (!isatty(STDIN_FILENO))
		return false;
	is_open = 1;
	atexit(keyboard_close);
	handle(SIGTSTP, on_stop);
	handle(SIGCONT, on_continue);
	handle(SIGQUIT, on_quit);
	take_terminal();
	return true;
}

void keyboard_close(void)
{
	give_back();
	is_open = 0;
}

bool keyboard_is_ours(void)
{
	take_terminal(); /* a shell's fg sends no signal to a job that runs */
	return is_ours && !at_end && is_foreground();
}

int keyboard_fd(void)
{
	return keyboard_is_ours() ? STDIN_FILENO : -1;
}

/* One byte, if there is one; -1. */
static int typed_byte(void)
{
	struct pollfd input = { .fd = keyboard_fd(), .events = POLLIN };
	unsigned char byte;
	ssize_t len;

	if (input.fd < 0 || poll(&input, 1, 0) <= 0)
		return -1;
	len = read(input.fd, &byte, 1);
	at_end = !len || (len < 0 && errno != EINTR && errno != EAGAIN);
	return len == 1 ? byte : -1;
}

/* The rest of "ESC [ A", as terminals send the arrows; "ESC O A" in their application mode. */
static int arrow(void)
{
	int byte = typed_byte();

	if (byte != '[' && byte != 'O')
		return KEY_OTHER;
	do
		byte = typed_byte();
	while ((byte >= '0' && byte <= '9') || byte == ';'); /* with Shift and the like */
	return byte == 'A' ? KEY_UP : byte == 'B' ? KEY_DOWN : KEY_OTHER;
}

int keyboard_key(void)
{
	int byte = typed_byte();

	if (byte < 0)
		return KEY_NONE;
	if (byte == '\033')
		return arrow();
	if (byte == '\r' || byte == '\n')
		return KEY_ENTER;
	return byte ?: KEY_OTHER;
}
