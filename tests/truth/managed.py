# SPDX-License-Identifier: BSD-2-Clause
"""managed: the rows of interpreters and virtual machines, whose functions have no symbols.

The culprit is then the language: the report names the command line beside it.
"""

from truth.row import Row

PYTHON = "Python code"
JAVA = "javac -d $O $S/Leak.java"

SCRIPTS = [
    Row("python", "Python", "exec /usr/bin/python3 $S/leak.py", culprit=PYTHON),
    Row("python_bind_failed", "Python, a bind that failed",
        "exec /usr/bin/python3 $S/bind_failed.py", culprit=PYTHON),
    Row("python_venv", "Python, in a venv", "exec $O/venv/bin/python $S/leak.py", culprit=PYTHON,
        build="/usr/bin/python3 -m venv --without-pip $O/venv && test -e $S/leak.py"),
    Row("python_gevent", "Python, gevent", "exec /usr/bin/python3 $S/greenlets.py",
        culprit=PYTHON),
    Row("python_uvloop", "Python, uvloop", "exec /usr/bin/python3 $S/loop.py", culprit=PYTHON),
    Row("pypy", "Python (PyPy)", "exec pypy3 $S/leak.py", culprit=PYTHON),
    Row("ruby", "Ruby", "exec ruby $S/leak.rb", culprit="Ruby code"),
    Row("perl", "Perl", "exec perl $S/leak.pl", culprit="Perl code"),
    Row("php", "PHP", "exec php -d extension=sockets $S/leak.php", culprit="PHP code"),
    Row("lua", "Lua", "exec lua5.4 $S/leak.lua", culprit="Lua code"),
    Row("luajit", "LuaJIT", "exec luajit $S/leak.lua", culprit="Lua code"),
    Row("tcl", "Tcl", "exec tclsh $S/leak.tcl", culprit="Tcl code"),
    # After two calls it compiles the function, and its stack is deeper than the copy then.
    Row("r", "R, a C function by .Call", "LEAK=$O/leak.so exec R --no-echo --vanilla -f $S/leak.R",
        build="gcc -O2 -g -fPIC -shared -I/usr/share/R/include -o $O/leak.so $S/leak_r.c",
        culprit="open_one (leak.so), leak_r.c:LINE", end="copy | outermost"),
    Row("octave", "Octave", "exec octave-cli -q --norc $S/leak.m", culprit="Octave code"),
    Row("prolog", "SWI-Prolog", "exec swipl -q -g main -t halt $S/leak.prolog",
        culprit="Prolog code"),
    Row("guile", "Scheme (Guile)", "exec guile --no-auto-compile $S/leak.scm",
        culprit="Scheme code"),
]  # fmt: skip

MACHINES = [
    Row("node", "Node.js", "exec node --no-deprecation $S/leak.js", culprit="JavaScript code"),
    Row("node_perf_map", "Node.js, --perf-basic-prof",
        # a perf map does not know what is interpreted or inlined
        "exec node --no-deprecation --always-sparkplug --no-opt --perf-basic-prof $S/leak.js", culprit="*openOne* ([jit])"),
    Row("java", "Java", "exec java -cp $O Leak", build=JAVA, culprit="Java code"),
    Row("java_perf_map", "Java, after jcmd Compiler.perfmap", "exec java -cp $O Leak", build=JAVA,
        prepare="jcmd $PID Compiler.perfmap", culprit="*Leak.openOne* ([jit])"),
    Row("mono", "Mono", "exec mono $O/Leak.exe", build="mcs -debug -out:$O/Leak.exe $S/Leak.cs",
        culprit=".NET code"),
    Row("erlang", "Erlang", "exec erl -noshell -pa $O -s leak main -s init stop",
        build="erlc -o $O $S/leak.erl", culprit="Erlang code", end="jit"),
    Row("sbcl", "Lisp (SBCL)", "exec sbcl --script $S/leak.lisp", culprit="Lisp code"),
    Row("racket", "Racket", "exec racket $S/leak.rkt", culprit="Racket code", end="jit"),
]  # fmt: skip

ROWS = SCRIPTS + MACHINES
