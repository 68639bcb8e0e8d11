# SPDX-License-Identifier: BSD-2-Clause
#
# The programs that the tests watch, which leak, or do not.

TRUTH := $(O)/truth
TRUTH_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -fomit-frame-pointer -pthread -Wall -Wextra
TRUTH_PROGRAMS := $(addprefix $(TRUTH)/,libtruth.so c_library nonpie static static_pie cpp signals \
	altstack thread coroutine deep large_frame) \
	$(if $(shell command -v rustc 2>/dev/null),$(TRUTH)/rust) \
	$(if $(shell command -v go 2>/dev/null),$(TRUTH)/go) \
	$(if $(shell command -v javac 2>/dev/null),$(TRUTH)/Leak.class)
LIBRARY_SOURCES := $(addprefix tests/truth/,c_library.c libtruth.c)

LIBRARY_PROGRAMS := $(addprefix $(O)/library/,liblibrary.so libdebian.so libdeaf.so \
	libslow_maps.so libstarved.so libfaulty.so libslow_iterators.so \
	librefuser.so libskipper.so libwaiter.so \
	host mirror)

# The oracle, and the programs whose sockets it and sockleak judge: tests/chaos/.
CHAOS := $(O)/chaos/chaos $(O)/chaos/oracle

$(O)/chaos/chaos: $(wildcard tests/chaos/*.c tests/chaos/*.h tests/programs/uring.h) mk/programs.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $(filter %.c,$^) -o $@

$(O)/chaos/oracle: tests/oracle/oracle.c mk/programs.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $< -o $@

# chaos: SEEDS (5,000) seeds, from SEED (1) on. A seed that fails prints how to run it again.
# soak: chaos, all adversaries, restarts and faults at once, for MINUTES (30).
SEED ?= 1
SEEDS ?= 5000
MINUTES ?= 30
.PHONY: chaos soak run-chaos run-soak
chaos soak: root
	$(Q)packaging/deps.sh test
	$(Q)$(MAKE) --no-print-directory run-$@
run-chaos: $(BUILD)/sockleak $(CHAOS)
	$(Q)tests/chaos/run.py --sockleak $(BUILD)/sockleak --programs $(O)/programs \
		--first $(SEED) --count $(SEEDS)
run-soak: $(BUILD)/sockleak $(CHAOS) $(PROGRAMS) $(LIBRARY_PROGRAMS)
	$(Q)tests/soak/run.py --sockleak $(BUILD)/sockleak --programs $(O)/programs \
		--minutes $(MINUTES) --seed $(SEED) $(SOAKFLAGS)

# The flags are those of distributions: optimized, without frame pointers.
PROGRAM_CFLAGS := -std=gnu11 -O2 -g -fomit-frame-pointer -pthread -Wall -Wextra
ifeq ($(ARCH),x86)
# A 32-bit program cannot use the libraries of this host.
$(O)/programs/leaker32: PROGRAM_CFLAGS := -m32 -static -nostdlib -ffreestanding -fno-pie -O2 -g \
	-fomit-frame-pointer -fasynchronous-unwind-tables -fno-stack-protector -Wall -Wextra
endif
$(O)/programs/%: tests/programs/%.c mk/programs.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) -MMD -MP $< -o $@

# The tests strip and truncate one of these libraries, and give it its debug information. The
# others are preloaded into sockleak, and make this host look stricter or slower.
$(O)/library/lib%.so: tests/library/%.c tests/library/syscalls.h
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) -fPIC -shared $< -o $@

$(O)/library/%: tests/library/%.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $< -o $@

# The demo is built as in production: no frame pointers, stripped, debug information separate.
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

# ---- Programs whose stacks are compared with gdb's, if their compiler is installed ----

$(TRUTH_PROGRAMS): tests/truth/truth.h tests/truth/libtruth.h mk/programs.mk | $(TRUTH)/.made
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
	$(Q)GOCACHE=$(abspath $(O))/go go build -o $@ $<

$(TRUTH)/Leak.class: tests/truth/Leak.java
	$(say) JAVAC $@
	$(Q)javac -d $(@D) $<

$(TRUTH)/%: tests/truth/%.c
	$(say) CC $@
	$(Q)$(CC) $(TRUTH_CFLAGS) $< -o $@
