/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/host_files.h"
#include "lib/time.h"

#define DELAY_NS NSEC_PER_SEC
#define PAUSE_NS (100 * NSEC_PER_MSEC)
#define WIDTH 30U

struct progress progress_begin(bool wanted)
{
	struct progress progress = { .begun_ns = clock_now(CLOCK_BOOTTIME) };
	const char *terminal = getenv("TERM");
	__u64 max;

	progress.wanted = wanted && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb");
	if (progress.wanted) /* an estimate: some files have several descriptors */
		host_files(&progress.files, &max);
	return progress;
}

static bool is_due(struct progress *progress)
{
	__u64 now_ns = clock_now(CLOCK_BOOTTIME);

	if (!progress->wanted || now_ns - progress->begun_ns < DELAY_NS ||
	    now_ns - progress->drawn_ns < PAUSE_NS)
		return false;
	progress->drawn_ns = now_ns;
	progress->drawn = true;
	return true;
}

void progress_files(struct progress *progress, __u64 files)
{
	char bar[WIDTH + 1];
	unsigned int done;

	if (!is_due(progress))
		return;
	/* At most 99 %, because the scan is not done. */
	done = progress->files ? (unsigned int)(files * 100 / progress->files) : 0;
	done = done > 99 ? 99 : done;
	memset(bar, '.', WIDTH);
	memset(bar, '#', done * WIDTH / 100);
	bar[WIDTH] = '\0';
	fprintf(stderr, "\rReading descriptors [%s] %2u %%, %llu\033[K", bar, done,
		(unsigned long long)files);
}

void progress_stacks(struct progress *progress, unsigned int stacks)
{
	if (is_due(progress))
		fprintf(stderr, "\rNaming stacks: %u done\033[K", stacks);
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fprintf(stderr, "\r\033[K");
	progress->drawn = false;
}
