#!/bin/bash
# What `mydevcli show` and a round trip to the daemon cost, in instructions, which unlike times are the same each time.
# Who makes one of them dearer has a reason, and raises the budget: a quarter above what was measured.
# vm: --timeout 300
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=daemon.sh
. "$(dirname "$0")/daemon.sh"

socket=/run/counted.sock

# count FILE: instructions, which callgrind says at the end
count() {
	sed -n 's/.*Collected : //p' "$1"
}
# within DESC COUNT BUDGET
within() {
	diag "$1: $2 instructions, of $3"
	check "$1: no more than $3 instructions" test "$2" -le "$3"
}
answers() {
	echo '{"jsonrpc": "2.0", "id": 1, "method": "daemon.version"}' | socat -t 10 - "UNIX:$socket" 2>/dev/null | jq -e .result >/dev/null
}
# daemon_counts METHOD N: instructions of a daemon's life in which it answers so many requests
daemon_counts() {
	local pid i end=$((SECONDS + 120))
	valgrind --tool=callgrind --callgrind-out-file=/dev/null mydevd --socket $socket 2>/tmp/daemon.log & pid=$!
	until answers; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
	for ((i = 0; i < $2; i++)); do
		echo "{\"jsonrpc\": \"2.0\", \"id\": $i, \"method\": \"$1\"}"
	done | socat -t 60 - "UNIX:$socket" | jq -c .result >/tmp/answers
	kill $pid
	wait $pid || :
	[ "$(grep -vcx null /tmp/answers)" = "$2" ] && count /tmp/daemon.log
}
# round_trip METHOD: what one more costs
round_trip() {
	local few many
	few=$(daemon_counts "$1" 10) && many=$(daemon_counts "$1" 60) && echo $(((many - few) / 50))
}

modprobe mydev_sim adapters=8
eight() {
	[ "$(mydevcli show --json | jq '[.adapters[] | select(.state == "ready")] | length')" = 8 ]
}
wait_until 60 "eight adapters" eight
shown() {	# BUDGET [OPTION]
	valgrind --tool=callgrind --callgrind-out-file=/dev/null mydevcli show "${@:2}" >/tmp/shown 2>/tmp/client.log
	within "mydevcli show of 8${2:+, $2}" "$(count /tmp/client.log)" "$1"
}
shown 1200000
shown 2920000 --json
systemctl stop mydevd.socket mydevd
within "a round trip" "$(round_trip daemon.version)" 68000
within "a round trip for the list of 8" "$(round_trip adapter.list)" 1430000
done_testing
