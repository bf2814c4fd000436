#!/bin/bash
# The simulator: plugging, and each of its knobs.
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

models() {
	cat /sys/class/mydev/*/model | sort | tr '\n' ' '
}
modprobe mydev_sim adapters=3
wait_until 10 "adapters=3" equals 3 count_adapters ready
is "both models in turn" "$(models)" "MD-2000 MD-4000 MD-4000 "
modprobe -r mydev_sim
modprobe mydev_sim adapters=2 model=md2000
wait_until 10 "model=md2000" equals "MD-2000 MD-2000 " models
modprobe -r mydev_sim
refused 1 "no such model" modprobe mydev_sim adapters=1 model=md1

# What is plugged in.
modprobe mydev_sim
for line in "" md1 "md2000 bad/serial" "md2000 0123456789012345" "md2000 A B" "md2000 A mute mute"; do
	refused 1 "new_device: '$line'" plug "$line"
done
like "the usage is in the log" "$(dmesg | tail -n 1)" 'usage: echo "md2000\|md4000 \[SERIAL\] \[mute\]"'
check "a serial number" plug "md2000 A-1"
refused 1 "only once" plug "md4000 A-1"
check "none: one is made up" plug md4000
wait_until 10 "it is" equals SIM0000001 cat /sys/class/mydev/mydev1/serial
refused 1 "del_device: what is not there" unplug A-2
like "says so" "$(dmesg | tail -n 1)" "there is no A-2"
check "by serial number" unplug A-1
check "by name" unplug sim1
mv /lib/firmware/mydev /lib/firmware/mydev.away
modprobe -r mydev_sim
refused 1 "without the factory's firmware nothing appears" modprobe mydev_sim adapters=1
like "and the log says what to do" "$(dmesg)" "cannot load mydev/md4000-1.0.0.bin .*: install"
mv /lib/firmware/mydev.away /lib/firmware/mydev
modprobe mydev_sim adapters=1
wait_until 10 "with it, it does" is_state 0 ready

# Knobs: what they take.
for bad in "cable0 2" "cable0 x" "noise0 bad" "temperature 1000000" "hang 3" "hang -1" "boot_ms 99999999999"; do
	# shellcheck disable=SC2086  # words
	refused 1 "refused: $bad" knob sim0 $bad
done
is "read back" "$(cd $debugfs/sim0 && cat cable3 noise3 temperature voltage hang | tr '\n' ' ')" "1 ok 41000 3300 0 "
check "no more channels than the model has" test ! -e $debugfs/sim0/cable4
refused 1 "not for everybody" setpriv --reuid=65534 --regid=65534 --clear-groups cat $debugfs/sim0/hang

# Knobs: what they do. Those of flash are in flash-kernel.t, lose_commands and hang in core.t.
knob sim0 cable1 0
wait_until 5 "cable out" equals 4 health 0 1
is "alarm of the channel" "$(alarms 0)" 8
like "an event tells" "$(nlclient -d EVENT_GET)" 'EVENT.HW=020101[0-9a-f]{2}00000000'
knob sim0 cable1 1
wait_until 5 "cable in" equals 0 health 0 1
knob sim0 noise2 stuck
wait_until 5 "stuck" equals 2 health 0 2
like "an event tells" "$(nlclient -d EVENT_GET)" 'EVENT.HW=03020202'
knob sim0 noise2 biased
wait_until 15 "biased" equals 3 health 0 2
knob sim0 noise2 ok
wait_until 15 "ok" equals 0 health 0 2
knob sim0 temperature 75000
wait_until 5 "warm" equals 1 alarms 0
is "temperature" "$(status 0 4 4)" 75000
knob sim0 temperature 90000
wait_until 5 "hot" equals 3 alarms 0
knob sim0 temperature 41000
wait_until 5 "cool" equals 0 alarms 0
knob sim0 voltage 3000
wait_until 5 "low voltage" equals 4 alarms 0
knob sim0 voltage 3300
wait_until 5 "voltage" equals 0 alarms 0
knob sim0 boot_ms 4000
check "reset" nlclient RESET ADAPTER_ID=0
wait_until 2 "boot_ms: it boots" is_state 0 resetting
wait_until 10 "and is there" is_state 0 ready
check "unload" modprobe -r mydev_sim
done_testing
