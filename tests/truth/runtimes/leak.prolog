% SPDX-License-Identifier: BSD-2-Clause
% SWI-Prolog: sockets of library(socket) that nobody closes.
:- use_module(library(socket)).
:- use_module(library(readutil)).

open_one(Socket) :- tcp_socket(Socket).

fill(0, []) :- !.
fill(Count, [Socket | Rest]) :-
    open_one(Socket),
    Less is Count - 1,
    fill(Less, Rest).

wait(end_of_file) :- !.
wait(_) :- read_line_to_string(user_input, Line), wait(Line).

main :-
    writeln(ready), flush_output,
    read_line_to_string(user_input, _),
    fill(20, Kept),
    length(Kept, Count),
    format("leaked ~d~n", [Count]), flush_output,
    wait(start),
    length(Kept, _).
