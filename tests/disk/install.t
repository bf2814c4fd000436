#!/bin/bash
# install.sh in a root of its own, which stands for a dom0 that is not booted: what it refuses, installs, keeps,
# goes back to and removes.
# shellcheck disable=SC2317  # check and refused call the functions
cd "$(dirname "$0")/../.." || exit
# shellcheck source-path=SCRIPTDIR source=../vm/tap.sh
. tests/vm/tap.sh
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. tests/vm/common.sh
export CACHE
# In a mount namespace of its own: a root that shows this machine's, and takes no change to it.
if [ -z "${INSIDE:-}" ]; then
	unshare -m true 2>/dev/null || skip_all "root is needed, and mount namespaces"
	INSIDE=1 exec unshare -m "$0"
fi
work=$(mktemp -d)
trap 'umount -l "$work"; rm -rf "$work"; tap_end' EXIT
unset MAKEFLAGS
check "a disk is built" flock build/disk-test.lock make -s build-isos DISK=build/disk-test KERNELS=tests/disk/kernels
check "and a later one" make -s build-isos DISK=build/disk-test2 KERNELS=tests/disk/kernels PACK_VERSION=9.0 \
	RPM.VERSION=1.0 RPM.RELEASE=2 DATA.RPM.VERSION=9.0
mount -t tmpfs none "$work"
mkdir "$work"/{upper,work,root}
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" none "$work/root" || skip_all "no overlay here"
root=$work/root
for fs in proc dev; do mount --rbind /$fs "$root/$fs"; done
mkdir -p "$root"/tmp/{disk,later}

