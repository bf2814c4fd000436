#!/bin/bash
# In a crash-dump kernel adapters are reset first, for the crashed one may have left them in any
# state; and nothing is flashed.
# vm: --pci md4000:A --append reset_devices --append elfcorehdr=0x4000000
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

modprobe mydev_sim adapters=1
modprobe mydev_pci
for id in 0 1; do
	wait_until 20 "an adapter" is_state $id ready
	is "on $(attr ADAPTER.ADDRESS ADAPTER_GET ADAPTER_ID=$id) it was reset" \
		"$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID=$id)" 1
done
nl_refused $EOPNOTSUPP "no flash" "crash-dump" FLASH_START ADAPTER_ID=0 FLASH_FILE=md4000-2.0.0.bin
check "unload" modprobe -r mydev_sim mydev_pci
done_testing
