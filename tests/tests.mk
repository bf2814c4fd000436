# SPDX-License-Identifier: GPL-2.0
# Unit tests: each tests/unit/test_*.c is a cmocka program that prints TAP, linked with
# everything but the main()s, under sanitizers. VM tests: each tests/vm/*.t is a script
# that runs itself inside a test machine. One prove runs them all.

UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
# Those of minutes are for check-long.
VM_LONG_TESTS = $(patsubst %,tests/vm/pci-%.t,entropy function hostile hotplug power remove stress) \
	$(patsubst %,tests/vm/xen-%.t,attack churn entropy guest hostile lifecycle product)
VM_TESTS ?= $(filter-out $(VM_LONG_TESTS),$(wildcard tests/vm/*.t))
SAN_LIBS = $(foreach d,mgmtd mgmtcli emu lib model,$(BUILD)/san/$(d).a)
UNIT_SHARED = $(patsubst %.c,$(BUILD)/san/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
PROVE = CMOCKA_MESSAGE_OUTPUT=TAP prove --failures --comments --timer -e tests/quiet

$(BUILD)/tests/%: tests/unit/%.c $(UNIT_SHARED) $(SAN_LIBS) | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC test,$<)
	$(Q)$(CC) $(SANITIZE) $(USER_CFLAGS) -Itests/unit -MF $@.d -o $@ $< $(UNIT_SHARED) \
		-Wl,--start-group $(SAN_LIBS) -Wl,--end-group $(USER_LIBS) -lcmocka

# The emulator is tested as the program that it is.
EMU_TESTS = $(filter $(BUILD)/tests/test_emu_%,$(UNIT_TESTS))
$(EMU_TESTS): | $(BUILD)/san/mydev-emu $(FW_IMAGES)

# A real xenstored runs without Xen by this.
$(BUILD)/tests/test_daemon_guests: | $(BUILD)/tests/xen.so
$(BUILD)/tests/xen.so: tests/unit/preload/xen.c | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC test,$<)
	$(Q)$(CC) -O1 -g -fPIC -shared $(USER_CFLAGS) -MF $@.d -o $@ $< -ldl

.SECONDARY: $(UNIT_SHARED)
-include $(patsubst %,%.d,$(UNIT_TESTS)) $(UNIT_SHARED:.o=.d) $(BUILD)/tests/xen.so.d

## make unit       unit tests alone
.PHONY: unit
unit: $(UNIT_TESTS) firmware
	$(Q)$(PROVE) $(UNIT_TESTS)

# The power cuts by the hundred thousand, without sanitizers.
FAST_SHARED = $(patsubst $(BUILD)/san/%,$(BUILD)/obj/%,$(UNIT_SHARED))
FAST_CUTS = $(BUILD)/fast/test_model_cuts
$(BUILD)/fast/%: tests/unit/%.c $(FAST_SHARED) $(subst /san/,/obj/,$(SAN_LIBS)) | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC fast,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -Itests/unit -MF $@.d -o $@ $< $(FAST_SHARED) \
		-Wl,--start-group $(subst /san/,/obj/,$(SAN_LIBS)) -Wl,--end-group $(USER_LIBS) -lcmocka

.SECONDARY: $(FAST_SHARED)
-include $(FAST_CUTS).d $(FAST_SHARED:.o=.d)

# Fuzzers: tests/fuzz/*.c with libFuzzer, which is clang's. Warnings are gcc's business.
FUZZ_CC ?= clang
FUZZ_CFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_OBJS = $(patsubst %.c,$(BUILD)/fuzz/%.o,$(wildcard lib/*.c) model/image.c model/crc32.c \
	mgmtd/profile.c mgmtd/guestpolicy.c mgmtd/words.c mgmtd/patterns.c mgmtd/ini.c)
FUZZ_SECONDS ?= 60
export FUZZ_SECONDS

$(BUILD)/fuzz/%.o: %.c | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC fuzz,$<)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link $(FUZZ_CFLAGS) $(USER_CFLAGS) -w -c -o $@ $<

$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(FUZZ_OBJS)
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer $(FUZZ_CFLAGS) -o $@ $^ $(USER_LIBS)

.SECONDARY: $(patsubst %.c,$(BUILD)/fuzz/%.o,$(wildcard tests/fuzz/*.c))
-include $(FUZZ_OBJS:.o=.d) $(patsubst %.c,$(BUILD)/fuzz/%.d,$(wildcard tests/fuzz/*.c))

## make fuzz       each parser fed with what libFuzzer finds, for FUZZ_SECONDS= (60)
.PHONY: fuzz
fuzz: $(FUZZERS) firmware
	$(Q)$(PROVE) tests/fuzz/fuzz.t

SCRIPTS = $(shell git ls-files | xargs grep -lE '^\#!.*\b(sh|bash)$$' /dev/null) $(VM_TESTS) $(VM_LONG_TESTS)
CPPCHECK = cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
	--enable=warning,performance,portability --suppress=missingIncludeSystem \
	-Iinclude -I. -j2 --include=$(QUEUE_H) --suppress='*:$(QUEUE_H)'
# Whose list macros it does not find by itself.
QUEUE_H = $(shell echo '\#include <sys/queue.h>' | $(CC) -M -xc - | grep -o '[^ ]*sys/queue.h')

## make lint       W=1, sparse, cppcheck, shellcheck, mandoc
.PHONY: lint
lint: $(BUILD)/pkgs.mk $(BUILD)/mydevcli.bash modules-all
	$(call say,LINT,shellcheck)
	$(Q)shellcheck -x -P SCRIPTDIR $(SCRIPTS)
	$(Q)shellcheck -s bash $(BUILD)/mydevcli.bash
	$(call say,LINT,mandoc)
	$(Q)mandoc -T lint -W warning $(wildcard doc/*.[1-8])
	$(call say,LINT,cppcheck)
	$(Q)$(CPPCHECK) -D_GNU_SOURCE -DMYDEV_VERSION='""' lib model mgmtd mgmtcli emu firmware
	$(call say,LINT,without libxenstore)
	$(Q)$(CC) $(USER_CFLAGS) -UMYDEV_XENSTORE -MF /dev/null -fsyntax-only mgmtd/xenstore.c

## make check-quick  build, unit tests, lint: about a minute, for every commit
.PHONY: check-quick
check-quick:
	+$(Q)$(MAKE) --no-print-directory $(parallel) all lint $(UNIT_TESTS)
	+$(Q)$(MAKE) --no-print-directory unit

## make check      the tests, on the oldest and the newest kernel: about 20 minutes; check-long has those of hours
.PHONY: check
check: FUZZ_SECONDS := 5
check:
	+$(Q)$(MAKE) --no-print-directory $(parallel) all lint $(UNIT_TESTS) $(FAST_CUTS) $(FUZZERS) vm-image
	$(Q)$(PROVE) --jobs 2 $(FAST_CUTS) tests/fuzz/fuzz.t $(UNIT_TESTS) $(VM_TESTS)

## make check-long  power cuts at all flash geometries, three in a row; races; hot-plug; driver disks; another product: hours
.PHONY: check-long
check-long: $(FAST_CUTS) check-emu check-disk vm-product
	$(Q)MYDEV_CUTS=all $(PROVE) $<
	$(Q)VM_LONG=1 $(PROVE) $(VM_LONG_TESTS) tests/vm/xen.t
	$(Q)VM_KERNEL=6.1 $(PROVE) tests/vm/core.t tests/vm/flash-kernel.t
	$(Q)VM_KERNEL=6.1-cloud $(PROVE) tests/vm/core.t
	+$(Q)$(MAKE) --no-print-directory check-product

$(BUILD)/tsan/mydev-emu: $(foreach d,emu lib model,$(wildcard $(d)/*.[ch])) | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC tsan,$@)
	$(Q)$(CC) -fsanitize=thread -O1 -g $(filter-out -M%,$(USER_CFLAGS)) -o $@ $(filter %.c,$^) $(USER_LIBS)

# A thread that still runs when the process is cut off is possibly lost memory.
MEMCHECK = valgrind -q --error-exitcode=66 --leak-check=full --errors-for-leak-kinds=definite

## make check-emu  the emulator's tests again, for races and for memory that was never set
.PHONY: check-emu
check-emu: $(EMU_TESTS) $(BUILD)/tsan/mydev-emu $(BUILD)/obj/mydev-emu
	$(Q)MYDEV_EMU=$(BUILD)/tsan/mydev-emu $(PROVE) $(EMU_TESTS)
	$(Q)MYDEV_EMU="$(MEMCHECK) $(BUILD)/obj/mydev-emu" $(PROVE) $(EMU_TESTS)

## make check-product  a product made of the committed tree builds its own disk and passes its tests
PRODUCT_TREE := $(BUILD)/product
.PHONY: check-product
check-product:
	$(Q)rm -rf $(PRODUCT_TREE)
	$(Q)scripts/new-product entropix --vendor "Entropix & Sons" --vendor-code entropix --pci-id 1234:abcd \
		--to $(PRODUCT_TREE)
	+$(Q)$(MAKE) -C $(PRODUCT_TREE) check check-disk

## make bench      mydev and its peers in the same machines: the table of doc/performance.md; half an hour
BENCH_TOOLS = $(patsubst %,$(BUILD)/bench/%,measure dump rpcload wcopy)
.PHONY: bench
bench: vm-product $(BENCH_TOOLS) $(BUILD)/bench/large.bin
	$(Q)tests/bench/run $(BUILD)

$(BENCH_TOOLS): $(BUILD)/bench/%: tests/bench/%.c | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC bench,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -MF $@.d -o $@ $< $(USER_LIBS)

$(BUILD)/bench/large.bin: firmware/md4000-1.1.0.fw $(FW_KEY) $(MKIMAGE)
	$(Q)mkdir -p $(@D)
	$(Q)$(MKIMAGE) --key $(FW_KEY) --set code_size=8000000 $< $@
