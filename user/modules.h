/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modules: which files are mapped executable in one process, and how to open
 * them (and other files as that process sees them) without being tricked. Reads
 * /proc/PID/maps; knows nothing of symbols.
 *
 * Everything here is another user's input to a privileged reader, so it is
 * bounded: at most 65,536 lines and 16 MiB of maps are read, what follows is not
 * known. An open never blocks, never has a side effect (a FIFO or a device is
 * found out before it is opened), and never leaves the root of a process that
 * lives in another mount namespace.
 */
#ifndef SOCKLEAK_MODULES_H
#define SOCKLEAK_MODULES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* One executable mapping. */
struct mapping {
	__u64 start, end; /* addresses; end is the first one behind it */
	__u64 offset;	  /* of start in the file, bytes */
	__u64 inode;	  /* 0 = no file */
	__u64 header;	  /* where the start of the same file is mapped; 0 = nowhere */
	/*
	 * The kernel's text, without its " (deleted)" and with its \012 decoded;
	 * "[vdso]" and "[vsyscall]"; NULL = anonymous memory (JIT code). Belongs to
	 * the struct modules.
	 */
	char *path;
	unsigned int major, minor; /* of the file's device */
	bool deleted;		   /* the file has no name any more */
};

struct modules;

/*
 * Read the executable mappings of a process into *ret_modules, to be freed with
 * modules__free() (NULL is allowed there).
 * -ESRCH: it is gone, or has no memory any more (a zombie), or never had (a
 * kernel thread). -EACCES or -EPERM: needs CAP_SYS_PTRACE.
 */
int modules__read(pid_t tgid, struct modules **ret_modules);
void modules__free(struct modules *modules);

/* The same from any text in the format of /proc/PID/maps (proc(5)); may be empty. */
int modules__parse(FILE *maps, struct modules **ret_modules);

/* How many mappings. */
size_t modules__count(const struct modules *modules);

/* Do both say the same? */
bool modules__equal(const struct modules *a, const struct modules *b);

/* The mapping that holds an address, NULL = none. Valid as long as modules. */
const struct mapping *modules__find(const struct modules *modules, __u64 address);

/* Is it of a file? (Not of anonymous memory, not the vdso.) */
bool mapping_is_file(const struct mapping *mapping);

/*
 * Open the file of a mapping read-only, in *ret_fd (the caller closes it): by
 * /proc/PID/map_files, which always is the mapped file; else (that needs
 * CAP_CHECKPOINT_RESTORE) by its path in the process's view, if it is still the
 * same file. -ENOENT: not a file. -ESTALE: there is another file at its path.
 * -ESRCH, -EACCES, -EPERM and what open(2) says.
 */
int mapping_open(pid_t tgid, const struct mapping *mapping, int *ret_fd);

/*
 * The same when the process is gone, and had the paths we have: by its path, if
 * device and inode are the mapped ones. -ENOENT, -ESTALE and what open(2) says.
 */
int mapping_open_orphan(const struct mapping *mapping, int *ret_fd);

/*
 * Open a regular file read-only by an absolute path as a process sees it: within
 * its root when it lives in another mount namespace (symbolic links included),
 * else as we see it, which is also how the kernel writes paths in its maps.
 * -EINVAL: not a regular file.
 */
int process_open_path(pid_t tgid, const char *path, int *ret_fd);

/* The same in our own view: for /usr/lib/debug. */
int open_regular(const char *path, int *ret_fd);

/*
 * For the tests: the build id of an ELF file of which these are the first bytes
 * (linkers put it right behind the program headers), within them, and its length.
 * NULL: not there, or not a 64-bit ELF file.
 */
const void *modules_build_id(const char *bytes, size_t len, size_t *ret_len);

#endif /* SOCKLEAK_MODULES_H */
