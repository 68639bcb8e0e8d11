/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/pins/pins.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host/process.h"
#include "kernel/pins/pin_dir.h"
#include "kernel/pins/pin_layout.h"
#include "kernel/pins/restore.h"
#include "pinned.h"
#include "sockleak.h"

#define LAYOUT "layout"
#define PATH_ROOM 64 /* for "/proc/self/fd/" and a name of the table */

/* The second sweep that misses a socket ends it. */
#define TIDY_SWEEP 3

/* How long the process before may take to end, and how often it is looked at. */
#define END_TRIES 1000
#define END_PAUSE_US 10000

/* The pinned maps, and the option that changes the size of each; docs/design.md says why these. */
static const struct pinned_map {
	const char *name;
	const char *resized; /* why it is of another size; NULL = it never is */
} pinned[] = {
	{ "pending", "was created with another --max-sockets" },
	{ "young", NULL },
	{ "snapshots", "was created with another --snapshots or --stack-size" },
	{ "slots", "was created with another --snapshots or --stack-size" },
	{ "stacks", "was created with another --max-stacks" },
	{ "reported", "was created with another --max-sockets" },
	{ "reported_stacks", "was created with another --max-stacks" },
	{ "growths", "was created with another --max-sockets" },
	{ "call_sites", NULL },
	{ "in_flight", NULL },
	{ "in_flight_overflow", NULL },
};

#define N_PINNED (sizeof(pinned) / sizeof(pinned[0]))

struct pins {
	char *path; /* without a slash at its end, which would lead through a symbolic link */
	int dir;
	int layout; /* the map; -1 = none yet */
	bool reused;
	struct restored restored;
	struct text dropped;
};

/* ---- The directory ---- */

static const char *path_of(const struct pins *pins, const char *name, char path[PATH_ROOM])
{
	snprintf(path, PATH_ROOM, "/proc/self/fd/%d/%s", pins->dir, name);
	return path;
}

/* The map that is pinned under a name, or -errno. */
static int open_map(const struct pins *pins, const char *name)
{
	char path[PATH_ROOM];
	int fd = bpf_obj_get(path_of(pins, name, path));

	return fd < 0 ? -errno : fd;
}

static int read_layout(int fd, struct pinned_layout *ret_layout)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(fd, &key, ret_layout) ? -errno : 0;
}

static int lock(const struct pins *pins, struct text *error)
{
	struct pinned_layout layout = { 0 };
	int fd;

	if (!flock(pins->dir, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return pin_dir_refuse_errno(pins->path, -errno, error);
	pin_dir_refuse(pins->path, 0, "another sockleak uses it", error);
	fd = open_map(pins, LAYOUT);
	if (fd >= 0 && !read_layout(fd, &layout) && layout.owner_tgid)
		text_addf(error, ", process %u", layout.owner_tgid);
	if (fd >= 0)
		close(fd);
	text_add(error, " (stop that one, or give this one another directory)");
	return -EBUSY;
}

void pins__free(struct pins *pins)
{
	if (!pins)
		return;
	if (pins->layout >= 0)
		close(pins->layout);
	if (pins->dir >= 0)
		close(pins->dir); /* the lock goes with it */
	text_free(&pins->dropped);
	free(pins->path);
	free(pins);
}

/* ---- Taking up ---- */

/* Remove all that was pinned, whole or not. */
static void drop_pins(struct pins *pins)
{
	if (pins->layout >= 0)
		close(pins->layout);
	pins->layout = -1;
	unlinkat(pins->dir, LAYOUT, 0);
	for (size_t i = 0; i < N_PINNED; i++)
		unlinkat(pins->dir, pinned[i].name, 0);
}

#define BROKEN "is from another version, or incomplete"
#define FOREIGN "belongs to another user" /* in our own directory, so root created it */

/* Say why, once. */
static void drop_for(struct pins *pins, const char *why)
{
	struct text *text = &pins->dropped;

	drop_pins(pins);
	text_add(text, "the state in --pin ");
	text_add_clean(text, pins->path, strlen(pins->path));
	text_addf(text, " %s: discarded", why);
}

static bool pins_are_forbidden(int err)
{
	return err == -EACCES || err == -EPERM;
}

static bool map_fits(int fd, const struct bpf_map *map)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) &&
	       info.map_flags == bpf_map__map_flags(map);
}

