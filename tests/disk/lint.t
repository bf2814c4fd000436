#!/bin/bash
# lint-disk passes a good disk, and says what is wrong with each of many broken ones.
# shellcheck disable=SC2016,SC2317  # broken runs what it is given
cd "$(dirname "$0")/../.." || exit
# shellcheck source-path=SCRIPTDIR source=../vm/tap.sh
. tests/vm/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"; tap_end' EXIT
unset MAKEFLAGS

good=$PWD/build/disk-test/mydev.iso spec=$PWD/specs/update.spec

# Vendors' keys are in their keyrings.
key() { # NAME [OPTION...]
	gpg --batch --quiet --passphrase '' "${@:2}" --quick-generate-key "$1 <drivers@$1.invalid>" "${algorithm:-rsa2048}" "${usage:-sign}" never
}
export GNUPGHOME=$work/keyring
mkdir -m 700 "$GNUPGHOME"
check "a vendor has a key" key vendor --faked-system-time 20200101T000000
check "and a new one" key new
text="A vendor's \"driver\" & tools, <any>"
check "a disk is signed with a key that has this name" tests/disk/first SIGN_KEY=drivers@vendor.invalid TEXT="$text"
check "and passed" make -s lint-disk ISO="$good"
is "without a note" "$out" ""
is "any text will do" "$(isoinfo -R -i "$good" -x /update.xml | xmllint --xpath 'string(//name-description)' -)" "$text"
refused 2 "a key that is younger than the disk is refused" tests/disk/first SIGN_KEY=drivers@new.invalid
like "and why is said" "$out" "SIGN_KEY=drivers@new.invalid: younger than what it shall sign"
refused 2 "a name that no key has, too" tests/disk/first SIGN_KEY=drivers@nobody.invalid
like "and what that should have been is said" "$out" "neither a file with a secret key nor one in the keyring"
algorithm=ed25519 check "a vendor has a key that is no RSA key" key curve
algorithm=default usage=default check "or has subkeys" key twofold
for name in curve twofold; do gpg --batch --armor --export "drivers@$name.invalid" >"$work/$name.asc"; done
gpgconf --kill gpg-agent
unset GNUPGHOME

check "a disk is built" tests/disk/first
check "a good disk is passed" make -s lint-disk ISO="$good"
refused 2 "but not for dom0, with programs of a newer system" make -s lint-disk ISO="$good" PRODUCT=8.3
like "the C library is named" "$out" "needs glibc 2\.[3-9].*dom0 has 2\.17"
like "and json-c" "$out" "needs libjson-c\.so\.5, dom0 has json-c 0\.11"

mkdir "$work/good"
while read -r path; do
	mkdir -p "$work/good${path%/*}"
	isoinfo -R -i "$good" -x "$path" >"$work/good$path" 2>/dev/null || :
done < <(isoinfo -R -f -i "$good" | grep '\.[a-z]*$\|^/install$\|^/RPM-GPG\|^/SHA\|^/XS')
chmod +x "$work/good/install.sh"
cd "$work" || exit

remake() { # the ISO and its sums
	rm -f mydev.iso
	genisoimage -quiet -r -J -joliet-long -cache-inodes -V mydev -o mydev.iso disk 2>/dev/null
	md5sum mydev.iso >mydev.md5
	sha256sum mydev.iso >mydev.sha256
}

# broken REGEX DESC COMMAND...: a disk that COMMAND, run in it, changed is refused with such a message
broken() {
	local regex=$1 desc=$2
	shift 2
	rm -rf disk
	cp -a good disk
	ln -f disk/mydev-data-*.rpm disk/Packages/
	(cd disk && "$@") >/dev/null
	remake
	[ -z "${after:-}" ] || $after
	refused 1 "$desc" "$OLDPWD/scripts/disk/lint" "$work/mydev.iso"
	like "   and told" "$out" "$regex"
}
edit() { # FILE SED...
	sed -i "${@:2}" "$1"
}
xen=$(basename good/mydev-modules-xen-6.1.*.rpm) kdump=$(basename good/mydev-modules-kdump-6.1.*.rpm)

