# shellcheck shell=bash
# What tests of PCI cards share; `card` is explained in tests/vm/cards.
# shellcheck source-path=SCRIPTDIR source=daemon.sh
. "$(dirname "${BASH_SOURCE[0]}")/daemon.sh"

# name SERIAL: mydevN
name() {
	local file
	file=$(grep -lx "$1" /sys/class/mydev/*/serial 2>/dev/null) && basename "${file%/serial}"
}
id() {
	local name
	name=$(name "$1") && echo "${name#mydev}"
}
is_state() {	# SERIAL STATE
	[ "$(cat "/sys/class/mydev/$(name "$1")/state" 2>/dev/null)" = "$2" ]
}
is_ready() {	# SERIAL
	is_state "$1" ready
}
is_gone() {	# SERIAL
	! name "$1" >/dev/null
}
is_applied() {	# SERIAL
	[ "$(adapter "$1" .config 2>/dev/null)" = applied ]
}
resets() {	# SERIAL
	adapter "$1" .resets
}
port_of() {	# SERIAL: the PCI address of the port above it
	basename "$(dirname "$(readlink -f "/sys/class/mydev/$(name "$1")/device")")"
}
# vanish SERIAL PORT: the card below that port is gone at once; with --pciehp. QEMU takes it away when the
# slot's power and its lamp go (Slot Control). The kernel, told by its own interrupt, believes in a slot without
# power that nothing was in it: it hears of it when power is back.
#
# An interrupt that QEMU has seen, but not handled yet, is handled with the card's freed memory (in 7.2:
# ivshmem_exit() leaves its vectors' handlers behind), so the card gives none just then.
vanish() {
	tell "$1" lose_interrupts 1000000
	setpci -s "$2" CAP_EXP+18.w=0700:0720 CAP_EXP+18.w=0020:0420
	tell "$1" lose_interrupts 0
}
tell() {	# SERIAL FAULT VALUE
	card tell "$@" >/dev/null
}
flashing() {	# SERIAL
	case $(adapter "$1" .flash.stage) in
	null | done) return 1 ;;
	esac
}
is_off() {	# SERIAL: its emulator has ended
	card list | grep -q "^$1 .* off$"
}
running() {	# SERIAL: the version
	adapter "$1" .firmware.running
}

somebody_in() {	# FUNCTION of the kernel
	grep -qsw "$1" /proc/[0-9]*/task/*/stack
}
grown() {	# FILE SIZE: by some blocks
	[ "$(stat -c %s "$1")" -gt $(($2 + 1000)) ]
}

# All that the kernel has for cards that are plugged in, but for what their ports and slots have anyhow.
footprint() {
	ls /sys/class/mydev
	grep -hs '^mydev' /sys/class/hwmon/*/name || :
	find /sys/bus/pci/drivers/mydev_pci -name '0000:*'
	grep -l 1af4 /sys/bus/pci/devices/*/vendor | xargs -rn1 dirname | xargs -rI {} cat {}/device | grep 1110 || :
	grep -o 'mydev.*' /proc/interrupts || :
	grep mydev /proc/iomem || :
	echo "mappings: $(grep -c 'pci_iomap\|ioremap' /proc/vmallocinfo)"
	echo "interrupts: $(find /sys/kernel/irq -mindepth 1 -maxdepth 1 | wc -l)"
	cat /sys/module/mydev_pci/refcnt
	find /sys/kernel/debug -maxdepth 1 -name 'mydev*'
	cat /sys/class/misc/hw_random/rng_available
}
