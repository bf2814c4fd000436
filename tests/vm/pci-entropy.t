#!/bin/bash
# The random bytes of PCI cards, each accounted for: instead of noise the cards give counters, so that every
# byte that any reader gets says when, and by whom, it was given.
# vm: --pci none --timeout 600
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$(dirname "$0")/pci.sh"

rng=/sys/class/misc/hw_random
work=$(mktemp -d)
cd "$work"

registered() {
	grep -qw mydev "$rng/rng_available"
}
no_hwrng() {
	! registered
}
take() {	# BLOCKS FILE
	dd if=/dev/hwrng of="$2" bs=64 count="$1" iflag=fullblock status=none
}
given() {	# SERIAL: how many bytes the card has given
	card tell "$1" status | jq .entropy_bytes
}

check "a card that counts" card plug A md4000 --fault entropy_counter=$start_A
wait_until 30 "gives" registered
echo mydev >$rng/rng_current
check "another one" card plug B md2000 --fault entropy_counter=$start_B
wait_until 30 "is ready" is_ready B

#
# Two readers, two cards, and the kernel's own thread
#
take 2000 one & reader=$!
check "a reader" take 2000 two
status=0
wait $reader || status=$?
is "and another one at the same time" $status 0
accounted "two readers" one two
read -r a b _ _ _ last < <(account one two)
check "both cards have given" test "$a" -gt 0 -a "$b" -gt 0
check "and at least what was got" test "$(given A)" -ge "$a" -a "$(given B)" -ge "$b"
check "nothing that was not given yet" test "$last" -le "$(given A)"

#
# On a way where much gets lost. While the only card is reset there is no hwrng.
#
check "one card" card unplug B
: >three
(while :; do dd if=/dev/hwrng bs=64 status=none || sleep 0.1; done >>three) 2>/dev/null & reader=$!
for fault in "lose_interrupts 3" "interrupt_delay_ms 200" "interrupt_delay_ms 0" "stuck_opcode 80" "lose_commands 2" "hang reset" \
	"reboots 1"; do
	# shellcheck disable=SC2086  # words
	check "while it is read: $fault" tell A $fault
	wait_until 60 "it is read on" grown three "$(stat -c %s three)"
	wait_until 30 "it is well again" is_ready A
done
take 100 four || :
{ kill $reader && wait $reader; } 2>/dev/null || :
truncate -s $(($(stat -c %s three) / 8 * 8)) three
accounted "with losses" one two three four

#
# Nothing after a failed health test, nor what was taken before and not yet read
#
noise() {
	local i
	for i in 0 1 2 3; do tell A "noise$i" "$1"; done
}
wait_until 30 "hwrng" registered
echo mydev >$rng/rng_current
(while dd if=/dev/hwrng bs=64 status=none; do :; done >>five) 2>/dev/null & reader=$!
wait_until 10 "a reader reads" test -s five
noise stuck
wait_until 20 "no healthy channel, no hwrng" no_hwrng
wait_until 20 "the reader ends" bash -c "! kill -0 $reader"
failed=$(given A)
refused 1 "nobody gets anything" timeout 5 dd if=/dev/hwrng of=/dev/null bs=64 count=1 status=none
is "the card gives nothing" "$(given A)" "$failed"
noise ok
wait_until 30 "healthy again" registered
echo mydev >$rng/rng_current
check "it gives" take 200 six
accounted "around the failure" one two three four five six
read -r _ _ _ _ first _ < <(account six)
check "only what was taken since: from byte $first, the failure was at $failed" test "$first" -ge "$failed"
read -r _ _ _ _ _ last < <(account five)
check "nor before it was given: up to $last" test "$last" -le "$failed"

#
# Unplugged: what was on its way is nobody's
#
(while dd if=/dev/hwrng bs=64 status=none; do :; done >>seven) 2>/dev/null & reader=$!
wait_until 10 "a reader reads" test -s seven
check "unplugged under the reader" card unplug A
wait_until 20 "the reader ends" bash -c "! kill -0 $reader"
truncate -s $(($(stat -c %s seven) / 8 * 8)) seven
check "plugged in" card plug A
wait_until 30 "it gives" registered
echo mydev >$rng/rng_current
check "a reader" take 200 eight
accounted "around the unplugging" one two three four five six seven eight

#
# Noise: of 1,000 blocks of good randomness 0.8 fail; more than 6 do once in 100,000 times
#
tell A entropy_counter none
take 4 /dev/null
rngtest -c 1000 </dev/hwrng >verdict 2>&1 || :
like "rngtest" "$(grep 'FIPS 140-2 successes' verdict)" ' [0-9]+$'
failures=$(sed -n 's/.*FIPS 140-2 failures: //p' verdict)
diag "$failures of $(sed -n 's/.*FIPS 140-2 successes: //p' verdict) blocks fail"
check "the noise is random" test "$failures" -le 6
done_testing
