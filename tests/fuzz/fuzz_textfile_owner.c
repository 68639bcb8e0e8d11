/* SPDX-License-Identifier: BSD-2-Clause */
/* The first line of a textfile: a pid that could be one, or nothing; and it reads back. */
#include "fuzz.h"

#include "host/textfile_owner.h"

#define UNTOUCHED (-7)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pid_t pid = UNTOUCHED, again = UNTOUCHED;
	__u64 start_ns = 7, start_again = 7;
	char *text = strndup((const char *)data, size), line[128];

	check(text);
	if (!textfile_owner_parse(text, &pid, &start_ns)) {
		check(pid == UNTOUCHED && start_ns == 7);
	} else {
		check(pid > 0);
		snprintf(line, sizeof(line),
			 "# sockleak agent, pid %d, started %llu ns after boot\n", (int)pid,
			 (unsigned long long)start_ns);
		check(textfile_owner_parse(line, &again, &start_again));
		check(again == pid && start_again == start_ns);
	}
	free(text);
	return 0;
}
