#!/bin/bash
# A guest whose kernel attacks what dom0 lends it: neither dom0, nor its adapter, nor another guest is hurt. What both
# read meanwhile stands beside what they read in peace, and while that guest does nothing but compute: it has its
# share of the processor, which is the only one. xen-hostile.t has all the attacks there are, both ends in dom0.
# vm: --xen --timeout 900
# kernels: 6.1
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

cases=0
# hostile WORDS: a shell of the hostile guest runs them
hostile() {
	guest_run evil sh -c "$*"
}
begin() {	# HANDSHAKE
	xen_attach "$evil" 0 A entropy,log,locate,selftest,config
	hostile "echo $1 >/sys/module/badfront/parameters/handshake
		until echo mydevice-0 >/sys/bus/xen/drivers/badfront/bind; do sleep 0.1; done 2>/dev/null"
}
take_back() {
	xen_remove "$evil" 0
	hostile "while [ -e /sys/bus/xen/devices/mydevice-0 ]; do sleep 0.1; done"
	end
}
end() {
	cases=$((cases + 1))
	wait_until 30 "$what: its device goes" test ! -e "/sys/bus/xen-backend/devices/mydevice-$evil-0"
	all_well || tap_result 1 "$what: dom0 and the other guest work after it"
}
all_well() {
	nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=0 && xen_connected "$good" 0
}
attack() {	# WORDS: one that was shut out cannot go on
	hostile "echo $* >/sys/bus/xen/devices/mydevice-0/attack" || :
}
back_state() {	# STATE...: it is one of them
	local state
	state=$(xenstore-read "$(xen_back "$evil" 0)/state")
	[[ " $* " = *" $state "* ]] || { echo "$state" && return 1; }
}
read_by() {	# PID
	sed -n 's/^rchar: //p' "/proc/$1/io"
}
# rates COMMAND...: $rate0 and $rate1, bytes a second that dom0 and the other guest read meanwhile
rates() {
	local begin got0 got1 us
	begin=${EPOCHREALTIME/./} got0=$(read_by $reader) got1=$(xen_statistic "$good" 0 entropy_bytes)
	"$@"
	us=$((${EPOCHREALTIME/./} - begin))
	rate0=$((($(read_by $reader) - got0) * 1000000 / us))
	rate1=$((($(xen_statistic "$good" 0 entropy_bytes) - got1) * 1000000 / us))
}

modprobe mydev_sim
plug "md4000 A"
wait_until 20 "an adapter" is_state 0 ready
modprobe mydeviceback
check "a guest" guest_start good pvh
check "a hostile one" guest_start evil pv
good=$(xl domid good) evil=$(xl domid evil)
xen_attach "$good" 0 A view,entropy 0
wait_until 30 "the guest has the adapter" guest_has good "A ready"
check "and reads" guest_run good sh -c 'echo mydev >/sys/class/misc/hw_random/rng_current
	(while :; do dd if=/dev/hwrng of=/dev/null bs=64 || sleep 1; done) >/dev/null 2>&1 &'
echo mydev >/sys/class/misc/hw_random/rng_current
(exec dd if=/dev/hwrng of=/dev/null bs=64 status=none) & reader=$!
check "the hostile module" hostile "modprobe -a mydevicefront badfront && echo 0 >/sys/bus/xen/drivers_autoprobe"

# Grants and channels of nobody, pages that cannot be written, a ring of garbage
for handshake in 7 8 9 15 17; do
	what="handshake $handshake"
	begin "$handshake"
	wait_until 30 "$what: the backend has nothing to do with it" back_state 5 6
	take_back
done

rates sleep 5
alone0=$rate0 alone1=$rate1
rates hostile "timeout 5 yes >/dev/null || :"
diag "bytes a second: dom0 $alone0, the other guest $alone1; beside a guest that computes: $rate0, $rate1"
for words in "garbage 300" "flip 300" "deaf 3000" "storm 5000" "greedy 5000" "resets 500" "states 500" "nodes 500" \
	"again 200" "scribble 3000" "prod -33" "hang_up" "revoke"; do
	what="attack $words"
	begin 0
	wait_until 30 "$what: connected" xen_connected "$evil" 0
	rates attack "$words"
	diag "bytes a second under \"$words\": dom0 $rate0, the other guest $rate1"
	take_back
done
what="destroyed while it attacks"
begin 0
wait_until 30 "$what: connected" xen_connected "$evil" 0
hostile "echo storm 600000 >/sys/bus/xen/devices/mydevice-0/attack &"
rates sleep 5
diag "bytes a second in a storm: dom0 $rate0, the other guest $rate1"
check "dom0 is served" test "$rate0" -gt 0
check "and the other guest" test "$rate1" -gt 0
check "$what" guest_destroy evil
end
xen_remove "$evil" 0
diag "$cases cases"

kill -0 $reader || tap_result 1 "dom0 has read all the time"
{ kill $reader && wait $reader; } 2>/dev/null || :
is "dom0's adapter was never reset" "$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID=0)" 0
check "the other guest's kernel has nothing to complain of" guest_sound good
check "it shuts down" guest_stop good
wait_until 20 "its device goes" test ! -e "/sys/bus/xen-backend/devices/mydevice-$good-0"
xen_remove "$good" 0
check "the module can go" modprobe -r mydeviceback
done_testing
