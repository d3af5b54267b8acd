/*
 * Allocation, as sentences: pools, a lease file and wants in, a line a guest out.
 *
 * A want is `name=pool,pool#vmid:type`; `-` is a card without a pool, `mgmt` is what is
 * used when nothing follows the name. A line is `name: 10.0.0.5 10000`, then `kept` when
 * nothing of it is new, or the error; a note follows in brackets.
 */
#include "base/text.h"
#include "ipam/allocate.h"
#include "tests/lib/test.h"

#define INSTANCE "5f0c0000-0000-4000-8000-000000000000"
#define SINCE    "2026-11-21T09:30:00Z"

/* Four addresses: .3 to .6. */
static const char small[] =
	"pools: {mgmt: {cidr: 10.0.0.0/29, range_start: 10.0.0.0, range_end: 10.0.0.7,\n"
	"  gateway: 10.0.0.1, dns: [10.0.0.2]}}\n";

static const char two[] =
	"pools:\n"
	"  mgmt: {cidr: 10.0.0.0/24, range_start: 10.0.0.5, range_end: 10.0.0.9}\n"
	"  services: {cidr: 10.0.1.0/24, range_start: 10.0.1.5, range_end: 10.0.1.6}\n";

static const char excluding[] =
	"pools: {mgmt: {cidr: 10.0.0.0/24, range_start: 10.0.0.5, range_end: 10.0.0.20,\n"
	"  exclude: [10.0.0.5, 10.0.0.7-10.0.0.9, 10.0.0.8]}}\n";

static const char dual[] =
	"pools: {mgmt: {cidr: 10.0.0.0/24, range_start: 10.0.0.5, range_end: 10.0.0.9,\n"
	"  cidr6: \"fd00:10::/64\", range_start6: \"fd00:10::50\",\n"
	"  range_end6: \"fd00:10::51\", gateway6: \"fd00:10::1\"}}\n";

static const char six[] = "pools: {mgmt: {cidr: \"fd00:10::/64\"}}\n";

static const char link[] = "pools: {mgmt: {cidr: 10.0.0.0/31}}\n";

#define BARE(name, ip, pool) "\"" name "\": {\"ip\": \"" ip "\", \"pool\": \"" pool "\"}"
#define ANCESTORS(leases)    "{\"leases\": {" leases "}}"
#define WHOLE(name, n, more)                                                           \
	"\"" name "\": {\"id\": \"b3d1f3a0-0000-5000-8000-00000000000" n               \
	"\", \"since\": "                                                              \
	"\"2026-01-01T00:00:00Z\", \"node\": \"pve09\", \"mac\": \"BC:24:11:00:00:0" n \
	"\", \"vmid\": 1000" n ", " more "}"
#define READY(name, n, ip, pool)                                      \
	WHOLE(name, n,                                                \
	      "\"state\": \"ready\", \"type\": \"vm\", \"ip\": \"" ip \
	      "\", \"pool\": \"" pool "\"")
#define OURS(leases) "{\"version\": 1, \"leases\": {" leases "}}"

