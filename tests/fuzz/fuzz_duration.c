/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations: read, refused with a reason, written so that they read back. */
#include "fuzz.h"

#include <errno.h>

#include "lib/text.h"
#include "lib/time.h"

static void check_written(__u64 ns)
{
	_cleanup_text_ struct text exact = TEXT_INIT, table = TEXT_INIT;
	const char *reason;
	__u64 back;

	duration_add(&table, ns);
	check(table.len && table.len < 24);
	check_clean(text_str(&table), table.len, "");
	duration_add_exact(&exact, ns);
	check(exact.len && exact.len < 24);
	if (ns > INT64_MAX) {
		check(duration_parse(text_str(&exact), &back, &reason) == -ERANGE ||
		      back == ns - ns % NSEC_PER_MSEC);
		return;
	}
	check(!duration_parse(text_str(&exact), &back, &reason));
	check(back == ns - ns % NSEC_PER_MSEC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size), number = input;
	char *string = take_rest(&input);
	const char *reason = string;
	__u64 ns = 0x5a5a;
	int err = duration_parse(string, &ns, &reason);

	if (!err) {
		check(ns <= INT64_MAX && !reason);
		check(*string >= '0' && *string <= '9');
		check_written(ns);
	} else {
		check(err == -EINVAL || err == -ERANGE);
		check(ns == 0x5a5a && reason && reason != string && *reason);
	}
	check_written(take_u64(&number));
	free(string);
	return 0;
}
