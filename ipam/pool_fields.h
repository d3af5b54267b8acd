/* The table of ipam/pools.yaml. Private to reading and schema. */
#pragma once

#include "base/decode.h"

extern const struct field pool_file_fields[];
