/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers to names: against the constants of the system's own headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/can.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "leaks/leaks.h"
#include "lib/names.h"

static struct name_buffer buffer;

#define FAMILY(name) assert_string_equal(family_name(name, &buffer), #name)
#define TYPE(name) assert_string_equal(socket_type_name(name, &buffer), #name)
#define PROTOCOL(family, name) assert_string_equal(protocol_name(family, name, &buffer), #name)
#define ERROR(name) assert_string_equal(errno_name(name, &buffer), #name)

static void families(void **state)
{
	(void)state;
	FAMILY(AF_UNSPEC);
	FAMILY(AF_UNIX);
	FAMILY(AF_INET);
	FAMILY(AF_INET6);
	FAMILY(AF_NETLINK);
	FAMILY(AF_PACKET);
	FAMILY(AF_RDS);
	FAMILY(AF_CAN);
	FAMILY(AF_TIPC);
	FAMILY(AF_BLUETOOTH);
	FAMILY(AF_ALG);
	FAMILY(AF_VSOCK);
	FAMILY(AF_QIPCRTR);
	FAMILY(AF_SMC);
	FAMILY(AF_XDP);
	assert_string_equal(family_name(46, &buffer), "AF_46");
	assert_string_equal(family_name(99, &buffer), "AF_99");
	assert_string_equal(family_name(UINT32_MAX, &buffer), "AF_4294967295");
}

static void types(void **state)
{
	(void)state;
	TYPE(SOCK_STREAM);
	TYPE(SOCK_DGRAM);
	TYPE(SOCK_RAW);
	TYPE(SOCK_RDM);
	TYPE(SOCK_SEQPACKET);
	TYPE(SOCK_DCCP);
	TYPE(SOCK_PACKET);
	assert_string_equal(socket_type_name(0, &buffer), "SOCK_0");
	assert_string_equal(socket_type_name(7, &buffer), "SOCK_7");
	assert_string_equal(socket_type_name(11, &buffer), "SOCK_11");
}

static void protocols(void **state)
{
	(void)state;
	PROTOCOL(AF_INET, IPPROTO_TCP);
	PROTOCOL(AF_INET6, IPPROTO_UDP);
	PROTOCOL(AF_INET, IPPROTO_ICMP);
	PROTOCOL(AF_INET6, IPPROTO_ICMPV6);
	PROTOCOL(AF_INET, IPPROTO_SCTP);
	PROTOCOL(AF_INET, IPPROTO_UDPLITE);
	PROTOCOL(AF_INET, IPPROTO_RAW);
	assert_string_equal(protocol_name(AF_INET, 262, &buffer), "IPPROTO_MPTCP");
	assert_string_equal(protocol_name(AF_INET, 99, &buffer), "IPPROTO_99");
	assert_string_equal(protocol_name(AF_INET6, UINT32_MAX, &buffer), "IPPROTO_4294967295");
	PROTOCOL(AF_NETLINK, NETLINK_ROUTE);
	PROTOCOL(AF_NETLINK, NETLINK_GENERIC);
	PROTOCOL(AF_NETLINK, NETLINK_KOBJECT_UEVENT);
	PROTOCOL(AF_NETLINK, NETLINK_CRYPTO);
	assert_string_equal(protocol_name(AF_NETLINK, 17, &buffer), "NETLINK_17");
	PROTOCOL(AF_CAN, CAN_RAW);
	PROTOCOL(AF_CAN, CAN_ISOTP);
	assert_string_equal(protocol_name(AF_BLUETOOTH, 0, &buffer), "BTPROTO_L2CAP");
	assert_string_equal(protocol_name(AF_SMC, 1, &buffer), "1");
	assert_null(protocol_name(AF_INET, 0, &buffer));
	assert_null(protocol_name(AF_INET6, 0, &buffer));
	assert_null(protocol_name(AF_UNIX, 0, &buffer));
	assert_null(protocol_name(AF_PACKET, 0, &buffer));
	assert_null(protocol_name(AF_PACKET, 0x0300, &buffer));
	assert_null(protocol_name(AF_CAN, 0, &buffer));
	assert_null(protocol_name(99, 0, &buffer));
}

