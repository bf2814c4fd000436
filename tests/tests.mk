# SPDX-License-Identifier: GPL-2.0
# Unit tests: each tests/unit/test_*.c is a cmocka program that prints TAP, linked with
# everything but the main()s, under sanitizers. VM tests: each tests/vm/*.t is a script
# that runs itself inside a test machine. One prove runs them all.

UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
VM_TESTS ?= $(wildcard tests/vm/*.t)
SAN_LIBS = $(foreach d,mgmtd mgmtcli lib model,$(BUILD)/san/$(d).a)
UNIT_SHARED = $(patsubst %.c,$(BUILD)/san/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
PROVE = CMOCKA_MESSAGE_OUTPUT=TAP prove --failures --comments --timer -e tests/quiet

$(BUILD)/tests/%: tests/unit/%.c $(UNIT_SHARED) $(SAN_LIBS) | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC test,$<)
	$(Q)$(CC) $(SANITIZE) $(USER_CFLAGS) -Itests/unit -MF $@.d -o $@ $< $(UNIT_SHARED) \
		-Wl,--start-group $(SAN_LIBS) -Wl,--end-group $(USER_LIBS) -lcmocka

.SECONDARY: $(UNIT_SHARED)
-include $(patsubst %,%.d,$(UNIT_TESTS))

## make unit       unit tests alone
.PHONY: unit
unit: $(UNIT_TESTS) firmware
	$(Q)$(PROVE) $(UNIT_TESTS)

SCRIPTS = $(shell git ls-files | xargs grep -lE '^\#!.*\b(sh|bash)$$' /dev/null) $(VM_TESTS)
CPPCHECK = cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
	--enable=warning,performance,portability --suppress=missingIncludeSystem \
	-Iinclude -I. -j2 --include=$(QUEUE_H) --suppress='*:$(QUEUE_H)'
# Whose list macros it does not find by itself.
QUEUE_H = $(shell echo '\#include <sys/queue.h>' | $(CC) -M -xc - | grep -o '[^ ]*sys/queue.h')

## make lint       W=1, sparse, cppcheck, shellcheck, mandoc
.PHONY: lint
lint: $(BUILD)/pkgs.mk $(BUILD)/mydevcli.bash kmod-sparse
	$(call say,LINT,shellcheck)
	$(Q)shellcheck -x -P SCRIPTDIR $(SCRIPTS)
	$(Q)shellcheck -s bash $(BUILD)/mydevcli.bash
	$(call say,LINT,mandoc)
	$(Q)mandoc -T lint -W warning $(wildcard doc/*.[1-8])
	$(call say,LINT,cppcheck)
	$(Q)$(CPPCHECK) -D_GNU_SOURCE -DMYDEV_VERSION='""' lib model mgmtd mgmtcli firmware

## make check-quick  build, unit tests, lint: about a minute, for every commit
.PHONY: check-quick
check-quick: all lint
	+$(Q)$(MAKE) --no-print-directory unit

## make check      all tests, on all kernels
.PHONY: check
check: all lint $(UNIT_TESTS) modules-all vm-image
	$(Q)$(PROVE) --jobs 2 $(UNIT_TESTS) $(VM_TESTS) $(DISK_TESTS)

## make check-long  power cuts of all kinds at all flash geometries: minutes
.PHONY: check-long
check-long: $(BUILD)/tests/test_model_cuts
	$(Q)MYDEV_ALL_CUTS=1 $(PROVE) $<

## make bench      figures of the daemon and the CLI, from a test machine
.PHONY: bench
bench: vm-machine
	$(Q)tests/vm/run --memory 3072 --timeout 1200 --share tests/bench -- /mnt/share/bench
