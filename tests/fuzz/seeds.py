#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes those files of tests/fuzz/corpus/ that no text editor can.

    tests/fuzz/seeds.py            all of them, but those of compilers
    tests/fuzz/seeds.py elf        corpus/elf with the compilers that are here (gcc, clang, strip)

The files are committed: this is how they were made, and how to make one more.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile

import seeds_code
import seeds_profile

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def put(target, name, data):
    directory = CORPUS / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(data)


# ---- Socket addresses ----

def addresses():
    inet = struct.pack("<H", 2) + struct.pack(">H", 5672) + bytes([192, 0, 2, 1])
    inet6 = struct.pack("<H", 10) + struct.pack(">H", 443) + bytes(4)
    local = struct.pack("<H", 1)
    put("address", "inet", inet + bytes(8))
    put("address", "inet-short", inet)
    put("address", "inet-truncated", inet[:5])
    put("address", "inet6", inet6 + bytes.fromhex("20010db8") + bytes(11) + b"\x01" + bytes(4))
    put("address", "inet6-without-scope", inet6 + bytes.fromhex("20010db8") + bytes(12))
    put("address", "inet6-scope",
        inet6 + bytes.fromhex("fe80") + bytes(13) + b"\x01" + struct.pack("<I", 2))
    put("address", "inet6-truncated", inet6)
    put("address", "unix-path", local + b"/run/x.sock\0")
    put("address", "unix-abstract", local + b"\0name\0with\0nuls\0\0\0")
    put("address", "unix-unnamed", local)
    put("address", "unix-escapes", local + b"/\x1b]0;pwned\x07\n\xe2\x80\xae\xc2\x9b\xff\x7f")
    put("address", "unix-long", local + b"a" * 200)
    put("address", "vsock", struct.pack("<HHII", 40, 0, 1234, 2) + bytes(4))
    put("address", "netlink", struct.pack("<HHII", 16, 0, 1, 1))
    put("address", "unspec", bytes(16))
    put("address", "unknown-family", b"\xff\xff\x01\x02")
    put("address", "one-byte", b"\x1f")
    put("address", "empty", b"")


# ---- ELF files that are notes and nothing else ----

def note(owner, kind, desc, align=4):
    head = struct.pack("<III", 4, len(desc), kind) + owner
    return head + bytes(-len(head) % align) + desc + bytes(-len(desc) % align)


def elf(notes, *, phnum=1, phoff=64, phentsize=56, offset=120, filesz=None, align=4,
        ident=b"\x7fELF\x02\x01\x01"):
    header = ident.ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, phoff, 0, 0, 64, phentsize, phnum, 0, 0, 0)
    filesz = len(notes) if filesz is None else filesz
    program = struct.pack("<IIQQQQQQ", 4, 4, offset, 0, 0, filesz, filesz, align)
    return header + program + notes


def notes():
    build_id = note(b"GNU\0", 3, bytes(range(20)))
    rpm = (b'{"type":"rpm","name":"ruby","version":"3.2.2-1.fc38","architecture":"x86_64",'
           b'"osCpe":"cpe:/o:fedoraproject:fedora:38"}')
    package = note(b"FDO\0", 0xCAFE1A7E, rpm + b"\0")
    for target in ("build_id", "package_file"):
        put(target, "healthy", elf(build_id + package))
        put(target, "no-notes", elf(b""))
        put(target, "empty", b"")
        put(target, "header-alone", elf(b"")[:64])
        put(target, "elf32", elf(build_id, ident=b"\x7fELF\x01\x01\x01"))
        put(target, "other-byte-order", elf(build_id, ident=b"\x7fELF\x02\x02\x01"))
        put(target, "many-headers", elf(build_id, phnum=0xFFFF))
        put(target, "headers-far-away", elf(build_id, phoff=2**64 - 56))
        put(target, "headers-odd-size", elf(build_id, phentsize=1))
        put(target, "notes-far-away", elf(build_id, offset=2**64 - 8))
        put(target, "notes-beyond-end", elf(build_id, filesz=2**64 - 100))
        put(target, "note-of-4-gib", elf(struct.pack("<III", 4, 2**32 - 1, 3) + b"GNU\0"))
        put(target, "owner-of-4-gib", elf(struct.pack("<III", 2**32 - 1, 4, 3) + b"GNU\0"))
        put(target, "id-empty", elf(note(b"GNU\0", 3, b"")))
        put(target, "id-too-long", elf(note(b"GNU\0", 3, b"x" * 100)))
        put(target, "two-ids", elf(build_id + note(b"GNU\0", 3, b"\xff")))
        put(target, "aligned-to-8", elf(note(b"GNU\0", 5, b"property", 8) +
                                        note(b"GNU\0", 3, bytes(8), 8), align=8))
        put(target, "cut-off", elf(build_id + package)[:-30])
    put("package_file", "package-hostile",
        elf(build_id + note(b"FDO\0", 0xCAFE1A7E, rpm.replace(b"ruby", b"$(id)"))))


