/* SPDX-License-Identifier: BSD-2-Clause */
/* libuv: handles that are bound, and neither used nor closed. */
#include <uv.h>

#include "../truth.h"

static NOINLINE void open_one(const struct sockaddr_in *address)
{
	uv_tcp_t *handle = malloc(sizeof(*handle));

	uv_tcp_init(uv_default_loop(), handle);
	uv_tcp_bind(handle, (const struct sockaddr *)address, 0); /* leaks here */
	KEEP_FRAME();
}

static NOINLINE void fill(const struct sockaddr_in *address, int count)
{
	while (count--)
		open_one(address);
	KEEP_FRAME();
}

int main(void)
{
	struct sockaddr_in address;

	uv_ip4_addr("127.0.0.1", 0, &address);
	truth_ready();
	fill(&address, 20);
	truth_leaked(20);
	return 0;
}
