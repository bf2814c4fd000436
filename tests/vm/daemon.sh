# shellcheck shell=bash
# What tests of the daemon share.
# shellcheck disable=SC2034  # for those who source it
sim=/sys/bus/mydev_sim debug=/sys/kernel/debug/mydev_sim fw=/lib/firmware/mydev

plug() {	# LINE of new_device
	echo "$1" > $sim/new_device
}
adapter() {	# ADAPTER FILTER
	mydevcli show "$1" --json | jq -r ".adapters[0]$2"
}
configs() {	# each state of configuration once, with how often
	mydevcli show --json | jq -rc '[.adapters[].config] | group_by(.) | map([.[0], length])'
}
value() {	# ADAPTER KEY
	mydevcli config get "$1" "$2"
}
events() {	# TYPE: how many
	mydevcli events --json | jq "[.events[] | select(.type == \"$1\")] | length"
}
told() {	# PATTERN: some event says that
	mydevcli events | grep -q "$1"
}
last_event() {	# TYPE: what it says
	mydevcli events --json | jq -r "[.events[] | select(.type == \"$1\")][-1].message"
}
cable_events() {	# of the kernel's, while it keeps them all
	nlclient -d EVENT_GET | grep -c 'EVENT.HW=02'
}
gaps() {	# in the events' numbers
	mydevcli events --json | jq '[.events[].seq] | [range(.[0]; .[0] + length)] - . | length'
}
equals() {	# WANT COMMAND...
	[ "$("${@:2}")" = "$1" ]
}
pid_of_daemon() {
	systemctl show -P MainPID mydevd
}
kill_daemon() {	# and wait until another one runs
	local old
	old=$(pid_of_daemon)
	kill -9 "$old"
	wait_until 20 "it is started again" another_daemon_than "$old"
}
another_daemon_than() {
	local now
	now=$(pid_of_daemon)
	[ "$now" != 0 ] && [ "$now" != "$1" ] && mydevcli version > /dev/null
}
