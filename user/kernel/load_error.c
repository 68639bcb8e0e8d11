/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/load_error.h"

#include <errno.h>
#include <unistd.h>

#include <linux/capability.h>

#include <bpf/libbpf.h>

#include "host/rights.h"
#include "kernel/libbpf_log.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static bool lacks_rights(void)
{
	const unsigned long long both = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;
	unsigned long long have = rights_effective();

	return !(have & 1ULL << CAP_SYS_ADMIN) && (have & both) != both;
}

/* It says only what is certain: a guess would mislead its reader. */
static void add_remedy(struct text *text, int err, const struct options *options)
{
	if (err == -ENOMEM && options->command == COMMAND_SCAN)
		text_add(text, "out of kernel memory");
	else if (err == -ENOMEM)
		text_add(text, "lower --snapshots or --max-sockets");
	else if (err == -ENFILE)
		text_add(text, "raise fs.file-max");
	else if ((err == -EPERM || err == -EACCES) && lacks_rights())
		text_add(text, "needs CAP_BPF and CAP_PERFMON");
	else if (!options->btf && access(KERNEL_BTF, R_OK))
		text_add(text, "needs " KERNEL_BTF ", which a kernel has that is built with "
			       "CONFIG_DEBUG_INFO_BTF; or --btf FILE");
	else
		text_add(text, "--verbose shows what the kernel said");
}

void load_error_add(struct text *text, int err, const struct options *options)
{
	const char *program = libbpf_log_refused();
	char cause[128] = "";

	libbpf_strerror(err, cause, sizeof(cause)); /* it has numbers of its own */
	if (*program)
		text_addf(text, "cannot load the BPF program '%s'", program);
	else
		text_add(text, "cannot load the BPF programs");
	if (options->btf)
		text_addf(text, " with --btf %s", options->btf);
	text_addf(text, ": %s (", cause);
	add_remedy(text, err, options);
	text_add(text, ")");
}
