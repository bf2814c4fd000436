# shellcheck shell=bash
# What the scripts here share.
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=$(realpath -m "${CACHE:-$TOP/build/cache}")
SUITE=bookworm
PATH=$PATH:/usr/sbin:/sbin	# mke2fs, depmod

# 125: no verdict of the command in the machine, which has its own exit codes.
die() {
	echo "${0##*/}: $*" >&2
	exit 125
}

# Debian's archive as this machine reaches it. All suites are on one mirror.
mirror() {
	local uri
	# shellcheck disable=SC2016  # apt's own variables
	uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v suite=$SUITE '$2 == suite && $3 == "main" { print $1; exit }')
	[ -n "$uri" ] || die "no Debian $SUITE main in this machine's apt sources: add it, then apt-get update"
	echo "$uri"
}

# apt_source SUITE: the line of sources.list for it
apt_source() {
	local uri
	uri=$(mirror) || exit
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $1 main"
}

# ext4 TREE IMAGE: an image of that tree, which belongs to root there whoever made it here
ext4() {
	local kb fakeroot=fakeroot
	[ -z "${FAKEROOTKEY:-}" ] || fakeroot=
	kb=$(du -sk --apparent-size --count-links "$1" | cut -f1)
	# Half as much again, for block rounding and inodes; what stays unused is a hole.
	$fakeroot mke2fs -q -t ext4 -O ^has_journal -m 0 -b 4096 -i 8192 -E root_owner=0:0 -d "$1" "$2" \
		$((kb * 3 / 2 + 4096))k >/dev/null
}