broken "$xen: md5=.* is wrong" "a wrong md5" edit XS-PACKAGES "/$xen/s/md5=\"..../md5=\"0000/"
broken "$xen: size=.* is wrong" "a wrong size" edit XS-PACKAGES "/$xen/s/size=\"/&1/"
broken "mydev-data.*its group makes it rpm" "a type that is not the group's" edit XS-PACKAGES '/mydev-data/s/type="rpm"/type="driver-rpm"/'
broken "$xen: kernel=.* does not agree" "a kernel that the RPM is not for" edit XS-PACKAGES "/$xen/s/kernel=\"/&9/"
broken "$xen: label=.* does not agree" "a wrong label" edit XS-PACKAGES "/$xen/s/label=\"/&x/"
without_twin() { rm "$kdump" && sed -i "/$kdump/d" XS-PACKAGES; }
broken "has modules of one flavour only" "a kernel without its twin" without_twin
broken "$kdump: lies beside XS-PACKAGES" "an RPM that is not listed" edit XS-PACKAGES "/$kdump/d"
broken "$kdump: XS-PACKAGES lists it, and it is missing" "a listed RPM that is not there" rm "$kdump"
broken "XS-PACKAGES: some readers take no XML declaration" "an XML declaration" edit XS-PACKAGES '1i<?xml version="1.0"?>'
broken "not understood by readers that use a shell" "blanks around text" edit XS-PACKAGES 's,\.rpm</,.rpm </,'
broken "XS-PACKAGES: is no well-formed XML" "bad XML" edit XS-PACKAGES 's,</package>,,'
broken "first element has to be a description" "a description at the end" edit XS-REPOSITORY '/<description>/{h;d};/<requires/G'
broken "for one version of its product" "a disk for any version" edit XS-REPOSITORY /requires/d
broken 'originator="xs" is reserved' "a reserved originator" edit XS-REPOSITORY 's/originator="mydev"/originator="xs"/'
broken 'name="my dev": letters' "a name with a blank" edit XS-REPOSITORY 's/name="mydev"/name="my dev"/'
broken "uuid=.* does not follow" "a UUID of another disk" edit update.xml 's/uuid="..../uuid="1234/'
broken 'update.xml: version="7" is not that of XS-REPOSITORY' "two versions" edit update.xml 's/version="[^"]*"/version="7"/'
broken "update.xml: name-description is missing" "no description" edit update.xml /name-description/d
broken "key= is not the name of the key file" "a key that is not there" edit update.xml 's/key="/&X/'
for name in curve twofold; do
	broken "RPM-GPG-KEY-mydev: one RSA key without subkeys" "a key that older rpm does not take" cp "$work/$name.asc" RPM-GPG-KEY-mydev
done
broken "group drivers.* does not have update-mydev" "no group of drivers" eval 'rm repodata/*comps.xml.gz; sed -i s/drivers/others/ repodata/*comps.xml'
broken "comps.xml.gz: group update.* does not have update-mydev" "no group for xapi" eval 'sed s/update-mydev/other/ repodata/*comps.xml | gzip >x; mv x repodata/*comps.xml.gz'
broken "repodata/repomd.xml: lists no groups" "groups that are not listed" edit repodata/repomd.xml '/type="group/,/<.data>/d'
broken "comps.xml.gz: is missing, or is not what repomd.xml says" "groups of another checksum" edit repodata/repomd.xml '/type="group_gz"/,/<.data>/s/\(<checksum type="sha256">\)..../\10000/'
broken "primary: readers take gzip alone" "an index in another compression" edit repodata/repomd.xml 's/primary.xml.gz/primary.xml.xz/'
broken "other.xml.gz: is missing, or is not what repomd.xml says" "a damaged index" eval 'echo >>"$(echo repodata/*other.xml.gz)"'
broken "primary.xml.gz: cannot be unpacked" "no index" eval 'rm repodata/*primary.xml.gz'
broken "cannot be unpacked.*Packages/mydev-1.*a source RPM in an index" "whose RPMs are looked at all the same" eval 'rm repodata/*primary.xml.gz; cp SRPMS/mydev-1* Packages/'
broken "Packages/mydev-module-.*another content" "an index by another name, without an RPM" eval 'mv repodata/*primary.xml.gz repodata/index.gz; sed -i "s,repodata/[^/]*primary.xml.gz,repodata/index.gz," repodata/repomd.xml; rm Packages/mydev-module-*'
broken "Packages/mydev-module-.*another content" "an RPM that the index has otherwise" eval 'echo >>"$(echo Packages/mydev-module-*)"'
broken "$xen: is not signed by a key of the disk" "an RPM without a signature" rpmsign --delsign "$xen"
broken "repodata/repomd.xml: repodata/repomd.xml.asc is missing" "an index without a signature" rm repodata/repomd.xml.asc
broken "update.xml: is not what SHA256SUMS says" "a changed file" edit update.xml 's/entropy/Entropy/'
broken "extra: SHA256SUMS does not know it" "a file beyond the sums" touch extra
broken "mydev-data.*: is on the disk twice" "a copy of an RPM" eval 'cp Packages/mydev-data-*.rpm x && mv x Packages/mydev-data-*.rpm'
broken "a source RPM in an index would be installed" "a source RPM in an index" eval 'cp SRPMS/mydev-1* Packages/'
broken "its source, mydev-1.0-1.src.rpm, is not in SRPMS" "a missing source" rm SRPMS/mydev-1.0-1.src.rpm
broken "the simulator belongs on no disk" "the simulator" cp "$OLDPWD"/build/disk-test/RPMS/mydev-sim-modules-xen-6.1.*.rpm .
broken "Packages: no modules in it, where hosts of version 8\.3\.0 look" "an index without modules" eval 'rm Packages/mydev-module-*'
broken "install: is missing" "no installer by its other name" rm install
broken "install.sh: is missing" "no installer" rm install.sh
broken "install.sh: is not executable" "an installer that nobody can run" chmod -x install.sh
after="truncate -s 0 mydev.md5" broken "mydev.md5: is missing, or is not of this ISO" "another md5 beside it" true

