# SPDX-License-Identifier: BSD-2-Clause
#
# Follows docs/production.md from apt install to purge in a Debian machine with systemd, under qemu:
# tests/vm_service/. Needs root, for debootstrap, and x86_64. The disk is made once, from apt's
# mirror, and kept. The machine itself has no network.
#
#   make vm-service SUITES="bookworm trixie" VMSERVICEFLAGS="--until STEP"

VM_SERVICE := $(O)/vm-service
SUITES ?= bookworm trixie
# An upgrade needs two versions: this one and a later one.
VM_SERVICE_VERSIONS := $(VERSION) $(VERSION).1

.PHONY: vm-service run-vm-service
vm-service:
	$(Q)packaging/deps.sh vm-service
	$(Q)$(MAKE) --no-print-directory run-vm-service

run-vm-service: $(VM_SERVICE)/leaky
	$(Q)for suite in $(SUITES); do tests/vm_service/roots.sh $$suite $(VM_SERVICE)/$$suite $< \
		$(VM_SERVICE_VERSIONS) || exit; done
	$(Q)python3 tests/vm_service/run.py --directory $(VM_SERVICE) --output $(VM_SERVICE) \
		--versions "$(VM_SERVICE_VERSIONS)" $(VMSERVICEFLAGS) $(SUITES)

$(VM_SERVICE)/leaky: tests/vm_service/guest/leaky.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g -Wall -Wextra -static $< -o $@
