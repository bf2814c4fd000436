#!/bin/bash
# install.sh in a root of its own, which stands for a dom0 that is not booted: what it refuses, installs, keeps,
# goes back to and removes.
# shellcheck disable=SC2317  # check and refused call the functions
# shellcheck source-path=SCRIPTDIR source=root.sh
. "$(dirname "$0")/root.sh"
inventory() { # BRAND VERSION
	mkdir -p "$root/etc/xensource"
	printf "PRODUCT_BRAND='%s'\nPRODUCT_VERSION='%s'\n" "$1" "$2" >"$root/etc/xensource-inventory"
}
refused 2 "an unknown option" install --frobnicate
refused 2 "two things at once" install --check --uninstall --batch
inventory XenServer 8.3.0
refused 3 "another product is refused" install --batch
like "and named" "$out" "XenServer 8\.3\.0, and the disk is for XCP-ng 8\.3\.0"
inventory XCP-ng 8.2.1
refused 3 "and another version" install --batch
inventory XCP-ng 8.3.0
before=$(files)
gnupg=$(ls "$root/root/.gnupg" 2>/dev/null || :)
echo >>"$root/tmp/disk/XS-PACKAGES"
refused 4 "a damaged disk is refused" install --batch
like "and what is damaged is named" "$out" "damaged or missing: XS-PACKAGES"
mkdir "$root/tmp/alone"
cp "$root/tmp/disk/install.sh" "$root/tmp/alone"
refused 4 "a disk of which only this is left removes nothing" inside /tmp/alone/install.sh --uninstall --batch
refused 4 "in whatever language" inside env LANGUAGE=de LC_ALL=C.UTF-8 /tmp/disk/install.sh --batch
sed -i '$d' "$root/tmp/disk/XS-PACKAGES"
cp "$root"/tmp/later/later-extra-*.rpm "$root/tmp/disk/"
refused 4 "an RPM that the sums do not know" install --batch
like "is named" "$out" "not of this disk.*: later-extra-2-1\.noarch\.rpm"
rm "$root"/tmp/disk/later-extra-*.rpm
mv "$root"/tmp/disk/mydev-data-*.rpm "$root/tmp/"
refused 4 "and one that is not complete" install --batch
mv "$root"/tmp/mydev-data-*.rpm "$root/tmp/disk/"
mv "$root/var/lib/rpm" "$root/tmp/rpmdb"
inside rpm --initdb
refused 3 "a host that lacks what is needed is refused" install --batch
like "and that is named" "$out" "libjson-c.so.5"
rm -rf "$root/var/lib/rpm"
mv "$root/tmp/rpmdb" "$root/var/lib/rpm"
sed -i.bak 's/^0x[0-9a-f]*\tgenl_register_family/0x00000001\tgenl_register_family/' "$root/usr/lib/modules/$kernel/build/Module.symvers"
refused 3 "a kernel with other symbols is refused" install --check
like "and they are named" "$out" "kernel $kernel has other versions of these symbols.*: genl_register_family"
symvers=$root/usr/lib/modules/$kernel/build/Module.symvers
grep -v '\<genl_register_family\>' "$symvers.bak" >"$symvers"
refused 3 "so is one that lacks some" install --check
like "and these are named" "$out" "or does not have them: genl_register_family.Nothing"
rm "$symvers"
check "without a list of them" install --check
like "its own modules tell, which is said" "$out" "no list of its symbols here; compared with what its own modules need"
mv "$root/usr/lib/modules/$kernel/kernel" "$root/tmp/"
mkdir "$root/usr/lib/modules/$kernel/kernel"
rpm2cpio "$root"/tmp/disk/mydev-modules-xen-6.1.*.rpm | (cd "$root/tmp" && cpio -id --quiet './lib/modules/*/mydev.ko')
perl -0777 -pe 's/.{8}(?=genl_register_family\0\0)/\x01\0\0\0\0\0\0\0/s' "$root/tmp/lib/modules/$kernel/extra/mydev.ko" \
	>"$root/usr/lib/modules/$kernel/kernel/other.ko"
