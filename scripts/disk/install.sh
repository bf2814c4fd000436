#!/bin/bash
# install.sh: installs this driver disk on a host that runs. See usage below.
set -uo pipefail
export LC_ALL=C	# What programs say is looked at here.
disk=$(cd "$(dirname "$0")" && pwd)

usage() {
	cat <<-END
		install.sh [--batch]       installs the disk, or brings an older one up to date
		install.sh --check [--json]  says what it would do, and what hinders it; changes nothing
		install.sh --rollback      goes back to the disk before, whose RPMs were kept
		install.sh --uninstall     removes what the disk brought
		  --batch  asks nothing

		Exit status: 0 done, or nothing to do; 1 failed; 2 usage; 3 refused: not for this host;
		4 the disk is damaged, or not the vendor's; 5 not permitted; 6 the answer was no; 7 nothing to go back to.
		Running it again is right at any time, and mends an installation that was interrupted.
	END
}

mode=install batch='' json=''
for option; do
	case $option in
	--check | --rollback | --uninstall)
		[ "$mode" = install ] || { usage >&2 && exit 2; }
		mode=${option#--}
		;;
	--batch | -b) batch=1 ;;
	--json) json=1 ;;
	--help) usage && exit ;;
	*) usage >&2 && exit 2 ;;
	esac
done
[ -z "$json" ] || [ "$mode" = check ] || { usage >&2 && exit 2; }

problems=() notes=()
say() {
	[ -n "$json" ] || echo "$*"
}

