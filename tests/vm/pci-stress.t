#!/bin/bash
# Cards with all faults at a time, drivers that come and go, and everything asked of them: what any of it says
# is no matter, that the machine bears it and the cards work afterwards is.
# vm: --pci md4000:A,md2000:B,md4000:C --memory 1536 --timeout 400
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

seconds=20
driver=/sys/bus/pci/drivers/mydev_pci
cards=(A B C)
faults=("garble_replies 3" "garble_indices 2" "stray_completions 2" "flood_events 100000" "hang reset"
	"lose_commands 3" "lose_interrupts 5" "interrupt_delay_ms 20" "reboots 1" "deaf on" "boot_ms 500"
	"poke 12 3" "poke 24 4294967295" "interrupt 0" "interrupt 1")
mended=("garble_replies 0" "garble_indices 0" "stray_completions 0" "flood_events 0" "hang no"
	"lose_commands 0" "lose_interrupts 0" "interrupt_delay_ms 0" "reboots 0" "deaf off" "boot_ms 50")

# tell CARD "WORDS"
tell() {
	# shellcheck disable=SC2086  # words
	card tell "$1" $2 >/dev/null
}
mend() {
	local fault
	for fault in "${mended[@]}"; do
		tell "$1" "$fault"
	done
}
# Faults come, and sometimes go.
play() {
	local card
	while :; do
		card=${cards[RANDOM % ${#cards[@]}]}
		tell "$card" "${faults[RANDOM % ${#faults[@]}]}"
		[ $((RANDOM % 8)) != 0 ] || mend "$card"
	done
}
come_and_go() {
	local address
	while :; do
		for address in "${addresses[@]}"; do
			echo "$address" >$driver/unbind || :
			echo "$address" >$driver/bind || :
		done 2>/dev/null
		[ $((RANDOM % 4)) != 0 ] || { rmmod mydev_pci && modprobe mydev_pci; } || :
		sleep 0.3
	done
}
end() {
	kill "$@"
	wait "$@" 2>/dev/null || :
}
all_work() {
	local index
	[ "$(count_adapters ready)" = ${#cards[@]} ] || return
	for index in /sys/class/mydev/mydev*; do
		nlclient LOCATE ADAPTER_ID="${index##*mydev}" LOCATE_SECONDS=0 || return
	done
}

modprobe mydev_pci
wait_until 20 "the cards work" all_work
mapfile -t addresses < <(basename -a "$driver"/*:*)
seed=$RANDOM
play & player=$!
check "faults, requests, dumps, updates and readers at a time (seed $seed)" kstress $seconds $seed
diag "done:" "$out"
come_and_go & driver_loop=$!
check "and the driver comes and goes meanwhile" kstress $seconds $((seed + 1))
end $player $driver_loop
modprobe mydev_pci
for card in "${cards[@]}"; do
	mend "$card"
done
check "unload" rmmod mydev_pci
is "no interrupts stay" "$(grep -c mydev_pci /proc/interrupts)" 0
modprobe mydev_pci
wait_until 30 "mended, the cards work" all_work
check "unload" modprobe -r mydev_pci mydev
done_testing
