#!/bin/bash
# Temperature and voltage by hwmon.
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

modprobe mydev_sim
plug "md4000 A"
wait_until 10 "an adapter" is_state 0 ready
sensor() {
	find /sys/class/mydev/mydev0/ -name temp1_input | grep .
}
no_sensor() {
	! sensor
}
wait_until 5 "has a hwmon device" sensor
hwmon=$(dirname "$(sensor)")
is "name" "$(cat "$hwmon/name")" mydev
is "temperature" "$(cat "$hwmon/temp1_input")" 41000
is "voltage" "$(cat "$hwmon/in0_input")" 3300
is "what it is of" "$(cat "$hwmon/temp1_label")" controller
like "sensors shows it" "$(sensors 'mydev-*')" 'controller: *\+41\.0'

knob sim0 temperature 90000
wait_until 5 "an alarm's reading shows at once" equals 90000 cat "$hwmon/temp1_input"
knob sim0 temperature -5000
wait_until 20 "so does a negative one" equals -5000 cat "$hwmon/temp1_input"
knob sim0 voltage 2900
wait_until 20 "low voltage" equals 2900 cat "$hwmon/in0_input"

knob sim0 hang 2
nlclient SELFTEST ADAPTER_ID=0 2>/dev/null || :
check "a hung adapter's sensors can be read" cat "$hwmon/temp1_input"
knob sim0 hang 0
wait_until 30 "it comes back" is_state 0 ready
is "with the same hwmon device" "$(cat "$hwmon/name")" mydev
unplug A
check "it goes with the adapter" bash -c "! test -e $hwmon"
plug "md2000 B mute"
wait_until 10 "a mute adapter" is_state 0 unresponsive
check "has none" no_sensor
knob sim0 hang 0
wait_until 30 "until it speaks" is_state 0 ready
wait_until 5 "then it has" sensor
check "unload" modprobe -r mydev_sim
done_testing
