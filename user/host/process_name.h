/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_name: what reports call a process. Pure.
 *
 * That is its comm, the name of its main thread: exec() makes it the name of what was
 * executed, a script's too. A program may give that thread another name. It is kept when
 * it is a title that the program has written over its arguments as well ("puma 5: app").
 * One that neither the executable nor the command line knows tells nobody which program
 * it is (Node's MainThread, Firefox's GeckoMain): the executable's name then stands for it.
 */
#ifndef SOCKLEAK_PROCESS_NAME_H
#define SOCKLEAK_PROCESS_NAME_H

#include <stdbool.h>

#include "sockleak.h"

/*
 * The base name of an executable's path (process_exe()), cut as the kernel cuts a comm;
 * "" when `exe` is NULL. Bytes that others chose.
 */
void process_exe_name(const char *exe, char ret_name[SOCKLEAK_COMM_LEN]);

/*
 * Has the program given its main thread a name that does not say which program it is?
 * Not when neither exe nor command is known; each may be NULL.
 */
bool process_is_renamed(const char comm[SOCKLEAK_COMM_LEN], const char *exe, const char *command);

#endif /* SOCKLEAK_PROCESS_NAME_H */
