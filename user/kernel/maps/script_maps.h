/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_maps: the recipes for frames of scripts, and the programs that have none yet, as the
 * kernel's side has them (bpf/scripts.bpf.h). Both maps are mapped: bpf(2) would keep hooks from
 * running.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_SCRIPT_MAPS_H
#define SOCKLEAK_SCRIPT_MAPS_H

#include <stdbool.h>

#include "scripts.h"

struct script_maps;

struct bpf_object;

/* The two maps of an object that is loaded. 0, -ENOMEM or mmap()'s error. */
int script_maps__new(const struct bpf_object *object, struct script_maps **ret_maps);
/* NULL is allowed. */
void script_maps__free(struct script_maps *maps);

/*
 * From now on a program has this recipe. One of the same program is replaced; in a full group one
 * of a program that executes no scripts, else one after the other.
 */
void script_maps__write(struct script_maps *maps, const struct script_recipe *recipe);
/* Does it have one? */
bool script_maps__has(const struct script_maps *maps, const struct script_stranger *program);

/* Take the programs that are to be looked at out of the map. Returns their number. */
unsigned int script_maps__take(struct script_maps *maps,
			       struct script_stranger ret_strangers[SCRIPT_STRANGERS]);

#endif /* SOCKLEAK_SCRIPT_MAPS_H */
