# SPDX-License-Identifier: BSD-2-Clause
# Crystal: sockets that nobody closes.
require "socket"

module Pool
  KEPT = [] of Socket

  @[NoInline]
  def self.open_one
    KEPT << Socket.tcp(Socket::Family::INET) # leaks here
  end

  @[NoInline]
  def self.fill(count)
    count.times { open_one }
  end
end

puts "ready"
STDOUT.flush
gets
Pool.fill(20)
puts "leaked 20"
STDOUT.flush
while gets
end
