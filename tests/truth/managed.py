# SPDX-License-Identifier: BSD-2-Clause
"""managed: the rows of interpreters and virtual machines, whose functions have no symbols.

The culprit is then the language: the report names the command line beside it.
"""

from truth.row import Row

PYTHON = "Python code"  # of an interpreter whose functions are not known
OPEN_PY = "open_one (Python), {}"
FILL_PY = "fill (Python)"
OPEN_RB = "open_one (Ruby), leak.rb:8"
FILL_RB = "block in fill (Ruby)"
JAVA = "javac -d $O $S/Leak.java"
OPEN_JAVA = "Leak.openOne (Java), Leak.java:11"
FILL_JAVA = "Leak.fill (Java)"
AS_JAVA = "its frames are those that Java has"
OPEN_JS = "openOne (JavaScript), leak.js:11"
OTHER_JS = "openOther (JavaScript), leak.js:18"
FILL_JS = "fill (JavaScript)"
AS_NODE = "its frames are those that Node has"
LIBRARY = "gcc -O2 -g -fomit-frame-pointer -fPIC -shared -o libtransport.so $S/extension.c"
IN_LIBRARY = "transport_open (libtransport.so), extension.c:LINE"
AGAINST = "-L. -ltransport -Wl,-rpath,$O"

SCRIPTS = [
    Row("python", "Python", "exec /usr/bin/python3 $S/leak.py",
        culprit=OPEN_PY.format("leak.py:10"), caller=FILL_PY),
    Row("python_bind_failed", "Python, a bind that failed",
        "exec /usr/bin/python3 $S/bind_failed.py", culprit=OPEN_PY.format("bind_failed.py:10"),
        caller=FILL_PY),
    Row("python_two", "Python, two leaks", "exec /usr/bin/python3 $S/leak.py two",
        culprit=OPEN_PY.format("leak.py:10 | open_other (Python), leak.py:14"), caller=FILL_PY,
        sockets="20 at 2 sites"),
    Row("python_ctypes", "Python, a library by ctypes", "exec /usr/bin/python3 $S/extension.py",
        build=LIBRARY, culprit=IN_LIBRARY, caller="<module> (Python)"),
    Row("python_venv", "Python, in a venv", "exec $O/venv/bin/python $S/leak.py",
        culprit=OPEN_PY.format("leak.py:10"), caller=FILL_PY,
        build="/usr/bin/python3 -m venv --without-pip $O/venv && test -e $S/leak.py"),
    Row("python_gevent", "Python, gevent", "exec /usr/bin/python3 $S/greenlets.py",
        culprit=OPEN_PY.format("greenlets.py:12")),
    Row("python_uvloop", "Python, uvloop", "exec /usr/bin/python3 $S/loop.py",
        culprit=OPEN_PY.format("loop.py:13"), caller=FILL_PY),
    Row("pypy", "Python (PyPy)", "exec pypy3 $S/leak.py", culprit=PYTHON),
    Row("ruby", "Ruby", "exec ruby $S/leak.rb", culprit=OPEN_RB, caller=FILL_RB),
    Row("ruby_two", "Ruby, two leaks", "exec ruby $S/leak.rb two",
        culprit=OPEN_RB + " | open_other (Ruby), leak.rb:12", caller=FILL_RB,
        sockets="20 at 2 sites"),
    Row("ruby_extension", "Ruby, an extension and its library", "exec ruby $S/extension.rb",
        build=f"{LIBRARY} && gcc -O2 -g -fPIC -shared -w "
        "$(pkg-config --cflags ruby-3.1) -o extension.so $S/extension_rb.c " + AGAINST,
        culprit=IN_LIBRARY, caller="block in <main> (Ruby)"),
    Row("perl", "Perl", "exec perl $S/leak.pl", culprit="main::open_one (Perl), leak.pl:10",
        caller="main::fill (Perl)"),
    Row("php", "PHP", "exec php -d extension=sockets $S/leak.php",
        culprit="open_one (PHP), leak.php:9", caller="fill (PHP)"),
    Row("lua", "Lua", "exec lua5.4 $S/leak.lua", culprit="Lua code"),
    Row("luajit", "LuaJIT", "exec luajit $S/leak.lua", culprit="Lua code"),
    Row("tcl", "Tcl", "exec tclsh $S/leak.tcl", culprit="Tcl code"),
    # After two calls it compiles the function, and its stack is deeper than the copy then.
    Row("r", "R, a C function by .Call", "LEAK=$O/leak.so exec R --no-echo --vanilla -f $S/leak.R",
        build="gcc -O2 -g -fPIC -shared -I/usr/share/R/include -o $O/leak.so $S/leak_r.c",
        culprit="open_one (leak.so), leak_r.c:LINE", end="copy | outermost", caller="R code"),
    Row("octave", "Octave", "exec octave-cli -q --norc $S/leak.m", culprit="Octave code"),
    Row("prolog", "SWI-Prolog", "exec swipl -q -g main -t halt $S/leak.prolog",
        culprit="Prolog code"),
    Row("guile", "Scheme (Guile)", "exec guile --no-auto-compile $S/leak.scm",
        culprit="Scheme code"),
]  # fmt: skip

