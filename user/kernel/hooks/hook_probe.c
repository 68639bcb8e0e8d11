/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hooks/hook_probe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

const __u64 hook_probe_cookie = 1;

static bool has(const struct btf *btf, const char *name, __u32 kind)
{
	return btf && btf__find_by_name_kind(btf, name, kind) > 0;
}

/*
 * trace_call_bpf_faultable() came with commit 439ebd5b5708 ("bpf: Add sleepable support for
 * classic tracepoint programs", Linux 7.2), struct fprobe_hlist with 4346ba160409 ("fprobe:
 * Rewrite fprobe on function-graph tracer", 6.14). Versions are not compared.
 */
void hook_probe_traits(const struct btf *btf, struct kernel_traits *traits)
{
	traits->tracepoints_may = has(btf, "trace_call_bpf_faultable", BTF_KIND_FUNC);
	traits->pools_returns =
		has(btf, "fprobe", BTF_KIND_STRUCT) && !has(btf, "fprobe_hlist", BTF_KIND_STRUCT);
}

/* A program that returns 0 at once: a descriptor or -errno. */
static int load_empty(enum bpf_prog_type type, struct bpf_prog_load_opts *options)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, "sockleak_probe", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), options);

	return fd < 0 ? -errno : fd;
}

/* Attach it by a link, and take it off. Takes the program over. */
static int try_link(int program, enum bpf_attach_type type, const struct bpf_link_create_opts *how)
{
	int link, err = program;

	if (program < 0)
		return err;
	link = bpf_link_create(program, 0, type, how);
	err = link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(program);
	return err;
}

static int try_trampoline(const struct btf *btf, const char *function, enum bpf_attach_type type)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = type);
	int id = btf ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -ENOENT;

	if (id < 0)
		return id;
	options.attach_btf_id = (__u32)id;
	return try_link(load_empty(BPF_PROG_TYPE_TRACING, &options), type, NULL);
}

static int try_kprobe(const char *function, bool returns)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, how);

	how.kprobe_multi.syms = &function;
	how.kprobe_multi.cookies = &hook_probe_cookie;
	how.kprobe_multi.cnt = 1;
	how.kprobe_multi.flags = returns ? BPF_F_KPROBE_MULTI_RETURN : 0;
	return try_link(load_empty(BPF_PROG_TYPE_KPROBE, &options), BPF_TRACE_KPROBE_MULTI, &how);
}

static int try_raw(const char *tracepoint)
{
	int program = load_empty(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL), link, err = program;

	if (program < 0)
		return err;
	link = bpf_raw_tracepoint_open(tracepoint, program);
	err = link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(program);
	return err;
}

/* One program, by its section: "fexit/__sys_socket". */
static int try_section(const char *section, const struct btf *btf)
{
	const char *target = strchr(section, '/') + 1;

	if (!strncmp(section, "fentry/", target - section))
		return try_trampoline(btf, target, BPF_TRACE_FENTRY);
	if (!strncmp(section, "fexit/", target - section))
		return try_trampoline(btf, target, BPF_TRACE_FEXIT);
	if (!strncmp(section, "kprobe.multi/", target - section))
		return try_kprobe(target, false);
	if (!strncmp(section, "kretprobe.multi/", target - section))
		return try_kprobe(target, true);
	return try_raw(target);
}

static const char *first_section(const struct bpf_object *object, const char *begin)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *section = bpf_program__section_name(program);

		if (!strncmp(section, begin, strlen(begin)))
			return section;
	}
	return NULL;
}

int hook_probe(const struct bpf_object *object, const struct hook_kind *kind, const struct btf *btf)
{
	int err = 0;

	for (unsigned int i = 0; i < 2 && kind->sections[i] && !err; i++) {
		const char *section = first_section(object, kind->sections[i]);

		if (section)
			err = try_section(section, btf);
	}
	return err;
}
