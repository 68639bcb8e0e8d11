/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/maps/script_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/libbpf.h>

#define GROUPS_SIZE (SCRIPT_GROUPS * sizeof(struct script_group))
#define STRANGERS_SIZE (SCRIPT_STRANGERS * sizeof(struct script_stranger))

struct script_maps {
	struct script_group *groups;
	struct script_stranger *strangers;
	unsigned int next_victim;
};

/* NULL = errno. */
static void *map_memory(const struct bpf_object *object, const char *name, size_t size)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);
	void *values = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return values == MAP_FAILED ? NULL : values;
}

int script_maps__new(const struct bpf_object *object, struct script_maps **ret_maps)
{
	struct script_maps *maps = calloc(1, sizeof(*maps));
	int err = 0;

	if (!maps)
		return -ENOMEM;
	maps->groups = map_memory(object, "script_recipes", GROUPS_SIZE);
	if (maps->groups)
		maps->strangers = map_memory(object, "script_strangers", STRANGERS_SIZE);
	if (!maps->strangers) {
		err = -errno;
		script_maps__free(maps);
		return err;
	}
	*ret_maps = maps;
	return 0;
}

void script_maps__free(struct script_maps *maps)
{
	if (!maps)
		return;
	if (maps->groups)
		munmap(maps->groups, GROUPS_SIZE);
	if (maps->strangers)
		munmap(maps->strangers, STRANGERS_SIZE);
	free(maps);
}

static struct script_recipe *find(const struct script_maps *maps, __u64 inode, __u64 size,
				  __u64 device)
{
	struct script_group *group = &maps->groups[SCRIPT_GROUP_OF(inode)];

	for (int i = 0; i < SCRIPT_GROUP; i++)
		if (group->recipes[i].exe_inode == inode && group->recipes[i].exe_size == size &&
		    group->recipes[i].exe_device == device)
			return &group->recipes[i];
	return NULL;
}

/* Where a new one goes. */
static struct script_recipe *place_for(struct script_maps *maps, __u64 inode)
{
	struct script_group *group = &maps->groups[SCRIPT_GROUP_OF(inode)];

	for (int i = 0; i < SCRIPT_GROUP; i++)
		if (!group->recipes[i].exe_inode)
			return &group->recipes[i];
	for (int i = 0; i < SCRIPT_GROUP; i++)
		if (!group->recipes[i].find)
			return &group->recipes[i];
	return &group->recipes[maps->next_victim++ % SCRIPT_GROUP];
}

void script_maps__write(struct script_maps *maps, const struct script_recipe *recipe)
{
	struct script_recipe *place =
		find(maps, recipe->exe_inode, recipe->exe_size, recipe->exe_device);
	struct script_recipe closed = *recipe;

	if (!place)
		place = place_for(maps, recipe->exe_inode);
	/* the kernel's side may read it meanwhile: it finds no recipe, or the whole one */
	__atomic_store_n(&place->exe_inode, 0, __ATOMIC_SEQ_CST);
	closed.exe_inode = 0;
	memcpy(place, &closed, sizeof(closed));
	__atomic_store_n(&place->exe_inode, recipe->exe_inode, __ATOMIC_SEQ_CST);
}

bool script_maps__has(const struct script_maps *maps, const struct script_stranger *program)
{
	return find(maps, program->exe_inode, program->exe_size, program->exe_device);
}

unsigned int script_maps__take(struct script_maps *maps,
			       struct script_stranger ret_strangers[SCRIPT_STRANGERS])
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < SCRIPT_STRANGERS; i++) {
		struct script_stranger *stranger = &maps->strangers[i];

		if (!__atomic_load_n(&stranger->exe_inode, __ATOMIC_ACQUIRE))
			continue;
		ret_strangers[count++] = *stranger;
		__atomic_store_n(&stranger->exe_inode, 0, __ATOMIC_RELEASE);
	}
	return count;
}
