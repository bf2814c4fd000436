#!/bin/bash
# The daemon: configuration on hot-plug, drift, profiles with mistakes, and what it says of
# itself after it was killed, or the modules went away.
# vm: --timeout 600
# shellcheck disable=SC2317  # functions are called by name
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=daemon.sh
. "$(dirname "$0")/daemon.sh"

#
# Hot-plug
#
is "nobody has started the daemon" "$(systemctl is-active mydevd.service)" inactive
cat > /etc/mydev/profiles.d/20-all.conf <<-END
	[Config]
	temp.warn=60
END
cat > /etc/mydev/profiles.d/30-big.conf <<-END
	[Match]
	Model=MD-4000
	Address=sim*

	[Config]
	led=off
	label=rack 7 ; left
END
modprobe mydev_sim
plug "md2000 SN2000-0001"
wait_until 60 "the first adapter starts it" systemctl is-active mydevd.service
plug "md4000 SN4000-0001"
wait_until 60 "both are as their profiles want" equals '[["applied",2]]' configs
is "the one for all" "$(value mydev0 temp.warn) $(value mydev0 led)" "60 activity"
is "the one for the model" "$(value mydev1 temp.warn) $(value mydev1 led) $(value mydev1 label)" "60 off rack 7 ; left"
is "the profiles are named" "$(adapter mydev1 .profile)" "20-all.conf 30-big.conf"
check "udev has the identity" udevadm info -q property -x /sys/class/mydev/mydev1
like "in its database" "$out" "ID_MODEL='MD-4000'.*ID_SERIAL='SN4000-0001'"

#
# Drift
#
check "somebody sets another value" mydevcli config set mydev0 temp.warn=80 --temporary
wait_until 5 "that is drift" equals drift adapter mydev0 .config
is "of that key" "$(adapter mydev0 '.drift[]')" temp.warn
like "an event says it" "$(last_event config.drift)" 'temp.warn = 80 \(wanted: 60, .*20-all.conf:2; set temporarily\)'
is "once" "$(events config.drift)" 1
check "it is mended on request" mydevcli config apply mydev0
is "then" "$(value mydev0 temp.warn)" 60
sed -i 's/#MendDrift=no/MendDrift=yes/' /etc/mydev/mydev.conf
check "from now on by itself" systemctl reload mydevd
# Past the daemon: by another one's hands.
check "somebody else sets a value" nlclient CONFIG_SET ADAPTER_ID=0 'CONFIG_VALUE{KEY_ID=8,NUM=75}'
wait_until 5 "it is" equals 60 value mydev0 temp.warn

#
# Profiles with mistakes
#
cat >/etc/mydev/profiles.d/40-bad.conf <<-END
	[Match]
	Modell=MD-2000
	[Config]
	temp.warn=40
END
cat >/etc/mydev/profiles.d/50-range.conf <<-END
	[Config]
	temp.warn=400
	no.such.key=1
	led=on
END
wait_until 10 "an unknown key of a profile: file, line, what" told '40-bad.conf:2: unknown key Modell'
wait_until 10 "a value out of range, with the range" told '50-range.conf:2: temp.warn = 400: out of range, it takes 40 to 95'
wait_until 10 "a key that the adapter lacks" told '50-range.conf:3: no.such.key: the adapter.s firmware has no such key'
wait_until 5 "what is right applies" equals on value mydev0 led
is "what is wrong does not" "$(value mydev0 temp.warn)" 60
rm /etc/mydev/profiles.d/{40-bad,50-range}.conf
sed -i 's/MendDrift=yes/#MendDrift=no/' /etc/mydev/mydev.conf
systemctl reload mydevd
check "all is well again" mydevcli config apply
is "everywhere" "$(configs)" '[["applied",2]]'

#
# Killed in the middle of events
#
for i in 1 2 3; do
	for n in {1..40}; do
		echo $(((n + 1) % 2)) > $debug/sim1/cable0
	done &
	toggles=$!
	sleep 0.0$i
	kill_daemon
	wait $toggles
done
wait_until 10 "every event of the kernel's is there" equals "$(cable_events)" events channel.cable
is "once, without gaps in the numbers" "$(gaps)" 0
is "and none was lost" "$(events events.lost)" 0
wait_until 5 "the reading is the last one" equals true adapter mydev1 '.channels[0].cable'

#
# Killed at any moment of a flash
#
for knob in "$debug"/*/flash_delay_us; do echo 1500 > "$knob"; done
images=(md4000-1.1.0.bin md4000-1.0.0.bin)
for i in {0..7}; do
	image=${images[i % 2]}
	started=$(events flash.started)
	ended=$(events flash.ended)
	mydevcli flash "$image" mydev1 --allow-downgrade --yes > /dev/null 2>&1 &
	client=$!
	wait_until 10 "flash $i has begun" equals $((started + 1)) events flash.started
	sleep "0.$((i * 3))"
	kill_daemon
	kill $client 2>/dev/null || :
	wait $client 2>/dev/null || :
	wait_until 30 "it ends" equals "done" adapter mydev1 .flash.stage
	is "well" "$(adapter mydev1 .flash.error)" null
	is "the adapter runs what was wanted" "$(adapter mydev1 .firmware.running).bin" "${image#md4000-}"
	wait_until 5 "it is told once" equals $((ended + 1)) events flash.ended
done
wait_until 5 "no copy is left" bash -c "[ -z \"\$(ls $fw/staged)\" ]"
for knob in "$debug"/*/flash_delay_us; do echo 0 > "$knob"; done

#
# Copies that nobody needs, a directory that nobody reads, and a key that is none
#
touch $fw/staged/0123456789abcdef-old.bin
echo junk > /etc/mydev/keys/broken.pem
systemctl restart mydevd
like "the log tells of the key" "$(journalctl -u mydevd -o cat)" '/etc/mydev/keys/broken\.pem holds no public key in PEM'
rm /etc/mydev/keys/broken.pem
check "what was left behind is removed" test ! -e $fw/staged/0123456789abcdef-old.bin
is "the directory is root's alone" "$(stat -c '%U %a' $fw/staged)" "root 700"

#
# The modules come and go
#
systemctl is-active --quiet mydevd
modprobe -r mydev_sim
wait_until 5 "no adapters" equals 0 bash -c "mydevcli show --json | jq '.adapters | length'"
modprobe -r mydev
check "no module" mydevcli version --json
is "is said" "$(jq -r '.. | .limits? // empty | .[0] // empty' <<< "$out" | head -n 1)" "mydev.ko is not loaded: there are no adapters"
refused 3 "and the reason for what is not found" mydevcli reset mydev0
like "with what to do" "$out" 'modprobe'
modprobe mydev_sim
plug "md4000 SN4000-0001"
wait_until 20 "it comes back, configured" equals '[["applied",1]]' configs
is "the daemon has not restarted" "$(events daemon.started)" "$(journalctl -u mydevd -o cat | grep -c ' started$')"

#
# The sandbox
#
check "systemd judges it" systemd-analyze security --threshold=20 mydevd.service
is "one capability" "$(awk '/^CapBnd/ {print $2}' "/proc/$(pid_of_daemon)/status")" 0000000000001000
done_testing
