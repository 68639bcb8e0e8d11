# SPDX-License-Identifier: BSD-2-Clause
"""wrong_today: what sockleak says of a row today that is not right, and the fault.

row -> {field: (what it says, the fault)}; None where a row of another suite of Debian's is right
and the one that it repeats is not. A row passes with exactly that, and fails when it
changes, for better or worse: who mends a fault takes its lines out of here, and `make truth-docs`
takes them out of docs/truth.md.
"""

WAYS = "each way to the call is a site of its own"
WRAPPER = "the wrapper of socket() is named instead of its caller"
INTERPOSER = "what stands in for socket() is named instead of its caller"
SCRIPT = "a function of the interpreter is named instead of the language"
OUTSIDE = "a library outside the interpreter is named instead of the language"
END = "the outermost frame is not known as such"


def culprit(says, fault):
    return {"culprit": (says, fault)}


NAMELESS = "code without a name ({})".format
PYTHON = culprit(NAMELESS("python3.11"), SCRIPT)
PYTHON_313 = culprit(NAMELESS("python3.13"), SCRIPT)
MANY = ("20 at * sites", WAYS)
TWICE = ("20 at 2 sites", WAYS)
OCAML_5 = "the stack of OCaml 5 is not the one of C, and is not copied"
TRAMPOLINE = "the trampoline of -X perf keeps no frame pointer: it lowers sp by 8 and calls"
ONE = ("20 at 1 site", "functions of scripts are no part of a site")

