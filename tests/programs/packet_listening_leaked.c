/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet socket that receives all protocols from birth is leaked every 300 ms. Of one alone it
 * cannot be reported whether somebody is to read it; that they become more tells it.
 */
#include "program.h"
#include <linux/if_ether.h>

int main(void)
{
	leak_slowly(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL), 8, NULL,
		    "class=never_used family=AF_PACKET may_be_in_use=true");
	ready();
	return 0;
}
