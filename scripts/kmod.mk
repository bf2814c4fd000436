# SPDX-License-Identifier: GPL-2.0
# The kernel modules. kbuild writes objects beside the sources, so each kernel gets a
# directory of links to them: build/kmod/NAME. The RPM's build reads this file alone, without
# the Makefile and the test machines.

KMOD_SRCS := $(shell find kmod model include -name '*.[ch]') kmod/Kbuild VERSION
# Those that users have; the debug kernel takes minutes to build.
KMOD_KERNELS := $(shell awk '!/^\#/ && $$3 != "source" { print $$1 }' $(wildcard tests/vm/kernels) </dev/null)

# $(call kmod,TREE,DIR[,MAKEFLAGS]): builds the modules against the kernel tree TREE in DIR
define kmod
	$(Q)mkdir -p $(2)
	$(Q)cp -rsf $(abspath kmod)/. $(abspath model) $(abspath include) $(2)/
	$(Q)find $(2) -xtype l -delete
	+$(Q)$(MAKE) --no-print-directory $(if $(V),,-s) -C $(1) M=$(abspath $(2)) MYDEV_VERSION=$(VERSION) CONFIG_DEBUG_INFO_BTF_MODULES= $(3) modules
endef

## make modules    KDIR=: the kernel modules for that kernel tree; MYDEV_PCI_EMU=1: for emulated cards too
.PHONY: modules
modules:
	$(call kmod,$(KDIR),$(BUILD)/kmod/$(notdir $(patsubst %/build,%,$(KDIR))))

# For a kernel of the test machines; any warning is an error. sparse tells what it finds on stderr and calls that success.
$(BUILD)/kmod/%/.built: $(KMOD_SRCS) | $(BUILD)/pkgs.mk
	$(Q)tests/vm/kernel $*
	$(call say,KMOD,$*)
	$(call kmod,$(CACHE)/kernels/$*/build,$(@D),MYDEV_PCI_EMU=1 W=1 C=2 CHECK=sparse) 2>$(@D)/.log || { cat $(@D)/.log >&2; false; }
	$(Q)! grep -E '(warning|error): ' $(@D)/.log >&2
	$(Q)touch $@

.PHONY: $(KMOD_KERNELS:%=kmod-%)
$(KMOD_KERNELS:%=kmod-%): kmod-%: $(BUILD)/kmod/%/.built

## make modules-all  for all kernels of the test machines, without a warning of the compiler or of sparse
.PHONY: modules-all
modules-all: $(KMOD_KERNELS:%=kmod-%)
