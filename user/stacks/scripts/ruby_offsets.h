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
};

static const struct ruby_offsets ruby_offsets[] = {
	/* ruby2.7 2.7.4-1+deb11u1 */
	{ 2, 7, 312, 72, 32, 0, 8, 16, 0, 16, 32, 56, 16, 4, 8, 64, 80, 120, 136, 144, 8, 16 },
	/* CRuby 3.0.7, by rbspy's bindings to its headers; not tried */
	{ 3, 0, 0, 0, 0, 0, 8, 16, 0, 16, 32, 56, 16, 4, 8, 64, 80, 120, 136, 144, 8, 16 },
	/* ruby3.1 3.1.2-7+deb12u1 */
	{ 3, 1, 0, 0, 0, 0, 8, 16, 0, 16, 32, 64, 16, 4, 8, 64, 80, 120, 136, 144, 12, 16 },
	/* CRuby 3.2.8, by rbspy's bindings to its headers; not tried */
	{ 3, 2, 0, 0, 0, 0, 8, 16, 0, 16, 32, 64, 16, 4, 8, 64, 80, 112, 128, 136, 12, 24 },
	/* ruby3.3 3.3.8-2 */
	{ 3, 3, 0, 0, 0, 0, 8, 16, 0, 16, 32, 56, 16, 4, 8, 64, 80, 112, 128, 136, 12, 24 },
};

#endif /* SOCKLEAK_RUBY_OFFSETS_H */
