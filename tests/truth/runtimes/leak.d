// SPDX-License-Identifier: BSD-2-Clause
// D: sockets of std.socket that nobody closes.
module leak;

import core.stdc.stdio;
import std.socket;
import std.stdio;

__gshared Socket[] kept;

pragma(inline, false) void openOne()
{
    auto socket = new Socket(AddressFamily.INET, SocketType.STREAM); // leaks here
    kept ~= socket;
}

pragma(inline, false) void fill(int count)
{
    foreach (i; 0 .. count)
        openOne();
}

void main()
{
    writeln("ready");
    std.stdio.stdout.flush();
    readln();
    fill(20);
    writeln("leaked 20");
    std.stdio.stdout.flush();
    while (readln().length)
    {
    }
}
