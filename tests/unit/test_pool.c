#include "ipam/pool.h"
#include "tests/lib/reading.h"

#define POOL(body) "pools:\n  mgmt: {" body "}\n"

static const struct row {
	const char *name, *text, *mistakes;
} rows[] = {
	{ "every key",
	  POOL("cidr: 192.168.10.0/24, range_start: 192.168.10.50, "
	       "range_end: 192.168.10.200, gateway: 192.168.10.1, dns: [192.168.10.2, "
	       "'fd00::2'], exclude: [192.168.10.60, 192.168.10.70-192.168.10.80], "
	       "cidr6: 'fd00:10::/64', range_start6: 'fd00:10::5', range_end6: "
	       "'fd00:10::9', gateway6: 'fd00:10::1', quarantine: 1h"),
	  NULL },
	{ "nothing but a subnet", POOL("cidr: 10.0.0.0/24"), NULL },
	{ "no pools", "pools: {}\n", NULL },
	{ "no subnet", POOL("gateway: 10.0.0.1"), "2:9: pools.mgmt: cidr is missing" },
	{ "bits of the host", POOL("cidr: 10.0.0.5/24"),
	  "2:16: pools.mgmt.cidr: '10.0.0.5/24' is a host's address; its network is "
	  "10.0.0.0/24" },
	{ "no prefix", POOL("cidr: 10.0.0.0"),
	  "2:16: pools.mgmt.cidr: '10.0.0.0': expected a network like 10.0.0.0/24" },
	{ "a prefix too long", POOL("cidr: 10.0.0.0/33"),
	  "2:16: pools.mgmt.cidr: '10.0.0.0/33': the prefix is a number from 0 to 32" },
	{ "no address", POOL("cidr: 999.1.1.1/24"),
	  "2:16: pools.mgmt.cidr: '999.1.1.1/24' does not begin with an IP address" },
	{ "a range outside",
	  POOL("cidr: 10.0.0.0/24, range_start: 10.0.1.5, "
	       "range_end: 10.0.2.0"),
	  "2:42: pools.mgmt.range_start: 10.0.1.5 is not in 10.0.0.0/24\n"
	  "2:63: pools.mgmt.range_end: 10.0.2.0 is not in 10.0.0.0/24" },
	{ "a range backwards",
	  POOL("cidr: 10.0.0.0/24, range_start: 10.0.0.9, "
	       "range_end: 10.0.0.8"),
	  "2:63: pools.mgmt.range_end: 10.0.0.8 is before range_start (10.0.0.9)" },
	{ "a range of the other family",
	  POOL("cidr: 10.0.0.0/24, range_start: 'fd00::1'"),
	  "2:42: pools.mgmt.range_start: fd00::1 is not in 10.0.0.0/24" },
	{ "a gateway outside", POOL("cidr: 10.0.0.0/24, gateway: 10.0.1.1"),
	  "2:38: pools.mgmt.gateway: 10.0.1.1 is not in 10.0.0.0/24" },
	{ "a leading zero", POOL("cidr: 10.0.0.0/24, gateway: 10.0.0.01"),
	  "2:38: pools.mgmt.gateway: '10.0.0.01' is not an IP address" },
	{ "excluded addresses",
	  POOL("cidr: 10.0.0.0/24, exclude: [10.0.1.1, 10.0.0.9-10.0.0.8, "
	       "10.0.0.250-10.0.1.3, 10.0.0.1-, 'fd00::1', 10.0.0.1-fd00::2]"),
	  "2:39: pools.mgmt.exclude[0]: 10.0.1.1 is not in the pool\n"
	  "2:49: pools.mgmt.exclude[1]: 10.0.0.9-10.0.0.8: the last address is before "
	  "the first\n"
	  "2:68: pools.mgmt.exclude[2]: 10.0.0.250-10.0.1.3 is not in the pool\n"
	  "2:89: pools.mgmt.exclude[3]: '10.0.0.1-' is neither an address nor two of "
	  "them with '-' between\n"
	  "2:100: pools.mgmt.exclude[4]: fd00::1 is not in the pool\n"
	  "2:111: pools.mgmt.exclude[5]: 10.0.0.1-fd00::2: two families of addresses" },
	{ "DNS servers", POOL("cidr: 10.0.0.0/24, dns: [10.0.0.256, 1.1.1.1]"),
	  "2:35: pools.mgmt.dns[0]: '10.0.0.256' is not an IP address" },
	{ "IPv4 as second family", POOL("cidr: 10.0.0.0/24, cidr6: 10.0.1.0/24"),
	  "2:36: pools.mgmt.cidr6: 10.0.1.0/24 is not IPv6" },
	{ "IPv6 twice", POOL("cidr: 'fd00::/64', cidr6: 'fd01::/64'"),
	  "2:36: pools.mgmt.cidr6: the pool has an IPv6 subnet already: cidr" },
	{ "keys of a second family that is missing",
	  POOL("cidr: 10.0.0.0/24, gateway6: 'fd00::1'"),
	  "2:39: pools.mgmt.gateway6: belongs to cidr6, which is missing" },
	{ "ranges that overlap",
	  "pools:\n  b: {cidr: 10.0.0.0/24, range_start: 10.0.0.100}\n"
	  "  a: {cidr: 10.0.0.0/24, range_end: 10.0.0.100}\n"
	  "  c: {cidr: 10.0.0.0/25, range_start: 10.0.0.50, range_end: 10.0.0.60}\n",
	  "2:3: pools.b: its range overlaps the one of pool a\n"
	  "4:3: pools.c: its range overlaps the one of pool a" },
	{ "ranges of one subnet that do not",
	  "pools:\n  b: {cidr: 10.0.0.0/24, range_start: 10.0.0.101}\n"
	  "  a: {cidr: 10.0.0.0/24, range_end: 10.0.0.100}\n",
	  NULL },
	{ "ranges of the second family that overlap",
	  "pools:\n  a: {cidr: 10.0.0.0/24, cidr6: 'fd00::/64'}\n"
	  "  b: {cidr: 10.0.1.0/24, cidr6: 'fd00::/64'}\n",
	  "3:3: pools.b: its range overlaps the one of pool a" },
	{ "an unknown key", POOL("cidr: 10.0.0.0/24, range_strat: 10.0.0.5"),
	  "2:29: pools.mgmt.range_strat: unknown key; did you mean range_start?" },
	{ "a quarantine without a unit", POOL("cidr: 10.0.0.0/24, quarantine: 60"),
	  "2:41: pools.mgmt.quarantine: expected a duration such as 30s, 5m, 72h or 7d, "
	  "not "
	  "60" },
	{ "a name with a blank", "pools: {'a b': {cidr: 10.0.0.0/24}}",
	  "1:9: pools.a b: a pool's name is 1 to 63 letters, digits, '_', '.' and '-', "
	  "and "
	  "begins with a letter or digit" },
	{ "a list of pools", "pools: []",
	  "1:8: pools: expected a mapping (key: value), not a "
	  "list" },
	{ "nothing at all", "",
	  "1:1: expected a mapping (key: value), not nothing; for none "
	  "write {}" },
	{ "other keys", "pool: {}\n", "1:1: pool: unknown key; did you mean pools?" },
};

