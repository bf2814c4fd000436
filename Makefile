# SPDX-License-Identifier: GPL-2.0
# Everything made lies in build/; the kernels and machine images of the tests in build/cache,
# or in CACHE.

VERSION := $(shell cat VERSION)
BUILD := build
CACHE ?= $(abspath $(BUILD)/cache)
KDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
export CACHE
# mke2fs, depmod and others lie where only root looks.
export PATH := $(PATH):/usr/sbin:/sbin

CC ?= gcc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wno-unused-parameter -Wno-missing-field-initializers
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g

Q := $(if $(V),,@)
# Another make has as many jobs at a time as there are processors, unless this one was told how many.
parallel = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# Debian and CentOS 7 alike name these.
PKGS := libnl-3.0 libnl-genl-3.0 libudev json-c libcrypto inih

.PHONY: all
## make            the daemon, the CLI and the firmware images; V=1 shows the commands
all: programs firmware

include scripts/user.mk
include scripts/kmod.mk
include firmware/firmware.mk
# An RPM is built without these.
include $(wildcard tests/vm/vm.mk tests/tests.mk specs/disk.mk)

## make help       all targets
.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make clean      removes what was built, keeps build/cache;  make distclean  removes all
.PHONY: clean distclean
clean:
	$(Q)find $(BUILD) -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} + 2>/dev/null || true
distclean:
	$(Q)rm -rf $(BUILD)

## make demo       the main job in a virtual machine, in front of you
.PHONY: demo
demo: vm-product
	$(Q)tty=; [ -t 1 ] && tty=--tty; tests/vm/run $$tty --pci none --share scripts -- /mnt/share/demo
