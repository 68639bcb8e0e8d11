/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/pins/pin_layout.h"

#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lib/hash.h"
#include "pinned.h"
#include "sockleak.h"

/*
 * The structs in the pinned maps. A snapshot is not among them, because it is bytes to the
 * compiler. Its layout is that of the registers, which the size and the version stand for.
 */
static const char *const structs[] = { "pending", "young_pair", "reported",  "reported_stack",
				       "call",	  "call_site",	"grown_key", "grown" };

static __u64 hash_string(__u64 hash, const char *string)
{
	return hash_bytes(hash, string, strlen(string) + 1);
}

static __u64 hash_type(__u64 hash, const struct btf *btf, __u32 id, int depth);

static __u64 hash_members(__u64 hash, const struct btf *btf, const struct btf_type *type, int depth)
{
	const struct btf_member *member = btf_members(type);

	for (__u32 i = 0; i < btf_vlen(type); i++, member++) {
		hash = hash_string(hash, btf__name_by_offset(btf, member->name_off));
		hash = hash_bytes(hash, &member->offset, sizeof(member->offset));
		hash = hash_type(hash, btf, member->type, depth + 1);
	}
	return hash;
}

/* By value alone: there are no pointers in the contract, so nothing goes round. */
static __u64 hash_type(__u64 hash, const struct btf *btf, __u32 id, int depth)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	__s64 size = btf__resolve_size(btf, id);

	hash = hash_bytes(hash, &size, sizeof(size));
	while (type && (btf_is_typedef(type) || btf_is_mod(type)))
		type = btf__type_by_id(btf, type->type);
	if (!type || depth > 8)
		return hash;
	if (btf_is_array(type))
		return hash_type(hash, btf, btf_array(type)->type, depth + 1);
	return btf_is_struct(type) ? hash_members(hash, btf, type, depth) : hash;
}

__u64 pin_layout_fingerprint(const struct bpf_object *object)
{
	const struct btf *btf = bpf_object__btf(object);
	const __u32 fixed[] = { SOCKLEAK_PINNED_VERSION, sizeof(struct snapshot) };
	__u64 hash = hash_bytes(HASH_BEGIN, fixed, sizeof(fixed));

	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++) {
		__s32 id = btf__find_by_name_kind(btf, structs[i], BTF_KIND_STRUCT);

		hash = hash_string(hash, structs[i]);
		if (id > 0)
			hash = hash_type(hash, btf, (__u32)id, 0);
	}
	return hash;
}
