/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/kernel_types.h"

#include <errno.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "lib/cleanup.h"
#include "lib/hash.h"
#include "lib/write_all.h"

#define FLAVOUR "___"	/* struct file___f_ref stands for the kernel's struct file */
#define NAMES_ROOM 4096 /* places for names, a power of 2: the programs know some 400 types */

struct kernel_types {
	struct btf *all;
	const char *given; /* --btf */
	int fd;		   /* -1 = nothing was made for libbpf */
	char path[32];
};

DEFINE_CLEANUP(struct btf *, btf__free)

/* ---- Which types: those that the programs know by name ---- */

/* A set of names, by open addressing. They are the programs' own: short, and few. */
struct type_names {
	struct {
		const char *name;
		size_t len;
	} places[NAMES_ROOM];
	size_t count;
};

static size_t name_place(const struct type_names *names, const char *name, size_t len)
{
	size_t place = hash_bytes(HASH_BEGIN, name, len) & (NAMES_ROOM - 1);

	while (names->places[place].name && (names->places[place].len != len ||
					     memcmp(names->places[place].name, name, len) != 0))
		place = (place + 1) & (NAMES_ROOM - 1);
	return place;
}

static bool names_have(const struct type_names *names, const char *name)
{
	return names->places[name_place(names, name, strlen(name))].name;
}

/* The kinds whose layout or values the programs ask for. */
static bool has_layout(const struct btf_type *type)
{
	return type->name_off && (btf_is_composite(type) || btf_is_any_enum(type));
}

static int add_names(struct type_names *names, const struct btf *programs)
{
	for (__u32 id = 1; id < btf__type_cnt(programs); id++) {
		const struct btf_type *type = btf__type_by_id(programs, id);
		const char *name = btf__name_by_offset(programs, type->name_off), *flavour;
		size_t len, place;

		if (!has_layout(type))
			continue;
		flavour = strstr(name, FLAVOUR);
		len = flavour ? (size_t)(flavour - name) : strlen(name);
		place = name_place(names, name, len);
		names->count += !names->places[place].name;
		if (names->count > NAMES_ROOM / 2)
			return -E2BIG;
		names->places[place].name = name;
		names->places[place].len = len;
	}
	return 0;
}

/* ---- Copies of these types, and of all that they contain ---- */

struct copy {
	const struct btf *from;
	struct btf *to;
	__u32 *copied; /* by id there: the id here, 0 = it is not copied */
	__u32 *source; /* by id here: the id there */
};

/* The id of the copy, which is made if it is not there yet; what it contains comes later. */
static __u32 copy_of(struct copy *copy, __u32 id)
{
	int made;

	if (!id || copy->copied[id])
		return copy->copied[id];
	made = btf__add_type(copy->to, copy->from, btf__type_by_id(copy->from, id));
	if (made < 0)
		return 0;
	copy->copied[id] = (__u32)made;
	copy->source[made] = id;
	return (__u32)made;
}

static int copy_into(struct copy *copy, __u32 *ret_id, __u32 id)
{
	*ret_id = copy_of(copy, id);
	return id && !*ret_id ? -ENOMEM : 0;
}

/* Have its copy refer to copies. A pointer is one to void: relocations do not follow it. */
static int copy_contents(struct copy *copy, __u32 made)
{
	struct btf_type *type = (struct btf_type *)btf__type_by_id(copy->to, made);
	const struct btf_type *source = btf__type_by_id(copy->from, copy->source[made]);
	int err = 0;

	if (btf_is_ptr(type)) {
		type->type = 0;
	} else if (btf_is_array(type)) {
		struct btf_array array = *btf_array(source);

		err = copy_into(copy, &array.type, array.type);
		if (!err)
			err = copy_into(copy, &array.index_type, array.index_type);
		*btf_array(btf__type_by_id(copy->to, made)) = array;
	} else if (btf_is_composite(type)) {
		for (__u32 i = 0; i < btf_vlen(source) && !err; i++) {
			__u32 member = 0;

			err = copy_into(copy, &member, btf_members(source)[i].type);
			/* looked up again, because copying moves the types */
			btf_members(btf__type_by_id(copy->to, made))[i].type = member;
		}
	} else if (btf_is_mod(type) || btf_is_typedef(type)) {
		__u32 target = 0;

		err = copy_into(copy, &target, source->type);
		((struct btf_type *)btf__type_by_id(copy->to, made))->type = target;
	}
	return err;
}

