/*
 * The parameters of a call against a dump of Proxmox's own schema: what --schema adds to the
 * simulator's tables, which have only what a client like vm7 has use for.
 *
 * A dump is {"paths": {"/nodes/{node}/qemu": {"POST": {"parameters": {"properties": ...}}}},
 * "formats": {"pve-vmid": {"kind": "validator", "pattern": ...},
 * "@qemu:net[n]": {"kind": "property-string", "properties": ...}}}; a name that ends in [n]
 * stands for a family with an "index_range". A format that only Proxmox's code can check has
 * no pattern: it is taken as it is. PVE: PVE::JSONSchema check_object, check_prop, check_type,
 * parse_property_string.
 */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Check `params`, which are texts. `path` is the pattern of the call. What is wrong is added to
 * `errors`, parameter to text; true when nothing was, or when the dump does not have the call.
 */
bool published_check(struct arena *arena, const json_t *dump, const char *method,
		     const char *path, const json_t *params, json_t *errors);
