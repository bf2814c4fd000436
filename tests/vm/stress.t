#!/bin/bash
# Everything at a time, at random, on the kernel's part: what it says is no matter, that it bears it is.
# vm: --memory 1536 --timeout 300
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

seconds=20

modprobe mydev_sim
seed=$RANDOM
check "adapters, requests, dumps, flashes, faults and readers at a time (seed $seed)" kstress $seconds "$seed"
diag "done:" "$out"
check "unload" rmmod mydev_sim mydev

# The simulator goes while all of them are at it, and comes back.
modprobe mydev_sim adapters=4
kstress $seconds $((seed + 1)) >/dev/null & stress=$!
# shellcheck disable=SC2317 # called by check
unload() {
	while kill -0 "$stress" 2>/dev/null; do
		rmmod mydev_sim || return
		# Sockets with half a dump keep the core.
		rmmod mydev 2>/dev/null || :
		modprobe mydev_sim adapters=4
		sleep 0.5
	done
}
check "unloaded and loaded again and again meanwhile" unload
wait "$stress" || :
check "unload" rmmod mydev_sim mydev

# Without memory, in those who ask and in the workers that do it: on the debug kernel.
fail=/sys/kernel/debug/failslab
if [ -d $fail ]; then
	modprobe mydev_sim adapters=4
	echo N >$fail/ignore-gfp-wait
	echo 0 >$fail/verbose
	echo -1 >$fail/times
	echo Y >$fail/task-filter
	echo 5 >$fail/probability
	for comm in /proc/[0-9]*/comm; do
		! grep -q kworker/u "$comm" 2>/dev/null || echo 1 >"${comm%/*}/make-it-fail" || :
	done
	check "while allocations fail" env KSTRESS_FAIL=1 kstress $seconds $((seed + 2))
	echo 0 >$fail/probability
	check "unload" rmmod mydev_sim mydev
fi
done_testing
