/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/names.h"

#include <errno.h>
#include <features.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Tables in columns of their own. */
/* clang-format off */

/*
 * Numbers are spelled out where a header of a supported distribution may be
 * older than the number; they are the kernel's ABI.
 */
static const char *const families[] = {
	[0] = "AF_UNSPEC",	[1] = "AF_UNIX",	[2] = "AF_INET",	[3] = "AF_AX25",
	[4] = "AF_IPX",		[5] = "AF_APPLETALK",	[6] = "AF_NETROM",	[7] = "AF_BRIDGE",
	[8] = "AF_ATMPVC",	[9] = "AF_X25",		[10] = "AF_INET6",	[11] = "AF_ROSE",
	[12] = "AF_DECnet",	[13] = "AF_NETBEUI",	[14] = "AF_SECURITY",	[15] = "AF_KEY",
	[16] = "AF_NETLINK",	[17] = "AF_PACKET",	[18] = "AF_ASH",	[19] = "AF_ECONET",
	[20] = "AF_ATMSVC",	[21] = "AF_RDS",	[22] = "AF_SNA",	[23] = "AF_IRDA",
	[24] = "AF_PPPOX",	[25] = "AF_WANPIPE",	[26] = "AF_LLC",	[27] = "AF_IB",
	[28] = "AF_MPLS",	[29] = "AF_CAN",
	[30] = "AF_TIPC",	[31] = "AF_BLUETOOTH",
	[32] = "AF_IUCV",	[33] = "AF_RXRPC",	[34] = "AF_ISDN",	[35] = "AF_PHONET",
	[36] = "AF_IEEE802154", [37] = "AF_CAIF",	[38] = "AF_ALG",	[39] = "AF_NFC",
	[40] = "AF_VSOCK",	[41] = "AF_KCM",	[42] = "AF_QIPCRTR",	[43] = "AF_SMC",
	[44] = "AF_XDP",	[45] = "AF_MCTP",
};

static const char *const types[] = {
	[1] = "SOCK_STREAM", [2] = "SOCK_DGRAM",     [3] = "SOCK_RAW",
	[4] = "SOCK_RDM",    [5] = "SOCK_SEQPACKET", [6] = "SOCK_DCCP",
	[10] = "SOCK_PACKET",
};

static const char *const inet_protocols[] = {
	[1] = "IPPROTO_ICMP",	[2] = "IPPROTO_IGMP",	  [4] = "IPPROTO_IPIP",
	[6] = "IPPROTO_TCP",	[8] = "IPPROTO_EGP",	  [12] = "IPPROTO_PUP",
	[17] = "IPPROTO_UDP",	[22] = "IPPROTO_IDP",	  [29] = "IPPROTO_TP",
	[33] = "IPPROTO_DCCP",	[41] = "IPPROTO_IPV6",	  [43] = "IPPROTO_ROUTING",
	[44] = "IPPROTO_FRAGMENT", [46] = "IPPROTO_RSVP", [47] = "IPPROTO_GRE",
	[50] = "IPPROTO_ESP",	[51] = "IPPROTO_AH",	  [58] = "IPPROTO_ICMPV6",
	[59] = "IPPROTO_NONE",	[60] = "IPPROTO_DSTOPTS", [92] = "IPPROTO_MTP",
	[94] = "IPPROTO_BEETPH", [98] = "IPPROTO_ENCAP",  [103] = "IPPROTO_PIM",
	[108] = "IPPROTO_COMP", [115] = "IPPROTO_L2TP",	  [132] = "IPPROTO_SCTP",
	[135] = "IPPROTO_MH",	[136] = "IPPROTO_UDPLITE", [137] = "IPPROTO_MPLS",
	[143] = "IPPROTO_ETHERNET", [255] = "IPPROTO_RAW", [256] = "IPPROTO_SMC",
	[262] = "IPPROTO_MPTCP",
};