static int copy_all(struct copy *copy, const struct type_names *names, size_t *ret_found)
{
	__u32 count = btf__type_cnt(copy->from);

	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(copy->from, id);

		if (!has_layout(type) ||
		    !names_have(names, btf__name_by_offset(copy->from, type->name_off)))
			continue;
		++*ret_found;
		if (!copy_of(copy, id))
			return -ENOMEM;
	}
	for (__u32 made = 1; made < btf__type_cnt(copy->to); made++)
		if (copy_contents(copy, made))
			return -ENOMEM;
	return 0;
}

/* NULL: not possible. */
static struct btf *copy_named(const struct btf *from, const struct type_names *names)
{
	_cleanup_(btf__free) struct btf *to = btf__new_empty();
	_cleanup_free_ __u32 *copied = calloc(btf__type_cnt(from), sizeof(*copied));
	_cleanup_free_ __u32 *source = calloc(btf__type_cnt(from), sizeof(*source));
	struct copy copy = { from, to, copied, source };
	size_t found = 0;

	if (!to || !copied || !source || copy_all(&copy, names, &found) || !found)
		return NULL;
	return TAKE_PTR(to);
}

/* ---- The programs' own types, in their object file ---- */

static struct btf *btf_of(Elf *elf)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		Elf64_Shdr *header = elf64_getshdr(section);
		const char *name = header ? elf_strptr(elf, names, header->sh_name) : NULL;
		Elf_Data *data = name && !strcmp(name, ".BTF") ? elf_rawdata(section, NULL) : NULL;

		if (data)
			return btf__new(data->d_buf, (__u32)data->d_size);
	}
	return NULL;
}

static struct btf *btf_of_object(const void *bytes, size_t len)
{
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory((char *)bytes, len);
	struct btf *btf = btf_of(elf);

	elf_end(elf);
	return btf;
}

/*
 * libbpf looks into modules for what the kernel itself lacks, but not if it is given a file. So it
 * is given none where something is missing that may be in a module (of net/).
 */
static bool lacks_modules(const struct btf *all)
{
	return btf__find_by_name_kind(all, "packet_sock", BTF_KIND_STRUCT) < 0 ||
	       btf__find_by_name_kind(all, "unix_sock", BTF_KIND_STRUCT) < 0;
}

/* Without the part that cannot be made libbpf takes longer. */
static void make_file(struct kernel_types *types, const void *elf, size_t len)
{
	_cleanup_(btf__free) struct btf *programs = btf_of_object(elf, len);
	_cleanup_(btf__free) struct btf *few = NULL;
	_cleanup_free_ struct type_names *names = calloc(1, sizeof(*names));
	_cleanup_close_ int fd = -1;
	const void *bytes;
	__u32 size;

	if (!programs || !names || add_names(names, programs) || lacks_modules(types->all))
		return;
	few = copy_named(types->all, names);
	bytes = few ? btf__raw_data(few, &size) : NULL;
	fd = bytes ? memfd_create("sockleak-types", MFD_CLOEXEC) : -1;
	if (fd < 0 || write_all(fd, bytes, size, NULL))
		return;
	types->fd = TAKE_FD(fd);
	snprintf(types->path, sizeof(types->path), "/proc/self/fd/%d", types->fd);
}

int kernel_types__new(const char *file, const void *elf, size_t len,
		      struct kernel_types **ret_types)
{
	struct kernel_types *types = calloc(1, sizeof(*types));

	if (!types)
		return -ENOMEM;
	types->fd = -1;
	types->given = file;
	types->all = file ? btf__parse(file, NULL) : btf__load_vmlinux_btf();
	if (types->all && !file)
		make_file(types, elf, len);
	*ret_types = types;
	return 0;
}

void kernel_types__free(struct kernel_types *types)
{
	if (!types)
		return;
	btf__free(types->all);
	if (types->fd >= 0)
		close(types->fd);
	free(types);
}

const struct btf *kernel_types__all(const struct kernel_types *types)
{
	return types->all;
}

const char *kernel_types__path(const struct kernel_types *types)
{
	if (types->given)
		return types->given;
	return types->fd >= 0 ? types->path : NULL;
}
