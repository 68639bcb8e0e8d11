/* SPDX-License-Identifier: BSD-2-Clause */
/* The notes of an ELF file: build id and .note.package. */
#include "check_package.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_file(const struct package_file *file)
{
	size_t len;

	check(memchr(file->build_id, '\0', sizeof(file->build_id)));
	len = strlen(file->build_id);
	check(len % 2 == 0 && len <= 2 * BUILD_ID_MAX);
	check(strspn(file->build_id, "0123456789abcdef") == len);
	if (file->package.kind == PACKAGE_UNKNOWN) {
		check(!package_source_name(file->package.source) && !file->package.name[0]);
		return;
	}
	check_package(&file->package);
	check(file->package.source == PACKAGE_FROM_NOTE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct package_file file, before;
	int err;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	check(fd >= 0 && !ftruncate(fd, 0));
	check(pwrite(fd, data, size, 0) == (ssize_t)size);
	memset(&file, 0x5a, sizeof(file));
	before = file;
	err = package_read_file(fd, &file);
	if (err) {
		check(err == -ENOEXEC);
		check(!memcmp(&file, &before, sizeof(file)));
	} else {
		check_file(&file);
	}
	return 0;
}
