#!/bin/bash
# Firmware updates as the kernel runs them: each way to end, and that the outcome is told.
# vm: --timeout 500
# kernels: 5.10 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=kmod.sh
. "$(dirname "$0")/kmod.sh"

firmware=/lib/firmware/mydev
flash() {
	nlclient FLASH_START ADAPTER_ID=0 FLASH_FILE="$1"
}
report() {
	attr "ADAPTER.FLASH.$1" ADAPTER_GET ADAPTER_ID=0
}
# ended COOKIE: the flash of that number
ended() {
	[ "$(report COOKIE)/$(report STAGE)" = "$1/8" ]
}
cookie=0
# outcome DESC ERRNO [STAGE [CAUSE]]: of the flash that was started
outcome() {
	cookie=$((cookie + 1))
	wait_until 40 "$1: it ends" ended $cookie
	is "$1: outcome" "$(report ERROR) $(report FAILED_STAGE)" "$2 ${3:-0}"
	[ $# -lt 4 ] || like "$1: cause" "$(report MESSAGE)" "$4"
}
v1=0100000000000000 v11=0101000000000000 v2=0200000000000000
stage() {
	report STAGE
}

modprobe mydev_sim
plug "md4000 A"
wait_until 10 "an adapter" is_state 0 ready
nlclient -m flash -t 12 >/tmp/progress &
listener=$!
listens() {	# PID: its socket, whose port is made of the PID, is a member of a group
	awk -v pid="$1" '$2 == 16 && $3 % 4194304 == pid && $4 != "00000000" { n++ } END { exit !n }' /proc/net/netlink
}
wait_until 5 "a listener listens" listens $listener
check "flash" flash md4000-1.1.0.bin
outcome "flash" 0
is "versions before, after and wanted" "$(report BEFORE) $(report AFTER) $(report WANTED)" "$v1 $v11 $v11"
is "features of the new firmware" "$(attr ADAPTER.FEATURES ADAPTER_GET ADAPTER_ID=0)" 1
is "image" "$(report IMAGE)" md4000-1.1.0.bin
like "an event keeps the outcome" "$(last_event 5)" "EVENT.FLASH.AFTER=$v11"
wait $listener
is "each stage was told" "$(sed -n 's/^FLASH.STAGE=//p' /tmp/progress | uniq | tr '\n' ' ')" "1 2 3 4 5 6 7 8 "

# What is no good.
dd if=$firmware/md4000-2.0.0.bin of=$firmware/truncated.bin bs=1000 count=100 status=none
cp $firmware/md4000-2.0.0.bin $firmware/damaged.bin
printf '\xff\xfe\xfd' | dd of=$firmware/damaged.bin bs=1 seek=50000 conv=notrunc status=none
: >$firmware/empty.bin
dd if=/dev/zero of=$firmware/large.bin bs=1024 count=257 status=none
dd if=/dev/zero of=$firmware/zeros.bin bs=1024 count=64 status=none
mkdir $firmware/directory.bin
check "flash: no such file" flash none.bin
outcome "no such file" $ENOENT 1 "no such file"
check "flash: empty" flash empty.bin
outcome "empty" $EINVAL 1 "empty"
check "flash: larger than the slot" flash large.bin
outcome "too large" $EFBIG 1 "larger than"
check "flash: truncated" flash truncated.bin
outcome "truncated" $EBADMSG 4 "damaged"
check "flash: damaged" flash damaged.bin
outcome "damaged" $EBADMSG 4 "damaged"
check "flash: no image" flash zeros.bin
outcome "no image" $EBADMSG 4 "not a firmware image"
check "flash: a directory" flash directory.bin
cookie=$((cookie + 1))
wait_until 20 "a directory: it ends" ended $cookie
check "a directory: an error" test "$(report ERROR)" != 0
check "flash: another model" flash md2000-2.0.0.bin
outcome "another model" $EMEDIUMTYPE 4 "another model"
is "the old firmware runs on" "$(report AFTER)" $v11

# Faults of the card.
knob sim0 flash_write_error 1
check "flash: cannot be written" flash md4000-2.0.0.bin
outcome "cannot be written" $EIO 3 "flash failed"
knob sim0 flash_write_error 0
knob sim0 flash_verify_error 1
check "flash: reads back differently" flash md4000-2.0.0.bin
cookie=$((cookie + 1))
wait_until 20 "reads back differently: it ends" ended $cookie
check "reads back differently: noticed" test "$(report ERROR)" != 0
knob sim0 flash_verify_error 0
knob sim0 bad_boot 1
check "flash: does not start" flash md4000-2.0.0.bin
outcome "does not start" $EIO 7 "did not start"
is "does not start: the old one runs" "$(report AFTER) $(report WANTED)" "$v11 $v2"
knob sim0 bad_boot 0

# Slow enough to look at.
slow=$((3000 * ${VM_SCALE:-1}))
knob sim0 flash_delay_us $slow
check "flash: slow" flash md4000-2.0.0.bin
wait_until 10 "it writes" equals 3 stage
nl_refused $EBUSY "a second one is refused" "update is running" FLASH_START ADAPTER_ID=0 FLASH_FILE=md4000-2.0.0.bin
nl_refused $EBUSY "so is an activation" "update is running" FW_ACTIVATE ADAPTER_ID=0
nl_refused $EBUSY "a rollback" "update is running" FW_ROLLBACK ADAPTER_ID=0
nl_refused $EBUSY "a reset" "update is running" RESET ADAPTER_ID=0
check "other commands pass" nlclient LOCATE ADAPTER_ID=0 LOCATE_SECONDS=0
check "so does entropy" dd if=/dev/hwrng of=/dev/null bs=64 count=4 status=none
check "and its state is told" nlclient ADAPTER_GET ADAPTER_ID=0
check "cancel" nlclient FLASH_CANCEL ADAPTER_ID=0
outcome "cancelled" $ECANCELED 3 cancelled
check "flash: to be let through" flash md4000-2.0.0.bin
knob sim0 flash_delay_us 0
knob sim0 boot_ms 3000
activating() {
	[ "$(stage)" -ge 6 ]
}
wait_until 10 "past the point of no return" activating
nl_refused $EBUSY "cancel is refused then" "point of no return" FLASH_CANCEL ADAPTER_ID=0
outcome "flash after all that" 0
knob sim0 boot_ms 50
is "the new one runs" "$(report AFTER)" $v2

# In the middle of it.
knob sim0 flash_delay_us $slow
check "flash: hangs" flash md4000-2.0.0.bin
wait_until 10 "it writes" equals 3 stage
knob sim0 hang 1
outcome "hung" $ETIMEDOUT 3 "deadline"
wait_until 20 "hung: the adapter comes back" is_state 0 ready
knob sim0 flash_delay_us 0

# Step by step. 2.0.0 has raised the counter, so 1.1.0 is no way back.
nl_refused $ENOENT "nothing pending: unpend" "no image is pending" FW_UNPEND ADAPTER_ID=0
nl_refused $ENOENT "nothing pending: activate" "no image is pending" FW_ACTIVATE ADAPTER_ID=0
check "flash: an older one" flash md4000-1.1.0.bin
outcome "an older one" $ESTALE 4 "counter"
check "flash: without activation" nlclient FLASH_START ADAPTER_ID=0 FLASH_FILE=md4000-2.0.0.bin FLASH_NO_ACTIVATE
outcome "without activation" 0
check "it is pending" nlclient ADAPTER_GET ADAPTER_ID=0
like "and told so" "$out" "FLASH.PENDING="
check "unpend" nlclient FW_UNPEND ADAPTER_ID=0
refused $ENOENT "only once" nlclient FW_UNPEND ADAPTER_ID=0
check "flash again" nlclient FLASH_START ADAPTER_ID=0 FLASH_FILE=md4000-2.0.0.bin FLASH_NO_ACTIVATE
outcome "again" 0
check "activate" nlclient FW_ACTIVATE ADAPTER_ID=0
outcome "activation" 0
check "rollback to the same" nlclient FW_ROLLBACK ADAPTER_ID=0
check "activate" nlclient FW_ACTIVATE ADAPTER_ID=0
outcome "activation of the rollback" 0
is "runs" "$(report AFTER)" $v2

# Gone.
knob sim0 flash_delay_us $slow
check "flash: unplugged" flash md4000-2.0.0.bin
wait_until 10 "it writes" equals 3 stage
check "the adapter is unplugged" unplug A
like "unplugged: the outcome is kept" "$(last_event 5)" "EVENT.FLASH.ERROR=$ENODEV"
like "and comes before the end" "$(nlclient -d EVENT_GET | grep EVENT.TYPE | tail -n 1)" "EVENT.TYPE=2"

plug "md4000 B"
plug "md2000 C"
wait_until 10 "two adapters" equals 2 count_adapters ready
knob sim1 flash_delay_us 1000
nlclient FLASH_START ADAPTER_ID=1 FLASH_FILE=md2000-1.1.0.bin
cookie=0
check "while one flashes, the other does" flash md4000-1.1.0.bin
outcome "in parallel" 0
check "unload in the middle" modprobe -r mydev_sim

# More than may run at a time (MYDEV_FLASH_AT_ONCE).
stages() {	# [FIRST]: of all adapters from that one on, in order
	nlclient -d ADAPTER_GET | sed -n 's/^ADAPTER.FLASH.STAGE=//p' | tail -n +$((${1:-0} + 1)) | tr -d '\n'
}
modprobe mydev_sim
for id in {0..19}; do plug "md4000 W$id"; done
wait_until 20 "twenty adapters" equals 20 count_adapters ready
# They write for long, and start the new image for longer.
for card in "$debugfs"/*; do
	echo 20000 >"$card/flash_delay_us"
	echo 60000 >"$card/boot_ms"
done
starts=()
for id in {0..19}; do starts+=(FLASH_START ADAPTER_ID="$id" FLASH_FILE=md4000-2.0.0.bin +); done
nlclient "${starts[@]}"
sixteen_run() {
	[[ $(stages) =~ ^[1-7]{16}9999$ ]]
}
wait_until 20 "sixteen run, the last four wait" sixteen_run
nl_refused $EBUSY "one that waits is busy" "update is running" FLASH_START ADAPTER_ID=16 FLASH_FILE=md4000-2.0.0.bin
check "cancel one that waits" nlclient FLASH_CANCEL ADAPTER_ID=16
wait_until 5 "it ends at once" equals 8999 stages 16
is "as cancelled" "$(attr ADAPTER.FLASH.ERROR ADAPTER_GET ADAPTER_ID=16)" $ECANCELED
check "unplug one that waits" unplug W19
is "the others wait on" "$(stages 17)" 99
check "unplug one that runs" unplug W0
turn() {
	[[ $(stages 16) =~ ^[1-7]9$ ]]
}
wait_until 20 "the first of those that wait has its turn" turn
for card in "$debugfs"/*; do
	echo 0 >"$card/flash_delay_us"
	echo 50 >"$card/boot_ms"
done
wait_until 90 "all end" equals 888888888888888888 stages
check "unload" modprobe -r mydev_sim
done_testing
