/* SPDX-License-Identifier: BSD-2-Clause */
/* What rpm prints of the owner of a file. */
#include "check_package.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct package package = untouched_package();
	char *answer = take_rest(&input);
	int err = package_parse_rpm(answer, &package);

	if (err) {
		check(err == -ENOENT);
		check_untouched(&package);
	} else {
		check_package(&package);
		check(package.kind == PACKAGE_RPM && package.source == PACKAGE_FROM_RPM);
		check(!strncmp(package.debug, package.name, strlen(package.name)));
	}
	free(answer);
	return 0;
}