# ---- Code ----

def calls():
    put("call", "relative", bytes.fromhex("90e800000000"))
    put("call", "register", bytes.fromhex("ffd0"))
    put("call", "register-extended", bytes.fromhex("41ffd3"))
    put("call", "memory", bytes.fromhex("ff1500100000"))
    put("call", "stack-sib", bytes.fromhex("ff942410010000"))
    put("call", "jump", bytes.fromhex("ffe0"))
    put("call", "syscall", bytes.fromhex("b8290000000f05"))
    put("call", "half", bytes.fromhex("e80000"))
    put("call", "empty", b"")


# ---- Programs for the JSON writer: see step() in fuzz_json.c ----

def programs():
    def string(text):
        return bytes([len(text)]) + text

    put("json", "object", b"\x81" + string(b"k") + b"\x0e" + b"\x04" + b"\x80" + string(b"a") +
        b"\x02" + struct.pack("<Q", 2**64 - 1) + b"\xc0" + b"\xc0")
    put("json", "numbers", b"\x80" + b"".join(b"\x04" + struct.pack("<d", x) for x in (
        0.0, -0.0, 1.5, -0.0004, 1e15, 1e300, float("nan"), float("inf"), 999999999999999.9)) +
        b"\x03" + struct.pack("<q", -2**63))
    put("json", "strings", b"".join(b"\x0e" + string(x) for x in (
        b'"\\/\b\f\n\r\t', b"\x01\x1b[31m", b"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", b"\xff\xc3",
        b"\xed\xa0\x80", b"\xe2\x80\xa8\xe2\x80\xae")))
    put("json", "deep", b"\x80" * 60 + b"\x00" * 3)
    put("json", "keys", b"\x81" + b"".join(string(k) + b"\x00" for k in (
        b"", b"\x00", b'"', b"\n", b"\xff")).replace(b"", b""))
    put("json", "top-level", b"\x00\x01\x01\x05" + bytes(8))


# ---- Stacks and verdicts: see take_stack.h and fuzz_report.c ----

def name(text):
    return b"\0" if text is None else bytes([len(text) << 2 | 1]) + text


def frame(function, module=b"/usr/lib/libx.so.1", build_id=b"00112233", file=None, line=0,
          flags=0, pc=0x401000, offset=0x1000):
    flags |= (1 if module else 0) | (4 if build_id else 0)
    data = bytes([flags]) + struct.pack("<QI", pc, offset)
    data += name(module) if flags & 1 else b""
    data += name(build_id) if flags & 4 else b""
    data += name(function) + name(file)
    return data + (struct.pack("<I", line) if file else b"")


def stack(*frames, source=2, truncated=0, package=None):
    return bytes([len(frames)]) + b"".join(frames) + bytes([source, truncated]) + name(package)


HEALTHY = stack(frame(b"socket", b"/lib/libc.so.6"),
                frame(b"Socket::open", file=b"socket.cpp", line=12, flags=8),
                frame(b"Connection::connect", file=b"connection.cpp", line=40),
                frame(b"main", b"/usr/bin/app", None), package=b"libx1 1.0-1")
HOSTILE = stack(frame(b"\x1b[2J\nfake: leak", b"/tmp/\xff\xe2\x80\xae.so", b"\n\"\\"),
                frame(b'"},{"', b"", None, file=b"\xc2\x9b31m", line=2**32 - 1),
                frame(None, None, None), frame(None, b"[jit]", None), truncated=1,
                package=b"\x07")


def stacks():
    put("stack", "healthy", HEALTHY)
    put("stack", "hostile", HOSTILE)
    put("stack", "empty", b"")
    put("stack", "no-frames", stack())
    put("stack", "only-libc", stack(frame(b"socket", b"/lib/libc.so.6"),
                                    frame(b"clone", b"/lib/ld-linux-x86-64.so.2")))
    put("stack", "only-inlined", stack(frame(b"f", flags=8), frame(b"g", flags=8)))
    put("stack", "runtime", stack(frame(b"runtime.mstart", b"/srv/app", None),
                                  frame(b"x", b"/usr/lib/perl5/auto/Socket/Socket.so", None)))


