#!/bin/bash
# The netlink family refuses nonsense and says why; dumps and events lose nothing silently.
# vm: --timeout 300
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

modprobe mydev_sim
plug "md4000 A-1"
plug "md2000 B-2"
wait_until 10 "two adapters are ready" equals 2 count_adapters ready

check "version" nlclient VERSION_GET
like "epoch" "$out" 'EPOCH=[1-9]'
is "module's version" "$(attr MODULE_VERSION VERSION_GET)" "$(modinfo -F version mydev)"
is "by name" "$(attr ADAPTER.SERIAL ADAPTER_GET ADAPTER_NAME=mydev1)" B-2

# Which adapter.
nl_refused $EINVAL "no adapter named" "adapter id or name missing" ADAPTER_GET
nl_refused $EINVAL "named twice" "id and name" ADAPTER_GET ADAPTER_ID=0 ADAPTER_NAME=mydev0
for name in mydev mydev2 mydev00 mydev-0 mydev+0 mydev4294967296 mydev0x0 eth0 ""; do
	nl_refused $ENODEV "no adapter '$name'" "no such adapter" ADAPTER_GET ADAPTER_NAME="$name"
done
nl_refused $ENODEV "no adapter 4294967295" "no such adapter" ADAPTER_GET ADAPTER_ID=4294967295
nl_refused $EINVAL "a name too long" "" ADAPTER_GET ADAPTER_NAME=mydev000000000000000

# Attributes as they should not be.
nl_refused $EINVAL "short" "invalid attribute length" ADAPTER_GET ADAPTER_ID:00
nl_refused $EINVAL "long" "invalid attribute length" ADAPTER_GET ADAPTER_ID:0000000000
nl_refused $EINVAL "empty" "invalid attribute length" ADAPTER_GET ADAPTER_ID:
nl_refused $EINVAL "a string without an end" "" ADAPTER_GET ADAPTER_NAME:6d79646576
nl_refused $EINVAL "of unknown type" "" ADAPTER_GET ADAPTER_ID=0 @99:00000000
nl_refused $EINVAL "of a much greater type" "" ADAPTER_GET ADAPTER_ID=0 @9999:00
nl_refused $EINVAL "of type 0" "" ADAPTER_GET ADAPTER_ID=0 @0:00000000
nl_refused $EINVAL "of another command" "Unsupported attribute" SELFTEST ADAPTER_ID=0 LOCATE_SECONDS=1
nl_refused $EINVAL "what only replies have" "Unsupported attribute" ADAPTER_GET ADAPTER_ID=0 "ADAPTER{INDEX=1}"
nl_refused $EINVAL "bytes left over" "leftover" ADAPTER_GET ADAPTER_ID=0 ,0102
nl_refused $EINVAL "longer than the message" "leftover" ADAPTER_GET ADAPTER_ID=0 ,ff00020000000000
nl_refused $EINVAL "shorter than its header" "leftover" ADAPTER_GET ADAPTER_ID=0 ,0200020000000000
nl_refused $EINVAL "a nest that does not say so" "NLA_F_NESTED" CONFIG_SET ADAPTER_ID=0 CONFIG_VALUE:
nl_refused $EOPNOTSUPP "unknown command" "" 200
nl_refused $EOPNOTSUPP "a notification is no command" "" 17
nl_refused $EINVAL "a dump of one" "" -d ADAPTER_GET ADAPTER_ID=0
nl_refused $EOPNOTSUPP "a dump of what has none" "" -d RESET

# Values.
nl_refused $EINVAL "no seconds" "seconds missing" LOCATE ADAPTER_ID=0
nl_refused $ERANGE "too many seconds" "" LOCATE ADAPTER_ID=0 LOCATE_SECONDS=86401
nl_refused $EINVAL "no file" "file name missing" FLASH_START ADAPTER_ID=0
for file in ../x /x a//b a/../b ./a a/.. .. . "" a/; do
	nl_refused $EINVAL "file '$file'" "file name" FLASH_START ADAPTER_ID=0 FLASH_FILE="$file"
done
nl_refused $EINVAL "a file name too long" "" FLASH_START ADAPTER_ID=0 FLASH_FILE="$(printf '%0128d' 0)"
nl_refused $ENOENT "nothing to cancel" "no firmware update" FLASH_CANCEL ADAPTER_ID=0

# Configuration. The keys are told by the adapter: take their numbers from there.
key() {
	nlclient CONFIG_GET ADAPTER_ID=0 | grep -B 1 "^CONFIG_KEY.NAME=$1$" | sed -n 's/.*KEY_ID=//p'
}
value() {
	nlclient CONFIG_GET ADAPTER_ID=0 | sed -n "/^CONFIG_KEY.NAME=$1$/,/KEY_ID/s/^CONFIG_KEY.\(NUM\|STR\)=//p"
}
label=$(key label) warn=$(key temp.warn)
gen=$(attr CONFIG_GEN CONFIG_GET ADAPTER_ID=0)
check "set two values" nlclient CONFIG_SET ADAPTER_ID=0 \
	"CONFIG_VALUE{KEY_ID=$label,STR=rack 7}" "CONFIG_VALUE{KEY_ID=$warn,NUM=60}"
