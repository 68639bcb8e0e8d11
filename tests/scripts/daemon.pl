# SPDX-License-Identifier: BSD-2-Clause
#
# A daemon that makes sockets by a library of Perl's own, and connects none of them.
use strict;
use warnings;

package Notifier;

use IO::Socket::INET;

sub new { bless { open => [] }, shift }

sub prepare {
    my ($self) = @_;
    push @{ $self->{open} }, IO::Socket::INET->new(Proto => 'tcp', ReuseAddr => 1);
}

sub run {
    my ($self) = @_;
    $self->prepare for 1 .. 5;
}

package main;

$| = 1;
print "ready\n";
readline STDIN;
my $notifier = Notifier->new;
$notifier->run;
print "leaked 5\n";
1 while readline STDIN;
