#!/bin/bash
# The product in dom0 of a real Xen, and what it lends: to dom0 itself, to guests.
# vm: --xen --pci md4000:A --timeout 400
# kernels: 6.1
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$(dirname "$0")/pci.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

is "this is dom0" "$(cat /proc/xen/capabilities)" control_d
like "of Xen" "$(xl info xen_version)" '^4\.'

#
# The product in dom0
#
wait_until 30 "a PCI card" is_ready A
modprobe mydev_sim
check "a simulated adapter" plug "md2000 S"
wait_until 30 "is ready" is_ready S
is "mydevcli show" "$(mydevcli show --json | jq -rc '[.adapters[] | .serial + " " + .model] | sort')" '["A MD-4000","S MD-2000"]'
check "flash the card" mydevcli flash md4000-1.1.0.bin A
is "it runs" "$(running A)" 1.1.0
check "flash the simulated one" mydevcli flash md2000-1.1.0.bin S
is "it runs" "$(running S)" 1.1.0
check "/dev/hwrng" test "$(dd if=/dev/hwrng bs=64 count=4 iflag=fullblock status=none | wc -c)" = 256
check "unplug the card" card unplug A
wait_until 20 "it is gone" is_gone A
check "plug it in again" card plug A
wait_until 30 "it is back" is_ready A

#
# Guests
#
# A PV guest, too, when there is time
types=(pvh)
[ -z "${VM_LONG:-}" ] || types+=(pv)
for type in "${types[@]}"; do
	check "a $type guest starts" guest_start "$type" "$type"
	is "it runs a command" "$(guest_run "$type" uname -r)" "$(uname -r)"
	refused 3 "and tells how that ended" guest_run "$type" sh -c 'exit 3'
	like "and its programs" "$(guest_run "$type" mydevcli --version)" mydev
done

#
# What dom0 lends
#
count_serial() {
	grep -lx "$1" /sys/class/mydev/*/serial | wc -l
}
modprobe mydeviceback loopback=1
xen_attach 0 0 A
wait_until 20 "the loopback connects" xen_connected 0 0
wait_until 20 "a second adapter of that serial number" equals 2 count_serial A
xen_detach 0 0
wait_until 20 "and only the first" equals 1 count_serial A
for type in "${types[@]}"; do
	xen_attach "$(xl domid "$type")" 0 A
	wait_until 30 "lent to the $type guest, whose modules load by themselves" guest_has "$type" "A ready"
	check "which reads /dev/hwrng" guest_run "$type" sh -c "head -c 64 /dev/hwrng >/dev/null"
	check "its kernel has nothing to complain of" guest_sound "$type"
done
is "100,000 bytes come out of a guest" "$(guest_run pvh head -c 100000 /dev/urandom | wc -c)" 100000
check "it shuts down" guest_stop pvh
[ -z "${VM_LONG:-}" ] || check "it is destroyed" guest_destroy pv
is "none is left" "$(xl list | awk 'NR > 1 { print $1 }')" Domain-0
refused 125 "a guest that is not there runs nothing" guest_run pvh true
done_testing
