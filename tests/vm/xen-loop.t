#!/bin/bash
# Front and back of the Xen device, both in dom0: what is lent and what is not, and all that comes and goes.
# vm: --xen --timeout 400
# kernels: 6.1
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

front=/sys/bus/xen/drivers/mydevicefront
back=/sys/bus/xen-backend/drivers/mydeviceback
statistics=/sys/bus/xen-backend/devices/mydevice-0-0/statistics
states() {	# "BACKEND FRONTEND"
	[ "$(xen_states 0 0)" = "$1" ] || { xen_states 0 0 && return 1; }
}
status_is() {	# REGEX
	xenstore-read "$(xen_back 0 0)/status" | grep -E "$1"
}
gone() {	# N
	[ ! -e "/sys/class/mydev/mydev$1" ]
}
no_device() {
	[ ! -e /sys/bus/xen-backend/devices/mydevice-0-0 ]
}
not_ready() {	# N
	! is_state "$1" ready
}
allowed() {	# HEX
	[ $(($(attr ADAPTER.ALLOWED ADAPTER_GET ADAPTER_ID=1))) = $(($1)) ]
}

modprobe mydev_sim
plug "md4000 S-1"
wait_until 20 "an adapter" is_state 0 ready

#
# What is refused
#
modprobe mydeviceback
xen_attach 0 0 S-1
wait_until 10 "a frontend in dom0 is refused" status_is refused
xen_remove 0 0
wait_until 10 "its directories removed, the device goes" no_device
check "without a device the module can go" modprobe -r mydeviceback
modprobe mydeviceback loopback=1
modprobe mydevicefront
refuse_policy() {	# STATUS ARGUMENT...
	xen_attach 0 0 "${@:2}"
	wait_until 10 "refused: ${*:2}" status_is "$1"
	check "and not offered" states "1 1"
	xen_detach 0 0
}
refuse_policy 'adapter.* no serial number' 12345678901234567
refuse_policy 'word that is no class' S-1 entropy,reset
refuse_policy 'word that is no class' S-1 view,firmware
refuse_policy 'rate' S-1 '' 64K
refuse_policy 'rate' S-1 '' 1073741825
refuse_policy 'rate' S-1 '' none
refuse_policy 'burst' S-1 '' 100 4095

#
# What is lent
#
xen_attach 0 0 S-2
wait_until 10 "an adapter that is not there is waited for" status_is "not there"
plug "md2000 S-2"
wait_until 20 "it comes, and is lent" xen_connected 0 0
unplug S-2
wait_until 20 "it goes" states "6 6"
xen_detach 0 0
xen_attach 0 0 S-1
wait_until 20 "lent with the default" xen_connected 0 0
wait_until 20 "ready" is_state 1 ready
check "that is to look and to take entropy" allowed 0x3
nl_refused $EACCES "not to locate" "not allow" LOCATE ADAPTER_ID=1 LOCATE_SECONDS=1
nl_refused $EACCES "not to read the log" "not allow" LOG_GET ADAPTER_ID=1
nl_refused $EACCES "not to test" "not allow" SELFTEST ADAPTER_ID=1
nl_refused $EACCES "not to reset" "not allow" RESET ADAPTER_ID=1
nl_refused $EACCES "not to change firmware" "not allow" FW_ROLLBACK ADAPTER_ID=1
is "which was counted" "$(cat $statistics/denied)" 5
xen_detach 0 0
xen_attach 0 0 S-1 entropy,log,locate,selftest,config
wait_until 20 "with all classes" is_state 1 ready
check "all but two" allowed 0x3f
check "to locate" nlclient LOCATE ADAPTER_ID=1 LOCATE_SECONDS=30
check "to read the log" nlclient LOG_GET ADAPTER_ID=1
check "to test" nlclient SELFTEST ADAPTER_ID=1
nl_refused $EACCES "not to reset" "not allow" RESET ADAPTER_ID=1
nl_refused $EACCES "nor firmware" "not allow" FW_ROLLBACK ADAPTER_ID=1
told() {	# TYPE: an event of the adapter that only mydev1 could have passed on
	nlclient -d EVENT_GET | awk -v RS= -v type="$1" '/EVENT.INDEX=1/ && $0 ~ "EVENT.HW=" type { f = 1 } END { exit !f }'
}
knob sim0 cable1 0
wait_until 10 "a cable's event arrives" told 02
knob sim0 cable1 1

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
wait_until 10 "both ends are closed" states "6 6"
plug "md4000 S-1"
wait_until 20 "plugged in" xen_connected 0 0
wait_until 20 "and ready" is_state 1 ready
for _ in 1 2 3; do
	echo mydevice-0 >$front/unbind
	wait_until 10 "the frontend unbound" states "2 6"
	echo mydevice-0 >$front/bind
	wait_until 20 "and bound" xen_connected 0 0
	echo mydevice-0-0 >$back/unbind
	wait_until 10 "the backend unbound" states "6 6"
	echo mydevice-0-0 >$back/bind
	wait_until 20 "and bound" xen_connected 0 0
	wait_until 20 "ready" is_state 1 ready
done
modprobe -r mydevicefront
wait_until 10 "the frontend's module goes" states "2 6"
modprobe mydevicefront
wait_until 20 "and comes back" xen_connected 0 0
wait_until 20 "ready" is_state 1 ready
for _ in {1..10}; do
	echo mydevice-0 >$front/unbind
	echo mydevice-0 >$front/bind
	echo mydevice-0-0 >$back/unbind
	echo mydevice-0-0 >$back/bind
done
wait_until 20 "without waiting for anything" xen_connected 0 0
wait_until 20 "ready" is_state 1 ready
xen_remove 0 0
wait_until 20 "its directories removed, the device goes" no_device
wait_until 20 "and the adapter" gone 1
kill $reader
{ wait $reader || :; } 2>/dev/null

xen_attach 0 0 S-1
wait_until 20 "lent again" is_state 1 ready
xen_detach 0 0
is "no end was taken for a hostile one" "$(dmesg | grep -E 'not served|breaks a rule')" ""
wait_until 20 "the modules go, with the last device" modprobe -r mydevicefront mydeviceback mydev_sim
done_testing
