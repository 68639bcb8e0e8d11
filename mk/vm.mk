# SPDX-License-Identifier: BSD-2-Clause
#
# Other kernels, from Debian's packages, under qemu: tests/vm/. A kernel with a "!" must refuse
# sockleak. A kernel that cannot be fetched counts as a failure, and the others are still tried.

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

$(VM)/guest $(VM)/preempted: $(VM)/%: tests/vm/%.c mk/vm.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g -Wall -Wextra -static -pthread $< -o $@

$(VM)/initramfs.gz: $(VM)/guest $(VM)/preempted $(BUILD)/sockleak $(PROGRAMS) tests/vm/initramfs.sh
	$(say) CPIO $@
	$(Q)tests/vm/initramfs.sh $@ $(VM)/guest $(BUILD)/sockleak "$$(command -v $(BPFTOOL))" \
		$(VM)/preempted $(PROGRAMS)
