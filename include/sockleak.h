/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the two sides: what the programs in the kernel (bpf/) and user space
 * (user/) both read or write. Here are limits, counters, what is known of a socket, and the events
 * about it. control.h has what user space tells the kernel side, and pinned.h what outlives a run.
 *
 * Only fixed-width integers and char arrays, widest members first, padding
 * spelled out, sizes asserted: a drift between the sides does not build.
 * All times are CLOCK_BOOTTIME in nanoseconds; 0 means "not known".
 */
#ifndef SOCKLEAK_H
#define SOCKLEAK_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* ---- Limits. Those that name an option are its default. ---- */

/*
 * Sockets tracked at once (--max-sockets). Only sockets that are not connected yet are tracked,
 * so this is how many leaks of the host can be reported with their origin. 32768 are 32 processes
 * at the usual limit of 1024 open files.
 */
#define SOCKLEAK_MAX_SOCKETS 32768
/*
 * Entries for sockets created since the last sweep, 296 bytes each, in pairs; a power of two. A
 * hook that finds both entries of its pair taken by open sockets moves one to the map of pending
 * sockets. That costs time and loses nothing. 16384 entries hold 16,000 connections that are being
 * opened at once, in 4.4 MiB.
 */
#define SOCKLEAK_YOUNG 16384
/*
 * Distinct stacks by frame pointers (--max-stacks), 1 KiB of kernel memory each. They are used
 * when no snapshot could be taken; sampled-out sockets keep only the call, in their entries. So
 * they are rare, and 1024 are many. The kernel rounds the number up to a power of two. Two stacks
 * in one bucket collide, and the later one is lost and counted.
 */
#define SOCKLEAK_MAX_STACKS 1024
/*
 * Bytes of the ring buffer (--ring-size), a power of two times the page size.
 * 1 MiB holds some 3,100 events. A sweep has it emptied when it is half full. An event that still
 * does not fit is counted (ring_full), and the next sweep sends it.
 */
#define SOCKLEAK_RING_SIZE (1024 * 1024)
/*
 * Entries for threads inside connect, bind or getpeername, 56 bytes each; a power of two, because
 * the thread id modulo the size gives the entry. If another thread has it, a hash map of half the
 * size takes the call. Together they hold about 4,900 threads if thread ids are evenly spread.
 */
#define SOCKLEAK_MAX_IN_FLIGHT 4096
/*
 * Processes whose fd tables a quick sweep may read one by one. One process costs as much as some
 * hundred descriptors of a full sweep, so for more of them a full sweep is as cheap.
 */
#define SOCKLEAK_MAX_LOOKS 256

/*
 * FD tables that are shared by several processes, 64 bytes each. Few programs do that, with one
 * table, so this is far more than a host has if nobody wants to use it up.
 */
#define SOCKLEAK_MAX_SHARED_TABLES 4096
/*
 * Processes at their limit of descriptors that are known at once, some 150 bytes each. Such a
 * process fails in all that it does, so few go on for long; 256 are every worker of a large
 * service. Further ones are counted (refusals_full).
 */
#define SOCKLEAK_MAX_REFUSALS 256
/* Cgroups with a rule at once; and that one option can name. */
#define SOCKLEAK_MAX_RULED 1024
#define SOCKLEAK_MAX_PIDS 16 /* of --pid: each call compares with them one by one */
#define SOCKLEAK_MAX_CGROUPS 64

/*
 * Stack snapshots held at once (--snapshots), and the bytes of stack in each
 * (--stack-size, 0 = none). Stacks seen at socket() were 6 to 9 KiB deep. A slot is
 * 20 KiB, and held until the socket is connected, closed or reported: 1000 are 200 leaks
 * a second at 5s, in 19.9 MiB, which leaves all maps together below 45 MiB. One call site alone has
 * three quarters of them at most (bpf/shares.bpf.h).
 */
#define SOCKLEAK_SNAPSHOTS 1000
#define SOCKLEAK_STACK_SIZE (16 * 1024)
#define SOCKLEAK_STACK_SIZE_MAX (64 * 1024)
/* Clean sockets in a row after which a call site is sampled (--sample-after). */
#define SOCKLEAK_SAMPLE_AFTER 16
/*
 * Functions of a script in a snapshot at most, the innermost (--script-depth). Each takes 10 to 30
 * ns of the call with Python and Ruby, and up to 0.3 us with PHP and Perl. So this many take longer
 * than one wants a call to take; but only calls pay whose stack is copied, one in 64 where sockets
 * come to a good end, and a low bound would cut off the function to blame. Frames that are cut are
 * counted (script_cut).
 */
