# SPDX-License-Identifier: BSD-2-Clause
# Ruby: leaks through blocks, and in a thread.
require 'socket'

class Pool
  def open
    Socket.new(:INET, :STREAM)
  end

  def fill(count)
    count.times.map { open }
  end
end

$stdout.sync = true
puts 'ready'
$stdin.gets
kept = Pool.new.fill(1)
kept += Thread.new { Pool.new.fill(1) }.value
puts 'leaked 2'
$stdin.read
