# shellcheck shell=bash
# Packages of Debian's suites, unpacked, and not installed. In $work, a directory for them; $what it is for.

# apt get|cache COMMAND...: apt-get or apt-cache that know one suite only, and nothing of this machine
apt() {
	local which=$1
	shift
	"apt-$which" -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::status=/dev/null -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User=root -o APT::Update::Error-Mode=any "$@"
}

# use_suite SUITE: what apt means from here on
use_suite() {
	mkdir -p "$work"/{lists,cache/archives}/partial
	apt_source "$1" >"$work/sources.list"
	apt get update || die "$what needs the suite $1, which the mirror of this machine's apt sources does not give"
}

# download PACKAGE...: unpacked in $work/root
download() {
	local deb
	(cd "$work" && apt get download "$@" >&2) || die "$what: download failed; run this again"
	for deb in "$work"/*.deb; do
		dpkg -x "$deb" "$work/root"
		rm "$deb"
	done
}