# ---- What the resolver says: resolver_protocol.c ----

def wire_frame(pc, offset, line, source, plumbing, flags, *strings):
    lengths = [0xFFFFFFFF if text is None else len(text) for text in strings]
    head = struct.pack("<QQIBBBxIIIIIxxxx", pc, offset, line, source, plumbing, flags, *lengths)
    return head + b"".join(text or b"" for text in strings)


def wire_package(kind, source, **words):
    sizes = {"name": 128, "version": 128, "arch": 32, "debug": 320}
    return struct.pack("<IIIIQQ", kind, source, 0, 0, 1, 2) + b"".join(
        words[word].ljust(size, b"\0") for word, size in sizes.items()
    )


def answers():
    kind = struct.pack("<I", 4)
    two = kind + wire_frame(0x7F00, 16, 0, 1, 2, 0, b"/usr/lib/libc.so.6", b"00ff", b"socket", None,
                            None)
    two += wire_frame(0x55, 5, 7, 2, 0, 5, b"/bin/a", None, b"main", b"a.c", b"a.c")
    put("protocol", "two_frames", two)
    put("protocol", "cut_off", two[:-2])
    put("protocol", "bad_source", kind + wire_frame(1, 1, 1, 200, 0, 0, *[None] * 5))
    put("protocol", "long_name", kind + wire_frame(1, 1, 1, 1, 0, 0, b"x" * 5000, *[None] * 4))
    put("protocol", "nul_in_name", kind + wire_frame(1, 1, 1, 1, 0, 0, b"a\0b", *[None] * 4))
    words = {"name": b"libc6", "version": b"2.36-9+deb12u14", "arch": b"amd64"}
    put("protocol", "package", wire_package(2, 2, debug=b"libc6-dbg", **words))
    put("protocol", "package_command", wire_package(2, 2, debug=b"x; rm -rf /", **words))


def verdict(kind, inode, *, leak_class=1, reason=1, since=1, tgid=0, maybe_in_use=0, comm=b"app",
            evidence=b"\0", flags=0, with_stack=None, owner=(b"/usr/bin/app", b"/a.service",
                                                             b"a.service")):
    which = (kind - 1) % 3
    for candidate in range(256):  # kind, class and reason share a byte
        if (candidate % 3 == which and 1 + (candidate >> 2) % 7 == leak_class and
                (candidate >> 5) % 5 == reason):
            break
    else:
        raise ValueError((kind, leak_class, reason))
    data = b"\x01" + bytes([candidate, (inode - 1) | tgid << 4 | maybe_in_use << 6, since])
    data += bytes([2, 1, 6, flags]) + struct.pack("<I", 5000)
    data += comm.ljust(15, b"\0") + b"thread".ljust(15, b"\0") + evidence
    data += b"".join(map(name, owner))
    return data + (b"\x01" + with_stack if with_stack else b"\0")


def run(*steps, classes=0x7F, now=100_000_000_000, layout=b"\x50\x1e\x05\x02\x00"):
    head = bytes([classes]) + struct.pack("<QQq", now, 1, 1_700_000_000_000_000_000) + b"\0"
    return head + b"".join(steps) + layout


def reports():
    def tick(ms):
        return b"\0" + struct.pack("<I", ms)

    refused = b"\x12\x03\x6f\x10" + struct.pack("<H", 2) + struct.pack(">H", 5672) + bytes(
        [127, 0, 0, 1]) + bytes(8)
    growing = [verdict(1, i, leak_class=c, reason=r, since=10 * i, with_stack=HEALTHY,
                       evidence=refused)
               for i in range(1, 8) for c, r in [(3, 0)]]
    put("report", "growing", run(*growing, tick(80_000)))
    put("report", "resolved", run(*growing[:3], tick(40_000),
                                  verdict(3, 1, leak_class=3, reason=0, since=10)))
    put("report", "hostile", run(verdict(
        1, 1, leak_class=3, reason=0, comm=b"\x1b[31m\n\"\xff", with_stack=HOSTILE,
        evidence=b"\x1f\x05" + struct.pack("<Q", 9) + b"\xff\xff\xff\xff\x6e\x01\x00/\x1b\n" +
        b"\xff" * 105, owner=(b"/bin/\n", b"/\xe2\x80\xa8", b"\x1b.service"))))
    put("report", "held-back", run(*[verdict(1, i, leak_class=3, reason=0, since=20 * i,
                                             maybe_in_use=1) for i in range(1, 6)], tick(99_000)))
    put("report", "many-holders", run(*[verdict(1, i, leak_class=3, reason=0, since=i,
                                                tgid=i % 4, with_stack=HEALTHY)
                                        for i in range(1, 16)], tick(50_000)))
    put("report", "nothing", run())
    put("report", "empty", b"")
    put("report", "narrow", run(growing[0], layout=b"\x01\x01\x05\x02\x01"))


