/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/frame_rules.h"

#include <stdbool.h>
#include <string.h>

#include "lib/pattern.h"

#define LONGEST_NAME 256 /* bytes of a JIT compiler's name that are looked at */

/* clang-format off */
/* (module, function, why); NULL is any. */
#define LIBC(m, f, why) { FRAME_OF_LIBC, NULL, m, f, why, false }
#define RUNTIME(m, f, why) { FRAME_OF_RUNTIME, NULL, m, f, why, false }
#define WRAPPER(m, f, why) { FRAME_OF_WRAPPER, NULL, m, f, why, false }
#define TRAMPOLINE(m, f, why) { FRAME_OF_TRAMPOLINE, NULL, m, f, why, false }
#define PROGRAM(m, f, why) { FRAME_OF_PROGRAM, NULL, m, f, why, false }
/* (kind, function) */
#define GO(kind, f) { FRAME_OF_##kind, NULL, NULL, f, "Go", true }
/* (language, module, function, why) */
#define BINDING(language, m, f, why) { FRAME_OF_BINDING, language, m, f, why, false }
/* (language or name, module) */
#define INTERPRETER(language, m) \
	{ FRAME_OF_INTERPRETER, language, m, NULL, "executes scripts", false }
#define EMULATOR(name, m) { FRAME_OF_EMULATOR, name, m, NULL, "translates the program", false }

