#!/bin/bash
# Adapters that the daemon lends to guests: on request, by policy, and taken back; what guests may do; and an
# xenstored that does not answer.
# vm: --xen --timeout 900
# kernels: 6.1
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=daemon.sh
. "$(dirname "$0")/daemon.sh"
# shellcheck source-path=SCRIPTDIR source=xen.sh
. "$(dirname "$0")/xen.sh"

lent() {	# [FILTER]: devices of guests, as `NAME DEVICE SERIAL`, or what FILTER makes of each
	mydevcli guest list --json | jq -r "[.guests[] | ${1:-\"\(.name) \(.device) \(.serial)\"}] | join(\", \")"
}
connected() {	# GUEST: all its devices are in use
	equals true mydev_of "$1" 'length > 0 and all(.backend == "connected" and .frontend == "connected")'
}
mydev_of() {	# GUEST FILTER of its devices
	mydevcli guest list --json | jq -c "[.guests[] | select(.name == \"$1\")] | $2"
}
backends() {	# how many devices mydeviceback has
	find /sys/bus/xen-backend/drivers/mydeviceback -name 'mydevice-*' | wc -l
}
in_guest() {	# GUEST: its adapters
	guest_run "$1" mydevcli show --json | jq -rc '[.adapters[] | .serial + " " + .transport]'
}
guest_daemon() {	# GUEST: starts mydevd there, as its unit does where there is systemd
	guest_run "$1" sh -c 'mkdir -p /run/mydev /var/lib/mydev && { mydevd >/run/mydevd.log 2>&1 & }'
}
answers() {	# GUEST
	guest_run "$1" mydevcli version
}

modprobe mydev_sim
plug "md4000 SN4000-0001"
wait_until 60 "an adapter" equals ready adapter mydev0 .state
is "nobody has it" "$(mydevcli guest list)" "No guest has an adapter."
refused 3 "a guest that is not there" mydevcli guest attach web
like "is named" "$out" "there is no guest web"
refused 4 "dom0 is none" mydevcli guest attach 0

#
# On request
#
check "a guest" guest_start web pv
uuid=$(xenstore-read "$(xenstore-read "/local/domain/$(xl domid web)/vm")/uuid")
check "gets the adapter" mydevcli guest attach web
wait_until 60 "and uses it" connected web
is "so says the list" "$(lent)" "web 0 SN4000-0001"
is "with the guest's UUID" "$(mydev_of web '.[0].uuid')" "\"$uuid\""
is "and what it may" "$(mydev_of web '.[0] | [.allowed, .rate]')" '[["view","entropy"],65536]'
refused 4 "not twice" mydevcli guest attach web
wait_until 30 "entropy in the guest" guest_run web sh -c 'head -c 512 /dev/hwrng | wc -c'
is "is all that was asked for" "$out" 512
check "mydevd there" guest_daemon web
wait_until 30 "answers" answers web
is "with the adapter of dom0" "$(in_guest web)" '["SN4000-0001 xen"]'
is "as it is lent" "$(guest_run web mydevcli show mydev0 --json | jq -c '.adapters[0].allowed')" '["view","entropy"]'
like "dom0 counts" "$(mydev_of web '.[0].statistics | "\(.requests | tonumber > 0) \(.entropy_bytes | tonumber >= 512)"')" "true true"
for verb in "locate mydev0" "reset mydev0" "config set mydev0 led=off"; do
	# shellcheck disable=SC2086  # words
	refused 4 "in the guest, $verb is refused" guest_run web mydevcli $verb
	like "by dom0" "$out" "dom0 does not allow this guest the class"
done
refused 4 "and a guest lends nothing" guest_run web mydevcli guest list
knob() {
	echo "$2" >"/sys/kernel/debug/mydev_sim/sim0/$1"
}
guest_told() {	# MESSAGE
	guest_run web mydevcli events --json | jq -r '.events[] | select(.adapter == "mydev0").message' | grep -x "$1"
}
knob temperature 90000
wait_until 20 "it hears of the temperature" guest_told 'temperature 90.0 C.*'
knob temperature 40000
knob cable1 0
wait_until 20 "of a cable" guest_told 'channel 1: cable .*'
knob cable1 1
knob noise2 stuck
wait_until 20 "and of a channel's health" guest_told 'channel 2: health is .*'
knob noise2 ok