static const struct row {
	const char *name, *pools, *held, *wants, *result;
	const char *seen;  /* addresses of foreign guests, sorted */
	const char *vmids; /* of the cluster, sorted */
	unsigned vmid_first, vmid_last;
} rows[] = {
	{ "gateway, DNS, network and broadcast are never leased", small, NULL,
	  "a b c d e",
	  "a: 10.0.0.3 10000\nb: 10.0.0.4 10001\nc: 10.0.0.5 10002\nd: 10.0.0.6 10003\n"
	  "e: exhausted: pool mgmt is full: 4 addresses, 4 leased" },
	{ "both addresses of a point-to-point link are hosts", link, NULL, "a b c",
	  "a: 10.0.0.0 10000\nb: 10.0.0.1 10001\n"
	  "c: exhausted: pool mgmt is full: 2 addresses, 2 leased" },
	{ "excluded addresses are stepped over", excluding, NULL, "a b c",
	  "a: 10.0.0.6 10000\nb: 10.0.0.10 10001\nc: 10.0.0.11 10002" },
	{ "the lowest free ones, in the order of the wants", two,
	  ANCESTORS(BARE("x", "10.0.0.5", "mgmt") ", " BARE("y", "10.0.0.7", "mgmt")),
	  "b a x y",
	  "b: 10.0.0.6 10000\na: 10.0.0.8 10001\nx: 10.0.0.5 10002\ny: 10.0.0.7 10003" },
	{ "who is not wanted keeps its address", two,
	  ANCESTORS(BARE("x", "10.0.0.5", "mgmt")), "a", "a: 10.0.0.6 10000" },
	{ "a whole lease is kept", two, OURS(READY("a", "7", "10.0.0.8", "mgmt")), "b a",
	  "b: 10.0.0.5 10000\na: 10.0.0.8 10007 kept" },
	{ "an address outside the range is kept", two,
	  ANCESTORS(BARE("a", "10.0.0.200", "mgmt")), "a", "a: 10.0.0.200 10000" },
	{ "an excluded address is kept", excluding,
	  ANCESTORS(BARE("a", "10.0.0.8", "mgmt")), "a", "a: 10.0.0.8 10000" },
	{ "an address outside the subnet is a mistake", two,
	  ANCESTORS(BARE("a", "10.99.0.1", "mgmt")), "a b",
	  "a: invalid: 10.99.0.1 is leased to a, but not in pool mgmt (10.0.0.0/24)\n"
	  "b: 10.0.0.5 10000" },
	{ "of a whole lease too", two, OURS(READY("a", "1", "10.99.0.1", "mgmt")), "a",
	  "a: invalid: 10.99.0.1 is leased to a, but not in pool mgmt (10.0.0.0/24)" },
	{ "of a family that the pool does not have", two,
	  ANCESTORS(BARE("a", "fd00::1", "mgmt")), "a",
	  "a: invalid: fd00::1 is leased to a, but not in pool mgmt (which has none of "
	  "its family)" },
	{ "another pool needs a readdress", two,
	  OURS(READY("a", "1", "10.0.0.5", "mgmt")), "a=services",
	  "a: refused: net0 of a asks for pool services and has 10.0.0.5 of pool mgmt "
	  "leased: that is a readdress. Give it its network back, or say readdress: "
	  "allow" },
	{ "the ancestor's lease in another pool too", two,
	  ANCESTORS(BARE("a", "10.0.0.5", "mgmt")), "a=services",
	  "a: refused: net0 of a asks for pool services and has 10.0.0.5 of pool mgmt "
	  "leased: that is a readdress. Give it its network back, or say readdress: "
	  "allow" },
	{ "from a pool to no address too", two, OURS(READY("a", "1", "10.0.0.5", "mgmt")),
	  "a=-",
	  "a: refused: net0 of a asks for no address and has 10.0.0.5 of pool mgmt "
	  "leased: that is a readdress. Give it its network back, or say readdress: "
	  "allow" },
	{ "another type of a guest that is there is not decided here", two,
	  OURS(READY("a", "1", "10.0.0.5", "mgmt")), "a:lxc", "a: 10.0.0.5 10001 kept" },
	{ "another type than it is reserved for is refused", two,
	  OURS(WHOLE("a", "1",
		     "\"state\": \"reserved\", \"type\": \"vm\", \"ip\": \"10.0.0.5\", "
		     "\"pool\": \"mgmt\"")),
	  "a:lxc",
	  "a: refused: a is reserved as type vm, its entry says lxc. Give it its type "
	  "back, or free it: vm7 rollback --guest a" },
	{ "two cards, two pools", two, NULL, "a=mgmt,services b",
	  "a: 10.0.0.5 10.0.1.5 10000\nb: 10.0.0.6 10001" },
	{ "two cards in one pool", two, NULL, "a=mgmt,mgmt b",
	  "a: 10.0.0.5 10.0.0.6 10000\nb: 10.0.0.7 10001" },
	{ "a card without a pool gets no address", two, NULL, "a=-,mgmt b=-",
	  "a: - 10.0.0.5 10000\nb: - 10001" },
	{ "who cannot have all its cards takes nothing from the others", two, NULL,
	  "a=services,services b=mgmt,services c=mgmt",
	  "a: 10.0.1.5 10.0.1.6 10000\n"
	  "b: exhausted: pool services is full: 2 addresses, 2 leased\n"
	  "c: 10.0.0.5 10001" },
	{ "the last address is not enough for two cards", two,
	  ANCESTORS(BARE("x", "10.0.1.5", "services")), "a=services,services b=services",
	  "a: exhausted: pool services is full: 2 addresses, 1 leased\nb: 10.0.1.6 "
	  "10000" },
	{ "both families of a pool", dual, NULL, "a b c",
	  "a: 10.0.0.5+fd00:10::50 10000\nb: 10.0.0.6+fd00:10::51 10001\n"
	  "c: exhausted: pool mgmt is full (IPv6): 2 addresses, 2 leased" },
	{ "a bare lease gets the family that it lacks", dual,
	  ANCESTORS(BARE("a", "10.0.0.9", "mgmt")), "a",
	  "a: 10.0.0.9+fd00:10::50 10000" },
	{ "a whole one does not, and says so", dual,
	  OURS(READY("a", "1", "10.0.0.5", "mgmt")), "a",
	  "a: 10.0.0.5 10001 kept (its pool has a second family of addresses now, its "
	  "lease has not: takes effect when it is leased anew)" },
	{ "IPv6 alone begins after the routers' address", six, NULL, "a b",
	  "a: fd00:10::1 10000\nb: fd00:10::2 10001" },
	{ "cards that come later get addresses", two,
	  OURS(READY("a", "1", "10.0.0.5", "mgmt")), "a=mgmt,services b=services",
	  "a: 10.0.0.5 10.0.1.5 10001 kept\nb: 10.0.1.6 10000" },
	{ "a leaving address counts as leased", two,
	  OURS(WHOLE("a", "1",
		     "\"state\": \"ready\", \"type\": \"vm\", \"leaving\": [{\"ip\": "
		     "\"10.0.0.5\", \"pool\": \"mgmt\"}]")),
	  "b", "b: 10.0.0.6 10000" },
	{ "an address rests until its time", two,
	  "{\"version\": 1, \"leases\": {}, \"resting\": {\"10.0.0.5\": "
	  "\"2026-11-21T09:30:01Z\", \"10.0.0.6\": \"2026-11-21T09:30:00Z\"}}",
	  "a b", "a: 10.0.0.6 10000\nb: 10.0.0.7 10001" },
	{ "addresses of foreign guests are stepped over", two, NULL, "a b",
	  "a: 10.0.0.6 10000\nb: 10.0.0.8 10001", "10.0.0.5 10.0.0.7 10.0.1.5", NULL, 0,
	  0 },
	{ "who has what of a full pool", two,
	  "{\"version\": 1, \"leases\": {" BARE(
		  "x", "10.0.0.5",
		  "mgmt") "}, "
			  "\"resting\": {\"10.0.0.6\": \"2027-01-01T00:00:00Z\"}}",
	  "a b c",
	  "a: 10.0.0.8 10000\nb: 10.0.0.9 10001\n"
	  "c: exhausted: pool mgmt is full: 5 addresses, 3 leased, 1 resting, 1 of "
	  "guests "
	  "that are not vm7's",
	  "10.0.0.7", NULL, 0, 0 },
	{ "a pool that is not there", two, NULL, "a=dmz",
	  "a: invalid: a asks for pool dmz, which is not there" },
	{ "a foreign VMID is stepped over and named", two, NULL, "a b c",
	  "a: 10.0.0.5 10000\n"
	  "b: 10.0.0.6 10002 (VMID 10001 stepped over: of a guest that vm7 does not look "
	  "after)\nc: 10.0.0.7 10003",
	  NULL, "9000 10001 20000", 0, 0 },
	{ "several are named together", two, NULL, "a",
	  "a: 10.0.0.5 10003 (VMID 10000, 10001 and 10002 stepped over: of guests that "
	  "vm7 does not look after)",
	  NULL, "10000 10001 10002", 0, 0 },
	{ "our own guests on the cluster are not", two,
	  OURS(READY("a", "0", "10.0.0.5", "mgmt")), "a b",
	  "a: 10.0.0.5 10000 kept\nb: 10.0.0.6 10001", NULL, "10000", 0, 0 },
	{ "a VMID that is asked for", two, NULL, "a#20000 b",
	  "a: 10.0.0.5 20000\nb: 10.0.0.6 10000" },
	{ "it is kept for who asks for it, wherever it stands", two, NULL, "a b#10000",
	  "a: 10.0.0.5 10001\nb: 10.0.0.6 10000" },
	{ "one that a foreign guest has is refused, and takes no address", two, NULL,
	  "a#10001 b",
	  "a: refused: a asks for VMID 10001, but a guest that is not vm7's has it: "
	  "choose "
	  "another\nb: 10.0.0.5 10000",
	  NULL, "10001", 0, 0 },
	{ "one that is leased to another is refused", two,
	  OURS(READY("a", "0", "10.0.0.5", "mgmt")), "b#10000",
	  "b: refused: b asks for VMID 10000, but that is leased to a" },
	{ "the first who asks gets it", two, NULL, "b#10005 a#10005",
	  "b: 10.0.0.5 10005\n"
	  "a: refused: a asks for VMID 10005, but b does so too" },
	{ "a guest keeps its VMID", two, OURS(READY("a", "0", "10.0.0.5", "mgmt")),
	  "a#200",
	  "a: 10.0.0.5 10000 kept (vmid: 200 asked for, and 10000 leased: a guest keeps "
	  "its VMID)" },
	{ "a range that is used up", two, OURS(READY("a", "1", "10.0.0.5", "mgmt")),
	  "b c d",
	  "b: 10.0.0.6 10000\nc: 10.0.0.7 10002\n"
	  "d: exhausted: no free VMID for d: all of vmid_range 10000-10002 are taken",
	  NULL, NULL, 10000, 10002 },
	{ "the highest VMID there is", two, NULL, "a b",
	  "a: 10.0.0.5 999999999\n"
	  "b: exhausted: no free VMID for b: all of vmid_range 999999999-999999999 are "
	  "taken",
	  NULL, NULL, 999999999, 999999999 },
	{ "no wants", two, ANCESTORS(BARE("a", "10.0.0.5", "mgmt")), "", "" },
};

