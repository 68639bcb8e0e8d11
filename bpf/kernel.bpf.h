/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel: reads the kernel's own objects (tasks, files, sockets, cgroups). Only here is known how
 * their layout differs between kernels. Each difference is a CO-RE flavour that cites the commit;
 * versions are never compared, because distributions backport. Touches no map.
 */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "sockleak.h"

/* Macros and constants that BTF does not carry. */
#define SOCKFS_MAGIC 0x534F434B /* include/uapi/linux/magic.h */
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define AF_VSOCK 40
#define AF_SMC 43
#define NETLINK_AUDIT 9
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_SCTP 132
#define SOCK_DEAD 0 /* include/net/sock.h: the bit of a socket that was closed */
#define SMC_INIT 2  /* net/smc/smc.h: what other families call TCP_CLOSE */
#define ENOENT 2
#define EINTR 4
#define EAGAIN 11
#define EFAULT 14
#define EEXIST 17
#define EDQUOT 122
#define ENOSYS 38
#define EISCONN 106
#define ENOTCONN 107
#define EALREADY 114
#define EINPROGRESS 115
#define MAX_ERRNO 4095		  /* include/linux/err.h: above -MAX_ERRNO no pointer is one */
#define PF_EXITING 0x4		  /* include/linux/sched.h: task_struct.flags */
#define PF_IO_WORKER 0x10	  /* a thread of io_uring's own */
#define PF_KTHREAD 0x200000	  /* and of the kernel's */
#define ERESTARTSYS 512		  /* a system call that a signal interrupted, before it is */
#define ERESTART_RESTARTBLOCK 516 /* restarted or turned into EINTR */

/* vmlinux.h has no more of it than the name. */
struct signal_struct___of_threads {
	struct {
		int counter;
	} live; /* threads that have not begun to end */
	int nr_threads;
} __attribute__((preserve_access_index));

/*
 * Linux 6.13 (commit 90ee6ed776c0 "fs: port files to file_ref") replaced
 * file.f_count by file.f_ref, which counts from 0.
 */
struct file___f_ref {
	struct {
		struct {
			__s64 counter;
		} refcnt;
	} f_ref;
} __attribute__((preserve_access_index));

/* Before that. */
struct file___f_count {
	struct {
		__s64 counter;
	} f_count;
} __attribute__((preserve_access_index));

