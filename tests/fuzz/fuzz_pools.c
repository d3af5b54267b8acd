/* Any bytes as a pools file: what comes out of it can be asked. */
#include "base/text.h"
#include "ipam/pool.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct pool *pool, const struct subnet *subnet)
{
	enum family family = subnet->cidr.first.family;
	uint64_t size;
	struct addr last;

	if (family == FAMILY_NONE)
		return;
	size = pool_size(pool, family);
	last = cidr_last(&subnet->cidr);
	if (pool_offers(pool, &subnet->range.first) && size == 0)
		abort();
	if (pool_offers(pool, &subnet->gateway))
		abort();
	pool_offers(pool, &last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct file file = { "pools.yaml", arena_strndup(arena, (const char *)data, size),
			     size };
	struct pools pools;
	struct diags diags;
	struct text text;

	diags_init(&diags, arena);
	pools_read(&pools, arena, &file, &diags);
	for (size_t i = 0; i < pools.len; i++) {
		ask(&pools.at[i], &pools.at[i].v4);
		ask(&pools.at[i], &pools.at[i].v6);
		if (diags.len == 0 &&
		    pools_find(&pools, pools.at[i].name) != &pools.at[i])
			abort();
	}
	text_init(&text, arena);
	diags_print(&text, &diags);
	arena_destroy(arena);
	return 0;
}
