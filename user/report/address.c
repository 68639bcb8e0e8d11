/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/address.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/names.h"
#include "lib/text.h"

/* Where each kind of address ends at the least; the kernel takes these lengths, too. */
#define INET_MIN offsetof(struct sockaddr_in, sin_zero)
#define INET6_MIN offsetof(struct sockaddr_in6, sin6_scope_id)
#define VSOCK_MIN (offsetof(struct sockaddr_vm, svm_cid) + sizeof(unsigned int))

static void add_hex(struct text *text, const unsigned char *bytes, size_t len)
{
	size_t i;

	text_add(text, "0x");
	for (i = 0; i < len; i++)
		text_addf(text, "%02x", bytes[i]);
}

static void add_inet(struct text *text, const unsigned char *bytes)
{
	char host[INET_ADDRSTRLEN] = "";
	struct sockaddr_in in;

	memcpy(&in, bytes, INET_MIN);
	inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
	text_addf(text, "%s:%u", host, ntohs(in.sin_port));
}

static void add_inet6(struct text *text, const unsigned char *bytes, size_t len)
{
	struct sockaddr_in6 in6 = { 0 };
	char host[INET6_ADDRSTRLEN] = "";

	/* RFC 2133's shorter form has no scope id. */
	memcpy(&in6, bytes, len < sizeof(in6) ? INET6_MIN : sizeof(in6));
	inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
	text_addf(text, "[%s", host);
	if (in6.sin6_scope_id)
		text_addf(text, "%%%u", in6.sin6_scope_id);
	text_addf(text, "]:%u", ntohs(in6.sin6_port));
}

static void add_abstract(struct text *text, const char *name, size_t len)
{
	size_t part;

	while (len && !name[len - 1])
		len--;
	text_add(text, "@");
	for (;;) {
		part = strnlen(name, len);
		text_add_clean(text, name, part);
		if (part == len)
			break;
		text_add(text, "@");
		name += part + 1;
		len -= part + 1;
	}
}

static void add_unix(struct text *text, const unsigned char *bytes, size_t len)
{
	const char *path = (const char *)bytes + offsetof(struct sockaddr_un, sun_path);

	len -= offsetof(struct sockaddr_un, sun_path);
	text_add(text, "unix:");
	if (!len)
		text_add(text, "(unnamed)");
	else if (path[0])
		text_add_clean(text, path, len);
	else
		add_abstract(text, path + 1, len - 1);
}

static void add_vsock(struct text *text, const unsigned char *bytes)
{
	struct sockaddr_vm vm;

	memcpy(&vm, bytes, VSOCK_MIN);
	text_addf(text, "vsock:%u:%u", vm.svm_cid, vm.svm_port);
}

/* The bytes behind the family, for an address that ends too early. */
static void add_truncated(struct text *text, unsigned int family, const unsigned char *bytes,
			  size_t len)
{
	struct name_buffer buffer;

	text_addf(text, "%s:", family_name(family, &buffer));
	add_hex(text, bytes + sizeof(sa_family_t), len - sizeof(sa_family_t));
}

void address_add(struct text *text, const void *bytes, size_t len)
{
	struct name_buffer buffer;
	sa_family_t family;

	if (!len)
		return;
	if (len < sizeof(family)) {
		add_hex(text, bytes, len);
		return;
	}
	memcpy(&family, bytes, sizeof(family));
	if (family == AF_UNSPEC)
		text_add(text, "unspec");
	else if (family == AF_UNIX)
		add_unix(text, bytes, len);
	else if (family == AF_INET && len >= INET_MIN)
		add_inet(text, bytes);
	else if (family == AF_INET6 && len >= INET6_MIN)
		add_inet6(text, bytes, len);
	else if (family == AF_VSOCK && len >= VSOCK_MIN)
		add_vsock(text, bytes);
	else if (family == AF_INET || family == AF_INET6 || family == AF_VSOCK)
		add_truncated(text, family, bytes, len);
	else
		text_add(text, family_name(family, &buffer));
}
