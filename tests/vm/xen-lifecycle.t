#!/bin/bash
# Adapters of dom0 in guests: lent, used, taken back; and whatever dies under them, on either side, comes back or
# leaves nothing behind. All that anybody reads of the cards, which count, is accounted for: no byte comes twice. One
# of the guests reads at its limit.
# vm: --xen --pci none --timeout 1800
# kernels: 6.1
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$(dirname "$0")/pci.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

rng=/sys/class/misc/hw_random
work=$(mktemp -d)
cd "$work"

# read_in GUEST BLOCKS FILE: in the guest, of its hwrng
read_in() {
	guest_run "$1" sh -c "echo mydev >$rng/rng_current && dd if=/dev/hwrng of=/run/random bs=64 count=$2 iflag=fullblock 2>/dev/null" &&
		guest_run "$1" cat /run/random >"$3"
}
# reader_in GUEST: reads on and on in the guest, in the background
reader_in() {
	guest_run "$1" sh -c "(while dd if=/dev/hwrng bs=64 count=16 2>/dev/null || sleep 1; do sleep 0.1; done) >/dev/null &"
}
has_grown() {	# DOMID DEVID BYTES: more entropy than that was given to it
	[ "$(xen_statistic "$1" "$2" entropy_bytes)" -gt "$3" ]
}
is_crashed() {	# GUEST
	xl list "$1" | awk 'NR == 2 { print $5 }' | grep c
}
# What dom0 keeps for guests
footprint() {
	xenstore-list /local/domain/0/backend/mydevice 2>/dev/null || :
	ls /sys/bus/xen-backend/devices
	grep -c 'xen-dyn.*mydev' /proc/interrupts || :
	cat /sys/module/mydeviceback/refcnt /sys/module/mydev/refcnt
	xl list | awk 'NR > 1 { print $1 }'
}

check "a card that counts" card plug A md4000 --fault entropy_counter=$start_A
check "and another one" card plug B md2000 --fault entropy_counter=$start_B
wait_until 30 "ready" is_ready A
wait_until 30 "both" is_ready B
modprobe mydeviceback
footprint >before
check "a PV guest" guest_start p pv
check "a PVH guest" guest_start h pvh
p=$(xl domid p) h=$(xl domid h)

#
# Lent
#
xen_attach "$p" 0 A view,entropy 8192 4096
wait_until 30 "lent to the PV guest" xen_connected "$p" 0
wait_until 30 "which has it, with modules that nobody asked for" guest_has p "A ready"
xen_attach "$h" 0 A view,entropy 0
wait_until 30 "and to the PVH guest, at the same time" xen_connected "$h" 0
wait_until 30 "which has it, too" guest_has h "A ready"
check "mydevd in the guest" guest_run p sh -c 'mydevd >/run/mydevd.log 2>&1 &'
wait_until 30 "answers" guest_run p mydevcli version
is "mydevcli show" "$(guest_run p mydevcli show --json | jq -rc '.adapters[] | [.serial, .model, .state]')" '["A","MD-4000","ready"]'
read_in p 1000 p1 & reader=$!
check "the PVH guest reads" read_in h 1000 h1
status=0
wait $reader || status=$?
is "and the PV guest at the same time" $status 0
check "and dom0" dd if=/dev/hwrng of=d1 bs=64 count=100 iflag=fullblock status=none
accounted "in guests and in dom0" ./[dhp][0-9]
is "that is all of what was asked for" "$(stat -c %s p1 h1 | xargs)" "64000 64000"

xen_attach "$p" 1 B view,entropy 0
wait_until 30 "a second one for the PV guest" guest_has p "A ready, B ready"
xen_detach "$p" 0
wait_until 30 "the first one taken back" guest_has p "B ready"
check "the guest reads it" read_in p 100 p2
xen_attach "$p" 0 A view,entropy 8192 4096
wait_until 30 "lent again" guest_has p "A ready, B ready"
xen_detach "$p" 1
wait_until 30 "the second one taken back" guest_has p "A ready"
check "the guest reads" read_in p 100 p0
accounted "after that" ./[dhp][0-9]

#
# What goes away in dom0
#
driver=/sys/bus/xen-backend/drivers/mydeviceback
reader_in p
reader_in h
given=$(xen_statistic "$p" 0 entropy_bytes)
wait_until 20 "traffic" has_grown "$p" 0 "$given"
echo "mydevice-$p-0" >$driver/unbind
wait_until 30 "unbound: the guest has none" guest_has p ""
check "the other one has" guest_has h "A ready"
echo "mydevice-$p-0" >$driver/bind
wait_until 30 "bound: the guest has it again" guest_has p "A ready"
refused 1 "the module does not go while it lends" rmmod mydeviceback
echo "mydevice-$p-0" >$driver/unbind
echo "mydevice-$h-0" >$driver/unbind
check "then it goes" rmmod mydeviceback
wait_until 30 "no guest has any" guest_has h ""
modprobe mydeviceback
wait_until 30 "it comes, and finds what there is to lend" guest_has p "A ready"
wait_until 30 "to all" guest_has h "A ready"

