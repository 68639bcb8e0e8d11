/* SPDX-License-Identifier: BSD-2-Clause */
#include "packages/package.h"

#include "host/files/access.h"
#include "host/files/elf_notes.h"
#include "lib/cleanup.h"
#include "lib/regular_file.h"
#include "lib/text.h"
#include "lib/time.h"
#include "packages/package_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#define MEMFD "/memfd:" /* how the kernel writes memfd_create(2) in maps */
#define MAX_ANSWERS 1024
#define UNKNOWN_NS (300 * NSEC_PER_SEC)	    /* how long "unknown" is believed */
#define OUR_LIMIT_NS (3 * NSEC_PER_SEC)	    /* for one look into a database of ours */
#define FOREIGN_LIMIT_NS (NSEC_PER_SEC / 2) /* ... or of somebody else's root */

/* An answer; or, with the path "", that a root's database took too long. */
struct answer {
	char *key; /* "DEVICE:INODE BUILD-ID PATH" */
	struct package package;
	__u64 expires_ns; /* 0 = never */
	UT_hash_handle hh;
};

struct packages {
	struct answer *answers; /* the oldest first */
	__u64 rpm_again_ns;	/* rpm hung: not to be asked before */
};

/* The question of one packages__find(). */
struct package_question {
	pid_t tgid;
	const char *path;
	const char *build_id; /* NULL = not known */
	int root_fd;
	struct package package; /* the answer, with the root filled in from the start */
};

bool package_is_word(const char *word)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.+:~_^-";

	/* an option, a home directory; and apt takes ^lib for all packages that begin so */
	return word[0] && !strchr(".+:~_^-", word[0]) && !word[strspn(word, allowed)];
}

int package_copy_word(char *to, size_t size, const char *word)
{
	size_t len = strlen(word);

	if (len >= size || !package_is_word(word))
		return -EINVAL;
	memcpy(to, word, len + 1);
	return 0;
}

const char *package_source_name(enum package_source source)
{
	switch (source) {
	case PACKAGE_FROM_RPM:
		return "rpm";
	case PACKAGE_FROM_DPKG:
		return "dpkg";
	case PACKAGE_FROM_NOTE:
		return "note";
	case PACKAGE_FROM_NOTHING:
		break;
	}
	return NULL;
}

void package_add_label(struct text *out, const struct package *package)
{
	if (package->kind == PACKAGE_RPM)
		text_add(out, package->debug);
	else if (package->kind == PACKAGE_DEB)
		text_addf(out, "%s%s%s", package->name, package->version[0] ? " " : "",
			  package->version);
}

void package_add_pinned(struct text *out, const struct package *package)
{
	text_add(out, package->debug);
	if (package->kind == PACKAGE_DEB && package->version[0])
		text_addf(out, "=%s", package->version);
}

const char *package_availability_name(enum package_availability availability)
{
	static const char *const names[] = {
		[PACKAGE_AVAILABLE] = "available",
		[PACKAGE_NO_ARCHIVE] = "no_archive",
		[PACKAGE_TOO_OLD] = "too_old",
		[PACKAGE_NOT_THERE] = "not_there",
	};

	return availability <= PACKAGE_NOT_THERE ? names[availability] : NULL;
}

/* ---- The cache ---- */

int packages__new(struct packages **ret_packages)
{
	struct packages *packages = calloc(1, sizeof(*packages));

	if (!packages)
		return -ENOMEM;
	*ret_packages = packages;
	return 0;
}

static void drop_answer(struct packages *packages, struct answer *answer)
{
	HASH_DEL(packages->answers, answer);
	free(answer->key);
	free(answer);
}

void packages__free(struct packages *packages)
{
	if (!packages)
		return;
	while (packages->answers)
		drop_answer(packages, packages->answers);
	free(packages);
}

static void add_key(struct text *key, const struct package *root, const char *build_id,
		    const char *path)
{
	text_addf(key, "%llx:%llx %s %s", (unsigned long long)root->root_device,
		  (unsigned long long)root->root_inode, build_id ? build_id : "-", path);
}

static const struct answer *recall_answer(struct packages *packages, const char *key)
{
	struct answer *answer;

	HASH_FIND_STR(packages->answers, key, answer);
	if (answer && answer->expires_ns && answer->expires_ns < clock_now(CLOCK_MONOTONIC)) {
		drop_answer(packages, answer);
		return NULL;
	}
	return answer;
}

/* For a process that has gone: the same build at the same path, in whatever root. */
static const struct answer *recall_by_build_id(struct packages *packages, const char *path,
					       const char *build_id)
{
	struct answer *answer, *next;
	const char *rest;
	size_t len;

	if (!build_id)
		return NULL;
	len = strlen(build_id);
	HASH_ITER(hh, packages->answers, answer, next) {
		rest = strchr(answer->key, ' ') + 1;
		if (!strncmp(rest, build_id, len) && rest[len] == ' ' &&
		    !strcmp(rest + len + 1, path))
			return answer;
	}
	return NULL;
}

/* Failing for want of memory costs another look. */
static void remember_answer(struct packages *packages, const char *key,
			    const struct package *package)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (!answer)
		return;
	answer->key = strdup(key);
	if (!answer->key) {
		free(answer);
		return;
	}
	answer->package = *package;
	/* apt's lists and sources change */
	if (package->kind == PACKAGE_UNKNOWN || package->availability > PACKAGE_AVAILABLE)
		answer->expires_ns = clock_now(CLOCK_MONOTONIC) + UNKNOWN_NS;
	if (HASH_COUNT(packages->answers) >= MAX_ANSWERS)
		drop_answer(packages, packages->answers);
	HASH_ADD_KEYPTR(hh, packages->answers, answer->key, strlen(answer->key), answer);
	if (!answer->hh.tbl) { /* uthash could not get memory */
		free(answer->key);
		free(answer);
	}
}

