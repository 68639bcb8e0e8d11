/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel_types: what libbpf is given says the same of each structure as the kernel does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "control.h"
#include "kernel/kernel_types.h"
#include "scan.skel.h"

static struct kernel_types *types_for_a_scan(const char *file)
{
	struct kernel_types *types = NULL;
	size_t len;
	const void *elf = scan_bpf__elf_bytes(&len);

	assert_int_equal(kernel_types__new(file, elf, len, &types), 0);
	return types;
}

static const struct btf_type *structure(const struct btf *btf, const char *name)
{
	return btf__type_by_id(btf, (__u32)btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT));
}

static const char *name_of(const struct btf *btf, __u32 offset)
{
	return btf__name_by_offset(btf, offset);
}

/* The same members at the same places, of the same sizes, also within anonymous ones. */
static void expect_same(const struct btf *all, const struct btf_type *a, const struct btf *few,
			const struct btf_type *b)
{
	assert_int_equal(a->info, b->info);
	assert_int_equal(a->size, b->size);
	for (unsigned int i = 0; i < btf_vlen(a); i++) {
		const struct btf_member *x = btf_members(a) + i, *y = btf_members(b) + i;
		const struct btf_type *inner = btf__type_by_id(all, x->type);

		assert_string_equal(name_of(all, x->name_off), name_of(few, y->name_off));
		assert_int_equal(x->offset, y->offset);
		assert_int_equal(btf__resolve_size(all, x->type), btf__resolve_size(few, y->type));
		if (btf_is_composite(inner))
			expect_same(all, inner, few, btf__type_by_id(few, y->type));
	}
}

static void the_same_in_small(void **state)
{
	static const char *const names[] = { "task_struct", "file",	 "inode",    "socket",
					     "sock",	    "unix_sock", "tcp_sock", "fdtable" };
	struct kernel_types *types = types_for_a_scan(NULL);
	const struct btf *all = kernel_types__all(types);
	const char *path = kernel_types__path(types);
	struct btf *few;

	(void)state;
	if (!all || btf__find_by_name_kind(all, "packet_sock", BTF_KIND_STRUCT) < 0 ||
	    btf__find_by_name_kind(all, "unix_sock", BTF_KIND_STRUCT) < 0) {
		print_message("this kernel has no types to read, or some in modules\n");
		assert_null(path);
		kernel_types__free(types);
		skip();
	}
	assert_non_null(path);
	few = btf__parse(path, NULL);
	assert_non_null(few);
	assert_true(btf__type_cnt(few) < btf__type_cnt(all) / 8);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect_same(all, structure(all, names[i]), few, structure(few, names[i]));
	/* one that no program reads */
	assert_true(btf__find_by_name_kind(all, "usb_device", BTF_KIND_STRUCT) < 0 ||
		    btf__find_by_name_kind(few, "usb_device", BTF_KIND_STRUCT) < 0);
	btf__free(few);
	kernel_types__free(types);
}

/* --btf is used as it is, and what cannot be read is not known. */
static void a_given_file(void **state)
{
	struct kernel_types *types = types_for_a_scan("/no/such/file");

	(void)state;
	assert_null(kernel_types__all(types));
	assert_string_equal(kernel_types__path(types), "/no/such/file");
	kernel_types__free(types);
	kernel_types__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_in_small),
		cmocka_unit_test(a_given_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
