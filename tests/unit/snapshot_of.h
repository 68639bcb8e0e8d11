/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snapshot_of: a snapshot of another process, taken with ptrace(2) where
 * sockleak's hooks take theirs: at the return from socket(). x86_64 only.
 */
#ifndef SNAPSHOT_OF_H
#define SNAPSHOT_OF_H

#include <linux/types.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sockleak.h"

#define SNAPSHOT_OF_STACK 16384

/* Where the stack of a process's first thread begins: proc(5), "startstack". 0 = not known. */
static inline unsigned long snapshot_stack_end(pid_t pid)
{
	unsigned long end = 0;
	char path[64], line[1024];
	const char *at;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stat = fopen(path, "re");
	at = stat && fgets(line, sizeof(line), stat) ? strrchr(line, ')') : NULL;
	for (int field = 2; at && field < 28; field++)
		at = strchr(at + 1, ' ');
	if (at)
		end = strtoul(at, NULL, 10);
	if (stat)
		fclose(stat);
	return end;
}

/* Of a stopped process, as it stands. The caller frees it; NULL = not possible. */
static inline struct snapshot *snapshot_of(pid_t pid, size_t stack_size)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot) + stack_size);
	unsigned long end = snapshot_stack_end(pid);
	struct user_regs_struct r;
	struct iovec local, remote;
	ssize_t len, piece;

	if (!snapshot || ptrace(PTRACE_GETREGS, pid, NULL, &r)) {
		free(snapshot);
		return NULL;
	}
	/* System V ABI, AMD64 supplement, figure 3.36: DWARF register number mapping */
	const __u64 regs[] = { r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
			       r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip };
	memcpy(snapshot->regs, regs, sizeof(regs));
	snapshot->n_regs = sizeof(regs) / sizeof(regs[0]);
	if (r.rsp < end && end - r.rsp < stack_size)
		stack_size = end - r.rsp;
	for (len = 0; (size_t)len < stack_size; len += piece) {
		size_t want = 4096 - ((r.rsp + (size_t)len) & 4095);

		if (want > stack_size - (size_t)len)
			want = stack_size - (size_t)len;
		local = (struct iovec){ snapshot->stack + len, want };
		remote = (struct iovec){ (void *)(r.rsp + (size_t)len), want };
		piece = process_vm_readv(pid, &local, 1, &remote, 1, 0);
		if (piece <= 0)
			break;
	}
	snapshot->len = (__u32)len;
	snapshot->pieces[SNAPSHOT_NEAR] = (struct snapshot_piece){ r.rsp, (__u32)len, 0 };
	return snapshot;
}

/* In a child, before the exec or the call: stop for the parent. */
static inline void snapshot_trace_me(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
}

/*
 * Run a child that has called snapshot_trace_me() until it returns from
 * socket() with a socket of this family. It is stopped then, and traced. False:
 * it has ended before.
 */
static inline bool snapshot_wait_socket(pid_t pid, int family)
{
	struct user_regs_struct regs;
	bool entered = false;
	int status, signal = 0;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return false;
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal) ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return false;
		signal = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP ||
					 WSTOPSIG(status) == SIGSTOP ?
				 0 :
				 WSTOPSIG(status);
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
		if (regs.orig_rax != SYS_socket || regs.rdi != (unsigned int)family)
			continue;
		entered = !entered;
		if (!entered)
			return true;
	}
}

#endif /* SNAPSHOT_OF_H */
