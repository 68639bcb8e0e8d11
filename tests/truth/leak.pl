# SPDX-License-Identifier: BSD-2-Clause
# Perl: leaks in a sub, and in a block that sort calls.
use strict;
use warnings;
use Socket;

my @kept;

sub make {
	socket(my $socket, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
	push @kept, $socket;
}

$| = 1;
print "ready\n";
<STDIN>;
make();
my @sorted = sort { make(); $a <=> $b } (2, 1);
print "leaked 2\n";
1 while <STDIN>;
