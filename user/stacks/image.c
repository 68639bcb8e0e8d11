/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files/access.h"
#include "lib/time.h"
#include "stacks/files/file_cache.h"
#include "stacks/jit_names.h"
#include "stacks/files/memory_file.h"
#include "stacks/files/overwritten.h"

#define MAX_IMAGES 64
#define MAX_MAPPINGS 131072 /* of all images together */
#define MAX_FILES 256
#define MAX_FILE_BYTES (64 * 1024 * 1024)
#define MAX_PERF_BYTES (64 * 1024 * 1024)
/* Compressed debug sections may have to be inflated for the sake of .debug_frame. */
#define MAX_UNWIND_INFLATED (4 * ELF_FILE_MAX_INFLATED)
#define FRESH_NS NSEC_PER_SEC
#define DOUBT_NS (10 * NSEC_PER_MSEC)

/* The file of a mapping that was in a stack. */
struct image_file {
	struct image_file *next;
	const struct mapping *mapping;
	struct module_symbols *symbols; /* NULL: there is nothing to know of it */
	__u64 bias;
	bool overwritten;
};

struct image {
	pid_t tgid;
	bool gone; /* the process has ended */
	struct process_view view;
	__u64 read_ns;	/* when its mappings were last known to be true; 0 = in doubt */
	__u64 trust_ns; /* so long after that they are not doubted */
	__u64 used;
	struct modules *modules;
	struct image *before; /* as it was until something was mapped or unmapped; NULL = never */
	Dwfl *unwinder;
	struct image_file *files;
	struct memory_range memory; /* that was last asked for */
	__u64 memory_read_ns;
	struct jit_names jit;
	struct known_stacks stacks;
	unsigned int generation; /* of the names in them */
};

struct images {
	struct image *slots[MAX_IMAGES];
	struct file_cache *files;
	__u64 uses;
};

/* ---- The processes ---- */

static void free_image(struct images *images, struct image *image)
{
	struct image_file *file, *next;

	if (!image)
		return;
	free_image(images, image->before);
	known_stacks_clear(&image->stacks);
	if (image->unwinder)
		dwfl_end(image->unwinder); /* first: it refers to the files */
	for (file = image->files; file; file = next) {
		next = file->next;
		if (file->symbols)
			file_cache__put(images->files, file->symbols);
		free(file);
	}
	jit_names_drop(&image->jit);
	modules__free(image->modules);
	free(image);
}

static void drop_image(struct images *images, struct image **slot)
{
	free_image(images, *slot);
	*slot = NULL;
}

/* Drop the image that was not used for longest, but not this one. False: there is no other. */
static bool evict(struct images *images, const struct image *keep)
{
	struct image **oldest = NULL, **slot;

	for (slot = images->slots; slot < images->slots + MAX_IMAGES; slot++)
		if (*slot && *slot != keep && (!keep || (*slot)->before != keep) &&
		    (!oldest || (*slot)->used < (*oldest)->used))
			oldest = slot;
	if (!oldest)
		return false;
	drop_image(images, oldest);
	return true;
}

static struct image **find_slot(struct images *images, pid_t tgid)
{
	struct image **slot;

	for (slot = images->slots; slot < images->slots + MAX_IMAGES; slot++)
		if (*slot && (*slot)->tgid == tgid)
			return slot;
	return NULL;
}

static size_t mappings_held(const struct images *images)
{
	size_t count = 0;

	for (int i = 0; i < MAX_IMAGES; i++)
		for (const struct image *image = images->slots[i]; image; image = image->before)
			count += modules__count(image->modules);
	return count;
}

static void place_image(struct images *images, struct image *image)
{
	size_t count = modules__count(image->modules);
	struct image **slot;

	count += image->before ? modules__count(image->before->modules) : 0;
	while (mappings_held(images) + count > MAX_MAPPINGS)
		if (!evict(images, NULL))
			break;
	for (;;) {
		for (slot = images->slots; slot < images->slots + MAX_IMAGES; slot++)
			if (!*slot) {
				*slot = image;
				return;
			}
		evict(images, NULL);
	}
}

/* Takes the modules, also on failure. */
static struct image *new_image(pid_t tgid, const struct process_view *view, struct modules *modules)
{
	struct image *image = calloc(1, sizeof(*image));

	if (image)
		image->unwinder = elf_file_unwinder();
	if (!image || !image->unwinder) {
		free(image);
		modules__free(modules);
		return NULL;
	}
	image->tgid = tgid;
	image->view = *view;
	image->modules = modules;
	return image;
}

/* The former mappings are kept, too, because a library may be unloaded with its leak open. */
static void supersede(struct images *images, struct image **slot, struct image *image)
{
	image->before = *slot;
	image->before->gone = true; /* its files have to prove themselves */
	free_image(images, image->before->before);
	image->before->before = NULL;
	*slot = NULL;
}

