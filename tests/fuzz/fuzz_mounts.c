/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/PID/mountinfo, in which a container chooses its mount points. The first line is a path. */
#include "fuzz.h"

#include <errno.h>

#include "host/files/mounts.h"

static int find(const uint8_t *data, size_t size, const char *path, struct device *ret_device)
{
	FILE *stream = stream_of(data, size);
	int err = mounts_device_in(stream, path, ret_device);

	fclose(stream);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct device device = { 7, 7 }, again = { 8, 8 }, below;
	struct input input = input_of(data, size);
	char *path = take_until(&input, '\n'), *longer;
	size_t left = input_left(&input);
	const uint8_t *text = data + size - left;
	int err = find(text, left, path, &device);

	check(!err || (err == -ENOENT && device.major == 7 && device.minor == 7));
	check(find(text, left, path, &again) == err);
	check(err || (again.major == device.major && again.minor == device.minor));
	check(err || *path == '/');
	/* What is below it is on some device, too. */
	check(asprintf(&longer, "%s/x", path) > 0);
	check(err || !find(text, left, longer, &below));
	free(longer);
	free(path);
	return 0;
}
