/* SPDX-License-Identifier: BSD-2-Clause */
/* delayed_job: takes a job four times a second and sends a message about it. */
#include "libtransport.h"

#include <cstdlib>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned short port = argc > 1 ? std::atoi(argv[1]) : 0;

	for (;;) {
		messaging::Connection connection(port);

		connection.send("job done\n");
		usleep(250 * 1000);
	}
}