/* Another image in the place of the slot's, or in a new one (NULL). Takes the modules. */
static struct image *renew_image(struct images *images, struct image **slot, pid_t tgid,
				 const struct process_view *view, struct modules *modules)
{
	struct image *image = new_image(tgid, view, modules);

	if (image && slot)
		supersede(images, slot, image);
	if (image)
		place_image(images, image);
	return image;
}

/* The process is gone. Its last mappings may be known better than they were when it lived. */
static int recall_image(struct images *images, pid_t tgid)
{
	struct image **slot = find_slot(images, tgid);
	struct process_view view;
	struct modules *modules;
	int err = modules__recall(tgid, &view, &modules);

	if (err)
		return err;
	if (slot && (*slot)->view.start_ns == view.start_ns &&
	    modules__include((*slot)->modules, modules)) {
		modules__free(modules);
		return 0;
	}
	return renew_image(images, slot, tgid, &view, modules) ? 0 : -ENOMEM;
}

/* Read a process's mappings again. On failure the old ones stay, if they are this process's. */
static int refresh_image(struct images *images, pid_t tgid)
{
	struct image **slot = find_slot(images, tgid), *image = slot ? *slot : NULL;
	__u64 now_ns = clock_now(CLOCK_MONOTONIC);
	struct process_view view;
	struct modules *modules;
	int err = access_view(tgid, &view);

	if (err)
		return err;
	if (image && image->view.start_ns != view.start_ns) {
		drop_image(images, slot);
		slot = NULL, image = NULL;
	}
	if (image && now_ns - image->read_ns < FRESH_NS)
		return 0;
	err = modules__read(tgid, &modules);
	if (err)
		return err;
	if (image && modules__equal(modules, image->modules)) {
		modules__free(modules);
		image->trust_ns = image->read_ns ? DOUBT_NS : 2 * image->trust_ns;
		image->read_ns = now_ns;
		return 0;
	}
	image = renew_image(images, slot, tgid, &view, modules);
	if (image)
		image->read_ns = now_ns, image->trust_ns = DOUBT_NS;
	return image ? 0 : -ENOMEM;
}

int images__find(struct images *images, pid_t tgid, struct image **ret_image)
{
	int err = refresh_image(images, tgid);
	struct image **slot;

	if (err == -ESRCH)
		recall_image(images, tgid); /* else what is known already */
	slot = find_slot(images, tgid);
	if (!slot)
		return err;
	(*slot)->gone = err == -ESRCH;
	(*slot)->used = ++images->uses;
	*ret_image = *slot;
	return 0;
}

bool image_doubt(struct image *image)
{
	if (image->gone || clock_now(CLOCK_MONOTONIC) - image->read_ns < image->trust_ns)
		return false;
	image->read_ns = 0;
	return true;
}

struct images *images__new(void)
{
	struct images *images = calloc(1, sizeof(*images));

	if (images)
		images->files = file_cache__new(MAX_FILES, MAX_FILE_BYTES);
	if (images && images->files)
		return images;
	free(images);
	return NULL;
}

void images__free(struct images *images)
{
	if (!images)
		return;
	for (int i = 0; i < MAX_IMAGES; i++)
		free_image(images, images->slots[i]);
	file_cache__free(images->files);
	free(images);
}

struct image *image_before(const struct image *image)
{
	return image->before;
}

/* ---- Their files ---- */

const struct modules *image_modules(const struct image *image)
{
	return image->modules;
}

const struct mapping *image_mapping(const struct image *image, __u64 address)
{
	return modules__find(image->modules, address);
}

/*
 * By the process; or, if that is gone, by its path. It may have ended a moment ago: its mappings
 * are not read anew for each stack.
 */
static int open_mapped(const struct image *image, const struct mapping *mapping, int *ret_fd)
{
	int err = image->gone ? -ESRCH : access_mapping(image->tgid, mapping, ret_fd);

	if (!err || err == -EACCES || err == -EPERM || !image->view.shares_mounts)
		return err;
	return access_orphan(mapping, ret_fd);
}

/* *ret_overwritten: it is there, but not what the process has mapped. */
static struct module_symbols *open_file(struct images *images, const struct image *image,
					const struct mapping *mapping, bool *ret_overwritten)
{
	struct module_symbols *file;
	int fd, err;

	if (mapping->path && !strcmp(mapping->path, "[vdso]"))
		return image->gone ? NULL :
				     memory_file_of_vdso(images->files, image->tgid, mapping);
	if (!mapping_is_file(mapping))
		return NULL;
	err = open_mapped(image, mapping, &fd);
	if (!image->gone && (err == -EACCES || err == -EPERM))
		return memory_file_open(images->files, image->tgid, mapping);
	if (err)
		return NULL;
	*ret_overwritten = file_was_overwritten(fd, image->view.start_ns);
	if (*ret_overwritten) {
		close(fd);
		return NULL;
	}
	file = file_cache__get(images->files, fd, image->view.mount_ns);
	if (file)
		module_symbols_seen_in(file, image->tgid, mapping->path);
	return file;
}

