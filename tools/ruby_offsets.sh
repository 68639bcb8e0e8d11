#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Print a row of user/stacks/scripts/ruby_offsets.h for one CRuby: its source as it is released
# (with id.h), and the headers that its package for development installs, among them config.h:
#   tools/ruby_offsets.sh ruby-3.1.2 "ruby3.1 3.1.2-7+deb12u1" \
#       /usr/include/x86_64-linux-gnu/ruby-3.1.0 /usr/include/ruby-3.1.0
set -eu
source=$1 name=$2
shift 2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cat > "$work/offsets.c" <<'C'
#include "ruby/ruby.h"
#include "ruby/version.h"
#include "vm_core.h"
#include "iseq.h"
#include <stddef.h>
#include <stdio.h>

#define AT(type, member) ((int)offsetof(type, member))
#define BODY struct rb_iseq_constant_body

#if RUBY_API_VERSION_MAJOR >= 3
#define THREADS 0, 0, 0
#define EMBEDDED AT(struct RString, as.embed.ary)
#else
#define THREADS                                                                                    \
	AT(rb_vm_t, living_threads), AT(rb_thread_t, thread_id), AT(rb_thread_t, ec)
#define EMBEDDED AT(struct RString, as.ary)
#endif
#if RUBY_API_VERSION_MAJOR > 3 || RUBY_API_VERSION_MINOR >= 4
#include "internal/class.h"
#define OF_CLASS(member) AT(struct RClass_and_rb_classext_t, classext.member)
#define LABELS                                                                                     \
	AT(BODY, parent_iseq), AT(BODY, local_iseq),                                               \
		OF_CLASS(as.singleton_class.attached_object), OF_CLASS(variation_count) + 1,       \
		OF_CLASS(classpath)
#else
#define LABELS 0, 0, 0, 0, 0
#endif
#define TRIPLE(...) printf("%d, %d, %d, ", __VA_ARGS__)

int main(void)
{
	printf("\t{ %d, %d, ", RUBY_API_VERSION_MAJOR, RUBY_API_VERSION_MINOR);
	TRIPLE(THREADS);
	TRIPLE(AT(rb_execution_context_t, vm_stack), AT(rb_execution_context_t, vm_stack_size),
	       AT(rb_execution_context_t, cfp));
	printf("%d, %d, %d, %d, ", AT(rb_control_frame_t, pc), AT(rb_control_frame_t, iseq),
	       AT(rb_control_frame_t, ep), (int)sizeof(rb_control_frame_t));
	printf("%d, %d, %d, %d, %d, ", AT(rb_iseq_t, body), AT(BODY, iseq_size),
	       AT(BODY, iseq_encoded), AT(BODY, location.pathobj), AT(BODY, location.label));
	TRIPLE(AT(BODY, insns_info.body), AT(BODY, insns_info.size),
	       AT(BODY, insns_info.succ_index_table));
	printf("%d, %d, ", (int)sizeof(struct iseq_insn_info_entry), EMBEDDED);
	printf("%d, %d, %d, %d, %d },\n", LABELS);
}
C
includes="-I$source -I$source/include"
for folder; do includes="$includes -I$folder"; done
# shellcheck disable=SC2086 # a list of options
cc -w $includes -o "$work/offsets" "$work/offsets.c"
printf '\t/* %s */\n' "$name"
"$work/offsets"
