/* SPDX-License-Identifier: BSD-2-Clause */
/* site: the code that makes the sockets, by itself (struct site of leaks.h). For leaks/ alone. */
#ifndef SOCKLEAK_SITE_H
#define SOCKLEAK_SITE_H

#include "leaks/leaks.h"

/* With its processes; it has no leaks left. */
void site_free(struct site *site);

/* The account of a process at the site, made when there is none. NULL: no memory. */
struct site_process *site_process_get(struct site *site, __u32 tgid);
/* One leak less; the last one frees the account. */
void site_process_leave(struct site *site, struct site_process *process);

/*
 * Debug information that was installed meanwhile shows in the stacks of newer leaks, and
 * a whole stack instead of one that was given its site.
 */
void site_show_better(struct site *site, struct stack *stack);

/* The class of most of its leaks. */
void site_class(struct site *site);
/* That, and its oldest leak. */
void site_summarize(struct site *site);

/* For qsort() over struct site *: the order of leaks__sites(). */
int site_worse_first(const void *a, const void *b);

#endif /* SOCKLEAK_SITE_H */
