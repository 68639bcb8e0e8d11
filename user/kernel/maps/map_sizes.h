/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_sizes: how large the BPF maps are made, by the options. All of their memory is taken when
 * they are loaded, but for what a map's comment in bpf/ says of itself.
 */
#ifndef SOCKLEAK_MAP_SIZES_H
#define SOCKLEAK_MAP_SIZES_H

#include "options/options.h"

struct sockleak_bpf;

/* Between opening the object and loading it. 0 or what libbpf says. */
int map_sizes_set(struct sockleak_bpf *skeleton, const struct options *options);

#endif /* SOCKLEAK_MAP_SIZES_H */
