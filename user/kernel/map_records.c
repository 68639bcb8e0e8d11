/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/map_records.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/time.h"

/*
 * Bytes for each processor: some 4,000 records, which are 300 short processes, between two sweeps
 * of `run`. A power of two.
 */
#define BUFFER_BYTES (512 * 1024)
#define NANOSECONDS 8 /* of time, at the end of a record: PERF_SAMPLE_TIME alone */

struct buffer {
	int fd;
	struct perf_event_mmap_page *page; /* its data follows */
	size_t bytes;			   /* of the mapping */
};

/* A record that was read, and is newer than the oldest that may still come. */
struct kept {
	__u64 time_ns;
	__u64 order; /* in which it was read: of one time, one processor's stay in order */
	struct perf_event_header *bytes;
};

struct map_records {
	struct buffer *buffers;
	unsigned int count;
	int epoll;
	struct kept *kept;
	size_t n_kept, capacity;
	__u64 lost, read;
};

/* ---- Life ---- */

static int open_event(int cpu, bool by_build_id)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.mmap = 1,
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_BOOTTIME,
		.exclude_kernel = 1,
		.watermark = 1,
		.wakeup_watermark = BUFFER_BYTES / 2,
		.build_id = by_build_id,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* By build id since Linux 5.12; by the numbers of the file before. */
static int open_buffer(struct buffer *buffer, int cpu)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory;

	buffer->fd = open_event(cpu, true);
	if (buffer->fd < 0 && (errno == EINVAL || errno == E2BIG))
		buffer->fd = open_event(cpu, false);
	if (buffer->fd < 0)
		return -errno;
	buffer->bytes = page + BUFFER_BYTES;
	memory = mmap(NULL, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	buffer->page = memory;
	return 0;
}

static int watch_buffer(struct map_records *records, const struct buffer *buffer)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(records->epoll, EPOLL_CTL_ADD, buffer->fd, &event) ? -errno : 0;
}

static int open_buffers(struct map_records *records)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int err = 0;

	records->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (records->epoll < 0)
		return -errno;
	records->buffers = calloc((size_t)cpus, sizeof(*records->buffers));
	if (!records->buffers)
		return -ENOMEM;
	for (int cpu = 0; cpu < cpus && !err; cpu++) {
		struct buffer *buffer = &records->buffers[records->count];

		err = open_buffer(buffer, cpu);
		records->count += buffer->fd >= 0;
		if (err == -ENODEV)
			err = 0; /* it is offline */
		else if (!err)
			err = watch_buffer(records, buffer);
	}
	return err;
}

int map_records__new(struct map_records **ret_records, struct text *ret_error)
{
	struct map_records *records = calloc(1, sizeof(*records));
	int err;

	if (!records)
		return -ENOMEM;
	records->epoll = -1;
	err = open_buffers(records);
	if (err) {
		text_addf(ret_error, "cannot record what processes map: %s", strerror(-err));
		map_records__free(records);
		return err;
	}
	*ret_records = records;
	return 0;
}

void map_records__free(struct map_records *records)
{
	if (!records)
		return;
	for (unsigned int i = 0; i < records->count; i++) {
		if (records->buffers[i].page)
			munmap(records->buffers[i].page, records->buffers[i].bytes);
		close(records->buffers[i].fd);
	}
	if (records->epoll >= 0)
		close(records->epoll);
	for (size_t i = 0; i < records->n_kept; i++)
		free(records->kept[i].bytes);
	free(records->kept);
	free(records->buffers);
	free(records);
}

int map_records__fd(const struct map_records *records)
{
	return records->epoll;
}

__u64 map_records__lost(const struct map_records *records)
{
	return records->lost;
}

/* ---- Reading ---- */

/* Copy from the buffer, which is a ring. */
static void copy_from(const struct buffer *buffer, __u64 at, void *to, size_t len)
{
	const char *data = (const char *)buffer->page + buffer->page->data_offset;
	size_t size = buffer->page->data_size, from = at & (size - 1), first = size - from;

	if (first > len)
		first = len;
	memcpy(to, data + from, first);
	memcpy((char *)to + first, data, len - first);
}

static bool is_kept_type(__u32 type)
{
	return type == PERF_RECORD_MMAP2 || type == PERF_RECORD_FORK || type == PERF_RECORD_COMM ||
	       type == PERF_RECORD_EXIT;
}

static int keep_record(struct map_records *records, struct perf_event_header *bytes)
{
	struct kept *kept;
	size_t capacity = records->capacity ? 2 * records->capacity : 1024;

	if (records->n_kept == records->capacity) {
		kept = reallocarray(records->kept, capacity, sizeof(*kept));
		if (!kept)
			return -ENOMEM;
		records->kept = kept;
		records->capacity = capacity;
	}
	kept = &records->kept[records->n_kept++];
	kept->bytes = bytes;
	kept->order = records->read++;
	memcpy(&kept->time_ns, (char *)bytes + bytes->size - NANOSECONDS, NANOSECONDS);
	return 0;
}

