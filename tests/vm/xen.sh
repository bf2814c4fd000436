# shellcheck shell=bash
# What tests on Xen share, in dom0. `guest help` in the machine explains guests.
#
# Devices of the split driver, made by hand in XenStore as include/xen/io/mydevif.h says. Domain 0 may be a
# frontend, too: with mydeviceback's parameter loopback=1 both ends are in dom0, and no guest is needed.

guest_start() {	# NAME [pv|pvh [full] [KERNEL-OPTION...]]
	guest start "$@"
}
guest_run() {	# NAME COMMAND...: in the guest
	guest run "$@"
}
guest_stop() {	# NAME
	guest stop "$@"
}
guest_destroy() {	# NAME
	guest destroy "$@"
}

xen_front() {	# DOMID DEVID: its directory
	echo "/local/domain/$1/device/mydevice/$2"
}
xen_back() {
	echo "/local/domain/0/backend/mydevice/$1/$2"
}

# xen_attach DOMID DEVID SERIAL [ALLOW [RATE [BURST]]]: lends the adapter; what is left out, or empty, is left to
# the backend. Permissions come first: what is made in a directory gets its directory's.
xen_attach() {
	local front back nodes
	front=$(xen_front "$1" "$2") back=$(xen_back "$1" "$2")
	xenstore-write "$front" '' "$back" ''
	xenstore-chmod "$front" "n$1" r0
	xenstore-chmod "$back" n0 "r$1"
	nodes=("$back/adapter" "$3")
	[ -z "${4:-}" ] || nodes+=("$back/allow" "$4")
	[ -z "${5:-}" ] || nodes+=("$back/rate" "$5")
	[ -z "${6:-}" ] || nodes+=("$back/burst" "$6")
	xenstore-write "$front/backend" "$back" "$front/backend-id" 0 "$front/state" 1 \
		"$back/frontend" "$front" "$back/frontend-id" "$1" "$back/online" 1 "${nodes[@]}" "$back/state" 1
}

# xen_states DOMID DEVID: numbers of enum xenbus_state, backend's and frontend's; - where there is none
xen_states() {
	echo "$(xenstore-read "$(xen_back "$@")/state" 2>/dev/null || echo -)" \
		"$(xenstore-read "$(xen_front "$@")/state" 2>/dev/null || echo -)"
}
xen_connected() {	# DOMID DEVID
	[ "$(xen_states "$@")" = "4 4" ] || { xen_states "$@" && return 1; }
}

# xen_detached DOMID DEVID: both ends are closed, as far as they are there, and no driver has it any more
xen_detached() {
	case $(xen_states "$@") in
	[16-]" "[16-]) [ ! -e "/sys/bus/xen-backend/devices/mydevice-$1-$2" ] ;;
	*) xen_states "$@" && return 1 ;;
	esac
}
xen_remove() {	# DOMID DEVID: its directories, whatever is in them, as far as they are there
	xenstore-rm "$(xen_front "$@")" 2>/dev/null || :
	xenstore-rm "$(xen_back "$@")" 2>/dev/null || :
}

# xen_detach DOMID DEVID: takes the device back and waits until it is
xen_detach() {
	xenstore-write "$(xen_back "$@")/online" 0 "$(xen_back "$@")/state" 5
	wait_until 10 "$1/$2 is detached" xen_detached "$@"
	xen_remove "$@"
}

xen_statistic() {	# DOMID DEVID NAME: what the backend has counted
	cat "/sys/bus/xen-backend/devices/mydevice-$1-$2/statistics/$3"
}

# Of device 0 of dom0 in dom0
# shellcheck disable=SC2034  # for tests
loop_front=/sys/bus/xen/drivers/mydevicefront loop_back=/sys/bus/xen-backend/drivers/mydeviceback
loop_states() {	# "BACKEND FRONTEND"
	[ "$(xen_states 0 0)" = "$1" ] || { xen_states 0 0 && return 1; }
}
loop_gone() {
	[ ! -e /sys/bus/xen-backend/devices/mydevice-0-0 ]
}

# guest_has NAME ADAPTERS: just these, as "SERIAL STATE, SERIAL STATE", by serial number
guest_has() {
	local has
	# shellcheck disable=SC2016  # the guest's
	has=$(guest_run "$1" sh -c 'cd /sys/class/mydev 2>/dev/null && for name in *; do
		[ ! -e "$name" ] || echo "$(cat "$name/serial") $(cat "$name/state")"; done' | sort | paste -sd, | sed 's/,/, /g')
	[ "$has" = "$2" ] || { echo "$has" && return 1; }
}

guest_sound() {	# NAME: its kernel has nothing to complain of
	# shellcheck disable=SC2016  # the guest's
	guest_run "$1" sh -c 'for file in /faults /vm/faults; do [ ! -e $file ] || . $file; done
		mount -t debugfs none /sys/kernel/debug 2>/dev/null
		leaks=/sys/kernel/debug/kmemleak
		[ ! -e $leaks ] || { sleep 5 && echo scan >$leaks && echo scan >$leaks; }
		! dmesg | sed "s/^\[[^]]*\] //" | grep -E -A 40 "^($bad)" && [ $(($(cat /proc/sys/kernel/tainted) & bad_taint)) = 0 ]'
}
