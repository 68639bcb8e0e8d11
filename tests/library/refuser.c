/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it makes a kernel that refuses to load some programs of sockleak's, of the one program
 * that it is preloaded to: those whose names begin with one of the words in REFUSED, which
 * are the beginnings of a kind's hooks.
 */
#include "syscalls.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <linux/bpf.h>

static bool is_refused(const char *name)
{
	const char *words = getenv("REFUSED");

	while (words && *words) {
		size_t len = strcspn(words, " ");

		if (len && !strncmp(name, words, len))
			return true;
		words += len + (words[len] == ' ');
	}
	return false;
}

static long on_syscall(long number, const long *argument)
{
	const union bpf_attr *attr = (const union bpf_attr *)argument[1];

	if (number == SYS_bpf && argument[0] == BPF_PROG_LOAD && is_refused(attr->prog_name)) {
		errno = EINVAL;
		return -1;
	}
	return pass_on(number, argument);
}
