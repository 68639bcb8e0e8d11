# SPDX-License-Identifier: BSD-2-Clause
#
# The targets that a person uses: `make help` prints this. Other targets only serve them.
#
#   make              build ./sockleak; V=1 shows the commands
#   make demo         a leaking worker, a healthy one, and the report on them (root)
#   make check        what needs no root: unit tests, and the rules that the source keeps
#   make test         every test (root); SAN=1 builds with ASan and UBSan
#   make install      the program, its unit, manuals and completion, under DESTDIR and PREFIX
#   make deb, rpm     a package in .output/
#   make man, completion  manual pages and shell completion, in .output/
#   make deps         install the packages for building, the demo and the unit tests (root);
#                     FOR="vm bench" those of other targets. Only deps, demo and test install
#                     packages; every other target prints this command
#   make clean        remove what was built
#
# Tests that `make test` leaves out; CONTRIBUTING.md describes them:
#
#   make fuzz         the parsers under libFuzzer, FUZZ_SECONDS (60) each
#   make chaos        5,000 seeds of abuse, sockleak compared with an oracle (root)
#   make soak         chaos, adversaries, restarts and faults at once, for 30 minutes (root)
#   make compat       real programs, of which sockleak must report nothing (root)
#   make truth        the report of a leak in each runtime, judged (root)
#   make apps         the same in applications of Django, Rails and others (root)
#   make vm           the test programs on other kernels, under qemu
#   make vm-service   docs/production.md in machines with systemd, under qemu (root)
#   make test-fresh   the demo and all tests on a bare Debian 12 and 13 (root)
#   make findings     what was learnt about other software, shown again
#
# What sockleak costs:
#
#   make bench        beside nothing and other tools (root; 8 minutes); bench-quick: ratios alone
#   make bench-instructions  in instructions, under a qemu that counts them
#   make bench-scale  how the cost grows (root; 8 minutes)
#   make bench-scripts  what the functions of scripts add to a call (root)
#   make bench-scan   `sockleak scan` beside another build and beside lsof (root)
#   make bench-unwind  what a stack costs, in time and memory (root)
#
# Files of the source that are made: truth-docs and bench-docs write the tables of docs/truth.md and
# docs/performance.md, picture and profile-pictures draw (root); vmlinux.h is cut from a BTF.

# Objects are in .output/. mk/ has the rules, one file for each concern.
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
# The second make of `make demo` prints one line for everything that it builds.
ifeq ($(QUIET),1)
say = @:
endif
# A second make builds on all processors, unless this one was given a -j itself.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# clang is needed for the BPF programs in any case, so it also compiles the rest if there is no gcc.
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
# Symbols are hidden, or libjansson would call our json_null() instead of its own.
USER_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DHASH_NONFATAL_OOM=1 \
	-fvisibility=hidden \
	-DSOCKLEAK_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(O) \
	$(WARN) $(SANFLAGS) -ffile-prefix-map=$(CURDIR)/= $(CFLAGS)
LIBS := -linih -ljansson -lbpf -ldw -lelf -lz -liberty
# v3, which Linux 5.12 understands, has the atomic compare and exchange of bpf/calls.bpf.h.
BPF_CFLAGS := -g -O2 -ffile-prefix-map=$(CURDIR)/= -target bpf -mcpu=v3 \
	-D__TARGET_ARCH_$(ARCH) -I. -Iinclude -Wall -Wextra -Wno-unused-parameter

# build.mk is the first, because it has `all`, the default.
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

.PHONY: help clean
help:
	$(Q)sed -n '/^#   make /,/^$$/s/^# \{0,1\}//p' Makefile
clean:
	$(Q)rm -rf $(O) sockleak

-include $(shell find $(BUILD) $(FUZZ) $(O)/programs -name '*.d' 2>/dev/null)