refused 3 "a kernel whose modules need other symbols is refused" install --check
like "with their names" "$out" "kernel $kernel has other versions.*: genl_register_family.Nothing"
rm -r "$root/usr/lib/modules/$kernel/kernel"
mv "$root/tmp/kernel" "$root/usr/lib/modules/$kernel/"
mv "$symvers.bak" "$symvers"
mkdir "$root/tmp/full" && mount -t tmpfs -o size=4k,nr_inodes=1 none "$root/tmp/full"
refused 3 "no room for temporary files" inside env TMPDIR=/tmp/full /tmp/disk/install.sh --check
mount -o remount,nr_inodes=9 "$root/tmp/full"
refused 3 "nor for a keyring" inside env TMPDIR=/tmp/full /tmp/disk/install.sh --check
like "which is said" "$out" "RPM-GPG-KEY-mydev cannot be read into a keyring below /tmp/full/"
umount "$root/tmp/full"
is "no other keyring is used instead" "$(ls "$root/root/.gnupg" 2>/dev/null || :)" "$gnupg"
refused 5 "and who is not root" chroot --userspec=65534:65534 "$root" /tmp/disk/install.sh --batch
is "nothing was changed by any of that" "$(files) $(have)" "$before "

exec 9<"$root/var/lib"
flock 9
refused 1 "who comes while another one is at it" install --batch
like "is told so" "$out" "being installed or removed already"
exec 9<&-
cp -r "$root/tmp/disk" "$root/tmp/disk[1]"
touch "$root/tmp/disk[1]/._$(basename "$root"/tmp/disk/mydev-data-*.rpm)"	# as left by macOS
check "a directory may have any name" inside '/tmp/disk[1]/install.sh' --check
like "and has the RPMs" "$out" "to install: mydev-modules-xen-"
rm -r "$root/tmp/disk[1]"
refused 6 "by its other name it asks, too" inside sh -c 'echo N | /tmp/disk/install'
check "a check passes" install --check --json
is "and is JSON" "$(jq -r '.status, .label' <<<"$out" | xargs)" "0 mydev"
is "and names the RPMs of this host's kernel" "$(jq -r '.install[]' <<<"$out" | grep -c "mydev-modules-xen-${kernel%-amd64}-\|mydev-data")" 2
refused 6 "without an answer nothing is done" install
mkdir -p "$root/usr/sbin/mydevcli/in-the-way"
refused 1 "what rpm cannot do is no success" install --batch
like "and what to do is said" "$out" "cpio: .*rpm failed, for the reasons above\. Mend them, and run this again\."
rm -r "$root/usr/sbin/mydevcli"
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

# Room that goes between the check and the keeping
mount -t tmpfs -o size=64k none "$root/var/lib/driver-disk"
refused 1 "RPMs that cannot be kept" inside /tmp/later/install.sh --batch
like "are not installed" "$out" "/var/lib/driver-disk/mydev:mydev cannot be written: nothing was installed"
is "none of them" "$(have)" "$installed"
umount "$root/var/lib/driver-disk"

# A kernel that the disks after the next do not know any more
gone=mydev-modules-xen-5.10
mkdir "$root/usr/lib/modules/$(<"$CACHE/kernels/5.10/release")"
touch "$root/usr/lib/modules/$(<"$CACHE/kernels/5.10/release")/modules.dep"
check "with another kernel" install --batch
like "its modules come, too" "$(have)" "$gone"
check "the disk after does not know it" inside /tmp/later/install.sh --batch
rm -r "$root/var/lib/driver-disk/mydev:mydev/previous"	# as the next one's successor does
check "but removes" inside /tmp/later/install.sh --uninstall --batch
is "all of it" "$(have)" ""
rm -r "$root/usr/lib/modules/$(<"$CACHE/kernels/5.10/release")"
check "as it was before" install --batch
is "with the RPMs of then" "$(have)" "$installed"

