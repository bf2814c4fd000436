#!/bin/bash
# A card that writes what it likes into every field that the driver reads: at worst it is reset.
# vm: --pci md4000:A --timeout 600
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

driver=/sys/bus/pci/drivers/mydev_pci

# Offsets in struct mydev_hw_window, and what belongs there.
MAGIC=0 VERSION=4 WINDOW_SIZE=8 STATE=12 GENERATION=16 SQ_HEAD=20 CQ_TAIL=24 EQ_TAIL=28 EVENTS_LOST=32
RESET=0x800 SQ_TAIL=0x804 CQ_HEAD=0x808 EQ_HEAD=0x80c
THE_MAGIC=0x5644594d THE_VERSION=0x0100 THE_SIZE=0x200000

tell() {
	card tell A "$@" >/dev/null
}
# status NAME: of the emulator
counted() {
	card tell A status | sed "s/.*\"$1\":\([0-9]*\).*/\1/"
}
# as_register OFFSET VALUE: the card has written that, and says so
as_register() {
	tell poke "$1" "$2"
	tell interrupt 0
	tell interrupt 1
}

attach() {
	echo "$address" >$driver/bind
}
detach() {
	echo "$address" >$driver/unbind
}
adapter() {
	set -- /sys/class/mydev/mydev*
	[ -e "$1" ] && echo "${1##*mydev}"
}
ready() {
	is_state "$(adapter)" ready
}
resets() {
	attr ADAPTER.RESETS ADAPTER_GET ADAPTER_ID="$(adapter)"
}
works() {
	nlclient LOCATE ADAPTER_ID="$(adapter)" LOCATE_SECONDS=0
}
ready_and_works() {
	ready && works
}

# As it came, and with a driver that has not met it: the resets of before are not held against it.
renew() {
	[ ! -e "$driver/$address" ] || detach
	tell poke $MAGIC $THE_MAGIC
	tell poke $VERSION $THE_VERSION
	tell poke $WINDOW_SIZE $THE_SIZE
}
begin() {
	renew
	attach
	wait_until 20 "$1: an adapter" ready
	mark "$1"
}
mark() {
	echo "mark $1" >/dev/kmsg
}
# said REGEX: the kernel has, since the mark
said() {
	dmesg -t | awk '/^mark / { t = "" } { t = t $0 "\n" } END { printf "%s", t }' | grep -E "$1"
}

# broken DESC REGEX COMMAND...: for that it is reset, with this reason told, and then works
broken() {
	begin "$1"
	"${@:3}"
	wait_until 10 "$1: it is reset" equals 1 resets
	wait_until 10 "$1: it works again" ready_and_works
	check "$1: the reason is told" said "$2"
}
# harmless DESC COMMAND...: for that it is not
harmless() {
	begin "$1"
	"${@:2}"
	check "$1: it works" works
	is "$1: it was not reset" "$(resets)" 0
}
# mended DESC COMMAND...: whether it is reset for that or not, then it works
mended() {
	begin "$1"
	"${@:2}"
	wait_until 20 "$1: it works in the end" ready_and_works
}

