#include "base/text.h"
#include "ipam/lease.h"
#include "tests/lib/test.h"

#include <jansson.h>

/* Reads a text; what was wrong, a line each, or "". */
static const char *read_text(struct leases *out, struct arena *arena, const char *text)
{
	struct file *file = arena_new(arena, struct file);
	struct diags diags;
	struct text said;

	*file = (struct file){ "ipam/leases.json", text, strlen(text) };
	diags_init(&diags, arena);
	text_init(&said, arena);
	leases_read(out, arena, file, &diags);
	for (size_t i = 0; i < diags.len; i++)
		text_addf(&said, "%s%s: %s", i > 0 ? "\n" : "", diags.at[i].where,
			  diags.at[i].what);
	return text_str(&said);
}

#define WEB_01                                                                         \
	"\"id\": \"b3d1f3a0-0000-5000-8000-000000000001\", \"ip\": "                   \
	"\"192.168.10.50\","                                                           \
	"\"mac\": \"BC:24:11:5E:01:7A\", \"node\": \"pve01\", \"pool\": \"mgmt\","     \
	"\"since\": \"2026-11-21T09:30:00Z\", \"state\": \"ready\", \"type\": \"vm\"," \
	"\"vmid\": 10000"

static const char all_keys[] =
	"{\n"
	"  \"branch\": \"main\",\n"
	"  \"cluster\": \"lab\",\n"
	"  \"instance\": \"5f0c0000-0000-4000-8000-000000000000\",\n"
	"  \"leases\": {\n"
	"    \"bare\": {\n"
	"      \"ip\": \"192.168.10.8\",\n"
	"      \"pool\": \"mgmt\"\n"
	"    },\n"
	"    \"bare6\": {\n"
	"      \"ip\": \"fd00::9\",\n"
	"      \"pool\": \"six\"\n"
	"    },\n"
	"    \"cardless\": {\n"
	"      \"id\": \"b3d1f3a0-0000-5000-8000-000000000003\",\n"
	"      \"owns\": {\n"
	"        \"tags\": []\n"
	"      },\n"
	"      \"since\": \"2026-11-21T09:30:00Z\",\n"
	"      \"state\": \"reserved\",\n"
	"      \"type\": \"lxc\",\n"
	"      \"vmid\": 10002\n"
	"    },\n"
	"    \"dhcp\": {\n"
	"      \"id\": \"b3d1f3a0-0000-5000-8000-000000000004\",\n"
	"      \"mac\": \"BC:24:11:5E:01:7B\",\n"
	"      \"node\": \"pve02\",\n"
	"      \"owns\": {\n"
	"        \"tags\": []\n"
	"      },\n"
	"      \"since\": \"2026-11-21T09:30:00Z\",\n"
	"      \"state\": \"destroying\",\n"
	"      \"type\": \"vm\",\n"
	"      \"vmid\": 10003\n"
	"    },\n"
	"    \"web-01\": {\n"
	"      \"depends\": [\n"
	"        \"cardless\",\n"
	"        \"dhcp\"\n"
	"      ],\n"
	"      \"failed\": \"no space left on device\",\n"
	"      \"hold\": \"upgrade by hand\",\n"
	"      \"id\": \"b3d1f3a0-0000-5000-8000-000000000001\",\n"
	"      \"ip\": \"192.168.10.50\",\n"
	"      \"ip6\": \"fd00:10::50\",\n"
	"      \"leaving\": [\n"
	"        {\n"
	"          \"ip\": \"192.168.20.7\",\n"
	"          \"pool\": \"services\"\n"
	"        }\n"
	"      ],\n"
	"      \"mac\": \"BC:24:11:5E:01:7A\",\n"
	"      \"nics\": [\n"
	"        {\n"
	"          \"ip\": \"192.168.20.50\",\n"
	"          \"mac\": \"BC:24:11:00:00:01\",\n"
	"          \"pool\": \"services\"\n"
	"        },\n"
	"        {\n"
	"          \"mac\": \"BC:24:11:00:00:02\"\n"
	"        }\n"
	"      ],\n"
	"      \"node\": \"pve01\",\n"
	"      \"owns\": {\n"
	"        \"slots\": [\n"
	"          \"scsi1\"\n"
	"        ],\n"
	"        \"tags\": [\n"
	"          \"env-prod\",\n"
	"          \"web\"\n"
	"        ]\n"
	"      },\n"
	"      \"pool\": \"mgmt\",\n"
	"      \"protection\": true,\n"
	"      \"removal\": \"destroy\",\n"
	"      \"since\": \"2026-11-21T09:30:00Z\",\n"
	"      \"state\": \"ready\",\n"
	"      \"type\": \"vm\",\n"
	"      \"vmid\": 10000,\n"
	"      \"was\": \"web\"\n"
	"    }\n"
	"  },\n"
	"  \"resting\": {\n"
	"    \"192.168.10.77\": \"2026-11-22T09:30:00Z\",\n"
	"    \"192.168.10.9\": \"2026-11-22T09:30:00Z\",\n"
	"    \"fd00:10::77\": \"2026-11-22T09:30:00Z\"\n"
	"  },\n"
	"  \"serial\": 12,\n"
	"  \"source\": \"0123456789abcdef0123456789abcdef01234567\",\n"
	"  \"version\": 1\n"
	"}\n";

