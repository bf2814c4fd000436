# shellcheck shell=bash
# A root that stands for a dom0 which is not booted: it shows this machine's, and takes no change to it. It has
# the disk of tests/disk/first in /tmp/disk, that of tests/disk/later in /tmp/later, the kernel ${KERNEL:-6.1}, and what
# they are for. STYLE=xcpng8: rpm knows that kernel.
# shellcheck disable=SC2317  # functions are called by name
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
# shellcheck source-path=SCRIPTDIR source=../vm/tap.sh
. tests/vm/tap.sh
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. tests/vm/common.sh
export CACHE
if [ -z "${INSIDE:-}" ]; then
	unshare -m true 2>/dev/null || skip_all "root is needed, and mount namespaces"
	INSIDE=1 exec unshare -m "$0"
fi
work=$(mktemp -d)
trap 'umount -l "$work" 2>/dev/null; rm -rf "$work"; tap_end' EXIT
unset MAKEFLAGS
check "the disk is built" tests/disk/first
check "and that of a later version" tests/disk/later
[ $tap_failed = 0 ] || done_testing
mount -t tmpfs none "$work"
mkdir "$work"/{upper,work,root}
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" none "$work/root" || skip_all "no overlay here"
root=$work/root
for fs in proc dev; do mount --rbind /$fs "$root/$fs"; done
mkdir -p "$root"/tmp/{disk,later}

unpack() { # ISO DIRECTORY
	local path
	isoinfo -R -f -i "$1" | while read -r path; do
		isoinfo -R -i "$1" -x "$path" >"$work/file" 2>/dev/null || :
		case $path in */*.* | /install | /RPM* | /SHA* | /XS* | /EXTRA*) mkdir -p "$2/${path%/*}" && cp "$work/file" "$2$path" ;; esac
	done
	chmod +x "$2/install.sh" "$2/install"
}
unpack build/disk-test/mydev.iso "$root/tmp/disk"
unpack build/later/build/disk/mydev.iso "$root/tmp/later"

inside() {
	chroot "$root" env -u INSIDE "$@"
}
install() {
	inside /tmp/disk/install.sh "$@"
}
# What this machine has for its own kernels is nobody's business.
rm -rf "$root/usr/lib/modules"
tree=$CACHE/kernels/${KERNEL:-6.1}
kernel=$(<"$tree/release")
mkdir -p "$root/usr/lib/modules/$kernel/build"
cp -r "$tree/modules/." "$root/usr/lib/modules/$kernel"
cp "$tree/build/Module.symvers" "$root/usr/lib/modules/$kernel/build"
cp tests/disk/dom0 "$root/tmp"
check "and a host" inside /tmp/dom0 "${STYLE:-xcp}"

have() {
	inside rpm -qa --queryformat '%{NAME}-%{VERSION}-%{RELEASE}\n' '*mydev*' | sort | xargs
}
files() {
	(cd "$work/upper" && find . -type f ! -path './tmp/*' ! -path './var/lib/rpm/*' ! -path './var/log/*' ! -path './var/tmp/*' \
		! -path "./usr/lib/modules/$kernel/kernel/*" ! -name 'modules.*' -printf '%P\n' | sort)
}
