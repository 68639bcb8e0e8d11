{ SPDX-License-Identifier: BSD-2-Clause }
{ Free Pascal: sockets of fpsocket that nobody closes. }
program Leak;

uses
  Sockets;

procedure OpenOne;
begin
  fpsocket(AF_INET, SOCK_STREAM, 0); { leaks here }
end;

procedure Fill(count: integer);
var
  i: integer;
begin
  for i := 1 to count do
    OpenOne;
end;

begin
  writeln('ready');
  flush(output);
  readln;
  Fill(20);
  writeln('leaked 20');
  flush(output);
  while not eof do
    readln;
end.
