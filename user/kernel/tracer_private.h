/* SPDX-License-Identifier: BSD-2-Clause */
/* tracer_private: what the files of tracer.h share. For these alone. */
#ifndef SOCKLEAK_TRACER_PRIVATE_H
#define SOCKLEAK_TRACER_PRIVATE_H

#include "kernel/maps/cgroup_map.h"
#include "kernel/maps/stack_maps.h"
#include "kernel/tracer.h"

struct ring_buffer;
struct sockleak_bpf;

struct tracer {
	struct sockleak_bpf *skeleton;
	struct ring_buffer *ring;
	struct sweeper *sweeper;
	struct descriptor_counter *descriptors;
	struct orders *orders;
	struct history *history;
	struct pins *pins;	  /* NULL = nothing is to survive */
	struct text pins_refused; /* why nothing does that was to */
	bool pins_failed;
	void (*on_progress)(void *ctx);
	void *progress_ctx;
	struct cgroup_rules rules;
	struct kernel_types *types; /* until the hooks are attached */
	struct hooks *hooks;
	struct descent *descent; /* NULL = no process is followed */
	__u32 followed;		 /* 0 = none */
	__u32 max_sockets;
	tracer_event_fn on_event;
	void *ctx;
	struct snapshot *snapshot; /* room for one slot */
	size_t slot_size;
};

/* The maps of its stacks, once they are loaded. */
struct stack_maps tracer__stack_maps(const struct tracer *tracer);

#endif /* SOCKLEAK_TRACER_PRIVATE_H */
