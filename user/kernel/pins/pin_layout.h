/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pin_layout: a number for the layout of what is kept in pinned maps, from the type
 * information (BTF) that the compiler put into the BPF object. Another member, order,
 * width or length makes another number; sizes that options set do not.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_PIN_LAYOUT_H
#define SOCKLEAK_PIN_LAYOUT_H

#include <linux/types.h>

struct bpf_object;

__u64 pin_layout_fingerprint(const struct bpf_object *object);

#endif /* SOCKLEAK_PIN_LAYOUT_H */
