# SPDX-License-Identifier: BSD-2-Clause
# R: a function in C, called by .Call, opens the sockets.
dyn.load(Sys.getenv("LEAK"))
open_one <- function() .Call("open_one")
fill <- function(count) for (i in seq_len(count)) open_one()
input <- file("stdin", "r")
cat("ready\n")
readLines(input, 1)
fill(20)
cat("leaked 20\n")
while (length(readLines(input, 1)) > 0) {}