static void read_text(struct pools *pools, struct arena *arena, const char *text,
		      struct diags *diags)
{
	diags_init(diags, arena);
	pools_read(pools, arena, file_of(arena, "pools.yaml", text), diags);
}

static void tells(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct pools pools;
	struct diags diags;

	read_text(&pools, arena, row->text, &diags);
	assert_mistakes(&diags, row->mistakes);
	arena_destroy(arena);
}

/* Which of the addresses 10.0.0.0 to 10.0.0.15 (or fd00::0 to ::f) a pool offers. */
static const struct offer {
	const char *name, *body;
	enum family family;
	const char *offered; /* the last digit of each, in hexadecimal */
	uint64_t size;
} offers[] = {
	{ "all of a subnet but its ends", "cidr: 10.0.0.0/29", FAMILY_4, "123456", 6 },
	{ "not the gateway, not the DNS server",
	  "cidr: 10.0.0.0/29, range_start: 10.0.0.0, range_end: 10.0.0.7, gateway: "
	  "10.0.0.1, dns: [10.0.0.2]",
	  FAMILY_4, "3456", 4 },
	{ "what the range says",
	  "cidr: 10.0.0.0/28, range_start: 10.0.0.5, range_end: "
	  "10.0.0.8",
	  FAMILY_4, "5678", 4 },
	{ "nothing excluded",
	  "cidr: 10.0.0.0/28, exclude: [10.0.0.9, 10.0.0.3-10.0.0.6, 10.0.0.5-10.0.0.7, "
	  "10.0.0.0-10.0.0.1]",
	  FAMILY_4, "28abcde", 7 },
	{ "everything excluded", "cidr: 10.0.0.0/28, exclude: [10.0.0.0-10.0.0.15]",
	  FAMILY_4, "", 0 },
	{ "both ends of a link", "cidr: 10.0.0.4/31", FAMILY_4, "45", 2 },
	{ "a single address", "cidr: 10.0.0.4/32", FAMILY_4, "4", 1 },
	{ "the gateway counts once, also when excluded",
	  "cidr: 10.0.0.0/29, gateway: 10.0.0.3, dns: [10.0.0.3, 10.0.0.3], exclude: "
	  "[10.0.0.2-10.0.0.3]",
	  FAMILY_4, "1456", 4 },
	{ "a DNS server elsewhere takes nothing", "cidr: 10.0.0.0/30, dns: [1.1.1.1]",
	  FAMILY_4, "12", 2 },
	{ "IPv6 has no broadcast address", "cidr: 'fd00::/124'", FAMILY_6,
	  "123456789abcdef", 15 },
	{ "IPv6 by its own keys",
	  "cidr: 10.0.0.0/24, cidr6: 'fd00::/120', range_start6: 'fd00::8', range_end6: "
	  "'fd00::b', gateway6: 'fd00::9'",
	  FAMILY_6, "8ab", 3 },
	{ "a large subnet", "cidr: 'fd00::/64', range_start: 'fd00::1'", FAMILY_6,
	  "123456789abcdef", UINT64_MAX },
	{ "a whole network of IPv4", "cidr: 10.0.0.0/8", FAMILY_4, "123456789abcdef",
	  (1U << 24) - 2 },
	{ "no IPv6 at all", "cidr: 10.0.0.0/24", FAMILY_6, "", 0 },
};

