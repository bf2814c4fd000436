# SPDX-License-Identifier: GPL-2.0
# The test machines. tests/vm/run builds what it boots by itself; these are for what goes over all of them.

VM_KERNEL ?= 6.1

.PHONY: vm-kernels vm-image vm-machine vm-product vm-stage vm-tools
vm-kernels: $(BUILD)/pkgs.mk
	$(Q)tests/vm/kernel $(KMOD_KERNELS)

vm-image: $(BUILD)/pkgs.mk
	$(Q)tests/vm/image >/dev/null

# All that tests/vm/run needs; it asks for the product by itself.
vm-machine: vm-image vm-product

# What tests bring along into the machines.
$(BUILD)/vm-tools/nlclient: tests/vm/nlclient.c include/uapi/linux/mydev.h | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC test,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -MF $@.d -o $@ $< $(USER_LIBS)

$(BUILD)/vm-tools/kstress: tests/vm/kstress.c include/uapi/linux/mydev.h | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC test,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -MF $@.d -o $@ $<

vm-tools: $(BUILD)/vm-tools/nlclient $(BUILD)/vm-tools/kstress

# Modules of tests, of a kernel.
HOSTILE_SRCS := $(wildcard tests/vm/hostile/* kmod/compat/*.h)
$(BUILD)/kmod/hostile-%/.built: $(HOSTILE_SRCS) include/xen/io/mydevif.h | $(BUILD)/pkgs.mk
	$(Q)tests/vm/kernel $*
	$(call say,KMOD test,$*)
	$(Q)mkdir -p $(@D)
	$(Q)cp -rsf $(abspath tests/vm/hostile)/. $(abspath kmod/compat) $(abspath include) $(@D)/
	+$(Q)$(MAKE) --no-print-directory $(if $(V),,-s) -C $(CACHE)/kernels/$*/build M=$(abspath $(@D)) \
		CONFIG_DEBUG_INFO_BTF_MODULES= W=1 KCFLAGS=-Werror modules
	$(Q)touch $@

# What tests/vm/product makes an image of
vm-product: vm-stage vm-tools $(BUILD)/kmod/$(VM_KERNEL)/.built $(BUILD)/kmod/hostile-$(VM_KERNEL)/.built

vm-stage: all
	$(Q)rm -rf $(BUILD)/stage
	+$(Q)$(MAKE) --no-print-directory install DESTDIR=$(abspath $(BUILD)/stage)

## make shell      VM_KERNEL=: a prompt in a machine with the product and slots for cards;  make shell-xen  in dom0
.PHONY: shell shell-xen
shell shell-xen:
	$(Q)tests/vm/run --kernel $(VM_KERNEL) --pci none $(if $(@:shell=),--xen) --interactive

## make check-debug  the VM tests on a kernel that looks for mistakes of ours; its first build takes 15 minutes
.PHONY: check-debug
check-debug: vm-image
	+$(Q)$(MAKE) --no-print-directory vm-product VM_KERNEL=6.1-debug
	$(Q)VM_BUILT=1 VM_KERNEL=6.1-debug $(PROVE) --jobs 2 $(filter-out tests/vm/selftest.t,$(VM_TESTS) $(VM_LONG_TESTS))