/* What an allocation needs, read from the texts of a row. */
struct setup {
	struct arena *arena;
	struct pools pools;
	struct leases held, out;
	struct allocation how;
	struct want *wants;
	size_t len;
	struct allotment *result;
};

static struct file *file_of(struct arena *arena, const char *path, const char *text)
{
	struct file *file = arena_new(arena, struct file);

	*file = (struct file){ path, text, strlen(text) };
	return file;
}

static void read_want(struct setup *s, struct want *want, char *text)
{
	char *type = strchr(text, ':'), *vmid = strchr(text, '#'),
	     *pools = strchr(text, '='), **names;
	struct claim *claims;
	uint64_t number;

	if (type)
		*type++ = '\0';
	if (vmid)
		*vmid++ = '\0';
	if (pools)
		*pools++ = '\0';
	want->name = text;
	want->node = "pve01";
	want->type = str_equal(type, "lxc") ? GUEST_LXC : GUEST_VM;
	if (vmid) {
		assert_true(str_number(vmid, &number));
		want->vmid = (unsigned)number;
	}
	want->claims_len = str_split(s->arena, pools ? pools : "mgmt", ",", &names);
	want->claims = claims = arena_array(s->arena, struct claim, want->claims_len);
	for (size_t i = 0; i < want->claims_len; i++)
		claims[i].pool = str_equal(names[i], "-") ? NULL : names[i];
}

