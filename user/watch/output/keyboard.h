/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keyboard: single keys from the terminal that is the standard input, without echo and without
 * waiting for Enter. The terminal is as it was before whenever this program does not run: at its
 * end, also by exit(), and while it is stopped by Ctrl-Z. In the background it is left alone.
 * Ctrl-C and the like stay signals. SIGKILL alone leaves it without echo; reset(1) helps.
 */
#ifndef SOCKLEAK_KEYBOARD_H
#define SOCKLEAK_KEYBOARD_H

#include <stdbool.h>

/* Keys that are no character. */
enum key {
	KEY_NONE = 0, /* nothing more was typed */
	KEY_UP = 256,
	KEY_DOWN,
	KEY_ENTER,
	KEY_OTHER, /* one without a meaning here */
};

/*
 * Begin to take keys, whenever this job is in the foreground. false: the standard input is not a
 * terminal. Installs handlers of SIGTSTP and SIGCONT. One thread; once.
 */
bool keyboard_open(void);
/* The terminal as it was. Nothing to do when it is not open. */
void keyboard_close(void);

/* Do keys come here now? Not in the background. */
bool keyboard_is_ours(void);
/* The descriptor for poll() to wait for; -1: there is nothing to be read now. */
int keyboard_fd(void);
/* The next key: a character, or an enum key. Never waits. */
int keyboard_key(void);

#endif /* SOCKLEAK_KEYBOARD_H */
