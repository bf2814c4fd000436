# SPDX-License-Identifier: GPL-2.0
# The test machines. tests/vm/run builds what it boots by itself; these are for what goes over all of them.

VM_KERNEL ?= 6.1

.PHONY: vm-kernels vm-image vm-product vm-tools vm-disk
vm-kernels: $(BUILD)/pkgs.mk
	$(Q)tests/vm/kernel $(KMOD_KERNELS)

vm-image: $(BUILD)/pkgs.mk
	$(Q)tests/vm/image >/dev/null

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

# What tests/vm/product installs: the driver disk for one kernel and its twin. Its modules take emulated cards, and it
# has one date forever, so that a commit makes no new one. The data RPM is made once, for the disks of all kernels.
VM_XEN := $(VM_KERNEL:%-cloud=%)
VM_DISK := $(BUILD)/vm-disk/$(VM_XEN)
vm-disk: all vm-tools $(BUILD)/kmod/hostile-$(VM_KERNEL)/.built
	$(Q)mkdir -p $(VM_DISK)
	$(Q)printf 'xcp %s $(VM_XEN) * - vm:%s\n' xen $(VM_XEN) kdump $(VM_XEN:%-debug=%)-cloud >$(VM_DISK)/table
	+$(Q)flock $(BUILD)/vm-disk/.lock $(MAKE) --no-print-directory build-isos DISK=$(VM_DISK) \
		DATA_DISK=$(BUILD)/vm-disk/data KERNELS=$(VM_DISK)/table EMULATED=1 SOURCE_DATE_EPOCH=1600000000

# All that tests/vm/run needs for that kernel
vm-product: vm-image vm-disk
	$(Q)VM_BUILT=1 tests/vm/product $(VM_KERNEL) >/dev/null

## make shell      VM_KERNEL=: a prompt in a machine with the product and slots for cards;  make shell-xen  in dom0
.PHONY: shell shell-xen
shell shell-xen:
	$(Q)tests/vm/run --kernel $(VM_KERNEL) --pci none $(if $(@:shell=),--xen) --interactive

## make check-debug  the VM tests on a kernel that looks for mistakes of ours; its first build takes 15 minutes
.PHONY: check-debug
check-debug:
	+$(Q)$(MAKE) --no-print-directory vm-product VM_KERNEL=6.1-debug
	$(Q)VM_BUILT=1 VM_KERNEL=6.1-debug $(PROVE) --jobs 2 $(filter-out tests/vm/selftest.t,$(VM_TESTS) $(VM_LONG_TESTS))
