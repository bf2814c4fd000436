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

# Where cards begin to count that give counters instead of noise (entropy_counter)
start_A=$((0xa1 << 48)) start_B=$((0xb2 << 48))

# account FILE...: of all 64-bit numbers in them: how many bytes are of A, of B, of nobody, and come again;
# and which bytes of all that A gave are the first and the last
account() {
	python3 - $start_A $start_B "$@" <<-'END'
		import sys
		start = [int(word) for word in sys.argv[1:3]]
		seen, nobody, again = [set(), set()], 0, 0
		for name in sys.argv[3:]:
		    data = open(name, "rb").read()
		    for i in range(0, len(data), 8):
		        n = int.from_bytes(data[i:i + 8], "little")
		        who = [j for j in (0, 1) if 0 <= n - start[j] < 1 << 40]
		        if len(data) - i < 8 or not who:
		            nobody += len(data[i:i + 8])
		            continue
		        n -= start[who[0]]
		        again += 8 * (n in seen[who[0]])
		        seen[who[0]].add(n)
		print(8 * len(seen[0]), 8 * len(seen[1]), nobody, again, 8 * min(seen[0], default=0), 8 * max(seen[0], default=0) + 8)
	END
}
# accounted DESC FILE...: every byte is of a card, and none comes twice
accounted() {
	local a b nobody again
	read -r a b nobody again _ < <(account "${@:2}")
	diag "$1: $a bytes of A, $b of B"
	is "$1: bytes of no card" "$nobody" 0
	is "$1: bytes that came twice" "$again" 0
}
