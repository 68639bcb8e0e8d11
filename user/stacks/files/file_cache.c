/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/file_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/time.h"

#define LOOK_AGAIN_NS 2000000000ULL

/* All of it is compared, so all of it is set. */
struct file_key {
	__u64 device, inode, size, mount_ns;
	__u64 modified_s, modified_ns, changed_s, changed_ns;
};

struct cached_file {
	struct cached_file *next;
	struct file_key key;
	struct module_symbols *file;
	unsigned int refs;
	bool is_bytes; /* it has no key, its bytes are compared */
	size_t len;
	__u64 used;
};

struct file_cache {
	struct cached_file *cached;
	unsigned int count, max_files;
	size_t max_bytes;
	__u64 uses;
	__u64 looked_ns;
	unsigned int generation;
};

static struct file_key key_of(const struct stat *st, __u64 mount_ns)
{
	return (struct file_key){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (__u64)st->st_size,
		.mount_ns = mount_ns,
		.modified_s = (__u64)st->st_mtim.tv_sec,
		.modified_ns = (__u64)st->st_mtim.tv_nsec,
		.changed_s = (__u64)st->st_ctim.tv_sec,
		.changed_ns = (__u64)st->st_ctim.tv_nsec,
	};
}

static struct cached_file *find_cached(struct file_cache *cache, const struct module_symbols *file)
{
	struct cached_file *cached;

	for (cached = cache->cached; cached; cached = cached->next)
		if (cached->file == file)
			return cached;
	return NULL;
}

static struct module_symbols *cache_take(struct file_cache *cache, struct cached_file *cached)
{
	cached->refs++;
	cached->used = ++cache->uses;
	return cached->file;
}

/* Takes the file, also on failure. */
static struct cached_file *cache_add(struct file_cache *cache, struct module_symbols *file)
{
	struct cached_file *cached = file ? calloc(1, sizeof(*cached)) : NULL;

	if (!cached) {
		module_symbols_free(file);
		return NULL;
	}
	cached->file = file;
	cached->next = cache->cached;
	cache->cached = cached;
	cache->count++;
	return cached;
}

struct module_symbols *file_cache__get(struct file_cache *cache, int fd, __u64 mount_ns)
{
	struct cached_file *cached;
	struct file_key key;
	struct stat st;

	if (fstat(fd, &st)) {
		close(fd);
		return NULL;
	}
	key = key_of(&st, mount_ns);
	for (cached = cache->cached; cached; cached = cached->next) {
		if (cached->is_bytes || memcmp(&cached->key, &key, sizeof(key)))
			continue;
		close(fd);
		return cache_take(cache, cached);
	}
	cached = cache_add(cache, module_symbols_open(fd));
	if (!cached)
		return NULL;
	cached->key = key;
	return cache_take(cache, cached);
}

struct module_symbols *file_cache__get_bytes(struct file_cache *cache, const void *bytes,
					     size_t len)
{
	const unsigned char *known;
	struct cached_file *cached;

	for (cached = cache->cached; cached; cached = cached->next) {
		if (!cached->is_bytes || cached->len != len)
			continue;
		known = elf_file_bytes(module_symbols_file(cached->file), 0, len);
		if (known && !memcmp(known, bytes, len))
			return cache_take(cache, cached);
	}
	cached = cache_add(cache, module_symbols_of_bytes(bytes, len));
	if (!cached)
		return NULL;
	cached->is_bytes = true;
	cached->len = len;
	return cache_take(cache, cached);
}

void file_cache__put(struct file_cache *cache, struct module_symbols *file)
{
	struct cached_file *cached = find_cached(cache, file);

	if (cached)
		cached->refs--;
}

void file_cache__touch(struct file_cache *cache, const struct module_symbols *file)
{
	struct cached_file *cached = find_cached(cache, file);

	if (cached)
		cached->used = ++cache->uses;
}

static void cache_drop(struct file_cache *cache, struct cached_file *cached)
{
	struct cached_file **link = &cache->cached;

	while (*link != cached)
		link = &(*link)->next;
	*link = cached->next;
	module_symbols_free(cached->file);
	free(cached);
	cache->count--;
}

static bool fits(const struct file_cache *cache)
{
	return cache->count <= cache->max_files && file_cache__bytes(cache) <= cache->max_bytes;
}

/* Close the symbols of the file used longest ago. False: none has any open. */
static bool shed_one(struct file_cache *cache, const struct module_symbols *keep)
{
	struct cached_file *cached, *oldest = NULL;

	for (cached = cache->cached; cached; cached = cached->next)
		if (cached->file != keep && module_symbols_is_open(cached->file) &&
		    (!oldest || cached->used < oldest->used))
			oldest = cached;
	if (oldest)
		module_symbols_shed(oldest->file);
	return oldest;
}

static bool drop_one(struct file_cache *cache, const struct module_symbols *keep)
{
	struct cached_file *cached, *oldest = NULL;

	for (cached = cache->cached; cached; cached = cached->next)
		if (cached->file != keep && !cached->refs &&
		    (!oldest || cached->used < oldest->used))
			oldest = cached;
	if (oldest)
		cache_drop(cache, oldest);
	return oldest;
}

bool file_cache__trim(struct file_cache *cache, const struct module_symbols *keep)
{
	while (file_cache__bytes(cache) > cache->max_bytes)
		if (!shed_one(cache, keep))
			break;
	while (!fits(cache))
		if (!drop_one(cache, keep))
			return false;
	return true;
}

unsigned int file_cache__generation(struct file_cache *cache)
{
	struct cached_file *cached;
	__u64 now_ns = clock_now(CLOCK_MONOTONIC);
	bool found = false;

	if (now_ns - cache->looked_ns < LOOK_AGAIN_NS)
		return cache->generation;
	cache->looked_ns = now_ns;
	for (cached = cache->cached; cached; cached = cached->next)
		found |= module_symbols_look_again(cached->file);
	cache->generation += found;
	return cache->generation;
}

unsigned int file_cache__files(const struct file_cache *cache)
{
	return cache->count;
}

size_t file_cache__bytes(const struct file_cache *cache)
{
	const struct cached_file *cached;
	size_t bytes = 0;

	for (cached = cache->cached; cached; cached = cached->next)
		bytes += module_symbols_memory(cached->file);
	return bytes;
}

struct file_cache *file_cache__new(unsigned int max_files, size_t max_bytes)
{
	struct file_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->max_files = max_files;
	cache->max_bytes = max_bytes;
	return cache;
}

void file_cache__free(struct file_cache *cache)
{
	if (!cache)
		return;
	while (cache->cached)
		cache_drop(cache, cache->cached);
	free(cache);
}
