/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * package_sources: the places that package.c asks, one file each. Each answers
 * with a whole struct package (its root left out) or not at all: 0, -ENOENT when
 * it knows no owner, or another error. Times are CLOCK_MONOTONIC nanoseconds.
 */
#ifndef SOCKLEAK_PACKAGE_SOURCES_H
#define SOCKLEAK_PACKAGE_SOURCES_H

#include "host/files/elf_notes.h"
#include "packages/package.h"

#include <stddef.h>

/* ---- package_note.c: what a file says of itself ---- */

struct package_file {
	char build_id[2 * BUILD_ID_MAX + 1]; /* "" = none */
	struct package package;		     /* by its .note.package, or unknown */
};

/*
 * Read the notes of a 64-bit ELF file: of at most 128 program headers those of
 * type PT_NOTE, at most 64 KiB each. Notes that are cut off or malformed are
 * passed over. -ENOEXEC: not such a file.
 */
int package_read_file(int fd, struct package_file *ret_file);

/* The text of a .note.package; NULs at its end are allowed. -EINVAL: it is of no use. */
int package_parse_note(const char *json, size_t len, struct package *ret_package);

/* ---- package_dpkg.c ---- */

/*
 * The owner of a path by /var/lib/dpkg within the directory root_fd (never out of
 * it), diversions included. /usr/lib/X and /lib/X and their like are one (usrmerge). The module's
 * build id may be NULL. -ETIMEDOUT, -E2BIG: given up.
 */
int package_from_dpkg(int root_fd, const char *path, const char *build_id, __u64 deadline_ns,
		      struct package *ret_package);

/*
 * Open a regular file below a directory that stands for "/", read-only; symbolic links
 * stay within it. -EINVAL: of another type.
 */
int package_open_in(int root_fd, const char *path, int *ret_fd);
/* The same of a directory; returns the descriptor or -errno. */
int package_open_directory(int root_fd, const char *path);

/* ---- package_diversions.c ---- */

/* The packages of files that dpkg's lists do not have, or have wrongly. */
struct package_diversion {
	char path[1024];  /* by which the lists have it; "" = by its own */
	char only[128];	  /* the package that it is of, ":" = of none; "" = not known */
	char except[128]; /* a package that lists `path` and has its own file there; "" = none */
};

/* How a path is diverted within the directory root_fd; all "" when it is not. */
void package_find_diversion(int root_fd, const char *path, struct package_diversion *ret);

/* ---- package_debian.c ---- */

/*
 * The name of the package with a package's debug symbols; `source` its source package, build_id
 * that of the module (NULL = not known). Most have an automatic NAME-dbgsym. Those that have not
 * are in a table (debian_debug_table.h), by the build ids of Debian 12 and 13, or follow a rule.
 */
int package_debian_debug(const char *name, const char *source, const char *build_id,
			 char *ret_debug, size_t size);

/* ---- package_apt.c ---- */

/* Is a package with debug symbols in the archive of its own that -dbgsym packages have? */
bool package_is_of_debug_archive(const char *debug);

/*
 * Would `apt install DEBUG=VERSION` of a deb find it, by /var/lib/apt/lists within the directory
 * root_fd? Lists that apt keeps compressed are not read. PACKAGE_MAYBE: not known.
 */
enum package_availability package_in_apt(int root_fd, const struct package *package,
					 __u64 deadline_ns);

/* ---- package_rpm.c ---- */

/* The directory of our rpm database; NULL = none (a query would create one). */
const char *package_rpm_database(void);

/*
 * Ask /usr/bin/rpm for the owner of a path in the database in a directory.
 * -ETIMEDOUT: it was killed at the deadline.
 */
int package_from_rpm(const char *database, const char *path, __u64 deadline_ns,
		     struct package *ret_package);

/*
 * The first owner in what rpm says: the packages of two architectures may share a
 * path. -ENOENT: it names none.
 */
int package_parse_rpm(const char *answer, struct package *ret_package);

/* Fill in debug of an rpm with name, version and arch set. -EINVAL: one of them is not valid. */
int package_finish_rpm(struct package *package);

/* ---- package.c ---- */

/* Is it a name or version, not empty, that a shell takes as it is? */
bool package_is_word(const char *word);
/* Copy a word; -EINVAL: it is not one, or too long. */
int package_copy_word(char *to, size_t size, const char *word);

#endif /* SOCKLEAK_PACKAGE_SOURCES_H */
