/* What people see of a pool: stretches of addresses, and their numbers. */
#include "base/text.h"
#include "ipam/usage.h"
#include "tests/lib/reading.h"

#include <string.h>

#define NOW "2026-11-21T09:30:00Z"

static const struct row {
	const char *name, *pool, *leased, *resting, *runs;
	uint64_t size, free;
} rows[] = {
	{ "nothing is leased",
	  "{cidr: 10.0.0.0/24, range_start: 10.0.0.50, range_end: 10.0.0.59}", "", "",
	  "free 10.0.0.50 10\n", 10, 10 },
	{ "some are leased, one rests",
	  "{cidr: 10.0.0.0/24, range_start: 10.0.0.50, range_end: 10.0.0.59}",
	  "10.0.0.50 10.0.0.51 10.0.0.59", "10.0.0.53",
	  "used 10.0.0.50 2\nfree 10.0.0.52 1\nresting 10.0.0.53 1\nfree 10.0.0.54 5\n"
	  "used 10.0.0.59 1\n",
	  10, 6 },
	{ "what is withheld, and a lease in it",
	  "{cidr: 10.0.0.0/24, range_start: 10.0.0.50, range_end: 10.0.0.59, "
	  "exclude: [\"10.0.0.52-10.0.0.55\"], gateway: 10.0.0.50}",
	  "10.0.0.53", "",
	  "excluded 10.0.0.50 1\nfree 10.0.0.51 1\nexcluded 10.0.0.52 1\n"
	  "used 10.0.0.53 1\nexcluded 10.0.0.54 2\nfree 10.0.0.56 4\n",
	  5, 5 },
	{ "a whole subnet keeps its ends", "{cidr: 10.0.0.0/29}", "10.0.0.9 10.0.0.1", "",
	  "excluded 10.0.0.0 1\nused 10.0.0.1 1\nfree 10.0.0.2 5\nexcluded 10.0.0.7 1\n",
	  6, 5 },
	{ "leased counts, not that it rested", "{cidr: 10.0.0.0/30}", "10.0.0.1",
	  "10.0.0.1",
	  "excluded 10.0.0.0 1\nused 10.0.0.1 1\nfree 10.0.0.2 1\nexcluded 10.0.0.3 1\n",
	  2, 1 },
	{ "full", "{cidr: 10.0.0.0/30}", "10.0.0.1 10.0.0.2", "",
	  "excluded 10.0.0.0 1\nused 10.0.0.1 2\nexcluded 10.0.0.3 1\n", 2, 0 },
};

static void add_lease(struct leases *leases, struct arena *arena, const char *ip)
{
	struct lease *lease = leases_add(arena, leases, arena_strdup(arena, ip));
	struct error err;

	lease->nics = arena_new(arena, struct nic);
	lease->nics_len = 1;
	assert_true(addr_read(&lease->nics[0].ip, ip, &err));
}

static void add_rest(struct leases *leases, struct arena *arena, const char *ip)
{
	struct error err;

	leases->resting = arena_array(arena, struct resting, 2);
	leases->resting_len = 2;
	assert_true(addr_read(&leases->resting[0].ip, ip, &err));
	leases->resting[0].until = "2026-11-21T10:30:00Z";
	leases->resting[1] = leases->resting[0];
	leases->resting[1].ip.bits++;
	leases->resting[1].until = NOW; /* it is over */
}

static const char *text_of(struct arena *arena, const struct usage *usage)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < usage->runs_len; i++) {
		char first[ADDR_TEXT];

		addr_print(&usage->runs[i].first, first);
		text_addf(&out, "%s %s %llu\n", address_use_name(usage->runs[i].use),
			  first, (unsigned long long)usage->runs[i].count);
	}
	return text_str(&out);
}

static void tells(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	char *list = arena_strdup(arena, row->leased), *save;
	struct leases leases = { 0 };
	struct usage usage;
	struct pools pools;
	struct diags diags;

	diags_init(&diags, arena);
	pools_read(&pools, arena,
		   file_of(arena, "pools.yaml",
			   arena_printf(arena, "pools:\n  p: %s\n", row->pool)),
		   &diags);
	assert_int_equal(diags.len, 0);
	for (char *ip = strtok_r(list, " ", &save); ip; ip = strtok_r(NULL, " ", &save))
		add_lease(&leases, arena, ip);
	if (*row->resting)
		add_rest(&leases, arena, row->resting);
	usage_of(&usage, arena, pools_find(&pools, "p"), FAMILY_4, &leases, NOW);
	assert_string_equal(text_of(arena, &usage), row->runs);
	assert_int_equal(usage.size, row->size);
	assert_int_equal(usage.free, row->free);
	arena_destroy(arena);
}

static void an_endless_pool_is_bounded(void **state)
{
	struct arena *arena = arena_create();
	struct leases leases = { 0 };
	struct usage usage;
	struct pools pools;
	struct diags diags;

	(void)state;
	diags_init(&diags, arena);
	pools_read(&pools, arena,
		   file_of(arena, "pools.yaml", "pools:\n  p: {cidr: \"fd00::/48\"}\n"),
		   &diags);
	add_lease(&leases, arena, "fd00::5");
	leases.at[0].nics[0].ip6 = leases.at[0].nics[0].ip;
	usage_of(&usage, arena, pools_find(&pools, "p"), FAMILY_6, &leases, NOW);
	assert_int_equal(usage.leased, 1);
	assert_true(usage.free == UINT64_MAX);
	usage_of(&usage, arena, pools_find(&pools, "p"), FAMILY_4, &leases, NOW);
	assert_int_equal(usage.runs_len, 0);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(tells, rows);
	add_test("an endless pool is bounded", an_endless_pool_is_bounded);
	return run_all_tests("usage");
}