static const struct print_row {
	const char *name, *text, *printed;
} print_rows[] = {
	{ "every key comes back as it was", all_keys, all_keys },
	{ "no leases", "{\"leases\": {}, \"version\": 1}",
	  "{\n  \"leases\": {},\n  \"serial\": 0,\n  \"version\": 1\n}\n" },
	{ "the ancestor's file becomes ours, its leases stay bare",
	  "{\"leases\": {\"b\": {\"pool\": \"mgmt\", \"ip\": \"10.0.0.2\"},"
	  "\"a\": {\"ip\": \"10.0.0.1\", \"pool\": \"mgmt\"}}}",
	  "{\n  \"leases\": {\n"
	  "    \"a\": {\n      \"ip\": \"10.0.0.1\",\n      \"pool\": \"mgmt\"\n    },\n"
	  "    \"b\": {\n      \"ip\": \"10.0.0.2\",\n      \"pool\": \"mgmt\"\n    }\n"
	  "  },\n  \"serial\": 0,\n  \"version\": 1\n}\n" },
	{ "one spelling of a MAC and of an address",
	  "{\"version\": 1, \"leases\": {\"a\": {\"id\": "
	  "\"b3d1f3a0-0000-5000-8000-000000000001\", \"ip6\": \"FD00:0::1\","
	  "\"mac\": \"bc:24:11:5e:01:7a\", \"pool\": \"six\", \"since\": "
	  "\"2026-11-21T09:30:00Z\", \"state\": \"releasing\", \"type\": \"lxc\","
	  "\"vmid\": 100}}}",
	  "{\n  \"leases\": {\n    \"a\": {\n"
	  "      \"id\": \"b3d1f3a0-0000-5000-8000-000000000001\",\n"
	  "      \"ip6\": \"fd00::1\",\n      \"mac\": \"BC:24:11:5E:01:7A\",\n"
	  "      \"owns\": {\n        \"tags\": []\n      },\n"
	  "      \"pool\": \"six\",\n      \"since\": \"2026-11-21T09:30:00Z\",\n"
	  "      \"state\": \"releasing\",\n      \"type\": \"lxc\",\n"
	  "      \"vmid\": 100\n    }\n  },\n  \"serial\": 0,\n  \"version\": 1\n}\n" },
};

/* The form that jansson would print, so that people and other programs may rewrite it. */
static void assert_canonical(const char *printed)
{
	json_t *value = json_loads(printed, JSON_REJECT_DUPLICATES, NULL);
	char *dumped = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);

	assert_non_null(dumped);
	assert_memory_equal(dumped, printed, strlen(dumped));
	assert_string_equal(printed + strlen(dumped), "\n");
	free(dumped);
	json_decref(value);
}

