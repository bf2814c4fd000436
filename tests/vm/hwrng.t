#!/bin/bash
# /dev/hwrng: the healthy adapters' random bytes, each once; a sick or vanishing one stops nobody.
# vm: --timeout 300
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

rng=/sys/class/misc/hw_random
modprobe rng-core 2>/dev/null || :
registered() {
	grep -qw mydev "$rng/rng_available"
}
gone() {
	! registered
}
bytes() {
	dd if=/dev/hwrng bs=64 count="$1" iflag=fullblock status=none
}

modprobe mydev_sim
check "no adapter, no hwrng" gone
plug "md4000 A"
wait_until 10 "an adapter brings it" registered
echo mydev >$rng/rng_current
is "it is the current one" "$(cat $rng/rng_current)" mydev
[ ! -e $rng/rng_quality ] || is "simulated noise earns no credit" "$(cat $rng/rng_quality)" 1

bytes 6000 >/tmp/random
check "384,000 bytes" test "$(stat -c %s /tmp/random)" = 384000
rngtest </tmp/random >/tmp/rngtest 2>&1 || :
like "rngtest finds them random" "$(cat /tmp/rngtest)" "FIPS 140-2 failures: [0-3]$(printf '\n')"

# Two readers at a time, two adapters: whatever 16 bytes come twice were delivered twice.
plug "md2000 B"
wait_until 10 "a second adapter" is_state 1 ready
bytes 2000 >/tmp/random1 &
reader=$!
bytes 2000 >/tmp/random2
wait $reader
check "no byte is delivered twice" python3 -c '
data = [open(f, "rb").read() for f in ("/tmp/random1", "/tmp/random2")]
seen = set()
for d in data:
    for i in range(len(d) - 15):
        if d[i:i + 16] in seen:
            raise SystemExit("twice: %s" % d[i:i + 16].hex())
        seen.add(d[i:i + 16])
'
# A command that changes something has the status read.
nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=0
nlclient LOCATE ADAPTER_ID=1 LOCATE_SECONDS=0
check "both adapters gave" test "$(status 0 48 8)" != 0 -a "$(status 1 48 8)" != 0

# Health.
noise() {
	for channel in 0 1 2 3; do
		knob sim0 noise$channel "$1"
	done
}
unplug B
noise stuck
wait_until 5 "stuck noise: the repetition count test fails" equals 2 health 0 0
wait_until 20 "without a healthy channel there is no hwrng" gone
noise biased
wait_until 15 "biased noise: the adaptive proportion test fails" equals 3 health 0 0
check "still no hwrng" gone
noise ok
wait_until 15 "good noise again: healthy" equals 0 health 0 0
wait_until 5 "and there is a hwrng" registered

for channel in 0 1 2 3; do
	knob sim0 cable$channel 0
done
wait_until 5 "unplugged cables" equals 4 health 0 3
wait_until 20 "no hwrng" gone
knob sim0 cable2 1
wait_until 5 "one cable is enough" registered
check "it gives bytes" bytes 4
knob sim0 temperature 110000
wait_until 20 "nothing from an adapter that is too hot" gone
knob sim0 temperature 40000
wait_until 5 "cooled down" registered

# Sick ones.
plug "md2000 B"
wait_until 10 "two adapters" is_state 1 ready
echo mydev >$rng/rng_current
knob sim0 hang 2
check "a hung adapter does not keep the other's bytes back" bytes 10
wait_until 20 "it is asked no more" is_state 0 unresponsive
check "the other gives" bytes 10
unplug A
unplug B
wait_until 20 "none is left" gone

plug "md2000 B"
wait_until 10 "an adapter" registered
echo mydev >$rng/rng_current 2>/dev/null || :
(while bytes 1; do :; done) >/tmp/read 2>/dev/null &
reader=$!
wait_until 10 "a reader reads" test -s /tmp/read
check "unplugged under it" unplug B
wait_until 20 "the reader ends" bash -c "! kill -0 $reader"
plug "md2000 C"
wait_until 10 "an adapter" registered
knob sim0 hang 2
dd if=/dev/hwrng of=/dev/null bs=64 count=100 status=none 2>/dev/null &
reader=$!
wait_until 10 "a read waits for it" asleep_in rng_dev_read $reader
check "unplugged" unplug C
wait_until 20 "the read ends" bash -c "! kill -0 $reader"
wait_until 20 "no hwrng" gone

(while :; do bytes 10; done) >/dev/null 2>&1 &
reader=$!
for i in 1 2 3 4 5 6; do
	plug "md2000 D-$i"
	# Half of the times it has not given anything yet.
	[ $((i % 2)) = 0 ] || wait_until 10 "it brings hwrng" registered
	unplug "D-$i"
done
{ kill $reader && wait $reader; } 2>/dev/null || :

# The hwrng core lets root change our quality under our feet; and its thread may not have run yet when
# we go, which it does not bear (it would stop a thread that is no more, here or the next time).
plug "md2000 E"
wait_until 10 "an adapter" registered
echo mydev >$rng/rng_current
echo 0 >$rng/rng_quality 2>/dev/null || :
knob sim0 temperature 42000
unplug E
wait_until 20 "without credit it goes too" gone
blink() {
	local i
	for ((i = 0; i < 30; i++)); do
		plug "md2000 F"
		until registered; do :; done
		unplug F
		until gone; do :; done
	done
}
check "comes and goes at once, 30 times" blink
check "unload" rmmod mydev_sim mydev
check "no hwrng stays behind" gone
done_testing
