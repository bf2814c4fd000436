#!/bin/bash
# Cards on PCI that are there when the machine starts: found, looked after, flashed; what goes wrong on the
# way to them; unbound, suspended, unloaded.
# vm: --pci md4000:A,md2000:B --timeout 600
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$(dirname "$0")/pci.sh"

irqs() {	# SERIAL: of completions, on all processors
	awk -v name="mydev_pci@$(adapter "$1" .address)" '$0 ~ name " completions" { print $2 + $3 }' /proc/interrupts
}

#
# Found
#
wait_until 30 "a card is found" is_ready A
wait_until 30 "another one" is_ready B
check "udev has loaded the driver" test -d /sys/module/mydev_pci
wait_until 30 "and started the daemon" systemctl is-active mydevd.service
is "which sees them on PCI" "$(adapter A .transport) $(adapter A .model) $(adapter B .model)" "pci MD-4000 MD-2000"
is "at their addresses" "$(adapter A .address)" "$(basename "$(readlink -f "/sys/class/mydev/$(name A)/device")")"
is "each has two vectors" "$(grep -c 'mydev_pci@.* \(completions\|events\)$' /proc/interrupts)" 4
before=$(irqs A)
check "commands" mydevcli locate A --seconds 5
check "are answered by interrupts" test "$(irqs A)" -gt "$before"
is "hwmon has both" "$(sensors | grep -c '^mydev')" 2
wait_until 10 "there is a hwrng" grep -qw mydev /sys/class/misc/hw_random/rng_available
echo mydev >/sys/class/misc/hw_random/rng_current
[ ! -e /sys/class/misc/hw_random/rng_quality ] ||
	is "emulated noise earns no credit" "$(cat /sys/class/misc/hw_random/rng_quality)" 1
check "it gives bytes" dd if=/dev/hwrng of=/dev/null bs=64 count=64 iflag=fullblock status=none

#
# Events, and what happens to interrupts and commands
#
check "a cable is pulled" tell A cable1 out
wait_until 5 "that is heard at once" equals warning adapter A .health
check "and put back" tell A cable1 in
wait_until 5 "heard too" equals ok adapter A .health
check "it gets warm" tell A temperature 75000
wait_until 5 "that is told" equals 75000 adapter A .temperature_mc
check "and cools" tell A temperature 41000

was=$(resets A)
check "an interrupt gets lost" tell A lose_interrupts 1
check "the command is answered all the same" mydevcli locate A --off
is "without a reset" "$(resets A)" "$was"
check "interrupts come late" tell A interrupt_delay_ms 300
check "commands take it" mydevcli locate A --off
check "and in time again" tell A interrupt_delay_ms 0
is "still without a reset" "$(resets A)" "$was"

check "a command gets stuck" tell A stuck_opcode 64
refused 8 "that is a time-out" mydevcli locate A --off
wait_until 20 "the card is reset" equals $((was + 1)) resets A
wait_until 20 "and comes back" is_ready A
check "it works" mydevcli locate A --off
check "a card hangs until it is reset" tell A hang reset
refused 8 "a command finds out" mydevcli locate A --off
wait_until 20 "and it comes back" is_ready A
check "a card hangs for good" tell A hang forever
refused 8 "a command finds out" mydevcli locate A --off
wait_until 30 "it is unresponsive" is_state A unresponsive
check "the other one is not" mydevcli locate B --off
check "it does no more" tell A hang no
wait_until 60 "it comes back" is_ready A
boots=$(events adapter.boot)
check "a card restarts by itself" tell A reboots 1
wait_until 20 "that is heard" equals $((boots + 1)) events adapter.boot
wait_until 20 "and it is ready" is_ready A

#
# Firmware
#
check "flash" mydevcli flash md4000-1.1.0.bin A
like "done" "$out" 'mydev[0-9]: 1\.0\.0 -> 1\.1\.0, done in'
is "it runs" "$(running A)" 1.1.0
check "rollback" mydevcli firmware rollback A
is "to the first" "$(running A)" 1.0.0
check "and again" mydevcli firmware rollback A
is "to the second" "$(running A)" 1.1.0
check "the flash fails" tell A flash_write_error on
refused 1 "so does the update" mydevcli flash md4000-2.0.0.bin A
check "it works again" tell A flash_write_error off
is "the old one runs" "$(running A)" 1.1.0
check "the new one does not start" tell A bad_boot on
refused 1 "so it is reverted" mydevcli flash md4000-2.0.0.bin A
check "it would start" tell A bad_boot off
is "the old one runs" "$(running A)" 1.1.0

#
# The driver goes and comes
#
address=$(adapter A .address)
driver=/sys/bus/pci/drivers/mydev_pci
unbind_and_bind() {
	local i n
	for i in 1 2 3 4 5 6 7 8; do
		echo "$address" >"$driver/unbind" || return
		is_gone A || return
		echo "$address" >"$driver/bind" || return
		# Half of the times it is still being identified when it goes.
		for ((n = 0; n < 200 && i % 2; n++)); do
			! is_ready A || break
			sleep 0.05
		done
	done
}
dd if=/dev/hwrng of=/dev/null bs=64 status=none 2>/dev/null & reader=$!
check "unbound and bound again and again while entropy is read" unbind_and_bind
{ kill $reader && wait $reader; } 2>/dev/null || :
wait_until 20 "it is there" is_ready A

echo devices >/sys/power/pm_test
was=$(resets A)
check "all devices are suspended, and resumed" bash -c 'echo freeze >/sys/power/state'
wait_until 20 "a card is ready then" is_ready A
check "and works" mydevcli locate A --off
is "the firmware is the same" "$(running A)" 1.1.0
check "the other one too" mydevcli locate B --off

check "the driver is unloaded" modprobe -r mydev_pci
check "nothing is left" bash -c '! grep -q mydev_pci /proc/interrupts /proc/iomem'
check "and loaded" modprobe mydev_pci
wait_until 30 "the cards are back" is_ready A
wait_until 30 "both" is_ready B
done_testing
