# SPDX-License-Identifier: BSD-2-Clause
#
# Manual pages, shell completion and the example of --config, made from the table of options.

DESCRIBE := $(BUILD)/tools/describe
DESCRIBE_OBJECTS := $(patsubst tools/%.c,$(BUILD)/tools/%.o,$(wildcard tools/*.c))
MANUALS := $(patsubst docs/man/%.in,$(O)/man/%,$(wildcard docs/man/*.in)) $(O)/man/sockleak-json.7
COMPLETIONS := $(addprefix $(O)/completion/,bash zsh fish)

.PHONY: man completion
man: $(MANUALS)
completion: $(COMPLETIONS) $(O)/sockleak.conf

$(BUILD)/tools/%.o: tools/%.c mk/generated.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(DESCRIBE): $(DESCRIBE_OBJECTS) $(USER_ARCHIVE)
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