check "the card is unplugged" card unplug A
wait_until 30 "the guest sees that" guest_has p ""
wait_until 30 "and the other one" guest_has h ""
check "mydevcli in dom0 says so" test "$(mydevcli show --json | jq '[.adapters[] | select(.serial == "A")] | length')" = 0
check "it is plugged in" card plug A
wait_until 60 "the guests have it again" guest_has p "A ready"
wait_until 30 "both" guest_has h "A ready"

#
# The power fails while dom0 flashes
#
check "the card's power will fail" card tell A power_cut_torn 40
mydevcli flash md4000-1.1.0.bin A >/dev/null 2>&1 &
flash=$!
wait_until 60 "it fails while it is flashed" is_off A
wait $flash || :
check "out" card unplug A
# Its power gone, it would not count any more.
check "and in" card plug A md4000 --fault entropy_counter=$((start_A + (1 << 32)))
wait_until 60 "the old or the new firmware runs" is_ready A
like "mydevcli tells which" "$(running A)" '^1\.[01]\.0$'
wait_until 60 "the guests have the card again" guest_has p "A ready"
check "it is flashed while guests have it" mydevcli flash md4000-1.1.0.bin A
is "the new one runs" "$(running A)" 1.1.0
wait_until 60 "the guests have it" guest_has p "A ready"
wait_until 60 "both" guest_has h "A ready"
check "the guest reads" read_in p 100 p3
check "and the other one" read_in h 100 h3
accounted "after all that" ./[dhp][0-9]

#
# Saved and restored: what it had read ahead is not given again
#
saved() {	# NAME DOMID LIMIT...
	local id=$2
	check "guest $1 is saved" xl save "$1" "$1.save"
	wait_until 20 "its device is gone" test ! -e "/sys/bus/xen-backend/devices/mydevice-$id-0"
	xen_remove "$id" 0
	check "and restored" xl restore "$1.save"
	id=$(xl domid "$1")
	wait_until 30 "it runs, without an adapter" guest_has "$1" ""
	xen_attach "$id" 0 A view,entropy "${@:3}"
	wait_until 30 "lent again" guest_has "$1" "A ready"
	check "the guest reads" read_in "$1" 100 "$1"4
	accounted "after the restoration" ./[dhp][0-9]
	check "suspended and resumed in place" xl save -c "$1" "$1.save"
	wait_until 30 "it has the adapter" guest_has "$1" "A ready"
	check "the guest reads" read_in "$1" 100 "$1"5
	accounted "after the resumption" ./[dhp][0-9]
	rm "$1.save"
}
saved p "$p" 8192 4096
saved h "$h" 0
p=$(xl domid p) h=$(xl domid h)

#
# Guests die
#
check "the PV guest's kernel has nothing to complain of" guest_sound p
check "nor the PVH guest's" guest_sound h
given=$(xen_statistic "$h" 0 entropy_bytes)
wait_until 20 "traffic" has_grown "$h" 0 "$given"
check "destroyed in the middle of it" guest_destroy h
wait_until 20 "its device is gone" test ! -e "/sys/bus/xen-backend/devices/mydevice-$h-0"
xen_remove "$h" 0
check "the other guest reads" read_in p 100 p6
accounted "to the end" ./[dhp][0-9]

# Instead of numbers, the card's noise
check "the card does not count any more" card tell A entropy_counter none
check "the guest reads what it had before" read_in p 10 /dev/null
check "rngtest in the guest" guest_run p sh -c 'rngtest -c 40 </dev/hwrng || [ $? = 1 ]'
like "finds the rest random" "$out" 'FIPS 140-2 failures: [0-2][^0-9]'

reader_in p
guest_run p sh -c '(sleep 1; echo c >/proc/sysrq-trigger) &'
wait_until 30 "a guest's kernel panics" is_crashed p
# xl has not waited for that since it suspended the guest.
check "it is destroyed" guest_destroy p
wait_until 20 "its device is gone" test ! -e "/sys/bus/xen-backend/devices/mydevice-$p-0"
xen_remove "$p" 0
xenstore-rm /local/domain/0/backend/mydevice 2>/dev/null || :
footprint >after
is "nothing is left behind in dom0" "$(diff before after)" ""
check "the module can go" rmmod mydeviceback
done_testing
