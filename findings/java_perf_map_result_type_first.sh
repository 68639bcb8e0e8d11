#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: in the perf map that a JVM writes (jcmd PID Compiler.perfmap, -XX:+DumpPerfMapAtExit) a
#          name begins with the class, so that names that begin with java. or jdk. are the JDK's
#          methods and the others are the application's.
# So:      a method's name begins with the type of its result: "java.lang.String App.name(int)" is
#          the application's and "int java.lang.String.hashCode()" is the JDK's. A match of the
#          prefix is wrong both ways, and the name has spaces in it. The class is in the last word
#          before the parenthesis.
#
# Needs apt and the network; unpacks Debian 12's OpenJDK 17 into a temporary folder.
set -eu
dir=$(mktemp -d)
map=
trap 'rm -rf "$dir"; [ -z "$map" ] || rm -f "$map"' EXIT
cd "$dir"
chmod 755 .
version=17.0.19+10-1~deb12u2
apt-get download "openjdk-17-jre-headless=$version" >/dev/null 2>&1 ||
	{ echo "openjdk-17-jre-headless $version cannot be had from apt here"; exit 1; }
dpkg-deb -x ./*.deb root
# The package links its settings to /etc, which is in the temporary folder here.
find root/usr/lib/jvm -type l -lname '/etc/*' | while read -r link; do
	ln -sf "$dir/root$(readlink "$link")" "$link"
done
java=$(echo root/usr/lib/jvm/java-17-openjdk-*/bin/java)

cat >App.java <<'J'
public class App {
	static int calls;
	static String name(int i) { return "n" + i; }
	static int count(int i) { calls++; return i % 7 + calls; }

	public static void main(String[] arguments) {
		long sum = 0;
		for (int i = 0; i < 30000; i++)
			sum += name(i).length() + count(i);
		System.out.println("pid " + ProcessHandle.current().pid() + " sum " + sum);
	}
}
J
"$java" -version 2>&1 | head -n 1
# The methods of App stay apart from their callers, so that each is in the map by its own name.
"$java" -XX:+UseSerialGC -Xmx64m -XX:+UnlockDiagnosticVMOptions -XX:+DumpPerfMapAtExit \
	-XX:CompileCommand=quiet -XX:CompileCommand=dontinline,App::* App.java >out
map=/tmp/perf-$(awk '{ print $2 }' out).map

# names PATTERN: the names of the map that match, without address and size.
names() { sed 's/^0x[0-9a-f]* 0x[0-9a-f]* //' "$map" | grep -E "$1" | sort -u || true; }
ours_taken=$(names '^(java|jdk|sun)\.[^ ]* App\.')
theirs_missed=$(names '^(void|int|boolean|long|byte\[\]) (java|jdk|sun)\.')
with_class_first=$(names '^(App|java|jdk|sun)[.a-zA-Z0-9$]*\(')
echo "the application's methods that begin with a package of the JDK:"
echo "$ours_taken" | sed 's/^/    /'
echo "the JDK's methods that do not: $(echo "$theirs_missed" | grep -c .), such as"
echo "$theirs_missed" | grep hashCode | head -n 3 | sed 's/^/    /'
echo "names that begin with the class: $(echo "$with_class_first" | grep -c . || true)"
if echo "$ours_taken" | grep -qxF 'java.lang.String App.name(int)' &&
	echo "$theirs_missed" | grep -qxF 'int java.lang.String.hashCode()' &&
	[ -z "$with_class_first" ]; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
