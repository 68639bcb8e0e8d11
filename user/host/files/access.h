/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access: how the code that reads other users' files opens them. In other processes these are plain
 * calls of process_files.h. In the resolver, a process without privileges, the same calls ask the
 * opener (opener.h), which opens the file and passes the descriptor. The resolver asks the agent
 * itself for what the agent has, and for what can never block it.
 *
 * A file that the resolver reads may exploit a bug and take the resolver over. What the
 * opener then opens for it is limited to: the maps of processes; ELF files (known by their
 * first bytes; they hold no secrets, except core dumps, which are not opened); perf maps, and
 * dumps of JIT code that a process has mapped;
 * the vdso; root directories of processes, below which the resolver may read what
 * everybody may; and the memory of the process that it is asked about, if that executes scripts.
 *
 * The errors are those of process_files.h. When the agent or the opener is gone, asking ends the
 * resolver: without files it would answer less than there is to know, and nobody would notice.
 */
#ifndef SOCKLEAK_ACCESS_H
#define SOCKLEAK_ACCESS_H

#include <limits.h>

#include "host/files/process_files.h"

int access_view(pid_t tgid, struct process_view *ret_view);
int access_maps(pid_t tgid, int *ret_fd);
/* The last known maps of a process that has ended. -ENOENT: there are none. */
int access_past(pid_t tgid, struct process_view *ret_view, int *ret_fd);
int access_mapping(pid_t tgid, const struct mapping *mapping, int *ret_fd);
int access_orphan(const struct mapping *mapping, int *ret_fd);
int access_path(pid_t tgid, const char *path, int *ret_fd);
int access_root(pid_t tgid, int *ret_fd);
int access_perf_map(pid_t tgid, int *ret_fd);
/*
 * The part of a file that the process has mapped, where the file cannot be opened: memory_image.h.
 */
int access_image(pid_t tgid, const struct mapping *mapping, int *ret_fd);
int access_vdso(pid_t tgid, __u64 start, __u64 len, int *ret_fd);
/*
 * The memory of a process, to be read only (process_open_memory()). The agent passes it for the
 * process that it asks about, and only if that executes scripts.
 */
int access_memory(pid_t tgid, int *ret_fd);
/*
 * The debug file of a build id in hex that was fetched from a debuginfod server. -ENOENT:
 * it is not there (yet); asking starts the fetch.
 */
int access_fetched(const char *build_id, int *ret_fd);

/* The first bytes of a dump of JIT code. */
#define ACCESS_JITDUMP 0x4A695444U

/* ---- Between the resolver, and the opener or the agent ---- */

/* The first word of a message that is not an access_reply. */
enum message_kind {
	MESSAGE_REQUEST = 1,
	MESSAGE_ACCESS,
	MESSAGE_ANSWER,
	MESSAGE_FRAMES,
};

enum access_kind {
	ACCESS_VIEW = 1,
	ACCESS_MAPS,
	ACCESS_MAPPING,
	ACCESS_ORPHAN,
	ACCESS_PATH,
	ACCESS_ROOT,
	ACCESS_PERF_MAP,
	ACCESS_VDSO,
	ACCESS_IMAGE,
	ACCESS_FETCHED,
	ACCESS_MEMORY,
	ACCESS_PAST,
	ACCESS_COUNT,
};

/* One call; members that its kind does not need are 0. */
struct access_request {
	__u32 message; /* MESSAGE_ACCESS */
	__u32 kind;
	__s32 tgid;
	__u32 major, minor;
	__u32 deleted, replaced;
	__u64 start, end; /* of the mapping, or of the vdso */
	__u64 offset, inode, header;
	char path[PATH_MAX]; /* of a file; or a build id */
};

struct access_reply {
	__s32 error; /* 0: a descriptor comes with it, except for ACCESS_VIEW */
	__u32 pad;
	struct process_view view; /* of ACCESS_VIEW and ACCESS_PAST */
};

/* From now on this process asks at the other ends of two channels (channel.h). */
void access_through(int opener, int agent);

/* Called to answer ACCESS_FETCHED; as access_fetched(). */
typedef int (*access_fetched_fn)(const char *build_id, int *ret_fd, void *ctx);

/* Called to answer ACCESS_PAST; as access_past(). */
typedef int (*access_past_fn)(pid_t tgid, struct process_view *ret_view, int *ret_fd, void *ctx);

/* Things that the agent has itself; each function may be NULL. */
struct access_sources {
	access_fetched_fn fetched;
	void *ctx;
	access_past_fn past;
	void *past_ctx;
};

/*
 * Carry out a request of len bytes: in the opener, for what belongs to a process; in the agent, for
 * what that has itself. *ret_fd is the descriptor to pass on, to be closed after that, or -1.
 */
void access_serve_file(const struct access_request *request, size_t len,
		       struct access_reply *ret_reply, int *ret_fd);
void access_serve_source(const struct access_request *request, size_t len,
			 const struct access_sources *sources, struct access_reply *ret_reply,
			 int *ret_fd);

#endif /* SOCKLEAK_ACCESS_H */