/*
 * Its descriptors are closed one by one while it ends, hooks after the lock maybe: two
 * runs' hooks must not write to the same slots. Then what they had begun must be over:
 * membarrier(2) waits for a grace period of RCU, under which programs run.
 */
static int wait_for_end(const struct pinned_layout *layout, struct text *error)
{
	__u64 start_ns = 0;

	for (int i = 0; i < END_TRIES; i++) {
		if (!process_alive((pid_t)layout->owner_tgid) ||
		    process_start_time((pid_t)layout->owner_tgid, &start_ns) ||
		    start_ns != layout->owner_start_ns) {
			syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
			return 0;
		}
		usleep(END_PAUSE_US);
	}
	text_addf(error, "the previous sockleak, process %u, is still exiting (try again later)",
		  layout->owner_tgid);
	return -EBUSY;
}

/* Open every map there is. 0; -ENOENT: they are no whole, or do not fit, and why. */
static int open_maps(const struct pins *pins, struct bpf_object *object, int ret_fds[N_PINNED],
		     const char **ret_why)
{
	*ret_why = BROKEN;
	for (size_t i = 0; i < N_PINNED; i++) {
		ret_fds[i] = open_map(pins, pinned[i].name);
		if (pins_are_forbidden(ret_fds[i])) {
			*ret_why = FOREIGN;
			return -ENOENT;
		}
		if (ret_fds[i] < 0)
			return ret_fds[i];
		if (!map_fits(ret_fds[i], bpf_object__find_map_by_name(object, pinned[i].name))) {
			*ret_why = pinned[i].resized ?: BROKEN;
			return -ENOENT;
		}
	}
	return 0;
}

static int reuse_maps(struct pins *pins, struct bpf_object *object, const int fds[N_PINNED])
{
	for (size_t i = 0; i < N_PINNED; i++) {
		int err = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, pinned[i].name),
					    fds[i]);

		if (err)
			return err;
	}
	pins->reused = true;
	return 0;
}

