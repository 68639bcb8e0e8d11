/* SPDX-License-Identifier: BSD-2-Clause */
/* Access: what the agent opens for a resolver, and what not even for one that lies. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "host/files/access.h"
#include "resolver/resolver_protocol.h"

/* What the agent says to a request of this process's files; a descriptor is closed again. */
static int serve(struct access_request *request)
{
	struct access_reply reply;
	int fd;

	request->message = MESSAGE_ACCESS;
	request->tgid = getpid();
	access_serve_file(request, sizeof(*request), &reply, &fd);
	assert_true((fd >= 0) == (!reply.error && request->kind != ACCESS_VIEW));
	if (fd >= 0)
		close(fd);
	return reply.error;
}

static int serve_memory(const void *start, size_t len)
{
	struct access_request request = { .kind = ACCESS_VDSO, .start = (uintptr_t)start };

	request.end = request.start + len;
	return serve(&request);
}

static int serve_path(const char *path)
{
	struct access_request request = { .kind = ACCESS_PATH };

	snprintf(request.path, sizeof(request.path), "%s", path);
	return serve(&request);
}

/* Of a process's memory the vdso, and nothing else: the rest may hold its secrets. */
static void memory_is_the_vdso(void **state)
{
	static const char secret[4096] = "secret";
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);

	(void)state;
	if (!vdso) {
		print_message("SKIPPED: this process has no vdso\n");
		skip();
	}
	assert_int_equal(serve_memory(vdso, 4096), 0);
	assert_int_equal(serve_memory(secret, sizeof(secret)), -EACCES);
	assert_int_equal(serve_memory(vdso + 1, 4095), -EACCES);
	assert_int_equal(serve_memory(vdso, 0), -EINVAL);
	assert_int_equal(serve_memory(vdso, 1 << 20), -EINVAL);
}

static void write_elf(const char *path, unsigned int type)
{
	Elf64_Ehdr header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 }, .e_type = type };
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(&header, sizeof(header), 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

/* A core dump is ELF, too, and it is somebody's memory: /proc/kcore is the kernel's. */
static void elf_is_code(void **state)
{
	char path[] = "/tmp/sockleak-access-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_elf(path, ET_DYN);
	assert_int_equal(serve_path(path), 0);
	write_elf(path, ET_EXEC);
	assert_int_equal(serve_path(path), 0);
	write_elf(path, ET_CORE);
	assert_int_equal(serve_path(path), -ENOEXEC);
	unlink(path);
	assert_int_equal(serve_path("/etc/passwd"), -ENOEXEC);
}

/* To read what a kernel makes up can have effects: /proc/kmsg gives each line once. */
static void files_are_stored(void **state)
{
	(void)state;
	assert_int_equal(serve_path("/proc/self/status"), -EINVAL);
	assert_int_equal(serve_path("/sys/kernel/notes"), -EINVAL);
}

static void nonsense(void **state)
{
	struct access_request request = { .kind = ACCESS_COUNT };

	(void)state;
	assert_int_equal(serve(&request), -EINVAL);
	request.kind = ACCESS_PATH;
	memset(request.path, 'a', sizeof(request.path)); /* no end */
	assert_int_equal(serve(&request), -EINVAL);
	assert_int_equal(serve_path("/tmp"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_the_vdso),
		cmocka_unit_test(elf_is_code),
		cmocka_unit_test(files_are_stored),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
