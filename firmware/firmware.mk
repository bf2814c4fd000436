# to be replaced by the firmware's own
.PHONY: firmware
firmware:
