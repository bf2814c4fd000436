#!/bin/bash
# The daemon under load and without any: storms, lost messages, a client that does not read,
# its memory, and its sleep.
# vm: --memory 1536 --timeout 700
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=daemon.sh
. "$(dirname "$0")/daemon.sh"

pss() {
	awk '/^Pss:/ {print $2}' "/proc/$(pid_of_daemon)/smaps_rollup"
}
switches() {
	cat "/proc/$(pid_of_daemon)"/task/*/status | awk '/ctxt_switches/ {s += $2} END {print s}'
}

#
# Eight adapters
#
printf '[Config]\ntemp.warn=60\n' > /etc/mydev/profiles.d/20-all.conf
modprobe mydev_sim
for i in {0..7}; do plug "md4000 L$i"; done
wait_until 60 "eight adapters are configured" equals '[["applied",8]]' configs
check "a flash, so that everything was used once" mydevcli flash md4000-1.1.0.bin L0
size=$(pss)
check "at most 6 MB: $size kB" test "$size" -le 6144

# Sleeping: nothing but the watchdog, every 30 s. The worker threads leave when they have had nothing to do.
threads() {
	find "/proc/$(pid_of_daemon)/task" -mindepth 1 -maxdepth 1 | wc -l
}
wait_until 20 "the worker threads have left" equals 1 threads
before=$(switches)
sleep 15
check "no wake-ups when nothing happens" test $(($(switches) - before)) -le 2

#
# A client that never reads
#
request='{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}'
(
	for _ in {1..800}; do echo "$request"; done
	sleep 60
) | socat -u - UNIX-CONNECT:/run/mydev/mydevd.sock &
deaf=$!
rests() {
	local before
	before=$(switches)
	sleep 0.5
	[ "$(switches)" = "$before" ]
}
wait_until 20 "the daemon does not go on with it" rests
check "others are answered" timeout 5 mydevcli show
check "it costs no memory to speak of" test "$(pss)" -le $((size + 2048))
kill $deaf

#
# Messages that get lost
#
mkdir -p /etc/systemd/system/mydevd.service.d
cat > /etc/systemd/system/mydevd.service.d/small.conf <<-END
	[Service]
	ExecStart=
	ExecStart=/usr/sbin/mydevd --netlink-buffer 4096
END
systemctl daemon-reload
systemctl restart mydevd
for _ in 1 2 3; do
	kill -STOP "$(pid_of_daemon)"
	for ((n = 1; n <= 100 / ${VM_SCALE:-1}; n++)); do
		for i in {0..7}; do echo $((n % 2)) > "$debug/sim$i/cable1"; done
	done
	kill -CONT "$(pid_of_daemon)"
	mydevcli version >/dev/null
done
wait_until 20 "every event is there all the same" equals "$(cable_events)" events channel.cable
is "without gaps" "$(gaps)" 0
is "and nothing was lost" "$(events events.lost)" 0
like "though messages were" "$(journalctl -u mydevd -o cat)" 'netlink messages were lost'
wait_until 5 "the readings are the last ones" equals '["unplugged"]' \
	bash -c "mydevcli show --json | jq -c '[.adapters[].channels[1].health] | unique'"

# More than the kernel keeps: that is told.
number() {
	nlclient VERSION_GET | sed -n 's/^EVENT_SEQ=//p'
}
kill -STOP "$(pid_of_daemon)"
enough=$(($(number) + 4500))
while [ "$(number)" -lt $enough ]; do
	for n in {1..50}; do
		for i in {0..7}; do echo $((n % 2)) > "$debug/sim$i/cable1"; done
	done
done
kill -CONT "$(pid_of_daemon)"
wait_until 60 "what is gone is told as lost" equals 1 events events.lost
like "in numbers" "$(last_event events.lost)" '^[0-9]+ events were lost'
rm /etc/systemd/system/mydevd.service.d/small.conf
systemctl daemon-reload
systemctl restart mydevd

#
# Many: what a thousand cost, `make bench` tells
#
modprobe -r mydev_sim
modprobe mydev_sim
# A debug kernel is slow enough with fewer.
many=$((250 / ${VM_SCALE:-1}))
for ((i = 1; i <= many; i++)); do plug "md4000 T$i"; done
wait_until 240 "$many adapters are configured" equals "[[\"applied\",$many]]" configs
check "and shown" mydevcli show
is "all of them" "$(grep -c '^mydev' <<< "$out")" $many
is "no message was lost" "$(events events.lost)" 1
is "and no event" "$(gaps)" 0

# What is done to all of them.
check "set all" mydevcli config set '*' led=activity
is "each has it" "$(mydevcli config get '*' led | grep -c '=activity$')" $many
check "nothing differs" mydevcli config diff
is "of any of them" "$(grep -c ': as wanted$' <<< "$out")" $many
check "support" mydevcli support /tmp/support.json
is "knows them all" "$(jq '.daemon | [(.adapters, .config | length), (.logs | length > 0)]' -c /tmp/support.json)" "[$many,$many,true]"
check "update all" mydevcli flash --all --yes md4000-1.1.0.bin
is "each of them" "$(grep -c '1.0.0 -> 1.1.0, done' <<< "$out")" $many
settled() {
	[ "$(pss)" -le 10240 ]
}
wait_until 10 "memory is given back" settled
modprobe -r mydev_sim
wait_until 60 "they go" equals 0 bash -c "mydevcli show --json | jq '.adapters | length'"
done_testing
