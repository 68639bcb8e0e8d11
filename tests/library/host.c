/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads the library of argv[1] and does what lines on stdin say, answering each
 * with a line of what came of it:
 *	call NAME	calls int NAME(void), prints the inode of the descriptor
 *	unload		unloads the library, prints 0
 *	exec		goes on in a child that calls exec, prints its pid; the parent ends
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
		else if (!strcmp(line, "unload"))
			printf("%d\n", dlclose(library));
		else if (!strcmp(line, "exec"))
			go_on_in_a_child(argv);
	}
	return 0;
}
