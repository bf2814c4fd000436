# SPDX-License-Identifier: GPL-2.0
# Unit tests: each tests/unit/test_*.c is a cmocka program that prints TAP, linked with
# everything but the main()s, under sanitizers.

UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
SAN_LIBS = $(foreach d,mgmtd mgmtcli lib model,$(BUILD)/san/$(d).a)

$(BUILD)/tests/%: tests/unit/%.c $(SAN_LIBS) | $(BUILD)/pkgs.mk
	$(Q)mkdir -p $(@D)
	$(call say,CC test,$<)
	$(Q)$(CC) $(SANITIZE) $(USER_CFLAGS) -Itests/unit -MF $@.d -o $@ $< \
		-Wl,--start-group $(SAN_LIBS) -Wl,--end-group $(USER_LIBS) -lcmocka

-include $(patsubst %,%.d,$(UNIT_TESTS))

.PHONY: unit
unit: $(UNIT_TESTS) firmware
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -e '' $(UNIT_TESTS)