static const struct frame_rule rules[] = {
	/* The C library, and what stands in for its socket(). Never to blame. */
	LIBC("libc.so.6", NULL, "the C library"),
	LIBC("libc-2.*.so", NULL, "the C library"),
	LIBC("libpthread.so.0", NULL, "the C library"),
	LIBC("libpthread-2.*.so", NULL, "the C library"),
	LIBC("ld-linux*.so.*", NULL, "the C library"),
	LIBC("ld-2.*.so", NULL, "the C library"),
	LIBC("ld64.so.*", NULL, "the C library"),
	LIBC("ld-musl-*.so.*", NULL, "the C library"),
	LIBC("libc.musl-*.so.*", NULL, "the C library"),
	LIBC("[[]vdso]", NULL, "the kernel's code in each process"),
	LIBC(NULL, "socket", "libc in a static program, or a preloaded library's"),
	LIBC(NULL, "__socket", "the same, by the other name"),
	LIBC(NULL, "__*interceptor_*socket", "a sanitizer's"),
	LIBC("lib[atml]san.so*", NULL, "a sanitizer's"),
	LIBC("libhwasan.so*", NULL, "a sanitizer's"),
	LIBC("libsocket_wrapper.so*", NULL, "cwrap, for tests"),
	LIBC("libtorsocks.so*", NULL, "preloaded, to go through Tor"),
	LIBC("libproxychains*.so*", NULL, "preloaded, to go through a proxy"),
	LIBC("libdsocks.so*", NULL, "Dante, preloaded"),
	LIBC("librspreload.so*", NULL, "sockets over RDMA, preloaded"),
	LIBC("libonload.so*", NULL, "OpenOnload, preloaded"),

	/* Code of a JIT compiler, which a perf map names. */
	RUNTIME("[[]jit]", "Interpreter", "the Java machine"),
	RUNTIME("[[]jit]", "StubRoutines*", "the Java machine"),
	RUNTIME("[[]jit]", "*call_stub*", "the Java machine"),
	RUNTIME("[[]jit]", "*Blob", "the Java machine"),
	RUNTIME("[[]jit]", "*adapters", "the Java machine"),
	RUNTIME("[[]jit]", "[vi]table *", "the Java machine"),
	RUNTIME("[[]jit]", "* Runtime1 stub", "the Java machine"),
	RUNTIME("[[]jit]", "java.*", "the JDK"),
	RUNTIME("[[]jit]", "javax.*", "the JDK"),
	RUNTIME("[[]jit]", "jdk.*", "the JDK"),
	RUNTIME("[[]jit]", "sun.*", "the JDK"),
	RUNTIME("[[]jit]", "com.sun.*", "the JDK"),
	RUNTIME("[[]jit]", "Ljava/*", "the JDK"),
	RUNTIME("[[]jit]", "Ljdk/*", "the JDK"),
	RUNTIME("[[]jit]", "Lsun/*", "the JDK"),
	RUNTIME("[[]jit]", "* node:*", "Node's own scripts"),
	RUNTIME("[[]jit]", "Builtin:*", "V8"),
	RUNTIME("[[]jit]", "BytecodeHandler:*", "V8"),
	RUNTIME("[[]jit]", "Stub:*", "V8"),
	RUNTIME("[[]jit]", "RegExp:*", "V8"),
	RUNTIME("[[]jit]", "$global::*", "Erlang's machine"),
	RUNTIME("[[]jit]", "$gen_*:*", "Erlang/OTP"),
	RUNTIME("[[]jit]", "$inet*:*", "Erlang/OTP"),
	RUNTIME("[[]jit]", "$prim_*:*", "Erlang/OTP"),
	RUNTIME("[[]jit]", "$socket:*", "Erlang/OTP"),
	RUNTIME("[[]jit]", "$proc_lib:*", "Erlang/OTP"),
	RUNTIME("[[]jit]", "(wrapper *", "Mono"),
	RUNTIME("[[]jit]", "System.*", ".NET's library"),
	RUNTIME("[[]jit]", "Interop+*", ".NET's library"),
	RUNTIME("[[]jit]", "ILStubClass::*", ".NET's library"),
	PROGRAM("[[]jit]", "py::*/site-packages/*", "a package that was installed"),
	RUNTIME("[[]jit]", "py::*:/usr/lib/python3.*", "Python's library"),
	RUNTIME("[[]jit]", "py::*:/usr/local/lib/python3.*", "Python's library"),
	RUNTIME("[[]jit]", "py::*:<frozen*", "Python's library"),
	PROGRAM("[[]jit]", NULL, "a function of a script"),

	/* Emulators: the program's own stack is nowhere to be seen. */
	EMULATOR("valgrind", "*/valgrind/*-linux"),
	EMULATOR("qemu-user", "qemu-aarch64*"),
	EMULATOR("qemu-user", "qemu-arm*"),
	EMULATOR("qemu-user", "qemu-i386*"),
	EMULATOR("qemu-user", "qemu-mips*"),
	EMULATOR("qemu-user", "qemu-ppc*"),
	EMULATOR("qemu-user", "qemu-riscv*"),
	EMULATOR("qemu-user", "qemu-s390x*"),
	EMULATOR("qemu-user", "qemu-x86_64*"),
	EMULATOR("box64", "box64"),
	EMULATOR("FEX", "FEXInterpreter"),

	/*
	 * What scripts call to make sockets. In the site's id the function's pattern counts, or the
	 * module's: it tells kinds of sockets apart, and is the same in each version.
	 */
	BINDING("Python", "_socket.*so", NULL, "a module in C that scripts use"),
	BINDING("Python", "_asyncio.*so", NULL, "a module in C that scripts use"),
	BINDING("Python", "_ssl.*so", NULL, "a module in C that scripts use"),
	BINDING("Python", "_ctypes.*so", NULL, "a module in C that scripts use"),
	BINDING("Python", "_cffi_backend.*so", NULL, "a module in C that scripts use"),
	BINDING("Python", "_greenlet.*so", NULL, "a module in C that scripts use"),
	BINDING("Python", "*/uvloop/*.so", NULL, "libuv for scripts"),
	BINDING("Python", "*/gevent/*.so", NULL, "an event loop for scripts"),
	BINDING("Ruby", "*/ruby/*/socket.so", NULL, "the library for sockets"),
	BINDING("Ruby", "*/ruby/*/fiddle.so", NULL, "calls any C function"),
	BINDING("Perl", NULL, "Perl_pp_socket", "the operator socket"),
	BINDING("Perl", NULL, "Perl_pp_sockpair", "the operator socketpair"),
	BINDING("Perl", NULL, "Perl_pp_syscall", "the operator syscall"),
	BINDING("Perl", "*/perl*/auto/*.so", NULL, "a module in C"),
	BINDING("JavaScript", NULL, "node::TCPWrap::*", "of node:net"),
	BINDING("JavaScript", NULL, "node::PipeWrap::*", "of node:net, in the file system"),
	BINDING("JavaScript", NULL, "node::UDPWrap::*", "of node:dgram"),
	BINDING("JavaScript", NULL, "node::cares_wrap::*", "of node:dns"),
	BINDING("PHP", "*/php/*/sockets.so", NULL, "the extension for sockets"),
	BINDING("Lua", "*/socket/core.so", NULL, "LuaSocket"),
	BINDING("Lua", "*/socket/unix.so", NULL, "LuaSocket"),
	BINDING("Java", NULL, "Java_sun_nio_ch_Net_*", "TCP and UDP"),
	BINDING("Java", NULL, "Java_sun_nio_ch_UnixDomainSockets_*", "in the file system"),
	BINDING("Java", NULL, "Java_sun_nio_ch_*", "others of NIO"),
	BINDING("Java", NULL, "Java_java_net_*Datagram*", "UDP before JDK 18"),
	BINDING("Java", NULL, "Java_java_net_*", "TCP before JDK 13"),
	BINDING("Java", "*/*jvm*/libnet.so", NULL, "the JDK in C; others have a libnet.so too"),
	BINDING("Java", "*/*jdk*/libnet.so", NULL, "the JDK in C; others have a libnet.so too"),
	BINDING("Java", "*/*java*/libnet.so", NULL, "the JDK in C; others have a libnet.so too"),
	BINDING("Java", "*/*jre*/libnet.so", NULL, "the JDK in C; others have a libnet.so too"),
	BINDING("Java", "libnio.so", NULL, "the JDK in C"),
	BINDING("Java", "libextnet.so", NULL, "the JDK in C"),
	BINDING("Java", "libjava.so", NULL, "the JDK in C"),
	BINDING("Java", "libnetty_transport_native_*.so", NULL, "Netty's transport"),
	BINDING(".NET", "libSystem.Native.so", NULL, ".NET in C"),
	BINDING(".NET", "libMonoPosixHelper.so*", NULL, "Mono in C"),
	BINDING("R", "*/R/modules/internet.so", NULL, "url() and socketConnection()"),
	BINDING("Octave", "*socket*.oct", NULL, "Octave's sockets"),
	BINDING("Prolog", "*/swi-prolog/*.so", NULL, "library(socket)"),
	BINDING("Prolog", NULL, "Pl_Socket_2", "GNU Prolog's socket/2"),
	BINDING("shell", "*/zsh/*.so", NULL, "ztcp and zsocket"),

	/* Interpreters and virtual machines, as executables and as libraries. */
	INTERPRETER("Python", "python"),
	INTERPRETER("Python", "python[23]*"),
	INTERPRETER("Python", "libpython[23]*.so*"),
	INTERPRETER("Python", "pypy*"),
	INTERPRETER("Python", "libpypy*.so*"),
	INTERPRETER("Ruby", "ruby"),
	INTERPRETER("Ruby", "ruby[0-9]*"),
	INTERPRETER("Ruby", "libruby*.so*"),
	INTERPRETER("Perl", "perl"),
	INTERPRETER("Perl", "perl5*"),
	INTERPRETER("Perl", "libperl.so*"),
	INTERPRETER("JavaScript", "node"),
	INTERPRETER("JavaScript", "nodejs"),
	INTERPRETER("JavaScript", "libnode.so*"),
	INTERPRETER("JavaScript", "libv8*.so*"),
	INTERPRETER("JavaScript", "deno"),
	INTERPRETER("JavaScript", "bun"),
	INTERPRETER("JavaScript", "electron"),
	INTERPRETER("PHP", "php"),
	INTERPRETER("PHP", "php[0-9]*"),
	INTERPRETER("PHP", "php-fpm*"),
	INTERPRETER("PHP", "php-cgi*"),
	INTERPRETER("PHP", "libphp.so*"),
	INTERPRETER("PHP", "libphp[0-9]*.so*"),
	INTERPRETER("Lua", "lua"),
	INTERPRETER("Lua", "lua[0-9]*"),
	INTERPRETER("Lua", "luajit*"),
	INTERPRETER("Lua", "liblua.so*"),
	INTERPRETER("Lua", "liblua[0-9-]*.so*"),
	INTERPRETER("Lua", "libluajit*.so*"),
	INTERPRETER("Java", "java"),
	INTERPRETER("Java", "libjvm.so"),
	INTERPRETER("Java", "libj9vm*.so"),
	INTERPRETER(".NET", "dotnet"),
	INTERPRETER(".NET", "libcoreclr.so"),
	INTERPRETER(".NET", "mono"),
	INTERPRETER(".NET", "mono-sgen"),
	INTERPRETER(".NET", "libmono-*.so*"),
	INTERPRETER(".NET", "libmonosgen-*.so*"),
	INTERPRETER(".NET", "libmonoboehm-*.so*"),
	INTERPRETER("Erlang", "beam.*"),
	INTERPRETER("Tcl", "tclsh*"),
	INTERPRETER("Tcl", "wish"),
	INTERPRETER("Tcl", "wish[0-9]*"),
	INTERPRETER("Tcl", "expect"),
	INTERPRETER("Tcl", "libtcl[0-9]*.so*"),
	INTERPRETER("R", "R"),
	INTERPRETER("R", "libR.so"),
	INTERPRETER("Octave", "octave"),
	INTERPRETER("Octave", "octave-*"),
	INTERPRETER("Octave", "liboctinterp.so*"),
	INTERPRETER("Prolog", "swipl*"),
	INTERPRETER("Prolog", "libswipl.so*"),
	INTERPRETER("Scheme", "guile"),
	INTERPRETER("Scheme", "guile-[0-9]*"),
	INTERPRETER("Scheme", "libguile-*.so*"),
	INTERPRETER("Racket", "racket"),
	INTERPRETER("Lisp", "sbcl"),
	INTERPRETER("Lisp", "sbcl.core"),
	INTERPRETER("Emacs Lisp", "emacs"),
	INTERPRETER("Emacs Lisp", "emacs-*"),
	INTERPRETER("Emacs Lisp", "emacs[0-9]*"),
	INTERPRETER("Julia", "julia"),
	INTERPRETER("Julia", "libjulia.so*"),
	INTERPRETER("Julia", "libjulia-*.so*"),
	INTERPRETER("Dart", "dart"),
	INTERPRETER("OCaml", "ocamlrun*"),
	INTERPRETER("shell", "bash"),
	INTERPRETER("shell", "ksh"),
	INTERPRETER("shell", "ksh[0-9]*"),
	INTERPRETER("shell", "zsh"),
	INTERPRETER("shell", "zsh[0-9-]*"),
	INTERPRETER("awk", "gawk"),

	/* Code that calls what it was given, which then often is part of it. */
	PROGRAM(NULL, "std::*::_M_invoke*", "a callback of the program's"),
	PROGRAM(NULL, "std::*::_M_run*", "a callback of the program's"),
	PROGRAM(NULL, "std::__invoke*", "a callback of the program's"),
	PROGRAM(NULL, "std::invoke*", "a callback of the program's"),
	PROGRAM(NULL, "boost::asio::*do_complete*", "a callback of the program's"),
	PROGRAM(NULL, "asio::*do_complete*", "a callback of the program's"),

	/* What starts a program or a thread, in a static program. */
	RUNTIME(NULL, "_start", "calls main() or a thread's function"),
	RUNTIME(NULL, "__libc_start*", "calls main() or a thread's function"),
	RUNTIME(NULL, "__clone*", "calls main() or a thread's function"),
	RUNTIME(NULL, "clone3", "calls main() or a thread's function"),

	/* Libraries that make sockets for others. */
	WRAPPER("libnspr4.so*", NULL, "NSPR: PR_OpenTCPSocket() and its like"),
	WRAPPER(NULL, "PR_*Socket", "NSPR, linked statically"),
	WRAPPER("libapr-1.so*", NULL, "the Apache Portable Runtime"),
	WRAPPER(NULL, "apr_socket_*", "APR, linked statically"),
	WRAPPER("libuv.so*", NULL, "libuv"),
	WRAPPER(NULL, "uv__*", "libuv, linked statically"),
	WRAPPER(NULL, "uv_*", "libuv, linked statically"),
	WRAPPER("libgio-2.0.so*", NULL, "GSocket and what is above it"),
	WRAPPER("libsoup-*.so*", NULL, "HTTP over GIO"),
	WRAPPER("libevent[.-]*so*", NULL, "libevent"),
	WRAPPER("libevent_core[.-]*so*", NULL, "libevent"),
	WRAPPER("libevent_extra[.-]*so*", NULL, "libevent"),
	WRAPPER("libevent_openssl[.-]*so*", NULL, "libevent"),
	WRAPPER(NULL, "evutil_*", "libevent, linked statically"),
	WRAPPER(NULL, "bufferevent_*", "libevent, linked statically"),
	WRAPPER("libQt*Network.so*", NULL, "QTcpSocket and its like"),
	WRAPPER(NULL, "QAbstractSocket*", "Qt, linked statically"),
	WRAPPER(NULL, "QNativeSocketEngine*", "Qt, linked statically"),
	WRAPPER(NULL, "QTcpSocket::*", "Qt, linked statically"),
	WRAPPER(NULL, "QUdpSocket::*", "Qt, linked statically"),
	WRAPPER(NULL, "QLocalSocket*", "Qt, linked statically"),
	WRAPPER(NULL, "boost::asio::*", "Boost.Asio, in headers"),
	WRAPPER(NULL, "void boost::asio::*", "Boost.Asio, its templates"),
	WRAPPER(NULL, "asio::*", "Asio without Boost"),
	WRAPPER("libPocoNet*.so*", NULL, "Poco"),
	WRAPPER(NULL, "Poco::Net::*", "Poco, linked statically"),
	WRAPPER(NULL, "ACE_SOCK*", "ACE"),
	WRAPPER(NULL, "ACE_OS::socket*", "ACE"),
	WRAPPER(NULL, "folly::netops::*", "Folly"),
	WRAPPER(NULL, "folly::AsyncSocket::*", "Folly"),
	WRAPPER(NULL, "apache::thrift::transport::*", "Thrift's TSocket"),
	WRAPPER(NULL, "wxSocket*", "wxWidgets"),
	WRAPPER(NULL, "zmq::open_socket*", "ZeroMQ"),
	WRAPPER(NULL, "grpc_create_*socket*", "gRPC"),
	WRAPPER("libcurl.so*", NULL, "libcurl: connections of a handle"),
	WRAPPER("libcurl-gnutls.so*", NULL, "libcurl, with GnuTLS"),
	WRAPPER("libcurl-nss.so*", NULL, "libcurl, with NSS"),
	WRAPPER(NULL, "Curl_*", "libcurl, linked statically"),
	WRAPPER("libqpid-proton*.so*", NULL, "Qpid Proton: connections of a proactor"),
	WRAPPER("libcares.so*", NULL, "c-ares: sockets of a channel"),
	WRAPPER(NULL, "ares_*", "c-ares, linked statically"),
	WRAPPER(NULL, "BIO_*", "OpenSSL's BIO_connect() and its like"),
	WRAPPER("libnl-3.so*", NULL, "netlink: nl_connect()"),
	WRAPPER("libmnl.so*", NULL, "netlink: mnl_socket_open()"),
	WRAPPER(NULL, "_dbus_open_*socket*", "D-Bus"),
	WRAPPER(NULL, "vio_socket*", "MySQL's client"),
	WRAPPER(NULL, "pvio_socket_*", "MariaDB's client"),
	WRAPPER("libtirpc.so*", NULL, "Sun RPC: clnt_create()"),
	WRAPPER("libresolv.so.2", NULL, "glibc's resolver"),
	WRAPPER("libresolv-2.*.so", NULL, "glibc's resolver"),
	WRAPPER("libnss_dns[.-]*so*", NULL, "glibc's, for getaddrinfo() and its like"),
	WRAPPER("libnss_files[.-]*so*", NULL, "glibc's, for getaddrinfo() and its like"),
	WRAPPER("libnss_compat[.-]*so*", NULL, "glibc's, for getaddrinfo() and its like"),
	WRAPPER("libphobos2.so*", NULL, "D's library"),
	WRAPPER("libphobos2-ldc*.so*", NULL, "D's library, of LDC"),
	WRAPPER("libgphobos.so*", NULL, "D's library, of GDC"),
	WRAPPER(NULL, "std.socket.*", "D's library, linked statically"),
	WRAPPER("libgnat-*.so*", NULL, "Ada's library"),
	WRAPPER(NULL, "gnat__sockets__*", "Ada's GNAT.Sockets"),
	WRAPPER(NULL, "gnat.sockets.*", "Ada's GNAT.Sockets"),
	WRAPPER(NULL, "unix_socket*", "OCaml 4's Unix.socket"),
	WRAPPER(NULL, "caml_unix_socket*", "OCaml 5's Unix.socket"),
	WRAPPER(NULL, "camlUnix__*", "OCaml's Unix"),
	WRAPPER(NULL, "camlUnix.*", "OCaml 5's Unix"),
	WRAPPER(NULL, "Unix.*", "OCaml's Unix, as it is written"),
	WRAPPER(NULL, "*__pureZnet_*", "Nim's net"),
	WRAPPER(NULL, "*__nativesockets_*", "Nim's nativesockets"),
	WRAPPER(NULL, "nativesockets.*", "Nim's nativesockets, as it is written"),
	WRAPPER(NULL, "net.newSocket", "Nim's net, as it is written"),
	WRAPPER(NULL, "net.dial", "Nim's net, as it is written"),
	WRAPPER(NULL, "*Socket#*", "Crystal's sockets, and what inherits from them"),
	WRAPPER(NULL, "*@*Socket::new*", "Crystal's"),
	WRAPPER(NULL, "*Socket::new*", "Crystal's; in C++ no function can be called so"),
	WRAPPER(NULL, "Socket::tcp*", "Crystal's Socket.tcp"),
	WRAPPER(NULL, "Socket::udp*", "Crystal's Socket.udp"),
	WRAPPER(NULL, "Socket::unix*", "Crystal's Socket.unix"),
	WRAPPER(NULL, "Crystal::System::*", "Crystal's"),
	WRAPPER(NULL, "SOCKETS_$$_*", "Free Pascal's sockets"),
	WRAPPER(NULL, "SSOCKETS_$$_*", "Free Pascal's ssockets"),
	WRAPPER(NULL, "SOCKETS.*", "Free Pascal's sockets, as it is written"),
	WRAPPER(NULL, "SSOCKETS.*", "Free Pascal's ssockets, as it is written"),
	WRAPPER(NULL, "SYSTEM.FPSYSCALL*", "Free Pascal makes system calls itself"),
	WRAPPER(NULL, "networkzm*NetworkziSocket*", "Haskell's network"),
	WRAPPER(NULL, "Network.Socket.*", "Haskell's network"),
	WRAPPER(NULL, "network-*:Network.Socket.*", "Haskell's network, as it is written"),

	/* Go's standard library, by package. */
	GO(WRAPPER, "net.*"),
	GO(WRAPPER, "net/*"),
	GO(WRAPPER, "crypto/tls.*"),
	GO(WRAPPER, "log/syslog.*"),
	GO(WRAPPER, "syscall.*"),
	GO(WRAPPER, "internal/poll.*"),
	GO(WRAPPER, "golang.org/x/sys/*"),
	GO(WRAPPER, "golang.org/x/net/*"),
	GO(WRAPPER, "vendor/golang.org/*"),
	GO(RUNTIME, "runtime.*"),
	GO(RUNTIME, "runtime/*"),
	GO(RUNTIME, "internal/*"),
	GO(RUNTIME, "sync.*"),
	GO(RUNTIME, "sync/*"),
	GO(RUNTIME, "context.*"),
	GO(RUNTIME, "time.*"),
	GO(RUNTIME, "reflect.*"),
	GO(RUNTIME, "os.*"),
	GO(RUNTIME, "io.*"),
	GO(RUNTIME, "bufio.*"),

	/* Rust's standard library and the crates below it, by path. */
	WRAPPER(NULL, "<std::net::*", "Rust"),
	WRAPPER(NULL, "std::net::*", "Rust"),
	WRAPPER(NULL, "<std::os::unix::net::*", "Rust"),
	WRAPPER(NULL, "std::os::unix::net::*", "Rust"),
	WRAPPER(NULL, "<std::sys::*", "Rust"),
	WRAPPER(NULL, "std::sys::*", "Rust"),
	WRAPPER(NULL, "<std::sys_common::net::*", "Rust"),
	WRAPPER(NULL, "std::sys_common::net::*", "Rust"),
	WRAPPER(NULL, "<socket2::*", "the crate socket2"),
	WRAPPER(NULL, "socket2::*", "the crate socket2"),
	WRAPPER(NULL, "<mio::*", "the crate mio"),
	WRAPPER(NULL, "mio::*", "the crate mio"),
	WRAPPER(NULL, "<tokio::net::*", "the crate tokio"),
	WRAPPER(NULL, "tokio::net::*", "the crate tokio"),
	WRAPPER(NULL, "<async_io::*", "the crate async-io"),
	WRAPPER(NULL, "async_io::*", "the crate async-io"),
	WRAPPER(NULL, "<async_std::*", "the crate async-std"),
	WRAPPER(NULL, "async_std::*", "the crate async-std"),
	WRAPPER(NULL, "rustix::*", "the crate rustix"),
	WRAPPER(NULL, "nix::sys::socket::*", "the crate nix"),
	WRAPPER(NULL, "<quinn_udp::*", "the crate quinn-udp"),
	WRAPPER(NULL, "quinn_udp::*", "the crate quinn-udp"),
	WRAPPER(NULL, "<hyper::client::connect::*", "the crate hyper"),
	WRAPPER(NULL, "hyper::client::connect::*", "the crate hyper"),
	WRAPPER(NULL, "<hyper_util::client::legacy::connect::*", "the crate hyper-util"),
	WRAPPER(NULL, "hyper_util::client::legacy::connect::*", "the crate hyper-util"),
	RUNTIME(NULL, "<std::*", "C++ and Rust"),
	RUNTIME(NULL, "<core::*", "Rust"),
	RUNTIME(NULL, "<alloc::*", "Rust"),
	RUNTIME(NULL, "<tokio::*", "the crate tokio"),
	RUNTIME(NULL, "<futures_util::*", "the crate futures"),
	RUNTIME(NULL, "<futures_executor::*", "the crate futures"),
	RUNTIME(NULL, "<hyper::*", "the crate hyper"),
	RUNTIME(NULL, "<hyper_util::*", "the crate hyper-util"),
	RUNTIME(NULL, "<tower::*", "the crate tower"),
	RUNTIME(NULL, "std::*", "C++ and Rust"),
	RUNTIME(NULL, "core::ops::*", "Rust"),
	RUNTIME(NULL, "core::iter::*", "Rust"),
	RUNTIME(NULL, "core::result::*", "Rust"),
	RUNTIME(NULL, "core::option::*", "Rust"),
	RUNTIME(NULL, "core::future::*", "Rust"),
	RUNTIME(NULL, "alloc::vec::*", "Rust"),
	RUNTIME(NULL, "alloc::boxed::*", "Rust"),
	RUNTIME(NULL, "tokio::*", "the crate tokio"),
	RUNTIME(NULL, "futures_util::*", "the crate futures"),
	RUNTIME(NULL, "futures_executor::*", "the crate futures"),
	RUNTIME(NULL, "hyper::*", "the crate hyper"),
	RUNTIME(NULL, "hyper_util::*", "the crate hyper-util"),
	RUNTIME(NULL, "tower::*", "the crate tower"),

	/* What runs the program's code, and is not the program's. */
	RUNTIME("libstdc++.so.6*", NULL, "C++"),
	RUNTIME("libc++.so*", NULL, "C++"),
	RUNTIME("libgcc_s.so.1*", NULL, "the compiler's"),
	RUNTIME(NULL, "__gnu_cxx::*", "C++"),
	RUNTIME("libgo.so*", NULL, "gccgo"),
	TRAMPOLINE("libffi.so*", NULL, "calls any C function"),
	RUNTIME("libglib-2.0.so*", NULL, "the loop of GLib"),
	RUNTIME("libgobject-2.0.so*", NULL, "signals of GLib"),
	RUNTIME("libQt*Core.so*", NULL, "the loop of Qt"),
	RUNTIME("libev.so*", NULL, "an event loop"),
	RUNTIME("libtevent.so*", NULL, "an event loop"),
	RUNTIME("libchicken.so*", NULL, "Chicken Scheme"),
	RUNTIME("libjli.so", NULL, "starts Java"),
	RUNTIME("libhostfxr.so", NULL, "starts .NET"),
	RUNTIME("libhostpolicy.so", NULL, "starts .NET"),
	RUNTIME("libclrjit.so", NULL, "starts .NET"),
	RUNTIME(NULL, "caml_c_call*", "OCaml"),
	RUNTIME(NULL, "caml_start_program*", "OCaml"),
	RUNTIME(NULL, "caml_main*", "OCaml"),
	RUNTIME(NULL, "caml_startup*", "OCaml"),
	RUNTIME(NULL, "camlStdlib*", "OCaml"),
	RUNTIME(NULL, "Stdlib.*", "OCaml, as it is written"),
	RUNTIME(NULL, "rt.dmain2.*", "D"),
	RUNTIME(NULL, "core.thread.*", "D"),
	RUNTIME(NULL, "stg_*", "Haskell"),
	RUNTIME(NULL, "basezm*", "Haskell"),
	RUNTIME(NULL, "hs_main*", "Haskell"),
	RUNTIME(NULL, "base-*:*", "Haskell, as it is written"),
	RUNTIME(NULL, "SYSTEM.*", "Free Pascal"),
	RUNTIME(NULL, "SI_PRC.*", "Free Pascal starts a program"),
	RUNTIME(NULL, "Crystal::main*", "Crystal starts a program"),
};
/* clang-format on */

