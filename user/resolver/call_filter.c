/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/call_filter.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#define X32_CALLS 0x40000000 /* of x86-64; they have numbers of their own */
#define MAX_CODE 512
#define WRITES (O_ACCMODE | O_CREAT | O_TRUNC)

static const int refused[] = {
	/* other processes of its user */
	__NR_kill, __NR_tkill, __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo, __NR_ptrace,
	__NR_process_vm_readv, __NR_process_vm_writev, __NR_kcmp, __NR_setpriority,
	__NR_sched_setparam, __NR_sched_setscheduler, __NR_sched_setattr, __NR_sched_setaffinity,
	__NR_ioprio_set, __NR_migrate_pages, __NR_move_pages,
#ifdef __NR_pidfd_open
	__NR_pidfd_open,
#endif
#ifdef __NR_pidfd_send_signal
	__NR_pidfd_send_signal,
#endif
#ifdef __NR_pidfd_getfd
	__NR_pidfd_getfd,
#endif
#ifdef __NR_process_madvise
	__NR_process_madvise,
#endif
#ifdef __NR_process_mrelease
	__NR_process_mrelease,
#endif
	/* sockets, and what makes system calls unseen */
	__NR_socket, __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_add_key,
	__NR_request_key, __NR_keyctl,
#ifdef __NR_io_uring_setup
	__NR_io_uring_setup,
#endif
	/* namespaces and mounts */
	__NR_unshare, __NR_setns, __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot,
	__NR_open_by_handle_at,
#ifdef __NR_move_mount
	__NR_move_mount, __NR_open_tree, __NR_fsopen, __NR_fsmount, __NR_fspick,
#endif
/* files of its user; what opens them is below */
#ifdef __NR_unlink /* x86-64 has both forms of these */
	__NR_creat, __NR_unlink, __NR_rmdir, __NR_rename, __NR_link, __NR_symlink, __NR_mkdir,
	__NR_mknod, __NR_chmod, __NR_chown, __NR_lchown,
#endif
#ifdef __NR_renameat
	__NR_renameat,
#endif
#ifdef __NR_fchmodat2
	__NR_fchmodat2,
#endif
	__NR_unlinkat, __NR_renameat2, __NR_linkat, __NR_symlinkat, __NR_mkdirat, __NR_mknodat,
	__NR_truncate, __NR_fchmod, __NR_fchmodat, __NR_fchown, __NR_fchownat, __NR_setxattr,
	__NR_lsetxattr, __NR_fsetxattr, __NR_removexattr, __NR_lremovexattr, __NR_fremovexattr
};

struct filter_code {
	struct sock_filter items[MAX_CODE];
	unsigned short count;
};

static void add_step(struct filter_code *code, struct sock_filter item)
{
	if (code->count < MAX_CODE)
		code->items[code->count++] = item;
}

static void load_word(struct filter_code *code, size_t offset)
{
	add_step(code, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (__u32)offset));
}

static void add_result(struct filter_code *code, int error)
{
	add_step(code,
		 (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (__u32)error));
}

/* If the number of the call is `number`, the result is this error. */
static void refuse_call(struct filter_code *code, int number, int error)
{
	add_step(code,
		 (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)number, 0, 1));
	add_result(code, error);
}

/*
 * The same if a test of the low half of an argument comes out as wanted: BPF_JEQ, it is the value;
 * BPF_JSET, it has one of the bits. Kernel and libc pass these as 32 bits on both architectures.
 */
static void refuse_call_if(struct filter_code *code, int number, unsigned int argument, int test,
			   __u32 value, bool wanted)
{
	add_step(code,
		 (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)number, 0, 4));
	load_word(code, offsetof(struct seccomp_data, args) + 8 * argument);
	add_step(code, (struct sock_filter)BPF_JUMP((__u16)(BPF_JMP | test | BPF_K), value,
						    wanted ? 0 : 1, wanted ? 1 : 0));
	add_result(code, EPERM);
	load_word(code, offsetof(struct seccomp_data, nr));
}

static void add_by_argument(struct filter_code *code)
{
#ifdef __NR_open
	refuse_call_if(code, __NR_open, 1, BPF_JSET, WRITES, true);
#endif
	refuse_call_if(code, __NR_openat, 2, BPF_JSET, WRITES, true);
	refuse_call_if(code, __NR_clone, 0, BPF_JSET, CLONE_NEWUSER, true);
	refuse_call_if(code, __NR_prlimit64, 0, BPF_JEQ, 0, false);
	refuse_call_if(code, __NR_tgkill, 0, BPF_JEQ, (__u32)getpid(), false); /* abort() may */
	/* SIGIO ends a process that did not ask for it */
	refuse_call_if(code, __NR_fcntl, 1, BPF_JEQ, F_SETOWN, true);
	refuse_call_if(code, __NR_fcntl, 1, BPF_JEQ, F_SETOWN_EX, true);
	refuse_call_if(code, __NR_fcntl, 1, BPF_JEQ, F_SETSIG, true);
}

int call_filter_enter(void)
{
#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif
#ifdef ARCHITECTURE
	struct filter_code code = { .count = 0 };
	struct sock_fprog program = { .filter = code.items };

	load_word(&code, offsetof(struct seccomp_data, arch));
	add_step(&code,
		 (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	add_result(&code, EPERM);
	load_word(&code, offsetof(struct seccomp_data, nr));
	add_step(&code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1));
	add_result(&code, EPERM);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		refuse_call(&code, refused[i], EPERM);
#ifdef __NR_clone3
	refuse_call(&code, __NR_clone3,
		    ENOSYS); /* its flags are in memory; libc takes clone() then */
#endif
	add_by_argument(&code);
	add_step(&code, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	if (code.count == MAX_CODE)
		return -E2BIG;
	program.len = code.count;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) ? -errno : 0;
#else
	return -ENOSYS;
#endif
}
