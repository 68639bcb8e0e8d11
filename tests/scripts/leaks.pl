# SPDX-License-Identifier: BSD-2-Clause
#
# Leaks sockets out of all kinds of subs, and says which these were: as leaks.py, in Perl.
use strict;
use warnings;
no warnings 'recursion';
use utf8;
use JSON::PP ();
use List::Util ();
use Socket;
use threads;

my @kept;

# As caller() has it: a sub, and where it was called. A block of eval is not a sub.
sub leak {
    my ($name) = @_;
    socket(my $made, AF_UNIX, SOCK_STREAM, 0) or die; my @at = (__FILE__, 0 + __LINE__);
    my (@frames, @caller);
    for (my $i = 0; @caller = caller($i); $i++) {
        my ($file, $line, $sub, $text, $is_require) = @caller[1, 2, 3, 6, 7];
        next if $sub eq '(eval)' && !defined $text && !$is_require;
        $sub = '(require)' if $is_require;
        push @frames, [$sub, $at[0], $at[1]];
        @at = ($file =~ s/^\((re_)?eval \d+\)$/"(" . ($1 || "") . "eval)"/er, $line);
    }
    push @frames, ['(main)', @at];
    push @kept, $made;
    report({ case => $name, inode => (stat $made)[1], frames => \@frames });
    return 1;
}

sub report {
    my ($line) = @_;
    syswrite STDOUT, JSON::PP->new->utf8->encode($line) . "\n";
}

package Base {
    use overload '""' => sub { main::leak('overloaded text'); 'text' },
        '+' => \&plus, '<=>' => sub { 0 };

    sub new { bless {}, shift }
    sub plain { main::leak('method') }
    sub plus { main::leak('overloaded +'); 1 }

    sub DESTROY { main::leak('DESTROY') if $_[0]{last} }

    our $AUTOLOAD;

    sub AUTOLOAD { main::leak('AUTOLOAD') }
}

package Derived {
    our @ISA = ('Base');
    sub plain { my $self = shift; $self->SUPER::plain(@_) }
}

package Tied {
    sub TIESCALAR { bless {}, shift }
    sub FETCH { main::leak('FETCH'); 1 }
    sub STORE { main::leak('STORE') }
    sub TIEHASH { bless {}, shift }
    sub EXISTS { main::leak('EXISTS'); 1 }
}

package main;

sub nested {
    for my $one (1) {
        if ($one) {
            my @two = map { leak('map'); $_ } grep { leak('grep') } 1;
        }
    }
}

sub recursive {
    my ($depth) = @_;
    return leak('recursion') if !$depth;
    return recursive($depth - 1);
}

sub in_eval {
    eval {
        eval { leak('eval of eval'); die "x\n" };
        leak('after die');
    };
    local $@;
    eval { leak('eval'); 1 } or die;
}

sub over_lines {
    return (
        1,
        leak('call over lines'),
        (sub {
            my ($number) = @_;
            return $number +
                (leak('sub over lines') ? 1 : 0);
        })->(2),
    );
}

sub by_number { leak('sort'); $a <=> $b }

sub sorted {
    my @named = sort by_number 2, 1;
    my @block = sort { leak('sort block'); $a <=> $b } 2, 1;
    my $sub = sub { leak('sort variable'); $a <=> $b };
    my @variable = sort $sub 2, 1;
}

sub from_c {
    List::Util::first { leak('first'); 1 } 1;
    List::Util::reduce { leak('reduce'); 1 } 1, 2;
    List::Util::first(\&of_c, 1);
}

sub of_c { leak('called by C') }

sub jumps { goto &target }
sub target { leak('goto') }

sub patterns {
    my $text = 'x';
    $text =~ s/x/leak('s with e'); 'y'/e;
    $text =~ s/y/(sub { leak('s with e and a sub') })->(); 'z'/e;
    $text =~ /z(?{ leak('code in a pattern') })/;
}

sub signals {
    local $SIG{__WARN__} = sub { leak('__WARN__') };
    warn 'x';
    local $SIG{__DIE__} = sub { leak('__DIE__') };
    eval { die 'x' };
    local $SIG{USR1} = sub { leak('signal') };
    kill USR1 => $$;
    my $end = 1;
}

sub closure_of {
    my ($name) = @_;
    return sub { leak($name) };
}

sub last_of {
    my $object = Base->new;
    $object->{last} = 1;
    undef $object;
    return 1;
}

