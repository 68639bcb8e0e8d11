/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_name: what reports call a process. Pure.
 *
 * A process is called by its comm, the name of its main thread: exec() sets it to the name
 * of what was executed, including a script's. A program may give that thread another name.
 * That name is used if the program has also written it over its arguments, as a title
 * ("puma 5: app"). A name that appears neither in the executable's path nor in the command
 * line does not tell which program it is (Node's MainThread, Firefox's GeckoMain): then the
 * executable's name is used.
 */
#ifndef SOCKLEAK_PROCESS_NAME_H
#define SOCKLEAK_PROCESS_NAME_H

#include <stdbool.h>

#include "sockleak.h"

/*
 * The base name of an executable's path (process_exe()), cut as the kernel cuts a comm; ""
 * when `exe` is NULL. The bytes are others' choice.
 */
void process_exe_name(const char *exe, char ret_name[SOCKLEAK_COMM_LEN]);

/*
 * Has the program given its main thread a name that does not tell which program it is?
 * False if neither exe nor command is known; each may be NULL.
 */
bool process_is_renamed(const char comm[SOCKLEAK_COMM_LEN], const char *exe, const char *command);

#endif /* SOCKLEAK_PROCESS_NAME_H */
