/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/access.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/files/memory_image.h"
#include "lib/channel.h"

/* The ends at which this process asks; -1 = it opens files itself. */
static int opener = -1, agent = -1;

void access_through(int to_opener, int to_agent)
{
	opener = to_opener;
	agent = to_agent;
}

/* ---- Asking ---- */

static int ask(struct access_request *request, struct access_reply *ret_reply, int *ret_fd)
{
	bool is_own = request->kind == ACCESS_FETCHED || request->kind == ACCESS_PAST;
	struct message reply = { .data = ret_reply, .size = sizeof(*ret_reply) };
	int end = is_own ? agent : opener, err;

	request->message = MESSAGE_ACCESS;
	err = channel_send(end, request, sizeof(*request), /* fd= */ -1, CHANNEL_NO_DEADLINE);
	if (!err)
		err = channel_receive(end, &reply, CHANNEL_NO_DEADLINE);
	if (err)
		_exit(err == -EPIPE ? 0 : 1);
	if (reply.len == sizeof(*ret_reply) && !ret_reply->error && (reply.fd >= 0) == !!ret_fd) {
		if (ret_fd)
			*ret_fd = reply.fd;
		return 0;
	}
	if (reply.fd >= 0)
		close(reply.fd);
	return reply.len == sizeof(*ret_reply) && ret_reply->error < 0 ? ret_reply->error : -EPROTO;
}

static int ask_file(struct access_request *request, int *ret_fd)
{
	struct access_reply reply;

	return ask(request, &reply, ret_fd);
}

static int ask_path(enum access_kind kind, pid_t tgid, const char *path, int *ret_fd)
{
	struct access_request request = { .kind = kind, .tgid = tgid };
	size_t len = strlen(path);

	if (len >= sizeof(request.path))
		return -ENAMETOOLONG;
	memcpy(request.path, path, len);
	return ask_file(&request, ret_fd);
}

static int ask_mapping(enum access_kind kind, pid_t tgid, const struct mapping *mapping,
		       int *ret_fd)
{
	struct access_request request = {
		.kind = kind,
		.tgid = tgid,
		.major = mapping->major,
		.minor = mapping->minor,
		.deleted = mapping->deleted,
		.replaced = mapping->replaced,
		.start = mapping->start,
		.end = mapping->end,
		.offset = mapping->offset,
		.inode = mapping->inode,
		.header = mapping->header,
	};
	size_t len;

	if (!mapping_is_file(mapping))
		return -ENOENT;
	len = strlen(mapping->path);
	if (len >= sizeof(request.path))
		return -ENAMETOOLONG;
	memcpy(request.path, mapping->path, len);
	return ask_file(&request, ret_fd);
}

static int ask_process(enum access_kind kind, pid_t tgid, int *ret_fd)
{
	struct access_request request = { .kind = kind, .tgid = tgid };

	return ask_file(&request, ret_fd);
}

int access_view(pid_t tgid, struct process_view *ret_view)
{
	struct access_request request = { .kind = ACCESS_VIEW, .tgid = tgid };
	struct access_reply reply;
	int err;

	if (agent < 0)
		return process_look(tgid, ret_view);
	err = ask(&request, &reply, NULL);
	if (!err)
		*ret_view = reply.view;
	return err;
}

int access_maps(pid_t tgid, int *ret_fd)
{
	return agent < 0 ? process_open_maps(tgid, ret_fd) : ask_process(ACCESS_MAPS, tgid, ret_fd);
}

int access_past(pid_t tgid, struct process_view *ret_view, int *ret_fd)
{
	struct access_request request = { .kind = ACCESS_PAST, .tgid = tgid };
	struct access_reply reply;
	int err;

	if (agent < 0)
		return -ENOENT;
	err = ask(&request, &reply, ret_fd);
	if (!err)
		*ret_view = reply.view;
	return err;
}

int access_mapping(pid_t tgid, const struct mapping *mapping, int *ret_fd)
{
	return agent < 0 ? mapping_open(tgid, mapping, ret_fd) :
			   ask_mapping(ACCESS_MAPPING, tgid, mapping, ret_fd);
}

int access_orphan(const struct mapping *mapping, int *ret_fd)
{
	return agent < 0 ? mapping_open_orphan(mapping, ret_fd) :
			   ask_mapping(ACCESS_ORPHAN, 0, mapping, ret_fd);
}

int access_path(pid_t tgid, const char *path, int *ret_fd)
{
	return agent < 0 ? process_open_path(tgid, path, ret_fd) :
			   ask_path(ACCESS_PATH, tgid, path, ret_fd);
}

int access_root(pid_t tgid, int *ret_fd)
{
	return agent < 0 ? process_open_root(tgid, ret_fd) : ask_process(ACCESS_ROOT, tgid, ret_fd);
}

int access_perf_map(pid_t tgid, int *ret_fd)
{
	return agent < 0 ? process_open_perf_map(tgid, ret_fd) :
			   ask_process(ACCESS_PERF_MAP, tgid, ret_fd);
}

int access_image(pid_t tgid, const struct mapping *mapping, int *ret_fd)
{
	return agent < 0 ? process_copy_image(tgid, mapping, ret_fd) :
			   ask_mapping(ACCESS_IMAGE, tgid, mapping, ret_fd);
}