static void read_taken(struct setup *s, const char *seen, const char *vmids)
{
	char **parts;
	struct addr *addrs;
	unsigned *numbers;
	struct error err;
	uint64_t number;

	s->how.addrs_taken_len = str_split(s->arena, seen ? seen : "", " ", &parts);
	s->how.addrs_taken = addrs =
		arena_array(s->arena, struct addr, s->how.addrs_taken_len);
	for (size_t i = 0; i < s->how.addrs_taken_len; i++)
		assert_true(addr_read(&addrs[i], parts[i], &err));
	s->how.vmids_taken_len = str_split(s->arena, vmids ? vmids : "", " ", &parts);
	s->how.vmids_taken = numbers =
		arena_array(s->arena, unsigned, s->how.vmids_taken_len);
	for (size_t i = 0; i < s->how.vmids_taken_len; i++) {
		assert_true(str_number(parts[i], &number));
		numbers[i] = (unsigned)number;
	}
}

static void setup_init(struct setup *s, const char *pools, const char *held,
		       const char *wants)
{
	struct diags diags;
	char **parts;

	*s = (struct setup){ .arena = arena_create() };
	diags_init(&diags, s->arena);
	pools_read(&s->pools, s->arena, file_of(s->arena, "pools.yaml", pools), &diags);
	leases_read(&s->held, s->arena,
		    held ? file_of(s->arena, "leases.json", held) : NULL, &diags);
	if (diags.len > 0)
		fail_msg("%s: %s", diags.at[0].where, diags.at[0].what);
	s->len = str_split(s->arena, wants, " ", &parts);
	s->wants = arena_array(s->arena, struct want, s->len);
	s->result = arena_array(s->arena, struct allotment, s->len);
	for (size_t i = 0; i < s->len; i++)
		read_want(s, &s->wants[i], parts[i]);
	s->how = (struct allocation){
		.pools = &s->pools,
		.held = &s->held,
		.instance = INSTANCE,
		.serial = 3,
		.since = SINCE,
		.vmid_first = 10000,
		.vmid_last = 19999,
		.mac_prefix = "BC:24:11",
	};
}

