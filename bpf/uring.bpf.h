/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * uring: reads io_uring's own objects: requests, and the kernel threads that work for a process.
 * Touches no map.
 *
 * Each run of io_connect() is met as a call. Usually one that does not wait is followed by one when
 * the socket is ready. In a worker it waits. In between, the request belongs to no thread.
 */
#ifndef URING_BPF_H
#define URING_BPF_H

#include "kernel.bpf.h"

#define URING_CONNECT 16 /* IORING_OP_CONNECT, include/uapi/linux/io_uring.h */

struct io_kiocb___request {
	struct file *file; /* the operation's own arguments begin with the same */
	__u8 opcode;
	struct {
		__s32 res;
	} cqe;
	void *async_data;
	struct {
		int cancel_seq;
	} work;
} __attribute__((preserve_access_index));

struct io_connect {
	const void *addr;
	int addr_len;
	bool in_progress; /* the connect of a former run is under way; not of unix sockets */
} __attribute__((preserve_access_index));

struct io_async_msghdr {
	struct {
		__u16 ss_family;
	} addr;
} __attribute__((preserve_access_index));

/* The data of a connect before Linux 6.10: the address, and nothing before it. */
struct io_async_connect {
	int address;
} __attribute__((preserve_access_index));

struct io_worker {
	void *cur_work;
} __attribute__((preserve_access_index));

/* Before Linux 5.17: commit e32cf5dfbe22 ("kthread: Generalize pf_io_worker ..."). */
struct task_struct___before_5_17 {
	void *pf_io_worker;
} __attribute__((preserve_access_index));

/* An address that cannot be read, so that the destination counts as unreadable. */
#define ADDRESS_UNKNOWN ((const void *)1)

static __always_inline bool is_of_family(const void *address, __u16 family)
{
	__u16 found = 0;

	return !bpf_probe_read_kernel(&found, sizeof(found), address) && found == family;
}

/*
 * The kernel's copy of the address to connect to, which it made when the request was submitted; the
 * caller may have reused the memory since. NULL: there is no copy, because the kernel copies as it
 * connects. The copy is at the beginning of async_data. Since Linux 6.10 it is in a message header
 * there, until commit 3979840cd858 ("io_uring/net: Avoid msghdr on op_connect/op_bind async data"),
 * which older series have as well, and which no type shows. So it is taken from the place that has
 * the socket's family, if only one has. If none has, and async_data begins with zeros, those are
 * AF_UNSPEC or the first member of a header whose address does not connect. Otherwise the
 * destination is unknown and counted (dest_unreadable).
 */
static __always_inline const void *request_address(__u64 request, __u16 family)
{
	struct io_kiocb___request *req = (void *)request;
	void *data = BPF_CORE_READ(req, async_data), *within = data;

	if (bpf_core_type_exists(struct io_async_connect))
		return data;
	if (bpf_core_type_exists(struct io_async_msghdr))
		within += bpf_core_field_offset(struct io_async_msghdr, addr);
	if (!data || within == data)
		return data;
	if (is_of_family(within, family))
		return is_of_family(data, family) ? ADDRESS_UNKNOWN : within;
	return is_of_family(data, family) || is_of_family(data, AF_UNSPEC) ? data : ADDRESS_UNKNOWN;
}

static __always_inline bool request_in_progress(__u64 request)
{
	struct io_connect *connect = (void *)request;

	return bpf_core_field_exists(connect->in_progress) && BPF_CORE_READ(connect, in_progress);
}

/* Has the kernel's copy these bytes of an address? */
static __always_inline bool is_same_address(const void *copy, const __u8 *address, __u32 len)
{
	__u64 words[SOCKLEAK_DEST_LEN / 8] = {};

	if (len > sizeof(words) || bpf_probe_read_kernel(words, len, copy))
		return false;
	for (__u32 i = 0; i < SOCKLEAK_DEST_LEN / 8 && i * 8 < len; i++) {
		__u64 last = len - i * 8 < 8 ? ~0ULL >> (64 - 8 * (len - i * 8)) : ~0ULL;

		if (words[i] != (*(const __u64 *)(address + i * 8) & last))
			return false;
	}
	return true;
}

/*
 * The result of an operation that returns now. -EAGAIN: it will be called again, like a system call
 * that a signal interrupted.
 */
static __always_inline long request_result(__u64 request, long returned)
{
	struct io_kiocb___request *req = (void *)request;

	if (returned == -EAGAIN)
		return -ERESTARTSYS;
	return returned ?: BPF_CORE_READ(req, cqe.res);
}

/*
 * The open file that a worker of io_uring connects now; NULL: it does not connect, or is not a
 * worker. If the request has ended meanwhile, this is another file, or none.
 */
static __always_inline struct file *worker_connects(struct task_struct *task)
{
	struct task_struct___before_5_17 *old;
	struct io_kiocb___request *req;
	struct io_worker *worker;
	void *work;

	if (!bpf_core_type_exists(struct io_worker) || !(BPF_CORE_READ(task, flags) & PF_IO_WORKER))
		return NULL;
	old = (void *)task;
	if (bpf_core_field_exists(old->pf_io_worker)) {
		worker = BPF_CORE_READ(old, pf_io_worker);
	} else {
		worker = BPF_CORE_READ(task, worker_private);
	}
	work = BPF_CORE_READ(worker, cur_work);
	if (!work)
		return NULL;
	req = work - bpf_core_field_offset(struct io_kiocb___request, work);
	return BPF_CORE_READ(req, opcode) == URING_CONNECT ? BPF_CORE_READ(req, file) : NULL;
}

#endif /* URING_BPF_H */