static const char *const netlink_protocols[] = {
	[0] = "NETLINK_ROUTE",	   [2] = "NETLINK_USERSOCK",	   [3] = "NETLINK_FIREWALL",
	[4] = "NETLINK_SOCK_DIAG", [5] = "NETLINK_NFLOG",	   [6] = "NETLINK_XFRM",
	[7] = "NETLINK_SELINUX",   [8] = "NETLINK_ISCSI",	   [9] = "NETLINK_AUDIT",
	[10] = "NETLINK_FIB_LOOKUP", [11] = "NETLINK_CONNECTOR",   [12] = "NETLINK_NETFILTER",
	[13] = "NETLINK_IP6_FW",   [14] = "NETLINK_DNRTMSG",	   [15] = "NETLINK_KOBJECT_UEVENT",
	[16] = "NETLINK_GENERIC",  [18] = "NETLINK_SCSITRANSPORT", [19] = "NETLINK_ECRYPTFS",
	[20] = "NETLINK_RDMA",	   [21] = "NETLINK_CRYPTO",	   [22] = "NETLINK_SMC",
};

static const char *const can_protocols[] = {
	[1] = "CAN_RAW",   [2] = "CAN_BCM",   [3] = "CAN_TP16",	 [4] = "CAN_TP20",
	[5] = "CAN_MCNET", [6] = "CAN_ISOTP", [7] = "CAN_J1939",
};

static const char *const bluetooth_protocols[] = {
	[0] = "BTPROTO_L2CAP", [1] = "BTPROTO_HCI",  [2] = "BTPROTO_SCO",
	[3] = "BTPROTO_RFCOMM", [4] = "BTPROTO_BNEP", [5] = "BTPROTO_CMTP",
	[6] = "BTPROTO_HIDP",  [7] = "BTPROTO_AVDTP", [8] = "BTPROTO_ISO",
};

/* Errors of sockets, for a libc that does not know the names itself (musl). */
#define SOCKET_ERRORS(E)                                                                           \
	E(EACCES) E(EADDRINUSE) E(EADDRNOTAVAIL) E(EAFNOSUPPORT) E(EAGAIN) E(EALREADY) E(EBADF)    \
	E(ECONNABORTED) E(ECONNREFUSED) E(ECONNRESET) E(EDESTADDRREQ) E(EFAULT) E(EHOSTDOWN)       \
	E(EHOSTUNREACH) E(EINPROGRESS) E(EINTR) E(EINVAL) E(EIO) E(EISCONN) E(ELOOP) E(EMFILE)     \
	E(EMSGSIZE) E(ENAMETOOLONG) E(ENETDOWN) E(ENETRESET) E(ENETUNREACH) E(ENFILE) E(ENOBUFS)   \
	E(ENODEV) E(ENOENT) E(ENOMEM) E(ENOPROTOOPT) E(ENOTCONN) E(ENOTDIR) E(ENOTSOCK)            \
	E(EOPNOTSUPP) E(EPERM) E(EPIPE) E(EPROTO) E(EPROTONOSUPPORT) E(EPROTOTYPE) E(EROFS)        \
	E(ESOCKTNOSUPPORT) E(ETIMEDOUT)

/* clang-format on */

static const char *const errors[] = {
#define E(name) [name] = #name,
	SOCKET_ERRORS(E)
#undef E
};

static const char *const calls[] = {
	[CALL_CONNECT] = "connect",
	[CALL_BIND] = "bind",
	[CALL_GETPEERNAME] = "getpeername",
};

static const struct {
	const char *name, *phrase;
} classes[CLASS_COUNT] = {
	[CLASS_NONE] = { NULL, "not known: hooks were skipped" },
	[CLASS_NEVER_USED] = { "never_used", "never used" },
	[CLASS_PROBED] = { "probed", "only asked for its peer" },
	[CLASS_CONNECT_FAILED] = { "connect_failed", "connect failed" },
	[CLASS_BIND_FAILED] = { "bind_failed", "bind failed" },
	[CLASS_BOUND_ONLY] = { "bound_only", "bound, never connected or listening" },
	[CLASS_UNKNOWN_ORIGIN] = { "unknown_origin", "not seen being created" },
	[CLASS_WAS_CONNECTED] = { "was_connected", "formerly connected" },
	[CLASS_HALF_CLOSED] = { "half_closed", "half closed" },
};

