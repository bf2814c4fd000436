# SPDX-License-Identifier: GPL-2.0
# The kernel modules. kbuild writes objects beside the sources, so each kernel gets a
# directory of links to them: build/kmod/NAME.

KMOD_SRCS = $(shell find kmod model include -name '*.[ch]' -o -path 'kmod/*' -name Kbuild)

# $(call kmod,TREE,DIR[,MAKEFLAGS]): builds the modules against the kernel tree TREE in DIR
define kmod
	$(Q)mkdir -p $(2)
	$(Q)cp -rsu $(abspath kmod)/. $(abspath model) $(abspath include) $(2)/
	$(Q)find $(2) -xtype l -delete
	+$(Q)$(MAKE) --no-print-directory -C $(1) M=$(abspath $(2)) MYDEV_VERSION=$(VERSION) $(3) modules
endef

## make modules    KDIR=: the kernel modules for that kernel tree
.PHONY: modules
modules:
	$(call kmod,$(KDIR),$(BUILD)/kmod/$(notdir $(patsubst %/build,%,$(KDIR))))