#define SOCKLEAK_SCRIPT_DEPTH 255
/*
 * How many of these slots may hold the stack of a call that failed on a socket (--try-stacks,
 * 0 = none). Such a slot is kept as long as the one of socket(), so a quarter of all leaves the
 * others to the stacks that say where a socket was created.
 */
#define SOCKLEAK_TRY_STACKS 256
/* Call sites whose record is kept, to know which always come clean; the least used give way. */
#define SOCKLEAK_MAX_SITES 8192

/*
 * Processes of `run` that live at once: as many as pid_max allows by default, in 2 MiB. And the
 * words of 64 descriptors of a fd table that are read at its end: all of fs.nr_open's default.
 */
#define SOCKLEAK_MAX_DESCENDANTS 32768
#define SOCKLEAK_MAX_TURNS 16384

#define SOCKLEAK_STACK_DEPTH 127 /* frames in a stack, the kernel's default limit */
#define SOCKLEAK_COMM_LEN 16	 /* TASK_COMM_LEN, with its NUL */
#define SOCKLEAK_DEST_LEN 112	 /* the longest address: sockaddr_un is 110 */

/* ---- Words ---- */

/* The class of a leak. The order is the order of reports. */
enum leak_class {
	CLASS_NONE = 0,	      /* never sent; in user space: it is not known (doubt.h) */
	CLASS_NEVER_USED,     /* nothing was tried */
	CLASS_PROBED,	      /* getpeername answered ENOTCONN */
	CLASS_CONNECT_FAILED, /* connect was tried, and failed */
	CLASS_BIND_FAILED,    /* bind was tried, and failed */
	CLASS_BOUND_ONLY,     /* bound, neither connected nor listening */
	CLASS_UNKNOWN_ORIGIN, /* no hook saw it being made */
	CLASS_WAS_CONNECTED,  /* a dead former connection; off by default */
	CLASS_HALF_CLOSED,    /* the peer has closed, and this side has not; off by default */
	CLASS_COUNT,
};

/*
 * The counters, by name: C(identifier, "its name in reports", is it a loss). A loss is something
 * that sockleak should have seen, kept or sent and did not; every summary lists the losses that are
 * not 0. Each loss has a line in user/report/losses.c.
 */