modprobe mydev_pci
address=$(basename "$driver"/*:*)

# ---- registers ----
for n in 1000 0xffffffff; do
	broken "completion queue's tail $n" "broken .*completion queue" as_register $CQ_TAIL $n
	broken "event queue's tail $n" "broken .*event queue" as_register $EQ_TAIL $n
done
for n in 0 5 0xffffffff; do
	broken "state $n" "broken .*a state that there is not" as_register $STATE $n
done
broken "state FAULT" "broken .*rule of its queues" as_register $STATE 3
harmless "state DEAD" as_register $STATE 4
check "state DEAD: it is told" said "no firmware of the adapter boots"
begin "what is not looked at"
for n in 1 0x80000000 0xffffffff; do
	for reg in $GENERATION $SQ_HEAD $MAGIC $VERSION $WINDOW_SIZE $EVENTS_LOST; do
		as_register "$reg" $n
		check "register $reg made $n: it works" works
	done
done
is "for none of these it was reset" "$(resets)" 0
for n in 0 0xfffffffe 0xffffffff; do
	mended "the host's reset made $n" as_register $RESET $n
done
for reg in $SQ_TAIL $CQ_HEAD $EQ_HEAD; do
	mended "the host's register $reg made 1000" as_register "$reg" 1000
done

# ---- at its appearance ----
# not_taken DESC REGEX OFFSET VALUE
not_taken() {
	renew
	tell poke "$3" "$4"
	mark "$1"
	refused 1 "$1: left alone" attach
	check "$1: it is told" said "$2"
	is "$1: nothing stays" "$(grep -c mydev_pci /proc/interrupts /proc/iomem | tr '\n' ' ')" \
		"/proc/interrupts:0 /proc/iomem:0 "
}
not_taken "another magic" "not a MyDev adapter: left alone" $MAGIC 0x12345678
not_taken "another major version" "speaks version 2 of the adapter interface" $VERSION 0x0200
not_taken "too small a window" "not a MyDev adapter: left alone" $WINDOW_SIZE 0x1fffff
taken() {
	renew
	tell poke "$2" "$3"
	attach
	wait_until 20 "$1" ready_and_works
}
taken "a later minor version" $VERSION 0x01ff
taken "a larger window" $WINDOW_SIZE 0xffffffff
renew
tell garble_replies 2
attach
wait_until 30 "garbage for an identity: in the end it works" ready_and_works

# ---- completions ----
# as_reply NAME VALUE [COMMAND]: the next completion has that
as_reply() {
	tell "reply_$1" "$2"
	${3:-works} >/dev/null 2>&1 || :
}
# id GENERATION-OFFSET TAG
id() {
	echo $(((($(counted generation) + $1) & 255) << 8 | $2))
}
with_id() {
	as_reply id "$(id "$@")"
}
for tag in 15 16 255; do
	broken "the tag $tag, which is idle" "broken .*not asked" with_id 0 $tag
done
broken "an id of before the reset" "missed its deadline" with_id -1 0
for n in 4097 0x80000000 0xffffffff; do
	broken "length $n" "broken .*longer than asked" as_reply out_len $n
done
for n in 19 255 0xffff; do
	mended "status $n" as_reply status $n
done
for n in 1 0xffffffff; do
	mended "result $n" as_reply result $n
done
dump_log() {
	nlclient LOG_GET ADAPTER_ID="$(adapter)"
}
for n in 1 23 25 4096; do
	mended "$n bytes of log" as_reply out_len $n dump_log
done
# A command of which no event tells too.
lost() {
	tell lose_interrupts 1
	dump_log >/dev/null
}
harmless "a lost interrupt" lost
check "a lost interrupt: it is told" said "its interrupt did not come"
late() {
	tell interrupt_delay_ms 300
	works
	tell interrupt_delay_ms 0
}
harmless "a late interrupt" late

# ---- answers that nobody waits for any more ----
# Their tags stay with the card: until it answers in the end, or until a reset.
# killed FAULT ON OFF
killed() {
	local n pids=()
	tell "$1" "$2"
	for n in {1..16}; do
		nlclient LOCATE ADAPTER_ID="$(adapter)" LOCATE_SECONDS=0 & pids+=($!)
	done
	for n in "${pids[@]}"; do
		until ! kill -0 "$n" || grep -qsw mydev_command "/proc/$n/stack"; do :; done
	done
	kill -KILL "${pids[@]}" || :
	wait "${pids[@]}" || :
	# Callers that were killed before their turn have sent nothing: what is not lost by now is not to be.
	tell "$1" "$3"
	works || :
} >/dev/null 2>&1
mended "answers come when their callers were killed" killed hang forever no
mended "no answers come, and the callers were killed" killed lose_commands 16 0

# ---- at random ----
busy() {
	local n
	for n in {1..20}; do
		works || :
		nlclient -d CONFIG_GET || :
		dump_log || :
	done >/dev/null 2>&1
}
# at_random NAME COUNT
at_random() {
	tell "$1" "$2"
	busy
	tell "$1" 0
}
for fault in garble_replies garble_indices stray_completions flood_events; do
	mended "$fault" at_random $fault 1000000
done
# Where the machine is slow, fewer of them arrive, which is borne.
storm() {
	tell interrupt 1 200000
	tell interrupt 0 200000
}
mended "interrupts for nothing" storm

# ---- going away ----
begin "unbound while it hangs"
tell hang forever
works >/dev/null 2>&1 &
check "it unbinds" detach
wait $! || :
tell hang no
begin "unbound while it is deaf"
tell hang forever
tell deaf on
works >/dev/null 2>&1 || :
check "it unbinds" detach
tell hang no
tell deaf off
begin "at the end"
check "it works" works
check "unload" modprobe -r mydev_pci mydev
done_testing
