# SPDX-License-Identifier: GPL-2.0
# The driver disk; doc/driver-disk.md describes it. A vendor sets these variables, by these names
# or with _ for the dots.

# The specifications of the kernel module RPMs and of the data RPM
SPEC ?= specs/mydev.spec
DATASPEC ?= specs/mydev-data.spec
# Who publishes the disk; VENDOR_CODE: letters, digits, and _.-
VENDOR ?= MyDev
VENDOR_CODE ?= mydev
# What names the disk and its files
LABEL ?= $(MODULES_NAME)
# Shown when the disk is installed
TEXT ?= Driver and management of MyDev MD-2000 and MD-4000 entropy adapters
# What the disk is for, as /etc/xensource-inventory spells it, and no other version of it
PRODUCT ?= XCP-ng
PRODUCT_VERSION ?= 8.3.0
PACK_VERSION ?= $(VERSION)
# Of the kernel module RPMs, unless specs/kernels says otherwise; of the data RPM
RPM.VERSION ?= $(or $(RPM_VERSION),1.0)
RPM.RELEASE ?= $(or $(RPM_RELEASE),1)
DATA.RPM.VERSION ?= $(or $(DATA_RPM_VERSION),$(VERSION))
DATA.RPM.RELEASE ?= $(or $(DATA_RPM_RELEASE),1)
# RPMs of others that the data RPM needs and dom0 lacks, and their SRPMs; they travel along
EXTRA_RPMS ?=
# Signs the disk: a file with a secret key, or the name of a key in your keyring
SIGN_KEY ?= specs/disk-TEST-ONLY.asc
# What the disk has modules for; what was released
KERNELS ?= specs/kernels
RELEASES ?= specs/releases
# 1: the modules drive emulated cards by themselves, too, as no disk for users does
EMULATED ?=

DISK := $(BUILD)/disk
# Where the data RPM is made, which is the same for all kernels
DATA_DISK := $(DISK)
ARCH := $(shell uname -m)
MODULES_NAME := $(shell sed -n 's/^Name: *//p' $(SPEC))
$(foreach v,SPEC DATASPEC,$(if $(wildcard $($(v))),,$(error $(v)=$($(v)): there is no such specification)))
DATA_NAME := $(shell sed -n 's/^Name: *//p' $(DATASPEC))
DATA_VERSION = $(DATA.RPM.VERSION)-$(DATA.RPM.RELEASE)

# Two builds of one commit give the same bytes: whatever wants a date gets this one.
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),$(shell date -r VERSION +%s))
SOURCE_DATE_EPOCH := $(SOURCE_DATE_EPOCH)
export SOURCE_DATE_EPOCH
DISK_VARIABLES := LABEL VENDOR VENDOR_CODE TEXT PRODUCT PRODUCT_VERSION PACK_VERSION SIGN_KEY EXTRA_RPMS

# What the RPMs are made of, below the tree's root
MODULES_FILES := kmod model include scripts/kmod.mk VERSION COPYING
DATA_FILES := Makefile VERSION COPYING README.md $(USER_DIRS) include udev etc doc firmware \
	scripts/user.mk scripts/kmod.mk scripts/packages scripts/install-files scripts/activate.sh
tree_files = $(if $(wildcard .git),git ls-files -z --cached --others --exclude-standard -- $(1), \
	find $(filter-out ':!%,$(1)) -type f $(patsubst ':!%',! -path '%',$(filter ':!%,$(1))) -print0)
MODULES_SRCS := $(shell find $(MODULES_FILES) -type f)
DATA_SRCS := $(shell find $(DATA_FILES) -type f)

# For the shell, whatever is in it
quoted = '$(subst ','\'',$(1))'

