#!/bin/bash
# What no disk is built of: kernels without their twins, versions that do not follow the releases.
# shellcheck disable=SC2317  # check and refused call the functions
cd "$(dirname "$0")/../.." || exit
# shellcheck source-path=SCRIPTDIR source=../vm/tap.sh
. tests/vm/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"; tap_end' EXIT

# Trees as far as the table's reader looks.
tree() { # UNAME
	mkdir -p "$work/$1/include/generated"
	echo "#define UTS_RELEASE \"$1\"" >"$work/$1/include/generated/utsrelease.h"
}
tree 4.4xen
tree 4.4kdump
tree 4.19.0+1
tree 6.1.0-1-amd64

table() { # LINE...
	printf '%s\n' "$@" >"$work/table"
	scripts/disk/kernels "$work/table"
}
xen="xcp xen * *xen - $work/4.4xen"
kdump="xcp kdump * *kdump - $work/4.4kdump"

unended() {
	printf '%s\n%s' "$xen" "$kdump" >"$work/table"
	scripts/disk/kernels "$work/table"
}
check "a last line that does not end is a line" unended
like "like all others" "$out" "xcp kdump 4.4"
check "a kernel with both flavours is taken" table "# a comment" "" "$xen" "$kdump"
is "and completed" "$out" "xcp xen 4.4 4.4xen - $work/4.4xen
xcp kdump 4.4 4.4kdump - $work/4.4kdump"
refused 1 "a xen kernel alone is not" table "$xen"
like "and why is said" "$out" "4.4 has modules for xen only"
refused 1 "a kdump kernel alone is not" table "$kdump"
check "the later style has no twins" table "xcpng8 xen * * 2.0-1 $work/4.19.0+1"
refused 1 "nor two kernels" table "xcpng8 xen * * - $work/4.19.0+1" "xcpng8 xen 4.4 4.4xen - $work/4.4xen"
refused 1 "the same kernel twice" table "$xen" "$xen" "$kdump"
refused 1 "a kernel that the tree is not for" table "xcp xen 4.4 4.5xen - $work/4.4xen" "$kdump"
refused 1 "a pattern that does not fit" table "xcp xen * *-amd64 - $work/4.4xen" "$kdump"
refused 1 "a tree that is none" table "xcp xen 4.4 4.4xen - $work" "$kdump"
refused 1 "an unknown style" table "xcp9 xen 4.4 4.4xen - $work/4.4xen" "$kdump"
refused 1 "an unknown flavour" table "xcp pae 4.4 4.4xen - $work/4.4xen" "$kdump"
refused 1 "a column too many" table "$xen x" "$kdump"
refused 1 "a uname that no RPM can require" table "xcpng8 xen * * - $work/6.1.0-1-amd64"
refused 1 "nor provide" table "xcp xen 4-4-x 4.4xen - $work/4.4xen" "xcp kdump 4-4-x 4.4kdump - $work/4.4kdump"
refused 2 "a disk without a data RPM" make -s build-rpms -n DATASPEC=
like "is none" "$out" "DATASPEC=: there is no such specification"

export SOURCE_DATE_EPOCH=1000000000
# An SRPM NAME.src.rpm with that content and summary
sources() { # NAME CONTENT [SUMMARY]
	mkdir -p "$work/src" "$work/$1"
	echo "$2" >"$work/src/file"
	(cd "$work/src" && printf 'file\0' | "$OLDPWD/scripts/disk/srctar" top "$work/$1/top.tar.gz")
	printf '%s\n' "Name: top" "Version: 1" "Release: 1" "Summary: ${3:-of one}" "License: none" "Source0: top.tar.gz" \
		%description >"$work/$1/top.spec"
	rpmbuild -bs --quiet --define "_topdir $work/$1" --define "_sourcedir $work/$1" "$work/$1/top.spec"
	mv "$work/$1"/SRPMS/*.src.rpm "$work/$1.src.rpm"
}
sources one one
sources two two
sources spec one "of another"
SOURCE_DATE_EPOCH=1000000001 sources later one
ledger() { # check|record NAME VERSION PART...
	(cd "$work" && "$OLDPWD/scripts/disk/ledger" "$1" ledger "${@:2}")
}
: >"$work/ledger"
name=mydev-modules-xen-4.4
check "a first release is taken" ledger check $name 1.0-1 one.src.rpm
refused 1 "but not with a version above 1.0" ledger check $name 2.0-1 one.src.rpm
check "it is recorded" ledger record $name 1.0-1 one.src.rpm
check "made again of the same, it is the same" ledger check $name 1.0-1 later.src.rpm
refused 1 "a released version is not used for other sources" ledger check $name 1.0-1 two.src.rpm
like "and what to do is said" "$out" "raise RPM.VERSION"
refused 1 "nor with another specification" ledger check $name 1.0-1 spec.src.rpm
refused 1 "nor built in another way" ledger check $name 1.0-1 one.src.rpm emulated
check "a release is raised" ledger record $name 1.0-2 two.src.rpm
check "a version is raised" ledger record $name 10.0-1 two.src.rpm
refused 1 "none is lowered" ledger check $name 9.0-1 one.src.rpm
check "a new kernel begins anew" ledger check mydev-modules-xen-4.5 1.0-1 two.src.rpm
check "the data RPM is versioned as usual" ledger check mydev-data 7.1-1 one.src.rpm
check "the disk is recorded" ledger record update-mydev 1.0-1 one.src.rpm mydev-modules-xen-4.4-1.0-1
refused 1 "which is another one with a further RPM" ledger check update-mydev 1.0-1 one.src.rpm mydev-modules-xen-4.{4,5}-1.0-1
like "and wants another version" "$out" "PACK_VERSION for update-LABEL"
check "what is recorded is recorded once" ledger record $name 10.0-1 two.src.rpm
is "in one line each" "$(grep -c . "$work/ledger")" 4

refused 1 "a vendor's code that is the host's makers'" env VENDOR_CODE=xs LABEL=x PACK_VERSION=1 PRODUCT=XCP-ng PRODUCT_VERSION=8 \
	scripts/disk/iso "$work/disk"
like "which is said" "$out" "VENDOR_CODE='xs': is reserved"
done_testing
