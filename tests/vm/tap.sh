# shellcheck shell=bash
# TAP for test scripts in bash. Outside of these functions, a command that fails ends the test as failed.
set -eEuo pipefail

tap_count=0 tap_failed=0 tap_done=''
trap 'tap_cause="line $LINENO: $BASH_COMMAND"' ERR
trap tap_end EXIT

# diag TEXT...
diag() {
	printf '%s\n' "$@" | sed 's/^/# /'
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
	diag "${@:3}"
	[ ! -e /vm/agent ] || diag "the end of the kernel log:" "$(dmesg -k | tail -n 15)"
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
	local limit=$(($1 * ${VM_SCALE:-1})) desc=$2 began=$SECONDS pause=0.05
	shift 2
	until out=$("$@" 2>&1); do
		if [ $((SECONDS - began)) -gt $limit ]; then
			tap_result 1 "$desc" "not within $limit s: $*" "the last time it printed:" "$out"
			return
		fi
		sleep $pause
		# Asking is work that what is waited for would need, too.
		[ $((SECONDS - began)) -lt 2 ] || pause=0.3
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

# asleep_in FUNCTION PID: it waits there, in the kernel
asleep_in() {
	grep -qw "$1" "/proc/$2/stack"
}

done_testing() {
	tap_done=1
	echo "1..$tap_count"
	[ $tap_failed = 0 ]
	exit
}