# Somebody else's disk by the same name
cp -r "$root/tmp/disk" "$root/tmp/other"
(
	export GNUPGHOME=$work/keyring
	mkdir -m 700 "$GNUPGHOME"
	cd "$root/tmp/other"
	gpg --batch --quiet --passphrase '' --quick-generate-key other@other.invalid rsa2048 sign never
	gpg --armor --export >RPM-GPG-KEY-mydev
	find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | xargs sha256sum >SHA256SUMS
	gpg --batch --quiet --yes --armor --detach-sign -o SHA256SUMS.asc SHA256SUMS
	sed 's/^:-----BEGIN/-----BEGIN/' "$GNUPGHOME"/openpgp-revocs.d/*.rev | gpg --batch --quiet --import
	gpg --armor --export >"$root/tmp/revoked.asc"
	gpgconf --kill gpg-agent
) 2>/dev/null
refused 4 "a disk with another key is refused" inside /tmp/other/install.sh --batch
like "and which is wanted" "$out" "not signed by the key in /var/lib/driver-disk/mydev:mydev/key"

echo "# mine" >>"$root/etc/mydev/mydev.conf"
check "a later disk installs" inside /tmp/later/install.sh --batch
is "its RPMs" "$(have)" "mydev-data-9.0.0-1 mydev-modules-xen-${kernel%-amd64}-1.0-2"
is "with what it needs of others" "$(inside rpm -q --queryformat '%{VERSION}' later-extra)" 2
is "changed configuration stays" "$(tail -n 1 "$root/etc/mydev/mydev.conf")" "# mine"
check "it can be gone back" inside /tmp/later/install.sh --rollback --batch
is "to the RPMs before" "$(have)" "$installed"
check "it is removed" install --uninstall --batch
is "wholly" "$(have)" ""
is "but for the configuration that was changed" "$(comm -13 <(echo "$before") <(files) | grep -v '^etc/\(group\|gshadow\|\.pwd\)')" "etc/mydev/mydev.conf.rpmsave"
check "once more is right" install --uninstall --batch
like "and says so" "$out" "Nothing of disk mydev is installed"
check "then a disk with another key is one" inside /tmp/other/install.sh --check
like "whose key is told" "$out" "signed by the key [0-9A-F]{40}, which this host did not know"
mkdir -p "$root/etc/pki/rpm-gpg"
cp "$root/tmp/revoked.asc" "$root/etc/pki/rpm-gpg/RPM-GPG-KEY-mydev"
refused 4 "but not with one that was revoked" inside /tmp/other/install.sh --check
like "which is told" "$out" "signed by the key [0-9A-F]{40}, which .* says was revoked"
rm "$root/etc/pki/rpm-gpg/RPM-GPG-KEY-mydev"

# The host's installer brought it, an administrator worked with it, and the next one is not installed at once.
check "RPMs are installed without this" inside sh -c "rpm -i /tmp/disk/mydev-data-*.rpm /tmp/disk/mydev-modules-xen-${kernel%-amd64}-*.rpm"
echo "# mine" >>"$root/etc/mydev/mydev.conf"
printf '[Config]\nlabel=ours\n' >"$root/etc/mydev/profiles.d/50-ours.conf"
echo 00 >"$root/etc/mydev/keys/revoked"
touch "$root/var/lib/mydev/events"
mv "$root/usr/sbin/mydevcli" "$root/tmp/mydevcli"
mkdir -p "$root/usr/sbin/mydevcli/in-the-way"
refused 1 "an upgrade fails" inside /tmp/later/install.sh --batch
rm -r "$root/usr/sbin/mydevcli"
check "and is done again" inside /tmp/later/install.sh --batch
is "with the new RPMs" "$(have)" "mydev-data-9.0.0-1 mydev-modules-xen-${kernel%-amd64}-1.0-2"
is "configuration is theirs" "$(tail -n 1 "$root/etc/mydev/mydev.conf")" "# mine"
for file in etc/mydev/profiles.d/50-ours.conf etc/mydev/keys/revoked var/lib/mydev/events; do
	check "and so is $file" test -e "$root/$file"
done
check "it goes" inside /tmp/later/install.sh --uninstall --batch
rm -r "$root/etc/mydev"

# later_beside VERSION: the later disk comes to a host that has its own later-extra, and goes
later_beside() {
	rm -rf "$root/tmp/extra"
	check "a host has later-extra $1" tests/disk/extra later-extra "$1" "$root/tmp/extra"
	check "   in its database" inside sh -c 'rpm -i /tmp/extra/later-extra-*.noarch.rpm'
	check "   the later disk installs" inside /tmp/later/install.sh --batch
	said=$out
	extra=$(inside rpm -q later-extra)
	check "   and goes" inside /tmp/later/install.sh --uninstall --batch
	is "   but not what the host had" "$(inside rpm -q later-extra)" "$extra"
	inside rpm -e later-extra
}
later_beside 1
is "an older one was brought up to date" "$extra" later-extra-2-1.noarch
later_beside 3
is "a newer one was left alone" "$extra" later-extra-3-1.noarch
like "and that was told" "$said" "Note: later-extra-3-1.noarch stays, which is newer"
check "the later disk brings it" inside /tmp/later/install.sh --batch
tests/disk/extra user 1 "$root/tmp/user" later-extra
check "and then something else needs it" inside sh -c 'rpm -i /tmp/user/user-1*.noarch.rpm'
check "the disk goes" inside /tmp/later/install.sh --uninstall --batch
like "without what is needed" "$out" "Note: later-extra stays"
check "which works" inside rpm -V later-extra user

# The host is installed anew, and what it was before is beside: its RPMs, and what its administrator did.
previous=$root/tmp/previous etc=$root/etc/mydev
rm -rf "$etc"
mkdir -p "$previous" "$etc/keys"
check "a host before" inside sh -c 'rpm --root /tmp/previous --initdb && rpm --root /tmp/previous -i --nodeps --noscripts /tmp/disk/mydev-data-*.rpm'
anew() {
	check "$1" inside env XS_PREVIOUS_INSTALLATION=/tmp/previous sh -c 'rpm -i --nodeps --excludepath /etc/mydev/keys /tmp/later/mydev-data-*.rpm'
}
printf '# new\n0a' >"$etc/keys/revoked"
printf '0b\n0a\n' >"$previous/etc/mydev/keys/revoked"
echo mine >"$previous/etc/mydev/keys/mine.pem"
printf '[Config]\nlabel=ours\n' >"$previous/etc/mydev/profiles.d/50-ours.conf"
ln -s /root/mine.conf "$previous/etc/mydev/profiles.d/60-linked.conf"
ln -sf /dev/null "$previous/etc/mydev/guests.d/10-guest.conf"
anew "another one is installed in its place"
is "with the new defaults" "$(tail -n 1 "$etc/mydev.conf")" "# Of a later version"
check "what was the administrator's" test -e "$etc/profiles.d/50-ours.conf"
is "links, too" "$(readlink "$etc"/{profiles.d/60-linked,guests.d/10-guest}.conf | xargs)" "/root/mine.conf /dev/null"
is "the keys that were, and no others" "$(cd "$etc/keys" && echo *)" "mine.pem revoked"
is "and what either revoked" "$(xargs -d '\n' <"$etc/keys/revoked")" "# new 0a 0b"
inside rpm -e mydev-data
rm -rf "$etc"
echo "# mine" >>"$previous/etc/mydev/mydev.conf"
rm "$previous"/var/lib/rpm/*
anew "and where no RPMs can be asked"
like "keys are left, which is said" "$out" "who put /tmp/previous/etc/mydev/keys/mine\.pem there cannot be told"
is "and are not there" "$(cd "$etc/keys" && echo *)" revoked
is "configuration is the old one" "$(tail -n 1 "$etc/mydev.conf")" "# mine"
is "beside the new" "$(tail -n 1 "$etc/mydev.conf.rpmnew")" "# Of a later version"
inside rpm -e mydev-data
rm -rf "$etc"

rm "$root/usr/bin/gpg"
check "without gpg nobody looks at a signature" install --check
like "which is told" "$out" "Note: no gpg here: nobody looked at the disk's signature"
truncate -s 0 "$root/tmp/disk/SHA256SUMS" && truncate -s 1K "$root/tmp/disk/SHA256SUMS"
refused 4 "but sums of zeros only are refused" install --check
done_testing
