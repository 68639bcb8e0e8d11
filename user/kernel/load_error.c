/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/load_error.h"

#include <errno.h>

#include <bpf/libbpf.h>

void load_error_add(struct text *text, int err, const struct options *options)
{
	char cause[128] = "";

	libbpf_strerror(err, cause, sizeof(cause)); /* it has numbers of its own */
	text_addf(text, "cannot load the BPF programs: %s (", cause);
	if (err == -ENOMEM)
		text_add(text, options->command == COMMAND_SCAN ?
				       "out of kernel memory)" :
				       "lower --snapshots or --max-sockets)");
	else if (err == -ENFILE)
		text_add(text, "raise fs.file-max)");
	else if (err == -EPERM)
		text_add(text, "needs CAP_BPF and CAP_PERFMON)");
	else if (options->btf)
		text_addf(text, "is --btf %s the BTF of this kernel?)", options->btf);
	else
		text_add(text, "needs Linux 5.13 or later with BTF)");
}
