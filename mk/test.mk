# SPDX-License-Identifier: BSD-2-Clause
#
# Tests, and the demo. tests/all.sh runs what is built here; mk/programs.mk has the test programs.

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
REPLAYS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
PROGRAMS := $(patsubst tests/programs/%.c,$(O)/programs/%,$(wildcard tests/programs/*.c))

.PHONY: deps
deps:
	$(Q)packaging/deps.sh --install $(or $(FOR),demo check)

# These run a second make, because this one has looked up programs that may only be installed now.
# If the machine lacks something, that is printed before anything is installed or built.
.PHONY: test demo check root
root:
	$(Q)tests/machine.sh $(firstword $(MAKECMDGOALS))
test: root
	$(Q)packaging/deps.sh --install $@
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) run-test
demo: root
	$(Q)packaging/deps.sh --install $@
	$(Q)[ "$(V)" = 1 ] || \
		printf '  %-8s %s\n' BUILD 'sockleak and the demo (V=1 shows the commands)'
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) $(if $(filter 1,$(V)),,QUIET=1) run-demo
check:
	$(Q)packaging/deps.sh $@
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) run-check

.PHONY: run-test
run-test: man completion
run-test: $(BUILD)/sockleak $(UNIT_TESTS) $(REPLAYS) $(PROGRAMS) $(TRUTH_PROGRAMS) \
		$(LIBRARY_PROGRAMS) $(CHAOS)
	$(Q)tests/prometheus/unpack.sh $(O)/prometheus
	$(Q)tests/guarded.py tests/all.sh $(BUILD) $(O)/programs $(TESTFLAGS)

.PHONY: run-check
run-check: $(UNIT_TESTS) $(REPLAYS)
	$(Q)tests/all.sh $(BUILD)

.PHONY: run-demo
run-demo: sockleak $(addprefix $(O)/demo/,libtransport.so delayed_job healthy broker)
	$(Q)tests/demo/demo.sh ./sockleak $(O)/demo

# Real programs, from the distribution's packages: tests/compat/.
COMPAT := $(O)/compat/root
.PHONY: compat run-compat
compat: root
	$(Q)packaging/deps.sh compat
	$(Q)tests/compat/unpack.sh $(COMPAT)
	$(Q)$(MAKE) --no-print-directory run-compat

run-compat: $(BUILD)/sockleak
	$(Q)python3 tests/compat/run.py --sockleak $< --root $(COMPAT) --table $(O)/compat/table \
		$(COMPATFLAGS)

# Real applications that leak by real clients: tests/apps/. docs/truth.md has what it prints.
.PHONY: apps
apps: root $(BUILD)/sockleak
	$(Q)tests/guarded.py tests/apps/run.py --sockleak $(BUILD)/sockleak --root $(O)/apps \
		$(APPSFLAGS)

# Judges the report of a leak in each runtime: tests/truth/. truth-docs writes docs/truth.md.
.PHONY: truth truth-docs run-truth
truth truth-docs: root
	$(Q)packaging/deps.sh truth
	$(Q)tests/truth/root.sh trixie $(TRUTH)/trixie \
		$$(tests/truth/all_runtimes.py --packages trixie)
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) run-truth \
		TRUTHFLAGS="$(TRUTHFLAGS) $(if $(filter truth-docs,$@),--write)"

run-truth: $(BUILD)/sockleak
	$(Q)tests/guarded.py tests/truth/all_runtimes.py --sockleak $< --programs $(TRUTH) \
		$(TRUTHFLAGS)

# The tested modules are optimized like the program. The tests are not, and compile twice as fast.
$(BUILD)/unit/%: tests/unit/%.c $(USER_ARCHIVE)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -O0 -MMD -MP $< $(USER_ARCHIVE) $(LIBS) -lcmocka -ldl -o $@

# Shows again what was learnt about other software: findings/. The scripts install public packages
# into temporary folders. They are not a part of `make test`.
.PHONY: findings
findings:
	$(Q)failed=; for script in findings/*.sh; do echo "== $$script"; \
		sh $$script || failed="$$failed $$script"; done; \
		[ -z "$$failed" ] || { echo "has changed:$$failed" >&2; exit 1; }

# Draws the picture of the dashboard in docs/, from a real run of four minutes; needs gnuplot.
.PHONY: picture run-picture
picture: root
	$(Q)packaging/deps.sh demo test
	$(Q)$(MAKE) --no-print-directory run-picture
run-picture: $(BUILD)/sockleak $(O)/programs/leaker \
		$(addprefix $(O)/demo/,libtransport.so delayed_job healthy broker)
	$(Q)tests/prometheus/unpack.sh $(O)/prometheus
	$(Q)tests/prometheus/picture.py --sockleak $(BUILD)/sockleak --programs $(O)/programs

# Draws the pictures of docs/profiles.md from the leak of the demo; needs go and graphviz.
.PHONY: profile-pictures run-profile-pictures
profile-pictures: root
	$(Q)packaging/deps.sh demo
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) run-profile-pictures
run-profile-pictures: $(BUILD)/sockleak \
		$(addprefix $(O)/demo/,libtransport.so delayed_job healthy broker)
	$(Q)tests/profiles/pictures.py --sockleak $(BUILD)/sockleak --demo $(O)/demo
