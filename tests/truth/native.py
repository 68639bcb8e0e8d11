# SPDX-License-Identifier: BSD-2-Clause
"""native: the rows of languages and libraries that are compiled to machine code."""

from truth.row import Row

# As distributions build: optimized, without frame pointers; with lines, to have them checked.
CC = "gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -fomit-frame-pointer -pthread -o $O/leak"
CXX = "g++ -std=c++17 -D_GNU_SOURCE -O2 -g -fomit-frame-pointer -pthread -o $O/leak"
RUN = "exec $O/leak"
FILL = "fill (leak)"
TEN = "eighth fifth first fourth ninth second seventh sixth tenth third"


def compiled(name, what, source, build, culprit="open_one (leak), {}:LINE", **more):
    """A program of one source, `leak`, which a command makes."""
    own = {"build": f"{build} $S/{source}", "culprit": culprit.format(source), "caller": FILL}
    return Row(name, what, RUN, **{**own, **more})


def in_c(name, what, source, libraries="", flags="", **more):
    return Row(
        name, what, RUN, build=f"{CC} {flags} $S/{source} {libraries}",
        **{"culprit": f"open_one (leak), {source}:LINE", "caller": FILL, **more},
    )  # fmt: skip


def in_cxx(name, what, source, libraries="", flags="", **more):
    return Row(
        name, what, RUN, build=f"{CXX} {flags} $S/{source} {libraries}",
        **{"culprit": f"open_one (leak), {source}:LINE", "caller": FILL, **more},
    )  # fmt: skip


def with_crate(name, what, source, crate, version):
    """Debian has crates as sources below /usr/share/cargo/registry, for cargo without a network."""
    manifest = (
        '[package]\\nname = "leak"\\nversion = "0.1.0"\\nedition = "2021"\\n'
        f'[[bin]]\\nname = "leak"\\npath = "{source}"\\n'
        f'[profile.release]\\ndebug = true\\n[dependencies]\\n{crate} = {version}\\n'
    )
    config = (
        '[source.crates-io]\\nreplace-with = "debian"\\n'
        '[source.debian]\\ndirectory = "/usr/share/cargo/registry"\\n'
    )
    build = (
        f"mkdir -p .cargo && printf '{manifest}' > Cargo.toml && printf '{config}' > "
        f".cargo/config.toml && cp $S/{source} . && cargo build -q --offline --release && "
        "cp target/release/leak $O/leak"
    )
    return Row(name, what, RUN, build=build, culprit=f"leak::open_one (leak), {source}:LINE",
               caller="leak::fill::{{closure}} (leak)")  # fmt: skip


C_FAMILY = [
    in_c("c", "C", "leak.c"),
    in_c("c_static", "C, static", "leak.c", flags="-static"),
    in_c("c_static_pie", "C, static PIE", "leak.c", flags="-static-pie -fPIE"),
    in_c("c_stripped", "C, stripped", "leak.c", flags="-s",
         culprit="code without a name (leak)", caller="nobody"),
    in_c("c_lto", "C, link-time optimization", "leak.c", flags="-flto"),
    in_c("c_recursion", "C, a recursion of changing depth", "recursion.c",
         culprit="descend (leak), recursion.c:LINE", caller="main (leak)"),
    in_c("c_ten_callers", "C, one function with ten callers", "ten_callers.c",
         caller=" | ".join(f"{name} (leak)" for name in TEN.split())),
    in_c("c_two_leaks", "C, two leaks in one program", "two_leaks.c", sockets="20 at 2 sites",
         culprit="open_control (leak), two_leaks.c:LINE | open_data (leak), two_leaks.c:15",
         caller="main (leak)"),
    in_c("c_namesakes", "C, two functions of one name", "namesakes.c", "$S/namesakes_other.c",
         sockets="20 at 2 sites",
         culprit="open_one (leak), namesakes.c:LINE | open_one (leak), namesakes_other.c:9",
         caller="main (leak) | open_other (leak)"),
    in_cxx("cpp_namespaces", "C++, namespaces called as crates of Rust", "namespaces.cpp",
           culprit="tokio::net::open_one (leak), namespaces.cpp:LINE", caller="tower::fill (leak)"),
    in_cxx("cpp", "C++", "leak.cpp",
           culprit="transport::Connection<int>::Connection (leak), leak.cpp:LINE",
           caller="transport::fill (leak)"),
    compiled("musl", "musl", "leak.c", "musl-gcc -O2 -g -fomit-frame-pointer -o $O/leak"),
    compiled("musl_static", "musl, static", "leak.c",
             "musl-gcc -static -O2 -g -fomit-frame-pointer -o $O/leak"),
    compiled("fortran", "Fortran (gfortran)", "leak.f90", "gfortran -O2 -g -o $O/leak",
             culprit="__pool_MOD_open_one (leak), {}:LINE", caller="__pool_MOD_fill (leak)"),
]  # fmt: skip

