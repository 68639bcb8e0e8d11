/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/process_name.h"

#include <string.h>

#define DELETED " (deleted)"

void process_exe_name(const char *exe, char ret_name[SOCKLEAK_COMM_LEN])
{
	const char *name = exe ? strrchr(exe, '/') : NULL;
	size_t len;

	memset(ret_name, 0, SOCKLEAK_COMM_LEN);
	if (!exe)
		return;
	name = name ? name + 1 : exe;
	len = strlen(name);
	if (len > strlen(DELETED) && !strcmp(name + len - strlen(DELETED), DELETED))
		len -= strlen(DELETED);
	memcpy(ret_name, name, len < SOCKLEAK_COMM_LEN ? len : SOCKLEAK_COMM_LEN - 1);
}

bool process_is_renamed(const char comm[SOCKLEAK_COMM_LEN], const char *exe, const char *command)
{
	char name[SOCKLEAK_COMM_LEN + 1] = "", exe_name[SOCKLEAK_COMM_LEN];

	memcpy(name, comm, SOCKLEAK_COMM_LEN);
	process_exe_name(exe, exe_name);
	if (!exe_name[0] || !command || !name[0])
		return false;
	/* "python3" is what runs python3.11. */
	if (!strncmp(exe_name, name, strlen(name)) || !strncmp(exe_name, name, strlen(exe_name)))
		return false;
	return !strstr(command, name);
}