static void run(struct setup *s)
{
	allocate(&s->out, s->result, s->arena, &s->how, s->wants, s->len);
}

static const struct lease *lease_of(const struct setup *s, const char *name)
{
	const struct lease *lease = leases_find(&s->out, name);

	assert_non_null(lease);
	return lease;
}

static void print_one(struct text *out, const struct setup *s, size_t i)
{
	const struct allotment *result = &s->result[i];
	const struct lease *lease = leases_find(&s->out, s->wants[i].name);
	char ip[ADDR_TEXT], ip6[ADDR_TEXT];

	text_addf(out, "%s%s:", i > 0 ? "\n" : "", s->wants[i].name);
	if (!result->ok) {
		text_addf(out, " %s: %s", error_kind_name(result->why.kind),
			  result->why.text);
		return;
	}
	assert_int_equal(result->why.kind, ERROR_NONE);
	for (size_t n = 0; n < lease->nics_len; n++) {
		addr_print(&lease->nics[n].ip, ip);
		addr_print(&lease->nics[n].ip6, ip6);
		text_addf(out, " %s%s%s", ip, *ip && *ip6 ? "+" : "", ip6);
		if (!*ip && !*ip6)
			text_addc(out, '-');
	}
	text_addf(out, " %u%s", lease->vmid, result->is_new ? "" : " kept");
	if (result->note)
		text_addf(out, " (%s)", result->note);
}

