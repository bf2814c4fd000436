#!/bin/bash
# Front and back of the Xen device, both in dom0: what happens to the adapter, and all that comes and goes.
# vm: --xen --timeout 400
# kernels: 6.1
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

gone() {	# N
	[ ! -e "/sys/class/mydev/mydev$1" ]
}
not_ready() {	# N
	! is_state "$1" ready
}

modprobe mydev_sim
plug "md4000 S-1"
wait_until 20 "an adapter" is_state 0 ready
modprobe mydeviceback loopback=1
modprobe mydevicefront
xen_attach 0 0 S-1 entropy,log,locate,selftest,config
wait_until 20 "lent" is_state 1 ready

#
# What happens to the adapter
#
boots=$(status 1 24 4)
check "dom0 resets it" nlclient RESET ADAPTER_ID=0
wait_until 20 "it is ready in dom0" is_state 0 ready
wait_until 20 "the borrower sees that" is_state 1 ready
rebooted() {
	[ "$(status 1 24 4)" -gt "$boots" ]
}
wait_until 10 "and that it has booted" rebooted
knob sim0 hang 2
nl_refused $ETIMEDOUT "it hangs in a command that was lent" "deadline" LOCATE ADAPTER_ID=1 LOCATE_SECONDS=1
nlclient LOCATE ADAPTER_ID=1 LOCATE_SECONDS=1 2>/dev/null || :
wait_until 20 "the borrower sees that" not_ready 1
knob sim0 hang 0
wait_until 80 "it comes back" is_state 0 ready
wait_until 80 "for the borrower, too" is_state 1 ready
is "who did not reset it" "$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID=0)" 1

# All of it under traffic
(while :; do dd if=/dev/hwrng of=/dev/null bs=64 status=none || sleep 0.1; done 2>/dev/null) & reader=$!
unplug S-1
wait_until 20 "unplugged" gone 1
wait_until 10 "both ends are closed" loop_states "6 6"
plug "md4000 S-1"
wait_until 20 "plugged in" xen_connected 0 0
wait_until 20 "and ready" is_state 1 ready
for _ in 1 2 3; do
	echo mydevice-0 >$loop_front/unbind
	wait_until 10 "the frontend unbound" loop_states "2 6"
	echo mydevice-0 >$loop_front/bind
	wait_until 20 "and bound" xen_connected 0 0
	echo mydevice-0-0 >$loop_back/unbind
	wait_until 10 "the backend unbound" loop_states "6 6"
	echo mydevice-0-0 >$loop_back/bind
	wait_until 20 "and bound" xen_connected 0 0
	wait_until 20 "ready" is_state 1 ready
done
echo mydevice-0 >$loop_front/unbind
wait_until 10 "the frontend unbound" loop_states "2 6"
check "then its module goes" modprobe -r mydevicefront
modprobe mydevicefront
wait_until 20 "and comes back" xen_connected 0 0
wait_until 20 "ready" is_state 1 ready
for _ in {1..10}; do
	echo mydevice-0 >$loop_front/unbind
	echo mydevice-0 >$loop_front/bind
	echo mydevice-0-0 >$loop_back/unbind
	echo mydevice-0-0 >$loop_back/bind
done
wait_until 20 "without waiting for anything" xen_connected 0 0
wait_until 20 "ready" is_state 1 ready
xen_remove 0 0
wait_until 20 "its directories removed, the device goes" loop_gone
wait_until 20 "and the adapter" gone 1
kill $reader
{ wait $reader || :; } 2>/dev/null

xen_attach 0 0 S-1
wait_until 20 "lent again" is_state 1 ready
xen_detach 0 0
is "no end was taken for a hostile one" "$(dmesg | grep -E 'not served|breaks a rule')" ""
wait_until 20 "the modules go, with the last device" modprobe -r mydevicefront mydeviceback mydev_sim
done_testing
