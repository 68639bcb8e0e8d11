/* SPDX-License-Identifier: BSD-2-Clause */
/* interface: what a program does that needs a socket only to ask about interfaces. */
#ifndef INTERFACE_H
#define INTERFACE_H

#include <net/if.h>
#include <sys/ioctl.h>

static void ask_about_lo(int fd)
{
	struct ifreq request = { .ifr_name = "lo" };

	check(ioctl(fd, SIOCGIFFLAGS, &request));
}

#endif /* INTERFACE_H */
