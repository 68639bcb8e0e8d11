/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket addresses, honest and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/text.h"
#include "report/address.h"
#include "sockleak.h"

/* On the heap and of the exact size, so that ASan sees one byte read too many. */
static void check(const void *bytes, size_t len, const char *expected)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	void *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	address_add(&text, copy, len);
	free(copy);
	assert_string_equal(text_str(&text), expected);
}

static void inet(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(5672) };

	(void)state;
	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	check(&in, sizeof(in), "192.0.2.1:5672");
	check(&in, 8, "192.0.2.1:5672");
	check(&in, 7, "AF_INET:0x1628c00002");
	check(&in, 3, "AF_INET:0x16");
	check(&in, 2, "AF_INET:0x");
	in.sin_port = htons(65535);
	in.sin_addr.s_addr = INADDR_ANY;
	check(&in, sizeof(in), "0.0.0.0:65535");
}

static void inet6(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(443) };

	(void)state;
	inet_pton(AF_INET6, "2001:db8::1", &in6.sin6_addr);
	check(&in6, sizeof(in6), "[2001:db8::1]:443");
	check(&in6, 24, "[2001:db8::1]:443");
	check(&in6, 23, "AF_INET6:0x01bb0000000020010db80000000000000000000000");
	in6.sin6_scope_id = 2;
	inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr);
	check(&in6, sizeof(in6), "[fe80::1%2]:443");
	check(&in6, sizeof(in6) - 1, "[fe80::1]:443");
	in6.sin6_scope_id = 0;
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
	check(&in6, sizeof(in6), "[::ffff:192.0.2.1]:443");
}

static void check_unix(const void *path, size_t len, const char *expected)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, path, len);
	check(&un, offsetof(struct sockaddr_un, sun_path) + len, expected);
}

static void unix_path(void **state)
{
	char longest[sizeof(((struct sockaddr_un *)0)->sun_path)], expected[200] = "unix:";

	(void)state;
	check_unix("/run/x.sock", 11, "unix:/run/x.sock");
	check_unix("/run/x.sock\0rest", 16, "unix:/run/x.sock");
	check_unix("", 0, "unix:(unnamed)");
	check_unix("/a\n\x1b[2J\xff", 8, "unix:/a\\x0a\\x1b[2J\xef\xbf\xbd");
	memset(longest, 'a', sizeof(longest)); /* no NUL: the kernel takes it so */
	memset(expected + 5, 'a', sizeof(longest));
	check_unix(longest, sizeof(longest), expected);
}

static void unix_abstract(void **state)
{
	(void)state;
	check_unix("\0abstract", 9, "unix:@abstract");
	check_unix("\0abstract\0\0\0\0", 13, "unix:@abstract");
	check_unix("\0a\0b", 4, "unix:@a@b");
	check_unix("\0\0a", 3, "unix:@@a");
	check_unix("\0", 1, "unix:@");
	check_unix("\0\0\0\0", 4, "unix:@");
	check_unix("\0x\n", 3, "unix:@x\\x0a");
}

static void vsock(void **state)
{
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK, .svm_cid = 2, .svm_port = 1234 };

	(void)state;
	check(&vm, sizeof(vm), "vsock:2:1234");
	check(&vm, 12, "vsock:2:1234");
	vm.svm_cid = VMADDR_CID_ANY;
	check(&vm, sizeof(vm), "vsock:4294967295:1234");
	check(&vm, 4, "AF_VSOCK:0x0000");
}

static void others(void **state)
{
	unsigned char bytes[16] = { 0 };
	sa_family_t family = AF_NETLINK;

	(void)state;
	check(bytes, 16, "unspec");
	check(bytes, 2, "unspec");
	memcpy(bytes, &family, sizeof(family));
	check(bytes, 12, "AF_NETLINK");
	check(bytes, 2, "AF_NETLINK");
	family = 65535;
	memcpy(bytes, &family, sizeof(family));
	check(bytes, 16, "AF_65535");
	check("", 0, "");
	check("\x1f", 1, "0x1f");
}

/* Whatever comes in, what comes out is clean: no crash (ASan), no control character. */
static void anything_is_clean(void **state)
{
	static const sa_family_t decoded[] = { AF_UNIX, AF_INET, AF_INET6, AF_VSOCK };
	unsigned char bytes[SOCKLEAK_DEST_LEN];
	size_t len, i;
	int round;

	(void)state;
	srandom(1);
	for (round = 0; round < 20000; round++) {
		_cleanup_text_ struct text text = TEXT_INIT;
		unsigned int point;
		unsigned char *copy;
		size_t size;

		len = (size_t)random() % (sizeof(bytes) + 1);
		for (i = 0; i < len; i++)
			bytes[i] = (unsigned char)random();
		if (len > 1 && round % 5)
			memcpy(bytes, &decoded[round % 5 - 1], sizeof(decoded[0]));
		copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, bytes, len);
		address_add(&text, copy, len);
		free(copy);
		for (i = 0; i < text.len; i += size) {
			size = text_decode_utf8(text.data + i, text.len - i, &point);
			assert_true(size > 0);
			assert_false(text_is_unsafe(point));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inet),
		cmocka_unit_test(inet6),
		cmocka_unit_test(unix_path),
		cmocka_unit_test(unix_abstract),
		cmocka_unit_test(vsock),
		cmocka_unit_test(others),
		cmocka_unit_test(anything_is_clean),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
