/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, one call fails: the n-th of its kind, by FAULT=KIND:N. Kinds: malloc (ENOMEM), open
 * (EMFILE), fork (EAGAIN), bpf (ENOMEM), map (a bpf() that makes a map to be mapped into memory)
 * and read (of an iterator, ENOMEM). The program counts from its first instruction on; a child
 * counts on from where it was forked, and a program that is executed not at all. With N = 0 none
 * fails. At the end of the program that was started, FAULT_COUNT, a file, has how many calls there
 * were.
 */
#include "syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

/* glibc's own names, which need no look-up that would allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
/* Those of AddressSanitizer, in a program that has it: its free() takes no other memory. */
__attribute__((weak)) void *__interceptor_malloc(size_t size);
__attribute__((weak)) void *__interceptor_calloc(size_t count, size_t size);
__attribute__((weak)) void *__interceptor_realloc(void *memory, size_t size);

static const char *kind = "";
static unsigned long fails_at, calls;
static pid_t started;
static const char *count_path;
static int iterators[64]; /* descriptors of iterators; 0 = none */

__attribute__((constructor)) static void begin(void)
{
	const char *fault = getenv("FAULT"), *colon = fault ? strchr(fault, ':') : NULL;

	if (!colon)
		return;
	fails_at = strtoul(colon + 1, NULL, 10);
	started = getpid();
	count_path = getenv("FAULT_COUNT");
	kind = fault;
	unsetenv("FAULT"); /* for what it executes */
	unsetenv("FAULT_COUNT");
}

__attribute__((destructor)) static void end(void)
{
	char line[32];
	int fd, len;

	if (!count_path || getpid() != started)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, count_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	len = snprintf(line, sizeof(line), "%lu\n", calls);
	if (write(fd, line, (size_t)len) != len)
		abort();
	close(fd);
}

static bool fails(const char *of, int error)
{
	size_t len = strlen(of);

	if (strncmp(kind, of, len) || kind[len] != ':' ||
	    __sync_add_and_fetch(&calls, 1) != fails_at)
		return false;
	errno = error;
	return true;
}

void *malloc(size_t size)
{
	if (fails("malloc", ENOMEM))
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (fails("malloc", ENOMEM))
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(count, size) :
				      __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	if (fails("malloc", ENOMEM))
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(memory, size) :
				       __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(count, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(memory, all);
}

static int open_at(int directory, const char *path, int flags, mode_t mode)
{
	if (fails("open", EMFILE))
		return -1;
	return (int)syscall(SYS_openat, directory, path, flags, mode);
}

#define MODE(flags)                                    \
	({                                             \
		mode_t mode_ = 0;                      \
		va_list list;                          \
		if ((flags) & (O_CREAT | O_TMPFILE)) { \
			va_start(list, flags);         \
			mode_ = va_arg(list, mode_t);  \
			va_end(list);                  \
		}                                      \
		mode_;                                 \
	})

int open(const char *path, int flags, ...)
{
	return open_at(AT_FDCWD, path, flags, MODE(flags));
}

int open64(const char *path, int flags, ...)
{
	return open_at(AT_FDCWD, path, flags, MODE(flags));
}

int openat(int directory, const char *path, int flags, ...)
{
	return open_at(directory, path, flags, MODE(flags));
}

int openat64(int directory, const char *path, int flags, ...)
{
	return open_at(directory, path, flags, MODE(flags));
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");

	return fails("open", EMFILE) ? NULL : next(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

pid_t fork(void)
{
	pid_t (*next)(void) = dlsym(RTLD_NEXT, "fork");

	return fails("fork", EAGAIN) ? -1 : next();
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
	int (*next)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		    const posix_spawnattr_t *, char *const[], char *const[]) =
		dlsym(RTLD_NEXT, "posix_spawn");

	return fails("fork", EAGAIN) ? EAGAIN :
				       next(pid, path, actions, attributes, argv, environment);
}

/* Iterators are known from the call that makes them, so that no other read is counted. */
static long on_syscall(long number, const long *argument)
{
	const union bpf_attr *attr = (const union bpf_attr *)argument[1];
	long result;

	if (number == SYS_bpf && fails("bpf", ENOMEM))
		return -1;
	if (number == SYS_bpf && argument[0] == BPF_MAP_CREATE &&
	    attr->map_flags & BPF_F_MMAPABLE && fails("map", ENOMEM))
		return -1;
	result = pass_on(number, argument);
	if (number == SYS_bpf && argument[0] == BPF_ITER_CREATE && result > 0)
		for (unsigned int i = 0; i < sizeof(iterators) / sizeof(iterators[0]); i++)
			if (!iterators[i] || iterators[i] == result) {
				iterators[i] = (int)result;
				break;
			}
	return result;
}

int close(int fd)
{
	for (unsigned int i = 0; fd > 0 && i < sizeof(iterators) / sizeof(iterators[0]); i++)
		if (iterators[i] == fd)
			iterators[i] = 0;
	return (int)syscall(SYS_close, fd);
}

ssize_t read(int fd, void *buffer, size_t size)
{
	for (unsigned int i = 0; fd > 0 && i < sizeof(iterators) / sizeof(iterators[0]); i++)
		if (iterators[i] == fd && fails("read", ENOMEM))
			return -1;
	return syscall(SYS_read, fd, buffer, size);
}