INTERPOSERS = [
    Row("asan", "C, AddressSanitizer", RUN, build=f"{CC} -fsanitize=address $S/leak.c",
        culprit="open_one (leak), leak.c:LINE", caller=FILL),
    Row("tsan", "C, ThreadSanitizer", RUN, build=f"{CC} -fsanitize=thread $S/leak.c",
        culprit="open_one (leak), leak.c:LINE", caller=FILL),
    Row("preloaded", "C, a preloaded socket()", "LD_PRELOAD=$O/preloaded.so exec $O/leak",
        build=f"{CC} $S/leak.c && gcc -O2 -D_GNU_SOURCE -shared -fPIC -o $O/preloaded.so "
        "$S/preloaded.c", culprit="open_one (leak), leak.c:LINE", caller=FILL),
    Row("socket_wrapper", "C, libsocket_wrapper",
        "LD_PRELOAD=libsocket_wrapper.so SOCKET_WRAPPER_DIR=$O exec $O/leak",
        build=f"{CC} $S/leak.c", culprit="open_one (leak), leak.c:LINE", caller=FILL),
    Row("valgrind", "C, under valgrind", "exec valgrind -q $O/leak", build=f"{CC} $S/leak.c",
        culprit="code that valgrind hides", end="*", no_gdb="its stack is not the program's"),
]  # fmt: skip

LIBRARIES = [
    in_cxx("asio", "Boost.Asio", "asio.cpp"),
    in_cxx("boost_context", "Boost.Context", "fiber.cpp", "-lboost_context", caller="run (leak)"),
    in_cxx("qt", "Qt", "qt.cpp", "-lQt5Network -lQt5Core",
           "-fPIC -I/usr/include/x86_64-linux-gnu/qt5"),
    in_cxx("proton", "Qpid Proton", "proton.cpp", "-lqpid-proton",
           culprit="open_one (leak), proton.cpp:LINE"),
    in_c("nspr", "NSPR", "nspr.c", "-lnspr4", "-I/usr/include/nspr"),
    in_c("apr", "APR", "apr.c", "-lapr-1", "-I/usr/include/apr-1.0"),
    in_c("gio", "GIO", "gio.c", "$(pkg-config --libs gio-2.0)", "$(pkg-config --cflags gio-2.0)"),
    in_c("libuv", "libuv", "libuv.c", "-luv"),
    in_c("libcurl", "libcurl", "curl.c", "-lcurl"),
    in_c("libevent", "libevent", "libevent.c", "-levent"),
    Row("vala", "Vala", RUN, build="valac -g -X -O2 -X -w --pkg gio-2.0 -o leak $S/leak.vala",
        culprit="pool_open_one (leak), leak.vala:LINE", caller="pool_fill (leak)"),
]  # fmt: skip