#define SOCKLEAK_COUNTERS(C)                                                                     \
	C(SOCKET_ENTER, "socket_enter", 0)                                                       \
	C(SOCKET_EXIT, "socket", 0)                                                              \
	C(CONNECT_ENTER, "connect_enter", 0)                                                     \
	C(CONNECT_EXIT, "connect", 0)                                                            \
	C(BIND_ENTER, "bind_enter", 0)                                                           \
	C(BIND_EXIT, "bind", 0)                                                                  \
	C(GETPEERNAME_ENTER, "getpeername_enter", 0)                                             \
	C(GETPEERNAME_EXIT, "getpeername", 0)                                                    \
	C(CLOSE_ENTER, "close", 0)                                                               \
	C(CLOSE_EXIT, "close_exit", 0)                                                           \
	C(URING_SOCKET, "uring_socket", 0) /* the same by io_uring, each time it ran */          \
	C(URING_CONNECT_ENTER, "uring_connect_enter", 0)                                         \
	C(URING_CONNECT_EXIT, "uring_connect", 0)                                                \
	C(URING_BIND_ENTER, "uring_bind_enter", 0)                                               \
	C(URING_BIND_EXIT, "uring_bind", 0)                                                      \
	C(TRACKED, "tracked", 0)		 /* noted by the hooks */                        \
	C(ADOPTED, "adopted", 0)		 /* put into the map by a sweep */               \
	C(FILES_SWEPT, "files_swept", 0)	 /* descriptors looked at */                     \
	C(EVENTS, "events", 0)			 /* records sent */                              \
	C(MAP_FULL, "map_full", 1)		 /* one that lived on, given up */               \
	C(SHARE_FULL, "share_full", 1)		 /* the same: its owner has its share */         \
	C(GIVEN_UP, "given_up", 1)		 /* reported, and its evidence given up */       \
	C(YOUNG_BUSY, "young_busy", 1)		 /* socket not tracked */                        \
	C(ADOPT_FULL, "adopt_full", 1)		 /* one of unknown origin neither */             \
	C(IN_FLIGHT_FULL, "in_flight_full", 1)	 /* result of a call not noted */                \
	C(STACK_COLLISION, "stack_collision", 1) /* bucket taken by another */                   \
	C(STACK_FAULT, "stack_fault", 1)	 /* user memory not readable */                  \
	C(STACK_OTHER, "stack_other", 1)	 /* any other error */                           \
	C(STACK_NONE, "stack_none", 0)		 /* io_uring's, by no call */                    \
	C(SOCKET_EMFILE, "socket_emfile", 0)	 /* socket() failed: the process's limit */      \
	C(SOCKET_ENFILE, "socket_enfile", 0)	 /* the same at the host's limit */              \
	C(REFUSALS_FULL, "refusals_full", 1)	 /* such a process not kept */                   \
	C(SNAPSHOTS, "snapshots", 0)		 /* stacks copied */                             \
	C(SNAPSHOTS_SAMPLED_OUT, "snapshots_sampled_out", 0) /* not, at a site that is clean */  \
	C(NO_SLOT, "no_slot", 1)			     /* stack by frame pointers alone */ \
	C(NO_SLOT_SHARE, "no_slot_share", 1)		     /* its owner has its share */       \
	C(TRY_SNAPSHOTS, "try_snapshots", 0)		     /* stacks of failed calls copied */ \
	C(NO_TRY_SLOT, "no_try_slot", 1)		     /* no stack of a failed call */     \
	C(SCRIPTS, "scripts", 0)			     /* snapshots with script frames */  \
	C(SCRIPT_NO_THREAD, "script_no_thread", 0)	     /* thread without script frames */  \
	C(SCRIPT_FAULT, "script_frames_unread", 0)	     /* a frame was not readable */      \
	C(SCRIPT_CUT, "script_frames_cut", 0)		     /* outer script frames left out */  \
	C(CONNECTED_KEPT, "connected_kept", 0)		     /* beyond connect: --also */        \
	C(CONNECTED_FULL, "connected_full", 1)		     /* origin of one not kept */        \
	C(HOLDERS_FULL, "holders_full", 1)		     /* a further holder not reported */ \
	C(SHARED_TABLES_FULL, "shared_tables_full", 0)	     /* its sharers read it again */     \
	C(RING_FULL, "ring_full", 1)			     /* event put off a sweep */         \
	C(DESCENDANTS_FULL, "descendants_full", 1)	     /* a child of `run` not watched */  \
	C(EXIT_UNREPORTED, "exit_unreported", 1)	     /* open at an exit, no room */      \
	C(EXIT_UNREAD, "exit_unread", 1)		     /* fds beyond a walk's reach */     \
	C(EXIT_HELD, "exit_held", 1)			     /* left, and held by whom? */       \
	C(SOCKET_UNREADABLE, "socket_unreadable", 1)	     /* new fd gone already */           \
	C(DEST_UNREADABLE, "dest_unreadable", 1)	     /* connect's address */

enum counter {
#define C(id, name, loss) COUNTER_##id,
	SOCKLEAK_COUNTERS(C)
#undef C
		COUNTER_COUNT,
};

/*
 * The counters of a processor, in whole pairs of cache lines: processors side by side share none.
 * Processors beyond so many have a row together with another one.
 */
#define SOCKLEAK_COUNTER_ROWS 128
struct counter_row {
	__u64 counts[(COUNTER_COUNT + 15) / 16 * 16]; /* by enum counter, and a rest */
};

/* ---- Data ---- */

/* Which descriptor: the key of the map of pending sockets. */
struct fd_key {
	__u32 tgid; /* the process; 0 = its descriptor is another entry's, and fd the inode */
	__u32 fd;
};
#define NO_FD (~0U) /* io_uring makes a socket before it has a descriptor, and may give it none */

