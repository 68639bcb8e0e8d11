/* SPDX-License-Identifier: BSD-2-Clause */
/* APR: sockets of apr_socket_create(), in a pool that lives on. */
#include <apr_network_io.h>

#include "../truth.h"

static NOINLINE void open_one(apr_pool_t *pool)
{
	apr_socket_t *created;

	apr_socket_create(&created, APR_INET, SOCK_STREAM, APR_PROTO_TCP, pool); /* leaks here */
	KEEP_FRAME();
}

static NOINLINE void fill(apr_pool_t *pool, int count)
{
	while (count--)
		open_one(pool);
	KEEP_FRAME();
}

int main(void)
{
	apr_pool_t *pool;

	apr_initialize();
	apr_pool_create(&pool, NULL);
	truth_ready();
	fill(pool, 20);
	truth_leaked(20);
	return 0;
}
