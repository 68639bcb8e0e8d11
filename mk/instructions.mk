# SPDX-License-Identifier: BSD-2-Clause
#
# What sockleak costs in instructions, on kernels under a qemu that counts them. Needs neither root
# nor a quiet machine nor a particular processor, but x86_64, like the kernels of `make vm`.
#
#   make bench-instructions INSTRUCTIONS_KERNELS=bookworm/6.1 INSTRUCTIONSFLAGS="--only 'sockleak*'"
#   make bench-instructions BEFORE=FILE     another build of sockleak beside this one

INSTRUCTIONS := $(O)/instructions
INSTRUCTIONS_KERNELS ?= bookworm/6.1 trixie/6.12 trixie-backports/newest

.PHONY: bench-instructions run-bench-instructions
bench-instructions:
	$(Q)packaging/deps.sh bench-instructions
	$(Q)$(MAKE) --no-print-directory run-bench-instructions

run-bench-instructions: $(INSTRUCTIONS)/initramfs.gz
	$(Q)tests/vm/kernels.sh $(VM)/kernels $(INSTRUCTIONS_KERNELS) || true
	$(Q)python3 tests/bench/instructions.py --initramfs $< --kernels $(VM)/kernels \
		--console $(INSTRUCTIONS) --sockleak $(BUILD)/sockleak \
		$(BEFORE:%=--before %) --output $(O)/bench/instructions.json \
		$(INSTRUCTIONSFLAGS) $(INSTRUCTIONS_KERNELS)

# The file is copied each time, so that the archive always has the build that BEFORE names now.
$(INSTRUCTIONS)/before: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)cp $(BEFORE) $@

$(INSTRUCTIONS)/initramfs.gz: $(VM)/guest $(BUILD)/sockleak $(BUILD)/bench/driver \
		$(BUILD)/bench/empty $(if $(BEFORE),$(INSTRUCTIONS)/before) tests/vm/initramfs.sh
	$(say) CPIO $@
	$(Q)mkdir -p $(@D)
	$(Q)tests/vm/initramfs.sh $@ $(VM)/guest $(BUILD)/sockleak "$$(command -v $(BPFTOOL))" \
		$(filter %/driver %/empty %/before,$^)

.PHONY: FORCE
FORCE:
