# SPDX-License-Identifier: BSD-2-Clause
#
#   make          builds ./sockleak
#   make demo     a leaking worker and a healthy one, and the report on them
#   make test     all tests (root); SAN=1 builds user/ with ASan and UBSan
#   make bench    what sockleak costs beside nothing and other tools (root; 8 minutes);
#                 bench-quick: the ratios alone; bench-docs: docs/performance.md
#   make bench-instructions  what it costs in instructions, under a qemu that counts; no root
#   make bench-scale  how its cost grows (root; 8 minutes)
#   make bench-unwind  what a stack costs, in time and memory (root)
#   make bench-scan  `sockleak scan` of 20,000 leaks, BEFORE=FILE beside another build, and of
#                     200,000 descriptors beside lsof (root, lsof)
#   make soak     chaos: 5,000 seeds of abuse, sockleak and an oracle compared (root)
#   make check    what needs no root: unit tests, layout of the source
#   make install  all of it under DESTDIR/PREFIX: program, unit, manuals, completion
#   make deb, make rpm  packages, into .output/; installs what building them needs
#   make man completion  manual pages and shell completion, into .output/
#   make compat   real programs under sockleak, which must find nothing (root); docs/compat.md
#   make vm       the test programs on other kernels, under qemu; docs/kernels.md
#   make vm-service  docs/production.md in a machine with systemd, under qemu (root)
#   make fuzz     the parsers, FUZZ_SECONDS (60) each, by libFuzzer; see tests/fuzz/
#   make test-fresh  the demo and all tests on a bare Debian 12 and 13, in roots of its own (root)
#   make deps     installs what building, the demo and the unit tests need
#
# V=1 shows the commands. Objects go to .output/. mk/ has what is only sometimes asked for.

CLANG ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool 2>/dev/null),$(wildcard /usr/sbin/bpftool),bpftool)
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
O := .output
VERSION := 0.1.0

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n'
endif
# In the second make of `make demo`, which says one line for all that it builds.
ifeq ($(QUIET),1)
say = @:
endif
# For a second make that builds: on all processors, unless this one was given a -j itself.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# clang is needed for the BPF programs, and a compiler for all else: a machine without gcc has one.
missing = $(if $(filter default,$(origin $(1))),$(if $(shell command -v $($(1)) 2>/dev/null),,yes))
ifeq ($(call missing,CC),yes)
CC := $(CLANG)
endif
ifeq ($(call missing,CXX),yes)
CXX := $(CLANG) --driver-mode=g++
endif

ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CFLAGS ?= -O2 -g
BUILD := $(O)/$(if $(SAN),san,release)
ifdef SAN
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
# Hidden, so that our json_null() is not taken for that of libjansson, by libjansson.
USER_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DHASH_NONFATAL_OOM=1 \
	-fvisibility=hidden \
	-DSOCKLEAK_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(O) \
	$(WARN) $(SANFLAGS) -ffile-prefix-map=$(CURDIR)/= $(CFLAGS)
LIBS := -linih -ljansson -lbpf -ldw -lelf -lz -liberty
# v3, which Linux 5.12 has, for an atomic compare and exchange (bpf/calls.bpf.h).
BPF_CFLAGS := -g -O2 -ffile-prefix-map=$(CURDIR)/= -target bpf -mcpu=v3 \
	-D__TARGET_ARCH_$(ARCH) -I. -Iinclude -Wall -Wextra -Wno-unused-parameter

