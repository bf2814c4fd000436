# shellcheck shell=bash
# Tests of disks on hosts. Such a script runs outside, and its functions in machines that keep what they write,
# where the first disk is that of tests/disk/first, the later one that of tests/disk/later:
#
#	. "$(dirname "$0")/hosts.sh"
#	install() {
#		check "it installs" /cd/first/install.sh --batch
#	}
#	outside || inside "$1"
#	phase "installed by hand" install --pci none
#	done_testing
# shellcheck disable=SC2317  # functions are called by name
cd "$(dirname "${BASH_SOURCE[0]}")" || exit
# shellcheck source-path=SCRIPTDIR source=../vm/tap.sh
. ../vm/tap.sh

# Makes both disks and what machines are shown of them, in $work; not in a machine.
outside() {
	[ ! -e /vm/agent ] || return
	cd ../..
	# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
	. tests/vm/common.sh
	export CACHE
	unset MAKEFLAGS
	work=$(mktemp -d) script=${0##*/}
	trap 'rm -rf "$work"; tap_end' EXIT
	local kernel share=$work/share
	check "the disk is built" tests/disk/first
	check "and that of a later version" tests/disk/later
	[ $tap_failed = 0 ] || done_testing
	ln -s "$PWD/build/disk-test/mydev.iso" "$work/first.iso"
	ln -s "$PWD/build/later/build/disk/mydev.iso" "$work/later.iso"
	mkdir -p "$share"/{disk,vm,symvers,sim}
	cp tests/disk/{*.t,*.sh,dom0,installer,ftpd} "$share/disk"
	cp tests/vm/*.sh "$share/vm"
	cp build/disk-test/RPMS/mydev-sim-*.rpm "$share/sim"
	for kernel in 6.1 6.1-cloud 6.12 6.12-cloud; do
		tests/vm/kernel $kernel
		cp "$CACHE/kernels/$kernel/build/Module.symvers" "$share/symvers/$(<"$CACHE/kernels/$kernel/release")"
	done
}

# machine FUNCTION OPTION...: runs it there, as it ends
machine() {
	tests/vm/run --bare --timeout 900 --share "$work/share" --state "$work/state.ext4" --disk "$work/first.iso" \
		--disk "$work/later.iso" "${@:2}" -- bash "/mnt/share/disk/$script" "$1"
}

# phase DESC FUNCTION OPTION...: its tests pass there
phase() {
	local status=0
	machine "${@:2}" | sed -u 's/^/    /' || status=$?
	tap_result $status "$1" "exit status $status"
}

# power_off DESC FUNCTION OPTION...: it takes the machine's power
power_off() {
	refused 125 "$1" machine "${@:2}"
	like "$1: by a power-off" "$out" "went off before"
}

inside() {
	local disk
	for disk in first later; do
		mkdir -p /cd/$disk
		mount -o ro /dev/disk/by-id/virtio-$disk /cd/$disk
	done
	# shellcheck disable=SC2034  # for tests
	uname=$(uname -r)
	"$1"
	done_testing
}

# All names of the host but those of its runs and logs, with types and modes; contents where it configures
listing() {
	find / \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /mnt -o -path /cd -o -path /root \
		-o -path /var/log -o -path /var/tmp -o -path /var/cache -o -path /var/lib/rpm -o -path /var/lib/systemd -o -path '/lost+found' \) \
		-prune -o -printf '%p %M %l\n' | sort
	find /etc -type f ! -name '*group*' ! -name '*gshadow*' ! -name .pwd.lock -exec md5sum {} + | sort -k 2
}
rpms() {
	rpm -qa --queryformat '%{NAME}-%{VERSION}-%{RELEASE}\n' '*mydev*' | sort | xargs
}
loaded_from() { # MODULE
	modinfo -n "$1"
}
equals() { # WANT COMMAND...
	[ "$("${@:2}")" = "$1" ]
}
adapter() { # ADAPTER FILTER
	mydevcli show "$1" --json | jq -r ".adapters[0]$2"
}
# The driver that is shipped knows no emulated cards by itself, and takes them for real ones.
drive_cards() {
	modprobe mydev_pci && echo 1af4 1110 ffffffff ffffffff 0 0 1 >/sys/bus/pci/drivers/mydev_pci/new_id
}
is_ready() { # SERIAL
	[ "$(adapter "$1" .state 2>/dev/null)" = ready ]
}
