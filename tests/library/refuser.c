/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it makes a kernel that refuses to load some programs of sockleak's, of the one program
 * that it is preloaded to: those whose names begin with one of the words in REFUSED, which
 * are the beginnings of a kind's hooks.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <linux/bpf.h>

typedef long (*syscall_fn)(long number, ...);

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

long syscall(long number, ...)
{
	syscall_fn next = (syscall_fn)dlsym(RTLD_NEXT, "syscall");
	const union bpf_attr *attr;
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	attr = (const union bpf_attr *)argument[1];
	if (number == SYS_bpf && argument[0] == BPF_PROG_LOAD && is_refused(attr->prog_name)) {
		errno = EINVAL;
		return -1;
	}
	return next(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		    argument[5]);
}
