#!/bin/bash
# The function that a card is behind is reset, and a card is in some state already when the driver comes.
# vm: --pci md4000:A --timeout 300
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

driver=/sys/bus/pci/drivers/mydev_pci

tell() {
	card tell A "$@" >/dev/null
}
works() {
	is_state 0 ready && nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=0
}
resets() {
	attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID=0
}

modprobe mydev_pci
wait_until 20 "an adapter" works
address=$(basename "$driver"/*:*)
is "at its address" "$(attr ADAPTER.ADDRESS ADAPTER_GET ADAPTER_ID=0)" "$address"
is "it was taken as it was, without a reset" "$(resets)" 0
is "it has two interrupts" "$(grep -c "mydev_pci@$address" /proc/interrupts)" 2

# ---- reset of the function, by somebody else and by the driver ----
echo 1 >"/sys/bus/pci/devices/$address/reset"
wait_until 10 "the function was reset: so is the card" equals 1 resets
wait_until 10 "and it works" works
tell deaf on
tell hang forever
nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=0 2>/dev/null || :
wait_until 20 "a card that does not even take resets: its function is reset" \
	sh -c 'dmesg | grep "does not take a reset: resetting its function"'
wait_until 20 "and it is told unresponsive" is_state 0 unresponsive
tell deaf off
tell hang no
nlclient RESET ADAPTER_ID=0
wait_until 20 "it listens again: it works" works

# ---- in use when the driver comes ----
echo "$address" >$driver/unbind
is "unbound: no interrupts stay" "$(grep -c mydev_pci /proc/interrupts)" 0
echo "$address" >$driver/bind
wait_until 20 "bound again: it works" works
tell hang reset
nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=0 2>/dev/null &
echo "$address" >$driver/unbind
wait $! || :
echo "$address" >$driver/bind
wait_until 20 "unbound with a command under way, bound again: it works" works
tell boot_ms 3000
echo "$address" >$driver/unbind
echo "$address" >$driver/bind
wait_until 20 "it still boots when the driver comes: it works" works
is "and is waited for, not reset" "$(resets)" 0
tell boot_ms 50

check "unload" modprobe -r mydev_pci mydev
done_testing
