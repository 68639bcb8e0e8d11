/* SPDX-License-Identifier: BSD-2-Clause */
/* ops: what an actor can do. ops.c has the calls on sockets, sharing.c what moves them. */
#ifndef OPS_H
#define OPS_H

#include "actors.h"

#define FIRST_FD 3
#define END_FD 64

uint64_t socket_inode(int fd);	   /* 0: no socket, or no such descriptor */
int option(int fd, int name);	   /* of SOL_SOCKET; -1: none */
int pick_socket(struct actor *me); /* -1: there is none */
int pick_any(struct actor *me);
int pick_unix(struct actor *me);
bool has_room(void);

/* O(function, its share of all steps) */
#define OPS(O)                  \
	O(op_socket, 22)        \
	O(op_socket_hidden, 4)  \
	O(op_pair, 2)           \
	O(op_burst, 1)          \
	O(op_connect, 14)       \
	O(op_connect_hidden, 2) \
	O(op_dissolve, 4)       \
	O(op_bind, 6)           \
	O(op_listen, 3)         \
	O(op_accept, 3)         \
	O(op_getpeername, 7)    \
	O(op_send, 4)           \
	O(op_fast_open, 1)      \
	O(op_shutdown, 3)       \
	O(op_join, 1)           \
	O(op_close, 7)          \
	O(op_close_hidden, 1)   \
	O(op_close_range, 1)    \
	O(op_dup, 6)            \
	O(op_replace, 4)        \
	O(op_file, 2)           \
	O(op_cloexec, 1)        \
	O(op_pass, 4)           \
	O(op_receive, 5)        \
	O(op_take, 3)           \
	O(op_fix, 1)            \
	O(op_fork, 3)           \
	O(op_share, 2)          \
	O(op_spawn, 2)          \
	O(op_thread, 3)         \
	O(op_unshare, 1)        \
	O(op_exec, 1)           \
	O(op_exit, 1)           \
	O(op_thread_exit, 1)    \
	O(op_kill, 1)           \
	O(op_interrupt, 1)

#define O(function, share) void function(struct actor *me);
OPS(O)
#undef O

#endif /* OPS_H */
