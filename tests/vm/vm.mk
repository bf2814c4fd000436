# SPDX-License-Identifier: GPL-2.0
# The test machines. tests/vm/run builds what it boots by itself; these are for what goes over all of them.

VM_KERNEL ?= 6.1
# Kernels that users have; 6.1-debug, the one that looks for our mistakes, takes minutes to build.
VM_KERNELS := 5.10 6.1 6.1-cloud 6.12
VM_KMOD_FLAGS ?=

.PHONY: vm-kernels vm-image vm-machine vm-product vm-stage vm-modules
vm-kernels: $(BUILD)/pkgs.mk
	$(Q)tests/vm/kernel $(VM_KERNELS)

vm-image: $(BUILD)/pkgs.mk
	$(Q)tests/vm/image >/dev/null

# All that tests/vm/run needs; it asks for the product by itself.
vm-machine: vm-image vm-product

vm-product: vm-stage vm-modules vm-tools

# What tests bring along into the machines.
$(BUILD)/vm-tools/nlclient: tests/vm/nlclient.c include/uapi/linux/mydev.h | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC test,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -MF $@.d -o $@ $< $(USER_LIBS)

.PHONY: vm-tools
vm-tools: $(BUILD)/vm-tools/nlclient

# While a part of the product is not there yet, a machine without it.
vm-stage: $(if $(wildcard mgmtd/main.c),$(if $(wildcard mgmtcli/main.c),all))
	$(Q)rm -rf $(BUILD)/stage
	$(Q)mkdir -p $(BUILD)/stage
	+$(if $^,$(Q)$(MAKE) --no-print-directory install DESTDIR=$(abspath $(BUILD)/stage))

vm-modules: $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(BUILD)/kmod/$(VM_KERNEL)
	$(Q)tests/vm/kernel $(VM_KERNEL)
	$(if $(wildcard kmod/Kbuild),$(call kmod,$(CACHE)/kernels/$(VM_KERNEL)/build,$(BUILD)/kmod/$(VM_KERNEL),$(VM_KMOD_FLAGS)))

## make shell      VM_KERNEL=: a prompt in a machine with the product
.PHONY: shell
shell:
	$(Q)tests/vm/run --kernel $(VM_KERNEL) --interactive

## make check-debug  the VM tests on a kernel that looks for mistakes of ours; its first build takes 15 minutes
.PHONY: check-debug
check-debug: vm-image
	+$(Q)$(MAKE) --no-print-directory vm-product VM_KERNEL=6.1-debug
	$(Q)VM_BUILT=1 VM_KERNEL=6.1-debug $(PROVE) --jobs 2 $(filter-out tests/vm/selftest.t,$(VM_TESTS))
