/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/dead_devices.h"

static bool is_dead(const struct dead_device *place, __u64 now_ns)
{
	return place->since_ns && now_ns - place->since_ns < DEAD_DEVICE_NS;
}

void dead_devices_add(struct dead_devices *devices, struct device device, __u64 now_ns)
{
	struct dead_device *place = devices->places;

	if (device.major || !device.minor)
		return;
	for (unsigned int i = 0; i < DEAD_DEVICES; i++) {
		struct dead_device *other = &devices->places[i];

		if (other->since_ns && other->device.minor == device.minor) {
			place = other;
			break;
		}
		if (other->since_ns < place->since_ns)
			place = other;
	}
	*place = (struct dead_device){ device, now_ns };
}

unsigned int dead_devices_list(const struct dead_devices *devices, __u64 now_ns,
			       struct device ret_list[DEAD_DEVICES])
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < DEAD_DEVICES; i++)
		if (is_dead(&devices->places[i], now_ns))
			ret_list[count++] = devices->places[i].device;
	return count;
}
