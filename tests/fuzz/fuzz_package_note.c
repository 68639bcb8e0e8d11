/* SPDX-License-Identifier: BSD-2-Clause */
/* .note.package: JSON that whoever built a file has put there. */
#include "check_package.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct package package = untouched_package();
	int err = package_parse_note((const char *)data, size, &package);

	if (err) {
		check(err == -EINVAL);
		check_untouched(&package);
		return 0;
	}
	check(size <= 4096);
	check_package(&package);
	check(package.source == PACKAGE_FROM_NOTE);
	check(*package.version && *package.arch);
	return 0;
}