const struct frame_rule *frame_rules(size_t *ret_count)
{
	*ret_count = sizeof(rules) / sizeof(rules[0]);
	return rules;
}

/*
 * JIT compilers of typed languages name a method with its result and parameters, as in
 * "void a.b.C.d(int)": the part between, into `method`. False: it is no such name, or too long.
 * Names of other compilers begin with what they are of, and end with a path: "JS:*f /a/(b)/c.js:1".
 */
static bool find_method(const char *function, char method[LONGEST_NAME])
{
	const char *end = strchr(function, '('), *begin = end;

	if (!end || end == function || function[strcspn(function, " (:")] == ':')
		return false;
	while (begin > function && begin[-1] != ' ')
		begin--;
	if (begin == end || end - begin >= LONGEST_NAME)
		return false;
	memcpy(method, begin, (size_t)(end - begin));
	method[end - begin] = '\0';
	return true;
}

/* A frame's names, as patterns are matched against them. NULL: not known. */
struct frame_names {
	const char *path, *base, *function, *method;
	bool may_be_go;
};

static bool name_matches(const char *pattern, const char *name)
{
	return name && pattern_may_match(pattern, name) && pattern_matches(pattern, name);
}

static bool module_matches(const char *pattern, const struct frame_names *names)
{
	bool of_path = *pattern == '*' && strchr(pattern, '/'); /* those all begin with it */

	return name_matches(pattern, of_path ? names->path : names->base);
}

static bool rule_matches(const struct frame_rule *rule, const struct frame_names *names)
{
	if (rule->of_go && !names->may_be_go)
		return false;
	if (rule->module && !module_matches(rule->module, names))
		return false;
	/* not the whole name: its result may be of a library's class */
	return !rule->function || name_matches(rule->function, names->method ?: names->function);
}

const struct frame_rule *frame_rule_find(const char *module, const char *function, bool may_be_go)
{
	const char *slash = module ? strrchr(module, '/') : NULL;
	struct frame_names names = { module, slash && slash[1] ? slash + 1 : module, function, NULL,
				     may_be_go };
	char method[LONGEST_NAME];

	if (function && module && !strcmp(module, FRAME_JIT) && find_method(function, method))
		names.method = method;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rule_matches(&rules[i], &names))
			return &rules[i];
	return NULL;
}