static void prints(void **state)
{
	const struct print_row *row = *state;
	struct arena *arena = arena_create();
	struct leases leases, again;
	const char *printed;

	assert_string_equal(read_text(&leases, arena, row->text), "");
	printed = leases_print(arena, &leases);
	assert_string_equal(printed, row->printed);
	assert_canonical(printed);
	assert_string_equal(read_text(&again, arena, printed), "");
	assert_string_equal(leases_print(arena, &again), printed);
	arena_destroy(arena);
}

static void holds_every_key(void **state)
{
	struct arena *arena = arena_create();
	const struct lease *lease;
	struct leases leases;
	char text[ADDR_TEXT];

	(void)state;
	assert_string_equal(read_text(&leases, arena, all_keys), "");
	assert_true(leases.found);
	assert_false(leases.ancestor);
	assert_string_equal(leases.branch, "main");
	assert_string_equal(leases.cluster, "lab");
	assert_int_equal(leases.serial, 12);
	assert_int_equal(leases.len, 5);
	assert_int_equal(leases.resting_len, 3);
	assert_int_equal(leases.resting[0].ip.bits & 0xff, 9);
	assert_string_equal(leases.resting[1].until, "2026-11-22T09:30:00Z");

	lease = leases_find(&leases, "web-01");
	assert_non_null(lease);
	assert_int_equal(lease->state, LEASE_READY);
	assert_int_equal(lease->type, GUEST_VM);
	assert_int_equal(lease->vmid, 10000);
	assert_true(lease->protection);
	assert_string_equal(lease->removal, "destroy");
	assert_string_equal(lease->was, "web");
	assert_int_equal(lease->nics_len, 3);
	addr_print(&lease->nics[0].ip6, text);
	assert_string_equal(text, "fd00:10::50");
	assert_string_equal(lease->nics[1].pool, "services");
	assert_null(lease->nics[2].pool);
	assert_string_equal(lease->nics[2].mac, "BC:24:11:00:00:02");
	assert_int_equal(lease->owns_tags_len, 2);
	assert_int_equal(lease->owns_slots_len, 1);
	assert_string_equal(lease->owns_slots[0], "scsi1");
	assert_int_equal(lease->leaving_len, 1);

	lease = leases_find(&leases, "cardless");
	assert_int_equal(lease->nics_len, 0);
	assert_int_equal(lease->type, GUEST_LXC);
	lease = leases_find(&leases, "dhcp");
	assert_int_equal(lease->nics_len, 1);
	assert_int_equal(lease->nics[0].ip.family, FAMILY_NONE);
	lease = leases_find(&leases, "bare");
	assert_true(lease->bare);
	assert_int_equal(lease->vmid, 0);
	lease = leases_find(&leases, "bare6");
	assert_int_equal(lease->nics[0].ip.family, FAMILY_NONE);
	assert_int_equal(lease->nics[0].ip6.family, FAMILY_6);
	assert_null(leases_find(&leases, "web"));
	arena_destroy(arena);
}

static void reads_the_ancestors(void **state)
{
	struct arena *arena = arena_create();
	struct leases leases;

	(void)state;
	assert_string_equal(
		read_text(&leases, arena,
			  "{\"leases\": {\"web-01\": {\"ip\": \"192.168.10.57\", "
			  "\"pool\": \"mgmt\"}}}"),
		"");
	assert_true(leases.found);
	assert_true(leases.ancestor);
	assert_null(leases.instance);
	assert_true(leases_find(&leases, "web-01")->bare);
	arena_destroy(arena);
}

static void reads_no_file(void **state)
{
	struct arena *arena = arena_create();
	struct leases leases;
	struct diags diags;

	(void)state;
	diags_init(&diags, arena);
	leases_read(&leases, arena, NULL, &diags);
	assert_false(leases.found);
	assert_int_equal(leases.len, 0);
	assert_int_equal(diags.len, 0);
	arena_destroy(arena);
}

#define LEASE(more) "{\"version\": 1, \"leases\": {\"a\": {" more "}}}"
#define TWO(web_02)                                                             \
	"{\"version\": 1, \"leases\": {\"web-01\": {" WEB_01 "}, \"web-02\": {" \
	"\"since\": \"2026-11-21T09:30:00Z\", \"state\": \"ready\", \"type\": " \
	"\"vm\"," web_02 "}}}"