/* The same, and nothing is doubled whatever happened. */
static void check_out(const struct setup *s)
{
	struct diags diags;

	diags_init(&diags, s->arena);
	leases_check(&s->out, s->arena, NULL, &diags);
	if (diags.len > 0)
		fail_msg("%s: %s", diags.at[0].where, diags.at[0].what);
	for (size_t i = 1; i < s->out.len; i++)
		assert_true(strcmp(s->out.at[i - 1].name, s->out.at[i].name) < 0);
}

static void allocates(void **state)
{
	const struct row *row = *state;
	struct text said;
	struct setup s;

	setup_init(&s, row->pools, row->held, row->wants);
	read_taken(&s, row->seen, row->vmids);
	if (row->vmid_first) {
		s.how.vmid_first = row->vmid_first;
		s.how.vmid_last = row->vmid_last;
	}
	run(&s);
	text_init(&said, s.arena);
	for (size_t i = 0; i < s.len; i++)
		print_one(&said, &s, i);
	assert_string_equal(text_str(&said), row->result);
	check_out(&s);
	arena_destroy(s.arena);
}

static void makes_a_whole_lease(void **state)
{
	static const char *const tags[] = { "env-prod", "web" };
	const struct lease *lease;
	struct setup s;

	(void)state;
	setup_init(&s, two, NULL, "web-01:lxc");
	s.wants[0].owns_tags = tags;
	s.wants[0].owns_tags_len = 2;
	s.wants[0].protection = true;
	run(&s);
	lease = lease_of(&s, "web-01");
	assert_int_equal(lease->state, LEASE_RESERVED);
	assert_int_equal(lease->type, GUEST_LXC);
	assert_string_equal(lease->node, "pve01");
	assert_string_equal(lease->since, SINCE);
	assert_true(lease->protection);
	assert_false(lease->bare);
	assert_int_equal(lease->owns_tags_len, 2);
	assert_string_equal(lease->owns_tags[1], "web");
	/* python3: uuid.uuid5(uuid.UUID(instance), "web-01 3") */
	assert_string_equal(lease->id, "530863be-9f96-5cc0-b336-48730b4c6008");
	/* printf instance/web-01/0 | sha256sum: bytes four to six */
	assert_string_equal(lease->nics[0].mac, "BC:24:11:90:B3:16");
	arena_destroy(s.arena);
}

static void makes_a_bare_lease_whole(void **state)
{
	const struct lease *lease;
	struct setup s;

	(void)state;
	setup_init(&s, two,
		   ANCESTORS(BARE("a", "10.0.0.7", "mgmt") ", " BARE("b", "10.0.0.8",
								     "mgmt")),
		   "a");
	run(&s);
	lease = lease_of(&s, "a");
	assert_true(s.result[0].is_new);
	assert_false(lease->bare);
	assert_non_null(lease->id);
	assert_non_null(lease->nics[0].mac);
	assert_int_equal(lease->state, LEASE_RESERVED);
	assert_string_equal(lease->since, SINCE);
	assert_true(lease_of(&s, "b")->bare);
	/* what was given in stays as it was */
	assert_true(leases_find(&s.held, "a")->bare);
	assert_null(leases_find(&s.held, "a")->nics[0].mac);
	arena_destroy(s.arena);
}

static void keeps_a_reserved_lease(void **state)
{
	const char *held =
		OURS(WHOLE("a", "1",
			   "\"state\": \"reserved\", \"type\": \"vm\", \"ip\": "
			   "\"10.0.0.7\", \"pool\": \"mgmt\", \"failed\": \"no "
			   "space\""));
	const struct lease *lease;
	struct setup s;

	(void)state;
	setup_init(&s, two, held, "a");
	run(&s);
	lease = lease_of(&s, "a");
	assert_false(s.result[0].is_new);
	assert_string_equal(lease->id, "b3d1f3a0-0000-5000-8000-000000000001");
	assert_string_equal(lease->since, "2026-01-01T00:00:00Z");
	assert_string_equal(lease->node, "pve09");
	assert_string_equal(lease->failed, "no space");
	assert_string_equal(leases_print(s.arena, &s.out),
			    leases_print(s.arena, &s.held));
	arena_destroy(s.arena);
}

