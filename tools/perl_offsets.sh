#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Print a row of user/stacks/scripts/perl_offsets.h for one Perl, by the headers that its package
# for development installs:
#   tools/perl_offsets.sh "libperl-dev 5.36.0-7+deb12u4" $(perl -MExtUtils::Embed -e ccopts)
set -eu
name=$1
shift
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cat > "$work/offsets.c" <<'C'
#define PERL_NO_GET_CONTEXT
#include "EXTERN.h"
#include "perl.h"
#include <stddef.h>
#include <stdio.h>

#define SAME(what, value) _Static_assert((what) == (value), #what)
#define AT(type, member, value) _Static_assert(offsetof(type, member) == (value), #member)

/* What perl.c takes for the same in all versions. */
AT(PERL_SI, si_cxstack, 8);
AT(PERL_SI, si_prev, 16);
AT(PERL_SI, si_cxix, 32);
SAME(sizeof(PERL_CONTEXT), 104);
AT(PERL_CONTEXT, cx_u.cx_blk.blku_type, 0);
AT(PERL_CONTEXT, cx_u.cx_blk.blku_u16, 2);
AT(PERL_CONTEXT, cx_u.cx_blk.blku_oldcop, 16);
AT(PERL_CONTEXT, cx_u.cx_blk.blk_u.blku_sub.retop, 48);
AT(PERL_CONTEXT, cx_u.cx_blk.blk_u.blku_eval.retop, 48);
AT(PERL_CONTEXT, cx_u.cx_blk.blk_u.blku_format.retop, 48);
AT(PERL_CONTEXT, cx_u.cx_blk.blk_u.blku_sub.cv, 72);
AT(PERL_CONTEXT, cx_u.cx_blk.blk_u.blku_format.cv, 72);
SAME(CXTYPEMASK, 15);
SAME(CXt_SUB, 9);
SAME(CXt_FORMAT, 10);
SAME(CXt_EVAL, 11);
SAME(CXp_TRYBLOCK, 0x40);
SAME(CXp_SUB_RE_FAKE, 0x80);
SAME(sizeof(struct op), 40);
AT(COP, cop_line, 36);
AT(COP, cop_file, 48);
AT(SV, sv_any, 0);
AT(SV, sv_flags, 12);
AT(SV, sv_u, 16);
SAME(SVt_PVGV, 9);
SAME(SVt_PVHV, 12);
SAME(SVt_PVCV, 13);
SAME(SVf_OOK, 0x02000000);
AT(XPVCV, xcv_stash, 32);
AT(XPVCV, xcv_gv_u, 56);
AT(XPVCV, xcv_flags, 92);
SAME(CVf_NAMED, 0x8000);
SAME(CVf_LEXICAL, 0x10000);
AT(XPVGV, xiv_u, 32);
AT(XPVGV, xnv_u, 40);
AT(struct gp, gp_egv, 56);
AT(XPVHV, xhv_max, 24);
AT(struct xpvhv_aux, xhv_name_u, 0);
AT(struct xpvhv_aux, xhv_name_count, 28);
AT(struct hek, hek_len, 4);
AT(struct hek, hek_key, 8);

int main(void)
{
#if PERL_VERSION >= 36
	int hash_more = offsetof(struct xpvhv_with_aux, xhv_aux);
#else
	int hash_more = 0;
#endif

	printf("\t{ %d, %d, %d, %d, ", PERL_VERSION, (int)offsetof(struct interpreter, Icurcop),
	       (int)offsetof(struct interpreter, Icurstackinfo), hash_more);
	printf("%d, %d, %d },\n", OP_NEXTSTATE, OP_DBSTATE, OP_ENTEREVAL);
}
C
cc -O2 -w "$@" -c -o "$work/offsets.o" "$work/offsets.c"
cc -Wl,--unresolved-symbols=ignore-all -o "$work/offsets" "$work/offsets.o"
printf '\t/* %s */\n' "$name"
"$work/offsets"