sub tied_ones {
    tie my $scalar, 'Tied';
    my $value = $scalar;
    $scalar = 2;
    tie my %hash, 'Tied';
    return exists $hash{x};
}

sub long_sub {
    my $number = 0;
    $number += 0;
    $number += 1;
    $number += 2;
    $number += 3;
    $number += 4;
    $number += 5;
    $number += 6;
    $number += 7;
    $number += 8;
    $number += 9;
    $number += 10;
    $number += 11;
    $number += 12;
    $number += 13;
    $number += 14;
    $number += 15;
    $number += 16;
    $number += 17;
    $number += 18;
    $number += 19;
    $number += 20;
    $number += 21;
    $number += 22;
    $number += 23;
    $number += 24;
    $number += 25;
    $number += 26;
    $number += 27;
    $number += 28;
    $number += 29;
    $number += 30;
    $number += 31;
    $number += 32;
    $number += 33;
    $number += 34;
    $number += 35;
    $number += 36;
    $number += 37;
    $number += 38;
    $number += 39;
    $number += 40;
    $number += 41;
    $number += 42;
    $number += 43;
    $number += 44;
    $number += 45;
    $number += 46;
    $number += 47;
    $number += 48;
    $number += 49;
    $number += 50;
    $number += 51;
    $number += 52;
    $number += 53;
    $number += 54;
    $number += 55;
    $number += 56;
    $number += 57;
    $number += 58;
    $number += 59;
    $number += 60;
    $number += 61;
    $number += 62;
    $number += 63;
    $number += 64;
    $number += 65;
    $number += 66;
    $number += 67;
    $number += 68;
    $number += 69;
    $number += 70;
    $number += 71;
    $number += 72;
    $number += 73;
    $number += 74;
    $number += 75;
    $number += 76;
    $number += 77;
    $number += 78;
    $number += 79;
    $number += 80;
    $number += 81;
    $number += 82;
    $number += 83;
    $number += 84;
    $number += 85;
    $number += 86;
    $number += 87;
    $number += 88;
    $number += 89;
    $number += 90;
    $number += 91;
    $number += 92;
    $number += 93;
    $number += 94;
    $number += 95;
    $number += 96;
    $number += 97;
    $number += 98;
    $number += 99;
    $number += 100;
    $number += 101;
    $number += 102;
    $number += 103;
    $number += 104;
    $number += 105;
    $number += 106;
    $number += 107;
    $number += 108;
    $number += 109;
    $number += 110;
    $number += 111;
    $number += 112;
    $number += 113;
    $number += 114;
    $number += 115;
    $number += 116;
    $number += 117;
    $number += 118;
    $number += 119;
    $number += 120;
    $number += 121;
    $number += 122;
    $number += 123;
    $number += 124;
    $number += 125;
    $number += 126;
    $number += 127;
    $number += 128;
    $number += 129;
    $number += 130;
    $number += 131;
    $number += 132;
    $number += 133;
    $number += 134;
    $number += 135;
    $number += 136;
    $number += 137;
    $number += 138;
    $number += 139;
    $number += 140;
    $number += 141;
    $number += 142;
    $number += 143;
    $number += 144;
    $number += 145;
    $number += 146;
    $number += 147;
    $number += 148;
    $number += 149;
    $number += 150;
    $number += 151;
    $number += 152;
    $number += 153;
    $number += 154;
    $number += 155;
    $number += 156;
    $number += 157;
    $number += 158;
    $number += 159;
    $number += 160;
    $number += 161;
    $number += 162;
    $number += 163;
    $number += 164;
    $number += 165;
    $number += 166;
    $number += 167;
    $number += 168;
    $number += 169;
    $number += 170;
    $number += 171;
    $number += 172;
    $number += 173;
    $number += 174;
    $number += 175;
    $number += 176;
    $number += 177;
    $number += 178;
    $number += 179;
    $number += 180;
    $number += 181;
    $number += 182;
    $number += 183;
    $number += 184;
    $number += 185;
    $number += 186;
    $number += 187;
    $number += 188;
    $number += 189;
    $number += 190;
    $number += 191;
    $number += 192;
    $number += 193;
    $number += 194;
    $number += 195;
    $number += 196;
    $number += 197;
    $number += 198;
    $number += 199;
    $number += 200;
    $number += 201;
    $number += 202;
    $number += 203;
    $number += 204;
    $number += 205;
    $number += 206;
    $number += 207;
    $number += 208;
    $number += 209;
    $number += 210;
    $number += 211;
    $number += 212;
    $number += 213;
    $number += 214;
    $number += 215;
    $number += 216;
    $number += 217;
    $number += 218;
    $number += 219;
    $number += 220;
    $number += 221;
    $number += 222;
    $number += 223;
    $number += 224;
    $number += 225;
    $number += 226;
    $number += 227;
    $number += 228;
    $number += 229;
    $number += 230;
    $number += 231;
    $number += 232;
    $number += 233;
    $number += 234;
    $number += 235;
    $number += 236;
    $number += 237;
    $number += 238;
    $number += 239;
    $number += 240;
    $number += 241;
    $number += 242;
    $number += 243;
    $number += 244;
    $number += 245;
    $number += 246;
    $number += 247;
    $number += 248;
    $number += 249;
    $number += 250;
    $number += 251;
    $number += 252;
    $number += 253;
    $number += 254;
    $number += 255;
    $number += 256;
    $number += 257;
    $number += 258;
    $number += 259;
    $number += 260;
    $number += 261;
    $number += 262;
    $number += 263;
    $number += 264;
    $number += 265;
    $number += 266;
    $number += 267;
    $number += 268;
    $number += 269;
    $number += 270;
    $number += 271;
    $number += 272;
    $number += 273;
    $number += 274;
    $number += 275;
    $number += 276;
    $number += 277;
    $number += 278;
    $number += 279;
    $number += 280;
    $number += 281;
    $number += 282;
    $number += 283;
    $number += 284;
    $number += 285;
    $number += 286;
    $number += 287;
    $number += 288;
    $number += 289;
    $number += 290;
    $number += 291;
    $number += 292;
    $number += 293;
    $number += 294;
    $number += 295;
    $number += 296;
    $number += 297;
    $number += 298;
    $number += 299;
    leak('long sub');
    return $number;
}

