#!/bin/bash
# PCI cards that are there no more from one moment to the next, with PCI Express's own hot-plug.
# vm: --pci md4000:A --pciehp --timeout 900
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$(dirname "$0")/pci.sh"

# Five seconds each are the attention button's.
cycles=2
[ -z "${VM_LONG:-}" ] || cycles=10

printf '[Config]\ntemp.warn=60\n' >/etc/mydev/profiles.d/20-all.conf
wait_until 30 "a card" is_ready A
port=$(port_of A)

# take_away DESC: no driver is asked
take_away() {
	check "$1: the card vanishes" vanish A "$port"
	wait_until 10 "$1: the adapter is gone" is_gone A
}
plug_again() {
	check "the card is taken out" card unplug A
	check "and plugged in" card plug A
	wait_until 30 "it is there, and configured" is_applied A
	check "it works" mydevcli locate A --off
	is "its slot is the same" "$(port_of A)" "$port"
}

take_away "idle"
no_hwrng() {
	! grep -qw mydev /sys/class/misc/hw_random/rng_available
}
wait_until 20 "all is gone" no_hwrng
before=$(footprint)
plug_again

check "it hangs" tell A hang forever
mydevcli locate A --off >/tmp/locate.log 2>&1 & command=$!
wait_until 10 "a command waits" somebody_in mydev_command
take_away "in a command"
status=0
wait $command || status=$?
check "the command has ended: $status" test $status -ne 0
check "it does no more" tell A hang no
plug_again

tell A flash_delay_us 8000
mydevcli flash md4000-1.1.0.bin A >/tmp/flash.log 2>&1 & flash=$!
wait_until 20 "it is flashed" flashing A
take_away "in a flash"
status=0
wait $flash || status=$?
is "the client hears that it is gone" $status 3
like "and says so" "$(cat /tmp/flash.log)" '(removed|gone)'
tell A flash_delay_us 0
plug_again
is "the old firmware runs" "$(running A)" 1.0.0
check "flash, this time to the end" mydevcli flash md4000-1.1.0.bin A
is "the new one runs" "$(running A)" 1.1.0

for how in "that waits" "that gets"; do
	wait_until 10 "hwrng" grep -qw mydev /sys/class/misc/hw_random/rng_available
	echo mydev >/sys/class/misc/hw_random/rng_current
	: >/tmp/got
	if [ "$how" = "that gets" ]; then
		(while dd if=/dev/hwrng bs=64 status=none; do :; done >>/tmp/got) 2>/dev/null & reader=$!
		wait_until 10 "a reader gets" grown /tmp/got 0
	else
		tell A hang forever
		dd if=/dev/hwrng bs=64 count=1 status=none >/tmp/got 2>/dev/null & reader=$!
		wait_until 10 "a reader waits" asleep_in rng_dev_read $reader
	fi
	take_away "under a reader $how"
	wait_until 30 "the reader ends" bash -c "! kill -0 $reader"
	tell A hang no
	wait_until 20 "all is gone" no_hwrng
	is "without a trace" "$(footprint)" "$before"
	refused 1 "what reads of nothing yield is not passed off as random" \
		grep -Eq '^ *(0{16}|f{16})$' <(od -An -v -w8 -tx8 /tmp/got)
	plug_again
done

# In good order too, which is asked for by the attention button.
for ((i = 1; i <= cycles; i++)); do
	plug_again
done
check "a card whose power fails" card kill A
check "is in its slot, dead" test -e "/sys/class/mydev/$(name A)"
refused 8 "a command finds out" mydevcli locate A --off
wait_until 30 "it is unresponsive" is_state A unresponsive
plug_again
check "the driver is unloaded" modprobe -r mydev_pci
take_away "without a driver"
check "and loaded" modprobe mydev_pci
plug_again
done_testing
