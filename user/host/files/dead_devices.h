/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dead_devices: file systems that have not answered, and are left alone for a while, so that the
 * next process that has files on one costs no child. Only those without a device of their own, as
 * NFS, FUSE and 9p are: a disk that was slow must not be taken for dead, for all may be on it.
 * mounts_is_vital() says which of them are never to be added.
 * Pure: times come in with the caller.
 */
#ifndef SOCKLEAK_DEAD_DEVICES_H
#define SOCKLEAK_DEAD_DEVICES_H

#include <linux/types.h>
#include <stdbool.h>

#include "host/files/mounts.h"

/* How long, since one did not answer; when there are more, the oldest is forgotten. */
#define DEAD_DEVICE_NS (600ULL * 1000000000)
#define DEAD_DEVICES 16

struct dead_devices {
	struct dead_device {
		struct device device;
		__u64 since_ns; /* 0 = an empty place */
	} places[DEAD_DEVICES];
};

/* One has not answered. */
void dead_devices_add(struct dead_devices *devices, struct device device, __u64 now_ns);
/* Those that are left alone now; how many. */
unsigned int dead_devices_list(const struct dead_devices *devices, __u64 now_ns,
			       struct device ret_list[DEAD_DEVICES]);

#endif /* SOCKLEAK_DEAD_DEVICES_H */