/* Make room for what a new file takes. False: it is one too many for this process. */
static bool images_make_room(struct images *images, const struct image *image,
			     const struct module_symbols *file)
{
	while (!file_cache__trim(images->files, file))
		if (!evict(images, image))
			return file_cache__files(images->files) <= MAX_FILES;
	return true;
}

static bool is_reported(const struct image *image, const struct module_symbols *file, __u64 bias)
{
	const struct image_file *known;

	for (known = image->files; known; known = known->next)
		if (known->symbols == file && known->bias == bias)
			return true;
	return false;
}

/* The strings of a new mapping; NULL stays NULL. */
static struct module_symbols *use_file(struct images *images, struct image *image,
				       const struct mapping *mapping, struct module_symbols *file,
				       __u64 *ret_bias)
{
	struct elf_file *elf_file = file ? module_symbols_file(file) : NULL;
	__u64 bias;

	if (!file)
		return NULL;
	if (!images_make_room(images, image, file) || elf_file_bias(elf_file, mapping, &bias)) {
		file_cache__put(images->files, file);
		return NULL;
	}
	if (elf_file->debug.inflated <= MAX_UNWIND_INFLATED && !is_reported(image, file, bias) &&
	    !elf_file_is_copy(elf_file, mapping, bias))
		elf_file_report(elf_file, image->unwinder, bias);
	*ret_bias = bias;
	return file;
}

struct module_symbols *image_file(struct images *images, struct image *image,
				  const struct mapping *mapping, __u64 *ret_bias)
{
	struct module_symbols *symbols;
	struct image_file *file;
	bool overwritten = false;
	__u64 bias = 0;

	for (file = image->files; file; file = file->next) {
		if (file->mapping != mapping)
			continue;
		if (file->symbols) {
			file_cache__touch(images->files, file->symbols);
			images_make_room(images, image, file->symbols);
		}
		*ret_bias = file->bias;
		return file->symbols;
	}
	symbols = open_file(images, image, mapping, &overwritten);
	symbols = use_file(images, image, mapping, symbols, &bias);
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL; /* the unwinder may know it: it stays, though no one gives it back */
	*file = (struct image_file){ image->files, mapping, symbols, bias, overwritten };
	image->files = file;
	*ret_bias = bias;
	return symbols;
}

bool image_is_overwritten(const struct image *image, const struct mapping *mapping)
{
	const struct image_file *file;

	for (file = image->files; file; file = file->next)
		if (file->mapping == mapping)
			return file->overwritten;
	return false;
}

void image_open_files(struct images *images, struct image *image)
{
	__u64 bias;

	if (image->gone || image->view.shares_mounts)
		return;
	for (size_t i = 0; i < modules__count(image->modules); i++) {
		const struct mapping *mapping = modules__get(image->modules, i);

		if (mapping_is_file(mapping))
			image_file(images, image, mapping, &bias);
	}
}

void image_refresh_names(struct images *images, struct image *image)
{
	unsigned int generation = file_cache__generation(images->files);

	if (image->generation == generation)
		return;
	known_stacks_clear(&image->stacks);
	image->generation = generation;
}

struct known_stacks *image_stacks(struct images *images, struct image *image)
{
	image_refresh_names(images, image);
	return &image->stacks;
}

Dwfl *image_unwinder(struct image *image)
{
	return image->unwinder;
}

bool image_memory_at(struct image *image, __u64 address, struct memory_range *ret_range)
{
	__u64 now_ns = clock_now(CLOCK_MONOTONIC);

	if (image->gone)
		return false;
	if (now_ns - image->memory_read_ns > FRESH_NS || address < image->memory.start ||
	    address >= image->memory.end) {
		image->memory = (struct memory_range){ 0 };
		if (modules__memory_at(image->tgid, address, &image->memory))
			return false;
		image->memory_read_ns = now_ns;
	}
	*ret_range = image->memory;
	return true;
}

/* ---- JIT code ---- */

/* Maps of other processes give way; they are read again when they are needed. */
static void trim_perf_maps(struct images *images, const struct image *keep)
{
	struct image **slot;

	for (;;) {
		struct image *oldest = NULL;
		size_t bytes = 0;

		for (slot = images->slots; slot < images->slots + MAX_IMAGES; slot++) {
			if (!*slot || *slot == keep || !(*slot)->jit.map)
				continue;
			bytes += perf_map__memory((*slot)->jit.map);
			if (!oldest || (*slot)->used < oldest->used)
				oldest = *slot;
		}
		if (bytes <= MAX_PERF_BYTES)
			return;
		jit_names_drop(&oldest->jit);
	}
}

const char *image_jit_name(struct images *images, struct image *image, __u64 address)
{
	if (!image->gone && jit_names_refresh(&image->jit, image->tgid, image->modules))
		trim_perf_maps(images, image);
	return image->jit.map ? perf_map__find(image->jit.map, address) : NULL;
}
