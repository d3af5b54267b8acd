#include "controller/status_pools.h"

#include "ipam/usage.h"

enum { RUNS_MAX = 512 };

static json_t *count(uint64_t number)
{
	return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

/* Too many stretches to be drawn are drawn coarser: neighbours go together, and the use
 * of the larger one is shown. */
static json_t *runs_of(const struct usage *usage)
{
	size_t together = usage->runs_len / RUNS_MAX + 1;
	json_t *out = json_array();

	for (size_t i = 0; i < usage->runs_len; i += together) {
		const struct usage_run *most = &usage->runs[i];
		char first[ADDR_TEXT];
		uint64_t all = 0;

		addr_print(&usage->runs[i].first, first);
		for (size_t j = i; j < i + together && j < usage->runs_len; j++) {
			all += usage->runs[j].count;
			if (usage->runs[j].count > most->count)
				most = &usage->runs[j];
		}
		json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "state",
						     address_use_name(most->use), "first",
						     first, "count", count(all)));
	}
	return out;
}

json_t *pools_status(struct arena *arena, const struct pools *pools,
		     const struct leases *leases, const char *now)
{
	json_t *out = json_array();

	for (size_t i = 0; i < pools->len; i++) {
		const struct pool *pool = &pools->at[i];
		bool four = pool->v4.cidr.first.family == FAMILY_4;
		char cidr[CIDR_TEXT];
		struct usage usage;

		usage_of(&usage, arena, pool, four ? FAMILY_4 : FAMILY_6, leases, now);
		cidr_print(four ? &pool->v4.cidr : &pool->v6.cidr, cidr);
		json_array_append_new(
			out, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "name",
				       pool->name, "cidr", cidr, "size",
				       count(usage.size), "used", count(usage.leased),
				       "resting", count(usage.resting), "free",
				       count(usage.free), "runs", runs_of(&usage)));
	}
	return out;
}
