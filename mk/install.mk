# SPDX-License-Identifier: BSD-2-Clause
#
# Installation, and packages: packaging/build.sh.

SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
DOCDIR ?= $(DATADIR)/doc/sockleak
ZSHDIR ?= $(DATADIR)/zsh/site-functions
# For the unit, its user and its directories. If it is empty, they are left out, because a package
# installs them in its own way.
SYSTEMDDIR ?= $(PREFIX)/lib
INSTALL ?= install
to = $(Q)$(INSTALL) -D -m 0644

.PHONY: install deb rpm
install: sockleak $(MANUALS) $(COMPLETIONS) $(O)/sockleak.conf
	$(say) INSTALL $(DESTDIR)$(PREFIX)
	$(Q)$(INSTALL) -D -m 0755 sockleak $(DESTDIR)$(BINDIR)/sockleak
	$(Q)for page in $(MANUALS); do $(INSTALL) -D -m 0644 $$page \
		$(DESTDIR)$(DATADIR)/man/man$${page##*.}/$${page##*/} || exit; done
	$(to) $(O)/completion/bash $(DESTDIR)$(DATADIR)/bash-completion/completions/sockleak
	$(to) $(O)/completion/zsh $(DESTDIR)$(ZSHDIR)/_sockleak
	$(to) $(O)/completion/fish $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/sockleak.fish
	$(to) $(O)/sockleak.conf $(DESTDIR)$(SYSCONFDIR)/sockleak/sockleak.conf
	$(to) -t $(DESTDIR)$(DOCDIR) README.md CHANGELOG.md \
		$(filter-out docs/README.md,$(wildcard docs/*.md docs/*.svg))
	$(Q)for kind in prometheus grafana kubernetes; do for file in packaging/$$kind/*.y*ml \
		packaging/$$kind/*.json; do [ ! -e $$file ] || $(INSTALL) -D -m 0644 $$file \
		$(DESTDIR)$(DATADIR)/sockleak/$$kind/$${file##*/} || exit; done; done
ifneq ($(SYSTEMDDIR),)
	$(Q)mkdir -p $(DESTDIR)$(SYSTEMDDIR)/systemd/system
	$(Q)sed -e 's|/usr/bin/sockleak|$(BINDIR)/sockleak|' \
		-e 's|/etc/sockleak/|$(SYSCONFDIR)/sockleak/|' packaging/systemd/sockleak.service \
		> $(DESTDIR)$(SYSTEMDDIR)/systemd/system/sockleak.service
	$(Q)chmod 0644 $(DESTDIR)$(SYSTEMDDIR)/systemd/system/sockleak.service
	$(to) packaging/systemd/sockleak.sysusers $(DESTDIR)$(SYSTEMDDIR)/sysusers.d/sockleak.conf
endif

deb rpm:
	$(Q)packaging/deps.sh $@
	$(Q)packaging/build.sh $@ $(VERSION) $(O)/$@
