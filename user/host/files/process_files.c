/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/process_files.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host/files/elf_notes.h"
#include "host/process.h"
#include "lib/cleanup.h"
#include "lib/proc_file.h"
#include "lib/regular_file.h"

#define MAX_COPY (64 * 1024)
#define COMPARED_PAGE 4096

/* The error of opening a file of a process that is gone. */
static int gone_or_error(void)
{
	if (errno == ENOENT)
		return -ESRCH;
	return errno > 0 ? -errno : -EIO;
}

int process_open_root(pid_t tgid, int *ret_fd)
{
	char link[64];
	int fd;

	snprintf(link, sizeof(link), "/proc/%d/root", tgid);
	fd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return gone_or_error();
	*ret_fd = fd;
	return 0;
}

/*
 * openat2(2), as a plain /proc/PID/root/PATH would follow an absolute symbolic
 * link in it to our own root.
 */
static int open_in_root(pid_t tgid, const char *path, int flags, int *ret_fd)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | (unsigned int)flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	_cleanup_close_ int root = -1, fd = -1;
	int err = process_open_root(tgid, &root);

	if (err)
		return err;
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	return regular_file_reopen(fd, ret_fd);
}

/* The number of a namespace, by its link in /proc; 0 = not known. */
static __u64 namespace_of(const char *link)
{
	struct stat st;

	return stat(link, &st) ? 0 : st.st_ino;
}

static int shares_mounts(pid_t tgid, bool *ret_shares)
{
	char link[64];
	__u64 theirs;

	snprintf(link, sizeof(link), "/proc/%d/ns/mnt", tgid);
	theirs = namespace_of(link);
	if (!theirs)
		return gone_or_error();
	*ret_shares = theirs == namespace_of("/proc/self/ns/mnt");
	return 0;
}

int process_open_path(pid_t tgid, const char *path, int *ret_fd)
{
	bool shares;
	int err;

	err = shares_mounts(tgid, &shares);
	if (err)
		return err;
	/* Not by its root: the kernel gives the whole path for a process in a chroot. */
	return shares ? regular_file_open_stored(path, ret_fd) :
			open_in_root(tgid, path, 0, ret_fd);
}

int process_look(pid_t tgid, struct process_view *ret_view)
{
	struct process_view view = { 0 };
	char link[64];
	int err;

	err = process_start_time(tgid, &view.start_ns);
	if (err)
		return err;
	snprintf(link, sizeof(link), "/proc/%d/ns/mnt", tgid);
	view.mount_ns = namespace_of(link);
	view.shares_mounts = view.mount_ns && view.mount_ns == namespace_of("/proc/self/ns/mnt");
	*ret_view = view;
	return 0;
}

static int open_of(pid_t tgid, const char *name, int *ret_fd)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", tgid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return gone_or_error();
	*ret_fd = fd;
	return 0;
}

int process_open_maps(pid_t tgid, int *ret_fd)
{
	return open_of(tgid, "maps", ret_fd);
}

int process_open_memory(pid_t tgid, int *ret_fd)
{
	return open_of(tgid, "mem", ret_fd);
}

/* The process's pid in its own namespace and its effective user, by proc(5) "status". */
static int read_status(pid_t tgid, pid_t *ret_pid, uid_t *ret_uid)
{
	char path[64], line[1024];
	const char *last;
	int uid = 0, pid = 0;
	unsigned int euid;
	_cleanup_fclose_ FILE *status = NULL;

	snprintf(path, sizeof(path), "/proc/%d/status", tgid);
	status = fopen(path, "re");
	if (!status)
		return gone_or_error();
	while (fgets(line, sizeof(line), status) && !(uid && pid > 0)) {
		if (sscanf(line, "Uid: %*u %u", &euid) == 1)
			uid = 1;
		if (strncmp(line, "NSpid:", 6))
			continue;
		last = strrchr(line, '\t'); /* the innermost namespace's is the last */
		pid = last ? atoi(last + 1) : 0;
	}
	if (!uid || pid <= 0)
		return -ESRCH;
	*ret_pid = pid;
	*ret_uid = euid;
	return 0;
}

