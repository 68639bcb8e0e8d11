/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table_walk: reads the fd tables of all processes, in pieces. Mostly it reads the kernel's
 * iterator over the whole host. That reads a table once for each process that shares it. Where this
 * is most of the work, the processes are listed with each table once (bpf/tables.bpf.h), and read
 * one by one. A part of the sweeper.
 */
#ifndef SOCKLEAK_TABLE_WALK_H
#define SOCKLEAK_TABLE_WALK_H

#include <stdbool.h>

#include "kernel/sweeps/piece.h"

struct sockleak_bpf;
struct table_walk;

/* The skeleton must outlive it. 0 or -errno. Free with table_walk__free(); NULL is allowed. */
int table_walk__new(struct sockleak_bpf *skeleton, struct table_walk **ret_walk);
void table_walk__free(struct table_walk *walk);

/*
 * Begin a new walk; one that goes on is given up. `one_by_one`: this kernel can look at one process
 * alone. 0 or -errno.
 */
int table_walk__begin(struct table_walk *walk, bool one_by_one);

bool table_walk__goes_on(const struct table_walk *walk);

/* Read on. 0 when all tables were read, 1 when the piece is over before, or -errno. */
int table_walk__read(struct table_walk *walk, struct piece *piece);

/* Give it up. */
void table_walk__stop(struct table_walk *walk);

#endif /* SOCKLEAK_TABLE_WALK_H */
