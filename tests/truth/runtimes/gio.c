/* SPDX-License-Identifier: BSD-2-Clause */
/* GIO: objects of GSocket that nobody unrefs. */
#include <gio/gio.h>

#include "../truth.h"

static NOINLINE GSocket *open_one(void)
{
	GSocket *created = g_socket_new(G_SOCKET_FAMILY_IPV4, /* leaks here */
					G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

	KEEP_FRAME();
	return created;
}

static NOINLINE void fill(int count)
{
	while (count--)
		open_one();
	KEEP_FRAME();
}

int main(void)
{
	truth_ready();
	fill(20);
	truth_leaked(20);
	return 0;
}