USER_SOURCES := $(wildcard user/*.c)
USER_OBJECTS := $(USER_SOURCES:user/%.c=$(BUILD)/user/%.o)
SKELETONS := $(O)/sockleak.skel.h $(O)/census.skel.h
# The modules that a unit test can be linked with: all but the program itself and libbpf.
PURE_OBJECTS := $(filter-out $(addprefix $(BUILD)/user/,main.o agent.o publisher.o doctor.o examine.o \
	watch.o scan.o origins.o fd_limits.o tracer.o hooks.o hook_probe.o census.o history.o load_error.o bpf_stats.o \
	pins.o pin_layout.o \
	takeover.o sweeper.o stack_maps.o refusal_map.o growth_kept.o),$(USER_OBJECTS))

.PHONY: all
all: sockleak

sockleak: $(BUILD)/sockleak
	$(Q)cp -f $< $@

# The skeletons come first, since they take longest: at -j the others are made beside them.
$(BUILD)/sockleak: $(SKELETONS) $(USER_OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(SANFLAGS) $(CFLAGS) $(LDFLAGS) $(USER_OBJECTS) $(LIBS) -o $@

$(BUILD)/user/%.o: user/%.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/user/tracer.o $(BUILD)/user/sweeper.o $(BUILD)/user/history.o: $(O)/sockleak.skel.h
$(BUILD)/user/census.o: $(O)/census.skel.h

# Without the compiler: what to do, instead of make's error.
ifeq ($(shell command -v $(CLANG) 2>/dev/null),)
$(O)/sockleak.bpf.o $(O)/census.bpf.o: no-compiler
.PHONY: no-compiler
no-compiler:
	$(Q)echo "sockleak: packages are missing. Run: make deps" >&2; exit 1
endif

$(O)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) include/sockleak.h vmlinux.h Makefile
	$(say) BPF $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(SKELETONS): $(O)/%.skel.h: $(O)/%.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# ---- Made from the table of options: manual pages, completion, the example of --config ----

DESCRIBE := $(BUILD)/tools/describe
DESCRIBE_OBJECTS := $(patsubst tools/%.c,$(BUILD)/tools/%.o,$(wildcard tools/*.c))
MANUALS := $(patsubst docs/man/%.in,$(O)/man/%,$(wildcard docs/man/*.in)) $(O)/man/sockleak-json.7
COMPLETIONS := $(addprefix $(O)/completion/,bash zsh fish)

.PHONY: man completion
man: $(MANUALS)
completion: $(COMPLETIONS) $(O)/sockleak.conf

$(BUILD)/tools/%.o: tools/%.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(DESCRIBE): $(DESCRIBE_OBJECTS) $(PURE_OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(SANFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(O)/man/%: docs/man/%.in $(DESCRIBE)
	$(say) MAN $@
	$(Q)mkdir -p $(@D)
	$(Q)$(DESCRIBE) manual < $< > $@.tmp && mv $@.tmp $@

$(O)/man/sockleak-json.7: docs/json.md tools/manual.awk
	$(say) MAN $@
	$(Q)mkdir -p $(@D)
	$(Q)awk -v version=$(VERSION) -f tools/manual.awk $< > $@.tmp && mv $@.tmp $@

$(COMPLETIONS): $(O)/completion/%: $(DESCRIBE)
	$(say) SHELL $@
	$(Q)mkdir -p $(@D)
	$(Q)$(DESCRIBE) $* > $@.tmp && mv $@.tmp $@

$(O)/sockleak.conf: $(DESCRIBE)
	$(say) CONF $@
	$(Q)$(DESCRIBE) config > $@.tmp && mv $@.tmp $@

# ---- Installing, and packages of it: packaging/build.sh ----

SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
DOCDIR ?= $(DATADIR)/doc/sockleak
ZSHDIR ?= $(DATADIR)/zsh/site-functions
# The unit, its user and its directories; empty: none, for who installs them otherwise.
SYSTEMDDIR ?= $(PREFIX)/lib
INSTALL ?= install
to = $(Q)$(INSTALL) -D -m 0644

.PHONY: install deb rpm
install: sockleak $(MANUALS) $(COMPLETIONS) $(O)/sockleak.conf
	$(say) INSTALL $(DESTDIR)$(PREFIX)
	$(Q)$(INSTALL) -D -m 0755 sockleak $(DESTDIR)$(BINDIR)/sockleak
	$(Q)for page in $(MANUALS); do $(INSTALL) -D -m 0644 $$page \
		$(DESTDIR)$(DATADIR)/man/man$${page##*.}/$${page##*/} || exit; done
	$(to) $(O)/completion/bash $(DESTDIR)$(DATADIR)/bash-completion/completions/sockleak
	$(to) $(O)/completion/zsh $(DESTDIR)$(ZSHDIR)/_sockleak
	$(to) $(O)/completion/fish $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/sockleak.fish
	$(to) $(O)/sockleak.conf $(DESTDIR)$(SYSCONFDIR)/sockleak/sockleak.conf
	$(to) -t $(DESTDIR)$(DOCDIR) README.md CHANGELOG.md docs/*.md
	$(Q)for kind in prometheus grafana kubernetes; do for file in packaging/$$kind/*.y*ml \
		packaging/$$kind/*.json; do [ ! -e $$file ] || $(INSTALL) -D -m 0644 $$file \
		$(DESTDIR)$(DATADIR)/sockleak/$$kind/$${file##*/} || exit; done; done
