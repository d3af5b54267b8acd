/*
 * The small grammars: which texts can be a name, an address, a key.
 *
 * Each check says what is wrong and what would be right. Where a text ends up inside a
 * Proxmox property string (`net0`, `rootfs`), its grammar has no comma, no blank and no
 * line break. Every check is a text_check of base/decode.h; its PATTERN is the same for
 * the JSON Schema, as far as a regular expression can say it.
 */
#pragma once

#include "base/decode.h"

/* A guest's name: one DNS label in lower case that begins with a letter. */
text_check check_guest_name;
/* As Proxmox has them: DC01, a.b */
text_check check_adopted_name;
#define GUEST_NAME_PATTERN "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"

/* The name of a network, preset or pool: ours, and harmless in any file. */
text_check check_own_name;
#define OWN_NAME_PATTERN "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"

/*
 * pve-common src/PVE/JSONSchema.pm pve_verify_node_name, pve-storage-id, PVE_TAG_RE ...
 */
text_check check_node, check_storage, check_tag, check_env, check_bridge, check_pool_path;
#define NODE_PATTERN    "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"
#define STORAGE_PATTERN "^[A-Za-z][A-Za-z0-9_.-]*[A-Za-z0-9]$"
#define TAG_PATTERN     "^[A-Za-z0-9_][A-Za-z0-9_+.-]*$"
#define ENV_PATTERN     "^[A-Za-z0-9_+.-]+$"
#define BRIDGE_PATTERN  "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$"
#define POOL_PATTERN    "^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,2}$"

/* `user@realm`, and the name of one of its tokens. */
text_check check_userid, check_token_name;
#define USERID_PATTERN     "^[^\\s:/@]+@[A-Za-z][A-Za-z0-9_.-]+$"
#define TOKEN_NAME_PATTERN "^[A-Za-z][A-Za-z0-9_.-]+$"

/* https://host[:port] and nothing after it. */
text_check check_endpoint;
#define ENDPOINT_PATTERN "^https://[^/@?#\\s]+$"

/* SHA-256 of a certificate: 32 bytes in hexadecimal with colons between. */
text_check check_fingerprint;
#define FINGERPRINT_PATTERN "^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$"

/* A Unix login name. */
text_check check_user;
#define USER_PATTERN "^[a-z_][a-z0-9_.-]{0,31}$"

/* One line of a public key: type, base64, comment. A private one is told so. */
text_check check_ssh_key;
#define SSH_KEY_PATTERN \
	"^(ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-)[a-z0-9@.-]+ [A-Za-z0-9+/=.]+( .*)?$"

text_check check_domain;
#define DOMAIN_PATTERN                            \
	"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?" \
	"(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"

/* An address of either family. */
text_check check_address;

/* A container image: `storage:vztmpl/name`. */
text_check check_image;
#define IMAGE_PATTERN "^[A-Za-z][A-Za-z0-9_.-]*:vztmpl/[A-Za-z0-9][A-Za-z0-9_.+~-]*$"

/* A CPU type as qemu-server names it: `host`, `x86-64-v2-AES`, `custom-mine`. */
text_check check_cpu_type;
#define CPU_TYPE_PATTERN "^[A-Za-z0-9][A-Za-z0-9_.+-]*$"

/*
 * Slots of a guest (qemu-server src/PVE/QemuServer/Drive.pm; pve-container
 * src/PVE/LXC/Config.pm): a disk of a VM, a mount and a device of a container.
 */
text_check check_disk_slot, check_mount_slot, check_device_slot;
#define DISK_SLOT_PATTERN   "^(scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5])|sata[0-5])$"
#define NUMBER_255          "([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
#define MOUNT_SLOT_PATTERN  "^mp" NUMBER_255 "$"
#define DEVICE_SLOT_PATTERN "^dev" NUMBER_255 "$"

/* A folder by its whole path, without `.` and `..`; a device of a node; its mode. */
text_check check_absolute_path, check_device_path, check_device_mode;
#define ABSOLUTE_PATTERN    "^/[^,]+$"
#define DEVICE_PATTERN      "^/dev/[^,]+$"
#define DEVICE_MODE_PATTERN "^0[0-7]{3}$"

/* A type of file system, as mount knows it: nfs, cifs. */
text_check check_file_system;
#define FILE_SYSTEM_PATTERN "^[A-Za-z0-9_]+$"

/* `10000-19999`. */
text_check check_vmid_range;
#define VMID_RANGE_PATTERN "^[1-9][0-9]{2,8}-[1-9][0-9]{2,8}$"

/* A file of the repository, and a pattern for some: relative, without `..`. */
text_check check_path, check_include;
#define PATH_PATTERN "^[^/]"

text_check check_branch;
