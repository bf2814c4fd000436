#!/bin/bash
# Random bytes through the Xen device, both ends in dom0, each byte accounted for: at a limit, and while either end,
# and the card, go and come under the reader.
# vm: --xen --pci none --timeout 400
# kernels: 6.1
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$(dirname "$0")/pci.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

rng=/sys/class/misc/hw_random
front=/sys/bus/xen/drivers/mydevicefront
back=/sys/bus/xen-backend/drivers/mydeviceback
cd "$(mktemp -d)"

lent() {	# it is ready in the frontend
	grep -qx ready /sys/bus/xen/devices/mydevice-0/mydev/*/state
}
given() {	# STATISTIC [MORE]: more of it than that
	[ "$(xen_statistic 0 0 "$1")" -gt "${2:-0}" ]
}
# read_on FILE: in the background, until stop_reading
read_on() {
	echo mydev >$rng/rng_current
	rm -f enough
	(while [ ! -e enough ]; do dd if=/dev/hwrng bs=64 count=16 status=none || sleep 0.1; done >>"$1") 2>/dev/null & reader=$!
}
stop_reading() {
	touch enough
	wait $reader
}

check "a card that counts" card plug A md4000 --fault entropy_counter=$start_A
wait_until 30 "ready" is_ready A
modprobe mydeviceback loopback=1
modprobe mydevicefront

#
# A limit
#
xen_attach 0 0 A entropy 5003 4096
wait_until 30 "lent, with a limit" lent
read_on one
wait_until 60 "it is reached, again and again" given entropy_bytes 20000
stop_reading
accounted "at the limit" one

#
# What ends under the reader
#
read_on two
for end in front back front back; do
	device=mydevice-0
	[ $end = front ] || device+=-0
	before=$(xen_statistic 0 0 entropy_bytes)
	wait_until 30 "it is read" given entropy_bytes "$before"
	echo $device >"${!end}/unbind"
	echo $device >"${!end}/bind"
	wait_until 30 "the ${end}end is unbound and bound" lent
	wait_until 30 "and read on" given entropy_bytes
done
xen_detach 0 0
xen_attach 0 0 A entropy 5003 4096
wait_until 30 "detached and attached" lent
wait_until 30 "it is read" given entropy_bytes
check "the card is unplugged" card unplug A
check "and plugged in" card plug A
wait_until 60 "it is lent again" lent
wait_until 30 "and read" given entropy_bytes
stop_reading
accounted "after all that" one two
xen_detach 0 0
is "no end was taken for a hostile one" "$(dmesg | grep -E 'not served|breaks a rule')" ""
wait_until 20 "the modules go" modprobe -r mydevicefront mydeviceback
done_testing