MACHINES = [
    # Their frames are compared with their own: tests/cases/scripts_javascript.py, scripts_java.py.
    Row("node", "Node.js", "exec node --no-deprecation $S/leak.js",
        culprit=OPEN_JS, caller=FILL_JS, no_gdb=AS_NODE),
    Row("node_perf_map", "Node.js, --perf-basic-prof",
        "exec node --no-deprecation --always-sparkplug --no-opt --perf-basic-prof $S/leak.js",
        culprit=OPEN_JS, caller=FILL_JS, no_gdb=AS_NODE),
    Row("node_two", "Node.js, two leaks", "exec node --no-deprecation $S/leak.js two",
        culprit=f"{OPEN_JS} | {OTHER_JS}", sockets="20 at 2 sites", caller=FILL_JS, no_gdb=AS_NODE),
    Row("java", "Java", "exec java -cp $O Leak", build=JAVA, culprit=OPEN_JAVA, caller=FILL_JAVA,
        no_gdb=AS_JAVA),
    Row("java_two", "Java, two leaks", "exec java -cp $O Leak two", build=JAVA,
        sockets="20 at 2 sites", culprit=f"{OPEN_JAVA} | Leak.openOther (Java), Leak.java:15",
        caller=FILL_JAVA, no_gdb=AS_JAVA),
    Row("java_jni", "Java, a native method and its library", "exec java -cp $O Jni",
        build=f"javac -d $O $S/Jni.java && {LIBRARY} && gcc -O2 -g -fPIC -shared "
        "-I/usr/lib/jvm/default-java/include -I/usr/lib/jvm/default-java/include/linux "
        "-o libjni.so $S/extension_jni.c " + AGAINST, culprit=IN_LIBRARY,
        caller="Jni.main (Java)", no_gdb=AS_JAVA),
    Row("mono", "Mono", "exec mono $O/Leak.exe", build="mcs -debug -out:$O/Leak.exe $S/Leak.cs",
        culprit=".NET code"),
    Row("erlang", "Erlang", "exec erl -noshell -pa $O -s leak main -s init stop",
        build="erlc -o $O $S/leak.erl", culprit="Erlang code", end="jit"),
    Row("sbcl", "Lisp (SBCL)", "exec sbcl --script $S/leak.lisp", culprit="Lisp code",
        no_gdb="all of its memory may be executed, and data is taken for return addresses"),
    Row("racket", "Racket", "exec racket $S/leak.rkt", culprit="Racket code", end="jit"),
]  # fmt: skip

ROWS = SCRIPTS + MACHINES