#
# Taken back
#
check "taken back" mydevcli guest detach web
is "nobody has it" "$(lent)" ""
wait_until 20 "the guest neither" equals '[]' in_guest web
is "no nodes are left" "$(xenstore-list /local/domain/0/backend/mydevice)" ""
check "again, by UUID, with more rights" mydevcli guest attach "$uuid" --allow entropy,locate --rate 100000
wait_until 60 "and uses it" connected web
wait_until 20 "which is there" equals '["SN4000-0001 xen"]' in_guest web
check "locate is allowed now" guest_run web mydevcli locate mydev0 --seconds 60
is "and done in dom0" "$(adapter mydev0 '.locate_s > 0')" true
refused 4 "configuration still is not" guest_run web mydevcli config set mydev0 led=off

#
# By policy
#
cat >/root/20-db.conf <<-END
	[Match]
	Name=db*
	[Guest]
	Allow=entropy selftest
	Rate=5000
END
mv /root/20-db.conf /etc/mydev/guests.d/
check "a guest of that name" guest_start db1 pvh
wait_until 60 "has the adapter" connected db1
is "as the policy says" "$(mydev_of db1 '.[0] | [.allowed, .rate]')" '[["view","entropy","selftest"],5000]'
like "which is told" "$(last_event guest.attached)" "^db1 \(domain [0-9]+\), device 0 \(SN4000-0001\): lent by 20-db.conf"
check "the daemon starts again" systemctl restart mydevd
wait_until 20 "and finds its guests" equals "web 0 SN4000-0001, db1 0 SN4000-0001" lent
wait_until 30 "which go on" guest_run db1 sh -c 'head -c 64 /dev/hwrng | wc -c'
check "mistakes" sh -c 'printf "[Guest]\nAllow=firmware\n" >/etc/mydev/guests.d/30-bad.conf'
wait_until 10 "are told" told "30-bad.conf:2: Allow=firmware: firmware is not granted to guests"
like "by the list, too" "$(mydevcli guest list 2>&1 >/dev/null)" "30-bad.conf:2: "
check "what somebody took back" mydevcli guest detach db1
check "stays so" systemctl restart mydevd
check "for people from the example" /usr/share/doc/mydev/activate.sh "$(xl domid db1)"
wait_until 60 "there is activate.sh" connected db1
is "a guest gets another name" "$(xl rename web db2 2>&1)" ""
is "and keeps what it has" "$(lent .name)" "db2, db1"

#
# Guests that are gone
#
guest_run db1 sh -c 'cat /dev/hwrng >/dev/null & true'
check "destroyed in the middle of it" guest_destroy db1
wait_until 20 "what it had is taken back" equals "db2 0 SN4000-0001" lent
wait_until 20 "which is told" told 'is gone: what it was lent (1) was taken back'
is "nothing is left of it" "$(backends)" 1

#
# A guest with udev and systemd, and the RPMs of dom0
#
check "a guest like a host" guest_start host pvh full
is "has the same RPMs" "$(guest_run host rpm -qa '*mydev*' | sort)" "$(rpm -qa '*mydev*' | sort)"
refused 1 "and no module of theirs loaded" guest_run host grep ^mydev /proc/modules
check "it gets the adapter" mydevcli guest attach host
wait_until 60 "and uses it" connected host
wait_until 60 "and shows it" equals '["SN4000-0001 xen"]' in_guest host
is "the daemon was started by it" "$(guest_run host systemctl is-active mydevd.service)" active
is "hwrng is there" "$(guest_run host sh -c 'head -c 64 /dev/hwrng | wc -c')" 64
check "it shuts down" guest_stop host
wait_until 20 "and leaves nothing" equals "db2 0 SN4000-0001" lent

#
# A XenStore that does not answer
#
kill -STOP "$(pidof xenstored)"
check "show answers" timeout 5 mydevcli show
refused 8 "the list says that it cannot" mydevcli guest list
like "and why" "$out" "XenStore does not answer"
check "show still answers" timeout 5 mydevcli show
kill -CONT "$(pidof xenstored)"
wait_until 20 "it answers again" equals "db2 0 SN4000-0001" lent
check "its kernel has nothing to complain of" guest_sound db2
check "a guest shuts down" guest_stop db2
wait_until 20 "nobody has it" equals "" lent
is "marks of guests are gone" "$(xenstore-list /tool/mydev | wc -w)" 0
done_testing