/* For another VMID: its addresses and MACs stay, its id does not. */
static void makes_a_lease_anew(void **state)
{
	const char *held =
		OURS(WHOLE("a", "1",
			   "\"state\": \"reserved\", \"type\": \"vm\", \"ip\": "
			   "\"10.0.0.7\", \"pool\": \"mgmt\", \"nics\": [{\"ip\": "
			   "\"10.0.1.6\", \"pool\": \"services\", \"mac\": "
			   "\"BC:24:11:00:00:99\"}]"));
	const struct lease *lease;
	struct setup s;

	(void)state;
	setup_init(&s, two, held, "a=mgmt,services");
	s.held.at[0].bare = true;
	s.held.at[0].vmid = 0;
	read_taken(&s, NULL, "10000 10001");
	run(&s);
	lease = lease_of(&s, "a");
	assert_true(s.result[0].is_new);
	assert_int_equal(lease->vmid, 10002);
	assert_string_not_equal(lease->id, "b3d1f3a0-0000-5000-8000-000000000001");
	assert_string_equal(lease->nics[0].mac, "BC:24:11:00:00:01");
	assert_string_equal(lease->nics[1].mac, "BC:24:11:00:00:99");
	arena_destroy(s.arena);
}

static void an_address_rests_no_more(void **state)
{
	struct setup s;

	(void)state;
	setup_init(&s, two,
		   "{\"version\": 1, \"leases\": {}, \"resting\": {\"10.0.0.5\": "
		   "\"2026-01-01T00:00:00Z\", \"10.0.0.6\": \"2027-01-01T00:00:00Z\", "
		   "\"10.0.0.7\": \"2026-01-01T00:00:00Z\"}}",
		   "a");
	run(&s);
	assert_int_equal(s.out.resting_len, 1);
	assert_int_equal(s.out.resting[0].ip.bits & 0xff, 6);
	assert_int_equal(s.held.resting_len, 3);
	arena_destroy(s.arena);
}

static const struct prefix_row {
	const char *name, *prefix, *begins;
} prefix_rows[] = {
	{ "three bytes", "AA:BB:CC", "AA:BB:CC:" },
	{ "small letters", "aa:bb:cc", "AA:BB:CC:" },
	{ "a colon at the end", "AA:BB:CC:", "AA:BB:CC:" },
	{ "two bytes", "AA:BB", "AA:BB:" },
	{ "one byte", "02", "02:" },
	{ "none is Proxmox's own", NULL, "BC:24:11:" },
	{ "an empty one is too", "", "BC:24:11:" },
	{ "a multicast one is too", "01:00:5E", "BC:24:11:" },
	{ "one that is none is too", "AA:B", "BC:24:11:" },
	{ "four bytes are more than Proxmox takes", "AA:BB:CC:DD", "BC:24:11:" },
};

static void uses_the_prefix(void **state)
{
	const struct prefix_row *row = *state;
	struct setup s;

	setup_init(&s, two, NULL, "a b");
	s.how.mac_prefix = row->prefix;
	run(&s);
	for (size_t i = 0; i < 2; i++)
		assert_true(str_starts(s.out.at[i].nics[0].mac, row->begins));
	assert_string_not_equal(s.out.at[0].nics[0].mac, s.out.at[1].nics[0].mac);
	arena_destroy(s.arena);
}

