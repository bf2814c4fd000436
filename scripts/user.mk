# SPDX-License-Identifier: GPL-2.0
# The programs of user space. Every .c of a directory belongs to it; no lists to keep.
# Objects come in two kinds: obj (as shipped) and san (with sanitizers, for unit tests).

USER_DIRS := lib model mgmtd mgmtcli emu
# Recursive on purpose: pkg-config is asked when something is compiled, after the set-up.
USER_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DMYDEV_VERSION='"$(VERSION)"' $(DEFS) $(WARN) \
	-Iinclude -I. -MMD -MP $(PKG_CFLAGS)
# Of libxenstore the header alone, where it is: mydevd loads the library when it needs it.
# Of libevent the core alone, of which 2.0 has no .pc.
USER_LIBS = $(PKG_LIBS) -levent_core -lpthread -ldl

# $(1) directory, $(2) kind
objs = $(patsubst %.c,$(BUILD)/$(2)/%.o,$(wildcard $(1)/*.c))

# SETUP=true: whoever builds has seen to it, as rpmbuild does.
SETUP ?= ./scripts/setup
$(BUILD)/pkgs.mk: Makefile scripts/packages
	$(Q)mkdir -p $(@D)
	$(Q)$(SETUP)
	$(Q)$(PKG_CONFIG) --exists xenstore || echo 'libxenstore is not there: this mydevd will lend no adapter to guests'
	$(Q)printf 'PKG_CFLAGS := %s\nPKG_LIBS := %s\n' \
		"$$($(PKG_CONFIG) --cflags $(PKGS))$$($(PKG_CONFIG) --exists xenstore && echo ' -DMYDEV_XENSTORE')" \
		"$$($(PKG_CONFIG) --libs $(PKGS))" > $@
ifneq ($(filter-out help clean distclean,$(or $(MAKECMDGOALS),all)),)
-include $(BUILD)/pkgs.mk
endif

$(BUILD)/obj/%.o: %.c | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(HARDEN) $(USER_CFLAGS) -c -o $@ $<

$(BUILD)/san/%.o: %.c | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC san,$<)
	$(Q)$(CC) $(SANITIZE) $(USER_CFLAGS) -c -o $@ $<

-include $(foreach d,$(USER_DIRS),$(foreach k,obj san,$(patsubst %.o,%.d,$(call objs,$(d),$(k)))))

# The RPC document is embedded.
$(BUILD)/obj/mgmtd/openrpc.o $(BUILD)/san/mgmtd/openrpc.o: doc/openrpc.json

# The test key is.
$(BUILD)/obj/emu/store.o $(BUILD)/san/emu/store.o: firmware/mydev-TEST-ONLY.pem

# A library of each directory but for its main.c, so that tests link what they test.
define archive
$(BUILD)/$(2)/$(1).a: $(filter-out %/main.o,$(call objs,$(1),$(2)))
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach d,$(USER_DIRS),$(foreach k,obj san,$(eval $(call archive,$(d),$(k)))))

define program
$(BUILD)/$(2)/$(3): $(BUILD)/$(2)/$(1)/main.o $(BUILD)/$(2)/$(1).a $(BUILD)/$(2)/lib.a $(BUILD)/$(2)/model.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $(if $(filter san,$(2)),$$(SANITIZE),-pie -Wl,-z,relro,-z,now) -o $$@ $$^ $$(USER_LIBS)
endef
$(foreach k,obj san,$(eval $(call program,mgmtd,$(k),mydevd)))
$(foreach k,obj san,$(eval $(call program,mgmtcli,$(k),mydevcli)))
$(foreach k,obj san,$(eval $(call program,emu,$(k),mydev-emu)))

# Completion comes from the table of verbs.
$(BUILD)/mydevcli.bash: $(BUILD)/obj/mydevcli
	$(Q)$< help --completion bash > $@

.PHONY: programs
programs: $(BUILD)/obj/mydevd $(BUILD)/obj/mydevcli $(BUILD)/obj/mydev-emu $(BUILD)/mydevcli.bash

## make install    DESTDIR=: programs, units, rules, firmware, configuration, documentation
.PHONY: install
install: all
	$(Q)install -Dm755 $(BUILD)/obj/mydevd $(DESTDIR)/usr/sbin/mydevd
	$(Q)install -Dm755 $(BUILD)/obj/mydevcli $(DESTDIR)/usr/sbin/mydevcli
	$(Q)mkdir -p $(DESTDIR)/lib/firmware/mydev
	$(Q)install -m644 $(FW_IMAGES) $(DESTDIR)/lib/firmware/mydev/
	$(Q)./scripts/install-files $(DESTDIR) $(BUILD)
