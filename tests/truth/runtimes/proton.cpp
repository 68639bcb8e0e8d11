// SPDX-License-Identifier: BSD-2-Clause
// Qpid Proton, the library below qpid-messaging: a proactor whose connections fail and stay.
#include <proton/proactor.h>

#include "../truth.h"

static NOINLINE void open_one(pn_proactor_t *proactor)
{
	pn_proactor_connect2(proactor, nullptr, nullptr, "127.0.0.1:1"); // leaks here
	KEEP_FRAME();
}

static NOINLINE void fill(pn_proactor_t *proactor, int count)
{
	while (count--)
		open_one(proactor);
	KEEP_FRAME();
}

int main()
{
	pn_proactor_t *proactor = pn_proactor();

	truth_ready();
	fill(proactor, 20);
	truth_leaked(20);
	return 0;
}