int process_open_perf_map(pid_t tgid, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	char path[64];
	uid_t uid;
	pid_t pid;
	int err;

	err = read_status(tgid, &pid, &uid);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	/* Anybody may make a symbolic or hard link there, so its owner proves nothing. */
	err = open_in_root(tgid, path, O_NOFOLLOW, &fd);
	if (err)
		return err;
	if (fstat(fd, &st))
		return -errno;
	if ((st.st_uid != uid && st.st_uid != 0) || st.st_nlink > 1)
		return -EPERM;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * Does the process have its vdso there? By its auxiliary vector (getauxval(3)), which has half the
 * width in a 32-bit program: no address of another is so low.
 */
static bool is_vdso(pid_t tgid, __u64 address)
{
	Elf64_auxv_t vector[64];
	const Elf32_auxv_t *narrow = (const Elf32_auxv_t *)vector;
	ssize_t len = proc_file_read_of(tgid, "auxv", (char *)vector, sizeof(vector));

	for (ssize_t i = 0; (i + 1) * (ssize_t)sizeof(*vector) <= len; i++)
		if (vector[i].a_type == AT_SYSINFO_EHDR)
			return vector[i].a_un.a_val == address;
	for (ssize_t i = 0; (i + 1) * (ssize_t)sizeof(*narrow) <= len; i++)
		if (narrow[i].a_type == AT_SYSINFO_EHDR)
			return narrow[i].a_un.a_val == address;
	return false;
}

int process_copy_vdso(pid_t tgid, __u64 start, __u64 len, int *ret_fd)
{
	char bytes[MAX_COPY];
	struct iovec local = { bytes, len }, remote = { (void *)start, len };
	_cleanup_close_ int fd = -1;
	ssize_t copied;

	if (!len || len > sizeof(bytes))
		return -EINVAL;
	if (!is_vdso(tgid, start))
		return -EACCES;
	copied = process_vm_readv(tgid, &local, 1, &remote, 1, 0);
	if (copied < 0)
		return -errno;
	fd = memfd_create("sockleak", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (copied != (ssize_t)len || write(fd, bytes, len) != copied)
		return -EINVAL;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* The build id among the notes of a segment, within an ELF file's first bytes. */
static const void *note_build_id(const char *bytes, size_t len, const Elf64_Phdr *phdr,
				 size_t *ret_len)
{
	struct elf_note note;
	__u64 at = 0;

	if (phdr->p_offset > len || phdr->p_filesz > len - phdr->p_offset)
		return NULL;
	while (elf_note_next(bytes + phdr->p_offset, phdr->p_filesz, phdr->p_align, &at, &note)) {
		if (!elf_note_is_build_id(&note))
			continue;
		*ret_len = note.desc_size;
		return note.desc;
	}
	return NULL;
}

const void *process_files_build_id(const char *bytes, size_t len, size_t *ret_len)
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	const void *id;
	unsigned int i;

	if (len < sizeof(ehdr))
		return NULL;
	memcpy(&ehdr, bytes, sizeof(ehdr));
	if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_phentsize != sizeof(phdr) || ehdr.e_phoff > len)
		return NULL;
	for (i = 0; i < ehdr.e_phnum; i++) {
		if (len - ehdr.e_phoff < (i + 1) * sizeof(phdr))
			return NULL;
		memcpy(&phdr, bytes + ehdr.e_phoff + i * sizeof(phdr), sizeof(phdr));
		if (phdr.p_type != PT_NOTE)
			continue;
		id = note_build_id(bytes, len, &phdr, ret_len);
		if (id)
			return id;
	}
	return NULL;
}

/* Does the file begin with the build id that the process has in memory? -ENODATA: unknown. */
static int compare_build_id(pid_t tgid, const struct mapping *mapping, int fd)
{
	char path[64], mapped[4096], stored[4096];
	const void *mapped_id, *stored_id;
	size_t mapped_len, stored_len;
	_cleanup_close_ int memory = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/mem", tgid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	if (memory < 0 || !mapping->header)
		return -ENODATA;
	len = pread(memory, mapped, sizeof(mapped), mapping->header);
	mapped_id = len < 0 ? NULL : process_files_build_id(mapped, len, &mapped_len);
	if (!mapped_id)
		return -ENODATA;
	len = pread(fd, stored, sizeof(stored), 0);
	stored_id = len < 0 ? NULL : process_files_build_id(stored, len, &stored_len);
	if (!stored_id || mapped_len != stored_len || memcmp(mapped_id, stored_id, mapped_len))
		return -ESTALE;
	return 0;
}

/*
 * 1: its numbers are those of the mapping's file; 0: it is another file, or they differ by
 * design.
 */
static int same_numbers(const struct mapping *mapping, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return st.st_ino == mapping->inode && major(st.st_dev) == mapping->major &&
	       minor(st.st_dev) == mapping->minor;
}

static int check_identity(pid_t tgid, const struct mapping *mapping, int fd)
{
	int err = same_numbers(mapping, fd);

	if (err)
		return err < 0 ? err : 0;
	/* overlayfs and btrfs number a file differently in maps than in stat */
	err = compare_build_id(tgid, mapping, fd);
	if (err != -ENODATA)
		return err;
	/* The kernel says that the file at this path is mapped, and nothing contradicts it. */
	return mapping->deleted ? -ESTALE : 0;
}

/* Is the memory that has replaced a mapping a copy of the file? Of 16 pages, spread over it. */
static int compare_pages(pid_t tgid, const struct mapping *mapping, int fd)
{
	__u64 pages = (mapping->end - mapping->start) / COMPARED_PAGE, step = pages / 16 ?: 1;
	char path[64], mapped[COMPARED_PAGE], stored[COMPARED_PAGE];
	_cleanup_close_ int memory = -1;

	snprintf(path, sizeof(path), "/proc/%d/mem", tgid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	if (memory < 0)
		return -errno;
	for (__u64 at = 0; at < pages * COMPARED_PAGE; at += step * COMPARED_PAGE) {
		ssize_t len = pread(fd, stored, sizeof(stored), (off_t)(mapping->offset + at));

		if (len <= 0 ||
		    pread(memory, mapped, (size_t)len, (off_t)(mapping->start + at)) != len ||
		    memcmp(mapped, stored, (size_t)len))
			return -ESTALE;
	}
	return 0;
}

int mapping_open(pid_t tgid, const struct mapping *mapping, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	char link[96];
	int err;

	if (!mapping_is_file(mapping))
		return -ENOENT;
	snprintf(link, sizeof(link), "/proc/%d/map_files/%llx-%llx", tgid, mapping->start,
		 mapping->end);
	if (!mapping->replaced && !regular_file_open_stored(link, ret_fd))
		return 0;
	err = process_open_path(tgid, mapping->path, &fd);
	if (err)
		return err;
	err = check_identity(tgid, mapping, fd);
	if (!err && mapping->replaced)
		err = compare_pages(tgid, mapping, fd);
	if (err)
		return err;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int mapping_open_orphan(const struct mapping *mapping, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	int err;

	if (!mapping_is_file(mapping))
		return -ENOENT;
	if (mapping->replaced)
		return -ESTALE; /* nobody can tell what was there */
	err = regular_file_open_stored(mapping->path, &fd);
	if (err)
		return err;
	err = same_numbers(mapping, fd);
	if (err <= 0)
		return err ? err : -ESTALE;
	*ret_fd = TAKE_FD(fd);
	return 0;
}
