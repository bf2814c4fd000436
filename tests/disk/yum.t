#!/bin/bash
# What a reader of yum repositories makes of the disk: dnf, with an installed dom0 of the later style before it.
# shellcheck disable=SC2317  # check and refused call the functions
export KERNEL=6.12 STYLE=xcpng8
# shellcheck source-path=SCRIPTDIR source=root.sh
. "$(dirname "$0")/root.sh"

# read_disk DISK COMMAND...: with nothing but that disk, whose signatures have to be right
read_disk() {
	rm -rf "$root/var/cache/dnf"
	inside dnf --quiet --assumeyes --releasever 8 --setopt=reposdir=/nonexistent --disablerepo='*' \
		--repofrompath="disk,file:///tmp/$1" --enablerepo=disk --setopt=disk.skip_if_unavailable=0 \
		--setopt=disk.repo_gpgcheck=1 --setopt=disk.gpgcheck=1 \
		--setopt=disk.gpgkey="file:///tmp/$1/RPM-GPG-KEY-mydev" "${@:2}"
}
have_applied() { # UUID
	grep "uuid=\"$1\"" "$root"/var/update/applied/*
}
uuid_of() { # DISK
	sed -n 's/.*uuid="\([^"]*\)".*/\1/p' "$root/tmp/$1/update.xml" | head -n 1
}
check "the repository is read" read_disk disk repoquery --available
is "its RPMs" "$(read_disk disk repoquery --available 2>/dev/null | xargs)" \
	"mydev-data-0:0.1.0-1.x86_64 mydev-module-0:1.0-1.x86_64 update-mydev-0:0.1.0-1.noarch"
is "its groups" "$(read_disk disk group list --hidden 2>/dev/null | sed -n 's/^   *//p' | sort | xargs)" "drivers update"
check "the disk installs" read_disk disk install update-mydev
is "with all that it is" "$(have)" "mydev-data-0.1.0-1 mydev-module-1.0-1 update-mydev-0.1.0-1"
check "the module is known to modprobe" inside modinfo -k "$kernel" mydev
check "xapi sees it applied" have_applied "$(uuid_of disk)"
check "nothing of it runs" test ! -e "$root/run/mydev/mydevd.sock"
check "install.sh takes it for its own" install --batch
echo "# mine" >>"$root/etc/mydev/mydev.conf"
check "the later one is an upgrade" read_disk later upgrade update-mydev
is "of all" "$(have)" "mydev-data-9.0.0-1 mydev-module-1.0-2 update-mydev-9.0.0-1"
is "changed configuration stays" "$(tail -n 1 "$root/etc/mydev/mydev.conf")" "# mine"
check "xapi sees that" have_applied "$(uuid_of later)"
refused 1 "and the one before no more" have_applied "$(uuid_of disk)"

sed -i 's/8\.3\.0/8.2.1/' "$root/tmp/dom0"
check "a host of another version" inside /tmp/dom0 xcpng8
refused 1 "is refused" read_disk disk install update-mydev
like "and why is said" "$out" "product-version = 8\.3\.0"
echo >>"$root/tmp/disk/repodata/repomd.xml"
refused 1 "and so is a repository that nobody signed" read_disk disk repoquery --available
done_testing
