/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All that user space tells the kernel side: the settings, once, before the programs are loaded;
 * the cgroups to watch; before each sweep, which one is to run; and after it, the orders. The
 * kernel side answers in struct sweep, and with the events of sockleak.h, whose rules for types
 * hold here.
 */
#ifndef SOCKLEAK_CONTROL_H
#define SOCKLEAK_CONTROL_H

#include "descriptors.h"
#include "sockleak.h"

/* The tables that are shared among users, and among their processes: see bpf/shares.bpf.h. */
enum share_kind {
	SHARE_SOCKETS,	 /* entries for sockets that are pending */
	SHARE_SNAPSHOTS, /* slots for copies of stacks */
	SHARE_HOLDERS,	 /* entries for the holders of leaked sockets */
	SHARE_KINDS,
};

struct share {
	__s32 used[SHARE_KINDS];
	__s32 events; /* of a user: new leaks that were reported in this sweep */
	__s32 most; /* of a user: the sockets of that process of it which has most, at the sweep */
	__s32 was_empty; /* at the last sweep, and nobody has looked it up since */
};

struct share_key {
	__u32 owner;
	__u32 tgid;
};

/*
 * Users and processes whose shares of the tables are counted, some 80 bytes each. They are those
 * with a socket that has outlived a sweep. Further processes count as their user alone; further
 * users have one share together, under an id that no user has.
 */
#define SHARE_OTHERS (~0U)
#define SOCKLEAK_MAX_USERS 1024
#define SOCKLEAK_MAX_PROCESSES 4096

/* Written before load (rodata). 0 and "" mean "no such filter". */
struct settings {
	__u64 older_than_ns; /* of `run`, --older-than: a socket that is younger at the end of its
				last holder is not reported */
	__u32 self_tgid;     /* the agent itself is never watched */
	__u32 n_tgids;	     /* --pid; 0 = all processes */
	__u32 tgids[SOCKLEAK_MAX_PIDS];
	__u32 uid;		 /* --uid, when by_uid */
	__u32 stack_size;	 /* --stack-size, bytes; 0 = no snapshots */
	__u32 sample_after;	 /* sockets in a row that make a site clean; 0 = none is */
	__u32 try_stacks;	 /* --try-stacks: of calls that failed, at once; 0 = none */
	__u32 keep_slots;	 /* of snapshots, for sockets that are connected: connected.bpf.h */
	__u32 room[SHARE_KINDS]; /* of what is shared: so many there are */
	__u8 by_uid;
	__u8 by_cgroup;	    /* only what the map `cgroups` names as wanted */
	__u8 was_connected; /* dead former connections are wanted too */
	__u8 excludes;	    /* some in that map are excluded */
	__u8 watch_close;   /* the hooks of close are attached: --watch-close */
	__u8 script_depth;  /* frames of scripts in a snapshot at most; 0 = none: scripts.h */
	__u8 by_descent;    /* only what the map `descendants` has: `run` */
	__u8 half_closed;   /* sockets whose peer has closed are wanted too */
	char comm[SOCKLEAK_COMM_LEN]; /* --comm: the main thread's comm, or the executable's name */
};
_Static_assert(sizeof(struct settings) == 56 + 4 * SOCKLEAK_MAX_PIDS + SOCKLEAK_COMM_LEN,
	       "struct settings has holes");

/* A cgroup in whose scope the user is interested, or not: with all below it. */
enum cgroup_rule {
	CGROUP_WANTED = 1,
	CGROUP_EXCLUDED,
};

struct ruled_cgroup {
	__u64 id;
	__u32 rule; /* enum cgroup_rule */
	__u32 pad;
};

/*
 * The sweep that runs (bss). User space writes its number and start before each sweep. The kernel
 * side writes what the sweep found below them.
 */
