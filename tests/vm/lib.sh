# shellcheck shell=bash
# What tests/vm/*.t begin with: such a script is bash, executable, and runs itself in a test machine.
#
#	#!/bin/bash
#	# What it shows.
#	# vm: --memory 2048 --timeout 300	options of tests/vm/run; this line and the next may be missing
#	# kernels: 5.10 6.1			a machine for each; $VM_KERNEL overrides
#	. "$(dirname "$0")/lib.sh"
#	modprobe mydev_sim
#	check "the module is there" test -d /sys/module/mydev_sim
#	done_testing
#
# The directory tests/ is at /mnt/share. A command that fails outside of the functions below ends
# the test as failed, so does an end without done_testing.
set -eEuo pipefail

if [ ! -e /vm/agent ]; then
	vm=$(cd "$(dirname "$0")" && pwd)
	read -ra options < <(sed -n 's/^# vm: //p' "$0") || :
	read -ra kernels < <(sed -n 's/^# kernels: //p' "$0") || :
	[ -z "${VM_KERNEL:-}" ] || kernels=("$VM_KERNEL")
	machine=("$vm/run" "${options[@]}" --share "$vm/..")
	script=(bash "/mnt/share/vm/${0##*/}")
	if [ ${#kernels[@]} -le 1 ]; then
		exec "${machine[@]}" ${kernels:+--kernel "$kernels"} -- "${script[@]}"
	fi
	failed=0 count=0
	for kernel in "${kernels[@]}"; do
		verdict=ok
		"${machine[@]}" --kernel "$kernel" -- "${script[@]}" | sed 's/^/    /' || verdict='not ok' failed=1
		echo "$verdict $((count += 1)) - kernel $kernel"
	done
	echo "1..$count"
	exit $failed
fi

tap_count=0 tap_failed=0 tap_done=''
trap 'tap_died "line $LINENO: $BASH_COMMAND"' ERR
trap tap_end EXIT

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# tap_result STATUS DESC [DETAIL...]: details are for whoever has to find out why
tap_result() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $2"
	shift 2
	for line; do
		diag "$line"
	done
	diag "the end of the kernel log:"
	diag "$(dmesg | tail -n 15)"
}

tap_died() {
	tap_cause=$1
}

tap_end() {
	[ -n "$tap_done" ] && return
	tap_result 1 "the test ends early" "${tap_cause:-done_testing is missing}"
	echo "1..$tap_count"
	exit 1
}

# check DESC COMMAND...: it succeeds. $out is what it printed, here and in refused.
check() {
	refused 0 "$@"
}

# refused CODE DESC COMMAND...: it exits with that code
refused() {
	local code=$1 desc=$2 status=0
	shift 2
	out=$("$@" 2>&1) || status=$?
	[ $status != "$code" ] || { tap_result 0 "$desc" && return; }
	tap_result 1 "$desc" "command: $*" "exit status $status instead of $code; it printed:" "$out"
}

# is DESC GOT WANT
is() {
	[ "$2" != "$3" ] || { tap_result 0 "$1" && return; }
	tap_result 1 "$1" "got:  $2" "want: $3"
}

# like DESC GOT REGEX (extended)
like() {
	! [[ $2 =~ $3 ]] || { tap_result 0 "$1" && return; }
	tap_result 1 "$1" "got: $2" "no match for: $3"
}

# wait_until SECONDS DESC COMMAND...: it succeeds within that time. A debug kernel gets more.
wait_until() {
	local limit=$(($1 * VM_SCALE)) desc=$2 deadline
	shift 2
	deadline=$((SECONDS + limit))
	until out=$("$@" 2>&1); do
		if [ $SECONDS -gt $deadline ]; then
			tap_result 1 "$desc" "not within $limit s: $*" "the last time it printed:" "$out"
			return
		fi
		sleep 0.05
	done
	tap_result 0 "$desc"
}

# skip WHY DESC: counts as passed
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $2 # SKIP $1"
}

skip_all() {
	tap_done=1
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing() {
	tap_done=1
	echo "1..$tap_count"
	[ $tap_failed = 0 ]
	exit
}
