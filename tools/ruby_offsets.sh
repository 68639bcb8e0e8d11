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

/* As in iseq.c, with USE_ISEQ_NODE_ID, which is the default. */
struct line_entry {
	int line;
	int node_id;
	rb_event_flag_t events;
};

int main(void)
{
	printf("\t{ %d, %d, ", RUBY_API_VERSION_MAJOR, RUBY_API_VERSION_MINOR);
	printf("%d, %d, %d, ", AT(rb_execution_context_t, vm_stack),
	       AT(rb_execution_context_t, vm_stack_size), AT(rb_execution_context_t, cfp));
	printf("%d, %d, %d, %d, ", AT(rb_control_frame_t, pc), AT(rb_control_frame_t, iseq),
	       AT(rb_control_frame_t, ep), (int)sizeof(rb_control_frame_t));
	printf("%d, %d, %d, %d, %d, ", AT(rb_iseq_t, body), AT(BODY, iseq_size),
	       AT(BODY, iseq_encoded), AT(BODY, location.pathobj), AT(BODY, location.label));
	printf("%d, %d, %d, %d },\n", AT(BODY, insns_info.body), AT(BODY, insns_info.size),
	       AT(BODY, insns_info.succ_index_table), (int)sizeof(struct line_entry));
}
C
includes="-I$source -I$source/include"
for folder; do includes="$includes -I$folder"; done
# shellcheck disable=SC2086 # a list of options
cc -w $includes -o "$work/offsets" "$work/offsets.c"
printf '\t/* %s */\n' "$name"
"$work/offsets"
