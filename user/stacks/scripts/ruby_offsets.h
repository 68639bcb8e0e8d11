/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ruby_offsets: where CRuby has what sockleak reads, by version. Made by tools/ruby_offsets.sh from
 * Debian's source packages; do not edit. Offsets are bytes, of 64-bit builds.
 */
#ifndef SOCKLEAK_RUBY_OFFSETS_H
#define SOCKLEAK_RUBY_OFFSETS_H

#include <linux/types.h>

struct ruby_offsets {
	__u16 major, minor;
	/* rb_execution_context_t, and rb_control_frame_t with its size. */
	__u16 ec_stack, ec_words, ec_frame;
	__u16 frame_pc, frame_iseq, frame_ep, frame_size;
	/* rb_iseq_t; rb_iseq_constant_body */
	__u16 iseq_body;
	__u16 body_code_size, body_code, body_path, body_label;
	__u16 body_lines, body_line_count, body_line_index;
	/* struct iseq_insn_info_entry: its size; the line is its first member. */
	__u16 line_size;
};

static const struct ruby_offsets ruby_offsets[] = {
	/* ruby3.1 3.1.2-7+deb12u1 */
	{ 3, 1, 0, 8, 16, 0, 16, 32, 64, 16, 4, 8, 64, 80, 120, 136, 144, 12 },
};

#endif /* SOCKLEAK_RUBY_OFFSETS_H */
