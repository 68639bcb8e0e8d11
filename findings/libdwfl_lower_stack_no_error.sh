#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: dwfl_thread_getframes() follows call frame information wherever it leads, or returns an
#          error where it does not, so an end without an error is the outermost frame.
# So:      where the rules of a frame put the canonical frame address below that frame, as those of
#          a function that runs C on the thread's stack for code on another, lower one (OCaml 5's
#          caml_c_call), elfutils 0.188 reads nothing and ends without an error. The callers are
#          missing, and nothing says so.
#
# Needs apt, gcc, x86_64 and the network; unpacks Debian 12's libdw 0.188 into a temporary folder.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
apt-get download libdw-dev=0.188-2.1 libdw1=0.188-2.1 libelf1=0.188-2.1 libelf-dev=0.188-2.1 \
	>/dev/null 2>&1 || { echo "elfutils 0.188-2.1 cannot be had from apt here"; exit 1; }
for deb in ./*.deb; do dpkg-deb -x "$deb" root; done
libs=$(echo root/usr/lib/*-linux-gnu*)

# Calls a function, and keeps its return address in other memory, whose end is its first argument.
cat >switch.s <<'S'
.text
.globl to_there
.type to_there, @function
to_there:
	.cfi_startproc
	push %rbx
	.cfi_def_cfa_offset 16
	.cfi_offset %rbx, -16
	mov 8(%rsp), %rax
	mov %rax, -8(%rdi)
	mov %rdi, %rbx
	.cfi_def_cfa %rbx, 0
	call *%rsi
	.cfi_def_cfa %rsp, 16
	pop %rbx
	ret
	.cfi_endproc
.size to_there, . - to_there
.section .note.GNU-stack,"",@progbits
S
cat >program.c <<'C'
#include <elfutils/libdwfl.h>
#include <elfutils/version.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

void to_there(void *top, void (*call)(void));

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
};

__attribute__((noipa)) static void stop_here(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
}

static void child(void)
{
	char *low = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	to_there(low + 65536 - 64, stop_here);
	_exit(0);
}

static int on_frame(Dwfl_Frame *frame, void *last)
{
	Dwarf_Addr pc;
	bool exact;
	Dwfl_Module *module;
	const char *name;

	if (!dwfl_frame_pc(frame, &pc, &exact))
		return DWARF_CB_ABORT;
	module = dwfl_addrmodule(dwfl_thread_dwfl(dwfl_frame_thread(frame)), pc);
	name = module ? dwfl_module_addrname(module, pc - !exact) : NULL;
	printf("  %s\n", name ? name : "?");
	snprintf(last, 64, "%s", name ? name : "?");
	return DWARF_CB_OK;
}

int main(void)
{
	char last[64] = "";
	pid_t pid = fork();
	Dwfl *dwfl;
	int result;

	if (!pid)
		child();
	waitpid(pid, NULL, WUNTRACED);
	dwfl = dwfl_begin(&callbacks);
	printf("elfutils %s\n", dwfl_version(dwfl));
	if (dwfl_linux_proc_report(dwfl, pid) || dwfl_report_end(dwfl, NULL, NULL) ||
	    dwfl_linux_proc_attach(dwfl, pid, true) < 0)
		return 2;
	result = dwfl_getthread_frames(dwfl, pid, on_frame, last);
	printf("dwfl_getthread_frames() returns %d; main() is missing behind %s\n", result, last);
	kill(pid, SIGKILL);
	dwfl_end(dwfl);
	return !(result == 0 && !strcmp(last, "to_there"));
}
C
gcc -O1 -Iroot/usr/include program.c switch.s -o program "$libs/libdw.so" "$libs/libelf.so"
if LD_LIBRARY_PATH=$libs ./program; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