WRONG = {
    "c_recursion": {"sockets": MANY},
    "c_ten_callers": {"sockets": MANY},
    "tsan": culprit("__interceptor_socket (libtsan*), tsan_interceptors_posix.cpp:*", INTERPOSER),
    "preloaded": culprit("socket (preloaded.so)", INTERPOSER),
    "socket_wrapper": culprit(NAMELESS("libsocket_wrapper.so"), INTERPOSER),
    "valgrind": culprit(NAMELESS("memcheck-amd64-linux"), "that it hides the program is not said"),
    "asio": culprit("boost::asio::detail::socket_ops::socket (leak), socket_ops.ipp:*", WRAPPER),
    "boost_context": {"end": ("copy", END)},
    "qt": culprit(NAMELESS("libQt5Network.so*"), WRAPPER),
    "proton": culprit(NAMELESS("libqpid-proton.so*"), WRAPPER),
    "nspr": culprit("PR_Socket (libnspr4.so)", WRAPPER),
    "apr": culprit("apr_socket_create (libapr-1.so*)", WRAPPER),
    "gio": culprit(NAMELESS("libgio-2.0.so*"), WRAPPER),
    "libcurl": culprit(NAMELESS("libcurl.so*"), WRAPPER),
    "libevent": culprit("evutil_socket_ (libevent-2.1.so*)", WRAPPER),
    "vala": culprit(NAMELESS("libgio-2.0.so*"), WRAPPER),
    "rust_socket2": culprit("socket2::sys::socket (leak), unix.rs:*", WRAPPER),
    "rust_mio": culprit("mio::sys::unix::net::new_socket (leak), net.rs:*", WRAPPER),
    "ocaml": {**culprit("unix_socket (leak)", WRAPPER), "sockets": MANY},
    "ada": culprit("gnat.sockets.thin.c_socket (libgnat-*.so)", WRAPPER),
    "gdc": culprit("std.socket.Socket.this (libgphobos.so*)", WRAPPER),
    "ldc": culprit("std.socket.Socket.this (libphobos2-ldc-shared.so*)", WRAPPER),
    "crystal": culprit("*Crystal::System::Socket#create_handle* (leak), socket.cr:*", WRAPPER),
    "fpc": culprit("SYSTEM.FPSYSCALL (leak)", WRAPPER),
    "python": PYTHON,
    "python_bind_failed": PYTHON,
    "python_two": {**PYTHON, "sockets": ONE},
    "python_venv": PYTHON,
    "python_gevent": culprit(NAMELESS("_gevent_cgreenlet.*.so"), OUTSIDE),
    "python_uvloop": culprit(NAMELESS("loop.*.so"), OUTSIDE),
    "pypy": culprit(NAMELESS("libpypy3.9-c.so"), SCRIPT),
    "ruby": culprit("rsock_socket (socket.so)", SCRIPT),
    "ruby_two": {**culprit("rsock_socket (socket.so)", SCRIPT), "sockets": ONE},
    "perl": {
        **culprit("Perl_pp_socket (perl) | Perl_PerlSock_socket_cloexec (perl)", SCRIPT),
        "sockets": ("20 at 2 sites", WAYS),
    },
    "php": culprit(NAMELESS("sockets.so"), SCRIPT),
    "lua": culprit("socket_create (liblua5.4-socket.so*)", SCRIPT),
    "luajit": culprit("socket_create (liblua5.1-socket.so*)", SCRIPT),
    "tcl": culprit(NAMELESS("libtcl8.6.so"), SCRIPT),
    "r": {"sockets": ("20 at 2 sites", WAYS)},
    "octave": culprit("Fsocket (socket.oct)", SCRIPT),
    "prolog": culprit("nbio_socket (socket.so)", SCRIPT),
    "guile": culprit("scm_socket (libguile-3.0.so*)", SCRIPT),
    "node": {**culprit("uv__socket (node), core.c:*", WRAPPER), "sockets": MANY},
    "node_two": {"sockets": ONE},
    "java": culprit("Java_sun_nio_ch_Net_socket0 (libnio.so)", SCRIPT),
    "java_jcmd": culprit("int sun.nio.ch.Net.socket0(*) ([jit])", WRAPPER),
    "java_two": {**culprit("int sun.nio.ch.Net.socket0(*) ([jit])", WRAPPER), "sockets": ONE},
    "java_perf_map": culprit("int sun.nio.ch.Net.socket0(*) ([jit])", WRAPPER),
    "mono": culprit(NAMELESS("mono-sgen"), SCRIPT),
    "erlang": culprit(NAMELESS("beam.smp"), SCRIPT),
    "sbcl": {
        **culprit(NAMELESS("sbcl.core"), SCRIPT),
        "frames": ("160 are missing", "a frame of each two calls is passed over"),
    },
    "racket": culprit("nobody", SCRIPT),
    # Debian 13, where it differs.
    "musl_trixie": {"sockets": TWICE},
    "musl_static_trixie": {"sockets": TWICE},
    "c_trixie": {"sockets": TWICE},
    "asan_trixie": {"sockets": TWICE},
    "tsan_trixie": {
        **culprit("___interceptor_socket (libtsan.so*), tsan_interceptors_posix.cpp:*", INTERPOSER),
        "sockets": TWICE,
    },
    "boost_context_trixie": {"sockets": TWICE},
    "nspr_trixie": {"sockets": TWICE},
    "libcurl_trixie": {"sockets": TWICE},
    "rust_trixie": {"sockets": MANY},
    "ocaml_trixie": {
        **culprit("caml_unix_socket (leak)", OCAML_5),
        "end": ("no_rules", OCAML_5),
        "sockets": None,
    },
    "ldc_trixie": culprit("std.socket.Socket.this (leak)", WRAPPER),
    "python_trixie": {**PYTHON_313, "sockets": TWICE},
    "python_bind_failed_trixie": {**PYTHON_313, "sockets": TWICE},
    "python_two_trixie": {**PYTHON_313, "sockets": ("20 at 3 sites", WAYS)},
    "python_gevent_trixie": {"sockets": TWICE},
    "python_uvloop_trixie": {"sockets": TWICE},
    "python_perf_trixie": {
        **culprit("py::socket.__init__:* ([jit])", TRAMPOLINE),
        "end": ("jit", TRAMPOLINE),
        "sockets": TWICE,
    },
    "pypy_trixie": culprit(NAMELESS("libpypy3.11-c.so"), SCRIPT),
    "ruby_yjit_trixie": culprit("rsock_socket (socket.so)", SCRIPT),
    "perl_trixie": culprit(NAMELESS("perl"), SCRIPT),
    "prolog_trixie": culprit(NAMELESS("socket.so"), SCRIPT),
    "r_trixie": {"sockets": ("20 at 3 sites", WAYS)},
    "node_trixie": culprit(NAMELESS("libuv.so*"), SCRIPT),
    "sbcl_trixie": {"frames": ("* are missing", "a frame of each two calls is passed over")},
    "erlang_trixie": culprit("essio_open_plain (beam.smp)", SCRIPT),
}