/* The calls that were tried on a socket. */
struct evidence {
	/*
	 * When getpeername first answered ENOTCONN. With PENDING_DEAD, when a sweep first saw that
	 * the peer had closed, or that the connection was gone.
	 */
	__u64 first_enotconn_ns;
	__u32 enotconn;	     /* how often it did */
	__u32 connect_tries; /* calls of connect, those under way included */
	__u32 bind_tries;
	__s32 connect_errno; /* of the last failed try, positive; 0 = none */
	__s32 bind_errno;    /* likewise */
	__u16 dest_len;	     /* bytes of dest that hold the last try's address */
	__u8 bound;	     /* bind succeeded, or the kernel says it is bound */
	__u8 bind_worked;    /* bind succeeded; no flag, for sweeps change those meanwhile */
	__u8 dest[SOCKLEAK_DEST_LEN]; /* struct sockaddr as the caller passed it */
};
_Static_assert(sizeof(struct evidence) == 32 + SOCKLEAK_DEST_LEN, "struct evidence has holes");

/* pending.counted: in what it was counted. */
#define COUNTED_TOTAL 1
#define COUNTED_USER 2
#define COUNTED_PROCESS 4

/* pending.flags */
#define PENDING_ORIGIN_UNKNOWN 0x01 /* found by a sweep: no stack, no time of birth */
#define PENDING_DEAD 0x02	    /* it was connected; the peer has closed, or all is over */
#define PENDING_CLOSED 0x04	    /* its last descriptor was closed after it was reported */
#define PENDING_USED 0x08	    /* it was connected after it was reported */
#define PENDING_DISSOLVED 0x10	    /* it was in use, and connect(AF_UNSPEC) ended that */
#define PENDING_WAITING 0x20	    /* an event on it did not fit the ring buffer */
#define PENDING_MOVED 0x40	    /* the process that it was reported of does not hold it now */
#define PENDING_RESTARTS 0x80	    /* a signal interrupted connect, which may be called again */
#define PENDING_SNAPSHOT 0x100	    /* it had a snapshot of the stack taken */
#define PENDING_SUSPECTED 0x200	    /* user space knows that it may become a leak */
#define PENDING_UNSPEC 0x400	    /* connect(AF_UNSPEC) came while it was as new */
#define PENDING_WAS_PORT 0x800	    /* with DISSOLVED: of use was no more than a local port */
#define PENDING_SAMPLED_OUT 0x1000  /* its call always came clean: the call is all that is kept */
#define PENDING_STACK 0x2000	    /* its stack by frame pointers is in the stack map */
#define PENDING_URING 0x4000	    /* io_uring made it */
#define PENDING_TRY 0x8000	    /* the stack of a call on it that failed was copied */

/* What the end of a process that had it says of a socket. */
enum left {
	LEFT_NOT,      /* nothing: it had no such end, or somebody else has it */
	LEFT_REPORTED, /* nobody else had it: it is reported, for good */
	LEFT_READ,     /* the same but for a sweep, which read fd tables: until it is met again */
	LEFT_HELD,     /* something referred to it just then: see exits.bpf.h */
};

/* By this a sweep sees with one look that a TCP connection is still the same one. */
struct tcp_connection {
	__u64 sk;   /* address of its struct sock; 0 = it has to be looked at more closely */
	__u32 hash; /* of both ends */
	__u32 pad;
};

/*
 * A socket that is not connected yet: the value of the map of pending sockets.
 * tgid and fd are those of its creation; a dup or a child may hold it elsewhere.
 */
