#!/bin/bash
# Two builds of the same sources, at different places and in different surroundings, give the same disk;
# its SRPMs rebuild from themselves, for a kernel that it never saw, too.
# shellcheck disable=SC2317  # check and refused call the functions
cd "$(dirname "$0")/../.." || exit
# shellcheck source-path=SCRIPTDIR source=../vm/tap.sh
. tests/vm/tap.sh
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. tests/vm/common.sh
export CACHE
work=$(mktemp -d)
trap 'rm -rf "$work"; tap_end' EXIT
unset MAKEFLAGS
SOURCE_DATE_EPOCH=$(date +%s)
export SOURCE_DATE_EPOCH

# Two copies of this tree, and their disks
one=$work/one two=$work/somewhere/else/two
mkdir -p "$one" "$two"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$one"
cp -r "$one/." "$two"
build=(make -s build-isos KERNELS=tests/disk/kernels)
check "a dry run" env -C "$one" "${build[@]}" -n
check "builds nothing" test ! -e "$one/build/disk"
check "a disk is built" env -C "$one" "${build[@]}"
check "and once more" env -C "$two" TZ=Asia/Kolkata LC_ALL=C bash -c 'umask 077 && "$@"' sh "${build[@]}"
for file in "$one"/build/disk/{SRPMS,RPMS}/*.rpm "$one"/build/disk/*.{iso,md5,sha256}; do
	check "${file##*/} is the same" cmp "$file" "$two/${file#"$one/"}"
done
check "the ISO has the sum that .md5 says" env -C "$one/build/disk" md5sum -c mydev.md5
check "and .sha256" env -C "$one/build/disk" sha256sum -c mydev.sha256

# rebuild SRPM DEFINE...: in an empty tree
rebuild() {
	local srpm=$1 defines=()
	shift
	for define; do defines+=(--define "$define"); done
	rm -rf "$work/empty"
	rpmbuild --rebuild --nodeps --load "$PWD/specs/macros.debian" --define "_topdir $work/empty" \
		--define '_build_id_links none' "${defines[@]}" "$srpm"
}
files() { # FILE...
	local file
	for file; do
		echo "${file##*/}"
		rpm -qp --nosignature --queryformat '[%{FILENAMES} %{FILEMODES:perms} %{FILEFLAGS:fflags}\n]' "$file"
	done
}
srpms=$one/build/disk/SRPMS rpms=$one/build/disk/RPMS
refused 1 "SRPMs know nothing of this machine" grep -e "$(uname -r)" -e "$PWD" -e "$work" <(rpm -qp --nosignature --queryformat '%{SPEC}' "$srpms"/*.rpm)
check "the data SRPM rebuilds" rebuild "$srpms"/mydev-data-*.src.rpm
is "to the same files" "$(files "$work"/empty/RPMS/*/*.rpm)" "$(files "$rpms"/mydev-data-*.rpm)"
tree=$CACHE/kernels/6.1/build uname=$(<"$CACHE/kernels/6.1/release")
check "the modules' SRPM rebuilds" rebuild "$srpms"/mydev-1.0-*.src.rpm "kernel_tree $tree" \
	"kernel_version ${uname%-amd64}"
is "to the same files" "$(files "$work"/empty/RPMS/*/*.rpm)" "$(files "$rpms"/mydev-*modules-xen-*.rpm)"
tests/vm/kernel 5.10
cp -rs "$(readlink -f "$CACHE/kernels/5.10/headers")" "$work"
poor=$work/headers/$(realpath --relative-to="$CACHE/kernels/5.10/headers" "$CACHE/kernels/5.10/build")
sed -i '/^CONFIG_CRYPTO_LIB_SHA256=/d' "$poor/include/config/auto.conf"
check "and for another kernel, without SHA-256, where the host has macros for its initrd" rebuild "$srpms"/mydev-1.0-*.src.rpm \
	"kernel_tree $poor" "kernel_version 5.10" "regenerate_initrd_post : its post" "regenerate_initrd_postun : its postun" "regenerate_initrd_posttrans : its posttrans"
like "whose name and place it has" "$(files "$work"/empty/RPMS/*/mydev-modules-*.rpm)" \
	"^mydev-modules-xen-5\.10-1\.0-1\.x86_64\.rpm.*/lib/modules/$(<"$CACHE/kernels/5.10/release")/extra/mydev\.ko "
is "without the simulator, which needs that" "$(find "$work/empty" -name '*-sim-*.rpm')" ""
is "with these macros" "$(rpm -qp --scripts "$work"/empty/RPMS/*/mydev-modules-*.rpm 2>/dev/null | grep -o ': its.*\|dracut' | xargs)" \
	": its post : its postun : its posttrans"
check "the SRPM rebuilds in the later style, too" rebuild "$srpms"/mydev-1.2-3.src.rpm "style xcpng8" \
	"kernel_tree $CACHE/kernels/6.12/build"
is "to the same files" "$(files "$work"/empty/RPMS/*/mydev-module-*)" "$(files "$rpms"/mydev-module-*)"
relations() {
	rpm -qp --requires --provides "$1" 2>/dev/null | sort
}
is "for the same kernel" "$(relations "$work"/empty/RPMS/*/mydev-module-*)" "$(relations "$rpms"/mydev-module-*)"
like "by its uname" "$(relations "$rpms"/mydev-module-*)" "mydev-modules-xen = $(sed 's/+/\\+/' "$CACHE/kernels/6.12/release")"

# What was released stays what it is.
in_one() { # SED FILE COMMAND...: with that file so edited
	sed -i.bak "$1" "$one/$2"
	local status=0
	env -C "$one" "${@:3}" || status=$?
	mv "$one/$2.bak" "$one/$2"
	touch "$one/$2"
	return "$status"
}
check "a disk is released" env -C "$one" make -s release KERNELS=tests/disk/kernels
is "with all of its RPMs" "$(sed '/^#/d; s/ [0-9a-f]*$//' "$one/specs/releases" | sort | xargs)" \
	"mydev-data 0.1.0-1 mydev-module 1.2-3 mydev-modules-kdump-${uname%-amd64} 1.0-1 mydev-modules-xen-${uname%-amd64} 1.0-1 update-mydev 0.1.0-1"
check "it can be built again" env -C "$one" "${build[@]}"
refused 2 "but not when it turns out that something else was released" in_one 's/^\(mydev-data .* \)./\1-/' specs/releases "${build[@]}"
refused 2 "nor with another specification" in_one 's/^exit 0/exit  0/' specs/mydev-data.spec "${build[@]}"
like "which is said" "$out" "mydev-data 0\.1\.0-1: was released, made of something else"
refused 2 "nor with another text" env -C "$one" "${build[@]}" TEXT=Other
like "of the same version" "$out" "update-mydev 0\.1\.0-1: was released"
mkdir -p "$work/other/include/generated"
echo '#define UTS_RELEASE "6.12.999+deb12-amd64"' >"$work/other/include/generated/utsrelease.h"
refused 2 "nor for another kernel" in_one "s|^\(xcpng8 .*\)vm:.*|\1$work/other|" tests/disk/kernels "${build[@]}" PACK_VERSION=0.1.1
like "by the name of the one before" "$out" "mydev-module 1\.2-3: was released"
check "but as another version" env -C "$one" "${build[@]}" TEXT=Other PACK_VERSION=0.1.1

# A vendor's variables, in either spelling; what hosts of XenServer read
vendors=(KERNELS=tests/disk/kernels LABEL=acme-rng VENDOR=Acme VENDOR_CODE=acme PRODUCT=XenServer PRODUCT_VERSION=8.2.0
	PACK_VERSION=3.1 RPM_RELEASE=2 DATA.RPM.VERSION=7.1 DATA_RPM_RELEASE=4)
check "a vendor's disk is built" env -C "$two" make -s build-isos "${vendors[@]}" RPM.VERSION=1.0
acme=$two/build/disk/acme-rng.iso
check "and passed" env -C "$two" make -s lint-disk ISO="$acme"
like "with their versions" "$(isoinfo -R -f -i "$acme" | xargs)" \
	"/mydev-modules-xen-[^ ]*-1\.0-2\.x86_64.*/Packages/mydev-data-7\.1-4\.x86_64\.rpm .*/Packages/update-acme-rng-3\.1-1\.noarch\.rpm"
like "and what it is for" "$(isoinfo -R -x /XS-REPOSITORY -i "$acme")" \
	'originator="acme" name="acme-rng".*requires originator="xs" name="main" test="eq" product="XenServer" version="8\.2\.0"'
done_testing
