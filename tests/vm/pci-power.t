#!/bin/bash
# The power of PCI cards fails in the middle of `mydevcli flash`, before, within and after operations of the
# flash from the first to the last. What `show` then says is true, and the next update succeeds.
# vm: --pci md4000:A --timeout 1200
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$(dirname "$0")/pci.sh"

# How many cuts. The exhaustive test is tests/unit/test_model_cuts.c; this one has all of the product in it.
cuts=12
[ -z "${VM_LONG:-}" ] || cuts=120

operations() {
	card tell A status | jq .flash_ops
}
replug() {
	card unplug A >/dev/null && card plug A >/dev/null
}
# flash VERSION: exit status in $status, what it said in flash.log
flash() {
	status=0
	mydevcli flash "md4000-$1.bin" A --allow-downgrade --yes >/tmp/flash.log 2>&1 || status=$?
}

# What runs is what a restart would run: none is on trial.
is_settled() {
	[ "$(adapter A '.firmware | .running == .stored')" = true ]
}
is_off_or_done() {
	is_off A || ! kill -0 "$client"
}

wait_until 30 "a card" is_ready A
check "an update" mydevcli flash md4000-1.1.0.bin A
began=$(operations)
flash 1.0.0
is "and back, to see how long that is" $status 0
total=$(($(operations) - began))
flash 1.1.0
is "and forth" $status 0
diag "$total flash operations"
old=1.1.0 new=1.0.0
kinds=(before torn after)
missed=0 olds=0 news=0

for ((i = 0; i < cuts; i++)); do
	kind=${kinds[i % 3]}
	# All through the update, the last operations included, which decide.
	at=$((i < cuts / 2 ? 1 + i * total * 2 / cuts : total - (cuts - 1 - i)))
	cut="cut $kind operation $at"
	tell A "power_cut_$kind" $at
	flash "$new" &
	client=$!
	wait_until 60 "$cut: the power fails" is_off_or_done
	if ! is_off A; then
		# The update was shorter this time: that is not said to be a cut.
		wait $client
		missed=$((missed + 1))
		tell A "power_cut_$kind" 0
		read -r old new <<<"$new $old"
		continue
	fi
	# Half of the times the driver finds out by itself that the card is dead.
	[ $((i % 2)) = 0 ] || wait $client || :
	check "$cut: plugged in again" replug
	wait $client || :
	wait_until 30 "$cut: it starts" is_ready A
	read -r shown pending < <(adapter A '.firmware | "\(.running) \(.pending)"')
	case $shown in
	"$old") olds=$((olds + 1)) ;;
	"$new") news=$((news + 1)) ;;
	*) is "$cut: the old or the new one runs" "$shown" "$old or $new" ;;
	esac
	[ $at -gt $((total * 3 / 4)) ] || is "$cut: half an update changes nothing" "$shown $pending" "$old null"
	# What runs is what show says, also after a restart that nothing was pending for.
	if [ "$pending" = null ]; then
		wait_until 30 "$cut: no trial goes on" is_settled
		mydevcli reset A >/dev/null
		wait_until 30 "$cut: restarted" is_ready A
		is "$cut: the same one runs" "$(running A)" "$shown"
	fi
	[ "$shown" = "$old" ] || { new=$old && old=$shown; }
	flash "$new"
	is "$cut: the next update succeeds ($(tail -n 1 /tmp/flash.log))" $status 0
	is "$cut: and runs" "$(running A)" "$new"
	read -r old new <<<"$new $old"
done
check "most of the $cuts cuts were made" test $((missed * 4)) -le $cuts
diag "after $olds of the cuts the old firmware ran, after $news the new one, $missed came too late"
like "the card has said where its power failed" "$(card log A)" 'power cut at flash operation [0-9]+'
done_testing
