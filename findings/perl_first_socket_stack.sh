#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: one line of a Perl script that opens a socket over and over reaches socket(2) by the
#          same native frames each time, so that one native stack stands for it.
# So:      the first socket of a process has another stack. Perl's PerlSock_socket_cloexec() calls
#          socket(3) with SOCK_CLOEXEC and looks at the descriptor to learn whether the kernel
#          knows that flag. From the second socket on it makes a tail call and is not on the
#          stack: socket(3) returns straight to pp_socket. A tool that groups sockets by their
#          native stack sees two places for one line, and one of them has at most one socket in each
#          process.
#
# Needs apt, gcc and the network; unpacks Debian 12's Perl 5.36.0 into a temporary folder.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
apt-get download perl-base=5.36.0-7+deb12u4 >/dev/null 2>&1 ||
	{ echo "perl-base 5.36.0-7+deb12u4 cannot be had from apt here"; exit 1; }
for deb in ./*.deb; do dpkg-deb -x "$deb" root; done

cat >watch.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Stands before libc's socket() and says which function called it. */
int socket(int domain, int type, int protocol)
{
	Dl_info caller;

	if (dladdr(__builtin_return_address(0), &caller) && caller.dli_sname)
		fprintf(stderr, "%s\n", caller.dli_sname);
	return syscall(SYS_socket, domain, type, protocol);
}
C
gcc -O1 -shared -fPIC watch.c -o watch.so

root/usr/bin/perl -e 'print "perl $^V\n"'
# A socket of AF_UNIX, SOCK_STREAM, four times on one line.
LD_PRELOAD=$dir/watch.so root/usr/bin/perl \
	-e 'for (1 .. 4) { socket(my $s, 1, 1, 0) or die "socket: $!" }' 2>callers
echo "socket() was called by:"
sed 's/^/    /' callers
cat >expected <<'T'
Perl_PerlSock_socket_cloexec
Perl_pp_socket
Perl_pp_socket
Perl_pp_socket
T
if cmp expected callers; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
