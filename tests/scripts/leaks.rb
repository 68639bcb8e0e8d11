# SPDX-License-Identifier: BSD-2-Clause
#
# Leaks sockets out of all kinds of methods and blocks, and says which these were: as leaks.py, in Ruby.

require 'json'
require 'socket'

KEPT = [] # sockets, and blocks: of one that is freed Ruby 3.4 has no class

# Socket.new asks for its text: then the language says which methods are being called, in C, too.
class Family
  attr_reader :callers

  def to_str
    @callers ||= caller_locations(1)
    'UNIX'
  end
end

def leak(name)
  KEPT << (made = Socket.new((family = Family.new), :STREAM))
  say(case: name, inode: made.stat.ino, frames: family.callers.map { |f| [f.label, f.path, f.path && f.lineno] })
end

def say(line)
  $stdout.write(JSON.generate(line) + "\n")
  $stdout.flush
end

class Base
  def plain
    leak('method')
  end

  def self.of_class
    leak('class method')
  end

  class << self
    def singleton
      leak('singleton')
    end
  end

  define_method(:defined) { leak('define_method') }

  def method_missing(name, *)
    leak('method_missing') if name == :absent
    super unless name == :absent
  end

  def respond_to_missing?(*)
    false
  end

  def to_s
    leak('interpolation')
    'text'
  end

  def <=>(_other)
    leak('comparison')
    0
  end

  def +(other)
    leak('operator')
    other
  end

  def []=(_key, _value)
    leak('assignment')
  end
end

class Derived < Base
  def plain
    super
  end
end

module Deep
  module Inner
    def self.call_it
      yield
    end
  end
end

def nested
  [1].each do |_|
    [2].map do |_|
      1.times { leak('blocks') }
    end
  end
end

def recursive(depth)
  return leak('recursion') if depth.zero?

  recursive(depth - 1)
end

def rescued
  raise ArgumentError
rescue ArgumentError
  leak('rescue')
ensure
  leak('ensure')
end

def over_lines
  [
    1,
    leak('call over lines'),
    [2].sort_by { |number|
      number +
        (leak('block over lines') ? 1 : 0)
    }
  ]
end

def with_defaults(value = leak('default'))
  value
end

def enumerated
  KEPT << (numbers = Enumerator.new do |yielder|
    leak('enumerator')
    yielder << 1
  end)
  numbers.next
end

def in_fiber
  KEPT << (fiber = Fiber.new { leak('fiber') })
  fiber.resume
end

def in_thread
  KEPT << (thread = Thread.new { leak('thread') })
  thread.join
end

def beside_threads
  queue = Queue.new
  threads = Array.new(40) { Thread.new { queue.pop } }
  leak('beside threads')
  40.times { queue << 1 }
  threads.each(&:join)
end

def long_method
  number = 0
  number += 0
  number += 1
  number += 2
  number += 3
  number += 4
  number += 5
  number += 6
  number += 7
  number += 8
  number += 9
  number += 10
  number += 11
  number += 12
  number += 13
  number += 14
  number += 15
  number += 16
  number += 17
  number += 18
  number += 19
  number += 20
  number += 21
  number += 22
  number += 23
  number += 24
  number += 25
  number += 26
  number += 27
  number += 28
  number += 29
  number += 30
  number += 31
  number += 32
  number += 33
  number += 34
  number += 35
  number += 36
  number += 37
  number += 38
  number += 39
  number += 40
  number += 41
  number += 42
  number += 43
  number += 44
  number += 45
  number += 46
  number += 47
  number += 48
  number += 49
  number += 50
  number += 51
  number += 52
  number += 53
  number += 54
  number += 55
  number += 56
  number += 57
  number += 58
  number += 59
  number += 60
  number += 61
  number += 62
  number += 63
  number += 64
  number += 65
  number += 66
  number += 67
  number += 68
  number += 69
  number += 70
  number += 71
  number += 72
  number += 73
  number += 74
  number += 75
  number += 76
  number += 77
  number += 78
  number += 79
  number += 80
  number += 81
  number += 82
  number += 83
  number += 84
  number += 85
  number += 86
  number += 87
  number += 88
  number += 89
  number += 90
  number += 91
  number += 92
  number += 93
  number += 94
  number += 95
  number += 96
  number += 97
  number += 98
  number += 99
  number += 100
  number += 101
  number += 102
  number += 103
  number += 104
  number += 105
  number += 106
  number += 107
  number += 108
  number += 109
  number += 110
  number += 111
  number += 112
  number += 113
  number += 114
  number += 115
  number += 116
  number += 117
  number += 118
  number += 119
  number += 120
  number += 121
  number += 122
  number += 123
  number += 124
  number += 125
  number += 126
  number += 127
  number += 128
  number += 129
  number += 130
  number += 131
  number += 132
  number += 133
  number += 134
  number += 135
  number += 136
  number += 137
  number += 138
  number += 139
  leak('long method')
  number
end

def ünïcode_名前
  leak('not ASCII')
end

def in_child
  fork do
    leak('fork')
    $stdin.gets
    exit!(0)
  end
end

def everything
  Derived.new.plain
  Base.of_class
  Base.singleton
  Base.new.defined
  Base.new.absent
  "#{Base.new}"
  [Base.new, Base.new].sort
  Base.new + 1
  Base.new[1] = 2
  nested
  recursive(150)
  rescued
  over_lines
  with_defaults
  enumerated
  in_fiber
  in_thread
  beside_threads
  -> { leak('lambda') }.call
  proc { leak('proc') }.()
  Base.new.instance_eval { leak('instance_eval') }
  Base.class_eval("leak('class_eval of text')", 'text.rb', 100)
  binding.eval("leak('binding')")
  send(:leak, 'send')
  method(:leak).to_proc.call('method')
  1.then { leak('then') }
  loop { leak('loop'); break }
  Deep::Inner.call_it { leak('module') }
  catch(:done) { leak('catch') }
  long_method
  ünïcode_名前
  in_child
end

$stdin.gets
everything
say({})
$stdin.gets