/* vmlinux.h only declares this struct. */
struct bpf_iter_meta___output {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

/* The context of iter/task. */
struct task_iterator {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

/* The output of an iterator: its reader gets what is written there. */
static __always_inline struct seq_file *iterator_output(struct bpf_iter_meta *meta)
{
	return ((struct bpf_iter_meta___output *)meta)->seq;
}

/* The number of references to an open file: more than 1 if it is shared. */
static __always_inline __s64 file_references(struct file *file)
{
	struct file___f_ref *new = (void *)file;
	struct file___f_count *old = (void *)file;

	if (bpf_core_field_exists(new->f_ref))
		return BPF_CORE_READ(new, f_ref.refcnt.counter) + 1;
	return BPF_CORE_READ(old, f_count.counter);
}

static __always_inline __u64 file_inode_number(struct file *file)
{
	return BPF_CORE_READ(file, f_inode, i_ino);
}

/*
 * Is this still the open file of that socket? `file` may have been freed: then what is read is a
 * remnant, or another file. A file without references is in no fd table, in no message and in no
 * io_uring.
 */
static __always_inline bool file_is_open(struct file *file, __u64 inode)
{
	return file_references(file) > 0 && file_inode_number(file) == inode;
}

/*
 * The verifier knows the type of the current task if it is from bpf_get_current_task_btf(): plain
 * loads read what it leads to. Helpers are called only where that ends, because each costs 10 to 50
 * ns, and the hooks consist of these functions. (`self` is that task.)
 */

/* The open file behind a descriptor, NULL if there is none. */
static __always_inline struct file *self_file(struct task_struct *self, __u32 fd)
{
	struct fdtable *table = self->files->fdt;
	struct file **files, *file = NULL;

	if (fd >= table->max_fds)
		return NULL;
	files = table->fd;
	if (bpf_probe_read_kernel(&file, sizeof(file), &files[fd]))
		return NULL;
	return file;
}

/* Copied as two words, which the verifier allows for an array. */
static __always_inline void self_comm(struct task_struct *self, char *ret_comm)
{
	const __u64 *comm = (const __u64 *)__builtin_preserve_access_index(&self->comm);
	__u64 *to = (__u64 *)ret_comm;

	to[0] = comm[0];
	to[1] = comm[1];
}

/*
 * How often the process of a task has called exec, modulo 2^32. A child has its parent's number.
 * (64 bits wide since Linux 5.7, commit d1e7fd6462ca.)
 */
static __always_inline __u32 task_exec_id(struct task_struct *task)
{
	return BPF_CORE_READ(task, self_exec_id);
}

/* vmlinux.h has no more of it than the name. To the verifier exe_file may be NULL: RCU guards it.
 */
struct mm_struct___of_program {
	__u64 start_stack;
	__u64 start_code; /* of the program itself: not that of the dynamic linker */
	struct file *exe_file;
} __attribute__((preserve_access_index));

/* Where the kernel began the stack of the process; above are arguments and environment. */
static __always_inline __u64 self_start_stack(struct task_struct *self)
{
	struct mm_struct___of_program *mm = (void *)self->mm;

	return mm ? mm->start_stack : 0;
}

/* The file that a task executes; NULL: it is a kernel thread, or has ended. */
static __always_inline struct file *self_exe(struct task_struct *self)
{
	struct mm_struct___of_program *mm = (void *)self->mm;

	return mm ? mm->exe_file : NULL;
}

/* A number of the file that it executes, from its inode and its device. */
static __always_inline __u64 self_exe_number(struct task_struct *self)
{
	struct file *exe = self_exe(self);

	return exe ? exe->f_inode->i_ino ^ (__u64)exe->f_inode->i_sb->s_dev << 32 : 0;
}

/* The file of the program that a task executes. */
struct executable {
	__u64 inode, size;
	__u32 device; /* of the file system that has it: not always what stat(2) says */
};

/*
 * By helpers: this is read once for a copy of a stack, and a plain load of a pointer makes the
 * verifier of Linux 6.18 search all types of the kernel, in each program that can get there. All 0:
 * it is a kernel thread, or has ended.
 */
static __always_inline void task_program(struct task_struct *task, struct executable *ret_program)
{
	struct mm_struct___of_program *mm = (void *)BPF_CORE_READ(task, mm);
	struct file *exe = BPF_CORE_READ(mm, exe_file);
	struct inode *inode = BPF_CORE_READ(exe, f_inode);

	ret_program->inode = BPF_CORE_READ(inode, i_ino);
	ret_program->size = BPF_CORE_READ(inode, i_size);
	ret_program->device = BPF_CORE_READ(inode, i_sb, s_dev);
}

/* Where the code of the current thread's program begins. */
static __always_inline __u64 self_code(void)
{
	struct task_struct *self = (void *)bpf_get_current_task();
	struct mm_struct___of_program *mm = (void *)BPF_CORE_READ(self, mm);

	return BPF_CORE_READ(mm, start_code);
}

struct dentry___name {
	struct {
		const unsigned char *name;
	} d_name;
} __attribute__((preserve_access_index));

/*
 * The base name of the file that a task executes, cut to the length of a comm. The task must be a
 * pointer whose type the verifier knows.
 */
static __always_inline bool task_exe_name(struct task_struct *task, char *ret_name)
{
	struct file *exe = self_exe(task);
	struct dentry___name *dentry;

	if (!exe)
		return false;
	dentry = (void *)exe->f_path.dentry;
	return bpf_probe_read_kernel_str(ret_name, SOCKLEAK_COMM_LEN, dentry->d_name.name) > 0;
}

/* Whether a socket is in use, as far as the kernel can tell. */
enum socket_use {
	USE_NEVER, /* not connected, and it could not work otherwise */
	USE_MAYBE, /* not connected, but it may work so: sendto, ioctl */
	USE_CONNECTING,
	USE_IN_USE,
	USE_WAS_CONNECTED, /* not connected any more */
	USE_REMEMBERED,	   /* in use, or it was; only its entry knows */
	USE_HALF_CLOSED,   /* the peer has closed, and this side has not */
};

/* A socket as the kernel knows it now. */
struct socket_view {
	struct file *file;
	struct socket *socket;
	struct sock *sk;
	__u64 inode;
	__u16 family;
	__u16 type;
	__u16 protocol;
	__u8 bound;
	__u8 connected;	   /* it has a peer now */
	__u8 use;	   /* enum socket_use */
	__u8 disconnected; /* only this shows that a TCP socket was used: inet_was_open() */
	__u8 pad[6];
};

/*
 * May this open file be a socket's? For the file that an iterator was given, which plain loads
 * read. It saves an eighth of a full sweep in which half of the files are sockets.
 */
static __always_inline bool file_may_be_socket(struct file *file)
{
	return file->f_inode->i_sb->s_magic == SOCKFS_MAGIC;
}

/*
 * Is this open file a socket's? A descriptor of /proc/PID/fd/N that was opened with O_PATH has the
 * socket's inode, but no private data: it is not a socket.
 */
static __always_inline bool view_open_socket(struct file *file, struct socket *socket, __u64 inode,
					     struct socket_view *ret_view)
{
	struct sock *sk;