struct pending {
	__u64 inode;	 /* which socket: descriptor numbers are reused */
	__u64 file;	 /* address of its struct file, for the kernel's side alone */
	__u64 since_ns;	 /* when it was made; of unknown origin: when first seen */
	__u64 cgroup_id; /* v2 cgroup of the creator (unknown origin: of the holder) */
	__u64 origin;	 /* PENDING_STACK: its stack id; else the pc of the call, 0 = not known */
	__u64 caller;	 /* return address on top of the user stack at socket(), 0 = not read */
	__u64 call_site; /* key of its creation site, for the sparing of snapshots; 0 = none */
	__u64 reported;	 /* REPORTED(inode, class) of the last event that was sent */
	struct evidence evidence;
	__u32 tgid;
	__u32 tid;
	__u32 fd;
	__u32 uid;
	__u16 connecting; /* not 0 = a thread was inside connect at the last sweep: wait_note() */
	__u16 spell;	  /* how often it was reported as a leak anew, modulo 2^16 */
	__u32 exec_id;	  /* how often the process had called exec, modulo 2^32 */
	union {
		struct {
			__u32 holder_tgid; /* whom the last event named as the holder */
			__u32 holder_fd;
			__u32 holder_sweep; /* last sweep that saw it there, modulo 2^32 */
			__u32 seen_sweep;   /* and that saw it in any fd table */
		};
		struct tcp_connection connection; /* in the map `connected` alone */
	};
	__u32 lock;    /* of one that is young: see young.bpf.h */
	__u32 slot;    /* PENDING_SNAPSHOT: of the snapshot, unless it was given back */
	__u32 owner;   /* the user in whose share it is; `counted` says whether it is */
	__u32 counted; /* COUNTED_* */
	__u16 family;  /* 0 = no sweep has met it yet, which reads these three */
	__u16 protocol;
	__u8 type;
	__u8 unseen;		      /* full sweeps in a row that did not see it */
	__u16 flags;		      /* PENDING_* */
	__u32 exit_tgid;	      /* `run`: the last process that ended with it, */
	__u16 exit_references;	      /* and how many descriptors of it that had */
	__u16 left;		      /* enum left, at the end of that process */
	char comm[SOCKLEAK_COMM_LEN]; /* of the thread that made it */
};
_Static_assert(sizeof(struct pending) == 64 + sizeof(struct evidence) + 72 + SOCKLEAK_COMM_LEN,
	       "struct pending has holes");

/* Two places of the young table: a socket is in either. */
struct young_pair {
	struct pending places[2];
};

/*
 * `reported` carries the inode beside the class: a map element can be given to
 * another socket while a sweep still writes to it, and must not then count as
 * reported.
 */
#define REPORTED(inode, class) ((__u64)(inode) << 8 | (class))

#define SNAPSHOT_REGS 33 /* of the architecture that has the most: arm64 */

/* A piece of the process's memory in a snapshot. */
struct snapshot_piece {
	__u64 address; /* of its first byte, in the process */
	__u32 len;     /* bytes; 0 = there is no such piece */
	__u32 pad;
};

/* The pieces, in the order in which they stand in stack[]. */
enum snapshot_part {
	SNAPSHOT_NEAR,	      /* from the stack pointer upwards */
	SNAPSHOT_INTERRUPTED, /* in a signal handler that has a stack of its own: the other one */
	SNAPSHOT_END,	      /* the outer end of a stack that is deeper than what was copied */
	SNAPSHOT_PARTS,
};

/* What the frames of scripts in a snapshot are of: 0 = there are none. */
enum script_language {
	SCRIPT_NONE = 0,
	SCRIPT_PYTHON,
	SCRIPT_RUBY,
	SCRIPT_PHP,
	SCRIPT_JAVA,
	SCRIPT_PERL,
	SCRIPT_JAVASCRIPT,
	SCRIPT_LANGUAGES,
};
#define SCRIPT_KIND(language, major, minor) ((__u32)(language) << 16 | (major) << 8 | (minor))

/* Why the outer frames of a script are missing. */
enum script_cut {
	SCRIPT_WHOLE,
	SCRIPT_CUT_FAULT, /* a frame was not readable */
	SCRIPT_CUT_ROOM,  /* there was no room */
};

/*
 * The registers and the top of the user stack at the return from socket(), for
 * unwinding in user space. Pieces of another process's memory, maybe with keys
 * and passwords in them: never written anywhere.
 *
 * user space copies a slot while the kernel may give it to another socket: it is
 * whole when inode and since_ns are those of the socket before and after.
 */