ifneq ($(SYSTEMDDIR),)
	$(Q)mkdir -p $(DESTDIR)$(SYSTEMDDIR)/systemd/system
	$(Q)sed -e 's|/usr/bin/sockleak|$(BINDIR)/sockleak|' \
		-e 's|/etc/sockleak/|$(SYSCONFDIR)/sockleak/|' packaging/systemd/sockleak.service \
		> $(DESTDIR)$(SYSTEMDDIR)/systemd/system/sockleak.service
	$(Q)chmod 0644 $(DESTDIR)$(SYSTEMDDIR)/systemd/system/sockleak.service
	$(to) packaging/systemd/sockleak.sysusers $(DESTDIR)$(SYSTEMDDIR)/sysusers.d/sockleak.conf
endif

deb rpm:
	$(Q)packaging/deps.sh $@
	$(Q)packaging/build.sh $@ $(VERSION) $(O)/$@

# ---- Tests and the demo ----

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
REPLAYS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
PROGRAMS := $(patsubst tests/programs/%.c,$(O)/programs/%,$(wildcard tests/programs/*.c))

TRUTH := $(O)/truth
TRUTH_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -fomit-frame-pointer -pthread -Wall -Wextra
TRUTH_PROGRAMS := $(addprefix $(TRUTH)/,libtruth.so c_library nonpie static static_pie cpp signals \
	altstack thread coroutine deep large_frame) \
	$(if $(shell command -v rustc 2>/dev/null),$(TRUTH)/rust) \
	$(if $(shell command -v go 2>/dev/null),$(TRUTH)/go) \
	$(if $(shell command -v javac 2>/dev/null),$(TRUTH)/Leak.class)
LIBRARY_SOURCES := $(addprefix tests/truth/,c_library.c libtruth.c)

# The oracle, and the programs whose sockets it and sockleak judge: tests/chaos/.
CHAOS := $(O)/chaos/chaos $(O)/chaos/oracle

LIBRARY_PROGRAMS := $(addprefix $(O)/library/,liblibrary.so libdebian.so libdeaf.so \
	libslow_maps.so librefuser.so libskipper.so host)

.PHONY: deps
deps:
	$(Q)packaging/deps.sh demo check

# In a second make, since what is missing may be what this one would have looked up. What the
# machine lacks is said before anything is installed or built.
.PHONY: test demo check root
root:
	$(Q)tests/machine.sh $(firstword $(MAKECMDGOALS))
test: root
	$(Q)packaging/deps.sh $@
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) run-test
demo: root
	$(Q)packaging/deps.sh $@
	$(Q)[ "$(V)" = 1 ] || printf '  %-8s %s\n' BUILD 'sockleak and the demo (V=1 shows the commands)'
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) $(if $(filter 1,$(V)),,QUIET=1) run-demo
check:
	$(Q)packaging/deps.sh $@
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) run-check

.PHONY: run-test
run-test: man completion
run-test: $(BUILD)/sockleak $(UNIT_TESTS) $(REPLAYS) $(PROGRAMS) $(TRUTH_PROGRAMS) \
		$(LIBRARY_PROGRAMS) $(CHAOS)
	$(Q)tests/prometheus/unpack.sh $(O)/prometheus
	$(Q)tests/all.sh $(BUILD) $(O)/programs $(TESTFLAGS)

.PHONY: run-check
run-check: $(UNIT_TESTS) $(REPLAYS)
	$(Q)tests/all.sh $(BUILD)

# The dashboard's picture in the docs, out of a real run of four minutes; needs gnuplot.
.PHONY: picture run-picture
picture: root
	$(Q)packaging/deps.sh demo test
	$(Q)$(MAKE) --no-print-directory run-picture
run-picture: $(BUILD)/sockleak $(O)/programs/leaker \
		$(addprefix $(O)/demo/,libtransport.so delayed_job healthy broker)
	$(Q)tests/prometheus/unpack.sh $(O)/prometheus
	$(Q)tests/prometheus/picture.py --sockleak $(BUILD)/sockleak --programs $(O)/programs

.PHONY: run-demo
run-demo: sockleak $(addprefix $(O)/demo/,libtransport.so delayed_job healthy broker)
	$(Q)tests/demo/demo.sh ./sockleak $(O)/demo

# Real programs, from the distribution's packages: tests/compat/.
COMPAT := $(O)/compat/root
.PHONY: compat run-compat
compat: root
	$(Q)packaging/deps.sh compat
	$(Q)tests/compat/unpack.sh $(COMPAT)
	$(Q)$(MAKE) --no-print-directory run-compat

run-compat: $(BUILD)/sockleak
	$(Q)python3 tests/compat/run.py --sockleak $< --root $(COMPAT) --table $(O)/compat/table \
		$(COMPATFLAGS)

# Other kernels, from Debian's packages, under qemu: tests/vm/. Of one with a "!" a refusal is
# expected. A kernel that cannot be had is a failure of its own, and the others are tried.
VM := $(O)/vm
VM_KERNELS ?= bookworm/6.1 trixie/6.12 trixie-backports/6.18 trixie-backports/newest bullseye/5.10!
.PHONY: vm run-vm
vm:
	$(Q)packaging/deps.sh vm
	$(Q)$(MAKE) --no-print-directory run-vm

run-vm: $(VM)/initramfs.gz
	$(Q)tests/vm/kernels.sh $(VM)/kernels $(VM_KERNELS:!=) || true
	$(Q)python3 tests/vm/run.py --initramfs $< --kernels $(VM)/kernels --output $(VM) \
		--sockleak $(BUILD)/sockleak $(VMFLAGS) $(VM_KERNELS)

$(VM)/guest $(VM)/preempted: $(VM)/%: tests/vm/%.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g -Wall -Wextra -static -pthread $< -o $@

$(VM)/initramfs.gz: $(VM)/guest $(VM)/preempted $(BUILD)/sockleak $(PROGRAMS) tests/vm/initramfs.sh
	$(say) CPIO $@
	$(Q)tests/vm/initramfs.sh $@ $(VM)/guest $(BUILD)/sockleak "$$(command -v $(BPFTOOL))" \
		$(VM)/preempted $(PROGRAMS)

include mk/vm-service.mk

# What it costs: tests/bench/. On a machine that does nothing else; not a part of `make test`.
# BEFORE=FILE: another build of sockleak, to compare with.
BENCH := $(BUILD)/sockleak $(addprefix $(BUILD)/bench/,driver load empty)
.PHONY: bench bench-quick bench-scale bench-docs run-bench run-bench-quick run-bench-scale
bench bench-quick bench-scale: root
	$(Q)packaging/deps.sh bench
	$(Q)$(MAKE) --no-print-directory run-$@

run-bench: $(BENCH)
	$(Q)python3 tests/bench/ratios.py --build $(BUILD) $(BEFORE:%=--before %) $(BENCHFLAGS)

run-bench-quick: $(BENCH)
	$(Q)python3 tests/bench/ratios.py --build $(BUILD) --quick $(BEFORE:%=--before %) \
		--output $(O)/bench/quick.json $(BENCHFLAGS)

run-bench-scale: $(BENCH)
	$(Q)python3 tests/bench/scale.py --build $(BUILD) $(BENCHFLAGS)

# Of what the two have measured before: docs/performance.md and its pictures.
bench-docs:
	$(Q)packaging/deps.sh bench
	$(Q)python3 tests/bench/document.py --results $(O)/bench --docs docs

$(O)/bench/empty.bpf.o: tests/bench/empty.bpf.c vmlinux.h Makefile
	$(say) BPF $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(O)/bench/empty.skel.h: $(O)/bench/empty.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name empty_bpf > $@.tmp && mv $@.tmp $@

$(BUILD)/bench/empty: tests/bench/empty.c $(O)/bench/empty.skel.h
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -I$(O)/bench $< $(LIBS) -o $@

$(BUILD)/bench/driver $(BUILD)/bench/load: $(BUILD)/bench/%: tests/bench/%.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $< -o $@

include mk/instructions.mk

.PHONY: bench-unwind
bench-unwind: $(BUILD)/bench/unwind
	$(Q)$<

.PHONY: bench-scan
bench-scan: $(BUILD)/sockleak
	$(Q)tests/bench/scan_leaks.py $< $(BEFORE)
	$(Q)tests/bench/scan.py $<

$(BUILD)/bench/%: tests/bench/%.c $(PURE_OBJECTS)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -Itests/unit -fomit-frame-pointer $< $(PURE_OBJECTS) $(LIBS) -o $@

$(BUILD)/unit/%: tests/unit/%.c $(PURE_OBJECTS)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP $< $(PURE_OBJECTS) $(LIBS) -lcmocka -ldl -o $@

# ---- Fuzz targets: with libFuzzer, and with a main() that gives them the corpus ----

FUZZ := $(O)/fuzz
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SAN := address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_OBJECTS := $(PURE_OBJECTS:$(BUILD)/%=$(FUZZ)/%)

.PHONY: fuzz run-fuzz
fuzz:
	$(Q)CLANG=$(CLANG) packaging/deps.sh fuzz
	$(Q)$(MAKE) --no-print-directory run-fuzz

run-fuzz: $(FUZZ_TARGETS:%=$(FUZZ)/fuzz_%)
	$(Q)CLANG=$(CLANG) tests/fuzz/run.sh $(FUZZ) $(FUZZ_SECONDS) $(FUZZ_TARGETS)

$(FUZZ_OBJECTS): SANFLAGS = -fsanitize=fuzzer-no-link,$(FUZZ_SAN)
$(FUZZ_OBJECTS): $(FUZZ)/%.o: %.c Makefile
	$(say) FUZZ-CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(FUZZ)/fuzz_%: SANFLAGS = -fsanitize=fuzzer,$(FUZZ_SAN)
$(FUZZ)/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_OBJECTS)
	$(say) FUZZ-CC $@
	$(Q)$(CLANG) $(USER_CFLAGS) -MMD -MP $< $(FUZZ_OBJECTS) $(LIBS) -o $@

$(BUILD)/fuzz/replay.o: tests/fuzz/replay.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/replay.o $(PURE_OBJECTS)
	$(say) CC $@
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP $< $(BUILD)/fuzz/replay.o $(PURE_OBJECTS) $(LIBS) -o $@

$(O)/chaos/chaos: $(wildcard tests/chaos/*.c tests/chaos/*.h tests/programs/uring.h) Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $(filter %.c,$^) -o $@

$(O)/chaos/oracle: tests/oracle/oracle.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $< -o $@

# SEEDS (5,000) of them, from SEED (1) on; a failing one says how to run it again.
SEED ?= 1
SEEDS ?= 5000
.PHONY: soak run-soak
soak: root
	$(Q)packaging/deps.sh test
	$(Q)$(MAKE) --no-print-directory run-soak
run-soak: $(BUILD)/sockleak $(CHAOS)
	$(Q)tests/chaos/run.py --sockleak $(BUILD)/sockleak --programs $(O)/programs \
		--first $(SEED) --count $(SEEDS)

# As distributions build: optimized, without frame pointers.
PROGRAM_CFLAGS := -std=gnu11 -O2 -g -fomit-frame-pointer -pthread -Wall -Wextra
$(O)/programs/%: tests/programs/%.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) -MMD -MP $< -o $@

# One that is stripped, truncated and given its debug information by the tests; others are
# preloaded to sockleak, and make this host one that is stricter, or slower.
$(O)/library/lib%.so: tests/library/%.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) -fPIC -shared $< -o $@

$(O)/library/%: tests/library/%.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $< -o $@

# As in production: no frame pointers, stripped, the debug information in a package of its own.
DEMO_CFLAGS := -O2 -g -fomit-frame-pointer -Wall -Wextra -fdebug-prefix-map=$(CURDIR)=
$(O)/demo/libtransport.so: tests/demo/libtransport.cpp tests/demo/libtransport.h
	$(say) CXX $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(DEMO_CFLAGS) -fPIC -shared $< -o $@
	$(Q)tests/demo/separate.sh $@

$(O)/demo/delayed_job: tests/demo/worker.cpp $(O)/demo/libtransport.so
	$(say) CXX $@
	$(Q)$(CXX) $(DEMO_CFLAGS) $^ -o $@
	$(Q)tests/demo/separate.sh $@

$(O)/demo/%: tests/demo/%.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(DEMO_CFLAGS) $< -o $@

include mk/fresh.mk

# ---- Programs whose stacks are compared with gdb's; those of a compiler that is here ----

$(TRUTH_PROGRAMS): tests/truth/truth.h tests/truth/libtruth.h Makefile | $(TRUTH)/.made
$(TRUTH)/.made:
	$(Q)mkdir -p $(@D) && touch $@

$(TRUTH)/libtruth.so: tests/truth/libtruth.c
	$(say) CC $@
	$(Q)$(CC) $(TRUTH_CFLAGS) -fPIC -shared -Wl,-soname,libtruth.so $< -o $@

$(TRUTH)/c_library: tests/truth/c_library.c $(TRUTH)/libtruth.so
	$(say) CC $@
	$(Q)$(CC) $(TRUTH_CFLAGS) $< $(TRUTH)/libtruth.so -Wl,-rpath,'$$ORIGIN' -o $@

$(TRUTH)/nonpie: tests/truth/c_library.c $(TRUTH)/libtruth.so
	$(say) CC $@
	$(Q)$(CC) $(TRUTH_CFLAGS) -no-pie -fno-pie $< $(TRUTH)/libtruth.so \
		-Wl,-rpath,'$$ORIGIN' -o $@

$(TRUTH)/static: $(LIBRARY_SOURCES)
	$(say) CC $@
	$(Q)$(CC) $(TRUTH_CFLAGS) -static $(LIBRARY_SOURCES) -o $@

$(TRUTH)/static_pie: $(LIBRARY_SOURCES)
	$(say) CC $@
	$(Q)$(CC) $(TRUTH_CFLAGS) -static-pie -fPIE $(LIBRARY_SOURCES) -o $@

$(TRUTH)/cpp: tests/truth/cpp.cpp
	$(say) CXX $@
	$(Q)$(CXX) -std=gnu++17 -O2 -g -fomit-frame-pointer -Wall -Wextra $< -o $@

$(TRUTH)/rust: tests/truth/rust.rs
	$(say) RUSTC $@
	$(Q)MAKEFLAGS= rustc -O -g $< -o $@

$(TRUTH)/go: tests/truth/go.go
	$(say) GO $@
	$(Q)go build -o $@ $<

$(TRUTH)/Leak.class: tests/truth/Leak.java
	$(say) JAVAC $@
	$(Q)javac -d $(@D) $<

$(TRUTH)/%: tests/truth/%.c
	$(say) CC $@
	$(Q)$(CC) $(TRUTH_CFLAGS) $< -o $@

# ---- vmlinux.h: kernel types, cut down to what bpf/ names ----
# BTF: a kernel's BTF, as /sys/kernel/btf/vmlinux or inside an uncompressed vmlinux.
# Take a full-featured kernel's: types that a trimmed one lacks are an error.
BTF ?= /sys/kernel/btf/vmlinux
BTF_NAME ?= $(BTF)
comma := ,
KERNEL_TYPES := struct task_struct,struct thread_info,struct cred,struct pt_regs,\
	struct files_struct,struct fdtable,struct file,struct inode,struct super_block,\
	struct socket,struct sock,struct inet_sock,struct tcp_sock,struct unix_sock,\
	struct netlink_sock,struct packet_sock,\
	struct css_set,struct cgroup,struct kernfs_node,\
	struct trace_event_raw_sys_enter,struct trace_event_raw_sys_exit,\
	struct bpf_raw_tracepoint_args,\
	struct bpf_iter__task_file,struct bpf_iter__bpf_map,\
	enum bpf_map_type,enum bpf_func_id,enum BPF_ANY,enum BPF_F_NO_PREALLOC,\
	enum BPF_F_SKIP_FIELD_MASK,enum TCP_ESTABLISHED,enum false,__wsum

# The file is committed: the rule exists only for who asks for it by name.
ifneq ($(filter vmlinux.h,$(MAKECMDGOALS)),)
export BTF_NAME
.PHONY: vmlinux.h
vmlinux.h:
	$(say) BTF $@
	$(Q)mkdir -p $(O)
	$(Q)$(BPFTOOL) btf dump file $(BTF) format c > $(O)/vmlinux.full.h
	$(Q)awk -v roots='$(subst $(comma) ,$(comma),$(KERNEL_TYPES))' -v source="$$BTF_NAME" \
		-f bpf/vmlinux.awk $(O)/vmlinux.full.h > $(O)/vmlinux.h
	$(Q)mv $(O)/vmlinux.h $@
endif

.PHONY: clean
clean:
	$(Q)rm -rf $(O) sockleak

-include $(wildcard $(BUILD)/*/*.d $(FUZZ)/*.d $(FUZZ)/user/*.d $(O)/programs/*.d)
