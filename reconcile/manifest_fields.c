#include "reconcile/manifest_fields.h"

#include "reconcile/spec.h"
#include "reconcile/syntax.h"

enum { DAYS = 24 * 3600, GUESTS_MAX = 100000 };

/* In the order of their enums. */
const char *const policy_choices[] = { "stop", "keep", "destroy", NULL };
static const char *const on_error_choices[] = { "stop", "continue", "rollback", NULL };
const char *const drift_choices[] = { "repair", "report", NULL };
static const char *const probe_choices[] = { "none", "ping", NULL };

static const struct field tls_fields[] = {
	TEXT("fingerprint", struct proxmox_settings, tls.fingerprint,
	     .check = check_fingerprint, .pattern = FINGERPRINT_PATTERN,
	     .help = "SHA-256 fingerprint of the certificate."),
	TEXT("ca_file", struct proxmox_settings, tls.ca_file, .check = check_path,
	     .pattern = PATH_PATTERN,
	     .help = "A file of the repository with the certificates of the authority."),
	FLAG("insecure", struct proxmox_settings, tls.insecure,
	     .help = "Check no certificate; named in every report."),
	{ 0 },
};

static const struct field privileged_fields[] = {
	FIXED("username", "root@pam", .required = true,
	      .help = "Proxmox asks for this very user."),
	SECRET("password", struct proxmox_settings, privileged.password, .required = true,
	       .help = "Its password, by a name that the host resolves."),
	{ 0 },
};

static const struct field proxmox_fields[] = {
	TEXTS("endpoint", struct proxmox_settings, endpoints, .required = true,
	      .or_one = true, .check = check_endpoint, .pattern = ENDPOINT_PATTERN,
	      .help = "https://host:8006, or several nodes of one cluster."),
	TEXT("username", struct proxmox_settings, username, .check = check_userid,
	     .pattern = USERID_PATTERN, .help = "user@realm, such as vm7@pve."),
	TEXT("token_name", struct proxmox_settings, token_name, .check = check_token_name,
	     .pattern = TOKEN_NAME_PATTERN, .help = "The name of the user's API token."),
	SECRET("token_secret", struct proxmox_settings, token_secret, .required = true,
	       .clear_text = true,
	       .help = "The token's secret, by a name that the host resolves."),
	TEXT("node", struct proxmox_settings, node, .check = check_node,
	     .pattern = NODE_PATTERN,
	     .help = "The node of guests that name none; auto: vm7 chooses one for "
		     "each."),
	TEXT("datastore", struct proxmox_settings, datastore, .check = check_storage,
	     .pattern = STORAGE_PATTERN, .help = "The storage of guests that name none."),
	TEXT("resource_pool", struct proxmox_settings, resource_pool,
	     .check = check_pool_path, .pattern = POOL_PATTERN,
	     .help = "The resource pool of Proxmox that new guests are put in."),
	SECTION("tls", tls_fields,
		.presence = 1 + offsetof(struct proxmox_settings, tls.is),
		.help = "How the endpoint's certificate is checked. Absent: by the "
			"authorities of the system."),
	SECTION("privileged", privileged_fields,
		.presence = 1 + offsetof(struct proxmox_settings, privileged.is),
		.help = "Who sets what Proxmox takes from root@pam only, never from a "
			"token: folders and devices of the node in containers, features "
			"but nesting. Used for nothing else."),
	{ 0 },
};

const struct field node_fields[] = {
	TEXT("datastore", struct node_settings, datastore, .check = check_storage,
	     .pattern = STORAGE_PATTERN, .help = "The storage of guests on this node."),
	{ 0 },
};

static const struct field ipam_fields[] = {
	TEXT("pools_file", struct root, pools_file, .check = check_path,
	     .pattern = PATH_PATTERN, .usual = "ipam/pools.yaml",
	     .help = "The file of the address pools."),
	TEXT("leases_file", struct root, leases_file, .check = check_path,
	     .pattern = PATH_PATTERN, .usual = "ipam/leases.json",
	     .help = "The file of the leases, written by vm7."),
	TEXT("branch", struct root, branch, .check = check_branch,
	     .help = "The branch that vm7 writes to. Absent: the one it reads."),
	CHOICE("probe", struct root, probe, probe_choices, .usual = "none",
	       .help = "How a fresh address is tried out: an answer to a ping disputes "
		       "it."),
	{ 0 },
};

