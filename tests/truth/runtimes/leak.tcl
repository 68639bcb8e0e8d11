# SPDX-License-Identifier: BSD-2-Clause
# Tcl: connections in the background that were refused, whose channels nobody closes.
proc open_one {} {
    global kept
    lappend kept [socket -async 127.0.0.1 1]
}

proc fill {count} {
    for {set i 0} {$i < $count} {incr i} {
        open_one
    }
}

puts ready
flush stdout
gets stdin
fill 20
puts "leaked [llength $kept]"
flush stdout
while {[gets stdin line] >= 0} {}