static const struct mistake_row {
	const char *name, *text, *said;
} mistake_rows[] = {
	{ "an unknown key", LEASE(WEB_01 ", \"color\": \"red\""),
	  "leases.a.color: unknown key" },
	{ "an unknown key that is nearly one", LEASE(WEB_01 ", \"nodes\": \"pve01\""),
	  "leases.a.nodes: unknown key; did you mean node?" },
	{ "an unknown key at the top", "{\"version\": 1, \"leases\": {}, \"colour\": 1}",
	  "colour: unknown key" },
	{ "an unknown key in owns", LEASE(WEB_01 ", \"owns\": {\"disks\": []}"),
	  "leases.a.owns.disks: unknown key" },
	{ "a key of ours beside the ancestor's",
	  "{\"leases\": {\"a\": {\"ip\": \"10.0.0.1\", \"pool\": \"mgmt\", \"vmid\": "
	  "100}}}",
	  "leases.a.id: is missing\nleases.a.since: is missing\nleases.a.state: is "
	  "missing\nleases.a.type: is missing\nleases.a.mac: is missing" },
	{ "a newer version, and nothing else is said",
	  "{\"version\": 2, \"leases\": [], \"more\": 1}",
	  "version: 2 is of a newer vm7; this one knows version 1, and leaves it alone" },
	{ "a version that never was", "{\"version\": 0, \"leases\": {}}",
	  "version: 0: this vm7 knows version 1 only" },
	{ "a version as text", "{\"version\": \"1\", \"leases\": {}}",
	  "version: expected a whole number" },
	{ "whole leases without a version", "{\"leases\": {\"a\": {" WEB_01 "}}}",
	  "version: is missing" },
	{ "our keys without a version", "{\"leases\": {}, \"serial\": 3}",
	  "version: is missing" },
	{ "no leases", "{\"version\": 1}", "leases: is missing" },
	{ "nothing at all", "{}", "leases: is missing\nversion: is missing" },
	{ "leases as a list", "{\"version\": 1, \"leases\": []}",
	  "leases: expected an object" },
	{ "a lease as a text", "{\"version\": 1, \"leases\": {\"a\": \"10.0.0.1\"}}",
	  "leases.a: expected an object" },
	{ "a list", "[]", ": expected an object" },
	{ "an unknown state",
	  LEASE("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
		"\"since\": \"2026-11-21T09:30:00Z\", \"state\": \"gone\", \"type\": "
		"\"qemu\""),
	  "leases.a.state: 'gone': expected reserved, adopting, ready, releasing, "
	  "released or destroying\nleases.a.type: 'qemu': expected vm or lxc" },
	{ "an unknown policy",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"removal\": \"gone\""),
	  "leases.web-02.removal: 'gone': expected keep, stop or destroy" },
	{ "a name that no guest can have",
	  "{\"version\": 1, \"leases\": {\"a b\": {\"ip\": \"10.0.0.1\", \"pool\": "
	  "\"mgmt\"}}}",
	  "leases.a b: 'a b' is not a guest's name" },
	{ "a bad address",
	  "{\"leases\": {\"a\": {\"ip\": \"10.0.0.999\", \"pool\": \"p\"}}}",
	  "leases.a.ip: '10.0.0.999' is not an IP address" },
	{ "an address as a number", "{\"leases\": {\"a\": {\"ip\": 7, \"pool\": \"p\"}}}",
	  "leases.a.ip: expected a string" },
	{ "the ancestor's without a pool",
	  "{\"leases\": {\"a\": {\"ip\": \"10.0.0.1\"}}}", "leases.a.pool: is missing" },
	{ "IPv6 under ip",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"ip\": \"fd00::1\", \"pool\": \"p\", \"mac\": \"BC:24:11:00:00:01\""),
	  "leases.web-02.ip: expected an IPv4 address" },
	{ "an address without a pool",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"ip\": \"10.0.0.1\", \"mac\": \"BC:24:11:00:00:01\""),
	  "leases.web-02.pool: is missing" },
	{ "a pool without an address",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"pool\": \"mgmt\", \"mac\": \"BC:24:11:00:00:01\""),
	  "leases.web-02.ip: is missing" },
	{ "a card without a MAC",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"mac\": \"BC:24:11:00:00:01\", \"nics\": [{}]"),
	  "leases.web-02.nics[0].mac: is missing" },
	{ "a bad MAC",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"mac\": \"BC:24:11\""),
	  "leases.web-02.mac: 'BC:24:11' is not a MAC like BC:24:11:5E:01:7A" },
	{ "a VMID as text",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": \"10001\""),
	  "leases.web-02.vmid: expected a whole number" },
	{ "a VMID that Proxmox keeps for itself",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 99"),
	  "leases.web-02.vmid: 99 is not in 100 to 999999999" },
	{ "an id that is no UUID", TWO("\"id\": \"web\", \"vmid\": 10001"),
	  "leases.web-02.id: 'web' is not a UUID" },
	{ "a flag as a text",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"protection\": \"yes\""),
	  "leases.web-02.protection: expected true or false" },
	{ "a negative serial", "{\"version\": 1, \"leases\": {}, \"serial\": -1}",
	  "serial: -1 is not in 0 to 2147483647" },
	{ "a text with a line break",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"hold\": \"a\\nb\""),
	  "leases.web-02.hold: has characters that cannot be shown" },
	{ "a time that is none",
	  "{\"version\": 1, \"leases\": {}, \"resting\": {\"10.0.0.1\": \"tomorrow\"}}",
	  "resting.10.0.0.1: 'tomorrow' is not a time in UTC like 2026-11-21T09:30:00Z" },
	{ "one address twice",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"ip\": \"192.168.10.50\", \"pool\": \"p\", \"mac\": "
	      "\"BC:24:11:00:00:01\""),
	  "leases.web-02.ip: 192.168.10.50 is leased to web-01 as well" },
	{ "one address twice, on a later card",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"mac\": \"BC:24:11:00:00:01\", \"nics\": [{\"ip\": \"192.168.10.50\","
	      "\"pool\": \"p\", \"mac\": \"BC:24:11:00:00:02\"}]"),
	  "leases.web-02.nics[0].ip: 192.168.10.50 is leased to web-01 as well" },
	{ "an address that leaves one guest leased to another",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"leaving\": [{\"ip\": \"192.168.10.50\", \"pool\": \"p\"}]"),
	  "leases.web-02.leaving[0].ip: 192.168.10.50 is leased to web-01 as well" },
	{ "one VMID twice",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10000"),
	  "leases.web-02.vmid: VMID 10000 is leased to web-01 as well" },
	{ "one MAC twice, in another spelling",
	  TWO("\"id\": \"b3d1f3a0-0000-5000-8000-000000000002\", \"vmid\": 10001,"
	      "\"mac\": \"bc:24:11:5e:01:7a\""),
	  "leases.web-02.mac: BC:24:11:5E:01:7A is leased to web-01 as well" },
	{ "one id twice, in another spelling",
	  TWO("\"id\": \"B3D1F3A0-0000-5000-8000-000000000001\", \"vmid\": 10001"),
	  "leases.web-02.id: B3D1F3A0-0000-5000-8000-000000000001 is leased to web-01 "
	  "as well" },
};