# ---- Snapshots: see fuzz_unwind.c ----

# ---- Metrics: see fuzz_label.c ----

def owned(unit, comm, since=1, container=None, stack_of=None, which=0):
    data = name(unit)
    data += b"\0" if container is None else bytes([1, container])
    data += b"\0" if stack_of is None else b"\1" + stack_of
    return data + bytes([which]) + struct.pack("<I", since * 1000) + bytes([len(comm)]) + comm


def metrics():
    def run_of(*leaks, workloads=7, sites=7, tune=1):
        return bytes([workloads, sites]) + struct.pack("<I", 100_000) + bytes([tune]) + \
            b"".join(leaks)

    put("label", "empty", b"")
    put("label", "leaking", run_of(*[owned(b"app.service", b"worker", 2 * i, stack_of=HEALTHY)
                                     for i in range(5)]))
    put("label", "folded", run_of(*[owned(b"u%d" % (i // 3), b"w%d" % (i // 3), 2 * i)
                                    for i in range(24)], workloads=0, sites=0))
    put("label", "containers", run_of(*[owned(None, b"w", 2 * i, container=i & 3, which=i)
                                        for i in range(12)]))
    put("label", "hostile", run_of(*[owned(b'"} 1\nfake 2\\', b"\xff\"\\\n\t\x1b\xc2", 2 * i,
                                           stack_of=HOSTILE) for i in range(6)], tune=0))
    put("label", "alike", run_of(*[owned(b"u\xff", b"c\xfe" if i & 1 else b"c\xff", 2 * i)
                                   for i in range(8)], tune=0))
    put("label", "long", b"\xc3\xa4" * 300)
    put("label", "cut-at-a-character", b"x" + b"\xe2\x82\xac" * 200)
    put("label", "quotes", b'"' * 300 + b"\\" * 300)


def code(module, offset):
    return 0xFE << 56 | module << 48 | offset


def on_stack(offset):
    return 0xFD << 56 | offset


def snapshots():
    def snapshot(pc, sp, bp, words):
        registers = [on_stack(8 * i) for i in range(17)]
        registers[6], registers[7], registers[16] = bp, sp, pc
        return struct.pack("<17Q", *registers) + struct.pack(f"<{len(words)}Q", *words)

    words = [code(i % 3, 0x1000 * i + 7) for i in range(64)]
    put("unwind", "return-addresses", snapshot(code(0, 0x2345), on_stack(0), on_stack(64), words))
    put("unwind", "libc", snapshot(code(1, 0x50000), on_stack(0), on_stack(64), words))
    put("unwind", "libdw", snapshot(code(2, 0x8000), on_stack(0), on_stack(64), words))
    frames = []
    for i in range(16):
        frames += [on_stack(16 * (i + 1)), code(i % 3, 0x3000 * i)]
    put("unwind", "frame-pointers", snapshot(code(1, 0x30000), on_stack(0), on_stack(0), frames))
    put("unwind", "frame-pointer-loop",
        snapshot(code(0, 0x100), on_stack(0), on_stack(0), [on_stack(0), code(0, 0x100)] * 8))
    put("unwind", "same-address", snapshot(code(1, 0x40000), on_stack(0), on_stack(0),
                                           [code(1, 0x40000)] * 32))
    put("unwind", "stack-wraps", snapshot(code(0, 0), 2**64 - 8, 2**64 - 16, words[:4]))
    put("unwind", "no-code", snapshot(0x1234, on_stack(0), 0, words[:4]))
    put("unwind", "no-stack", snapshot(code(0, 0x2345), on_stack(0), 0, []))
    put("unwind", "seven-bytes", snapshot(code(0, 0x2345), on_stack(0), 0, []) + b"\xff" * 7)
    put("unwind", "empty", b"")


# ---- ELF files by compilers ----

SOURCE = """
int last;
static inline __attribute__((always_inline)) int inner(int n) { last++; return outside(n) + 1; }
static inline __attribute__((always_inline)) int between(int n) { return inner(n) + last; }
__attribute__((noinline)) int work(int n) { return between(n) + 2; }
int _start(int n) { return work(n) + last; }
""".replace("\nint last;", "\nint outside(int n) { return n; }\nint last;", 1)

CXX = """
namespace ns { template <typename T> struct Box {
    __attribute__((always_inline)) T put(T n) { value += n; return value * n; }
    __attribute__((noinline)) T get(T n) { return put(n) + 1; }
    T value; }; }
extern "C" int _start(int n) { ns::Box<int> box = { n }; return box.get(n) + box.get(2); }
"""

# The canonical frame address is where a DWARF expression ends: DW_OP_skip -3, so nowhere.
LOOP = """
	.globl _start
	.type _start, @function
_start:	.cfi_startproc
	.cfi_escape 0x0f, 3, 0x2f, 0xfd, 0xff
	.rept 16
	nop
	.endr
	.cfi_endproc
	.size _start, .-_start
"""

LINK = ["-nostdlib", "-fno-asynchronous-unwind-tables", "-fcf-protection=none",
        "-Wl,--build-id=sha1", "-Wl,-z,noseparate-code", "-Wl,-z,norelro", "-Wl,-z,max-page-size=4096"]


def compilers():
    with tempfile.TemporaryDirectory() as directory:
        def build(name, command, source, suffix):
            path = pathlib.Path(directory, f"seed{suffix}")
            path.write_text(source)
            subprocess.run([*command.split(), *LINK, f"-fdebug-prefix-map={directory}=/seed",
                            str(path), "-o", name], cwd=directory, check=True)

        def read(name):
            return pathlib.Path(directory, name).read_bytes()

        def inlined(name):
            """The file, and behind it the address in it with most functions in each other."""
            listing = subprocess.run(["objdump", "-d", name], cwd=directory, check=True,
                                     capture_output=True, text=True).stdout
            code = [line.split(":")[0].strip() for line in listing.splitlines() if ":\t" in line]
            depth = {address: subprocess.run(
                ["addr2line", "-i", "-e", name, address], cwd=directory, check=True,
                capture_output=True, text=True).stdout.count("\n") for address in code}
            deepest = max(code, key=depth.get)
            print(f"{name}: {depth[deepest]} at {deepest}")
            return read(name) + struct.pack("<Q", int(deepest, 16))

        tables = "-fasynchronous-unwind-tables"
        build("a", f"gcc -g -gdwarf-5 -O2 -no-pie {tables}", SOURCE, ".c")
        put("elf", "gcc-dwarf5", inlined("a"))
        build("b", f"gcc -g -gdwarf-4 -gz -O2 -shared -fPIC {tables}", SOURCE, ".c")
        compressed = inlined("b")
        put("elf", "gcc-compressed-library", compressed)
        # Elf64_Chdr: ELFCOMPRESS_ZLIB, padding, size, alignment
        at = min(compressed.index(struct.pack("<IIQQ", 1, 0, size, 1)) for size in range(1, 4096)
                 if struct.pack("<IIQQ", 1, 0, size, 1) in compressed)
        put("elf", "inflates-to-gigabytes",
            compressed[:at + 8] + struct.pack("<Q", 2**40) + compressed[at + 16:])
        build("c", f"clang -g -O2 -fPIE -pie {tables}", SOURCE, ".c")
        put("elf", "clang-pie", inlined("c"))
        build("d", "g++ -g -O1 -no-pie", CXX, ".cpp")
        put("elf", "c++", inlined("d"))
        build("loop", "gcc -static -Wl,--eh-frame-hdr", LOOP, ".s")
        put("elf", "frame-expression-loops", read("loop"))
        pathlib.Path(directory, "link").write_bytes(b"/usr/lib/debug/.dwz/no\0" + bytes(20))
        subprocess.run("cp a e && objcopy --only-keep-debug e e.debug && strip e && "
                       "objcopy --add-gnu-debuglink=e.debug e && "
                       "objcopy --add-section .note.go.buildid=e.debug c go && strip -g go && "
                       "objcopy --add-section .gnu_debugaltlink=link a dwz",
                       shell=True, cwd=directory, check=True)
        put("elf", "stripped-with-link", read("e"))
        put("elf", "section-of-go", read("go"))
        put("elf", "split-by-dwz", inlined("dwz"))
        whole = read("a")
        put("elf", "cut-off", whole[:len(whole) // 2])
        put("elf", "object", b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\0\x3e\0" + whole[20:64])
        put("elf", "header-alone", whole[:64])
        put("elf", "no-elf", b"#!/bin/sh\n" + b"echo\n" * 20)


if sys.argv[1:] == ["elf"]:
    compilers()
else:
    addresses()
    notes()
    calls()
    seeds_code.write(put)
    seeds_profile.write(put)
    answers()
    programs()
    stacks()
    reports()
    metrics()
    snapshots()
