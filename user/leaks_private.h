/* SPDX-License-Identifier: BSD-2-Clause */
/* The accounts of leaks.h, for its own files: leaks.c keeps them, leaks_view.c reads them. */
#ifndef SOCKLEAK_LEAKS_PRIVATE_H
#define SOCKLEAK_LEAKS_PRIVATE_H

#include "leaks.h"

struct leaks {
	struct leak *by_socket; /* uthash tables */
	struct site *by_key;
	unsigned int classes;
	__u64 moment_ns;
	unsigned int min_steps, min_open;
	bool by_process;
	leaks_announce_fn announce;
	void *announce_ctx;
	leaks_growth_fn on_growth; /* NULL = nobody is told */
	void *on_growth_ctx;
	struct growth_memory memory; /* .keep NULL = none */
	struct leaks_totals totals;  /* of sites: what leaks__totals() cannot count itself */
	struct site **sorted;
	size_t sorted_room;
};

#endif /* SOCKLEAK_LEAKS_PRIVATE_H */
