/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * turns: who may do something now. Even seeds take turns; in odd ones everybody may who holds the
 * lock of a table of descriptors, unless one of them has stopped the others (actors.h).
 */
#ifndef TURNS_H
#define TURNS_H

#include "journal.h"

/* A word of the journal, which all processes share. */
int load(int32_t *word);
void store(int32_t *word, int32_t value);
/* Until it is woken, or at most 20 ms; not at all when the word has another value. */
void wait_while(int32_t *word, int32_t value);
void wake(int32_t *word);

/* Its place in the journal. */
int index_of(const struct actor *actor);
/* Whose turn is next; NOBODY when nobody can. */
void pass_turn(void);
/* Around each thing that an actor does. */
void begin_op(struct actor *me);
void end_op(struct actor *me);

#endif /* TURNS_H */