# Debian's rpm neither knows the names of dom0's packages nor all of its macros.
ON_DEBIAN := $(if $(wildcard /etc/debian_version),--nodeps --load=$(abspath specs/macros.debian))
# Begins a line that runs another make, whose jobs then are counted with this one's. A dry run leaves it out: make runs
# such lines always.
recurse = $(if $(strip $(foreach option,n q t,$(findstring $(option),$(firstword -$(MAKEFLAGS))))),,+)
# $(call rpmbuild,TOPDIR,ARGUMENTS[,DIRECTORY]): in that directory; TOPDIR takes the log
define rpmbuild
	$(Q)rm -rf $(1) && mkdir -p $(1)
	$(Q)$(recurse)cd $(or $(3),.) && rpmbuild $(ON_DEBIAN) --define '_topdir $(abspath $(1))' --define '_buildhost $(VENDOR_CODE)' \
		--define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' \
		--define '_build_id_links none' --define '_smp_mflags %{nil}' $(2) >$(abspath $(1))/log 2>&1 || { cat $(abspath $(1))/log >&2; false; }
endef

# $(call srpm,DIRECTORY,NAME,VERSION,RELEASE,SPEC): the SRPM has a specification that knows its version, and, once
# more with all macros expanded, no path or mode of this machine. Two rpmbuilds that find rpm's directories missing are
# in each other's way.
define srpm
	$(Q)mkdir -p $(1)/SPECS/$(2)-$(3)-$(4) $(1)/SRPMS $(addprefix $(1)/SOURCES/,BUILD BUILDROOT RPMS)
	$(Q){ printf '%%{!?%s: %%global %s %s}\n' rpm_version rpm_version '$(3)' rpm_release rpm_release '$(4)' \
		vendor vendor $(call quoted,$(VENDOR)) && cat $(5); } >$(1)/SPECS/$(2)-$(3)-$(4)/$(notdir $(5))
	$(Q)chmod 644 $(1)/SPECS/$(2)-$(3)-$(4)/$(notdir $(5))
	$(call say,SRPM,$(2)-$(3)-$(4))
	$(call rpmbuild,$(1)/build/$(2)-$(3)-$(4),-bs --define '_topdir .' --define '_sourcedir .' --define 'uname none' --define 'kernel_tree none' \
		--define '_srcrpmdir $(abspath $(1)/SRPMS)' $(abspath $(1)/SPECS/$(2)-$(3)-$(4)/$(notdir $(5))),$(1)/SOURCES)
endef

# $(call if_other,COMMAND): makes the target of what the command prints, unless it is that already
define if_other
	$(Q)mkdir -p $(@D)
	$(Q)$(1) >$@.new || { rm -f $@.new; false; }
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@
endef
# The table of kernels, complete
$(DISK)/kernels: FORCE | $(BUILD)/pkgs.mk
	$(call if_other,scripts/disk/kernels $(KERNELS))
# What is in RPMs, and on the disk, besides files
values = printf '%s\n' $(foreach v,$(1),$(v)=$(call quoted,$($(v))))
%/rpm.variables: FORCE
	$(call if_other,$(call values,SOURCE_DATE_EPOCH EMULATED VENDOR VENDOR_CODE))
%/iso.variables: FORCE
	$(call if_other,$(call values,SOURCE_DATE_EPOCH $(DISK_VARIABLES)))
.PHONY: FORCE

# Below here, what is in it is known: build-rpms comes back with ROWS, the numbers of its lines.
define newline


endef
field = $(word $(2),$(shell sed -n $(1)p $(DISK)/kernels))
row_version = $(patsubst -,$(RPM.VERSION)-$(RPM.RELEASE),$(call field,$(1),5))
row_name = $(MODULES_NAME)-$(if $(filter xcpng8,$(call field,$(1),1)),module,modules-$(call field,$(1),2)-$(call field,$(1),3))
first = $(word 1,$(subst -, ,$(1)))
second = $(word 2,$(subst -, ,$(1)))

$(DATA_DISK)/SOURCES/$(DATA_NAME)-$(DATA.RPM.VERSION).tar.gz: $(DATA_SRCS) $(DATA_DISK)/rpm.variables
	$(Q)$(call tree_files,$(DATA_FILES) ':!firmware/test-key.pem') | \
		scripts/disk/srctar $(DATA_NAME)-$(DATA.RPM.VERSION) $@

