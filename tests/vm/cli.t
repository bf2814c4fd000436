#!/bin/bash
# mydevcli against the real daemon, kernel and (simulated) adapters.
# vm: --timeout 600
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"

sim=/sys/bus/mydev_sim debug=/sys/kernel/debug/mydev_sim fw=/lib/firmware/mydev
work=$(mktemp -d)
cd "$work"

# jq_is DESC FILTER WANT: of the JSON that the last check printed; the same for each value is once
jq_is() {
	is "$1" "$(jq -rc "$2" <<< "$out" 2>&1 | uniq)" "$3"
}
# as USER COMMAND...: as that user, with the groups of that user
as() {
	setpriv --reuid "$1" --regid "$1" --init-groups -- "${@:2}"
}
ready() {	# N adapters
	[ "$(mydevcli show --json | jq '[.adapters[] | select(.state == "ready" and .config != "applying")] | length')" = "$1" ]
}
slow() {	# US: how long a flash operation takes
	local knob
	for knob in "$debug"/*/flash_delay_us; do echo "$1" > "$knob"; done
}
running() {
	mydevcli show "$1" --json | jq -r .adapters[0].firmware.running
}
updating() {	# ADAPTER
	mydevcli show "$1" --json | jq -e '.adapters[0].flash.stage != "done"'
}
idle() {	# ADAPTER
	mydevcli show "$1" --json | jq -e '.adapters[0].flash.stage == "done"'
}

#
# Without a daemon
#
systemctl stop mydevd.socket mydevd.service
refused 6 "no daemon: show says so" mydevcli show
like "and what to do" "$out" 'hint: start it with: systemctl start mydevd'
refused 6 "version tells at least its own" mydevcli version
like "the CLI's version" "$out" '^mydevcli  [0-9]+\.'
refused 9 "support works partly" mydevcli support partly.json
is "and is honest about it" "$(jq -r .daemon_error.name partly.json)" unreachable
systemctl start mydevd.socket

#
# Looking
#
modprobe mydev_sim
wait_until 30 "the first request starts the daemon" mydevcli show
is "no adapters are told" "$out" "No adapters."
echo "md2000 SN2000-0001" > $sim/new_device
echo "md4000 SN4000-0001" > $sim/new_device
wait_until 20 "two adapters come" ready 2
check "a table" mydevcli show
like "has both" "$out" $'NAME .*\nmydev0  MD-2000  SN2000-0001 .*\nmydev1  MD-4000  SN4000-0001 '
check "one in detail" mydevcli show SN4000-0001
like "has channels, slots, configuration" "$out" 'mydev1: MD-4000.*Noise channels.*Firmware.*SLOT.*Configuration'
check "a glob" mydevcli show 'SN2*' --json
jq_is "means what it matches" '[.adapters[].name]' '["mydev0"]'
refused 3 "an adapter that is not there" mydevcli show mydev9
refused 3 "the same in JSON" mydevcli show mydev9 --json
jq_is "is an error object" '.error.code, .error.name' $'3\nnot-found'
check "versions" mydevcli version
like "of daemon and modules" "$out" 'mydevd .*mydev .*module'
check "its own log" mydevcli log mydev0
like "begins with a start" "$out" 'ENTRY  BOOT'
check "names for completion" mydevcli help --complete-adapters
is "are there" "$out" $'mydev0\nmydev1\nSN2000-0001\nSN4000-0001'

#
# Who may do what
#
useradd -M looker -G mydev
useradd -M changer -G mydev-admin
useradd -M nobody2
refused 5 "somebody may not look" as nobody2 mydevcli show
check "group mydev may look" as looker mydevcli show
refused 5 "and not change" as looker mydevcli reset mydev0
check "group mydev-admin may change" as changer mydevcli locate mydev0 --seconds 5
is "and is told what was done" "$out" "mydev0: the LED blinks for 5 s"
check "and turn it off" as changer mydevcli locate mydev0 --off

#
# Configuration
#
check "config show" mydevcli config show mydev0
like "has ranges" "$out" 'temp.warn +70 +C +70 +- +40\.\.95'
check "config set" mydevcli config set mydev0 temp.warn=60 led=on
check "config get" mydevcli config get mydev0 temp.warn
is "is the value alone" "$out" 60
check "config diff" mydevcli config diff mydev0
is "as wanted" "$out" "mydev0: as wanted"
check "a temporary value" mydevcli config set mydev0 led=off --temporary
wait_until 5 "is drift" bash -c 'mydevcli config diff mydev0 | grep -q "led *off *on .*set temporarily"'
check "config apply" mydevcli config apply mydev0
is "mends it" "$out" "mydev0: set led"
check "again" mydevcli config apply mydev0
is "there is nothing to do" "$out" "mydev0: nothing to do"
refused 4 "out of range" mydevcli config set mydev0 temp.warn=500
like "says the range" "$out" '40.*95'
refused 4 "not a number" mydevcli config set mydev0 temp.warn=warm
refused 4 "a word that is none of the choices" mydevcli config set mydev0 led=blue
refused 3 "no such key" mydevcli config set mydev0 nonsense=1
refused 3 "for get neither" mydevcli config get mydev0 nonsense
refused 2 "an empty argument is none" mydevcli flash ''
check "config reset" mydevcli config reset mydev0
check "brings the default back" mydevcli config get mydev0 temp.warn
is "70" "$out" 70

#
# Flashing
#
check "verify" mydevcli firmware verify $fw/md4000-1.1.0.bin
like "says what it is" "$out" 'valid.*MD-4000.*1\.1\.0'
head -c 10000 $fw/md4000-1.1.0.bin > short.bin
refused 4 "a truncated image is not valid" mydevcli firmware verify short.bin
refused 4 "and not flashed" mydevcli flash short.bin mydev1
refused 4 "another model's image neither" mydevcli flash md2000-1.1.0.bin mydev1
: > empty.bin
refused 4 "nor an empty file" mydevcli flash empty.bin mydev1
is "the old one runs" "$(running mydev1)" 1.0.0

check "a dry run" mydevcli flash md4000-1.1.0.bin --dry-run
like "tells what would be" "$out" 'mydev1: would go from 1\.0\.0 to 1\.1\.0'
is "and does nothing" "$(running mydev1)" 1.0.0
check "flash, the only adapter of the model" mydevcli flash md4000-1.1.0.bin
like "says what it does" "$out" '^md4000-1\.1\.0\.bin: MD-4000 1\.1\.0.mydev1: 1\.0\.0 -> 1\.1\.0'
like "and that it is done" "$out" 'mydev1: 1\.0\.0 -> 1\.1\.0, done in '
is "the new one runs" "$(running mydev1)" 1.1.0
check "again" mydevcli flash md4000-1.1.0.bin mydev1
like "there is nothing to do" "$out" 'nothing to do: .*1\.1\.0'
cp $fw/md4000-1.0.0.bin md4000-1.1.0.bin
refused 4 "the same name, another content" mydevcli flash md4000-1.1.0.bin mydev1
rm md4000-1.1.0.bin
refused 4 "a downgrade is refused" mydevcli flash md4000-1.0.0.bin mydev1
refused 4 "allowed, it is to be confirmed" mydevcli flash md4000-1.0.0.bin mydev1 --allow-downgrade
check "with --yes it goes" mydevcli flash md4000-1.0.0.bin mydev1 --allow-downgrade --yes
is "back" "$(running mydev1)" 1.0.0
check "rollback" mydevcli firmware rollback mydev1
is "forth" "$(running mydev1)" 1.1.0
check "stored, not activated" mydevcli flash md2000-1.1.0.bin mydev0 --no-activate
like "says how to go on" "$out" 'mydevcli firmware activate mydev0'
is "the old one runs on" "$(running mydev0)" 1.0.0
check "activate" mydevcli firmware activate mydev0
is "the stored one runs" "$(running mydev0)" 1.1.0

echo "md4000 SN4000-0002" > $sim/new_device
wait_until 20 "a third adapter" ready 3
refused 4 "two of the model: which one?" mydevcli flash md4000-2.0.0.bin
refused 4 "--all needs --yes" mydevcli flash md4000-2.0.0.bin --all
check "--all --yes, as JSON" mydevcli flash md4000-2.0.0.bin --all --yes --json
jq_is "is nothing but objects" type object
is "its last line has all" "$(tail -n 1 <<< "$out" | jq -rc '.type, [.results[] | .adapter + " " + .action]')" \
	$'end\n["mydev0 skipped","mydev1 started","mydev2 started"]'
is "both run it" "$(running mydev1) $(running mydev2)" "2.0.0 2.0.0"
refused 4 "below the security counter, nothing helps" \
	mydevcli flash md4000-1.0.0.bin mydev1 --allow-downgrade --yes --force

#
# In the middle of a flash
#
slow 8000
mydevcli flash md4000-2.0.0.bin mydev1 --force > first.out 2>&1 &
first=$!
wait_until 30 "it goes" grep -Eq "preparing|transferring" first.out
refused 7 "a second one is refused as busy" mydevcli flash md4000-2.0.0.bin mydev1 --force
like "with what is running" "$out" 'md4000-2\.0\.0\.bin'
check "the others answer" mydevcli show
systemctl restart mydevd
status=0
wait $first || status=$?
is "the first one was followed across a restart of mydevd" $status 0
like "to its end" "$(<first.out)" 'lost; trying again.*connected.*mydev1: 2\.0\.0 -> 2\.0\.0, done in '

refused 130 "Ctrl-C detaches" timeout --preserve-status -s INT 3 mydevcli flash md4000-2.0.0.bin mydev2 --force
like "says how to cancel" "$out" 'cancel it with: mydevcli firmware cancel mydev2'
check "it goes on" updating mydev2
check "until it is cancelled" mydevcli firmware cancel mydev2
wait_until 30 "then it ends" idle mydev2
is "and the old one runs" "$(running mydev2)" 2.0.0
refused 4 "nothing to cancel" mydevcli firmware cancel mydev1

mydevcli flash md4000-2.0.0.bin mydev2 --force > unplug.out 2>&1 &
pid=$!
wait_until 30 "another one goes" grep -Eq "preparing|transferring" unplug.out
echo SN4000-0002 > $sim/del_device
status=0
wait $pid || status=$?
is "unplugged in the middle: it is not there any more" $status 3
like "and says so" "$(<unplug.out)" 'mydev2.*(removed|gone)'
slow 0

#
# Events
#
last=$(mydevcli events --limit 1 --json | jq .next)
mydevcli events --follow --since "$last" --json > follow.out &
follower=$!
for i in 1 2 3; do
	mydevcli locate mydev0 --seconds $i > /dev/null
	[ $i != 2 ] || systemctl restart mydevd
done
mydevcli locate mydev0 --off > /dev/null
wait_until 10 "the follower hears all, across a restart" \
	bash -c "[ \$(grep -c '\"type\":\"locate\"' follow.out) -ge 4 ]"
kill $follower
is "without gaps" "$(jq -s '[.[].seq] | [range(.[0]; .[0] + length)] - . | length' follow.out)" 0
check "a few" mydevcli events mydev0 --limit 2
is "are two" "$(wc -l <<< "$out")" 2

#
# A daemon that hangs
#
pid=$(systemctl show -p MainPID --value mydevd)
kill -STOP "$pid"
refused 8 "a daemon that hangs is not waited for" timeout 10 mydevcli show
refused 130 "support is interrupted while it waits" timeout --preserve-status -s INT 1 mydevcli support half.json
is "and leaves nothing" "$(find . -name 'half.json*')" ""
kill -CONT "$pid"
check "and answers when it goes on" mydevcli show

#
# The rest
#
check "self-test" mydevcli selftest mydev0 --wait
is "passes" "$out" "mydev0: self-test passed"
echo stuck > $debug/sim0/noise0
refused 1 "with a dead noise source" mydevcli selftest mydev0 --wait
like "it fails" "$out" 'self-test.*failed'
echo ok > $debug/sim0/noise0
check "reset" mydevcli reset mydev0
wait_until 10 "is back" ready 2
check "support" mydevcli support whole.json
is "for its owner alone" "$(stat -c %a whole.json)" 600
is "with adapters and modules" "$(jq -r '(.daemon.adapters | length), (.host.modules | map(.name) | contains(["mydev", "mydev_sim"]))' whole.json)" $'2\ntrue'
refused 4 "never over another file" mydevcli support whole.json

# Every verb, on a terminal: what is drawn is taken away again, and questions are asked.
check "a bar on a terminal" script -qec 'stty cols 80; mydevcli flash md4000-2.0.0.bin mydev1 --force' /dev/null
like "is drawn" "$out" 'mydev1 \[#*\.*\] +[0-9]+%'
like "and the end is told" "$out" 'mydev1: 2\.0\.0 -> 2\.0\.0, done in'
refused 4 "a question is asked" script -qec 'mydevcli flash md4000-2.0.0.bin --all --force' /dev/null <<< n
like "and no is no" "$out" 'Flash 2\.0\.0 to 1 adapter: mydev1\? \[y/N\]'

mydevcli show --watch > watch.out &
watcher=$!
wait_until 5 "watching begins" grep -q mydev1 watch.out
echo 0 > $debug/sim1/cable2
wait_until 5 "a pulled cable is seen" grep -Eq '^mydev1 .*warning' watch.out
kill $watcher
done_testing