static void refuses(void **state)
{
	const struct mistake_row *row = *state;
	struct arena *arena = arena_create();
	struct leases leases;

	assert_string_equal(read_text(&leases, arena, row->text), row->said);
	arena_destroy(arena);
}

static const struct broken_row {
	const char *name, *text;
	unsigned line, column;
} broken_rows[] = {
	{ "cut in the middle", "{\n  \"lea", 2, 6 },
	{ "empty", "", 1, 1 },
	{ "a repeated key", "{\"leases\": {},\n \"leases\": {}}", 2, 9 },
	{ "something after the end", "{\"leases\": {}} x", 1, 16 },
	{ "marks of a merge", "<<<<<<< HEAD\n{}\n", 1, 1 },
	{ "a number without bound", "{\"serial\": 1000000000000000000000}", 1, 33 },
	{ "a zero byte in a text", "{\"branch\": \"a\\u0000\"}", 1, 20 },
	{ "bytes that are no text", "{\"branch\": \"\xff\"}", 1, 12 },
};

static void tells_where_it_breaks(void **state)
{
	const struct broken_row *row = *state;
	struct file file = { "ipam/leases.json", row->text, strlen(row->text) };
	struct arena *arena = arena_create();
	struct leases leases;
	struct diags diags;

	diags_init(&diags, arena);
	leases_read(&leases, arena, &file, &diags);
	assert_int_equal(diags.len, 1);
	assert_string_equal(diags.at[0].at.file->path, "ipam/leases.json");
	assert_int_equal(diags.at[0].at.line, row->line);
	assert_int_equal(diags.at[0].at.column, row->column);
	assert_true(str_starts(diags.at[0].what, "not JSON: "));
	arena_destroy(arena);
}

