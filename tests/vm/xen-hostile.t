#!/bin/bash
# Frontends and backends that keep no rule: neither dom0, nor its adapter, nor another device is hurt.
# vm: --xen --timeout 900
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

# Both ends are in dom0. Which driver an end gets is said by hand, for two have the type.
fronts=/sys/bus/xen backs=/sys/bus/xen-backend
work=$(mktemp -d)
cases=0

bind_front() {	# DEVID DRIVER
	wait_until 10 "$2: a device" test -e $fronts/devices/mydevice-"$1"
	echo mydevice-"$1" >$fronts/drivers/"$2"/bind
}
bind_back() {
	wait_until 10 "$2: a device" test -e $backs/devices/mydevice-0-"$1"
	echo mydevice-0-"$1" >$backs/drivers/"$2"/bind
}
# wait_until is loud: hundreds of cases are not.
quietly() {
	local failed=$tap_failed count=$tap_count
	"$@" >"$work/log"
	if [ "$tap_failed" = "$failed" ]; then
		tap_count=$count
	else
		cat "$work/log"
	fi
}
gone() {	# DEVID
	[ ! -e "$fronts/devices/mydevice-$1" ] && [ ! -e "$backs/devices/mydevice-0-$1" ]
}
# It dies with all that is its, as a guest does.
kill_device() {	# DEVID
	xen_remove 0 "$1" 2>/dev/null || :
	quietly wait_until 20 "$what: the device goes" gone "$1"
}
find_adapter() {	# DEVICE: $adapter is its N of mydevN
	local dir
	for dir in /sys/class/mydev/mydev*; do
		adapter=${dir##*mydev}
		[ ! "$dir/device" -ef "$1" ] || return 0
	done
	return 1
}
works() {	# DEVICE
	find_adapter "$1" && nlclient LOCATE ADAPTER_ID="$adapter" LOCATE_SECONDS=0
}
all_well() {
	works $bus/devices/sim0 && works $fronts/devices/mydevice-0
}
counted() {	# STATISTIC DEVID
	cat $backs/devices/mydevice-0-"$2"/statistics/"$1"
}
back_state() {	# DEVID STATE...: it is one of them
	local state
	state=$(xenstore-read "$(xen_back 0 "$1")/state")
	[[ " ${*:2} " = *" $state "* ]] || { echo "$state" && return 1; }
}
front_state() {
	local state
	state=$(xenstore-read "$(xen_front 0 "$1")/state")
	[[ " ${*:2} " = *" $state "* ]] || { echo "$state" && return 1; }
}
ms() {
	local now=${EPOCHREALTIME/./}
	echo $((now / 1000))
}

modprobe mydev_sim
plug "md4000 A"
wait_until 20 "an adapter" is_state 0 ready
modprobe mydeviceback loopback=1
modprobe mydevicefront
modprobe badfront
modprobe badback
echo 0 >$fronts/drivers_autoprobe
echo 0 >$backs/drivers_autoprobe
xen_attach 0 0 A entropy,locate,config 0
bind_back 0 mydeviceback
bind_front 0 mydevicefront
wait_until 20 "an honest device" xen_connected 0 0
wait_until 20 "works" works $fronts/devices/mydevice-0

# rate_during COMMAND...: bytes a second that the honest one gives meanwhile, in turn with dom0's own
echo mydev >/sys/class/misc/hw_random/rng_current
rate_during() {
	local bytes time reader
	(exec dd if=/dev/hwrng of=/dev/null bs=64 status=none) 2>/dev/null & reader=$!
	bytes=$(counted entropy_bytes 0) time=$(ms)
	"$@"
	rate=$((($(counted entropy_bytes 0) - bytes) * 1000 / ($(ms) - time)))
	{ kill $reader && wait $reader; } 2>/dev/null || :
}

#
# Frontends
#

# begin_front HANDSHAKE [ALLOW [RATE]]
begin_front() {
	what="handshake $1"
	echo "$1" >/sys/module/badfront/parameters/handshake
	xen_attach 0 1 A "${2:-entropy,log,locate,selftest,config}" "${3:-}"
	quietly bind_back 1 mydeviceback
	quietly bind_front 1 badfront
}
end_front() {
	cases=$((cases + 1))
	kill_device 1
	all_well || tap_result 1 "$what: dom0 and the other device work after it"
}
shaken() {	# HANDSHAKE STATE...: where the backend comes to
	begin_front "$1"
	quietly wait_until 20 "handshake $1: the backend goes to $2" back_state 1 "${@:2}"
	end_front
}
for i in {2..5} {6..13}; do shaken "$i" 5 6; done
shaken 1 2			# mute
shaken 14 4 5 6			# one page for both
shaken 15 5 6			# read-only
shaken 16 2			# Connected without Initialised
shaken 17 5 6			# indices of garbage
tap_result 0 "$cases handshakes that go wrong"

attack() {	# WORDS: returns when it is over; a frontend that was shut out cannot go on
	echo "$*" >$fronts/devices/mydevice-1/attack || :
}
attacked() {	# WORDS [-- WORDS]...: of one device, one after the other
	local words=()
	begin_front 0
	what="$*"
	quietly wait_until 20 "$what: connected" xen_connected 0 1
	for word in "$@" --; do
		[ "$word" = -- ] || { words+=("$word") && continue; }
		attack "${words[@]}"
		words=()
	done
	end_front
}
before=$cases
attacked garbage 300
attacked opcodes
attacked lengths 1 -- lengths 2 -- lengths 3 -- lengths 16 -- lengths 32 -- lengths 33
attacked lengths 34 -- lengths 35 -- lengths 48 -- lengths 64 -- lengths 66 -- lengths 80
attacked grants 10
for index in 33 64 0x7fffffff 0x80000000 0xfffffff0 -1 -33; do
	attacked garbage 3 -- prod $index -- garbage 3
done
attacked cons 2000
attacked flip 300
attacked deaf 300
attacked resets 300
for i in {1..5}; do attacked scribble 500; done
attacked states 500
attacked nodes 500
attacked again 100
attacked hang_up -- scribble 200
attacked garbage 2 -- hang_up
attacked revoke
attacked garbage 10 -- revoke
for state in 0 1 2 3 5 6 7 9 99; do
	attacked garbage 2 -- leave $state -- garbage 2
done
tap_result 0 "$((cases - before)) attacks of a connected frontend"

# It dies, at each step
before=$cases
what=dies
xen_attach 0 1 A && end_front
xen_attach 0 1 A && quietly bind_back 1 mydeviceback && end_front
begin_front 1 && end_front
begin_front 0 && end_front
for i in {1..10}; do
	begin_front 0
	quietly wait_until 20 "connected" xen_connected 0 1
	(echo greedy 1000 >$fronts/devices/mydevice-1/attack) 2>/dev/null & attacker=$!
	while [ "$(counted requests 1)" -lt $((i * 10)) ]; do :; done
	xenstore-rm "$(xen_front 0 1)"
	wait $attacker || :
	end_front
done
attacked die
tap_result 0 "$((cases - before)) frontends that die"

# What is not its stays so.
begin_front 0 entropy 10000
wait_until 20 "one with a limit" xen_connected 0 1
time=$(ms)
attack greedy 4000
time=$(($(ms) - time)) got=$(counted entropy_bytes 1)
diag "$got bytes in $time ms, at 10000 a second and as many at once"
check "it gets no more than its share" test "$got" -le $((10000 + 10 * time + 100))
check "nor much less" test "$got" -ge $((9 * time))
denied=$(counted denied 1)
attack opcodes
check "what it was not granted is denied" test "$(counted denied 1)" -ge $((denied + 200))
end_front

# What the honest one gets meanwhile
what="measured attacks"
begin_front 0
wait_until 20 "an attacker" xen_connected 0 1
rate_during sleep 3
alone=$rate
for words in "garbage 500" "deaf 3000" "storm 3000" "greedy 3000" "resets 500" "nodes 1000"; do
	rate_during attack "$words"
	diag "bytes a second of the honest device: $rate under \"$words\", $alone alone"
	check "it is served under \"$words\"" test "$rate" -gt 0
done
end_front

#
# Backends
#
begin_back() {	# ANSWERS HANDSHAKE
	what="backend: answers $1, handshake '$2'"
	echo "$1" >/sys/module/badback/parameters/answers
	echo "$2" >/sys/module/badback/parameters/handshake
	xen_attach 0 2 A
	quietly bind_back 2 badback
	quietly bind_front 2 mydevicefront
}
end_back() {
	cases=$((cases + 1))
	kill_device 2
	quietly wait_until 20 "$what: its adapter goes" no_adapter
	all_well || tap_result 1 "$what: dom0 and the other device work after it"
}
no_adapter() {	# but dom0's, and the honest one's
	set -- /sys/class/mydev/mydev*
	[ $# = 2 ] || { echo "$*" && return 1; }
}
asked() {
	[ "$(cat "$backs"/devices/mydevice-0-2/asked)" -ge "$1" ]
}
before=$cases
# Steps of its own: each state from each other, and what there is not.
for steps in 1 2 3 4 5 6 7 9 21 22 23 24 25 26 20 241 242 243 244 245 246 240 2424 2525 2626 1212 24124 6565; do
	begin_back 0 $steps
	end_back
done
tap_result 0 "$((cases - before)) backends that shake hands wrongly"

before=$cases
for answers in 3 4 5 6 8 9 13 14; do
	begin_back $answers ''
	quietly wait_until 20 "answers $answers: the frontend closes" front_state 2 5 6
	end_back
done
for answers in 1 2 7 10 11 12; do
	begin_back $answers ''
	quietly wait_until 20 "answers $answers: it is asked" asked 1
	end_back
done
tap_result 0 "$((cases - before)) backends that answer wrongly"

is_ready() {
	find_adapter "$fronts/devices/mydevice-2" && is_state "$adapter" ready
}
attacked_back() {
	begin_back 0 ''
	what="backend: $*"
	quietly wait_until 20 "$what: ready" is_ready
	echo "$*" >$backs/devices/mydevice-0-2/attack || :
	end_back
}
before=$cases
for index in 33 256 0x7fffffff -1; do
	attacked_back prod $index
	attacked_back eprod $((index + 100))
done
attacked_back events 500
attacked_back lost 500
attacked_back storm 1000
for i in {1..5}; do attacked_back scribble 500; done
attacked_back states 500
attacked_back nodes 200
attacked_back vanish
attacked_back cling 300
for state in 0 1 2 3 5 6 7 8 9; do attacked_back leave $state; done
attacked_back die
tap_result 0 "$((cases - before)) attacks of a connected backend"

diag "$cases cases"
check "the honest device is connected all the time" xen_connected 0 0
find_adapter $fronts/devices/mydevice-0
is "and its adapter was never reset" "$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID="$adapter")" 0
is "nor dom0's" "$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID=0)" 0
check "the hostile modules go" modprobe -r badfront badback
xen_detach 0 0
wait_until 20 "and ours, with the last device" modprobe -r mydevicefront mydeviceback
done_testing
