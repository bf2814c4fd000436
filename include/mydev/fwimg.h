/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The firmware image: MCUboot's format, with a payload of our own.
 *
 * An image is   header | payload | protected TLVs | TLVs   and everything in it is
 * little-endian (MCUboot, docs/design.md, "Image format"). MCUboot's imgtool can sign
 * and check every image that we make, and we read every image that it signs:
 *
 *   imgtool sign -k KEY -t ... --align 4 -v 1.2.3+4 -s 7 --header-size 0x20 --pad-header \
 *           -S 0x40000 --custom-tlv 0x00a0 0x2000 PAYLOAD IMAGE
 *
 * The digest covers header, payload and protected TLVs. The signature is ECDSA with
 * P-256 over that digest. TLVs of unknown type are passed over; a TLV area that does
 * not end where its info header says, and a required TLV that is missing, doubled or of
 * the wrong length, make the image invalid.
 */
#ifndef MYDEV_FWIMG_H
#define MYDEV_FWIMG_H

#include <linux/types.h>

#define MYDEV_FWIMG_MAGIC	0x96f3b83dU
#define MYDEV_FWIMG_HDR_MIN	0x20	/* bytes; the header may be padded to more */
#define MYDEV_FWIMG_HDR_MAX	0x1000

/* A version: MAJOR.MINOR.REVISION+BUILD, compared in this order. */
struct mydev_fwimg_version {
	__u8 major;		/* 0 */
	__u8 minor;		/* 1 */
	__le16 revision;	/* 2 */
	__le32 build;		/* 4 */
};				/* 8 */

struct mydev_fwimg_header {
	__le32 magic;			/* 0: MYDEV_FWIMG_MAGIC */
	__le32 load_addr;		/* 4: 0, the image runs in place */
	__le16 header_size;		/* 8: where the payload begins; HDR_MIN..HDR_MAX */
	__le16 protected_tlv_size;	/* 10: of the protected area with its info header */
	__le32 image_size;		/* 12: of the payload alone */
	__le32 flags;			/* 16: 0; images with flags set are refused */
	struct mydev_fwimg_version version; /* 20 */
	__le32 pad;			/* 28 */
};					/* 32 */

/* Each TLV area begins with this; `total` counts the area with this info header. */
struct mydev_fwimg_tlv_info {
	__le16 magic;		/* 0: MYDEV_FWIMG_TLV_MAGIC or .._PROTECTED_MAGIC */
	__le16 total;		/* 2 */
};				/* 4 */

#define MYDEV_FWIMG_TLV_MAGIC		0x6907
#define MYDEV_FWIMG_TLV_PROTECTED_MAGIC	0x6908

struct mydev_fwimg_tlv {
	__le16 type;		/* 0: MYDEV_FWIMG_TLV_* */
	__le16 length;		/* 2: of the data that follows */
};				/* 4 */

#define MYDEV_FWIMG_TLV_KEY_HASH	0x01	/* SHA-256 of the public key (DER, SPKI) */
#define MYDEV_FWIMG_TLV_SHA256		0x10	/* the digest, 32 bytes */
#define MYDEV_FWIMG_TLV_ECDSA_SIG	0x22	/* ASN.1 DER, 8 to 72 bytes */
#define MYDEV_FWIMG_TLV_SEC_CNT		0x50	/* protected: security counter, u32 */
#define MYDEV_FWIMG_TLV_MODEL		0xa0	/* protected, vendor range: model id, u16 */

#define MYDEV_FWIMG_DIGEST_SIZE		32
#define MYDEV_FWIMG_SIG_MAX		72

/*
 * The payload begins with this manifest: what the adapter's boot loader asks of the
 * image and what the image makes of the adapter. The code follows it.
 */
struct mydev_fw_manifest {
	__le32 magic;		/* 0: MYDEV_FW_MANIFEST_MAGIC */
	__le16 abi;		/* 4: MYDEV_FW_ABI, the boot loader's calling convention */
	__le16 board_rev_min;	/* 6: oldest board that the image runs on */
	__le32 features;	/* 8: MYDEV_FEATURE_* of mydev/hw.h */
	__le32 code_size;	/* 12: bytes after the manifest; the rest of the payload */
	__le32 code_crc;	/* 16: CRC-32 (IEEE 802.3) of the code, for the self-test */
	__u8 reserved[12];	/* 20: 0 */
};				/* 32 */

#define MYDEV_FW_MANIFEST_MAGIC	0x5746444dU	/* "MDFW" */
#define MYDEV_FW_ABI		1

#endif