static const struct field removal_fields[] = {
	CHOICE("policy", struct root, policy, policy_choices, .usual = "stop",
	       .help = "What becomes of a guest whose entry is gone."),
	DURATION("grace", struct root, grace, 0, 3650L * DAYS, .usual = "72h",
		 .help = "How long a stopped guest waits before it is destroyed."),
	TEXT("backup", struct root, backup, .check = check_storage,
	     .pattern = STORAGE_PATTERN,
	     .help = "The storage that a backup goes to before a guest is destroyed. "
		     "Absent: none is made."),
	{ 0 },
};

static const struct field guard_fields[] = {
	NUMBER("max_destroy", struct root, max_destroy, 0, GUESTS_MAX, .usual = "1",
	       .help = "How many guests one pass may remove."),
	NUMBER("max_replace", struct root, max_replace, 0, GUESTS_MAX, .usual = "1",
	       .help = "How many guests one pass may replace."),
	NUMBER("max_percent", struct root, max_percent, 0, 100, .usual = "25",
	       .help = "How much of all leases that may be, when it is two or more."),
	{ 0 },
};

static const struct field reconcile_fields[] = {
	CHOICE("on_error", struct root, on_error, on_error_choices, .usual = "stop",
	       .help = "After a failure: no further creations, all the same, or what was "
		       "made "
		       "in the pass is removed again."),
	NUMBER("parallel", struct root, parallel, 1, 100, .usual = "8",
	       .help = "How many guests are worked on at once."),
	CHOICE("drift", struct root, drift, drift_choices, .usual = "repair",
	       .help = "Is a guest that differs changed back, or only reported?"),
	{ 0 },
};

static const struct field globals_fields[] = {
	MAPPING("proxmox", struct root, proxmox, struct proxmox_settings, proxmox_fields,
		.required = true, .help = "The cluster, and how to reach it."),
	MAP_OF("nodes", node_fields, .help = "The nodes that guests may be made on."),
	MAPPING("access", struct root, access, struct access, access_fields,
		.help = "Who may log in to the guests."),
	SECTION("ipam", ipam_fields, .help = "Where addresses come from and are kept."),
	MAPPING("defaults", struct root, defaults, struct spec, spec_fields,
		.inside = LAYER_DEFAULTS, .help = "Values for guests that give none."),
	SECTION("removal", removal_fields, .help = "When an entry is removed."),
	SECTION("guard", guard_fields, .help = "How much one pass may undo."),
	SECTION("reconcile", reconcile_fields, .help = "How a pass is carried out."),
	{ 0 },
};

const struct field network_fields[] = {
	TEXT("name", struct network_settings, name, .required = true,
	     .check = check_own_name, .pattern = OWN_NAME_PATTERN,
	     .help = "What guests call it."),
	TEXT("pool", struct network_settings, network.pool, .check = check_own_name,
	     .pattern = OWN_NAME_PATTERN, .help = "The pool that addresses come from."),
	FLAG("dhcp", struct network_settings, network.dhcp,
	     .help = "Addresses come from a DHCP server."),
	TEXT("bridge", struct network_settings, network.bridge, .check = check_bridge,
	     .pattern = BRIDGE_PATTERN,
	     .help = "Absent: the template's, for a container vmbr0."),
	NUMBER("vlan", struct network_settings, network.vlan, 1, 4094,
	       .help = "The VLAN tag of the card."),
	FLAG("firewall", struct network_settings, network.firewall,
	     .help = "Does the firewall of Proxmox guard the card?"),
	NUMBER("mtu", struct network_settings, network.mtu, 1, 65520,
	       .help = "The MTU of the card: 576 to 65520, or 1 for the bridge's."),
	NUMBER("rate", struct network_settings, network.rate, 1, 100000,
	       .help = "How much the card may carry, in megabytes a second."),
	LATER("vnet"),
	{ 0 },
};

#define LISTS                                                          \
	LIST_OF("networks", network_fields, .inside = LAYER_GUEST,     \
		.help = "What the guests' cards are plugged into."),   \
		MAP_OF("presets", spec_fields, .inside = LAYER_PRESET, \
		       .help = "Values that guests share, by name.")

const struct field root_fields[] = {
	FIXED("version", "1", .required = true, .help = "The version of this format."),
	SECTION("globals", globals_fields, .required = true,
		.help = "What holds for all guests."),
	TEXTS("include", struct root, include, .check = check_include,
	      .pattern = PATH_PATTERN,
	      .help = "More files with vms, presets and networks: paths from the root of "
		      "the repository, with * ? [..] and ** for folders."),
	LISTS,
	LIST_OF("vms", spec_fields, .inside = LAYER_GUEST, .required = true,
		.help = "The guests that should exist."),
	{ 0 },
};

const struct field included_fields[] = {
	LISTS,
	LIST_OF("vms", spec_fields, .inside = LAYER_GUEST,
		.help = "The guests that should exist."),
	{ 0 },
};