static void offers_these(void **state)
{
	static const char digits[] = "0123456789abcdef";
	const struct offer *row = *state;
	struct arena *arena = arena_create();
	struct pools pools;
	struct diags diags;
	struct text offered;
	struct error err;
	struct addr addr;

	read_text(&pools, arena, arena_printf(arena, "pools: {mgmt: {%s}}", row->body),
		  &diags);
	assert_mistakes(&diags, NULL);
	text_init(&offered, arena);
	for (unsigned i = 0; i < 16; i++) {
		char name[ADDR_TEXT];

		snprintf(name, sizeof(name),
			 row->family == FAMILY_4 ? "10.0.0.%u" : "fd00::%x", i);
		assert_true(addr_read(&addr, name, &err));
		if (pool_offers(pools_find(&pools, "mgmt"), &addr))
			text_addc(&offered, digits[i]);
	}
	assert_string_equal(text_str(&offered), row->offered);
	assert_true(pool_size(&pools.at[0], row->family) == row->size);
	arena_destroy(arena);
}

static void finds(void **state)
{
	struct arena *arena = arena_create();
	struct pools pools;
	struct diags diags;

	(void)state;
	read_text(&pools, arena,
		  "pools:\n  c: {cidr: 10.0.3.0/24, quarantine: 2m}\n"
		  "  a: {cidr: 10.0.1.0/24, dns: ['fd00::1', 10.0.1.1]}\n"
		  "  b: {cidr: 10.0.2.0/24}\n",
		  &diags);
	assert_mistakes(&diags, NULL);
	assert_int_equal(pools.len, 3);
	assert_string_equal(pools.at[0].name, "a");
	assert_ptr_equal(pools_find(&pools, "c"), &pools.at[2]);
	assert_int_equal(pools.at[2].quarantine, 120);
	assert_int_equal(pools.at[0].quarantine, 0);
	assert_int_equal(pools.at[0].dns_len, 2);
	assert_int_equal(pools.at[0].dns[0].family, FAMILY_6);
	assert_int_equal(pools.at[0].at.line, 3);
	assert_null(pools_find(&pools, "d"));
	assert_null(pools_find(&(struct pools){ 0 }, "a"));
	arena_destroy(arena);
}

int main(void)
{
	add_rows(tells, rows);
	add_rows(offers_these, offers);
	add_test("pools are found by name", finds);
	return run_all_tests("pool");
}
