# SPDX-License-Identifier: BSD-2-Clause
#
# The demo and all tests on a bare machine: tests/fresh/. Not a part of `make test`.

SUITES ?= bookworm trixie
.PHONY: test-fresh
test-fresh: root
	$(Q)packaging/deps.sh fresh
	$(Q)TESTFLAGS='$(TESTFLAGS)' tests/fresh/run.sh $(O)/fresh $(SUITES)