is "a string" "$(value label)" "rack 7"
is "a number" "$(value temp.warn)" 60
check "the generation changed" test "$(attr CONFIG_GEN CONFIG_GET ADAPTER_ID=0)" != "$gen"
nl_refused $EINVAL "no value" "no value given" CONFIG_SET ADAPTER_ID=0
nl_refused $EINVAL "a value without a key" "a value is" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{NUM=1}"
nl_refused $EINVAL "a key without a value" "a value is" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{KEY_ID=$warn}"
nl_refused $EINVAL "both kinds of value" "a value is" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{KEY_ID=$warn,NUM=1,STR=1}"
nl_refused $EINVAL "an empty nest" "a value is" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{}"
nl_refused $EINVAL "a string for a number" "takes a number" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{KEY_ID=$warn,STR=60}"
nl_refused $EINVAL "a number for a string" "takes a string" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{KEY_ID=$label,NUM=60}"
nl_refused $EINVAL "a string too long" "" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{KEY_ID=$label,STR=$(printf '%032d' 0)}"
nl_refused $ENOENT "no such key" "no such configuration key" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{KEY_ID=4711,NUM=1}"
nl_refused $EINVAL "what a value does not have" "" CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{KEY_ID=$warn,NUM=60,TYPE=1}"
nl_refused $ERANGE "out of range: the adapter says so, and which of them" "out of range.*\[at 48\]" \
	CONFIG_SET ADAPTER_ID=0 "CONFIG_VALUE{KEY_ID=$label,STR=x}" "CONFIG_VALUE{KEY_ID=$warn,NUM=1000}"
is "and then none is set" "$(value label)" "rack 7"
nl_refused $ENOENT "reset of no such key" "no such configuration key" CONFIG_RESET ADAPTER_ID=0 CONFIG_ID=4711
check "reset of one" nlclient CONFIG_RESET ADAPTER_ID=0 CONFIG_ID="$warn"
is "has its default" "$(value temp.warn)" 70
is "the other one not" "$(value label)" "rack 7"
check "reset of all" nlclient CONFIG_RESET ADAPTER_ID=0
is "and the other one has too" "$(value label)" ""

# The adapter's log, in parts.
check "log" nlclient LOG_GET ADAPTER_ID=0
entries=$(grep -c LOG_ENTRY.BODY <<<"$out")
check "the log has entries" test "$entries" -ge 1
is "behind the first are the others" "$(nlclient LOG_GET ADAPTER_ID=0 LOG_SINCE=1 | grep -c LOG_ENTRY || :)" $((entries - 1))
is "behind the last is nothing" "$(nlclient LOG_GET ADAPTER_ID=0 LOG_SINCE=4294967295 | grep -c LOG_ENTRY || :)" 0

# Who may.
nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}
for command in VERSION_GET "ADAPTER_GET ADAPTER_ID=0" "CONFIG_GET ADAPTER_ID=0" "-d ADAPTER_GET" "-d EVENT_GET"; do
	# shellcheck disable=SC2086  # words
	check "anyone may: $command" nobody nlclient $command
done
for command in CONFIG_SET CONFIG_RESET FLASH_START FLASH_CANCEL FW_ACTIVATE FW_ROLLBACK FW_UNPEND RESET LOCATE SELFTEST LOG_GET; do
	refused $EPERM "not anyone may: $command" nobody nlclient $command ADAPTER_ID=0
done
refused 255 "other network namespaces have no such family" unshare --net nlclient VERSION_GET

# Events in order.
nlclient -m events -t $((6 * ${VM_SCALE:-1})) >/tmp/events &
listener=$!
heard() {
	nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=700 && grep -q EVENT.NUMBER /tmp/events
}
wait_until 5 "a listener" heard
since=$(event_seq)
# None of these ends by itself meanwhile, which would be told, too.
for i in 605 604 603 602 601 0; do
	nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=$i
done
wait $listener
numbers=$(sed -n 's/EVENT.NUMBER=//p' /tmp/events | awk -v since="$since" '$1 > since' | tr '\n' ' ')
is "a listener hears all events in order" "$numbers" "$(seq -s ' ' $((since + 1)) $((since + 6))) "
is "who was away asks for them" "$(nlclient -d EVENT_GET EVENT_SEQ="$since" | grep -c EVENT.NUMBER)" 6
is "and gets none twice" "$(nlclient -d EVENT_GET EVENT_SEQ=$((since + 6)) | grep -c EVENT.NUMBER || :)" 0
is "nor from the future" "$(nlclient -d EVENT_GET EVENT_SEQ=18446744073709551615 | grep -c EVENT || :)" 0

# Dumps while adapters come and go.
for ((i = 0; i < 40; i++)); do
	plug "md2000 STAY-$i"
done
wait_until 20 "more adapters" equals 42 count_adapters ready
(while :; do plug "md2000 GO" && unplug GO; done) 2>/dev/null &
churn=$!
interrupted=0 complete=yes
for ((i = 0; i < 40; i++)); do
	nlclient -d ADAPTER_GET >/tmp/dump
	! grep -q DUMP_INTR /tmp/dump || interrupted=$((interrupted + 1))
	[ "$(grep -c 'ADAPTER.SERIAL=STAY-' /tmp/dump)" = 40 ] || complete=no
done
{ kill $churn && wait $churn; } 2>/dev/null || :
is "a dump has each adapter that stayed" $complete yes
check "and tells when some did not" test $interrupted -gt 0
diag "$interrupted of 40 dumps were"
check "unload" modprobe -r mydev_sim
done_testing
