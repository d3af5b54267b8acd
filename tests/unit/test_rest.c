/* Leases end: what rests then, and how long. A line is an address and its last moment. */
#include "base/text.h"
#include "ipam/rest.h"
#include "tests/lib/reading.h"

#define NOW "2026-11-21T09:30:00Z"

static const char pools_text[] =
	"pools:\n"
	"  hour: {cidr: 10.0.0.0/24, cidr6: \"fd00:10::/64\", quarantine: 1h}\n"
	"  day: {cidr: 10.0.1.0/24, quarantine: 1d}\n"
	"  none: {cidr: 10.0.2.0/24}\n";

#define LEASE(name, n, more)                                                    \
	"\"" name "\": {\"id\": \"b3d1f3a0-0000-5000-8000-00000000000" n        \
	"\", \"since\": \"2026-01-01T00:00:00Z\", \"state\": \"reserved\", "    \
	"\"type\": \"vm\", \"node\": \"pve09\", \"vmid\": 1000" n ", \"mac\": " \
	"\"BC:24:11:00:00:0" n "\", " more "}"
#define FILE_OF(leases, resting) \
	"{\"version\": 1, \"leases\": {" leases "}, \"resting\": {" resting "}}"
#define A LEASE("a", "1", "\"ip\": \"10.0.0.5\", \"pool\": \"hour\"")
#define B LEASE("b", "2", "\"ip\": \"10.0.1.5\", \"pool\": \"day\"")

static const struct row {
	const char *name, *held, *gone, *resting, *left;
} rows[] = {
	{ "an address rests as long as its pool says", FILE_OF(A ", " B, ""), "a b",
	  "10.0.0.5 2026-11-21T10:30:00Z\n10.0.1.5 2026-11-22T09:30:00Z\n", "" },
	{ "who stays keeps the address", FILE_OF(A ", " B, ""), "b",
	  "10.0.1.5 2026-11-22T09:30:00Z\n", "a" },
	{ "a pool without a quarantine",
	  FILE_OF(LEASE("c", "3", "\"ip\": \"10.0.2.5\", \"pool\": \"none\""), ""), "c",
	  "", "" },
	{ "a pool that is there no more",
	  FILE_OF(LEASE("c", "3", "\"ip\": \"10.9.0.5\", \"pool\": \"gone\""), ""), "c",
	  "", "" },
	{ "both families and all cards",
	  FILE_OF(LEASE("c", "3",
			"\"ip\": \"10.0.0.7\", \"ip6\": \"fd00:10::7\", \"pool\": "
			"\"hour\", "
			"\"nics\": [{\"ip\": \"10.0.1.7\", \"mac\": "
			"\"BC:24:11:00:00:10\", "
			"\"pool\": \"day\"}]"),
		  ""),
	  "c",
	  "10.0.0.7 2026-11-21T10:30:00Z\n10.0.1.7 2026-11-22T09:30:00Z\n"
	  "fd00:10::7 2026-11-21T10:30:00Z\n",
	  "" },
	{ "what was leaving the guest",
	  FILE_OF(LEASE("c", "3",
			"\"ip\": \"10.0.0.7\", \"pool\": \"hour\", \"leaving\": "
			"[{\"ip\": \"10.0.1.9\", \"pool\": \"day\"}]"),
		  ""),
	  "c", "10.0.0.7 2026-11-21T10:30:00Z\n10.0.1.9 2026-11-22T09:30:00Z\n", "" },
	{ "rests that go on, and one that is over",
	  FILE_OF(A, "\"10.0.0.4\": \"2026-11-21T09:30:01Z\", "
		     "\"10.0.0.9\": \"2026-11-21T09:30:00Z\""),
	  "a", "10.0.0.4 2026-11-21T09:30:01Z\n10.0.0.5 2026-11-21T10:30:00Z\n", "" },
	{ "the longer one of two", FILE_OF(A, "\"10.0.0.5\": \"2027-01-01T00:00:00Z\""),
	  "a", "10.0.0.5 2027-01-01T00:00:00Z\n", "" },
	{ "where nothing ends nothing is forgotten",
	  FILE_OF(A, "\"10.0.0.9\": \"2026-01-01T00:00:00Z\""), "",
	  "10.0.0.9 2026-01-01T00:00:00Z\n", "a" },
};

static const char *text_of_rests(struct arena *arena, const struct leases *leases)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < leases->resting_len; i++) {
		char ip[ADDR_TEXT];

		addr_print(&leases->resting[i].ip, ip);
		text_addf(&out, "%s %s\n", ip, leases->resting[i].until);
	}
	return text_str(&out);
}

static const char *text_of_names(struct arena *arena, const struct leases *leases)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < leases->len; i++)
		text_addf(&out, "%s%s", i ? " " : "", leases->at[i].name);
	return text_str(&out);
}

static void ends(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct leases leases;
	struct pools pools;
	struct diags diags;
	bool *gone;

	diags_init(&diags, arena);
	pools_read(&pools, arena, file_of(arena, "pools.yaml", pools_text), &diags);
	leases_read(&leases, arena, file_of(arena, "leases.json", row->held), &diags);
	assert_mistakes(&diags, NULL);
	gone = arena_array(arena, bool, leases.len);
	for (size_t i = 0; i < leases.len; i++)
		gone[i] = strstr(row->gone, leases.at[i].name) != NULL;
	leases_end(&leases, arena, gone, &pools, NOW);
	assert_string_equal(text_of_rests(arena, &leases), row->resting);
	assert_string_equal(text_of_names(arena, &leases), row->left);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(ends, rows);
	return run_all_tests("rest");
}
