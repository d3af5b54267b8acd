/* The pools, as the status document tells of them. */
#pragma once

#include "ipam/lease.h"
#include "ipam/pool.h"

#include <jansson.h>

/* A new reference: a list of them, with the stretches that a picture is drawn from. */
json_t *pools_status(struct arena *arena, const struct pools *pools,
		     const struct leases *leases, const char *now);
