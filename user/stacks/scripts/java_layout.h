/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * java_layout: where HotSpot has the members of its structures. Its library describes itself: it
 * exports tables of types, of their members and of constants (gHotSpotVMStructs and others), which
 * debuggers use. What they lack is in java_layout.c, with the versions that it holds for.
 *
 * Sources: vmStructs.cpp of OpenJDK, and the serviceability agent (sun.jvm.hotspot), which reads
 * the same tables.
 */
#ifndef SOCKLEAK_JAVA_LAYOUT_H
#define SOCKLEAK_JAVA_LAYOUT_H

#include <linux/types.h>
#include <stdbool.h>

#include "stacks/scripts/language.h"

#define JAVA_NONE (-1) /* this version has no such member */

/*
 * Offsets in bytes, sizes of types, and constants; JAVA_NONE where there is none. All are named as
 * HotSpot does: class and member.
 */
struct java_layout {
	/* Addresses in the process; 0 = none. */
	__u64 code_heaps, code_heap, major_version;
	/* The code cache: heaps, and blocks of code in them. */
	__s32 array_length, array_data;
	__s32 heap_memory, heap_segments, heap_log2_segment, space_low, space_high;
	__s32 block_used, block_size;
	__s32 blob_name, blob_size, blob_frame_size, blob_data_offset;
	__s32 blob_code_begin, blob_code_end, blob_code_offset;
	__s32 blob_mutable_data, blob_relocation_size;
	/* Compiled methods. */
	__s32 compiled_method, compiled_orig_pc, compiled_metadata;
	__s32 compiled_immutable, compiled_scopes_begin, compiled_scopes, compiled_pcs;
	__s32 compiled_pcs_end, compiled_deopt_begin, compiled_deopt, compiled_deopt_mh_begin,
		compiled_deopt_mh;
	__s32 pc_size, pc_offset, pc_scope;
	/* Methods and classes. */
	__s32 method_const, method_access, method_flags, method_intrinsic;
	__s32 const_constants, const_flags, const_words, const_code_size, const_name, const_size;
	__s32 pool_holder, pool_length, pool_source, pool_size;
	__s32 class_constants, class_source, class_name;
	__s32 symbol_length, symbol_body;
	__s32 hidden_flag, lines_flag;
	/* What the tables do not say. */
	bool excludes_zero; /* compressed numbers have no byte 0 */
	bool const_hidden;  /* whether a method is hidden is in its constant part */
	__s32 bytecode;	    /* in a frame of the interpreter, from its frame pointer */
};

/* Is all there that describes a method and its code, in one of the forms that versions have? */
bool java_layout_is_complete(const struct java_layout *layout);

/* False: a table cannot be read, or lacks what every version should have. */
bool java_layout_read(struct interpreter *interpreter, struct java_layout *ret_layout);

#endif /* SOCKLEAK_JAVA_LAYOUT_H */
