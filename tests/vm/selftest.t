#!/bin/bash
# The test machines tell failures from passes. This one runs outside of them.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$here/tap.sh"

# shellcheck disable=SC2317  # called by name
machine() {
	"$here/run" --bare "$@"
}

# fails DESC WHY OPTION|COMMAND...: the run is a failure of the machine, and says why
fails() {
	local desc=$1 why=$2
	shift 2
	refused 125 "$desc" machine "$@"
	like "$desc: says why" "$out" "$why"
}

# shellcheck disable=SC2016  # as they are
refused 7 "an exit status, and arguments as they are" \
	machine -- bash -c 'printf "<%s>" "$@"; exit 7' - 'two  words' '' '$HOME"`' $'new\nline' '*' é
is "the output as it is" "$out" $'<two  words><><$HOME"`><new\nline><*><é>'
refused 127 "a command that is not there" machine -- no-such-command

fails "a panic" 'run: .*: panic' -- bash -c 'echo c >/proc/sysrq-trigger'
# With a dom0 that is dead, QEMU exits as if all were well.
fails "a panic of dom0" 'run: .*: panic' --xen --append rdinit=/none -- true
fails "a power-off" 'went off before' -- bash -c 'poweroff -f; sleep 100'
fails "a time-out" 'not finished within [0-9]+ s' --timeout 3 -- true
fails "a warning of the kernel" 'WARNING: CPU: 0 PID: 1 at here' \
	-- bash -c 'echo "<4>WARNING: CPU: 0 PID: 1 at here" >/dev/kmsg'
fails "no such kernel" 'no kernel 2\.4' --kernel 2.4 -- true
fails "no such card" 'takes md2000 or md4000, not md1000' --pci md1000,x -- true
refused 2 "no such option" machine --no-such-option -- true

# What the command leaves running delays nothing.
check "leftovers" machine --timeout 60 -- bash -c 'setsid sleep 1000 & echo done'

# An interrupted run takes its machine with it.
"$here/run" --bare -- sleep 1000 &
run=$!
wait_until 30 "the machine starts" pgrep -P $run timeout
qemu=$(pgrep -P "$(pgrep -P $run timeout)")
kill $run
wait_until 10 "an interrupted run ends" bash -c "! kill -0 $run"
wait_until 10 "and its QEMU" bash -c "! kill -0 $qemu"
done_testing
