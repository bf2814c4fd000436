# SPDX-License-Identifier: GPL-2.0
# The firmware images: build/firmware/NAME.bin of each firmware/NAME.fw, signed with the
# test key. The same source and key make the same image.

FW_KEY ?= firmware/test-key.pem
FW_SOURCES := $(wildcard firmware/*.fw)
FW_IMAGES := $(patsubst firmware/%.fw,$(BUILD)/firmware/%.bin,$(FW_SOURCES))
MKIMAGE := $(BUILD)/obj/mkimage
MKIMAGE_OBJS := $(patsubst %,$(BUILD)/obj/%.o,firmware/mkimage firmware/source lib/fwbuild \
	lib/fwimage lib/keyring lib/crypto lib/alloc model/image model/crc32)

# Its own objects instead of lib.a: images do not depend on the rest of the library.
$(MKIMAGE): $(MKIMAGE_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) -pie -Wl,-z,relro,-z,now -o $@ $^ $(USER_LIBS)

-include $(MKIMAGE_OBJS:.o=.d)

$(BUILD)/firmware/%.bin: firmware/%.fw $(FW_KEY) $(MKIMAGE)
	$(Q)mkdir -p $(@D)
	$(call say,FW,$@)
	$(Q)$(MKIMAGE) --key $(FW_KEY) $< $@

.PHONY: firmware
firmware: $(FW_IMAGES)