GO_AND_RUST = [
    compiled("go", "Go", "leak.go", "go build -o $O/leak", "main.openOne (leak), {}:LINE",
             caller="main.fill (leak)"),
    Row("go_two", "Go, two leaks", "exec $O/leak two", build="go build -o $O/leak $S/leak.go",
        sockets="20 at 2 sites",
        culprit="main.openOne (leak), leak.go:LINE | main.openOther (leak), leak.go:24",
        caller="main.fill (leak)"),
    compiled("go_stripped", "Go, stripped", "leak.go", "go build -ldflags='-s -w' -o $O/leak",
             "main.openOne (leak), {}:LINE", no_gdb="it has no call frame information",
             caller="main.fill (leak)"),
    compiled("go_cgo", "Go, a C function (cgo)", "cgo.go", "go build -o $O/leak",
             "c_open (leak), cgo.go:9", end="other_stack",
             no_gdb="it does not follow from C to the goroutine",
             caller="_cgo_*_Cfunc_c_open (leak)"),
    compiled("gccgo", "Go (gccgo)", "leak.go", "go build -compiler gccgo -o $O/leak",
             "main.openOne (leak), {}:LINE", caller="main.fill (leak)"),
    compiled("rust", "Rust", "leak.rs", "rustc -O -g -o $O/leak", "leak::open_one (leak), {}:LINE",
             caller="leak::fill::{{closure}} (leak)"),
    with_crate("rust_socket2", "Rust, crate socket2", "socket2.rs", "socket2", '"0.4"'),
    with_crate("rust_mio", "Rust, crate mio", "mio.rs", "mio",
               '{ version = "0.8", features = ["net", "os-poll"] }'),
]  # fmt: skip

OTHERS = [
    Row("ocaml", "OCaml", RUN, culprit="Leak.open_one (leak), leak.ml:LINE",
        build="cp $S/leak.ml . && ocamlfind ocamlopt -g -package unix -linkpkg -o leak leak.ml "
        "|| ocamlopt -g -I +unix unix.cmxa -o leak leak.ml", caller="Leak.entry (leak)"),
    Row("ada", "Ada (GNAT)", RUN, culprit="leak.pool.open_one (leak), leak.adb:LINE",
        build="gnatmake -q -O1 -g -o leak $S/leak.adb", caller="leak.pool.fill (leak)"),
    Row("gdc", "D (GDC)", RUN, build="gdc -O1 -g -o leak $S/leak.d",
        culprit="leak.openOne (leak), leak.d:LINE", caller="leak.fill (leak)"),
    Row("ldc", "D (LDC)", RUN, build="ldc2 -O1 -g -of=leak $S/leak.d",
        culprit="leak.openOne (leak), leak.d:LINE", caller="leak.fill (leak)"),
    Row("nim", "Nim", RUN, culprit="leak.openOne (leak), leak.nim:LINE",
        build="cp $S/leak.nim . && nim c --hints:off -d:release --debugger:native "
        "--nimcache:cache -o:leak leak.nim", caller="leak.fill (leak)"),
    # Its stack is not the machine's, of which only the last call of C is there to be seen.
    Row("ghc", "Haskell (GHC)", RUN, culprit="code without a name (leak)", end="no_rules",
        build="cp $S/Leak.hs . && ghc -v0 -O1 -o leak Leak.hs"),
    Row("crystal", "Crystal", RUN, culprit="Pool::open_one (leak), leak.cr:LINE",
        build="crystal build -o leak $S/leak.cr",
        caller="Pool::fill<Int32> (leak)"),
    Row("fpc", "Free Pascal", RUN, culprit="LEAK.OPENONE (leak), leak.pas:LINE",
        build="cp $S/leak.pas . && fpc -v0 -O1 -g -gw3 -oleak leak.pas",
        no_gdb="it has no call frame information", caller="LEAK.FILL (leak)"),
    Row("cobol", "COBOL (GnuCOBOL)", RUN, culprit="leak_ (leak), leak.c:*",
        build="cobc -x -g -o leak $S/leak.cob", caller="leak (leak)"),
]  # fmt: skip

ROWS = C_FAMILY + INTERPOSERS + LIBRARIES + GO_AND_RUST + OTHERS