struct sweep {
	__u64 number;	     /* 1, 2, 3 ... */
	__u64 start_ns;	     /* when it began */
	__u64 last_ns;	     /* when the one before it began */
	__u64 since_ns;	     /* when the reading of fd tables began: see `since` */
	__u64 older_than_ns; /* pending longer than this is a leak. Written by user space */
	__u64 repeats;	     /* of this sweep, for the events that did not fit before */
	__u64 retells; /* in this sweep every leak is reported, also one that was reported before */
	__u64 pending; /* entries in the map of pending sockets */
	__u64 waiting; /* events that did not fit the ring buffer */
	__u64 unread;  /* entries that a fd table is to be asked about, and was not yet */
	__u64 unsettled;    /* that the next full sweep is to decide, and soon */
	__u64 shared_slots; /* of fd tables that a walk would read once more for each sharer */
	__u64 tables;	    /* tasks that have a fd table of their own, or are its first */
	__u32 only_tgid;    /* whose fd table is read; 0 = all. Written by user space */
	__u32 strangers;    /* descriptors of others that came nevertheless */
	__u32 crowd;	    /* 1 = the map of processes to look at was full */
	__u32 asks_threads; /* 1 = their threads are to be looked at: is one inside connect? */
	__u32 looked;	    /* 1 = the fd tables of the suspects were read. Written by user space */
	/*
	 * Number of the sweep in which the reading of fd tables began. A full sweep may be read in
	 * pieces, with quick sweeps in between: all that was seen since then counts as seen by it.
	 * Written by user space.
	 */
	__u32 since;
	__u32 walks;	/* 1 = a full sweep reads fd tables, not a quick one. User space */
	__u32 step;	/* descriptors since the iterator's read() returned */
	__u32 lists;	/* 1 = list_tables() writes what it finds. Written by user space */
	__u32 is_last;	/* 1 = no event may wait for another sweep. Written by user space */
	__u32 deferred; /* new leaks that wait for another sweep: see share_takes_event() */
	__u32 readings; /* of fd tables; odd = one goes on, which refers to files. User space */
	__u32 room;	/* so many new leaks user space takes. Written by it, counted down */
	__u32 pad;
};

/*
 * After so many descriptors user space's read() returns, so that it can stop. A descriptor takes
 * 0.1 us, and one of a socket up to 2 us: some 1 to 16 ms in all.
 */
#define SOCKLEAK_SWEEP_STEP 8192

enum table_kind {
	TABLE_OWN,
	TABLE_SHARED, /* with other processes, which are not listed */
	TABLE_NONE,   /* the main thread has ended; others may have one */
};

/* A process whose fd tables are to be read: list_tables(). */
struct table_listed {
	__u64 start_ns; /* of the process, or of the thread whose table it is */
	__u32 tgid;
	__u32 kind; /* enum table_kind */
};
_Static_assert(sizeof(struct table_listed) == 16, "struct table_listed has holes");

/* How many bytes user space reads of a sweep's iterator at once; a record ends the read. */
#define SOCKLEAK_ITERATOR_READ 64

/*
 * Sockets of the classes that were not asked for, in the full sweep that runs (bss). A socket that
 * n descriptors refer to counts as one n-th for each of them, in units of 2^-20.
 */
#define LEFT_ASIDE_ONE (1ULL << 20)
struct left_aside {
	__u64 half_closed;
	__u64 was_connected;
};

/*
 * The users and processes that fill the tables (bss), as the last sweep found them, by enum
 * share_kind. User space shows it, and the kernel's side has the greediest give way
 * (bpf/shares.bpf.h).
 */
struct fill {
	__s32 used;
	__s32 user_used; /* by the user that has most, */
	__u32 user;
	__s32 process_used; /* and by the process; 0 = this is not counted by process */
	__u32 tgid;
};

/* How far a full sweep has come (bss). */
struct scan_progress {
	__u64 files;	 /* descriptors looked at */
	__u64 processes; /* that the filters ask for, when there are any */
	__u32 last_tgid; /* whose descriptors it looks at */
	__u32 pad;
};

/*
 * Orders: what the kernel's side does in its maps for user space, whose own bpf(2) calls would keep
 * hooks from running. See bpf/orders.bpf.h.
 */
enum order_kind {
	ORDER_NONE = 0,	     /* this place and those behind it are empty */
	ORDER_FREE_SLOT,     /* `slot` is nobody's now */
	ORDER_DROP_SNAPSHOT, /* that of the socket `inode` was read */
	ORDER_KEEP_STACK,    /* number `slot` of those in hand is to be known under `stack` */
	/* The stack of the leak `inode` of `since_ns` is known under `stack`; `slot`: is it
	   reported? */
	ORDER_TELL,
	ORDER_FORGET, /* that of `inode` is of no use any more */
};

struct order {
	__u64 inode;
	__u64 since_ns;
	__u64 stack;
	__u32 kind; /* enum order_kind */
	__u32 slot;
};
_Static_assert(sizeof(struct order) == 32, "struct order has holes");

/* Orders in hand, in two pages: two for each leak. To carry them out takes one system call more. */
#define SOCKLEAK_ORDERS 256
/* Stacks in hand for ORDER_KEEP_STACK, 1.2 KiB each. */
#define SOCKLEAK_STACKS_IN_HAND 16

#endif /* SOCKLEAK_CONTROL_H */
