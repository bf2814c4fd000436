#!/bin/bash
# install.sh is killed at every step, with all that it has started: run again, it makes the disk whole; or it
# goes back to what was whole before.
# shellcheck disable=SC2317  # functions are called by name
# shellcheck source-path=SCRIPTDIR source=root.sh
. "$(dirname "$0")/root.sh"

kept=/var/lib/driver-disk/mydev:mydev
registered=/etc/xensource/installed-repos/mydev:mydev
renames=rename,renameat,renameat2,unlink,unlinkat

# A filter of strace's for each step: the Nth file that one process renames or removes, a program about to run,
# a file that was written or moved.
steps() {
	local n path
	for n in 3 9 15 20; do echo "$n $renames"; done
	for path in "$@" /bin/systemctl /sbin/depmod /bin/dracut /usr/bin/xe; do
		echo "1 execve $path"
	done
	for path in new current; do echo "1 $renames $kept/$path"; done
	echo "1 close $registered/XS-PACKAGES"
}

# cut_at N SYSCALLS [PATH] -- COMMAND...: runs it, and kills all of it at that step. It fails if there was none.
cut_at() {
	local n=$1 calls=$2 path=()
	shift 2
	[ "$1" = -- ] || { path=(-P "$1") && shift; }
	shift
	: >"$root/tmp/trace"
	# All of it has the lock, until the last of it has ended.
	(flock 9 && exec chroot "$root" env -u INSIDE unshare --pid --fork --kill-child strace -f -qq -o /tmp/trace \
		"${path[@]}" -e "trace=$calls" -e "inject=$calls:signal=STOP:when=$n" "$@") 9>"$work/lock" >"$work/log" 2>&1 &
	until grep -q 'stopped by SIGSTOP' "$root/tmp/trace"; do
		kill -0 $! 2>/dev/null || { wait $! || :; return 1; }
		sleep 0.1
	done
	kill -9 $!
	wait $! 2>/dev/null || :
	flock "$work/lock" true
}

# What a host has of the disk, but for a copy that the next run makes anew
state() {
	have
	inside rpm -Va --nomtime '*mydev*' 2>&1 || :
	files
	inside modinfo -k "$kernel" -n mydev || :
	find "$root/etc/systemd/system" -type l
	cat "$root$registered"/* "$root$kept/current"/XS-* || :
	ls "$root$kept" || :
}

# same DESC FILE: the state is that of this file
same() {
	rm -rf "$root$kept/copy"
	state >"$work/state" 2>&1
	check "$1" diff "$2" "$work/state"
}

# Wholly, with what else would stay
uninstall() {
	install --uninstall --batch
	inside groupdel mydev-admin
	inside groupdel mydev
}

check "the first disk installs" install --batch
state >"$work/first" 2>&1
check "and goes" uninstall
state >"$work/none" 2>&1
cuts=0
while read -r step; do
	# shellcheck disable=SC2086  # words
	check "cut at $step" cut_at $step -- /tmp/disk/install.sh --batch
	if ((cuts++ % 2)); then
		check "   run again" install --batch
		same "   and all is there" "$work/first"
	fi
	uninstall >/dev/null 2>&1 || :
	same "   removed, nothing is" "$work/none"
done < <(steps /sbin/groupadd)

# What removes, or goes back, is cut; every second time the disk is installed instead.
removing() {
	local path
	echo "3 $renames"
	for path in /bin/systemctl /sbin/depmod /bin/dracut /usr/bin/xe; do echo "1 execve $path"; done
	echo "1 $renames $kept/new"
}
while read -r step; do
	install --batch >/dev/null 2>&1
	# shellcheck disable=SC2086
	check "removal cut at $step" cut_at $step -- /tmp/disk/install.sh --uninstall --batch
	if ((cuts++ % 2)); then
		check "   installed again" install --batch
		same "   all is there" "$work/first"
	fi
	uninstall >/dev/null 2>&1 || :
	same "   removed, nothing is" "$work/none"
done < <(removing)

install --batch >/dev/null 2>&1
# Configuration that somebody wants to be nothing stays so.
: >"$root/etc/mydev/profiles.d/10-default.conf"
ln -sf /dev/null "$root/etc/mydev/guests.d/10-guest.conf"
inside /tmp/later/install.sh --batch >/dev/null 2>&1
state >"$work/later" 2>&1
inside /tmp/later/install.sh --rollback --batch >/dev/null 2>&1
state >"$work/back" 2>&1
cuts=0
while read -r step; do
	# shellcheck disable=SC2086
	check "upgrade cut at $step" cut_at $step -- /tmp/later/install.sh --batch
	if ((cuts++ % 2)); then
		check "   run again" inside /tmp/later/install.sh --batch
		same "   and all is there" "$work/later"
	fi
	# Where nothing had begun yet, there is nothing to go back to.
	inside /tmp/later/install.sh --rollback --batch >/dev/null 2>&1 || check "   not begun" test $? = 7
	same "   what was before is there again" "$work/back"
done < <(steps)

while read -r step; do
	inside /tmp/later/install.sh --batch >/dev/null 2>&1
	# shellcheck disable=SC2086
	check "going back cut at $step" cut_at $step -- /tmp/later/install.sh --rollback --batch
	if ((cuts++ % 2)); then
		check "   the later disk installed instead" inside /tmp/later/install.sh --batch
		same "   all of it is there" "$work/later"
	fi
	check "   gone back" inside /tmp/later/install.sh --rollback --batch
	same "   what was before is there again" "$work/back"
done < <(removing)
done_testing
