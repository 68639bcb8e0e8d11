/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refusal_map: reads the map of processes whose calls of socket() fail (bpf/refusals.bpf.h).
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_REFUSAL_MAP_H
#define SOCKLEAK_REFUSAL_MAP_H

#include "sockleak.h"

/* Those that are noted whole, into arrays of SOCKLEAK_MAX_REFUSALS: how many. */
unsigned int refusal_map_read(int map, struct refusal_key *ret_keys, struct refusal *ret_refusals);

#endif /* SOCKLEAK_REFUSAL_MAP_H */