static int read_record(struct map_records *records, const struct buffer *buffer, __u64 at,
		       const struct perf_event_header *header)
{
	struct perf_event_header *bytes;
	struct {
		struct perf_event_header header;
		__u64 id, lost;
	} loss;

	if (header->type == PERF_RECORD_LOST) {
		copy_from(buffer, at, &loss, sizeof(loss));
		records->lost += loss.lost;
		return 0;
	}
	if (!is_kept_type(header->type))
		return 0;
	bytes = malloc(header->size);
	if (!bytes)
		return -ENOMEM;
	copy_from(buffer, at, bytes, header->size);
	if (!keep_record(records, bytes))
		return 0;
	free(bytes);
	return -ENOMEM;
}

static int read_buffer(struct map_records *records, const struct buffer *buffer)
{
	struct perf_event_mmap_page *page = buffer->page;
	__u64 head, at;
	int err = 0;

	if (!page)
		return 0; /* of a processor that is offline */
	head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	for (at = page->data_tail; at < head && !err;) {
		struct perf_event_header header;

		copy_from(buffer, at, &header, sizeof(header));
		if (header.size < sizeof(header) + NANOSECONDS || header.size > head - at) {
			at = head;
			break; /* not possible */
		}
		err = read_record(records, buffer, at, &header);
		at += header.size;
	}
	__atomic_store_n(&page->data_tail, at, __ATOMIC_RELEASE);
	return err;
}

/* ---- Handing over ---- */

/* As linux/perf_event.h describes them. */
struct map_bytes {
	struct perf_event_header header;
	__u32 pid, tid;
	__u64 start, len, offset;
	union {
		struct {
			__u32 major, minor;
			__u64 inode, generation;
		};
		struct {
			__u8 build_id_len, reserved[3];
			__u8 build_id[MAP_RECORD_BUILD_ID];
		};
	};
	__u32 protection, flags;
	char path[];
};

struct task_bytes {
	struct perf_event_header header;
	__u32 pid, parent;
	__u32 tid, parent_tid;
};

struct comm_bytes {
	struct perf_event_header header;
	__u32 pid, tid;
};

static bool take_mapping(const struct perf_event_header *header, struct map_record *record)
{
	const struct map_bytes *map = (const void *)header;

	if (header->size < sizeof(*map) + NANOSECONDS ||
	    !memchr(map->path, '\0', header->size - sizeof(*map) - NANOSECONDS))
		return false;
	record->kind = MAP_RECORD_MAP;
	record->tgid = map->pid;
	record->start = map->start;
	record->len = map->len;
	record->offset = map->offset;
	record->path = map->path;
	if (header->misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
		record->build_id_len = map->build_id_len;
		if (record->build_id_len > sizeof(record->build_id))
			return false;
		memcpy(record->build_id, map->build_id, record->build_id_len);
	} else {
		record->inode = map->inode;
		record->major = map->major;
		record->minor = map->minor;
	}
	return true;
}

/* False: it says nothing of a process. */
static bool take_record(const struct perf_event_header *header, struct map_record *record)
{
	const struct task_bytes *task = (const void *)header;

	switch (header->type) {
	case PERF_RECORD_MMAP2:
		return take_mapping(header, record);
	case PERF_RECORD_FORK:
		record->kind = MAP_RECORD_FORK;
		record->parent = task->parent;
		break;
	case PERF_RECORD_EXIT:
		/* Its main thread may end long before the others, whose code is still there. */
		record->kind = MAP_RECORD_EXIT;
		if (task->pid != task->tid)
			return false;
		break;
	default:
		record->kind = MAP_RECORD_EXEC;
		if (!(header->misc & PERF_RECORD_MISC_COMM_EXEC))
			return false;
		break;
	}
	record->tgid = header->type == PERF_RECORD_COMM ?
			       ((const struct comm_bytes *)(const void *)header)->pid :
			       task->pid;
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int hand_over_until(struct map_records *records, __u64 until_ns, map_record_fn on_record,
			   void *ctx)
{
	size_t i;
	int err = 0;

	qsort(records->kept, records->n_kept, sizeof(*records->kept), by_time);
	for (i = 0; i < records->n_kept && records->kept[i].time_ns <= until_ns; i++) {
		struct map_record record = { .time_ns = records->kept[i].time_ns };

		if (!err && take_record(records->kept[i].bytes, &record))
			err = on_record(&record, ctx);
		free(records->kept[i].bytes);
	}
	records->n_kept -= i;
	memmove(records->kept, records->kept + i, records->n_kept * sizeof(*records->kept));
	return err;
}

int map_records__drain(struct map_records *records, map_record_fn on_record, void *ctx)
{
	/* A record of an earlier time is in its buffer by now, on whatever processor. */
	__u64 now_ns = clock_now(CLOCK_BOOTTIME);
	int err = 0, failed;

	for (unsigned int i = 0; i < records->count; i++) {
		failed = read_buffer(records, &records->buffers[i]);
		err = err ?: failed;
	}
	failed = hand_over_until(records, now_ns, on_record, ctx);
	return err ?: failed;
}
