# SPDX-License-Identifier: BSD-2-Clause
# Ruby: sockets that nobody closes; with an argument, half of them by another function.
require 'socket'

KEPT = []

def open_one
  KEPT << Socket.new(:INET, :STREAM)
end

def open_other
  KEPT << Socket.new(:INET6, :STREAM)
end

def fill(count)
  count.times { |number| number.odd? && ARGV[0] ? open_other : open_one }
end

puts 'ready'
$stdout.flush
$stdin.gets
fill(20)
puts 'leaked 20'
$stdout.flush
$stdin.read