struct snapshot {
	__u64 inode; /* of the socket */
	__u64 since_ns;
	__u64 regs[SNAPSHOT_REGS]; /* in DWARF's numbering for the architecture */
	struct snapshot_piece pieces[SNAPSHOT_PARTS];
	__u32 n_regs;  /* 0 = not filled yet */
	__u32 len;     /* bytes of stack[], of all that is in it */
	__u32 call;    /* enum call_kind, of a call that failed; else 0 */
	__u32 tgid;    /* whose memory it is */
	__u32 exec_id; /* how often that process had called exec, modulo 2^32 */
	/* The frames of the thread's scripts, the innermost first, in stack[] behind the pieces. */
	__u32 script_kind;  /* SCRIPT_KIND(); 0 = there are none, */
	__u32 script_at;    /* where they are in stack[], */
	__u32 script_len;   /* bytes of them all, */
	__u8 script_record; /* bytes of each, and */
	__u8 script_cut;    /* enum script_cut */
	__u8 pad[2];
	__u32 owner;  /* the user in whose share the slot is */
	__u8 stack[]; /* the pieces, one behind the other */
};
_Static_assert(sizeof(struct snapshot_piece) == 16, "struct snapshot_piece has holes");
_Static_assert(sizeof(struct snapshot) == 56 + 8 * SNAPSHOT_REGS + 16 * SNAPSHOT_PARTS,
	       "struct snapshot has holes");

/*
 * The snapshot of a call on a socket that failed stands in `slots` under this for an inode, which
 * no socket has either (see REFUSAL_INODE). Its since_ns is the time of the call.
 */
#define TRY_BIT (1ULL << 62)
#define TRY_INODE(inode) (TRY_BIT | (inode))

/*
 * Bytes of a slot: a page more than the stack's size, for the piece of the stack's end. The stack
 * of a thread that executes scripts has a page less (SNAPSHOT_NATIVE), which is for the frames of
 * the scripts. They also have what the stack leaves, mostly half of it. The page alone holds the
 * innermost 83 frames of Ruby or 100 of Python.
 */
#define SNAPSHOT_PAGE 4096
#define SNAPSHOT_SCRIPTS 4096
#define SNAPSHOT_NATIVE(stack_size) \
	((stack_size) - ((stack_size) < 2 * SNAPSHOT_SCRIPTS ? (stack_size) / 2 : SNAPSHOT_SCRIPTS))
#define SNAPSHOT_ROOM(stack_size) ((stack_size) + SNAPSHOT_PAGE)
#define SNAPSHOT_SLOT(stack_size) (sizeof(struct snapshot) + SNAPSHOT_ROOM(stack_size))

/*
 * The process whose calls of socket() fail for want of a descriptor, and the kind of these calls.
 */
struct refusal_key {
	__u32 tgid;
	__s32 error; /* EMFILE: the process is at its limit; ENFILE: the host is */
};

/* How far the first thread has come that notes where the calls come from. */
enum refusal_state {
	REFUSAL_EMPTY = 0,
	REFUSAL_BEING_NOTED,
	REFUSAL_NOTED,
};

/*
 * A spell of such calls of one process, which all failed in the same way: see bpf/refusals.bpf.h.
 * It begins with a call, and ends when user space takes it out, or another program runs in the
 * process.
 */
struct refusal {
	__u64 count;	/* calls that failed */
	__u64 first_ns; /* when the first one of them did */
	__u64 last_ns;
	__u64 process_ns; /* when the process was started: its number may be another's later */
	__u64 cgroup_id;
	__u64 origin; /* has_stack: the id of the first call's stack; else its pc, 0 = not known */
	__u64 caller; /* return address on top of the user stack then, 0 = not read */
	__u32 exec_id;
	__u32 uid;
	__u32 noted;  /* enum refusal_state */
	__u16 family; /* what the first call asked for; */
	__u8 type;    /* without SOCK_CLOEXEC and the like; 0 with family 0 = not known */
	__u8 has_stack;
	__u32 slot; /* of the first call's snapshot, where it has no stack */
	__u32 pad;
	char comm[SOCKLEAK_COMM_LEN]; /* of the process (its main thread) */
};
_Static_assert(sizeof(struct refusal) == 80 + SOCKLEAK_COMM_LEN, "struct refusal has holes");

/*
 * The first call's snapshot stands in `slots` under this for an inode, which no socket has:
 * the kernel's inode numbers of sockets have 32 bits. Its since_ns is the refusal's first_ns.
 */
#define REFUSAL_INODE(key) (1ULL << 63 | ((__u64)(key)->error & 0xff) << 32 | (__u64)(key)->tgid)

/* ---- Calls that threads are inside of ---- */

