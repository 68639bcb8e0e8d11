% SPDX-License-Identifier: BSD-2-Clause
% Octave: sockets of the package sockets that nobody closes.
1;
function fd = open_one()
  fd = socket(AF_INET, SOCK_STREAM, 0);
end
function kept = fill(count)
  kept = [];
  for i = 1:count
    kept(end + 1) = open_one();
  end
end
pkg load sockets
puts("ready\n");
fflush(stdout);
input("", "s");
kept = fill(20);
printf("leaked %d\n", numel(kept));
fflush(stdout);
while ischar(fgetl(stdin))
end
