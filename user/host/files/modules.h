/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modules: which files are mapped executable in one process, by /proc/PID/maps, and what memory
 * lies around an address. Opens none of the files (process_files.h does); knows nothing of symbols.
 *
 * The names and the number of mappings are another user's input: at most 65,536 lines and
 * 16 MiB are read, and the rest is unknown.
 */
#ifndef SOCKLEAK_MODULES_H
#define SOCKLEAK_MODULES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "host/files/mapping.h"
#include "host/files/process_files.h"

struct modules;

/*
 * Read the executable mappings of a process into *ret_modules, to be freed with
 * modules__free() (NULL is allowed there).
 * -ESRCH: it is gone, or has no memory any more (a zombie), or never had (a
 * kernel thread). -EACCES or -EPERM: needs CAP_SYS_PTRACE.
 */
int modules__read(pid_t tgid, struct modules **ret_modules);
void modules__free(struct modules *modules);

/* The same of a process that is gone, by past_maps.h. -ENOENT: it is not known. */
int modules__recall(pid_t tgid, struct process_view *ret_view, struct modules **ret_modules);

/* The same from any text in the format of /proc/PID/maps (proc(5)); may be empty. */
int modules__parse(FILE *maps, struct modules **ret_modules);

/*
 * The memory around an address, of any kind. -ENOENT: nothing is mapped there; the errors of
 * modules__read().
 */
int modules__memory_at(pid_t tgid, __u64 address, struct memory_range *ret_range);
/* The same from any text in the format of /proc/PID/maps. */
int modules__memory_in(FILE *maps, __u64 address, struct memory_range *ret_range);

/* How many mappings. */
size_t modules__count(const struct modules *modules);

/* One of them, by its place in the order of addresses. */
const struct mapping *modules__get(const struct modules *modules, size_t index);

/* Do both list the same mappings? */
bool modules__equal(const struct modules *a, const struct modules *b);

/* Are all files of `part` mapped as they are there? Mappings without a file may differ. */
bool modules__include(const struct modules *modules, const struct modules *part);

/* The mapping that holds an address, NULL = none. Valid as long as modules. */
const struct mapping *modules__find(const struct modules *modules, __u64 address);

#endif /* SOCKLEAK_MODULES_H */