/* The layout is of this version: take the maps, if they are of these sizes, too. */
static int take_pins(struct pins *pins, struct bpf_object *object, struct text *error)
{
	const char *why;
	int fds[N_PINNED], err;

	memset(fds, -1, sizeof(fds));
	err = open_maps(pins, object, fds, &why);
	if (err == -ENOENT) {
		drop_for(pins, why);
		err = 0;
	} else {
		if (!err)
			err = reuse_maps(pins, object, fds);
		if (err)
			pin_dir_refuse_errno(pins->path, err, error);
	}
	for (size_t i = 0; i < N_PINNED; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return err;
}

static int reuse(struct pins *pins, struct bpf_object *object, struct text *ret_error)
{
	struct pinned_layout layout = { 0 };
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int err;

	pins->layout = open_map(pins, LAYOUT);
	if (pins->layout == -ENOENT) {
		drop_pins(pins); /* what a run left that ended before it had pinned all */
		return 0;
	}
	if (pins_are_forbidden(pins->layout)) {
		drop_for(pins, FOREIGN);
		return 0;
	}
	if (pins->layout < 0)
		return pin_dir_refuse_errno(pins->path, pins->layout, ret_error);
	if (bpf_obj_get_info_by_fd(pins->layout, &info, &len) || info.type != BPF_MAP_TYPE_ARRAY ||
	    info.value_size != sizeof(layout) || read_layout(pins->layout, &layout)) {
		drop_for(pins, BROKEN);
		return 0;
	}
	err = wait_for_end(&layout, ret_error);
	if (err)
		return err;
	if (layout.fingerprint != pin_layout_fingerprint(object)) {
		drop_for(pins, BROKEN);
		return 0;
	}
	return take_pins(pins, object, ret_error);
}

static int open_and_lock(struct pins *pins, struct text *error)
{
	for (size_t len = strlen(pins->path); len > 1 && pins->path[len - 1] == '/'; len--)
		pins->path[len - 1] = '\0';
	pins->dir = pin_dir_open(pins->path, error);
	return pins->dir < 0 ? pins->dir : lock(pins, error);
}

int pins__open(const char *dir, struct bpf_object *object, struct pins **ret_pins,
	       struct text *ret_error)
{
	_cleanup_(pins__free) struct pins *pins = calloc(1, sizeof(*pins));
	int err;

	if (!pins)
		return -ENOMEM;
	pins->layout = pins->dir = -1;
	pins->path = strdup(dir);
	if (!pins->path)
		return -ENOMEM;
	err = open_and_lock(pins, ret_error);
	if (err)
		return err;
	err = reuse(pins, object, ret_error);
	if (err)
		return err;
	*ret_pins = TAKE_PTR(pins);
	return 0;
}

/* ---- Keeping ---- */

static int pin(const struct pins *pins, int fd, const char *name)
{
	char path[PATH_ROOM];

	return bpf_obj_pin(fd, path_of(pins, name, path)) ? -errno : 0;
}

static int write_layout(const struct pins *pins, const struct bpf_object *object)
{
	struct pinned_layout layout = { .fingerprint = pin_layout_fingerprint(object),
					.owner_tgid = (__u32)getpid() };
	__u32 key = 0;
	int err = process_start_time(getpid(), &layout.owner_start_ns);

	if (err)
		return err;
	return bpf_map_update_elem(pins->layout, &key, &layout, BPF_ANY) ? -errno : 0;
}

static int pin_all(struct pins *pins, const struct bpf_object *object)
{
	int err = 0;

	for (size_t i = 0; i < N_PINNED && !err; i++)
		err = pin(pins, bpf_object__find_map_fd_by_name(object, pinned[i].name),
			  pinned[i].name);
	if (err)
		return err;
	pins->layout = bpf_map_create(BPF_MAP_TYPE_ARRAY, LAYOUT, sizeof(__u32),
				      sizeof(struct pinned_layout), 1, NULL);
	if (pins->layout < 0)
		return -errno;
	err = write_layout(pins, object);
	if (err)
		return err;
	return pin(pins, pins->layout, LAYOUT);
}

static int keep(struct pins *pins, const struct bpf_object *object, struct text *error)
{
	int err = pins->reused ? write_layout(pins, object) : pin_all(pins, object);

	if (!err)
		return 0;
	if (!pins->reused)
		drop_pins(pins);
	return pin_dir_refuse_errno(pins->path, err, error);
}

int pins__begin(struct pins *pins, struct bpf_object *object, void (*on_progress)(void *ctx),
		void *ctx, struct text *ret_error)
{
	int err = keep(pins, object, ret_error);

	if (err)
		return err;
	err = pins->reused ? restore_begin(object, on_progress, ctx, &pins->restored) :
			     restore_fill_slots(object);
	if (err)
		pin_dir_refuse_errno(pins->path, err, ret_error);
	return err;
}

__u32 pins__slots(const struct pins *pins)
{
	return pins->restored.slots;
}

void pins__swept(const struct pins *pins, const struct bpf_object *object, __u64 sweep)
{
	if (pins->reused && sweep == TIDY_SWEEP)
		restore_tidy(object);
}

bool pins__tell(const struct pins *pins, struct text *text)
{
	if (pins->dropped.len)
		text_add(text, text_str(&pins->dropped));
	else if (pins->reused)
		text_addf(text, "restored %u sockets from ", pins->restored.sockets);
	if (pins->reused)
		text_add_clean(text, pins->path, strlen(pins->path));
	return pins->dropped.len;
}
