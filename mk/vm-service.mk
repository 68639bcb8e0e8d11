# SPDX-License-Identifier: BSD-2-Clause
#
# A Debian machine with systemd, under qemu, in which docs/production.md is followed from apt
# install to purge: tests/vm_service/. Root, for debootstrap; x86_64. What it boots is made once,
# with apt's mirror, and kept; the machine itself has no network.
#
#   make vm-service SUITES="bookworm trixie" VMSERVICEFLAGS="--until STEP"

VM_SERVICE := $(O)/vm-service
SUITES ?= bookworm trixie
# An upgrade needs two: this one, and one after it.
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
