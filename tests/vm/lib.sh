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
# The functions are those of tap.sh. The directory tests/ is at /mnt/share.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

if [ ! -e /vm/agent ]; then
	vm=$(cd "$(dirname "$0")" && pwd)
	read -ra options < <(sed -n 's/^# vm: //p' "$0") || :
	read -ra kernels < <(sed -n 's/^# kernels: //p' "$0") || :
	[ -z "${VM_KERNEL:-}" ] || kernels=("$VM_KERNEL")
	machine=("$vm/run" "${options[@]}" --share "$vm/..")
	script=(bash "/mnt/share/vm/${0##*/}")
	if [ ${#kernels[@]} -le 1 ]; then
		exec "${machine[@]}" ${kernels[0]:+--kernel "${kernels[0]}"} -- "${script[@]}"
	fi
	for kernel in "${kernels[@]}"; do
		status=0
		# What fails is said at the top, too: prove shows nothing of what is below.
		"${machine[@]}" --kernel "$kernel" -- "${script[@]}" |
			awk '/^(not )?ok/ { bad = /^not/ && !/# (TODO|SKIP)/ } { print "    " $0; if (bad) print "# " $0; fflush() }' ||
			status=$?
		tap_result $status "kernel $kernel" "exit status $status"
	done
	done_testing
fi
