/* The tables of vm7.yaml beside those of the guests. Private to reading and schema. */
#pragma once

#include "base/decode.h"
#include "reconcile/manifest.h"

/* The top of vm7.yaml and its globals. */
struct root {
	struct list_setting include;
	struct proxmox_settings proxmox;
	struct access access;
	struct text_setting pools_file, leases_file, branch;
	struct spec defaults;
	struct text_setting backup;
	struct choice_setting policy, on_error, drift, probe;
	struct num_setting grace, max_destroy, max_replace, max_percent, parallel;
};

struct network_settings {
	struct text_setting name;
	struct network network;
};

extern const struct field root_fields[];     /* fills a struct root */
extern const struct field included_fields[]; /* of a file that `include` finds */
extern const struct field network_fields[];  /* fills a struct network_settings */
extern const struct field node_fields[];     /* fills a struct node_settings */
