/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * journal: the memory that all actors of one seed share, a file: who they are,
 * whose turn it is, and what each did to which socket. seed.py reads the same file:
 * its JOURNAL and EVENT are this layout.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_ACTORS 48
#define MAX_EVENTS 32768
#define MAX_TABLES 64
#define NOBODY (-1)

enum status {
	FREE = 0,
	RUNNING, /* takes turns, or waits for one */
	PARKED,	 /* has no steps left in this round */
	BLOCKED, /* inside a connect that does not end by itself */
	DEAD,
};

/*
 * What was done: E(NAME). `by hook` in the comments: by the 64-bit system call, which
 * sockleak sees; the others go by io_uring or by int 0x80.
 */
#define EVENTS(E)                                                                    \
	E(NONE)                                                                      \
	E(MADE)	       /* socket(), by hook */                                       \
	E(MADE_HIDDEN) /* by io_uring or 32-bit */                                   \
	E(ACCEPTED)                                                                  \
	E(PAIRED)  /* socketpair() */                                                \
	E(CONNECT) /* the result of a connect, by hook */                            \
	E(CONNECT_HIDDEN)                                                            \
	E(CONNECT_BEGUN) /* a blocking one; its CONNECT follows when it ends */      \
	E(DISSOLVE)	 /* connect to AF_UNSPEC, by hook */                         \
	E(DISSOLVE_HIDDEN)                                                           \
	E(BIND)                                                                      \
	E(BIND_HIDDEN)                                                               \
	E(LISTEN) /* detail: the backlog */                                          \
	E(PEER)	  /* getpeername, by hook */                                         \
	E(PEER_HIDDEN)                                                               \
	E(SENT) /* sendto; detail 1 when it was MSG_FASTOPEN */                      \
	E(SHUTDOWN)                                                                  \
	E(JOINED) /* a membership */                                                 \
	E(STATE)  /* result: TCP's state; detail: has the peer acknowledged a SYN */ \
	E(CLOSED)                                                                    \
	E(REPLACED) /* dup2 or dup3 onto it */                                       \
	E(COPIED)   /* a dup: fd is the new one */                                   \
	E(PASSED)   /* sent by SCM_RIGHTS */                                         \
	E(RECEIVED) /* fd is the new one */                                          \
	E(TAKEN)    /* by pidfd_getfd: likewise */                                   \
	E(FIXED)    /* registered with an io_uring */                                \
	E(HELD)	    /* seen in a table by the root, at the end of a round */         \
	E(FORKED)   /* result: the child; no socket */                               \
	E(SHARED)   /* clone(CLONE_FILES), likewise */                               \
	E(SPAWNED)  /* vfork and exec, likewise */                                   \
	E(THREAD)   /* likewise */                                                   \
	E(UNSHARED) /* no socket */                                                  \
	E(EXEC)                                                                      \
	E(EXITED)                                                                    \
	E(KILLED) /* result: the victim */                                           \
	E(CLOSE_RANGE)                                                               \
	E(BURST) /* made and closed at once */

enum what {
#define E(name) name,
	EVENTS(E)
#undef E
};

struct event {
	uint64_t inode; /* 0 = no socket */
	int32_t pid, tid;
	int32_t fd;
	int32_t result; /* of the call: 0 or more, or -errno */
	uint16_t what;	/* enum what */
	uint16_t round;
	uint32_t detail;
};
_Static_assert(sizeof(struct event) == 32, "seed.py unpacks 32 bytes");

struct actor {
	uint64_t random;
	int32_t pid, tid;
	int32_t status; /* enum status */
	int32_t in_op;	/* it is doing something: nobody may kill it now */
	int32_t steps;	/* left in this round */
	int32_t table;	/* which lock guards its descriptors */
};

struct journal {
	uint32_t n_events; /* also counts those that found no room */
	uint32_t seed;
	int32_t parallel; /* actors run freely; else one after the other, in a drawn order */
	int32_t round;
	int32_t writer;	   /* the actor that has stopped all others, or NOBODY */
	int32_t turn;	   /* the actor whose turn it is, or NOBODY */
	int32_t tables;	   /* given out so far */
	int32_t has_32bit; /* int 0x80 works */
	uint64_t random;
	int32_t table_locks[MAX_TABLES];
	struct actor actors[MAX_ACTORS];
	struct event events[MAX_EVENTS];
};

extern struct journal *journal;

/* splitmix64: a seed's draws are the same on every host. */
static inline uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* One of 0 .. n-1. */
static inline unsigned int pick(struct actor *actor, unsigned int n)
{
	return n ? draw(&actor->random) % n : 0;
}

void note(enum what what, uint64_t inode, int fd, int result, uint32_t detail);

#endif /* JOURNAL_H */