int access_vdso(pid_t tgid, __u64 start, __u64 len, int *ret_fd)
{
	struct access_request request = {
		.kind = ACCESS_VDSO, .tgid = tgid, .start = start, .end = start + len
	};

	return agent < 0 ? process_copy_vdso(tgid, start, len, ret_fd) : ask_file(&request, ret_fd);
}

int access_memory(pid_t tgid, int *ret_fd)
{
	return agent < 0 ? process_open_memory(tgid, ret_fd) :
			   ask_process(ACCESS_MEMORY, tgid, ret_fd);
}

int access_fetched(const char *build_id, int *ret_fd)
{
	return agent < 0 ? -ENOENT : ask_path(ACCESS_FETCHED, 0, build_id, ret_fd);
}

/* ---- Answering ---- */

/* A program, a library, or their debug information. Not a core dump, which is somebody's memory. */
static bool is_code(int fd)
{
	Elf64_Half type; /* the field has the same offset in 32-bit files */
	char start[EI_NIDENT + sizeof(type)];

	if (pread(fd, start, sizeof(start), 0) != sizeof(start) || memcmp(start, ELFMAG, SELFMAG))
		return false;
	memcpy(&type, start + EI_NIDENT, sizeof(type));
	return type == ET_REL || type == ET_EXEC || type == ET_DYN;
}

/* A dump of JIT code (jitdump.h), which a process has mapped for others to read. */
static bool is_jitdump(int fd)
{
	__u32 magic;

	return pread(fd, &magic, sizeof(magic), 0) == sizeof(magic) && magic == ACCESS_JITDUMP;
}

static int open_foreign(const struct access_request *request, int *ret_fd)
{
	struct mapping mapping = {
		.start = request->start,
		.end = request->end,
		.offset = request->offset,
		.inode = request->inode,
		.header = request->header,
		.path = (char *)request->path,
		.major = request->major,
		.minor = request->minor,
		.deleted = request->deleted,
		.replaced = request->replaced,
	};

	switch ((enum access_kind)request->kind) {
	case ACCESS_MAPS:
		return process_open_maps(request->tgid, ret_fd);
	case ACCESS_MAPPING:
		return mapping_open(request->tgid, &mapping, ret_fd);
	case ACCESS_ORPHAN:
		return mapping_open_orphan(&mapping, ret_fd);
	case ACCESS_PATH:
		return process_open_path(request->tgid, request->path, ret_fd);
	case ACCESS_ROOT:
		return process_open_root(request->tgid, ret_fd);
	case ACCESS_PERF_MAP:
		return process_open_perf_map(request->tgid, ret_fd);
	case ACCESS_VDSO:
		return process_copy_vdso(request->tgid, request->start,
					 request->end - request->start, ret_fd);
	case ACCESS_IMAGE:
		return process_copy_image(request->tgid, &mapping, ret_fd);
	case ACCESS_MEMORY:
		return process_open_memory(request->tgid, ret_fd);
	case ACCESS_FETCHED:
	case ACCESS_PAST:
	case ACCESS_VIEW:
	case ACCESS_COUNT:
		break;
	}
	return -EINVAL;
}

static int open_source(const struct access_request *request, const struct access_sources *sources,
		       struct process_view *ret_view, int *ret_fd)
{
	if (request->kind == ACCESS_FETCHED)
		return sources->fetched ? sources->fetched(request->path, ret_fd, sources->ctx) :
					  -ENOENT;
	if (request->kind == ACCESS_PAST)
		return sources->past ?
			       sources->past(request->tgid, ret_view, ret_fd, sources->past_ctx) :
			       -ENOENT;
	return -EINVAL;
}

/* May the resolver have this file? */
static bool may_be_passed(enum access_kind kind, int fd)
{
	if (kind == ACCESS_MAPPING)
		return is_code(fd) || is_jitdump(fd);
	if (kind == ACCESS_IMAGE || kind == ACCESS_ORPHAN || kind == ACCESS_PATH ||
	    kind == ACCESS_FETCHED)
		return is_code(fd);
	return true;
}

static bool is_request(const struct access_request *request, size_t len)
{
	return len == sizeof(*request) && memchr(request->path, '\0', sizeof(request->path)) &&
	       request->tgid >= 0;
}

/* Pass on what was opened, unless the resolver must not have it. */
static void pass_on(enum access_kind kind, int err, struct access_reply *reply, int *ret_fd)
{
	reply->error = err;
	if (err) {
		*ret_fd = -1;
	} else if (!may_be_passed(kind, *ret_fd)) {
		close(*ret_fd);
		*ret_fd = -1;
		reply->error = -ENOEXEC;
	}
}

void access_serve_file(const struct access_request *request, size_t len,
		       struct access_reply *ret_reply, int *ret_fd)
{
	*ret_fd = -1;
	*ret_reply = (struct access_reply){ .error = -EINVAL };
	if (!is_request(request, len))
		return;
	if (request->kind == ACCESS_VIEW)
		ret_reply->error = process_look(request->tgid, &ret_reply->view);
	else
		pass_on((enum access_kind)request->kind, open_foreign(request, ret_fd), ret_reply,
			ret_fd);
}

void access_serve_source(const struct access_request *request, size_t len,
			 const struct access_sources *sources, struct access_reply *ret_reply,
			 int *ret_fd)
{
	*ret_fd = -1;
	*ret_reply = (struct access_reply){ .error = -EINVAL };
	if (is_request(request, len))
		pass_on((enum access_kind)request->kind,
			open_source(request, sources, &ret_reply->view, ret_fd), ret_reply, ret_fd);
}