unpack() { # ISO DIRECTORY
	local path
	isoinfo -R -l -i "$1" >/dev/null
	isoinfo -R -f -i "$1" | while read -r path; do
		isoinfo -R -i "$1" -x "$path" >"$work/file" 2>/dev/null || :
		case $path in */*.* | /RPM* | /SHA* | /XS*) mkdir -p "$2/${path%/*}" && cp "$work/file" "$2$path" ;; esac
	done
	chmod +x "$2/install.sh"
}
unpack build/disk-test/mydev.iso "$root/tmp/disk"
unpack build/disk-test2/mydev.iso "$root/tmp/later"

# The stand-in: what dom0 has, as the RPM database knows it.
kernel=$(<"$CACHE/kernels/6.1/release")
mkdir -p "$root/usr/lib/modules/$kernel"
cp -r "$CACHE/kernels/6.1/modules/." "$root/usr/lib/modules/$kernel"
mkdir "$root/usr/lib/modules/$kernel/build"
cp "$CACHE/kernels/6.1/build/Module.symvers" "$root/usr/lib/modules/$kernel/build"
cat >"$root/tmp/standin.spec" <<-END
	Name: standin
	Version: 1
	Release: 1
	Summary: what this machine has
	License: none
	Provides: /bin/sh systemd product-version = 8.3.0 /usr/sbin/groupadd /sbin/depmod rtld(GNU_HASH)
	$(find /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu -maxdepth 1 -name '*.so*' | /usr/lib/rpm/elfdeps --provides | sort -u | sed 's/^/Provides: /')
	%description
	%files
END
inside() {
	chroot "$root" env -u INSIDE "$@"
}
inside rpmbuild -bb --quiet --define '_topdir /tmp/rpm' /tmp/standin.spec >/dev/null
# Debian has root's RPM database elsewhere.
echo '%_dbpath /var/lib/rpm' >"$root/root/.rpmmacros"
inside rm -rf /var/lib/rpm
inside rpm --initdb
inside bash -c 'rpm -i /tmp/rpm/RPMS/*/standin*.rpm'
inventory() { # BRAND VERSION
	mkdir -p "$root/etc/xensource"
	printf "PRODUCT_BRAND='%s'\nPRODUCT_VERSION='%s'\n" "$1" "$2" >"$root/etc/xensource-inventory"
}
install() {
	inside /tmp/disk/install.sh "$@"
}
have() {
	inside rpm -qa --queryformat '%{NAME}-%{VERSION}-%{RELEASE}\n' 'mydev*' | sort | xargs
}
files() {
	(cd "$work/upper" && find . -type f ! -path './tmp/*' ! -path './var/lib/rpm/*' ! -name 'modules.*' -printf '%P\n' | sort)
}

refused 2 "an unknown option" install --frobnicate
inventory XenServer 8.3.0
refused 3 "another product is refused" install --batch
like "and named" "$out" "XenServer 8\.3\.0, and the disk is for XCP-ng 8\.3\.0"
inventory XCP-ng 8.2.1
refused 3 "and another version" install --batch
inventory XCP-ng 8.3.0
before=$(files)
echo >>"$root/tmp/disk/XS-PACKAGES"
refused 4 "a damaged disk is refused" install --batch
like "and what is damaged is named" "$out" "damaged or missing: XS-PACKAGES"
sed -i '$d' "$root/tmp/disk/XS-PACKAGES"
mv "$root"/tmp/disk/mydev-data-*.rpm "$root/tmp/"
refused 4 "and one that is not complete" install --batch
mv "$root"/tmp/mydev-data-*.rpm "$root/tmp/disk/"
inside rpm -e standin
refused 3 "a host that lacks what is needed is refused" install --batch
like "and that is named" "$out" "libjson-c.so.5"
inside bash -c 'rpm -i /tmp/rpm/RPMS/*/standin*.rpm'
sed -i.bak 's/^0x[0-9a-f]*\tgenl_register_family/0x00000001\tgenl_register_family/' "$root/usr/lib/modules/$kernel/build/Module.symvers"
refused 3 "a kernel with other symbols is refused" install --check
like "and they are named" "$out" "kernel $kernel has other versions of these symbols.*: genl_register_family"
mv "$root/usr/lib/modules/$kernel/build/Module.symvers.bak" "$root/usr/lib/modules/$kernel/build/Module.symvers"
is "nothing was changed by any of that" "$(files) $(have)" "$before "

check "a check passes" install --check --json
is "and is JSON" "$(jq -r '.status, .label' <<<"$out" | xargs)" "0 mydev"
is "and names the RPMs of this host's kernel" "$(jq -r '.install[]' <<<"$out" | grep -c "mydev-modules-xen-${kernel%-amd64}-\|mydev-data")" 2
refused 6 "without an answer nothing is done" install
check "it installs" install --batch
installed=$(have)
like "what was announced" "$installed" "^mydev-data-[0-9.]+-1 mydev-modules-xen-${kernel%-amd64}-1\.0-1$"
check "the module is known to modprobe" inside modinfo -k "$kernel" mydev
check "the disk is registered" test -e "$root/etc/xensource/installed-repos/mydev:mydev/XS-REPOSITORY"
check "nothing of it runs" test ! -e "$root/run/mydev/mydevd.sock"
check "once more is right" install --batch
like "and has nothing to do" "$out" "installed already"
rm "$root/usr/sbin/mydevcli"
check "after an interruption, too" install --batch
check "and mends it" test -x "$root/usr/sbin/mydevcli"
refused 7 "there is nothing to go back to yet" install --rollback --batch

echo "# mine" >>"$root/etc/mydev/mydev.conf"
check "a later disk installs" inside /tmp/later/install.sh --batch
is "its RPMs" "$(have)" "mydev-data-9.0-1 mydev-modules-xen-${kernel%-amd64}-1.0-2"
is "changed configuration stays" "$(tail -n 1 "$root/etc/mydev/mydev.conf")" "# mine"
check "it can be gone back" inside /tmp/later/install.sh --rollback --batch
is "to the RPMs before" "$(have)" "$installed"
check "it is removed" install --uninstall --batch
is "wholly" "$(have)" ""
is "but for the configuration that was changed" "$(comm -13 <(echo "$before") <(files) | grep -v '^etc/\(group\|gshadow\|\.pwd\)')" "etc/mydev/mydev.conf.rpmsave"
check "once more is right" install --uninstall --batch
like "and says so" "$out" "Nothing of disk mydev is installed"
done_testing
