# SPDX-License-Identifier: BSD-2-Clause
# `culprit: NAME` marks the line that is to be reported for a client.
package Shop::Notify;
use strict;
use warnings;
use IO::Socket::INET;

my @kept;

sub perform {
    my ($name) = @_;
    no strict 'refs';
    push @kept, eval { &{"Shop::Notify::$name"}() }, $@;
}

sub redis {
    require Redis;
    Redis->new(server => '127.0.0.1:1', reconnect => 0);    # culprit: redis
}

sub lwp {
    require LWP::UserAgent;
    LWP::UserAgent->new->get('http://127.0.0.1:1/');    # culprit: lwp
}

sub http_tiny {
    require HTTP::Tiny;
    HTTP::Tiny->new->get('http://127.0.0.1:1/');    # culprit: http_tiny
}

sub mojo {
    require Mojo::UserAgent;
    Mojo::UserAgent->new->get('http://127.0.0.1:1/');    # culprit: mojo
}

sub dbd_pg {
    require DBI;
    DBI->connect('dbi:Pg:host=127.0.0.1;port=1', 'a', 'b', { PrintError => 0 });    # culprit: dbd_pg
}

sub dbd_mysql {
    require DBI;
    DBI->connect('dbi:mysql:host=127.0.0.1;port=1', 'a', 'b', { PrintError => 0 }); # culprit: dbd_mysql
}

sub stomp {
    require Net::Stomp;
    Net::Stomp->new({ hostname => '127.0.0.1', port => 1 });    # culprit: stomp
}

sub ldap {
    require Net::LDAP;
    Net::LDAP->new('127.0.0.1', port => 1);    # culprit: ldap
}

sub smtp {
    require Net::SMTP;
    Net::SMTP->new('127.0.0.1', Port => 1);    # culprit: smtp
}

sub dns {
    require Net::DNS;
    my $resolver = Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], usevc => 1, port => 1);
    $resolver->query('a.b');    # culprit: dns
}

sub inet {
    IO::Socket::INET->new(PeerAddr => '127.0.0.1:1');    # culprit: inet
}

1;
