/* SPDX-License-Identifier: BSD-2-Clause */
/* libevent: bufferevents whose connection was refused, never freed. */
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "../truth.h"

static NOINLINE void open_one(struct event_base *base, struct sockaddr_in *address)
{
	struct bufferevent *created = bufferevent_socket_new(base, -1, 0);

	bufferevent_socket_connect(created, (struct sockaddr *)address, /* leaks here */
				   sizeof(*address));
	KEEP_FRAME();
}

static NOINLINE void fill(struct event_base *base, struct sockaddr_in *address, int count)
{
	while (count--)
		open_one(base, address);
	KEEP_FRAME();
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(1) };
	struct event_base *base = event_base_new();

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	truth_ready();
	fill(base, &address, 20);
	event_base_loop(base, EVLOOP_NONBLOCK);
	truth_leaked(20);
	return 0;
}