# update_by SED...: the RPM that takes the rest with it, of a specification that sed changed
update_by() {
	sed "$@" "$spec" >"$work/update.spec"
	rpmbuild -bb --quiet --define "_topdir $work/rpm" --define 'label mydev' --define 'vendor MyDev' --define 'modules mydev' \
		--define "pack_version $(xmllint --xpath 'string(/update/@version)' update.xml)" --define "update_xml $PWD/update.xml" \
		--define "uuid $(xmllint --xpath 'string(/update/@uuid)' update.xml)" --define 'product XCP-ng' --define 'product_version 8.3.0' \
		--define "payload $(rpm -qp --nosignature --queryformat '%{NAME} >= %{VERSION}-%{RELEASE},' Packages/mydev-*.rpm | sed 's/,$//')" \
		"$work/update.spec" >/dev/null 2>&1
	cp "$work"/rpm/RPMS/noarch/update-mydev-*.rpm Packages/
}
broken "update-mydev.*does not require mydev-data = .*does not require mydev-module = " "nothing that is required" update_by '/^Requires: %{payload}/d'
broken "update-mydev.*does not require mydev-module = " "an RPM of another version" update_by 's/^Requires: %{payload}/&X/'
broken "update-mydev.*does not require product-version = 8.3.0" "a disk that goes onto any version" update_by '/^Requires: product/s/,.*//'
other=01234567-89ab-8def-a123-456789abcdef
broken "update-mydev.*brings no /var/update/applied/.*names $other" "the UUID of another disk" update_by "s/%{uuid}/$other/"
broken "update-mydev.*names $other, which is not the UUID" "the UUID of another disk in a scriptlet" update_by "s/echo %{uuid}/echo $other/"
broken "update-mydev.*brings no /var/update/applied/" "no UUID for xapi" update_by 's,/var/update/applied,/var/update,'
broken "update-mydev.*or that is not update.xml" "something else under it" update_by 's,^install .*,&\necho >>%{buildroot}/var/update/applied/%{uuid},'

