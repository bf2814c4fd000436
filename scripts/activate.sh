#!/bin/sh
# activate.sh DOMID [OPTION...]: connects the device, with dom0 as backend and the guest as frontend.
#
# Whoever knows the example of a Xen split driver knows a script of this name, which writes the nodes of
# a device into XenStore one by one. So it does not work: the guest could not write its own side, could see
# a half of the device, and dom0 would not know when to take it away. Making the empty directories,
# their permissions and all nodes in one transaction is what mydevd does, and systemd starts that when
# it is needed. It also knows which adapter there is, writes down who asked, and cleans up when the guest is
# destroyed. So this is all that is left; options are those of `mydevcli guest attach`.
set -eu
case ${1:-} in
'' | -*)
	echo "Usage: $0 DOMID [OPTION of mydevcli guest attach...]" >&2
	exit 2
	;;
esac
exec mydevcli guest attach "$@"
