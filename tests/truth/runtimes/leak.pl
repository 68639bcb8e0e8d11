# SPDX-License-Identifier: BSD-2-Clause
# Perl: sockets that nobody closes.
use strict;
use warnings;
use Socket;

my @kept;

sub open_one {
    socket(my $handle, PF_INET, SOCK_STREAM, 0) or die;
    push @kept, $handle;
}

sub fill {
    my ($count) = @_;
    open_one() for 1 .. $count;
}

$| = 1;
print "ready\n";
<STDIN>;
fill(20);
print "leaked 20\n";
1 while <STDIN>;
