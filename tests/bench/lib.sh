# shellcheck shell=bash
# What the scripts here share that run in the test machines. Each figure is a line of JSON on standard output, which
# tests/bench/report makes the table of; how each is taken is in doc/performance.md.

bench=$(dirname "${BASH_SOURCE[0]}")
PATH=$PATH:$bench:/usr/sbin

await() {	# SECONDS COMMAND: until it succeeds
	local end=$((SECONDS + $1 * ${VM_SCALE:-1}))
	until eval "$2" >/dev/null 2>&1; do
		((SECONDS < end)) || { echo "bench: not within $1 s: $2" >&2; exit 1; }
		[ -z "${pause:-}" ] || sleep "$pause"	# asking takes the processor from what is measured
	done
}
say() {
	echo "bench: $*" >&2
}
now_us() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# record ROW WHAT N WHO UNIT MEDIAN [MIN MAX RUNS]: a figure of WHO (mydev, or a peer), about N adapters
record() {
	printf '{"row": %d, "what": "%s", "n": %d, "who": "%s", "unit": "%s", "median": %s' "${@:1:6}"
	[ $# -lt 8 ] || printf ', "min": %s, "max": %s' "$7" "$8"
	[ $# -lt 9 ] || printf ', "runs": %d' "$9"
	printf '}\n'
}
spread() {	# of numbers on stdin, a line each: "MEDIAN MIN MAX"
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[1], v[NR] }'
}
# pairs ROW WHAT N RUNS WHO COMMAND [-- WHO COMMAND]...: time, CPU time and system calls of commands that are run in
# turns; COMMAND is words in one, the first of which may be @PID as measure has it
pairs() {
	local row=$1 what=$2 n=$3 runs=$4 who=() commands=() i=0 line
	shift 4
	while [ $# -gt 0 ]; do
		who+=("$1")
		commands+=("$2")
		shift $(($# > 2 ? 3 : 2))
	done
	local words=()
	for line in "${commands[@]}"; do
		[ ${#words[@]} = 0 ] || words+=(--)
		# shellcheck disable=SC2206  # words
		words+=($line)
	done
	while read -ra line; do
		record "$row" "$what" "$n" "${who[i]}" us "${line[@]:0:3}" "$runs"
		record "$row" "$what, CPU" "$n" "${who[i]}" us "${line[@]:3:3}" "$runs"
		# shellcheck disable=SC2086
		strace -f -c -o /tmp/calls ${commands[i]#@* } >/dev/null
		record "$row" "$what, system calls" "$n" "${who[i]}" calls \
			"$(awk '$NF == "total" { print $4 }' /tmp/calls)"
		i=$((i + 1))
	done < <(measure "$runs" "${words[@]}")
	[ $i = ${#who[@]} ]
}
# memory ROW WHAT N WHO PID
memory() {
	local kb
	read -r -a kb < <(awk '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } /^Private/ { private += $2 }
		END { print rss, pss, private }' "/proc/$5/smaps_rollup")
	record "$1" "$2, resident" "$3" "$4" KB "${kb[0]}"
	record "$1" "$2, proportional" "$3" "$4" KB "${kb[1]}"
	record "$1" "$2, private" "$3" "$4" KB "${kb[2]}"
}
switches() {	# PID: how often each of its threads has been given a processor
	awk '/^Pid:/ { tid = $2 } /ctxt_switches/ { n[tid] += $2 } END { for (tid in n) print tid, n[tid] }' \
		"/proc/$1"/task/*/status
}
switches_since() {	# PID: since /tmp/switches.PID was written, by threads that have not ended
	switches "$1" | awk 'NR == FNR { before[$1] = $2; next } { s += $2 - before[$1] } END { print s + 0 }' \
		"/tmp/switches.$1" -
}
cpu_ms() {	# of the whole machine, by all but idling
	awk -v hz="$(getconf CLK_TCK)" '$1 == "cpu" { print int(($2 + $3 + $4 + $7 + $8) * 1000 / hz) }' /proc/stat
}
