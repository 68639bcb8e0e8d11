# SPDX-License-Identifier: BSD-2-Clause
#
# What sockleak costs: tests/bench/. These targets need a machine that does nothing else, and are
# not a part of `make test`. BEFORE=FILE names another build of sockleak to compare with.

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

# Writes docs/performance.md and its pictures from what bench and bench-scale have measured.
bench-docs:
	$(Q)packaging/deps.sh bench
	$(Q)python3 tests/bench/document.py --results $(O)/bench --docs docs

$(O)/bench/empty.bpf.o: tests/bench/empty.bpf.c vmlinux.h mk/bench.mk
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

$(BUILD)/bench/driver $(BUILD)/bench/load: $(BUILD)/bench/%: tests/bench/%.c mk/bench.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PROGRAM_CFLAGS) $< -o $@

.PHONY: bench-unwind
bench-unwind: $(BUILD)/bench/unwind
	$(Q)$<

# What the functions of scripts add to a call; "$(BEFORE)" is measured in turn with this build.
.PHONY: bench-scripts
bench-scripts: $(BUILD)/sockleak
	$(Q)tests/bench/scripts.py $(BEFORE) $<

.PHONY: bench-scan
bench-scan: $(BUILD)/sockleak
	$(Q)tests/bench/scan_leaks.py $< $(BEFORE)
	$(Q)tests/bench/scan.py $<

$(BUILD)/bench/%: tests/bench/%.c $(USER_ARCHIVE)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -Itests/unit -fomit-frame-pointer $< $(USER_ARCHIVE) $(LIBS) -o $@