static void errors(void **state)
{
	(void)state;
	ERROR(ECONNREFUSED);
	ERROR(ENOTCONN);
	ERROR(EADDRINUSE);
	ERROR(ENOENT);
	ERROR(EAGAIN);
	ERROR(EPERM);
	ERROR(EOPNOTSUPP);
	assert_string_equal(errno_name(512, &buffer), "E512"); /* ERESTARTSYS: the kernel's own */
	assert_string_equal(errno_name(99999, &buffer), "E99999");
	assert_non_null(errno_name(-1, &buffer));
	assert_null(errno_name(0, &buffer));
}

static void leak_classes(void **state)
{
	unsigned int i;

	(void)state;
	assert_string_equal(leak_class_name(CLASS_NEVER_USED), "never_used");
	assert_string_equal(leak_class_name(CLASS_WAS_CONNECTED), "was_connected");
	for (i = CLASS_NONE + 1; i < CLASS_COUNT; i++) {
		const char *name = leak_class_name(i);

		assert_non_null(name);
		assert_non_null(leak_class_phrase(i));
		assert_int_equal(leak_class_from_name(name, strlen(name)), i);
		assert_int_equal(leak_class_from_name(name, strlen(name) - 1), CLASS_NONE);
	}
	assert_int_equal(leak_class_from_name("probed,bind_failed", 6), CLASS_PROBED);
	assert_int_equal(leak_class_from_name("", 0), CLASS_NONE);
	assert_int_equal(leak_class_from_name("Probed", 6), CLASS_NONE);
	assert_null(leak_class_name(CLASS_NONE));
	assert_null(leak_class_name(CLASS_COUNT));
	assert_null(leak_class_name((enum leak_class)255));
	assert_string_equal(leak_class_key(CLASS_PROBED), "probed");
	assert_string_equal(leak_class_key(CLASS_NONE), "not_known");
	assert_int_equal(leak_class_from_name("not_known", 9), CLASS_NONE);
	assert_non_null(leak_class_phrase(CLASS_NONE));
	assert_null(leak_class_phrase((enum leak_class)255));
}

static void ends_and_changes(void **state)
{
	(void)state;
	assert_string_equal(end_reason_name(END_CLOSED), "closed");
	assert_string_equal(end_reason_name(END_USED), "used");
	assert_string_equal(end_reason_name(END_EXITED), "exited");
	assert_string_equal(end_reason_name(END_RECLASSIFIED), "reclassified");
	for (unsigned int i = END_NONE + 1; i < END_COUNT; i++)
		assert_non_null(end_reason_name(i));
	assert_null(end_reason_name(END_NONE));
	assert_null(end_reason_name((enum end_reason)255));
	assert_string_equal(leaks_change_name(LEAKS_OPENED), "opened");
	assert_string_equal(leaks_change_name(LEAKS_CHANGED), "changed");
	assert_string_equal(leaks_change_name(LEAKS_RESOLVED), "resolved");
	assert_null(leaks_change_name((enum leaks_change)0));
	assert_null(leaks_change_name((enum leaks_change)255));
}

static void counters(void **state)
{
	unsigned int i, k;

	(void)state;
	assert_string_equal(counter_name(COUNTER_SOCKET_EXIT), "socket");
	assert_false(counter_is_loss(COUNTER_SOCKET_EXIT));
	assert_string_equal(counter_name(COUNTER_MAP_FULL), "map_full");
	assert_true(counter_is_loss(COUNTER_MAP_FULL));
	assert_null(counter_name(COUNTER_COUNT));
	assert_false(counter_is_loss(COUNTER_COUNT));
	/* each a name of its own: in JSON two of one name would be one */
	for (i = 0; i < COUNTER_COUNT; i++)
		for (k = 0; k < i; k++)
			assert_string_not_equal(counter_name(i), counter_name(k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families),	cmocka_unit_test(types),
		cmocka_unit_test(protocols),	cmocka_unit_test(errors),
		cmocka_unit_test(leak_classes), cmocka_unit_test(ends_and_changes),
		cmocka_unit_test(counters),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
