/*
 * What Proxmox can do and the simulator cannot: so that a gap of ours is not taken for a
 * mistake of the caller. Read from a dump of Proxmox's own method registry (--schema).
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Does PVE have this call? `path` is without /api2/json and decoded. */
bool gaps_call(const json_t *schema, const char *method, const char *path);

/* Does PVE's call `pattern` ("/nodes/{node}/qemu") take this parameter? */
bool gaps_param(const json_t *schema, const char *method, const char *pattern,
		const char *name);
