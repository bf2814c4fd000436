#!/bin/bash
# The test machine is what tests take it for.
# vm: --bare
# kernels: 5.10 6.1 6.1-cloud 6.12
. "$(dirname "$0")/lib.sh"

like "the kernel is the one asked for" "$(uname -r)" "^${VM_KERNEL%-*}\."
is "all units are up" "$(systemctl is-system-running)" running
is "the command runs as root" "$(id -u) $HOME $PWD" "0 /root /root"
check "/dev/stderr can be opened" bash -c 'echo >/dev/stderr'

is "the root is an overlay" "$(findmnt -no FSTYPE /)" overlay
mkdir -p /usr/lib/firmware
check "it can be written" touch /usr/lib/firmware/x /etc/x /var/lib/x
check "a sandboxed unit can write where it may" \
	systemd-run --quiet --wait --property=ProtectSystem=strict --property=ReadWritePaths=/usr/lib/firmware \
	touch /usr/lib/firmware/y
refused 1 "and nowhere else" \
	systemd-run --quiet --wait --property=ProtectSystem=strict touch /etc/y

check "the share is there" cmp "$0" /mnt/share/vm/machine.t
refused 1 "and cannot be written" touch /mnt/share/x

check "modprobe finds the kernel's modules" modprobe dummy numdummies=0
check "and by an alias" modprobe "$(modinfo -F alias virtio_balloon | head -n 1)"

mkdir -p /etc/udev/rules.d
echo 'SUBSYSTEM=="net", KERNEL=="vm0", ENV{VM_TEST}="seen"' >/etc/udev/rules.d/99-test.rules
udevadm control --reload
ip link add vm0 type dummy
check "udev works" udevadm wait --timeout=10 /sys/class/net/vm0
like "and applies rules" "$(udevadm info /sys/class/net/vm0)" VM_TEST=seen
check "rmmod" rmmod dummy

check "rpm has its database" rpm --initdb
check "debugfs is mounted" test -d /sys/kernel/debug/tracing
like "the journal works" "$(logger -t vm-test hello && journalctl --sync && journalctl -t vm-test)" hello
done_testing