sub ünïcode_名前 { leak('not ASCII') }

sub file_of {
    my ($code) = @_;
    my $file = "/tmp/leaks.$$." . @kept;
    open my $handle, '>', $file or die;
    print {$handle} "\n\n$code\n1;\n";
    close $handle;
    return $file;
}

sub from_files {
    my $file = file_of("sub of_file {\n  leak('sub of a file');\n}\n");
    require $file;
    unlink $file;
    of_file();
    eval "sub of_eval {\n  leak('sub of eval');\n}\n";
    of_eval();
    eval "package Other::Package;\nsub of_eval {\n  main::leak('package of eval');\n}\n";
    Other::Package::of_eval();
}

# It lives on: what a thread has is closed with it.
sub in_thread {
    pipe my $from, my $to or die;
    threads->create(sub {
        leak('thread');
        syswrite $to, 'x';
        sleep 1000;
    })->detach;
    sysread $from, my $byte, 1;
}

sub in_child {
    my $child = fork;
    return if $child;
    leak('fork');
    readline STDIN;
    kill KILL => $$;
}

# Code that is freed when it has ended still runs when the sockets are looked at.
our $file;

sub in_code_that_ends {
    $file = file_of("leak('require');\n\neval \"\\n\\nleak('eval of text');\\nin_do();\";\n");
    require $file;
}

sub in_do {
    unlink $file;
    $file = file_of("leak('do');\nend_of_all();");
    do $file;
}

sub end_of_all {
    unlink $file;
    report({});
    readline STDIN;
    kill KILL => $$;
}

*alias = \&target;

sub everything {
    Derived->new->plain;
    Base->new->absent;
    my $text = '' . Base->new;
    my $sum = Base->new + 1;
    nested();
    recursive(200);
    in_eval();
    over_lines();
    sorted();
    from_c();
    jumps();
    alias();
    &{\&target}();
    patterns();
    signals();
    closure_of('closure')->();
    last_of();
    tied_ones();
    {
        no strict 'refs';
        no warnings 'redefine';
        *{'main::assigned'} = sub { leak('assigned') };
        local *target = sub { leak('localised') };
        jumps();
    }
    assigned();
    my $method = "plain";
    Base->new->$method;
    Base->can('plain')->();
    long_sub();
    ünïcode_名前();
    in_thread();
    from_files();
    in_child();
    in_code_that_ends();
}

readline STDIN;
everything();
