#!/bin/bash
# The core: adapters come, go, hang and come back, and none disturbs another.
# vm: --memory 2048 --timeout 600
# kernels: 5.10 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

reload() {
	local i
	for ((i = 0; i < 20; i++)); do
		modprobe mydev_sim adapters=4
		# Half of the times they are still being identified when they go.
		[ $((i % 2)) = 0 ] || sleep 0.1
		modprobe -r mydev_sim
		rmmod mydev 2>/dev/null || :
	done
}
check "load and unload 20 times" reload
check "all of it went" bash -c '! ls /sys/class/mydev /sys/bus/mydev_sim 2>/dev/null'

modprobe mydev_sim
udevadm monitor --kernel --property --subsystem-match=mydev >/tmp/uevents &
monitor=$!
wait_until 10 "udevadm listens" grep -q "the kernel uevent" /tmp/uevents
plug "md4000 A-1"
wait_until 5 "an adapter appears" is_state 0 ready
is "model" "$(cat /sys/class/mydev/mydev0/model)" MD-4000
is "serial number" "$(cat /sys/class/mydev/mydev0/serial)" A-1
is "address" "$(basename "$(readlink -f /sys/class/mydev/mydev0/device)")" sim0
wait_until 5 "a uevent tells" grep -q ACTION=add /tmp/uevents
first=$(awk -v RS= '/ACTION=add/' /tmp/uevents)
like "the first uevent has the serial number" "$first" ID_SERIAL=A-1
like "the first uevent has the model" "$first" ID_MODEL=MD-4000

plug "md2000 B-2 mute"
wait_until 5 "a mute adapter appears" is_state 1 unresponsive
refused 1 "it has no serial number yet" cat /sys/class/mydev/mydev1/serial
is "nor in netlink" "$(attr ADAPTER.SERIAL ADAPTER_GET ADAPTER_ID=1)" ""
nl_refused $EHOSTDOWN "it takes no commands" "does not respond" SELFTEST ADAPTER_ID=1
knob sim1 hang 0
wait_until 15 "once it speaks, it is ready" is_state 1 ready
is "and has a serial number" "$(cat /sys/class/mydev/mydev1/serial)" B-2
wait_until 5 "a change uevent tells" \
	awk -v RS= '/ACTION=change/ && /ID_SERIAL=B-2/ && /MYDEV_STATE=ready/ { f = 1 } END { exit !f }' /tmp/uevents
kill $monitor

# Deadlines.
before=$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID=0)
knob sim0 lose_commands 1
nl_refused $ETIMEDOUT "a lost command misses its deadline" "deadline" LOCATE ADAPTER_ID=0 LOCATE_SECONDS=1
wait_until 10 "the adapter is mended" is_state 0 ready
is "by a reset" "$(attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID=0)" $((before + 1))
like "an event tells of the command" "$(last_event 6)" EVENT.OPCODE=64

knob sim0 hang 2
nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=1 2>/dev/null & hung=$!
wait_until 5 "an adapter hangs in a command" asleep_in mydev_command $hung
check "meanwhile, another takes commands" ahead_of $hung nlclient LOCATE ADAPTER_ID=1 LOCATE_SECONDS=0
check "and a dump tells of both" nlclient -d ADAPTER_GET
wait $hung || :
wait_until 10 "one that a reset does not help is unresponsive" is_state 0 unresponsive
nl_refused $EHOSTDOWN "it is not even asked" "does not respond" LOCATE ADAPTER_ID=0 LOCATE_SECONDS=1
check "a reset on request does not need its help" nlclient RESET ADAPTER_ID=0
knob sim0 hang 0
wait_until 30 "tried again by itself, it comes back" is_state 0 ready

knob sim1 hang 1
nl_refused $ETIMEDOUT "hung until a reset" deadline LOCATE ADAPTER_ID=1 LOCATE_SECONDS=1
wait_until 20 "the reset comes by itself" is_state 1 ready

# What an adapter says is not trusted.
knob sim0 garble_replies 30
for ((i = 0; i < 30; i++)); do
	nlclient LOG_GET ADAPTER_ID=0 >/dev/null 2>&1 || :
done
knob sim0 garble_replies 0
wait_until 90 "after 30 replies of garbage it is mended" is_state 0 ready
is "and still who it was" "$(attr ADAPTER.SERIAL ADAPTER_GET ADAPTER_ID=0)" A-1
knob sim0 flood_events 5000
flooded() {
	[[ $(dmesg) == *"floods us"* ]]
}
wait_until 5 "one that floods us with events" flooded
wait_until 60 "is reset" is_state 0 ready
check "and the other one is not disturbed" nlclient SELFTEST ADAPTER_ID=1
boots=$(status 0 24 4)
knob sim0 reboots 1
booted() {
	is_state 0 ready && [ "$(status 0 24 4)" = $((boots + 1)) ]
}
wait_until 10 "one that restarts by itself is identified again" booted

# Reset on request.
boots=$(status 0 24 4)
check "reset" nlclient RESET ADAPTER_ID=0
wait_until 10 "and ready again" is_state 0 ready
is "it has booted once more" "$(status 0 24 4)" $((boots + 1))

# Removal.
knob sim0 hang 2
nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=1 2>/dev/null & hung=$!
wait_until 5 "it hangs in a command" asleep_in mydev_command $hung
check "removed" unplug sim0
status=0
wait $hung || status=$?
is "the command does not wait for its deadline" $status $ENODEV
nl_refused $ENODEV "it is gone" "no such adapter" ADAPTER_GET ADAPTER_ID=0
is "the last that is told of it" "$(last_event 2 | grep SERIAL)" EVENT.SERIAL=A-1
plug "md4000 A-1"
wait_until 5 "plugged in again it has the same name" is_state 0 ready

churn() {
	local i
	for ((i = 0; i < 100; i++)); do
		plug "md4000 X$i"
		[ $((i % 3)) = 0 ] || nlclient SELFTEST ADAPTER_ID=2 2>/dev/null || :
		unplug "X$i"
	done
}
check "in and out 100 times" churn
is "the others have not noticed" "$(state 0) $(state 1)" "ready ready"

modprobe -r mydev_sim
begin=$SECONDS
modprobe mydev_sim adapters=1000
all_ready() {
	[ "$(count_adapters ready)" = 1000 ]
}
wait_until 60 "1,000 adapters are ready" all_ready
diag "in about $((SECONDS - begin)) s; $(awk '/Slab:|Percpu:/ { printf "%s %s kB  ", $1, $2 }' /proc/meminfo)"
is "a dump has them all, once" \
	"$(nlclient -d ADAPTER_GET | grep -c ADAPTER.SERIAL) $(nlclient -d ADAPTER_GET | grep ADAPTER.SERIAL | sort -u | wc -l)" \
	"1000 1000"
is "and so has one of their configurations" "$(nlclient -d CONFIG_GET | grep -c ^CONFIG_GEN)" 1000
check "all unplugged at once" rmmod mydev_sim
modprobe mydev_sim adapters=1000
rmmod mydev_sim
seq=$(event_seq)
nlclient -d EVENT_GET >/tmp/events
like "who asks for events that are no longer kept is told how many" "$(head -n 1 /tmp/events)" '^EVENT_LOST=[0-9]+$'
lost=$(sed -n 's/^EVENT_LOST=//p' /tmp/events)
is "lost and kept together are all" $((lost + $(grep -c EVENT.NUMBER= /tmp/events))) "$seq"
check "the core can be unloaded" rmmod mydev
done_testing
