/* What editors and the manual are told about a file: JSON Schema, from its tables. */
#pragma once

#include "base/arena.h"
#include "base/decode.h"

/*
 * JSON Schema (2020-12) of a file that `fields` read, in the arena; ends in a newline.
 * The same bytes each time.
 */
char *schema_print(struct arena *arena, const struct field *fields, const char *title,
		   const char *description);

char *manifest_schema(struct arena *arena); /* of vm7.yaml */
char *pools_schema(struct arena *arena);    /* of ipam/pools.yaml */
