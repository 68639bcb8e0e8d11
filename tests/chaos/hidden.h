/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hidden: socket calls that the hooks on the 64-bit ones do not see: by io_uring and by
 * int 0x80. Each returns what the call returns, or -errno; -ENOSYS where the kernel
 * has no such way.
 */
#ifndef HIDDEN_H
#define HIDDEN_H

#include <sys/socket.h>

enum way { BY_URING, BY_32BIT, WAYS };

int hidden_socket(enum way way, int family, int type, int protocol);
int hidden_connect(enum way way, int fd, const struct sockaddr *address, socklen_t len);
int hidden_bind(enum way way, int fd, const struct sockaddr *address, socklen_t len);
int hidden_getpeername(int fd); /* 32-bit alone */
int hidden_close(enum way way, int fd);
/* A ring that holds the socket as a fixed file: the ring's descriptor, left open. */
int fixed_file(int fd);
/* A ring whose only fixed file is a new socket, which no table has. */
int fixed_socket(int family, int type, int protocol);

#endif /* HIDDEN_H */