# rpm_with GROUP SCRIPTLET FILE [CONTENT]: an RPM with these, on the disk and listed
rpm_with() {
	cat >"$work/bad.spec" <<-END
		Name: bad
		Version: 1
		Release: 1
		Summary: bad
		License: none
		Group: $1
		BuildArch: noarch
		%description
		%install
		install -D ${4:-/dev/null} %{buildroot}/$3
		%post
		$2
		%files
		/$3
	END
	rpmbuild -ba --quiet --define "_topdir $work/rpm" --define '_binaries_in_noarch_packages_terminate_build 0' \
		"$work/bad.spec" >/dev/null 2>&1
	cp "$work"/rpm/RPMS/noarch/bad-1-1.noarch.rpm .
	cp "$work"/rpm/SRPMS/bad-1-1.src.rpm SRPMS/
	sed -i "s,</packages>,<package label=\"bad\" type=\"rpm\" size=\"$(stat -c %s bad-*.rpm)\" md5=\"$(md5sum <bad-*.rpm | cut -c-32)\">bad-1-1.noarch.rpm</package>\n&," XS-PACKAGES
}
broken "bad-1.*its POSTIN scriptlet can fail" "a scriptlet that can fail" rpm_with Tools "true" etc/bad
broken "bad-1.*its POSTIN scriptlet starts something" "a scriptlet that starts something" rpm_with Tools $'systemctl start x\nexit 0' etc/bad
broken "bad-1.*its POSTIN scriptlet starts something" "a scriptlet that loads a module" rpm_with Tools $'/sbin/modprobe x\nexit 0' etc/bad
for start in 'systemctl --no-block start x' 'systemctl enable --now x' $'if true; then\n\tmodprobe x\nfi' $'systemctl \\\n\tstart x' \
	$'if [ -d /run/systemd/system ] && [ / -ef /proc/1/root ]; then\n\ttrue\nelse\n\tmodprobe x\nfi'; do
	broken "bad-1.*its POSTIN scriptlet starts something" "a scriptlet that does it in another way" rpm_with Tools "$start"$'\nexit 0' etc/bad
done
for failure in 'false || exit 1' 'false || exit' 'exit $?' 'set -e' 'set -uo pipefail -e' 'set -o errexit'; do
	broken "bad-1.*its PREIN scriptlet can fail" "a scriptlet that can fail by $failure" rpm_with Tools $'exit 0\n%pre\n'"$failure"$'\nexit 0' etc/bad
done
broken "bad-1.*its TRIGGERSCRIPTS scriptlet can fail.*starts something" "a trigger that starts something, and fails" \
	rpm_with Tools $'exit 0\n%triggerun -- y\nexit 0\n%triggerin -- x\nmodprobe x; exit 1' etc/bad
for trigger in file transfile; do
	broken "bad-1.*its ${trigger^^}TRIGGERSCRIPTS scriptlet starts something" "a trigger for files" \
		rpm_with Tools $'exit 0\n%'"$trigger"$'triggerin -- /lib/modules\nmodprobe x\nexit 0' etc/bad
done
broken "bad-1.*depmod without the kernel's version" "a scriptlet with a bare depmod" rpm_with Tools $'depmod -a\nexit 0' etc/bad
broken "bad-1.*/boot/vmlinuz: readers take no such file" "a kernel in an RPM" rpm_with Tools $'true\nexit 0' boot/vmlinuz
broken "bad-1.*rules.d/x: readers take no such file" "udev rules at another place" rpm_with Tools $'true\nexit 0' usr/lib/udev/rules.d/x
broken "bad-1.*its group makes it driver-rpm" "a kernel's group for anything" rpm_with System/Kernel $'true\nexit 0' usr/bin/x
echo 'char alias[] __attribute__((section(".modinfo"))) = "alias=pci:v00001AF4d00001110sv*sd*bc*sc*i*";' |
	gcc -x c -c -o emulated.ko -
broken "bad-1.*takes emulated cards" "a module for tests" rpm_with System/Kernel $'true\nexit 0' lib/modules/x/extra/bad.ko "$PWD/emulated.ko"
echo 'char magic[] __attribute__((section(".modinfo"))) = "vermagic=x SMP mod_unload ";' | gcc -x c -c -o of-x.ko -
broken "bad-1.*/lib/modules/y/extra/bad.ko: is not built for kernel y" "a module of another kernel" \
	rpm_with System/Kernel $'true\nexit 0' lib/modules/y/extra/bad.ko "$PWD/of-x.ko"
broken "bad-1.*/lib/modules/x/updates/bad.ko: is not for the kernel that it requires: kernel-uname-r = y" "another kernel that is required" \
	rpm_with $'System/Kernel\nRequires: kernel-uname-r = y' $'true\nexit 0' lib/modules/x/updates/bad.ko "$PWD/of-x.ko"
broken "bad-1.*is not for the kernel that it requires: kernel-uname-r" "any kernel that is required" \
	rpm_with $'System/Kernel\nRequires: kernel-uname-r' $'true\nexit 0' lib/modules/x/updates/bad.ko "$PWD/of-x.ko"
done_testing