static const char *const reasons[END_COUNT] = {
	[END_CLOSED] = "closed",
	[END_USED] = "used",
	[END_EXITED] = "exited",
	[END_RECLASSIFIED] = "reclassified",
};

static const struct {
	const char *name;
	bool loss;
} counters[COUNTER_COUNT] = {
#define C(id, name, loss) { name, loss },
	SOCKLEAK_COUNTERS(C)
#undef C
};

/* A table's name for a number, or NULL. */
#define NAME_IN(table, number) \
	((size_t)(number) < sizeof(table) / sizeof((table)[0]) ? (table)[number] : NULL)

static const char *numbered(struct name_buffer *buffer, const char *prefix, unsigned int number)
{
	snprintf(buffer->text, sizeof(buffer->text), "%s%u", prefix, number);
	return buffer->text;
}

static const char *name_or_number(const char *name, struct name_buffer *buffer, const char *prefix,
				  unsigned int number)
{
	return name ? name : numbered(buffer, prefix, number);
}

const char *family_name(unsigned int family, struct name_buffer *buffer)
{
	return name_or_number(NAME_IN(families, family), buffer, "AF_", family);
}

const char *socket_type_name(unsigned int type, struct name_buffer *buffer)
{
	return name_or_number(NAME_IN(types, type), buffer, "SOCK_", type);
}

const char *protocol_name(unsigned int family, unsigned int protocol, struct name_buffer *buffer)
{
	switch (family) {
	case AF_INET:
	case AF_INET6:
		if (!protocol)
			return NULL;
		return name_or_number(NAME_IN(inet_protocols, protocol), buffer, "IPPROTO_",
				      protocol);
	case AF_NETLINK:
		return name_or_number(NAME_IN(netlink_protocols, protocol), buffer, "NETLINK_",
				      protocol);
	case AF_BLUETOOTH:
		return name_or_number(NAME_IN(bluetooth_protocols, protocol), buffer, "BTPROTO_",
				      protocol);
	case AF_CAN:
		if (!protocol)
			return NULL;
		return name_or_number(NAME_IN(can_protocols, protocol), buffer, "CAN_", protocol);
	case AF_PACKET: /* an Ethernet type in the network's byte order, and not here */
		return NULL;
	default:
		return protocol ? numbered(buffer, "", protocol) : NULL;
	}
}

const char *errno_name(int error, struct name_buffer *buffer)
{
	const char *name;

	if (!error)
		return NULL;
	name = error > 0 ? NAME_IN(errors, error) : NULL;
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
	if (!name)
		name = strerrorname_np(error);
#endif
	return name_or_number(name, buffer, "E", (unsigned int)error);
}

const char *failed_call_name(unsigned int call)
{
	return NAME_IN(calls, call);
}

const char *leak_class_name(enum leak_class cls)
{
	return (unsigned int)cls < CLASS_COUNT ? classes[cls].name : NULL;
}

const char *leak_class_key(enum leak_class cls)
{
	return leak_class_name(cls) ?: "not_known";
}

enum leak_class leak_class_from_name(const char *name, size_t len)
{
	for (unsigned int i = CLASS_NONE + 1; i < CLASS_COUNT; i++)
		if (strlen(classes[i].name) == len && !memcmp(classes[i].name, name, len))
			return (enum leak_class)i;
	return CLASS_NONE;
}

const char *leak_class_phrase(enum leak_class cls)
{
	return (unsigned int)cls < CLASS_COUNT ? classes[cls].phrase : NULL;
}

const char *end_reason_name(enum end_reason reason)
{
	return NAME_IN(reasons, reason);
}

const char *counter_name(enum counter counter)
{
	return (unsigned int)counter < COUNTER_COUNT ? counters[counter].name : NULL;
}

bool counter_is_loss(enum counter counter)
{
	return (unsigned int)counter < COUNTER_COUNT && counters[counter].loss;
}

const char *share_kind_name(enum share_kind kind)
{
	static const char *const names[SHARE_KINDS] = {
		[SHARE_SOCKETS] = "sockets",
		[SHARE_SNAPSHOTS] = "snapshots",
		[SHARE_HOLDERS] = "holders",
	};

	return names[kind];
}