/* ---- Asking ---- */

static int find_root(struct package_question *question)
{
	struct package *package = &question->package;
	struct stat ours, theirs;
	int fd, err = access_root(question->tgid, &fd);

	if (err)
		return err;
	question->root_fd = fd;
	if (fstat(fd, &theirs) || stat("/", &ours))
		return -errno;
	package->root_device = theirs.st_dev;
	package->root_inode = theirs.st_ino;
	/* by the root and not by the mount namespace: many services have one of their own */
	package->foreign = ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino;
	return 0;
}

/* Is the file that the process has at the path the one that we have there? */
static bool is_our_file(const struct package_question *question, int fd)
{
	struct stat theirs, ours;
	_cleanup_close_ int our_fd = -1;

	return !regular_file_open_stored(question->path, &our_fd) && !fstat(fd, &theirs) &&
	       !fstat(our_fd, &ours) && theirs.st_dev == ours.st_dev &&
	       theirs.st_ino == ours.st_ino;
}

static int ask_rpm(struct packages *packages, struct package_question *question, bool by_path)
{
	const char *database = package_rpm_database(), *build_id = question->build_id;
	__u64 now_ns = clock_now(CLOCK_MONOTONIC);
	char link[2 * BUILD_ID_MAX + 32];
	int err = -ENOENT;

	if (!database || now_ns < packages->rpm_again_ns)
		return -ENOENT;
	if (build_id) {
		snprintf(link, sizeof(link), "/usr/lib/.build-id/%.2s/%s", build_id, build_id + 2);
		if (!faccessat(AT_FDCWD, link, F_OK, AT_SYMLINK_NOFOLLOW))
			err = package_from_rpm(database, link, now_ns + OUR_LIMIT_NS,
					       &question->package);
	}
	if (err == -ENOENT && by_path)
		err = package_from_rpm(database, question->path, now_ns + OUR_LIMIT_NS,
				       &question->package);
	if (err == -ETIMEDOUT)
		packages->rpm_again_ns = clock_now(CLOCK_MONOTONIC) + UNKNOWN_NS;
	return err;
}

static int ask_dpkg(struct packages *packages, struct package_question *question)
{
	_cleanup_text_ struct text root = TEXT_INIT;
	__u64 limit_ns = question->package.foreign ? FOREIGN_LIMIT_NS : OUR_LIMIT_NS;
	struct package unknown = { 0 };
	int err;

	add_key(&root, &question->package, NULL, "");
	if (text_error(&root))
		return -ENOMEM;
	if (recall_answer(packages, text_str(&root)))
		return -ETIMEDOUT;
	err = package_from_dpkg(question->root_fd, question->path, question->build_id,
				clock_now(CLOCK_MONOTONIC) + limit_ns, &question->package);
	if (!err)
		question->package.availability =
			package_in_apt(question->root_fd, &question->package,
				       clock_now(CLOCK_MONOTONIC) + limit_ns);
	if (err == -ETIMEDOUT)
		remember_answer(packages, text_str(&root), &unknown);
	return err;
}

static void ask_databases(struct packages *packages, struct package_question *question)
{
	struct package root = question->package, *package = &question->package;
	struct package_file file = { 0 };
	_cleanup_close_ int fd = -1;
	int err = access_path(question->tgid, question->path, &fd);

	if (!err)
		package_read_file(fd, &file); /* no ELF file: has no build id */
	/* memory that has a name was never there */
	root.removed = err == -ENOENT && strncmp(question->path, MEMFD, strlen(MEMFD)) != 0;
	err = -ENOENT;
	if (fd < 0 || (question->build_id && strcmp(question->build_id, file.build_id)))
		root.replaced = true;
	if (!root.foreign)
		err = ask_rpm(packages, question, !root.replaced && is_our_file(question, fd));
	if (err && !root.replaced && (root.foreign || is_our_file(question, fd)))
		err = ask_dpkg(packages, question);
	if (err && !root.replaced)
		*package = file.package;
	package->replaced = root.replaced;
	package->removed = root.removed;
	package->foreign = root.foreign;
	package->root_device = root.root_device;
	package->root_inode = root.root_inode;
}

int packages__find(struct packages *packages, pid_t tgid, const char *path, const char *build_id,
		   struct package *ret_package)
{
	_cleanup_text_ struct text key = TEXT_INIT;
	struct package_question question = { .tgid = tgid, .path = path, .root_fd = -1 };
	const struct answer *answer;
	int err;

	if (path[0] != '/' || strchr(path, '\n'))
		return -EINVAL;
	if (build_id && build_id_is_hex(build_id))
		question.build_id = build_id;
	err = find_root(&question);
	if (!err) {
		add_key(&key, &question.package, question.build_id, path);
		err = text_error(&key);
	}
	if (!err)
		answer = recall_answer(packages, text_str(&key));
	else
		answer = err == -ESRCH ? recall_by_build_id(packages, path, question.build_id) :
					 NULL;
	if (!err && !answer) {
		ask_databases(packages, &question);
		remember_answer(packages, text_str(&key), &question.package);
	}
	if (question.root_fd >= 0)
		close(question.root_fd);
	if (err && !answer)
		return err;
	*ret_package = answer ? answer->package : question.package;
	return 0;
}
