#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: each Thread::Backtrace::Location of Ruby has a path, as its documentation says nothing
#          else; a method in C has that of the line which calls it.
# So:      a fiber may begin with a method in C, which nothing in the fiber calls: the `each` that
#          Enumerator#next runs. In 3.1 such a location has path nil and lineno 0, and a program that
#          calls a method of the path fails. A tool that compares its own stacks with
#          caller_locations() meets this in each external enumerator.
#
# Needs apt-get, dpkg-deb and the network; unpacks into a temporary folder, which is removed.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
version=3.1.2-7+deb12u1
cd "$dir"
apt-get download "ruby3.1=$version" "libruby3.1=$version" >/dev/null 2>&1 || {
	echo "ruby3.1 $version cannot be fetched: this needs Debian 12's packages"
	exit 1
}
for package in *.deb; do
	dpkg-deb -x "$package" root
done
library=$(dirname "$(find root -name 'libruby-3.1.so.3.1')")
cat >look.rb <<'RUBY'
seen = nil
Enumerator.new { |yielder| seen = caller_locations(0); yielder << 1 }.next
seen.each { |location| puts "#{location.label} path=#{location.path.inspect} line=#{location.lineno}" }
RUBY
LD_LIBRARY_PATH=$library root/usr/bin/ruby3.1 --disable-gems --version
LD_LIBRARY_PATH=$library root/usr/bin/ruby3.1 --disable-gems look.rb | tee out
if grep -q '^each path=nil line=0$' out && grep -q '^block in <main> path="look.rb" line=2$' out; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
