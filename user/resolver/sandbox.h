/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sandbox: gives up what a process that reads other users' files must not have.
 */
#ifndef SOCKLEAK_SANDBOX_H
#define SOCKLEAK_SANDBOX_H

/*
 * For the rest of this process and its children: no capabilities, no way to get
 * new ones by exec, as root no longer root but a user of its own; none of the system calls of
 * call_filter.h, by which it could reach other processes and files of its user; no core dumps
 * (they would hold pieces of other processes' memory), no file written, 1 GiB of data; the first
 * to go when memory runs out; ends with its parent.
 *
 * -EPERM and the like when capabilities could not be given up: the process must not go on then.
 * Other steps that an older kernel or a container refuses are left out.
 */
int sandbox_enter(void);

/* The part of it that a child of exec keeps: no capabilities, with the same user. For the network.
 */
int sandbox_drop_capabilities(void);

#endif /* SOCKLEAK_SANDBOX_H */
