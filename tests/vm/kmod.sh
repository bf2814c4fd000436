# shellcheck shell=bash
# For tests of the kernel's part alone: netlink by hand, simulated adapters, their knobs.

# What would use the adapters by itself stays out of it.
systemctl --quiet mask --now mydevd.service mydevd.socket 2>/dev/null || :

bus=/sys/bus/mydev_sim
debugfs=/sys/kernel/debug/mydev_sim

# Numbers of uapi/linux/mydev.h and mydev/hw.h, and of errno.h.
# shellcheck disable=SC2034  # used by tests
EPERM=1 ENOENT=2 EIO=5 EACCES=13 EBUSY=16 ENODEV=19 EINVAL=22 EFBIG=27 ERANGE=34 EBADMSG=74 \
	EOPNOTSUPP=95 ETIMEDOUT=110 EHOSTDOWN=112 ESTALE=116 EMEDIUMTYPE=124 ECANCELED=125

# plug "MODEL [SERIAL] [mute]", unplug simN|SERIAL
plug() {
	echo "$1" >$bus/new_device
}

unplug() {
	echo "$1" >$bus/del_device
}

# knob simN NAME VALUE
knob() {
	echo "$3" >"$debugfs/$1/$2"
}

# state N: of adapter mydevN
state() {
	cat "/sys/class/mydev/mydev$1/state"
}

is_state() {
	[ "$(state "$1" 2>/dev/null)" = "$2" ]
}

# attr NAME COMMAND [ATTRIBUTE...]: the values of that attribute in the reply
attr() {
	nlclient "${@:2}" | sed -n "s/^$1=//p"
}

# status N OFFSET BYTES: a little-endian number of struct mydev_hw_status of adapter N
status() {
	local hex
	hex=$(attr ADAPTER.STATUS ADAPTER_GET ADAPTER_ID="$1")
	le "${hex:$(($2 * 2)):$(($3 * 2))}"
}

le() {
	local hex=$1 value=''
	while [ -n "$hex" ]; do
		value=${hex:0:2}$value
		hex=${hex:2}
	done
	echo $((16#$value))
}

alarms() {
	status "$1" 0 4
}

# health N CHANNEL
health() {
	status "$1" $((40 + 16 * $2)) 1
}

# equals WANT COMMAND...: it prints just that
equals() {
	[ "$("${@:2}")" = "$1" ]
}

# count_adapters STATE: how many there are
count_adapters() {
	local found=()
	mapfile -t found < <(cat /sys/class/mydev/*/state 2>/dev/null | grep -x "$1")
	echo ${#found[@]}
}

# nl_refused ERRNO DESC CAUSE COMMAND...: refused with that error and a cause that matches
nl_refused() {
	refused "$1" "$2" nlclient "${@:4}"
	# shellcheck disable=SC2154  # refused sets it
	[[ $out =~ $3 ]] || is "$2: says why" "$out" "$3"
}

# last_event TYPE: the last event of that type (number), one attribute a line
last_event() {
	nlclient -d EVENT_GET | awk -v RS= -v type="EVENT.TYPE=$1" 'index($0 "\n", type "\n") { last = $0 } END { print last }'
}

event_seq() {
	attr EVENT_SEQ VERSION_GET
}

# ahead_of PID COMMAND...: it succeeds, and that process has not ended yet
ahead_of() {
	"${@:2}" && kill -0 "$1"
}
