/* Addresses that guests have already: what becomes a lease, and what does not. */
#include "base/text.h"
#include "ipam/given.h"
#include "tests/lib/reading.h"

static const char pools_text[] =
	"pools:\n"
	"  a: {cidr: 10.0.0.0/24, range_start: 10.0.0.50, range_end: 10.0.0.60, gateway: "
	"10.0.0.1, dns: [10.0.0.2], exclude: [10.0.0.7], cidr6: \"fd00:10::/64\"}\n"
	"  b: {cidr: 10.0.0.0/16, range_start: 10.0.9.1, range_end: 10.0.9.9}\n"
	"  c: {cidr: 10.9.0.0/31, range_start: 10.9.0.0, range_end: 10.9.0.1}\n";

static const char held_text[] =
	"{\"version\": 1, \"leases\": {"
	"\"bare\": {\"ip\": \"10.0.0.55\", \"pool\": \"a\"},"
	"\"whole\": {\"id\": \"b3d1f3a0-0000-5000-8000-000000000001\", \"since\": "
	"\"2026-01-01T00:00:00Z\", \"state\": \"ready\", \"type\": \"vm\", \"vmid\": "
	"100, "
	"\"mac\": \"BC:24:11:00:00:01\", \"ip\": \"10.0.0.56\", \"pool\": \"a\", "
	"\"leaving\": "
	"[{\"ip\": \"10.0.0.57\", \"pool\": \"a\"}]}},"
	"\"resting\": {\"10.0.0.58\": \"2030-01-01T00:00:00Z\"}}";

static const struct row {
	const char *name;
	const char *guest, *address, *pool, *asks;
	const char *leased; /* as pool and resting addresses; NULL: the error */
	const char *error;
} rows[] = {
	{ "of the pool that is said", "new", "10.0.0.59", "a", NULL, "a, 1 rest", NULL },
	{ "of the pool that the entry asks for", "new", "10.0.0.59", NULL, "b",
	  "b, 1 rest", NULL },
	{ "of the only pool that has it", "new", "10.0.8.1", NULL, NULL, "b, 1 rest",
	  NULL },
	{ "outside the range and excluded", "new", "10.0.0.7", "a", "a", "a, 1 rest",
	  NULL },
	{ "of the second family", "new", "fd00:10::7", NULL, NULL, "a, 1 rest", NULL },
	{ "the first of a /31", "new", "10.9.0.0", NULL, NULL, "c, 1 rest", NULL },
	{ "one that rests is in use again", "new", "10.0.0.58", "a", NULL, "a, 0 rest",
	  NULL },
	{ "what is leased so already", "bare", "10.0.0.55", "a", NULL,
	  "a, 1 rest, not new", NULL },
	{ "what is leased so already, with all the rest", "whole", "10.0.0.56", "a", NULL,
	  "a, 1 rest, not new", NULL },
	{ "in two pools", "new", "10.0.0.59", NULL, NULL, NULL,
	  "10.0.0.59 is in the pools a and b: say which with --pool" },
	{ "in no pool", "new", "10.8.0.1", NULL, NULL, NULL,
	  "10.8.0.1 is in no pool; there are: a, b and c" },
	{ "another pool than the entry's", "new", "10.0.0.59", "a", "b", NULL,
	  "its entry asks for an address of pool b, not of a" },
	{ "no such pool", "new", "10.0.0.59", "d", NULL, NULL,
	  "there is no pool d; there are: a, b and c" },
	{ "not in the pool", "new", "10.0.8.1", "a", NULL, NULL,
	  "10.0.8.1 is not in pool a (10.0.0.0/24)" },
	{ "a family that the pool has not", "new", "fd00:10::7", "b", NULL, NULL,
	  "fd00:10::7 is not in pool b (which has none of its family)" },
	{ "the gateway", "new", "10.0.0.1", "a", NULL, NULL,
	  "10.0.0.1 is the gateway of pool a" },
	{ "a DNS server", "new", "10.0.0.2", "a", NULL, NULL,
	  "10.0.0.2 is the DNS server of pool a" },
	{ "the network", "new", "fd00:10::", NULL, NULL, NULL,
	  "fd00:10:: is the network address of pool a" },
	{ "broadcast", "new", "10.0.255.255", NULL, NULL, NULL,
	  "10.0.255.255 is the broadcast address of pool b" },
	{ "leased to another", "new", "10.0.0.55", "a", NULL, NULL,
	  "10.0.0.55 is leased to bare" },
	{ "still leaving another", "new", "10.0.0.57", "a", NULL, NULL,
	  "10.0.0.57 is leased to whole" },
	{ "another one than it has", "bare", "10.0.0.59", "a", NULL, NULL,
	  "it has 10.0.0.55 already, and keeps it: a lease is never replaced by hand" },
};

/* Leased exactly as the lease file says it afterwards. */
static void assert_leased(struct arena *arena, const struct leases *leases,
			  const struct given *given)
{
	const char *text = leases_print(arena, leases);
	struct diags diags;
	struct leases again;
	const struct lease *lease;
	char ip[ADDR_TEXT];

	diags_init(&diags, arena);
	leases_read(&again, arena, file_of(arena, "leases.json", text), &diags);
	assert_mistakes(&diags, NULL);
	lease = leases_find(&again, given->name);
	addr_print(lease->nics[0].ip.family ? &lease->nics[0].ip : &lease->nics[0].ip6,
		   ip);
	assert_string_equal(ip, given->text);
	assert_string_equal(lease->nics[0].pool, given->pool);
	if (given->is_new)
		assert_true(lease->bare);
}

static void leases_it(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct given given = { row->guest, row->address, row->pool, false };
	struct error err = { 0 };
	struct leases leases;
	struct pools pools;
	struct diags diags;
	const char *before;

	diags_init(&diags, arena);
	pools_read(&pools, arena, file_of(arena, "pools.yaml", pools_text), &diags);
	leases_read(&leases, arena, file_of(arena, "leases.json", held_text), &diags);
	assert_mistakes(&diags, NULL);
	before = leases_print(arena, &leases);
	if (given_lease(&leases, arena, &pools, &given, row->asks, &err)) {
		assert_string_equal(arena_printf(arena, "%s, %zu rest%s", given.pool,
						 leases.resting_len,
						 given.is_new ? "" : ", not new"),
				    row->leased ? row->leased : row->error);
		assert_leased(arena, &leases, &given);
	} else {
		assert_string_equal(err.text, row->error ? row->error : row->leased);
		assert_string_equal(leases_print(arena, &leases), before);
	}
	arena_destroy(arena);
}

int main(void)
{
	add_rows(leases_it, rows);
	return run_all_tests("given");
}
