# SPDX-License-Identifier: BSD-2-Clause
#
# The program: user/ and, as skeletons inside it, bpf/.

USER_SOURCES := $(sort $(shell find user -name "*.c"))
USER_OBJECTS := $(USER_SOURCES:user/%.c=$(BUILD)/user/%.o)
SKELETONS := $(O)/sockleak.skel.h $(O)/scan.skel.h
# All but main(). Tests and tools are linked with it, and the linker takes what they need.
USER_ARCHIVE := $(BUILD)/libuser.a

.PHONY: all
all: sockleak

sockleak: $(BUILD)/sockleak
	$(Q)cp -f $< $@

# The skeletons come first, because they take longest: with -j the others are made beside them.
$(BUILD)/sockleak: $(SKELETONS) $(USER_OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(SANFLAGS) $(CFLAGS) $(LDFLAGS) $(USER_OBJECTS) $(LIBS) -o $@

$(BUILD)/user/%.o: user/%.c mk/build.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(USER_ARCHIVE): $(filter-out $(BUILD)/user/main.o,$(USER_OBJECTS))
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Files that include a skeleton are compiled after it. (Later, the .d files say so as well.)
$(patsubst %.c,$(BUILD)/%.o,$(shell grep -rl 'skel\.h"' user --include='*.[c]')): | $(SKELETONS)

# Without the compiler, print what to do instead of make's error.
ifeq ($(shell command -v $(CLANG) 2>/dev/null),)
$(O)/sockleak.bpf.o $(O)/scan.bpf.o: no-compiler
.PHONY: no-compiler
no-compiler:
	$(Q)echo "sockleak: packages are missing. Run: make deps" >&2; exit 1
endif

$(O)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) $(wildcard include/*.h) vmlinux.h mk/build.mk
	$(say) BPF $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

# A skeleton is made from the object without its DWARF, which nobody reads: BTF has lines and types.
$(SKELETONS): $(O)/%.skel.h: $(O)/%.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen object $(O)/$*.stripped.o $<
	$(Q)$(BPFTOOL) gen skeleton $(O)/$*.stripped.o name $*_bpf > $@.tmp && mv $@.tmp $@
