/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actors: threads and processes that take steps, in turns or freely, and how one of
 * them stops all others to make, kill or replace some.
 */
#ifndef ACTORS_H
#define ACTORS_H

#include "journal.h"

/* A place for a new actor, or NULL when there is none. The caller has stopped the others. */
struct actor *actor_new(struct actor *parent, bool same_table);
/* Be this actor until the process ends. */
_Noreturn void actor_run(struct actor *me);
/* Stop all others, once what they do now is done, and let them go on. */
void stop_others(struct actor *me);
void let_go(struct actor *me);
/* Everything of this process but `except` is dead. */
void process_dies(int pid, const struct actor *except);
/* Let others have turns while this actor is in a call that may never end; its round is over. */
void begin_blocking(struct actor *me);
void end_blocking(struct actor *me);
/* It is over with this actor, who has stopped the others: it must then exit at once. */
void retire(struct actor *me);
int new_table(void);

/* ops.c: do one thing, drawn from the actor's random numbers. */
void step(struct actor *me);

#endif /* ACTORS_H */
