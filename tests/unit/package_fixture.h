/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of packages and hints share: a scratch root with a dpkg
 * database, ELF files that are notes and nothing else, and a process that lives
 * in the scratch root.
 */
#ifndef PACKAGE_FIXTURE_H
#define PACKAGE_FIXTURE_H

#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
/* The JSON of a package note; both are written with their quotes. */
#define NOTE(name, version) \
	"{\"type\":\"rpm\",\"name\":" name ",\"version\":" version ",\"architecture\":\"x\"}"

static char root[] = "/tmp/sockleak-package.XXXXXX";

/* Run a fixed command on the root or another name that we chose. */
static UNUSED void run(const char *format, const char *argument)
{
	char command[1024];

	snprintf(command, sizeof(command), format, argument);
	assert_int_equal(system(command), 0);
}

static UNUSED const char *in_root(const char *path)
{
	static char full[512];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return full;
}

/* Write a file in the root, with the directories above it. No shell: names are hostile. */
static UNUSED void put_bytes(const char *path, const void *bytes, size_t len)
{
	char full[512], *slash;
	FILE *file;

	snprintf(full, sizeof(full), "%s", in_root(path));
	for (slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	unlink(full);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static UNUSED void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static UNUSED size_t add_note(char *to, const char *owner, unsigned int type, const void *desc,
			      size_t len)
{
	Elf64_Nhdr note = { 4, (Elf64_Word)len, type };

	memcpy(to, &note, sizeof(note));
	memcpy(to + sizeof(note), owner, 4);
	memset(to + sizeof(note) + 4, 0, (len + 3) & ~3UL);
	memcpy(to + sizeof(note) + 4, desc, len);
	return sizeof(note) + 4 + ((len + 3) & ~3UL);
}

/* An ELF file of notes: a build id of the same byte 8 times, a package note unless NULL. */
static UNUSED size_t make_elf(char *to, unsigned char id, const char *json)
{
	Elf64_Ehdr ehdr = { .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 1,
			    .e_phoff = sizeof(Elf64_Ehdr),
			    .e_type = ET_DYN };
	Elf64_Phdr phdr = { .p_type = PT_NOTE,
			    .p_align = 4,
			    .p_offset = sizeof(ehdr) + sizeof(phdr) };
	unsigned char build_id[8];
	char *notes = to + sizeof(ehdr) + sizeof(phdr);

	memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
	ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	ehdr.e_ident[EI_DATA] =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	memset(build_id, id, sizeof(build_id));
	phdr.p_filesz = add_note(notes, "GNU", NT_GNU_BUILD_ID, build_id, sizeof(build_id));
	if (json)
		phdr.p_filesz +=
			add_note(notes + phdr.p_filesz, "FDO", 0xcafe1a7e, json, strlen(json) + 1);
	memcpy(to, &ehdr, sizeof(ehdr));
	memcpy(to + sizeof(ehdr), &phdr, sizeof(phdr));
	return phdr.p_offset + phdr.p_filesz;
}

static UNUSED void put_elf(const char *path, unsigned char id, const char *json)
{
	char elf[8192];

	put_bytes(path, elf, make_elf(elf, id, json));
}

/* A small dpkg database as Debian 12 has it. */
static UNUSED void put_dpkg(void)
{
	put("/var/lib/dpkg/status",
	    "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.21\n"
	    "Description: a\n Package: qpid-other\n\n"
	    "Package: libqpid1\nArchitecture: i386\nVersion: 9\nSource: qpid (1.2)\n\n"
	    "Package: libqpid1\nArchitecture: amd64\nVersion: 1:1.35.0-1+b2\nSource: qpid\n\n"
	    "Package: libc6\nSource: glibc\nArchitecture: amd64\nVersion: 2.36-9\n\n"
	    "Package: $(id)\nVersion: 1\n\n"
	    "Package: evil\nArchitecture: amd64\nVersion: 1;id\n\n"
	    "Package: tool\nArchitecture: amd64\nVersion: 2.0~rc1"); /* and no end of line */
	put("/var/lib/dpkg/info/libqpid1:amd64.list", "/.\n/usr\n/usr/lib/x/libqpid.so.1\n");
	put("/var/lib/dpkg/info/libqpid1:i386.list", "/usr/lib/i386/libqpid.so.1\n");
	put("/var/lib/dpkg/info/libc6:amd64.list", "/lib/x/libc.so.6\n/lib/x/libm.so.6\n");
	put("/var/lib/dpkg/info/tool.list", "/usr/bin/tool-helper\n/usr/bin/tool\n");
	put("/var/lib/dpkg/info/evil.list", "/usr/bin/evil\n");
	put("/var/lib/dpkg/info/$(id).list", "/usr/bin/evil2\n");
	put("/var/lib/dpkg/info/:.list", "/usr/bin/nameless\n");
	put("/var/lib/dpkg/info/gone.list", "/usr/bin/gone\n");
	put("/var/lib/dpkg/info/tool.md5sums", "/usr/bin/md5\n");
}

static UNUSED int make_root(void **state)
{
	(void)state;
	/* rpm's tools make a database in $HOME, for a mere look at a file */
	return mkdtemp(root) && !setenv("HOME", root, 1) ? 0 : -1;
}

static UNUSED int remove_root(void **state)
{
	(void)state;
	run("rm -rf %s", root);
	return 0;
}

/* A process with the scratch root and mounts of its own; 0 when we may not. */
static UNUSED pid_t start_inside(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (geteuid() || pipe(ready))
		return 0;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!unshare(CLONE_NEWNS) && !chroot(root) && !chdir("/"))
			byte = (char)write(ready[1], "y", 1);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	close(ready[0]);
	return pid;
}

static UNUSED void stop_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif /* PACKAGE_FIXTURE_H */
