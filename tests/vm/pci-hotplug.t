#!/bin/bash
# PCI cards are plugged in and pulled in good order, with ACPI's hot-plug: configured without anybody's
# help, whatever goes on meanwhile, and nothing stays behind.
# vm: --pci none --timeout 900
# kernels: 5.10 6.1 6.12
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$(dirname "$0")/pci.sh"

cycles=100
[[ ${VM_KERNEL:-} != *-debug ]] || cycles=10

cat >/etc/mydev/profiles.d/20-all.conf <<-END
	[Config]
	temp.warn=60
END
cat >/etc/mydev/profiles.d/30-big.conf <<-END
	[Match]
	Model=MD-4000
	Address=0000:*

	[Config]
	label=rack 7
END
is "nobody has started the daemon" "$(systemctl is-active mydevd.service)" inactive
check "nor loaded the driver" test ! -d /sys/module/mydev_pci
check "a card is plugged in" card plug BIG md4000
wait_until 60 "udev starts the daemon" systemctl is-active mydevd.service
wait_until 60 "which configures it" is_applied BIG
is "as the profiles want" "$(value BIG temp.warn) $(value BIG label)" "60 rack 7"
check "another one" card plug SMALL md2000
wait_until 30 "is configured" is_applied SMALL
is "as its own profile wants" "$(value SMALL temp.warn) $(value SMALL label)" "60 "
check "one is pulled" card unplug SMALL
wait_until 10 "and gone" is_gone SMALL
wait_until 5 "for the daemon too" equals 1 bash -c "mydevcli show --json | jq '.adapters | length'"
check "the other one works" mydevcli locate BIG --off
check "and is pulled" card unplug BIG
# The hwrng's end is a work of its own.
no_hwrng() {
	! grep -qw mydev /sys/class/misc/hw_random/rng_available
}
wait_until 20 "all is gone" no_hwrng
before=$(footprint)

#
# Again and again
#
cycle() {
	local i n
	for ((i = 1; i <= $1; i++)); do
		card plug BIG || return
		for ((n = 0; n < 600; n++)); do
			! is_applied BIG || break
			sleep 0.05
		done
		is_applied BIG || { echo "cycle $i: not configured"; return 1; }
		card unplug BIG || return
		is_gone BIG || { echo "cycle $i: not gone"; return 1; }
	done
}
check "plugged in, configured and pulled $cycles times" cycle $cycles
wait_until 20 "without a trace" no_hwrng
is "in the kernel" "$(footprint)" "$before"
is "the daemon has lived through it" "$(events daemon.started)" 1
is "and heard all of it" "$(events adapter.removed)" $((cycles + 2))
is "without mistakes" "$(mydevcli events --json | jq -c '[.events[] | select(.severity == "error")]')" "[]"

#
# In the middle of something
#
several() {
	local i
	for i in 1 2 3 4; do card plug "S$i" md2000 || return; done
}
check "all slots are filled at once" several
refused 1 "there is no room for one more" card plug S5 md2000
for i in 1 2 3 4; do wait_until 30 "S$i is configured" is_applied "S$i"; done
for i in 1 2 3; do check "S$i is pulled" card unplug "S$i"; done

check "the last one hangs" tell S4 hang forever
mydevcli locate S4 --off >/tmp/locate.log 2>&1 & command=$!
check "it is pulled while a command waits for it" card unplug S4
status=0
wait $command || status=$?
check "the command ends: $status" test $status -ne 0
check "it is made well" card kill S4

check "a card" card plug BIG
wait_until 30 "is there" is_applied BIG
tell BIG flash_delay_us 8000
mydevcli flash md4000-1.1.0.bin BIG >/tmp/flash.log 2>&1 & flash=$!
wait_until 20 "it is flashed" flashing BIG
check "and pulled" card unplug BIG
status=0
wait $flash || status=$?
is "the client hears that it is gone" $status 3
like "and says so" "$(cat /tmp/flash.log)" '(removed|gone)'
tell BIG flash_delay_us 0
check "it is plugged in" card plug BIG
wait_until 30 "again" is_applied BIG
is "the old firmware runs" "$(running BIG)" 1.0.0
check "flash, this time to the end" mydevcli flash md4000-1.1.0.bin BIG
is "the new one runs" "$(running BIG)" 1.1.0

wait_until 10 "hwrng" grep -qw mydev /sys/class/misc/hw_random/rng_available
echo mydev >/sys/class/misc/hw_random/rng_current
(while dd if=/dev/hwrng of=/dev/null bs=64 status=none; do :; done) 2>/dev/null & reader=$!
check "pulled while entropy is read" card unplug BIG
wait_until 30 "the reader ends" bash -c "! kill -0 $reader"

wait_until 20 "all is gone" no_hwrng
is "without a trace" "$(footprint)" "$before"
check "the driver is unloaded" modprobe -r mydev_pci
check "and loaded" modprobe mydev_pci
check "a card" card plug BIG
wait_until 30 "is found" is_applied BIG
done_testing
