/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads the library of argv[1] and does what lines on stdin say, answering each
 * with a line of what came of it:
 *	call NAME	calls int NAME(void), prints the inode of the descriptor
 *	unload		unloads the library, prints 0
 *	map FILE	maps a page of it, and prints 0
 *	lock		has that page read in a way that locks its memory map, whose readers then
 *			wait until the page has come, and prints 0
 *	exec		goes on in a child that calls exec, prints its pid; the parent ends
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void call(void *library, const char *name)
{
	int (*function)(void) = (int (*)(void))dlsym(library, name);
	struct stat st;

	if (!function || fstat(function(), &st))
		exit(1);
	printf("%lu\n", (unsigned long)st.st_ino);
}

static void *page;
static int may_write[2];

/* Waits for the reader to end, and all later readers wait for it. */
static void *write_map(void *unused)
{
	char byte;

	(void)unused;
	if (read(may_write[0], &byte, 1) == 1)
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return NULL;
}

static void map(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	pthread_t writer;

	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd < 0 || page == MAP_FAILED || pipe(may_write) ||
	    pthread_create(&writer, NULL, write_map, NULL))
		exit(1);
	puts("0");
}

/* Who reads the memory of another process holds its map while a page is fetched. */
static void lock(void)
{
	char path[64], byte;

	snprintf(path, sizeof(path), "/proc/%d/mem", getpid());
	if (!fork()) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		_exit(pread(fd, &byte, 1, (off_t)page) == 1 ? 0 : 1);
	}
	usleep(300000);
	if (write(may_write[1], "x", 1) != 1)
		exit(1);
	usleep(100000);
	puts("0");
}

static void go_on_in_a_child(char **argv)
{
	pid_t child = fork();

	if (child < 0)
		exit(1);
	if (child)
		_exit(0);
	printf("%d\n", getpid());
	execv(argv[0], argv);
	exit(1);
}

int main(int argc, char **argv)
{
	void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
	char line[256];

	setvbuf(stdin, NULL, _IONBF, 0); /* what is read ahead would be the parent's */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!library)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "call ", 5))
			call(library, line + 5);
		else if (!strncmp(line, "map ", 4))
			map(line + 4);
		else if (!strcmp(line, "lock"))
			lock();
		else if (!strcmp(line, "unload"))
			printf("%d\n", dlclose(library));
		else if (!strcmp(line, "exec"))
			go_on_in_a_child(argv);
	}
	return 0;
}