/* Whoever else is made with it, and whenever. */
static void a_name_keeps_its_mac(void **state)
{
	struct setup alone, later;

	(void)state;
	setup_init(&alone, two, NULL, "a");
	run(&alone);
	setup_init(&later, two, NULL, "b c=mgmt,services a");
	later.how.serial = 99;
	run(&later);
	assert_string_equal(lease_of(&alone, "a")->nics[0].mac,
			    lease_of(&later, "a")->nics[0].mac);
	assert_string_not_equal(lease_of(&alone, "a")->id, lease_of(&later, "a")->id);
	arena_destroy(alone.arena);
	arena_destroy(later.arena);
}

/* The MAC that a name would get belongs to another: the next one. */
static void a_taken_mac_is_stepped_over(void **state)
{
	struct setup first, second;
	struct lease *other;
	uint8_t mac[6], next[6];
	struct error err;

	(void)state;
	setup_init(&first, two, NULL, "a");
	run(&first);
	setup_init(&second, two, OURS(READY("x", "1", "10.0.0.5", "mgmt")), "a");
	other = leases_find(&second.held, "x");
	other->nics[0].mac = first.out.at[0].nics[0].mac;
	run(&second);
	assert_true(mac_read(mac, other->nics[0].mac, &err));
	assert_true(mac_read(next, lease_of(&second, "a")->nics[0].mac, &err));
	assert_int_equal((mac[5] + 1) & 0xff, next[5]);
	arena_destroy(first.arena);
	arena_destroy(second.arena);
}

/* So many that some hashes agree in 24 bits. */
static void all_macs_differ(void **state)
{
	struct text wants;
	struct setup s;
	struct arena *arena = arena_create();

	(void)state;
	text_init(&wants, arena);
	for (size_t i = 0; i < 20000; i++)
		text_addf(&wants, " g%zu=-", i);
	setup_init(&s, two, NULL, text_str(&wants));
	s.how.vmid_last = 99999;
	run(&s);
	assert_int_equal(s.out.len, 20000);
	check_out(&s);
	arena_destroy(s.arena);
	arena_destroy(arena);
}

/* Filling a pool one guest a pass gives the same as all at once. */
static void passes_add_up(void **state)
{
	static const char *const names[] = { "d", "b", "e", "a", "c" };
	struct setup all, one;
	struct leases held = { .found = true };
	struct arena *arena = arena_create();

	(void)state;
	setup_init(&all, excluding, NULL, "d b e a c");
	run(&all);
	for (size_t i = 0; i < 5; i++) {
		setup_init(&one, excluding, NULL, names[i]);
		one.held = held;
		run(&one);
		leases_copy(&held, arena, &one.out);
		for (size_t n = 0; n < held.len; n++) {
			struct nic *nic = arena_new(arena, struct nic);

			*nic = held.at[n].nics[0];
			nic->mac = arena_strdup(arena, nic->mac);
			nic->pool = "mgmt";
			held.at[n].nics = nic;
			held.at[n].name = arena_strdup(arena, held.at[n].name);
			held.at[n].id = arena_strdup(arena, held.at[n].id);
		}
		arena_destroy(one.arena);
	}
	all.out.found = true;
	assert_string_equal(leases_print(arena, &held), leases_print(arena, &all.out));
	arena_destroy(all.arena);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(allocates, rows);
	add_test("a new lease is whole", makes_a_whole_lease);
	add_test("the ancestor's lease becomes whole", makes_a_bare_lease_whole);
	add_test("a reserved lease stays as it is", keeps_a_reserved_lease);
	add_test("a lease for another VMID keeps its cards", makes_a_lease_anew);
	add_test("an address that is leased rests no more", an_address_rests_no_more);
	add_rows(uses_the_prefix, prefix_rows);
	add_test("a name keeps its MAC", a_name_keeps_its_mac);
	add_test("a taken MAC is stepped over", a_taken_mac_is_stepped_over);
	add_test("no two MACs are the same", all_macs_differ);
	add_test("one guest a pass, or all at once", passes_add_up);
	return run_all_tests("allocate");
}
