# SPDX-License-Identifier: BSD-2-Clause
# Sends a message four times a second, as delayed_job does, by the same library.
require 'fiddle'

class Notifier
  def initialize(library, port)
    @port = port
    @send = Fiddle::Function.new(
      Fiddle.dlopen(library)['transport_send'], [Fiddle::TYPE_SHORT, Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID
    )
  end

  def send_message(text)
    @send.call(@port, text)
  end

  def perform
    send_message("mail sent\n")
  end
end

notifier = Notifier.new(*ARGV[0, 1], ARGV[1].to_i)
loop do
  notifier.perform
  sleep 0.25
end
