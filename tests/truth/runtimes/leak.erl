% SPDX-License-Identifier: BSD-2-Clause
% Erlang: sockets of the module socket that nobody closes.
-module(leak).
-export([main/0]).

open_one() ->
    {ok, Socket} = socket:open(inet, stream, tcp),
    Socket.

fill(Count) ->
    [open_one() || _ <- lists:seq(1, Count)].

main() ->
    io:put_chars("ready\n"),
    io:get_line(""),
    Kept = fill(20),
    io:format("leaked ~b~n", [length(Kept)]),
    wait(),
    io:format("~b~n", [length(Kept)]).

wait() ->
    case io:get_line("") of
        eof -> ok;
        _ -> wait()
    end.
