# SPDX-License-Identifier: BSD-2-Clause
#
#   make          builds ./sockleak
#   make demo     a leaking worker and a healthy one, and the report on them
#   make test     all tests (root); SAN=1 builds user/ with ASan and UBSan
#   make bench-unwind  what a stack costs, in time and memory (root)
#   make bench-scan  `sockleak scan` beside lsof, over 200,000 descriptors (root, lsof)
#   make soak     chaos: 5,000 seeds of abuse, sockleak and an oracle compared (root)
#   make check    what needs no root: unit tests, layout of the source
#   make compat   real programs under sockleak, which must find nothing (root); docs/compat.md
#   make fuzz     the parsers, FUZZ_SECONDS (60) each, by libFuzzer; see tests/fuzz/
#   make deps     installs what building and testing need
#
# V=1 shows the commands. Objects go to .output/.

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

ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CFLAGS ?= -O2 -g
BUILD := $(O)/$(if $(SAN),san,release)
ifdef SAN
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
USER_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DHASH_NONFATAL_OOM=1 \
	-DSOCKLEAK_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(O) \
	$(WARN) $(SANFLAGS) -ffile-prefix-map=$(CURDIR)/= $(CFLAGS)
LIBS := -linih -lbpf -ldw -lelf -lz -liberty
BPF_CFLAGS := -g -O2 -ffile-prefix-map=$(CURDIR)/= -target bpf -D__TARGET_ARCH_$(ARCH) -I. -Iinclude \
	-Wall -Wextra -Wno-unused-parameter

USER_SOURCES := $(wildcard user/*.c)
USER_OBJECTS := $(USER_SOURCES:user/%.c=$(BUILD)/user/%.o)
SKELETONS := $(O)/sockleak.skel.h $(O)/census.skel.h
# The modules that a unit test can be linked with: all but the program itself and libbpf.
PURE_OBJECTS := $(filter-out $(addprefix $(BUILD)/user/,main.o watch.o scan.o origins.o tracer.o \
	census.o history.o load_error.o),$(USER_OBJECTS))

.PHONY: all
all: sockleak

sockleak: $(BUILD)/sockleak
	$(Q)cp -f $< $@

$(BUILD)/sockleak: $(USER_OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(SANFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/user/%.o: user/%.c Makefile | $(SKELETONS)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/user/tracer.o $(BUILD)/user/history.o: $(O)/sockleak.skel.h
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

LIBRARY_PROGRAMS := $(addprefix $(O)/library/,liblibrary.so host)

.PHONY: deps
deps:
	$(Q)packaging/deps.sh

# In a second make, since what is missing may be what this one would have looked up.
.PHONY: test demo check root
test demo: root
test demo check: deps
	$(Q)$(MAKE) --no-print-directory run-$@

# Asked before anything is built; but without packages `deps` says what to run first.
root: deps
	$(Q)[ "$$(id -u)" = 0 ] || { \
		echo "sockleak: only root may load BPF programs. Run: sudo make $(MAKECMDGOALS)" >&2; exit 1; }

.PHONY: run-test
run-test: $(BUILD)/sockleak $(UNIT_TESTS) $(REPLAYS) $(PROGRAMS) $(TRUTH_PROGRAMS) \
		$(LIBRARY_PROGRAMS) $(CHAOS)
	$(Q)tests/all.sh $(BUILD) $(O)/programs $(TESTFLAGS)

.PHONY: run-check
run-check: $(UNIT_TESTS) $(REPLAYS)
	$(Q)tests/all.sh $(BUILD)

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

.PHONY: bench-unwind
bench-unwind: $(BUILD)/bench/unwind
	$(Q)$<

.PHONY: bench-scan
bench-scan: $(BUILD)/sockleak
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

# A library that is stripped, truncated and given its debug information by the tests.
$(O)/library/lib%.so: tests/library/%.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) -fPIC -shared $< -o $@

$(O)/library/%: tests/library/%.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $< -o $@

# As in production: no frame pointers, stripped, the debug information in a package of its own.
DEMO_CFLAGS := -O2 -g -fomit-frame-pointer -Wall -Wextra -ffile-prefix-map=$(CURDIR)/=
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
	$(Q)rustc -O -g $< -o $@

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
