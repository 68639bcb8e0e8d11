/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ruby_offsets: where CRuby has what sockleak reads, by version. Made by tools/ruby_offsets.sh from
 * sources of CRuby; do not edit. Offsets are bytes, of 64-bit builds.
 */
#ifndef SOCKLEAK_RUBY_OFFSETS_H
#define SOCKLEAK_RUBY_OFFSETS_H

#include <linux/types.h>

struct ruby_offsets {
	__u16 major, minor;
	/*
	 * Before 3.0 the context of a thread is not in its own storage: rb_vm_t has a list of
	 * threads, and rb_thread_t, which begins with its place there, has its pthread_self() and
	 * its context. 0 since then.
	 */
	__u16 vm_threads, thread_id, thread_context;
	/* rb_execution_context_t, and rb_control_frame_t with its size. */
	__u16 ec_stack, ec_words, ec_frame;
	__u16 frame_pc, frame_iseq, frame_ep, frame_size;
	/* rb_iseq_t; rb_iseq_constant_body */
	__u16 iseq_body;
	__u16 body_code_size, body_code, body_path, body_label;
	__u16 body_lines, body_line_count, body_line_index;
	/* struct iseq_insn_info_entry: its size; the line is its first member. */
	__u16 line_size;
	/* struct RString: where an embedded one begins. Behind its length, or that is a flag. */
	__u16 string_embedded;
	/*
	 * Since 3.4 labels have the class, and are put together when they are asked for. 0 before.
	 * The body's outer sequence and that of its method; struct RClass with its extension: what
	 * a singleton class is of, a byte whose lowest bit says that the name stays, and the name.
	 */
	__u16 body_parent, body_local;
	__u16 class_attached, class_has_name, class_name;
};

static const struct ruby_offsets ruby_offsets[] = {
	/* ruby2.7 2.7.4-1+deb11u1 */
	{ 2, 7,	 312, 72,  32,	0,   8, 16, 0, 16, 32, 56, 16, 4,
	  8, 64, 80,  120, 136, 144, 8, 16, 0, 0,  0,  0,  0 },
	/* CRuby 3.0.7, by rbspy's bindings to its headers; not tried */
	{ 3, 0,	 0,  0,	  0,   0,   8, 16, 0, 16, 32, 56, 16, 4,
	  8, 64, 80, 120, 136, 144, 8, 16, 0, 0,  0,  0,  0 },
	/* ruby3.1 3.1.2-7+deb12u1 */
	{ 3, 1,	 0,  0,	  0,   0,   8,	16, 0, 16, 32, 64, 16, 4,
	  8, 64, 80, 120, 136, 144, 12, 16, 0, 0,  0,  0,  0 },
	/* CRuby 3.2.8, by rbspy's bindings to its headers; not tried */
	{ 3, 2,	 0,  0,	  0,   0,   8,	16, 0, 16, 32, 64, 16, 4,
	  8, 64, 80, 112, 128, 136, 12, 24, 0, 0,  0,  0,  0 },
	/* ruby3.3 3.3.8-2 */
	{ 3, 3,	 0,  0,	  0,   0,   8,	16, 0, 16, 32, 56, 16, 4,
	  8, 64, 80, 112, 128, 136, 12, 24, 0, 0,  0,  0,  0 },
	/* CRuby 3.4.8, by rbspy's bindings to its headers; classes by a process of 3.4.11 */
	{ 3, 4,	 0,  0,	  0,   0,   8,	16, 0,	 16,  32,  56,	16, 4,
	  8, 64, 80, 112, 128, 136, 12, 24, 160, 168, 128, 149, 152 },
};

#endif /* SOCKLEAK_RUBY_OFFSETS_H */