	if (!socket)
		return false;
	sk = BPF_CORE_READ(socket, sk);
	if (!sk)
		return false;
	ret_view->file = file;
	ret_view->socket = socket;
	ret_view->sk = sk;
	ret_view->inode = inode;
	ret_view->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	ret_view->type = BPF_CORE_READ(socket, type);
	ret_view->protocol = BPF_CORE_READ(sk, sk_protocol);
	return true;
}

static __always_inline bool view_open(struct file *file, struct socket_view *ret_view)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	return BPF_CORE_READ(inode, i_sb, s_magic) == SOCKFS_MAGIC &&
	       view_open_socket(file, BPF_CORE_READ(file, private_data),
				BPF_CORE_READ(inode, i_ino), ret_view);
}

/* The same for the file that an iterator was given, by plain loads. */
static __always_inline bool view_open_met(struct file *file, struct socket_view *ret_view)
{
	return file_may_be_socket(file) &&
	       view_open_socket(file, file->private_data, file->f_inode->i_ino, ret_view);
}

/*
 * A closed stream socket that was open once. A blocking connect or an accept leaves SS_CONNECTED.
 * After a non-blocking connect only the acknowledged SYN shows it (tcp_sock.bytes_acked).
 * SS_DISCONNECTING shows nothing, because shutdown() also leaves it after a failed connect. A
 * former listener keeps its backlog until listen() is called again, and so does a socket on which
 * listen() failed; but only the former was disconnected, which draws a new sequence number
 * (tcp_disconnect(), net/ipv4/tcp.c). A failed connect draws one as well, and leaves a segment size
 * (tcp_connect_init()). Without either, a sequence number is from a former listener with a backlog
 * of 0, or from connect(AF_UNSPEC) on a new socket, which the hooks know: view_weigh().
 */
static __always_inline bool inet_was_open(struct socket_view *view, socket_state state)
{
	struct tcp_sock *tcp = (void *)view->sk;
	struct sock *sk = view->sk;

	if (state == SS_CONNECTED)
		return true;
	if (view->protocol != IPPROTO_TCP)
		return BPF_CORE_READ(sk, sk_max_ack_backlog) != 0;
	if (BPF_CORE_READ(tcp, bytes_acked) > 0)
		return true;
	if (!BPF_CORE_READ(tcp, write_seq))
		return false;
	if (BPF_CORE_READ(sk, sk_max_ack_backlog))
		return true;
	view->disconnected = !BPF_CORE_READ(tcp, advmss);
	return view->disconnected;
}

static __always_inline enum socket_use inet_use(struct socket_view *view, __u8 tcp_state,
						socket_state state)
{
	struct sock *sk = view->sk;

	view->bound = BPF_CORE_READ(sk, __sk_common.skc_num) != 0;
	view->connected = tcp_state == TCP_ESTABLISHED;
	if (view->type == SOCK_RAW) { /* skc_num is the protocol */
		view->bound = 0;
		return view->connected ? USE_IN_USE : USE_MAYBE;
	}
	if (view->type == SOCK_DGRAM) /* sending binds, so unbound is unsent: ioctl at most */
		return view->connected || view->bound ? USE_IN_USE : USE_MAYBE;
	if (tcp_state == TCP_SYN_SENT)
		return USE_CONNECTING;
	if (tcp_state == TCP_CLOSE_WAIT)
		return USE_HALF_CLOSED;
	if (tcp_state != TCP_CLOSE)
		return USE_IN_USE;
	if (view->protocol == IPPROTO_SCTP && view->type == SOCK_SEQPACKET && view->bound)
		return USE_IN_USE; /* one to many: associations come with the first send */
	return inet_was_open(view, state) ? USE_WAS_CONNECTED : USE_NEVER;
}

static __always_inline enum socket_use unix_use(struct socket_view *view, __u8 tcp_state)
{
	struct unix_sock *sk = (void *)view->sk;

	view->bound = BPF_CORE_READ(sk, addr) != NULL;
	view->connected = BPF_CORE_READ(sk, peer) != NULL;
	if (tcp_state != TCP_CLOSE || view->connected)
		return USE_IN_USE;
	if (view->type != SOCK_DGRAM)
		return USE_NEVER;
	if (view->bound)
		return USE_IN_USE;
	/* socketpair names the peer's process, and that stays when a send finds the peer gone */
	if (BPF_CORE_READ(sk, sk.sk_peer_pid))
		return USE_WAS_CONNECTED;
	return USE_MAYBE; /* sendto leaves no trace */
}

/*
 * Sending binds a netlink socket; a group can be joined without that. The port shows nothing: if
 * bind() failed because another socket has the port, it stays in the socket. A socket for audit
 * messages is opened to be ready (by dbus-daemon, for denials) and may never be used.
 */
static __always_inline enum socket_use netlink_use(struct socket_view *view)
{
	struct netlink_sock *sk = (void *)view->sk;

	view->bound = BPF_CORE_READ(sk, bound);
	if (view->bound || BPF_CORE_READ(sk, subscriptions))
		return USE_IN_USE;
	return view->protocol == NETLINK_AUDIT ? USE_MAYBE : USE_NEVER;
}

/*
 * A packet socket with a protocol receives from its creation on, even if nobody reads; without one
 * it may send. A socket that is bound to an interface is used, and so is one with a membership. If
 * af_packet is a module, its layout is not known.
 */
static __always_inline enum socket_use packet_use(struct socket_view *view)
{
	struct packet_sock *sk = (void *)view->sk;

	if (bpf_core_type_exists(struct packet_sock) &&
	    (BPF_CORE_READ(sk, mclist) || BPF_CORE_READ(sk, ifindex) > 0))
		return USE_IN_USE;
	return USE_MAYBE;
}

/*
 * A vsock that is neither connected nor listening. shutdown() of both ways ends a connect that is
 * under way and leaves the state for good: the time limit does not reset it then.
 */
static __always_inline enum socket_use vsock_use(__u8 tcp_state, socket_state state)
{
	if (tcp_state == TCP_SYN_SENT && state == SS_DISCONNECTING)
		return USE_NEVER;
	return tcp_state == TCP_CLOSE ? USE_NEVER : USE_CONNECTING;
}

/* Decide view->use and view->bound, by family. */
static __always_inline void view_judge(struct socket_view *view)
{
	struct socket *socket = view->socket;
	struct sock *sk = view->sk;
	__u8 tcp_state = BPF_CORE_READ(sk, __sk_common.skc_state);
	socket_state state = BPF_CORE_READ(socket, state);

	switch (view->family) {
	case AF_INET:
	case AF_INET6:
		view->use = inet_use(view, tcp_state, state);
		return;
	case AF_UNIX:
		view->use = unix_use(view, tcp_state);
		return;
	case AF_NETLINK:
		view->use = netlink_use(view);
		return;
	case AF_PACKET:
		view->use = packet_use(view);
		return;
	}

	if (state == SS_CONNECTING)
		view->use = USE_CONNECTING;
	else if (state == SS_CONNECTED || tcp_state == TCP_LISTEN || tcp_state == TCP_ESTABLISHED)
		view->use = USE_IN_USE;
	else if (view->family == AF_VSOCK && view->type != SOCK_DGRAM)
		view->use = vsock_use(tcp_state, state);
	else if (view->family == AF_SMC)
		view->use = tcp_state == SMC_INIT ? USE_NEVER : USE_IN_USE;
	else
		view->use = USE_MAYBE;
}

#endif /* KERNEL_BPF_H */
