/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * empty [KIND [seven]]: attaches the programs of empty.bpf.c that are of one kind, prints "ready",
 * and keeps them until stdin ends.
 *
 * KIND is tracepoint (the default), fentry, kprobe.multi, raw_syscalls or raw_tp. The first three
 * have ten programs: at the beginning and at the end of socket, connect, bind, getpeername and
 * close. With `seven` those of close and of the beginning of socket are left out. The others are
 * two programs, which run at every system call.
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "control.h"
#include "empty.skel.h"

#define TRACEFS "/sys/kernel/tracing"
#define MAX_PROGRAMS 16

static const struct kind {
	const char *name;
	const char *sections[2]; /* how the names of its programs' sections begin */
} kinds[] = {
	{ "tracepoint", { "tracepoint/syscalls/", NULL } },
	{ "fentry", { "fentry/", "fexit/" } },
	{ "kprobe.multi", { "kprobe.multi/", "kretprobe.multi/" } },
	{ "raw_syscalls", { "tracepoint/raw_syscalls/", NULL } },
	{ "raw_tp", { "raw_tp/", NULL } },
};

static struct bpf_link *links[MAX_PROGRAMS];
static int n_links;

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static bool starts_with(const char *text, const char *start)
{
	return start && !strncmp(text, start, strlen(start));
}

static bool ends_with(const char *text, const char *end)
{
	size_t text_len = strlen(text), len = strlen(end);

	return text_len >= len && !strcmp(text + text_len - len, end);
}

static bool is_wanted(const struct bpf_program *program, const struct kind *kind, bool seven)
{
	const char *section = bpf_program__section_name(program);
	const char *name = bpf_program__name(program);
	bool at_end = strstr(name, "exit_") || starts_with(name, "kretprobe");

	if (!starts_with(section, kind->sections[0]) && !starts_with(section, kind->sections[1]))
		return false;
	return !seven || (!ends_with(name, "_close") && (at_end || !ends_with(name, "_socket")));
}

/* libbpf asks tracefs for the number of a tracepoint: where it is not mounted, here it is. */
static void need_tracefs(void)
{
	if (!access(TRACEFS "/events", F_OK) || unshare(CLONE_NEWNS))
		return;
	if (!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		mount("tracefs", TRACEFS, "tracefs", 0,
		      NULL); /* else attaching fails, and says so */
}

/* By libbpf a kprobe.multi reads all of kallsyms to find one function; the kernel knows it. */
static struct bpf_link *attach(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	const char *function = strchr(section, '/') + 1;
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = &function, .cnt = 1,
		    .retprobe = starts_with(section, "kretprobe.multi/"));

	if (strstr(section, "probe.multi/"))
		return bpf_program__attach_kprobe_multi_opts(program, NULL, &options);
	return bpf_program__attach(program);
}

static int attach_all(const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		if (!bpf_program__autoload(program))
			continue;
		links[n_links] = attach(program);
		if (!links[n_links])
			return -errno;
		n_links++;
	}
	return 0;
}

static int run(struct empty_bpf *skeleton, const struct kind *kind, bool seven)
{
	struct bpf_program *program;
	char byte;
	int err;

	bpf_object__for_each_program(program, skeleton->obj)
		bpf_program__set_autoload(program, is_wanted(program, kind, seven));
	err = empty_bpf__load(skeleton);
	if (err) {
		fprintf(stderr,
			"empty: cannot load its programs: %s (needs CAP_BPF and "
			"CAP_PERFMON, or this kernel has no %s)\n",
			strerror(-err), kind->name);
		return 1;
	}
	err = attach_all(skeleton->obj);
	if (err) {
		fprintf(stderr, "empty: cannot attach its programs by %s: %s%s\n", kind->name,
			strerror(-err), err == -ENOENT ? " (is tracefs mounted?)" : "");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

/* What fails is said here, in one line. */
static int no_print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

int main(int argc, char **argv)
{
	const struct kind *kind = kind_of(argc > 1 ? argv[1] : "tracepoint");
	bool seven = argc > 2 && !strcmp(argv[2], "seven");
	struct empty_bpf *skeleton;
	int status;

	if (!kind || argc > 3 || (argc > 2 && !seven)) {
		fprintf(stderr, "usage: empty [KIND [seven]]\n");
		return 2;
	}
	libbpf_set_print(no_print);
	need_tracefs();
	skeleton = empty_bpf__open();
	if (!skeleton) {
		fprintf(stderr, "empty: cannot open its programs: %s\n", strerror(errno));
		return 1;
	}
	status = run(skeleton, kind, seven);
	while (n_links)
		bpf_link__destroy(links[--n_links]);
	empty_bpf__destroy(skeleton);
	return status;
}
