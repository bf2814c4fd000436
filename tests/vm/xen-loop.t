#!/bin/bash
# Front and back of the Xen device, both in dom0: what is lent and what is not; it comes and goes; rules are broken.
# The rest of that is in xen-churn.t and xen-hostile.t.
# vm: --xen --timeout 200
# kernels: 6.1
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

statistics=/sys/bus/xen-backend/devices/mydevice-0-0/statistics
status_is() {	# REGEX
	xenstore-read "$(xen_back 0 0)/status" | grep -E "$1"
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
wait_until 10 "its directories removed, the device goes" loop_gone
check "without a device the module can go" modprobe -r mydeviceback
modprobe mydeviceback loopback=1
modprobe mydevicefront
refuse_policy() {	# STATUS ARGUMENT...
	xen_attach 0 0 "${@:2}"
	wait_until 10 "refused: ${*:2}" status_is "$1"
	check "and not offered" loop_states "1 1"
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
wait_until 20 "it goes" loop_states "6 6"
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
# What is lent is not lent again: not even when it is found before what it stands for
#
xen_detach 0 0
unplug S-1
plug "md4000 S-0"
plug "md4000 S-1"
unplug S-0
xen_attach 0 0 S-1
wait_until 20 "an adapter that is lent, as the first one" is_state 0 ready
xen_attach 0 1 S-1 entropy,locate
wait_until 20 "lent twice" is_state 2 ready
check "by its owner, not by whom it is lent to" nlclient LOCATE ADAPTER_ID=2 LOCATE_SECONDS=30
xen_detach 0 1
xen_detach 0 0
unplug S-1
plug "md4000 S-1"
xen_attach 0 0 S-1
wait_until 20 "and once again" is_state 1 ready

#
# It comes and goes
#
echo mydevice-0 >$loop_front/unbind
wait_until 10 "the frontend unbound" loop_states "2 6"
echo mydevice-0 >$loop_front/bind
wait_until 20 "and bound" is_state 1 ready
echo mydevice-0-0 >$loop_back/unbind
wait_until 10 "the backend unbound" loop_states "6 6"
echo mydevice-0-0 >$loop_back/bind
wait_until 20 "and bound" is_state 1 ready
is "no end was taken for a hostile one" "$(dmesg | grep -E 'not served|breaks a rule')" ""

#
# Rules are broken
#
echo mydevice-0 >$loop_front/unbind
modprobe badfront handshake=0
wait_until 20 "a frontend that keeps no rule" xen_connected 0 0
for attack in opcodes "lengths 33" "grants 10" "garbage 100" "scribble 300" "storm 300" "prod 64"; do
	echo "$attack" >/sys/bus/xen/devices/mydevice-0/attack || :
	check "dom0 has its adapter under \"$attack\"" nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=0
done
wait_until 20 "it is not served" status_is "index"
xen_remove 0 0
wait_until 20 "its directories removed, the device goes" loop_gone
modprobe -r badfront
wait_until 20 "the modules go, with the last device" modprobe -r mydevicefront mydeviceback mydev_sim
done_testing