$(DATA_DISK)/SOURCES/$(MODULES_NAME)-firmware-$(DATA.RPM.VERSION).tar.gz: $(FW_IMAGES) $(DATA_DISK)/rpm.variables
	$(Q)cd $(BUILD)/firmware && printf '%s\0' $(notdir $(FW_IMAGES)) | $(abspath scripts/disk/srctar) firmware/signed $(abspath $@)

$(DATA_DISK)/SRPMS/$(DATA_NAME)-$(DATA_VERSION).src.rpm: $(DATA_DISK)/SOURCES/$(DATA_NAME)-$(DATA.RPM.VERSION).tar.gz \
		$(DATA_DISK)/SOURCES/$(MODULES_NAME)-firmware-$(DATA.RPM.VERSION).tar.gz $(DATASPEC)
	$(call srpm,$(DATA_DISK),$(DATA_NAME),$(DATA.RPM.VERSION),$(DATA.RPM.RELEASE),$(DATASPEC))

$(DATA_DISK)/build/data/.built: $(DATA_DISK)/SRPMS/$(DATA_NAME)-$(DATA_VERSION).src.rpm | disk-versions
	$(call say,RPM,$(DATA_NAME)-$(DATA_VERSION))
	$(call rpmbuild,$(@D),--rebuild $<)
	$(Q)touch $@

# $(1): a version-release of module RPMs
define module_srpm
$(DISK)/SOURCES/$(MODULES_NAME)-$(call first,$(1)).tar.gz: $(MODULES_SRCS) $(DISK)/rpm.variables
	$$(Q)$$(call tree_files,$(MODULES_FILES)) | scripts/disk/srctar $(MODULES_NAME)-$(call first,$(1)) $$@

$(DISK)/SRPMS/$(MODULES_NAME)-$(1).src.rpm: $(DISK)/SOURCES/$(MODULES_NAME)-$(call first,$(1)).tar.gz $(SPEC)
	$$(call srpm,$(DISK),$(MODULES_NAME),$(call first,$(1)),$(call second,$(1)),$(SPEC))
endef

# $(1): the number of a line in the table of kernels. dom0's macros of the later style take kernel_version for the uname.
define module_rpm
$(DISK)/build/kernel-$(1)/.built: $(DISK)/SRPMS/$(MODULES_NAME)-$(call row_version,$(1)).src.rpm $(DISK)/kernels | disk-versions
	$$(call say,RPM,$(call row_name,$(1))-$(call row_version,$(1)))
	$$(call rpmbuild,$$(@D),--rebuild $$< --define 'style $(call field,$(1),1)' --define 'flavour $(call field,$(1),2)' \
		--define 'kernel_version $(call field,$(1),$(if $(filter xcpng8,$(call field,$(1),1)),4,3))' --define 'uname $(call field,$(1),4)' \
		--define 'kernel_tree $(call field,$(1),6)' $(if $(EMULATED),--with emulated))
	$$(Q)touch $$@
endef

ifneq ($(ROWS),)
ROW_VERSIONS := $(sort $(foreach n,$(ROWS),$(call row_version,$(n))))
$(foreach v,$(ROW_VERSIONS),$(eval $(call module_srpm,$(v))))
$(foreach n,$(ROWS),$(eval $(call module_rpm,$(n))))

DISK_SRPMS := $(ROW_VERSIONS:%=$(DISK)/SRPMS/$(MODULES_NAME)-%.src.rpm) \
	$(DATA_DISK)/SRPMS/$(DATA_NAME)-$(DATA_VERSION).src.rpm
.PHONY: disk-sources disk-rpms disk-versions disk-version
disk-sources: $(DISK_SRPMS)

# $(call ledger,check|record): the RPMs
define ledger
	$(Q)scripts/disk/ledger $(1) $(RELEASES) $(DATA_NAME) $(DATA_VERSION) $(lastword $(DISK_SRPMS))
	$(foreach n,$(ROWS),$(Q)scripts/disk/ledger $(1) $(RELEASES) $(call row_name,$(n)) $(call row_version,$(n)) \
		$(DISK)/SRPMS/$(MODULES_NAME)-$(call row_version,$(n)).src.rpm $(call field,$(n),4) $(if $(EMULATED),emulated)$(newline))
