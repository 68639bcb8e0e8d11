/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket addresses, of any length and content: clean text, bounded, the same each time. */
#include "fuzz.h"

#include <sys/socket.h>

#include "lib/text.h"
#include "report/address.h"

/* An IPv4 address must read back as the bytes it was. */
static void check_inet(const char *string, const uint8_t *data)
{
	unsigned int a, b, c, d, port;
	int len = 0;

	check(sscanf(string, "%u.%u.%u.%u:%u%n", &a, &b, &c, &d, &port, &len) == 5);
	check(!string[len]);
	check(a == data[4] && b == data[5] && c == data[6] && d == data[7]);
	check(port == (unsigned int)(data[2] << 8 | data[3]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text text = TEXT_INIT, again = TEXT_INIT;
	sa_family_t family = AF_UNSPEC;

	address_add(&text, data, size);
	check(!text_error(&text));
	check(!text.len == !size);
	check(text.len == strlen(text_str(&text)));
	check(text.len <= 64 + 4 * size);
	check_clean(text_str(&text), text.len, "");

	text_add(&again, "x");
	address_add(&again, data, size);
	check(!strcmp(text_str(&again) + 1, text_str(&text)));

	if (size >= sizeof(family))
		memcpy(&family, data, sizeof(family));
	if (family == AF_INET && size >= 8)
		check_inet(text_str(&text), data);
	return 0;
}
