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
check "the data SRPM rebuilds" rebuild "$srpms"/mydev-data-*.src.rpm
is "to the same files" "$(files "$work"/empty/RPMS/*/*.rpm)" "$(files "$rpms"/mydev-data-*.rpm)"
tree=$CACHE/kernels/6.1/build uname=$(<"$CACHE/kernels/6.1/release")
check "the modules' SRPM rebuilds" rebuild "$srpms"/mydev-1.0-*.src.rpm "kernel_tree $tree" \
	"kernel_version ${uname%-amd64}"
is "to the same files" "$(files "$work"/empty/RPMS/*/*.rpm)" "$(files "$rpms"/mydev-*modules-xen-*.rpm)"
tests/vm/kernel 5.10
check "and for another kernel, where the host has macros for its initrd" rebuild "$srpms"/mydev-1.0-*.src.rpm \
	"kernel_tree $CACHE/kernels/5.10/build" "kernel_version 5.10" "_without_sim --without-sim" \
	"regenerate_initrd_post : its post" "regenerate_initrd_postun : its postun" "regenerate_initrd_posttrans : its posttrans"
like "whose name and place it has" "$(files "$work"/empty/RPMS/*/mydev-modules-*.rpm)" \
	"^mydev-modules-xen-5\.10-1\.0-1\.x86_64\.rpm.*/lib/modules/$(<"$CACHE/kernels/5.10/release")/extra/mydev\.ko "
is "without the simulator, if so wanted" "$(find "$work/empty" -name '*-sim-*.rpm')" ""
is "with these macros" "$(rpm -qp --scripts "$work"/empty/RPMS/*/mydev-modules-*.rpm 2>/dev/null | grep -o ': its.*\|dracut' | xargs)" \
	": its post : its postun : its posttrans"
done_testing