static void refuses_depth(void **state)
{
	struct arena *arena = arena_create();
	size_t len = 100000;
	char *deep = arena_alloc(arena, len + 1, 1);
	struct leases leases;

	(void)state;
	memset(deep, '[', len);
	assert_true(str_starts(read_text(&leases, arena, deep), ": not JSON: "));
	arena_destroy(arena);
}

/* Words of others must not make a file that the next pass refuses. */
static void prints_what_it_reads(void **state)
{
	struct arena *arena = arena_create();
	struct leases leases = { .found = true }, again;
	struct lease *lease = leases_add(arena, &leases, "a");

	(void)state;
	lease->id = "b3d1f3a0-0000-5000-8000-000000000001";
	lease->vmid = 100;
	lease->since = "2026-11-21T09:30:00Z";
	lease->failed = "line\nbreak \x1b[31m \xff \"quoted\" \\ gr\xc3\xbc\xc3\x9f";
	assert_canonical(leases_print(arena, &leases));
	assert_string_equal(read_text(&again, arena, leases_print(arena, &leases)), "");
	assert_string_equal(leases_find(&again, "a")->failed,
			    "line?break ?[31m ? \"quoted\" \\ gr\xc3\xbc\xc3\x9f");
	arena_destroy(arena);
}

static void keeps_order(void **state)
{
	static const char *const names[] = { "m", "z", "a", "b", "y", "c",
					     "n", "x", "k", "d", "l" };
	struct arena *arena = arena_create();
	struct leases leases = { 0 }, copy;
	bool gone[sizeof(names) / sizeof(names[0])];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		leases_add(arena, &leases, names[i])->vmid = 100 + (unsigned)i;
	for (size_t i = 1; i < leases.len; i++)
		assert_true(strcmp(leases.at[i - 1].name, leases.at[i].name) < 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(leases_find(&leases, names[i])->vmid, 100 + i);

	leases_copy(&copy, arena, &leases);
	for (size_t i = 0; i < copy.len; i++)
		gone[i] = strchr("azk", *copy.at[i].name) != NULL;
	leases_sweep(&copy, gone);
	leases_find(&copy, "m")->vmid = 7;
	assert_int_equal(copy.len, 8);
	assert_null(leases_find(&copy, "k"));
	assert_string_equal(copy.at[0].name, "b");
	assert_int_equal(leases.len, 11);
	assert_int_equal(leases_find(&leases, "m")->vmid, 100);
	leases_add(arena, &copy, "zz");
	assert_int_equal(leases.len, 11);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(prints, print_rows);
	add_test("every key is read", holds_every_key);
	add_test("the ancestor's file is told apart", reads_the_ancestors);
	add_test("an absent file is an empty one", reads_no_file);
	add_rows(refuses, mistake_rows);
	add_rows(tells_where_it_breaks, broken_rows);
	add_test("depth without end is refused", refuses_depth);
	add_test("words of others stay readable", prints_what_it_reads);
	add_test("leases stay sorted by name", keeps_order);
	return run_all_tests("lease");
}