quoted() {
	local text=${1//\\/\\\\}
	text=${text//\"/\\\"}
	printf '"%s"' "${text//[[:cntrl:]]/ }"
}

list() { # TEXT...
	local text comma=''
	printf '['
	for text; do printf '%s' "$comma" && quoted "$text" && comma=', '; done
	printf ']'
}

# finish STATUS: the one way out of --check and of a refusal
finish() {
	if [ -n "$json" ]; then
		printf '{"label": %s, "version": %s, "status": %s, "problems": %s, "install": %s, "keep": %s, "notes": %s, "reboot": %s}\n' \
			"$(quoted "$label")" "$(quoted "$version")" "$1" "$(list "${problems[@]+"${problems[@]}"}")" \
			"$(list "${todo[@]+"${todo[@]}"}")" "$(list "${same[@]+"${same[@]}"}")" \
			"$(list "${notes[@]+"${notes[@]}"}")" "$(quoted "${reboot:-}")"
	elif [ "$1" != 0 ]; then
		printf '%s\n' "${problems[@]}" >&2
		echo "Nothing was changed." >&2
	fi
	exit "$1"
}

refuse() { # STATUS TEXT
	problems+=("$2")
	finish "$1"
}

attribute() { # FILE ELEMENT NAME
	sed -n "s/.*<$2 .*$3=\"\([^\"]*\)\".*/\1/p" "$disk/$1" | head -n 1
}

label=$(attribute update.xml update name-label)
version=$(attribute update.xml update version)
originator=$(attribute XS-REPOSITORY repository originator)
registered=/etc/xensource/installed-repos/$originator:$label
kept=/var/lib/driver-disk/$originator:$label

check_disk() {
	local wrong
	wrong=$(cd "$disk" && sha256sum --quiet --strict --check SHA256SUMS 2>/dev/null | sed 's/: FAILED.*//' | xargs) ||
		refuse 4 "$disk: damaged or missing: ${wrong:-SHA256SUMS}. Copy the disk again, and compare the ISO with its .md5"
	wrong=$(cd "$disk" && find . -name '[!.]*.rpm' -printf '%P\n' | sort | comm -23 - <(sed 's/^[0-9a-f]* [ *]//' SHA256SUMS | sort) | xargs)
	[ -z "$wrong" ] || refuse 4 "$disk: not of this disk, as SHA256SUMS does not know it: $wrong. Copy the disk again"
	check_signature
}

# By the vendor's key as this host knows it. A host that knows none takes the disk's, tells which that is, and
# takes no other later on.
check_signature() {
	local key said signer ring=(gpg --homedir "$work/ring" --batch)
	command -v gpg >/dev/null || { notes+=("no gpg here: nobody looked at the disk's signature") && return; }
	for key in "/etc/pki/rpm-gpg/RPM-GPG-KEY-$originator" "$kept/key" "$disk/RPM-GPG-KEY-$originator"; do
		[ -e "$key" ] && break
	done
	mkdir -m 700 "$work/ring"
	# Without gpg-agent it complains, and has imported the key.
	said=$("${ring[@]}" --quiet --import "$key" 2>&1) || "${ring[@]}" --with-colons --list-keys 2>/dev/null | grep -q ^pub: ||
		refuse 3 "$key cannot be read into a keyring below $work: $said"
	said=$("${ring[@]}" --ignore-time-conflict --status-fd 1 --verify "$disk/SHA256SUMS.asc" "$disk/SHA256SUMS" 2>/dev/null)
	signer=$(sed -n 's/.*\] VALIDSIG \([0-9A-F]*\).*/\1/p' <<<"$said")
	[ -n "$signer" ] || refuse 4 "$disk: SHA256SUMS is not signed by the key in $key: the disk is not the vendor's, or their key is a new one. Ask them; if it is new, replace $key by it"
	[[ $said != *'] REVKEYSIG '* ]] || refuse 4 "$disk: SHA256SUMS is signed by the key $signer, which $key says was revoked: ask the vendor for a disk with another one"
	[[ $said != *'] EXPKEYSIG '* ]] || notes+=("the key $signer, which signed the disk, has expired since")
	[ "$key" != "$disk/RPM-GPG-KEY-$originator" ] ||
		notes+=("signed by the key $signer, which this host did not know: compare it with what the vendor says")
}

# The host's product and version, by either name that it has
check_product() {
	local inventory=/etc/xensource-inventory product wanted name
	product=$(attribute XS-REPOSITORY requires product) wanted=$(attribute XS-REPOSITORY requires version)
	[ -r $inventory ] || refuse 3 "$inventory is missing: this is no $product host, for which the disk is"
	# shellcheck disable=SC1090
	. $inventory
	for name in PRODUCT PLATFORM; do
		local brand=${name}_BRAND number=${name}_VERSION
		[ $name = PRODUCT ] || brand=PLATFORM_NAME
		if [ "${!brand:-}" = "$product" ]; then
			[ "${!number:-}" = "$wanted" ] && return
			refuse 3 "this host has $product ${!number:-}, and the disk is for $wanted: take the disk for this release"
		fi
	done
	refuse 3 "this host has ${PRODUCT_BRAND:-no product} ${PRODUCT_VERSION:-}, and the disk is for $product $wanted"
}

# From where it lies: rpm takes what is a pattern to a shell for one, in directories' names, too.
header() { # FORMAT FILE
	(cd "${2%/*}" && rpm -qp --nosignature --queryformat "$1" "${2##*/}" 2>/dev/null)
}

# Sets modules, the RPMs for kernels that are here, in the style that they know.
pick_modules() {
	local file kernel directory=$disk
	modules=() kernels=()
	! rpm -q --quiet --whatprovides kernel-uname-r || directory=$disk/Packages
	for file in "$directory"/*.rpm; do
		kernel=$(header '[%{FILENAMES}\n]' "$file" | sed -n 's,^/lib/modules/\([^/]*\)/.*,\1,p' | sort -u)
		[[ -n $kernel && -e /lib/modules/$kernel/modules.dep ]] || continue
		modules+=("$file") && kernels+=("$kernel")
	done
	[ ${#modules[@]} -gt 0 ] ||
		refuse 3 "the disk has no modules for a kernel of this host (there are: $(cd /lib/modules && echo *)): take a newer disk, or rebuild its SRPM for the kernel"
	printf '%s\n' "${kernels[@]}" | grep -qxF "$(uname -r)" ||
		notes+=("no modules for the kernel that runs, $(uname -r): the adapters work once another one is booted")
}

# whole NAME-VERSION-RELEASE: installed, with every file (configuration may be anything)
whole() {
	local wrong
	rpm -q --quiet "$1" || return
	wrong=$(rpm -V --nodeps --noscripts --nomtime --nomode --nouser --nogroup "$1" 2>/dev/null | grep -v ' [cdg] ')
	[ -z "$wrong" ]
}

# RPMs of others, which the disk takes along for hosts that lack them: of them the host's newer ones stay, and what
# the host had before stays when the disk goes.
is_extra() { # FILE
	grep -qsxF "${1##*/}" "$disk/EXTRA-RPMS" "${1%/*}/EXTRA-RPMS"
}

# Sets todo, and same: those that need nothing. After an interruption all of them are installed again, since
# nothing tells how far their scriptlets got.
pick_packages() {
	local file name found=()
	todo=() same=()
	pick_modules
	for file in "$disk"/*.rpm; do
		[[ $(header '%{GROUP}' "$file") = */Kernel ]] || found+=("$file")
	done
	[[ ${modules[0]} != "$disk"/Packages/* ]] || found+=("$disk/Packages/update-$label-"*.rpm)
	for file in "${modules[@]}" "${found[@]}"; do
		name=$(header '%{NAME}' "$file")
		if is_extra "$file" && [[ $(cd "$disk" && rpm -U --test --nodeps --nosignature --replacepkgs "${file#"$disk"/}" 2>&1) = *"newer than"* ]]; then
			notes+=("$(rpm -q "$name") stays, which is newer than the disk's")
		elif [ ! -e "$kept/new" ] && whole "$(header '%{NAME}-%{VERSION}-%{RELEASE}' "$file")"; then
			same+=("${file#"$disk"/}")
		else
			todo+=("${file#"$disk"/}")
		fi
	done
}

# What rpm would say: dependencies, conflicts, a full disk
check_transaction() {
	local said
	[ ${#todo[@]} -gt 0 ] || return 0
	said=$(cd "$disk" && rpm -U --test --nosignature --replacepkgs "${todo[@]}" 2>&1) ||
		refuse 3 "rpm would not install this: $(tr '\n' ' ' <<<"$said")"
	local need have
	need=$((($(cd "$disk" && stat -c %s "${todo[@]}" "${same[@]+"${same[@]}"}" | paste -sd+)) / 1024 + 1024))
	have=$(df -Pk /var/lib | awk 'NR == 2 { print $4 }')
	[ "$have" -gt $need ] || refuse 3 "/var/lib has $have KiB left, and $need are wanted to keep the RPMs: make room"
}

# The modules' symbols against those of their kernel. Where no list tells these, its own modules tell what they need.
check_symbols() {
	local i file kernel symbols wrong
	for i in "${!modules[@]}"; do
		file=${modules[i]} kernel=${kernels[i]}
		for symbols in "/boot/symvers-$kernel.gz" "/lib/modules/$kernel/symvers.gz" "/lib/modules/$kernel/build/Module.symvers"; do
			[ -e "$symbols" ] && break
		done
		[ -e "$symbols" ] || notes+=("kernel $kernel: no list of its symbols here; compared with what its own modules need")
		wrong=$(differing "$file" "$kernel" "$symbols")
		[ -z "$wrong" ] || problems+=("kernel $kernel has other versions of these symbols than ${file##*/} was built for, or does not have them: $wrong")
	done
	[ ${#problems[@]} = 0 ] || finish 3
}

# versions: of the symbols that the modules on stdin need, "CRC NAME"
versions() {
	local module
	while read -r module; do modprobe --dump-modversions "$module" 2>/dev/null; done | sort -u
}

# users KERNEL: of each symbol needed, one of the kernel's own modules that needs it, too; each module once
users() {
	awk '{ print $2 }' "$work/needed" >"$work/names"
	find "/lib/modules/$1/kernel" -name '*.ko' -exec grep -aoHwF -f "$work/names" {} + 2>/dev/null |
		awk -F: '!($2 in symbol) { symbol[$2]; if (!($1 in file)) print $1; file[$1] }'
}

# differing RPM KERNEL SYMBOLS: the symbols that its modules need of others otherwise than that file has them, or in
# vain; without the file, otherwise than the kernel's own modules do
differing() {
	local all=
	rm -rf "$work/modules" && mkdir "$work/modules"
	(cd "$work/modules" && rpm2cpio "$1" | cpio -idm --quiet 2>/dev/null)
	find "$work/modules" -name '*.ko' | versions >"$work/needed"
	find "$work/modules" -name '*.ko' -exec grep -aoh '__ksymtab_[A-Za-z0-9_]*' {} + | sed 's/^__ksymtab_//' >"$work/own"
	[ ! -e "$3" ] || all=1
	if [ -n "$all" ]; then gzip -dcf "$3"; else users "$2" | versions; fi |
		awk -v all=$all 'FILENAME == "-" { crc[$2] = $1; next } FILENAME ~ /own$/ { own[$1]; next }
			!($2 in own) && ($2 in crc ? crc[$2] != $1 : all) { print $2 }' - "$work/own" "$work/needed" | xargs
}

ask() { # QUESTION
	local answer
	[ -z "$batch" ] || return 0
	read -r -p "$1 (Y/N) " answer && [[ $answer =~ ^[Yy] ]] && return
	echo "Nothing was changed."
	exit 6
}

# Where dom0 looks which packs it has. (update-LABEL brings the record of yum readers along.)
register() { # DIRECTORY
	mkdir -p "$registered" && cp "$1"/XS-REPOSITORY "$1"/XS-PACKAGES "$registered"
	refresh
}

refresh() {
	local INSTALLATION_UUID=''
	! command -v xe >/dev/null || {
		# shellcheck disable=SC1091
		. /etc/xensource-inventory
		xe host-refresh-pack-info host-uuid="$INSTALLATION_UUID" >/dev/null ||
			echo "xapi was not told: run xe host-refresh-pack-info host-uuid=$INSTALLATION_UUID" >&2
	}
}

# The disk's RPMs for this host are kept, as are those of the disk before, to go back to. In $kept:
#   key        the vendor's
#   copy/      until it is whole, what becomes new; or what new replaces
#   new/       while they are being installed, and after that was interrupted; has a file first if none of them was here
#   current/   what is installed
#   previous/  what was, before
#   names      of all RPMs that any disk installed
#   brought    the names of others' RPMs that the host did not have
keep() {
	local file
	rm -rf "$kept/copy"
	mkdir -p "$kept/copy" && cp "$disk"/XS-REPOSITORY "$disk"/XS-PACKAGES "$kept/copy" || return
	for file in "${todo[@]+"${todo[@]}"}"; do
		file=$disk/$file
		if is_extra "$file" && [ -z "$(installed "$(header '%{NAME}' "$file")")" ]; then
			header '%{NAME}\n' "$file" >>"$kept/brought" || return
		fi
	done
	# Configuration that is empty, or not there, on purpose
	# shellcheck disable=SC2046  # names have no blanks
	for file in $(installed $(names ${todo[@]+"${todo[@]/#/$disk/}"})); do rpm -qc "$file"; done |
		while read -r file; do [ -s "$file" ] || echo "$file"; done >"$kept/copy/empty"
	# shellcheck disable=SC2046
	if [ -e "$kept/new/first" ] || { [ ! -e "$kept/new" ] && [ -z "$(installed $(names "$disk"/*.rpm "$disk"/Packages/*.rpm))" ]; }; then
		touch "$kept/copy/first" || return
	fi
	[ ! -e "$disk/EXTRA-RPMS" ] || cp "$disk/EXTRA-RPMS" "$kept/copy" || return
	for file in "${todo[@]+"${todo[@]}"}" "${same[@]+"${same[@]}"}"; do
		cp "$disk/$file" "$kept/copy" || return
	done
	names "$kept"/copy/*.rpm >>"$kept/names" && sort -u -o "$kept/names" "$kept/names" || return
	[ -e "$kept/key" ] || cp "$disk/RPM-GPG-KEY-$originator" "$kept/key" || return
	rm -rf "$kept/new"
	mv "$kept/copy" "$kept/new"
	sync
}

# After the installation: what is kept as new is what is there. The disk before stays the one before when this was the
# same disk once more, for another kernel, or to mend something.
keep_done() {
	local older=previous
	rm -f "$kept/new/first"
	sync
	if [ -e "$kept/current" ]; then
		! cmp -s "$kept/current/XS-REPOSITORY" "$kept/new/XS-REPOSITORY" || older=copy
		rm -rf "${kept:?}/$older"
		mv "$kept/current" "$kept/$older"
	fi
	mv "$kept/new" "$kept/current"
	rm -rf "$kept/copy"
}

# The modules that any disk of this label brings, or brought, by name
own_modules() {
	local file
	for file in "$disk"/*.rpm "$disk"/Packages/*.rpm "$kept"/*/*.rpm; do
		[ ! -e "$file" ] || header '[%{FILENAMES}\n]' "$file"
	done | sed -n 's,^/lib/modules/.*/\([^/]*\)\.ko$,\1,p' | sort -u
}

# Sets reboot, from what is on disk, in the initrd and loaded.
look_at_reboot() {
	local module name sys kernel have loaded image early path
	reboot="no" kernel=$(uname -r)
	image=/boot/initrd-$kernel.img
	for name in $own; do
		module=$(modinfo -k "$kernel" -n "$name" 2>/dev/null)
		have=$(modinfo -F srcversion "$module" 2>/dev/null)
		sys=/sys/module/${name//-/_}
		loaded=$(cat "$sys/srcversion" 2>/dev/null)
		if [ -n "$have" ] && [ -e "$image" ] && command -v lsinitrd >/dev/null; then
			# It wants the very name, which begins with usr or does not.
			for path in "${module#/}" "usr/${module#/}"; do
				lsinitrd -f "$path" "$image" >"$work/early.ko" 2>/dev/null
				early=$(modinfo -F srcversion "$work/early.ko" 2>/dev/null)
				[ -z "$early" ] || [ "$early" = "$have" ] ||
					notes+=("$name: the initrd has another one (srcversion $early) than is on disk ($have): run dracut -f $image $kernel")
			done
		fi
		if [ -z "$loaded" ] || [ "$loaded" = "$have" ]; then continue; fi
		[ -z "$have" ] || have="version $(modinfo -F version "$module") (srcversion $have)"
		reboot="yes: $name is loaded as version $(cat "$sys/version" 2>/dev/null) (srcversion $loaded), and on disk is ${have:-none}"
	done
}

tell_end() {
	local note
	look_at_reboot
	for note in "${notes[@]+"${notes[@]}"}"; do say "Note: $note"; done
	say "Reboot needed: $reboot"
}

examine() {
	check_disk
	check_product
	pick_packages
	check_transaction
	check_symbols
}

do_check() {
	local file
	examine
	look_at_reboot
	say "Disk $label $version fits this host."
	for file in "${todo[@]+"${todo[@]}"}"; do say "to install: $file"; done
	for file in "${same[@]+"${same[@]}"}"; do say "there already: $file"; done
	for file in "${notes[@]+"${notes[@]}"}"; do say "Note: $file"; done
	say "Reboot needed now: $reboot"
	finish 0
}

# sweep RPM...: what an interrupted rpm left of them. It writes a file under a name of its own first, and knows whose
# files they are once it has all of them. (Whose configuration it is, drop_configuration looks at.) And the modules'
# directories, where they are not the kernel's RPM's.
sweep() {
	local file flags found=()
	while IFS='|' read -r flags file; do
		rm -f "$file;"????????
		[[ $flags = *c* || ! -e $file ]] || found+=("$file")
	done < <(for file; do [ ! -e "$file" ] || header '[%{FILEFLAGS:fflags}|%{FILENAMES}\n]' "$file"; done |
		sed 's,^.*|\(/lib/modules/[^/]*\)\(/[^/]*\)/.*,&\n|\1\2\n|\1,' | sort -ru -t '|' -k 2)
	[ ${#found[@]} = 0 ] || rpm -qf "${found[@]}" | sed -n 's/^file \(.*\) is not owned by any package$/\1/p' |
		while read -r file; do
			if [ -d "$file" ]; then rmdir "$file" 2>/dev/null; else rm -f "$file"; fi
		done
}

# Configuration that a disk brought and nobody has changed: to what is installed over an interruption, it would be
# somebody's own.
drop_configuration() {
	local file
	for file in "$kept"/*/*.rpm; do header '[%{FILEFLAGS:fflags} %{FILEDIGESTS} %{FILENAMES}\n]' "$file"; done |
		sed -n 's/^[a-z]*c[a-z]* \([0-9a-f]* \)/\1 /p' | sha256sum --check 2>/dev/null | sed -n 's/: OK$//p' |
		while read -r file; do rm -f "$file"; done
}

# Makes what an interrupted installation left into something to install over.
mend() {
	local name file
	[ -e "$kept/new" ] || return 0
	# shellcheck disable=SC2046  # names have no blanks
	for name in $(installed $(names "$kept"/new/*.rpm ${todo[@]+"${todo[@]/#/$disk/}"})); do
		# A power cut leaves new files empty.
		rpm -qc "$name" | while read -r file; do
			[ -s "$file" ] || grep -qsxF "$file" "$kept/new/empty" || rm -f "$file"
		done
		# Where nothing had been whole, scriptlets have to see a first installation. Nothing is removed with what an
		# administrator has added since.
		[ ! -e "$kept/new/first" ] || rpm -e --justdb --noscripts --allmatches --nodeps "$name"
	done
	drop_configuration
	sweep "$kept"/new/*.rpm
}

do_install() {
	examine
	if [ ${#todo[@]} = 0 ] && cmp -s "$disk/XS-REPOSITORY" "$registered/XS-REPOSITORY" && [ -e "$kept/current" ]; then
		echo "Disk $label $version is installed already."
		tell_end
		return
	fi
	sed -n 's:.*<description>\(.*\)</description>.*:\1:p' "$disk/XS-REPOSITORY" | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g'
	ask "Install ${#todo[@]} RPMs of disk $label $version?"
	mend
	keep || { echo "$kept cannot be written: nothing was installed" >&2 && exit 1; }
	if [ ${#todo[@]} -gt 0 ] && ! (cd "$disk" && rpm -U --nosignature --replacepkgs "${todo[@]}"); then
		echo "rpm failed, for the reasons above. Mend them, and run this again." >&2
		exit 1
	fi
	keep_done
	register "$disk"
	echo "Pack installation successful."
	tell_end
}

# names FILE...: of RPMs that are not others'
names() {
	local file
	for file; do
		[ ! -e "$file" ] || is_extra "$file" || header '%{NAME}\n' "$file"
	done | sort -u
}

# installed NAME...: those of them that are
installed() {
	local name
	for name; do ! rpm -q --quiet "$name" || echo "$name"; done
}

# attempt ARGUMENT...: of rpm, which takes RPMs back or away. Interrupted, that leaves new, as an installation does;
# and after an attempt to remove all, nothing else, so that scriptlets will see a first installation.
attempt() {
	if ! rpm "$@" --test; then
		echo "rpm refuses that, for the reasons above; nothing was changed." >&2
		exit 1
	fi
	if [ -e "$kept/new" ]; then
		drop_configuration
		sweep "$kept"/*/*.rpm
	elif [ -e "$kept/current" ]; then
		mv "$kept/current" "$kept/new"
	else
		mkdir -p "$kept/new"
	fi
	[ "$mode" = rollback ] || { rm -rf "$kept"/{current,previous} && touch "$kept/new/first"; }
	sync
	if ! rpm "$@"; then
		echo "rpm failed, for the reasons above. Mend them, and run this again." >&2
		exit 1
	fi
}

do_rollback() {
	local file name surplus=() back=() target=$kept/previous newer=$kept/new
	# What an interruption left goes, for what was whole.
	[ ! -e "$kept/new" ] || [ ! -e "$kept/current" ] || target=$kept/current
	if [ ! -e "$target" ]; then
		echo "No RPMs of an earlier disk $label are kept on this host. To remove this one: $0 --uninstall" >&2
		exit 7
	fi
	ask "Go back to disk $label $(sed -n 's/.*<repository .* version="\([^"]*\)".*/\1/p' "$target/XS-REPOSITORY")?"
	for file in "$target"/*.rpm; do is_extra "$file" || back+=("$file"); done
	attempt -U --nosignature --oldpackage --replacepkgs "${back[@]}"
	# shellcheck disable=SC2046  # names have no blanks
	for name in $(installed $(comm -23 <(names "$newer"/*.rpm) <(names "$target"/*.rpm))); do
		if [ "$target" = "$kept/previous" ] && [[ $(rpm -q --queryformat '%{GROUP}\n' "$name") = */Kernel ]]; then
			notes+=("$name stays: of the earlier disk nothing is kept for this kernel")
			for file in "$newer"/*.rpm; do [ "$(names "$file")" != "$name" ] || ln -f "$file" "$target"; done
		else
			surplus+=("$name")
		fi
	done
	[ ${#surplus[@]} = 0 ] || rpm -e "${surplus[@]}" || echo "these RPMs of the newer disk stay: ${surplus[*]}" >&2
	register "$target"
	sync
	rm -rf "$newer"
	[ "$target" = "$kept/current" ] || mv "$target" "$kept/current"
	echo "Gone back."
	tell_end
}

# Others' RPMs that the disk brought go, but for those that something needs by now.
remove_brought() {
	local left before='' name
	# shellcheck disable=SC2046
	while left=$(installed $(sort -u "$kept/brought")) && [ "$left" != "$before" ]; do
		before=$left
		for name in $left; do rpm -e "$name" 2>/dev/null; done
	done
	for name in $left; do say "Note: $name stays: something else needs it"; done
}

do_uninstall() {
	local gone
	# shellcheck disable=SC2046
	gone=$(installed $({ names "$disk"/*.rpm "$disk"/Packages/*.rpm && cat "$kept/names" 2>/dev/null; } | sort -u))
	if [ -z "$gone" ]; then
		echo "Nothing of disk $label is installed."
	else
		ask "Remove $(echo "$gone" | xargs)?"
		# shellcheck disable=SC2086
		attempt -e --allmatches $gone
	fi
	[ ! -e "$kept/brought" ] || remove_brought
	drop_configuration
	sweep "$kept"/*/*.rpm
	rm -rf "$registered" "$kept"
	rmdir "${kept%/*}" 2>/dev/null
	refresh
	echo "Removed. What is left: changed configuration, as .rpmsave, the groups mydev and mydev-admin, which may own files," \
		"and, until a reboot, modules that are loaded."
	tell_end
}

[ "$(id -u)" = 0 ] || refuse 5 "only root may do that"
[[ -n $label && -n $originator ]] || refuse 4 "$disk: the disk is not complete: copy all of it, or download it again"
# Two at once would mend what the other one is doing.
[ "$mode" = check ] || { exec 9</var/lib && flock -n 9; } || refuse 1 "a driver disk is being installed or removed already: wait until that is done"
work=$(mktemp -d) || refuse 3 "no directory for temporary files can be made in ${TMPDIR:-/tmp}: make room there, or set TMPDIR"
trap 'rm -rf "$work"' EXIT
own=$(own_modules)
"do_$mode"
