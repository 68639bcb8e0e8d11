# SPDX-License-Identifier: BSD-2-Clause
# Ruby: an extension, whose library opens the sockets.
require "#{ENV.fetch('O')}/extension"

puts 'ready'
$stdout.flush
$stdin.gets
20.times { open_one }
puts 'leaked 20'
$stdout.flush
$stdin.read
