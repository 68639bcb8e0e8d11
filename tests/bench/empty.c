/* SPDX-License-Identifier: BSD-2-Clause */
/* Attaches the programs of empty.bpf.c, prints "ready", and keeps them until stdin ends. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "empty.skel.h"

int main(void)
{
	struct empty_bpf *skeleton = empty_bpf__open_and_load();
	char byte;
	int err;

	if (!skeleton) {
		fprintf(stderr,
			"empty: cannot load its programs (needs CAP_BPF and CAP_PERFMON)\n");
		return 1;
	}
	err = empty_bpf__attach(skeleton);
	if (err) {
		fprintf(stderr, "empty: cannot attach its programs: %s (is tracefs mounted?)\n",
			strerror(-err));
		empty_bpf__destroy(skeleton);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	empty_bpf__destroy(skeleton);
	return 0;
}
