/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names: the kernel's numbers and this program's enums to words, and back. The
 * words are part of the JSON and metrics contract: never change one.
 */
#ifndef SOCKLEAK_NAMES_H
#define SOCKLEAK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "control.h"
#include "sockleak.h"

/* Memory for the name of a number that has none ("AF_99"); the caller's, uninitialised. */
struct name_buffer {
	char text[24];
};

/* "AF_INET"; unknown "AF_99". Never NULL. Valid as long as the buffer. */
const char *family_name(unsigned int family, struct name_buffer *buffer);

/* "SOCK_STREAM"; unknown "SOCK_99". Never NULL. */
const char *socket_type_name(unsigned int type, struct name_buffer *buffer);

/*
 * "IPPROTO_TCP", "NETLINK_ROUTE", "CAN_RAW", ...; unknown "IPPROTO_99", or "99" for a
 * family whose protocols this module does not know. NULL if the family has no protocol to
 * name: protocol 0 ("the default") anywhere but in AF_NETLINK and AF_BLUETOOTH, and
 * AF_PACKET (its protocol is not kept in sk_protocol).
 */
const char *protocol_name(unsigned int family, unsigned int protocol, struct name_buffer *buffer);

/* "ECONNREFUSED"; unknown "E<number>". NULL for 0. `error` is positive. */
const char *errno_name(int error, struct name_buffer *buffer);

/* "connect", of an enum call_kind; NULL for CALL_NONE and out of range. */
const char *failed_call_name(unsigned int call);

/* "never_used", ...; NULL for CLASS_NONE and out of range. */
const char *leak_class_name(enum leak_class cls);
/* The same, but "not_known" instead of NULL. */
const char *leak_class_key(enum leak_class cls);
/* The class of a name, of `len` bytes; CLASS_NONE when there is no such class. */
enum leak_class leak_class_from_name(const char *name, size_t len);
/* For people: "never used", "connect failed", ... NULL out of range. */
const char *leak_class_phrase(enum leak_class cls);

/* "closed", "used", "exited"; NULL for END_NONE and out of range. */
const char *end_reason_name(enum end_reason reason);

/* The name that SOCKLEAK_COUNTERS gives it; NULL out of range. */
const char *counter_name(enum counter counter);
/* Does it count something that was lost? */
bool counter_is_loss(enum counter counter);

/* "sockets", "snapshots", "holders": what a table holds whose room is shared. */
const char *share_kind_name(enum share_kind kind);

#endif /* SOCKLEAK_NAMES_H */