endef
# $(call ledger_disk,check|record): the disk, which is update-LABEL to those who install it
define ledger_disk
	$(Q)scripts/disk/ledger $(1) $(RELEASES) update-$(LABEL) $(PACK_VERSION)-1 $(EXTRA_RPMS) scripts/disk/install.sh specs/update.spec \
		$(foreach n,$(ROWS),$(call row_name,$(n))-$(call row_version,$(n)) $(call field,$(n),4)) $(DATA_NAME)-$(DATA_VERSION) \
		$(foreach v,VENDOR VENDOR_CODE TEXT PRODUCT PRODUCT_VERSION,$(call quoted,$($(v))))
endef
# Whatever is built already: what was released may have changed since.
disk-versions: disk-sources
	$(call ledger,check)
disk-version:
	$(call ledger_disk,check)

disk-rpms: $(DISK)/RPMS/.built
$(DISK)/RPMS/.built: $(ROWS:%=$(DISK)/build/kernel-%/.built) $(DATA_DISK)/build/data/.built | disk-versions
	$(Q)rm -rf $(@D) && mkdir $(@D)
	$(Q)for built in $^; do ln "$${built%/*}"/RPMS/*/*.rpm $(@D)/; done
	$(Q)touch $@

# Of all lines of that style; the simulator is on no disk.
rpm_files = $(foreach n,$(ROWS),$(if $(filter $(1),$(call field,$(n),1)),$(call row_name,$(n))-$(call row_version,$(n)).$(ARCH).rpm))
.PHONY: disk-iso
disk-iso: $(DISK)/$(LABEL).iso
$(DISK)/$(LABEL).iso: $(DISK_SRPMS) $(DISK)/RPMS/.built $(DISK)/iso.variables $(addprefix scripts/disk/,iso sign install.sh) specs/update.spec \
		$(wildcard $(SIGN_KEY)) $(EXTRA_RPMS) | disk-versions disk-version
	$(call say,ISO,$@)
	$(Q)$(foreach v,$(DISK_VARIABLES),$(v)=$(call quoted,$($(v)))) RPMS=$(DISK)/RPMS SRPMS='$(DISK_SRPMS)' \
		DATA=$(DATA_NAME)-$(DATA_VERSION).$(ARCH).rpm XCP='$(call rpm_files,xcp)' XCPNG8='$(call rpm_files,xcpng8)' \
		scripts/disk/iso $(DISK)/$(LABEL)

disk-release: disk-sources
	$(call ledger,record)
	$(call ledger_disk,record)
endif
# Read from the table once that is made, which a dry run has to do without.
with_rows = $(MAKE) --no-print-directory ROWS="$$(seq $$(wc -l <$(DISK)/kernels) | xargs)"

## make build-srctarballs, build-rpms, build-isos  sources and SRPMs; RPMs; the driver disk: see doc/driver-disk.md
.PHONY: build-srctarballs build-rpms build-isos
build-srctarballs: $(DISK)/kernels
	$(Q)$(recurse)$(with_rows) disk-sources

build-rpms: $(DISK)/kernels
	$(Q)$(recurse)$(with_rows) $(parallel) disk-rpms

build-isos: $(DISK)/kernels
	$(Q)$(recurse)$(with_rows) $(parallel) disk-iso

## make lint-disk  ISO=: the rules that a disk breaks; PRODUCT=8.3: and whether it runs on dom0 of XCP-ng 8.3
.PHONY: lint-disk
lint-disk:
	$(Q)scripts/disk/lint $(or $(ISO),$(error ISO=FILE says which disk)) $(if $(findstring command,$(origin PRODUCT)),$(PRODUCT))

## make release    once a disk is on its way to users: notes its versions in specs/releases
.PHONY: release disk-release
release: $(DISK)/kernels
	$(Q)$(recurse)$(with_rows) disk-release

DISK_TESTS = $(wildcard tests/disk/*.t)
## make check-disk  the tests of the driver disk, on hosts too: an hour
.PHONY: check-disk
check-disk: all
	$(Q)$(PROVE) $(DISK_TESTS)
