/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract about the descriptors of processes: how many each one has, and of which kinds those
 * are. The rules for types are those of sockleak.h.
 */
#ifndef SOCKLEAK_DESCRIPTORS_CONTRACT_H
#define SOCKLEAK_DESCRIPTORS_CONTRACT_H

#include "sockleak.h"

/*
 * Kinds of open files: D(identifier, "its name in JSON and metrics", "how a report counts them").
 * A socket is of the first kind only if it was never connected and could not be of use otherwise;
 * any other socket counts by its family and, for TCP, by its state.
 */
#define SOCKLEAK_DESCRIPTOR_KINDS(D)                                          \
	D(UNCONNECTED, "socket_unconnected", "sockets not connected")         \
	D(TCP, "tcp_established", "established TCP")                          \
	D(TCP_HALF_CLOSED, "tcp_half_closed", "half-closed TCP (CLOSE_WAIT)") \
	D(TCP_CLOSED, "tcp_closed", "TCP whose connection is over")           \
	D(TCP_LISTENING, "tcp_listening", "listening TCP")                    \
	D(TCP_OTHER, "tcp_other", "TCP in other states")                      \
	D(UDP, "udp", "UDP")                                                  \
	D(INET_OTHER, "inet_other", "raw and other IP sockets")               \
	D(UNIX, "unix", "unix sockets in use")                                \
	D(NETLINK, "netlink", "netlink in use")                               \
	D(PACKET, "packet", "packet sockets in use")                          \
	D(VSOCK, "vsock", "vsock in use")                                     \
	D(SOCKET_OTHER, "socket_other", "sockets of other families")          \
	D(EVENTFD, "eventfd", "eventfd")                                      \
	D(EPOLL, "epoll", "epoll")                                            \
	D(PIPE, "pipe", "pipe ends")                                          \
	D(INOTIFY, "inotify", "inotify")                                      \
	D(FANOTIFY, "fanotify", "fanotify")                                   \
	D(TIMERFD, "timerfd", "timerfd")                                      \
	D(SIGNALFD, "signalfd", "signalfd")                                   \
	D(MEMFD, "memfd", "memfd")                                            \
	D(PIDFD, "pidfd", "pidfd")                                            \
	D(IO_URING, "io_uring", "io_uring")                                   \
	D(PERF, "perf_event", "perf events")                                  \
	D(BPF, "bpf", "BPF objects")                                          \
	D(ANONYMOUS, "anon_inode", "other anonymous files")                   \
	D(REGULAR, "file", "regular files")                                   \
	D(DIRECTORY, "directory", "directories")                              \
	D(DEVICE, "device", "devices")                                        \
	D(OTHER, "other", "other files")

enum descriptor_kind {
#define D(id, name, phrase) DESCRIPTOR_##id,
	SOCKLEAK_DESCRIPTOR_KINDS(D)
#undef D
		DESCRIPTOR_KINDS,
};

/* The descriptors of one process: a record of the iterator that counts them. */
struct process_descriptors {
	__u64 start_ns; /* when the process was started; with tgid it is one process for all time */
	__u64 cgroup_id; /* v2 */
	__u32 tgid;
	__u32 uid;
	__u32 count;
	__u32 pad;
	char comm[SOCKLEAK_COMM_LEN]; /* of its main thread */
};
_Static_assert(sizeof(struct process_descriptors) == 32 + SOCKLEAK_COMM_LEN,
	       "struct process_descriptors has holes");

/* Places for processes that are followed, by pid; a power of two. */
#define SOCKLEAK_FOLLOWED 64
/* Records of their sockets in use between two sweeps: a sample says which code makes most. */
#define SOCKLEAK_USED_A_SWEEP 256

/*
 * Processes whose sockets are reported when they come into use (bss). User space writes it, and
 * zeroes `reported`.
 */
struct followed {
	__u32 tgids[SOCKLEAK_FOLLOWED]; /* each at its pid modulo the number of places */
	__u32 count;			/* 0 = nobody is followed */
	__u32 reported;			/* records since the last sweep */
};

/* Processes whose descriptors are counted by kind in one walk; a kernel from 6.1 on needs one. */
#define SOCKLEAK_KINDS_AT_ONCE 16

/* A walk that counts by kind (bss). User space writes who is meant, and zeroes. */
struct kinds_walk {
	__u32 tgids[SOCKLEAK_KINDS_AT_ONCE]; /* 0 ends the list */
	__u32 by_kind[SOCKLEAK_KINDS_AT_ONCE][DESCRIPTOR_KINDS];
	__u32 last_tgid; /* for the kernel side alone: whose files it looks at, */
	__u32 last;	 /* and its place in the list; SOCKLEAK_KINDS_AT_ONCE = in none */
};

#endif /* SOCKLEAK_DESCRIPTORS_CONTRACT_H */
