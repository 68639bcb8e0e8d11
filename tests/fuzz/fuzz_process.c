/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/PID/stat, in which a process chooses its comm. */
#include "fuzz.h"

#include <ctype.h>
#include <errno.h>

#include "host/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct process_stat stat = { .state = '?', .threads = -7, .start_ticks = 7 };
	struct process_stat as_child = stat;
	char *line = take_rest(&input), *nested;
	int err = process_parse_stat(line, &stat);

	if (err) {
		check(err == -EPROTO);
		check(stat.state == '?' && stat.threads == -7 && stat.start_ticks == 7);
	} else {
		check(strchr(line, ')') && !isspace((unsigned char)stat.state));
	}
	/* whatever stands in the comm, and be it another line of this kind, changes nothing */
	check(asprintf(&nested, "1 (%s) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 4 21 99 0\n",
		       line) > 0);
	check(!process_parse_stat(nested, &as_child));
	check(as_child.state == 'S' && as_child.threads == 4 && as_child.start_ticks == 99);
	free(nested);
	free(line);
	return 0;
}
