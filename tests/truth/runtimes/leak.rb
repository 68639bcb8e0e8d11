# SPDX-License-Identifier: BSD-2-Clause
# Ruby: sockets that nobody closes.
require 'socket'

KEPT = []

def open_one
  KEPT << Socket.new(:INET, :STREAM)
end

def fill(count)
  count.times { open_one }
end

puts 'ready'
$stdout.flush
gets
fill(20)
puts 'leaked 20'
$stdout.flush
$stdin.read
