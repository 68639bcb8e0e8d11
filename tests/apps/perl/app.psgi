# SPDX-License-Identifier: BSD-2-Clause
# An application under Starman: each path calls one client, which does not get a connection.
use lib '/srv/apps/perl/lib';
use Shop::Notify;

sub {
    my ($environment) = @_;
    Shop::Notify::perform(substr $environment->{PATH_INFO}, 1);
    return [200, [], ["called\n"]];
};
