#!/bin/bash
# The power goes while a disk is installed, and all that was not on the host's disk yet with it: install.sh, run
# again, makes it whole.
# shellcheck disable=SC2317  # functions are called by name
# shellcheck source-path=SCRIPTDIR source=hosts.sh
. "$(dirname "$0")/hosts.sh"

prepared() {
	check "a host" /mnt/share/disk/dom0
	listing >/root/before
	sync
}

# off_at PROGRAM DISK: its install.sh comes to where this program would run, and the power goes
off_at() {
	: >/root/trace
	strace -f --seccomp-bpf -qq -o /root/trace -P "$1" -e trace=execve -e inject=execve:signal=STOP:when=1 \
		"/cd/$2/install.sh" --batch >/root/log 2>&1 &
	until grep -q 'stopped by SIGSTOP' /root/trace; do sleep 0.1; done
	echo b >/proc/sysrq-trigger
	sleep infinity
}
in_scriptlets() {
	off_at /sbin/groupadd first
}
before_the_end() {
	off_at /usr/bin/xe first
}
while_upgrading() {
	check "the first one is installed" /cd/first/install.sh --batch
	off_at /bin/systemctl later
}

# mended DISK VERSION
mended() {
	diag "found: $(rpms); wrong: $(rpm -Va --nomtime '*mydev*' | xargs)"
	check "installed again" "/cd/$1/install.sh" --batch
	like "all of it" "$(rpms)" "^mydev-data-$2-1 mydev-modules-kdump-[^ ]* mydev-modules-xen-[^ ]*$"
	is "whole" "$(rpm -Va '*mydev*')" ""
	is "with nothing beside it" "$(find /etc/mydev /usr /boot -name '*;*' -o -name '*.rpmsave' -o -name '*.rpmnew')" ""
	check "modules load" modprobe mydev_pci
	modprobe -r mydev_pci
	wait_until 60 "the daemon starts" mydevcli show
	check "once more there is nothing to do" "/cd/$1/install.sh" --batch
	like "which is said" "$out" "is installed already"
	check "it is removed" "/cd/$1/install.sh" --uninstall --batch
	listing >/root/after
	check "wholly" diff /root/before /root/after
	sync
}
mended_first() {
	mended first 0.1.0
}
mended_later() {
	mended later 9.0.0
}

outside || inside "$1"
old=(--kernel 6.1 --modules 6.1-cloud)
phase "a host" prepared "${old[@]}"
power_off "the power goes in a scriptlet" in_scriptlets "${old[@]}"
phase "mended" mended_first "${old[@]}"
power_off "the power goes when all is installed" before_the_end "${old[@]}"
phase "mended" mended_first "${old[@]}"
power_off "the power goes while upgrading" while_upgrading "${old[@]}"
phase "mended" mended_later "${old[@]}"
done_testing
