/* SPDX-License-Identifier: BSD-2-Clause */
/* evidence: what was tried on a leaked socket, in words for a person. Pure. */
#ifndef SOCKLEAK_EVIDENCE_H
#define SOCKLEAK_EVIDENCE_H

#include "leaks/leaks.h"

struct text;

/*
 * Add one phrase, such as "connect failed 3 times, ECONNREFUSED from 127.0.0.1:5672". Ages are
 * those of the time now_ns.
 */
void evidence_add(struct text *text, const struct leak *leak, __u64 now_ns);

/* Add what kind of socket: "AF_INET SOCK_STREAM", with its protocol when that is unusual. */
void evidence_add_kind(struct text *text, const struct leak *leak);

/*
 * Add what other kinds the sockets of the list `all` are of, with how many: "also AF_INET
 * SOCK_DGRAM (3 of 8)"; nothing if all are of that kind.
 */
void evidence_add_other_kinds(struct text *text, const struct leak *shown, const struct leak *all);

/* The error of the last failed connect, positive; 0 = not known, or none failed. */
int evidence_connect_error(const struct leak *leak);

#endif /* SOCKLEAK_EVIDENCE_H */
