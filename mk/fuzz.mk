# SPDX-License-Identifier: BSD-2-Clause
#
# Fuzz targets: with libFuzzer, and with a main() that gives them the corpus.

FUZZ := $(O)/fuzz
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SAN := address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_OBJECTS := $(patsubst %.c,$(FUZZ)/%.o,$(filter-out user/main.c,$(USER_SOURCES)))
FUZZ_ARCHIVE := $(FUZZ)/libuser.a

.PHONY: fuzz run-fuzz
fuzz:
	$(Q)CLANG=$(CLANG) packaging/deps.sh fuzz
	$(Q)$(MAKE) --no-print-directory run-fuzz

run-fuzz: $(FUZZ_TARGETS:%=$(FUZZ)/fuzz_%)
	$(Q)CLANG=$(CLANG) tests/fuzz/run.sh $(FUZZ) $(FUZZ_SECONDS) $(FUZZ_TARGETS)

$(FUZZ_OBJECTS): SANFLAGS = -fsanitize=fuzzer-no-link,$(FUZZ_SAN)
$(FUZZ_OBJECTS): $(FUZZ)/%.o: %.c mk/fuzz.mk | $(SKELETONS)
	$(say) FUZZ-CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(FUZZ_ARCHIVE): $(FUZZ_OBJECTS)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(FUZZ)/fuzz_%: SANFLAGS = -fsanitize=fuzzer,$(FUZZ_SAN)
$(FUZZ)/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_ARCHIVE)
	$(say) FUZZ-CC $@
	$(Q)$(CLANG) $(USER_CFLAGS) -MMD -MP $< $(FUZZ_ARCHIVE) $(LIBS) -o $@

$(BUILD)/fuzz/replay.o: tests/fuzz/replay.c mk/fuzz.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/replay.o $(USER_ARCHIVE)
	$(say) CC $@
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP $< $(BUILD)/fuzz/replay.o $(USER_ARCHIVE) $(LIBS) -o $@
