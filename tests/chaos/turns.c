/* SPDX-License-Identifier: BSD-2-Clause */
/* turns: of even seeds, and of odd ones who has stopped the others; by futexes in the journal. */
#define _GNU_SOURCE
#include "turns.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "actors.h"

int load(int32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

void store(int32_t *word, int32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

void wait_while(int32_t *word, int32_t value)
{
	struct timespec limit = { .tv_nsec = 20000000 }; /* a lost wake-up costs no more */

	syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

void wake(int32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

int index_of(const struct actor *actor)
{
	return actor - journal->actors;
}

void pass_turn(void)
{
	int ready[MAX_ACTORS], n = 0;

	for (int i = 0; i < MAX_ACTORS; i++)
		if (load(&journal->actors[i].status) == RUNNING && journal->actors[i].steps > 0)
			ready[n++] = i;
	store(&journal->turn, n ? ready[draw(&journal->random) % n] : NOBODY);
	wake(&journal->turn);
}

void begin_op(struct actor *me)
{
	if (!journal->parallel) {
		int turn;

		while ((turn = load(&journal->turn)) != index_of(me))
			wait_while(&journal->turn, turn);
		return;
	}
	for (;;) {
		int writer;

		store(&me->in_op, 1);
		writer = load(&journal->writer);
		if (writer == NOBODY)
			break;
		store(&me->in_op, 0);
		wait_while(&journal->writer, writer);
	}
	for (int32_t free = 0;
	     !__atomic_compare_exchange_n(&journal->table_locks[me->table], &free, index_of(me) + 1,
					  false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	     free = 0)
		sched_yield();
}

void end_op(struct actor *me)
{
	int32_t mine = index_of(me) + 1;

	if (!journal->parallel) {
		if (load(&journal->turn) == index_of(me))
			pass_turn();
		return;
	}
	/* Back from a blocking call it has no lock. */
	__atomic_compare_exchange_n(&journal->table_locks[me->table], &mine, 0, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	store(&me->in_op, 0);
}

void stop_others(struct actor *me)
{
	int32_t nobody = NOBODY;

	if (!journal->parallel)
		return;
	end_op(me);
	while (!__atomic_compare_exchange_n(&journal->writer, &nobody, index_of(me), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		wait_while(&journal->writer, nobody);
		nobody = NOBODY;
	}
	for (int i = 0; i < MAX_ACTORS; i++)
		while (load(&journal->actors[i].in_op) && load(&journal->actors[i].status) != DEAD)
			sched_yield();
}

void let_go(struct actor *me)
{
	if (!journal->parallel)
		return;
	store(&me->in_op, 1);
	store(&journal->table_locks[me->table], index_of(me) + 1); /* all locks are free now */
	store(&journal->writer, NOBODY);
	wake(&journal->writer);
}

void process_dies(int pid, const struct actor *except)
{
	for (int i = 0; i < MAX_ACTORS; i++)
		if (&journal->actors[i] != except && journal->actors[i].pid == pid)
			store(&journal->actors[i].status, DEAD);
}

void retire(struct actor *me)
{
	store(&me->status, DEAD);
	/* Others are let go by the root, once it has really ended: see free_writer(). */
	if (!journal->parallel)
		end_op(me);
}

void begin_blocking(struct actor *me)
{
	store(&me->status, BLOCKED);
	end_op(me);
}

/* Whenever that is, maybe when all stand still: it does nothing more in this round. */
void end_blocking(struct actor *me)
{
	me->steps = 0;
}

int new_table(void)
{
	return __atomic_fetch_add(&journal->tables, 1, __ATOMIC_SEQ_CST) % MAX_TABLES;
}
