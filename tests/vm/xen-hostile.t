#!/bin/bash
# Frontends and backends that keep no rule: neither dom0, nor its adapter, nor another device is hurt.
# vm: --xen --timeout 1200
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

# A device that has just appeared is not ready to be bound.
try_bind() {	# DEVICE DRIVER
	echo "$1" >"$2/bind"
}
bind_front() {	# DEVID DRIVER
	wait_until 10 "$2: a device" try_bind mydevice-"$1" $fronts/drivers/"$2"
}
bind_back() {
	wait_until 10 "$2: a device" try_bind mydevice-0-"$1" $backs/drivers/"$2"
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
# Both ends are dom0's: one that is just beginning makes its directory again.
gone() {	# DEVID
	xen_remove 0 "$1" 2>/dev/null || :
	[ ! -e "$fronts/devices/mydevice-$1" ] && [ ! -e "$backs/devices/mydevice-0-$1" ]
}
# It dies with all that is its, as a guest does.
kill_device() {	# DEVID
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
find_adapter $bus/devices/sim0
own=$adapter
echo 0 >$fronts/drivers_autoprobe
echo 0 >$backs/drivers_autoprobe
xen_attach 0 0 A entropy,locate,config 0
bind_back 0 mydeviceback
bind_front 0 mydevicefront
wait_until 20 "an honest device" xen_connected 0 0
wait_until 20 "works" works $fronts/devices/mydevice-0

# rate_during COMMAND...: bytes a second that dom0 reads meanwhile, and how many of them the honest one gives, in turn
# with dom0's own
echo mydev >/sys/class/misc/hw_random/rng_current
rate_during() {
	local bytes all time reader
	(exec dd if=/dev/hwrng of=/dev/null bs=64 status=none) 2>/dev/null & reader=$!
	bytes=$(counted entropy_bytes 0) all=$(read_by $reader) time=$(ms)
	"$@"
	time=$(($(ms) - time))
	rate=$((($(counted entropy_bytes 0) - bytes) * 1000 / time)) rate_all=$((($(read_by $reader) - all) * 1000 / time))
	{ kill $reader && wait $reader; } 2>/dev/null || :
}
read_by() {	# PID
	sed -n 's/^rchar: //p' "/proc/$1/io"
}
# measured DEVICE ATTACK...: what dom0 and the honest device have under them, beside what they have without
measured() {
	local alone alone_all words
	rate_during sleep 3
	alone=$rate alone_all=$rate_all
	for words in "${@:2}"; do
		rate_during attack "$1" "$words"
		diag "bytes a second under \"$words\": honest device $rate, alone $alone; dom0 $rate_all, alone $alone_all"
		# What an adapter has given is dropped when it tells something, and then dom0 reads less than it was given.
		check "both are served under \"$words\"" test "$rate" -gt 0 -a "$rate_all" -gt 0
	done
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

bad_front=$fronts/devices/mydevice-1 bad_back=$backs/devices/mydevice-0-2
attack() {	# DEVICE WORDS: returns when it is over; one that was shut out cannot go on
	echo "${*:2}" >"$1/attack" || :
}
attacked() {	# WORDS [-- WORDS]...: of one device, one after the other
	local words=()
	begin_front 0
	what="$*"
	quietly wait_until 20 "$what: connected" xen_connected 0 1
	for word in "$@" --; do
		[ "$word" = -- ] || { words+=("$word") && continue; }
		attack $bad_front "${words[@]}"
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
attacked blink 300
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
	# Not for long: what ends the attacker's device waits for it, and then nobody tells the backend.
	attack $bad_front greedy 3000 2>/dev/null & attacker=$!
	while kill -0 $attacker 2>/dev/null && [ "$(counted requests 1)" -lt $((i * 10)) ]; do :; done
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
attack $bad_front greedy 4000
time=$(($(ms) - time)) got=$(counted entropy_bytes 1)
diag "$got bytes in $time ms, at 10000 a second and as many at once"
check "it gets no more than its share" test "$got" -le $((10000 + 10 * time + 100))
check "nor much less" test "$got" -ge $((9 * time))
denied=$(counted denied 1)
attack $bad_front opcodes
check "what it was not granted is denied" test "$(counted denied 1)" -ge $((denied + 200))
end_front

begin_front 0 entropy 1
wait_until 20 "one with next to nothing" xen_connected 0 1
attack $bad_front greedy 300
for i in {1..3}; do
	echo mydevice-1 >$fronts/drivers/badfront/unbind
	quietly bind_front 1 badfront
	quietly wait_until 20 "it begins anew" xen_connected 0 1
	attack $bad_front greedy 300
done
got=$(counted entropy_bytes 1)
diag "$got bytes in all, at 1 a second and 4096 at once"
check "beginning anew gives it no more" test "$got" -ge 4000 -a "$got" -le 4200
end_front

# What the honest one gets meanwhile
what="measured attacks"
begin_front 0
wait_until 20 "an attacker" xen_connected 0 1
measured $bad_front "garbage 500" "deaf 3000" "storm 3000" "greedy 3000" "blink 500" "resets 500" "nodes 1000"
end_front

# Each keeps below its limit, and all of them together make the adapter tell no more events than dom0 bears.
what="many attackers"
resets=$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID="$own")
for devid in {10..45}; do
	xen_attach 0 "$devid" A locate
	quietly bind_back "$devid" mydeviceback
	quietly bind_front "$devid" badfront
done
for devid in {10..45}; do quietly wait_until 20 "connected" xen_connected 0 "$devid"; done
attackers=()
for devid in {10..45}; do
	attack "$fronts/devices/mydevice-$devid" blink 300 & attackers+=($!)
done
wait "${attackers[@]}"
is "no reset was wanted under many attackers" "$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID="$own")" "$resets"
for devid in {10..45}; do kill_device "$devid"; done
check "dom0 and the other device work after them" all_well

#
# Backends
#
begin_back() {	# ANSWERS HANDSHAKE
	what="backend: answers $1, handshake '$2'"
	echo "$1" >/sys/module/badback/parameters/answers
	echo "$2" >/sys/module/badback/parameters/handshake
	xen_attach 0 2 A
	quietly bind_front 2 mydevicefront
	quietly bind_back 2 badback
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
	[ "$(cat "$bad_back/asked")" -ge "$1" ]
}
before=$cases
# shaken_back STEPS [STATE...]: of the handshake, as badback.c has them; where the frontend comes to
shaken_back() {
	begin_back 0 "$1"
	quietly wait_until 20 "$what: it is over" stepped ${#1}
	[ $# = 1 ] || quietly wait_until 20 "$what: the frontend goes to $2" front_state 2 "${@:2}"
	end_back
}
stepped() {	# N: so many steps are taken, or its device is gone
	[ ! -e "$bad_back" ] || [ "$(cat "$bad_back/steps")" -ge "$1" ]
}
# At each step: each state, what is none, and death
for steps in '' 2 2m 2m4; do
	for state in 0 1 2 3 4 5 6 7 8 9 b g n d; do shaken_back $steps$state; done
done
# Versions that are none; one from far away; and a word for a number
for steps in r22 z22 t22; do shaken_back $steps 1; done
for steps in h2m4 p2m4; do shaken_back $steps 4; done
# Connected without any use of what it was given, or without some of it
for steps in 24 2424 2mc4 2mu4 2m4c 2m4u; do shaken_back $steps; done
# After each way to leave it is welcome again.
for state in 0 2 5 6 n; do shaken_back 2m4u${state}2m4 4; done
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
	attack $bad_back "$@"
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

begin_back 0 ''
quietly wait_until 20 "a backend that attacks" is_ready
measured $bad_back "storm 3000" "events 5000" "lost 5000" "nodes 500" "scribble 3000"
end_back

diag "$cases cases"
check "the honest device is connected all the time" xen_connected 0 0
find_adapter $fronts/devices/mydevice-0
is "and its adapter was never reset" "$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID="$adapter")" 0
is "nor dom0's" "$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID=0)" 0
check "the hostile modules go" modprobe -r badfront badback
xen_detach 0 0
wait_until 20 "and ours, with the last device" modprobe -r mydevicefront mydeviceback
done_testing
