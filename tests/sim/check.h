/*
 * What a caller may set on a guest. Each refuses the call and returns false when not.
 * PVE: PVE::API2::Qemu check_vm_modify_config_perm, check_storage_access, check_drive_param;
 * PVE::LXC check_ct_modify_config_perm, check_bridge_access; PVE::GuestHelpers
 * assert_tag_permissions.
 */
#pragma once

#include "api.h"
#include "options.h"

/* Rights on a guest that may not exist yet: its pool counts too. `pool` may be NULL. */
bool check_guest_right(struct call *call, unsigned vmid, const char *pool,
		       const char *privileges);

/*
 * Of these parameters (NULL at the end) only root@pam itself may send any; and what the
 * simulator does not do with them is refused to root@pam too.
 */
bool check_root_only(struct call *call, const char *const *names);

/* The guest options among the parameters; they live as long as the call. */
json_t *call_options(struct call *call, enum guest_type type);

/* VM.Allocate on the new id or on the pool it shall join; else a 403 without words. */
bool check_allocate(struct call *call, const char *vmid);
bool check_vmid_free(struct call *call, unsigned vmid, const char *prefix);

/* The pool that a guest shall join exists. */
bool check_pool(struct call *call, const char *pool);

/* An option of a guest is set or deleted. */
struct option_change {
	enum guest_type type;
	unsigned vmid;
	const char *pool; /* that the guest shall join, or NULL */
	const char *option;
	const char *value;  /* NULL: it is deleted */
	const char *before; /* NULL: it is not set, or the guest is new */
	bool creating;
	bool privileged; /* of a container */
};

/* What changing an option of a VM needs whatever it says, and what its value asks for. */
bool check_option(struct call *call, const struct option_change *change);
bool check_option_value(struct call *call, const struct option_change *change);

/* All of that for an option of a container, but for its storage. */
bool check_lxc_option(struct call *call, const struct option_change *change);

/* Disks: storage, content and rights. */
bool check_disk(struct call *call, enum guest_type type, unsigned vmid, const char *node,
		const char *option, const char *value);

struct right {
	const char *path, *privileges;
};

/*
 * May the caller use the volume for the guest (0: for none)? Says what is `missing`,
 * without a path when it is no right on storage or guest. Refuses nothing.
 * PVE: PVE::Storage check_volume_access.
 */
bool may_use_volume(struct call *call, unsigned vmid, const char *volid,
		    struct right *missing);

/* The volume's storage exists, and the volume may be used for the guest. */
bool check_volume(struct call *call, unsigned vmid, const char *volid);

bool check_bridge(struct call *call, enum guest_type type, const char *card);
bool check_ssh_keys(struct call *call, const char *keys, bool encoded);
bool check_tags(struct call *call, unsigned vmid, const char *before, const char *after);

/* The storage exists, is usable on the node, takes the content and may be used. */
bool check_space(struct call *call, const char *storage, const char *node,
		 const char *content);

/* The name of a file to come, cleaned, ends as its content wants. */
bool check_file_name(struct call *call, const char *content, const char *name);

/* Both or none: how to tell that it is the right file. */
#define CHECKSUM_PARAMS                                                                \
	{ "checksum", SCHEMA_STRING, SCHEMA_OPTIONAL, .needs = "checksum-algorithm" }, \
	{                                                                              \
		"checksum-algorithm", SCHEMA_STRING, SCHEMA_OPTIONAL,                  \
			.values = "md5, sha1, sha224, sha256, sha384, sha512",         \
			.needs = "checksum"                                            \
	}
