/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * package: which package a mapped file came from, and how its debug information
 * is called there. Knows the package databases of the host, dpkg's in containers,
 * and what a file says of itself; nothing of stacks or reports.
 *
 * Asked in this order; the first that knows decides:
 *
 * 1. rpm, of a process that has our root: `rpm -qf` of the build id's link
 *    (/usr/lib/.build-id, Fedora 27 and later), then of the path. As a child
 *    process with a time limit and not by librpm: a database that is locked or
 *    broken hangs its reader.
 * 2. dpkg's text database in the process's own root, so in a container, too.
 * 3. The file's .note.package (systemd.io/ELF_PACKAGE_METADATA). It is last, as
 *    its "name" is the source package's: libsystemd0 calls itself systemd there.
 *    It is all that can be known in a container with an rpm database, which is
 *    never parsed.
 *
 * A path counts only as long as the file there is the module, which follows from the build id:
 * after an upgrade the database speaks of another build.
 *
 * Files in a process's root are another user's input: only regular files within
 * it are read, with bounds on sizes and on time. Every text in a struct package
 * can be pasted into a shell as it is: a name with any other byte than
 * [A-Za-z0-9.+:~_^-], or no letter or digit in front, makes a package unknown.
 */
#ifndef SOCKLEAK_PACKAGE_H
#define SOCKLEAK_PACKAGE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

struct text;

enum package_kind {
	PACKAGE_UNKNOWN = 0, /* no package owns it, or none that can be found */
	PACKAGE_RPM,
	PACKAGE_DEB,
};

/* The source of the answer. */
enum package_source {
	PACKAGE_FROM_NOTHING = 0,
	PACKAGE_FROM_RPM,
	PACKAGE_FROM_DPKG,
	PACKAGE_FROM_NOTE, /* the name is the source package's */
};

/* Would the package manager find the debug information of this version? */
enum package_availability {
	PACKAGE_MAYBE = 0,  /* not known */
	PACKAGE_AVAILABLE,  /* in a list of the package manager, in this version */
	PACKAGE_NO_ARCHIVE, /* no list is of the archive that would have it */
	PACKAGE_TOO_OLD,    /* the lists have it in other versions only */
	PACKAGE_NOT_THERE,  /* no list has it in any version */
};

/* A plain value: to be copied, nothing to free. Unknown texts are "". */
struct package {
	enum package_kind kind;
	enum package_source source;
	char name[128];
	char version[128]; /* deb: as in its status; rpm: [EPOCH:]VERSION-RELEASE */
	char arch[32];
	/*
	 * The argument for the package manager: after `dnf debuginfo-install` NAME-
	 * VERSION-RELEASE.ARCH (without epoch, as gdb has it), after `apt install` the package with
	 * the debug symbols, without its version (package_add_pinned()).
	 */
	char debug[320];
	enum package_availability availability; /* of deb; of rpm MAYBE */
	bool replaced;				/* the file at the path is gone, or another build */
	bool removed;				/* it is gone */
	bool foreign; /* the process has another root than ours: a container, a chroot */
	__u64 root_device, root_inode; /* which root that is; 0 when the process is gone */
};

struct packages;

/* A cache of at most 1024 answers. Free it with packages__free() (NULL is allowed). */
int packages__new(struct packages **ret_packages);
void packages__free(struct packages *packages);

/*
 * The package of a module: its path as the process sees it, its build id in hex
 * (NULL = not known: the file at the path is believed to be it). 0 with kind
 * PACKAGE_UNKNOWN when no package is found.
 *
 * From the cache in a microsecond; else some 10 ms for dpkg, the same for rpm, and never more than
 * 1 s for a foreign root, 6 s for our own. An unknown, and one that the package manager would not
 * find, is asked for anew after five minutes. For a process that has gone only a cached answer is
 * given, by path and build id. -EINVAL: not an absolute path. -ESRCH: gone and not cached. -EACCES,
 * -EPERM: needs CAP_SYS_PTRACE. -ENOMEM.
 */
int packages__find(struct packages *packages, pid_t tgid, const char *path, const char *build_id,
		   struct package *ret_package);

/*
 * Add its name and version as people write them: "ruby-libs-3.2.2-1.fc38.x86_64",
 * "libc6 2.36-9+deb12u14". Nothing for an unknown one.
 */
void package_add_label(struct text *out, const struct package *package);

/*
 * Add what to ask the package manager for, so that it installs nothing else: of deb the debug
 * package in the version of the package. apt would upgrade packages that run, to have the newest.
 */
void package_add_pinned(struct text *out, const struct package *package);

/* "available", "no_archive", "too_old", "not_there"; NULL for PACKAGE_MAYBE. */
const char *package_availability_name(enum package_availability availability);

/* "rpm", "dpkg", "note"; NULL for PACKAGE_FROM_NOTHING. */
const char *package_source_name(enum package_source source);

#endif /* SOCKLEAK_PACKAGE_H */