#define AF_UNREADABLE 0xffff

enum call_kind {
	CALL_NONE = 0,
	CALL_CONNECT,
	CALL_BIND,
	CALL_GETPEERNAME,
};

/* A connect that ends a connection: to AF_UNSPEC, or on a connection that was reset. */
enum dissolves {
	DISSOLVES_NOTHING = 0,
	DISSOLVES_USE,
	DISSOLVES_PORT, /* a datagram socket has a local port, and that is all that is known */
};

/* A system call that a thread is inside of; see in_flight.bpf.h. */
struct call {
	__u64 owner; /* the id of the thread; above it the number of the call at this place */
	__u64 file;  /* address of the open file, for the kernel's side alone */
	__u64 inode;
	__u64 task;    /* of connect: address of the thread's struct, for the kernel's side alone */
	__u64 request; /* address of io_uring's request, likewise; 0 = it is a system call */
	__u32 fd;      /* as the thread passed it; NO_FD: io_uring's */
	__u32 left_at; /* when a sweep found the thread outside connect, in 2^20 ns; 0 = never */
	__u16 family;  /* of connect's address; AF_UNREADABLE = there is none to be read */
	__u8 kind;     /* enum call_kind */
	__u8 untracked; /* the socket is not pending: followed for what its end may tell */
	__u8 dissolves; /* enum dissolves: what connect ends, of a socket that is, or was, in use */
	__u8 restarts;	/* connect was tried before, and that try was not over: it is one try */
	__u8 pad[2];
};
#define CALL_TID(call) ((__u32)(call)->owner) /* 0 = nobody's */
#define CALL_WRITING 0xffffffffU	      /* for a thread id: the call is being written */
#define CALL_STEP (1ULL << 32)
#define CALL_NUMBER (~0ULL << 32)
_Static_assert(sizeof(struct call) == 56, "struct call has holes");

/* ---- Events: what the kernel's side sends to user space ---- */

/* The kinds of records in the ring buffer. */
enum event_kind {
	EVENT_LEAK = 1, /* it has become a leak */
	EVENT_CHANGED,	/* it is still one, of another class */
	EVENT_ENDED,	/* it is not a leak any more: see enum end_reason */
	EVENT_HELD,	/* a process holds it; only inode, since_ns, tgid, fd, uid, comm are set */
	EVENT_LEFT,    /* a process does not hold it any more; only inode, since_ns, tgid are set */
	EVENT_SUSPECT, /* it may become one: look in time at whose code made it */
	EVENT_USED,    /* it is in use, and its process is followed: see bpf/used.bpf.h */
};

enum end_reason {
	END_NONE = 0,
	END_CLOSED,	  /* no fd table holds it any more */
	END_USED,	  /* it is connected, listening or otherwise in use */
	END_EXITED,	  /* as closed, and its process is gone (as user space finds out) */
	END_RECLASSIFIED, /* still there, but not of a class that is wanted (likewise) */
	END_COUNT,
};

/* A record in the ring buffer. */
struct event {
	__u64 now_ns;
	__u64 try_ns; /* when the call failed whose stack is in try_slot; 0 = there is none */
	struct pending socket;
	__u32 tgid; /* a process that holds it now, and under which number; of an */
	__u32 fd;   /* ENDED one the creator's */
	__u32 uid;
	__u32 error; /* the socket's own pending error (SO_ERROR), positive; 0 = none */
	__u32 try_slot;
	__u8 kind;	   /* enum event_kind */
	__u8 class;	   /* enum leak_class; of an ENDED one the last that was sent */
	__u8 reason;	   /* enum end_reason */
	__u8 maybe_in_use; /* the kernel cannot tell use from non-use: a leak only if it grows */
	__u8 execed; /* the holder has called exec since: its code is not what made the socket */
	__u8 try_execed; /* the same since the call that failed */
	__u8 given_up;	 /* of an ENDED one: its evidence was given up, and is not in `socket` */
	__u8 pad[5];
	char comm[SOCKLEAK_COMM_LEN]; /* of the holding process (its main thread) */
};
_Static_assert(sizeof(struct event) == 16 + sizeof(struct pending) + 32 + SOCKLEAK_COMM_LEN,
	       "struct event has holes");

#endif /* SOCKLEAK_H */
