/* SPDX-License-Identifier: BSD-2-Clause */
/* growth_kept: growth by account and process (growth.h), kept in the maps that outlive a run. */
#ifndef SOCKLEAK_GROWTH_KEPT_H
#define SOCKLEAK_GROWTH_KEPT_H

#include "kernel/history.h"
#include "leaks/leaks.h"

/*
 * They live as long as the history. The start time distinguishes a process from a later one
 * with its number.
 */
struct growth_memory growth_kept_in(struct history *history);

#endif /* SOCKLEAK_GROWTH_KEPT_H */
