# SPDX-License-Identifier: BSD-2-Clause
#
#   make          builds ./sockleak
#   make demo     a leaking worker and a healthy one, and the report on them
#   make test     all tests (root); SAN=1 builds user/ with ASan and UBSan
#   make bench    what sockleak costs beside nothing and other tools (root; 8 minutes);
#                 bench-quick: the ratios alone; bench-docs: docs/performance.md
#   make bench-instructions  what it costs in instructions, under a qemu that counts; no root
#   make bench-scale  how its cost grows (root; 8 minutes)
#   make bench-unwind  what a stack costs, in time and memory (root)
#   make bench-scan  `sockleak scan` of 20,000 leaks, BEFORE=FILE beside another build, and of
#                     200,000 descriptors beside lsof (root, lsof)
#   make soak     chaos: 5,000 seeds of abuse, sockleak and an oracle compared (root)
#   make check    what needs no root: unit tests, layout of the source
#   make install  all of it under DESTDIR/PREFIX: program, unit, manuals, completion
#   make deb, make rpm  packages, into .output/
#   make man completion  manual pages and shell completion, into .output/
#   make compat   real programs under sockleak, which must find nothing (root); docs/compat.md
#   make truth    what is said of a leak by each runtime, judged (root); docs/truth.md,
#                 which truth-docs writes
#   make vm       the test programs on other kernels, under qemu; docs/kernels.md
#   make vm-service  docs/production.md in a machine with systemd, under qemu (root)
#   make findings  what was learnt about other software: each script of findings/, alone
#   make fuzz     the parsers, FUZZ_SECONDS (60) each, by libFuzzer; see tests/fuzz/
#   make test-fresh  the demo and all tests on a bare Debian 12 and 13, in roots of its own (root)
#   make deps     installs what building, the demo and the unit tests need, FOR="vm bench" what those
#                 do; only this, demo and test install packages: the others print the command
#
# V=1 shows the commands. Objects go to .output/. mk/ has what is only sometimes asked for.


CLANG ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool 2>/dev/null),$(wildcard /usr/sbin/bpftool),bpftool)
PREFIX ?= /usr/local
O := .output
VERSION := 0.1.0

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n'
endif
# In the second make of `make demo`, which says one line for all that it builds.
ifeq ($(QUIET),1)
say = @:
endif
# For a second make that builds: on all processors, unless this one was given a -j itself.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# clang is needed for the BPF programs, and a compiler for all else: a machine without gcc has one.
missing = $(if $(filter default,$(origin $(1))),$(if $(shell command -v $($(1)) 2>/dev/null),,yes))
ifeq ($(call missing,CC),yes)
CC := $(CLANG)
endif
ifeq ($(call missing,CXX),yes)
CXX := $(CLANG) --driver-mode=g++
endif

ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CFLAGS ?= -O2 -g
BUILD := $(O)/$(if $(SAN),san,release)
ifdef SAN
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
# Hidden, so that our json_null() is not taken for that of libjansson, by libjansson.
USER_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DHASH_NONFATAL_OOM=1 \
	-fvisibility=hidden \
	-DSOCKLEAK_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(O) \
	$(WARN) $(SANFLAGS) -ffile-prefix-map=$(CURDIR)/= $(CFLAGS)
LIBS := -linih -ljansson -lbpf -ldw -lelf -lz -liberty
# v3, which Linux 5.12 has, for an atomic compare and exchange (bpf/calls.bpf.h).
BPF_CFLAGS := -g -O2 -ffile-prefix-map=$(CURDIR)/= -target bpf -mcpu=v3 \
	-D__TARGET_ARCH_$(ARCH) -I. -Iinclude -Wall -Wextra -Wno-unused-parameter

# The first one has `all`; the others name what they take from it and from each other.
include mk/build.mk
include mk/generated.mk
include mk/install.mk
include mk/programs.mk
include mk/test.mk
include mk/fuzz.mk
include mk/vm.mk
include mk/vm-service.mk
include mk/bench.mk
include mk/instructions.mk
include mk/fresh.mk
include mk/vmlinux.mk

.PHONY: clean
clean:
	$(Q)rm -rf $(O) sockleak

-include $(shell find $(BUILD) $(FUZZ) $(O)/programs -name '*.d' 2>/dev/null)
