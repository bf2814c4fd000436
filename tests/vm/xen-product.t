#!/bin/bash
# The whole product in dom0 of a real Xen, from its disk on: installed while Xen runs, and for both models cards that
# come and go, are configured, are flashed, and lose their power while they are.
# shellcheck disable=SC2317  # functions are called by name
vm=$(cd "$(dirname "$0")" && pwd)
if [ ! -e /vm/agent ]; then
	kernel=${VM_KERNEL:-6.1}
	"$vm/product" "$kernel" >/dev/null || exit	# and the disk, from which that is made
	exec "$vm/run" --xen --pci none --bare --kernel "$kernel" --timeout 600 --share "$vm/.." \
		--disk "$vm/../../build/vm-disk/$kernel/mydev.iso" -- bash /mnt/share/vm/xen-product.t
fi
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$vm/tap.sh"
# shellcheck source-path=SCRIPTDIR source=pci.sh
. "$vm/pci.sh"

is "this is dom0" "$(cat /proc/xen/capabilities)" control_d
check "as RPMs see it, too" /mnt/share/disk/dom0
mkdir /run/disk
mount -o ro /dev/disk/by-id/virtio-mydev /run/disk
check "the disk is installed" /run/disk/install.sh --batch
like "without a reboot" "$out" "Reboot needed: no"
cat >/etc/mydev/profiles.d/20-all.conf <<-END
	[Config]
	temp.warn=60
END
is "nobody has started the daemon" "$(systemctl is-active mydevd.service)" inactive

for model in md2000 md4000; do
	check "$model: a card is plugged in" card plug $model $model
	wait_until 60 "$model: udev has it configured, without anybody's help" is_applied $model
	is "$model: as the profile wants" "$(value $model temp.warn)" 60
	check "$model: set" mydevcli config set $model temp.warn=61
	is "$model: the card has it" "$(value $model temp.warn)" 61

	check "$model: unplugged" card unplug $model
	wait_until 20 "$model: and gone" is_gone $model
	check "$model: plugged in again" card plug $model
	wait_until 60 "$model: configured" is_applied $model
	is "$model: as was set" "$(value $model temp.warn)" 61

	for cut in before torn after; do
		tell $model power_cut_$cut 40
		mydevcli flash $model-1.1.0.bin $model >/dev/null 2>&1 & flash=$!
		wait_until 60 "$model: its power fails $cut operation 40 of a flash" is_off $model
		wait $flash || :
		check "$model: out" card unplug $model
		check "$model: and in" card plug $model
		wait_until 60 "$model: it starts" is_ready $model
		is "$model: with the old firmware" "$(running $model)" 1.0.0
	done
	check "$model: flashed" mydevcli flash $model-1.1.0.bin $model
	is "$model: the new firmware runs" "$(running $model)" 1.1.0
done
is "show" "$(mydevcli show --json | jq -rc '[.adapters[] | [.serial, .state, .firmware.running, .config]] | sort')" \
	'[["md2000","ready","1.1.0","applied"],["md4000","ready","1.1.0","applied"]]'
done_testing
