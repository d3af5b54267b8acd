#include "base/text.h"
#include "base/vec.h"
#include "reconcile/inventory.h"
#include "tests/lib/test.h"

/* Guests in the order of `vms`. */
struct site {
	struct arena *arena;
	struct inventory_guest *at;
	size_t len, cap;
};

static const struct network mgmt = {
	.name = "lan",
	.pool = { { LAYER_GLOBALS, false, { 0 } }, "mgmt" },
};
static const struct network automatic = {
	.name = "auto",
	.dhcp = { { LAYER_GLOBALS, false, { 0 } }, true },
};

static struct addr addr_of(const char *text)
{
	struct addr addr;
	struct error err;

	assert_true(addr_read(&addr, text, &err));
	return addr;
}

static struct desired *want_of(struct site *site, const char *name, enum guest_type type,
			       const struct network *network, const char *env)
{
	struct desired *want = arena_new(site->arena, struct desired);

	want->name = name;
	want->type = type;
	want->node = "pve01";
	want->spec.access.user.value = "devops";
	want->spec.env.value = env;
	want->networks_len = 1;
	want->networks = arena_array(site->arena, const struct network *, 1);
	want->networks[0] = network;
	return want;
}

static void set_tags(struct site *site, struct desired *want, const char *tags)
{
	char **parts;

	want->tags_len = str_split(site->arena, tags, " ", &parts);
	want->tags = arena_array(site->arena, const char *, want->tags_len);
	for (size_t i = 0; i < want->tags_len; i++)
		want->tags[i] = parts[i];
}

static struct lease *lease_of(struct site *site, const char *name, unsigned vmid,
			      const char *ip)
{
	struct lease *lease = arena_new(site->arena, struct lease);

	lease->name = name;
	lease->state = LEASE_READY;
	lease->vmid = vmid;
	lease->node = "pve02";
	lease->nics_len = 1;
	lease->nics = arena_new(site->arena, struct nic);
	if (ip)
		lease->nics[0].ip = addr_of(ip);
	return lease;
}

static struct inventory_guest *add(struct site *site, const struct desired *want,
				   const struct lease *lease)
{
	struct inventory_guest *guest = vec_push(site->arena, site);

	guest->want = want;
	guest->lease = lease;
	return guest;
}

/* One of each kind. */
static void site_init(struct site *site)
{
	struct desired *want;
	struct lease *lease;
	struct inventory_guest *guest;

	*site = (struct site){ .arena = arena_create() };

	want = want_of(site, "web-01", GUEST_VM, &mgmt, "prod");
	set_tags(site, want, "env-prod web");
	want->spec.domain.value = "example.org";
	lease = lease_of(site, "web-01", 10000, "192.168.10.50");
	lease->nics[0].ip6 = addr_of("fd00:10::50");
	guest = add(site, want, lease);
	guest->observed_ip = "10.9.9.9"; /* what is leased is believed */
	guest->commit = "0123456789abcdef0123456789abcdef01234567";

	want = want_of(site, "ct", GUEST_LXC, &mgmt, NULL);
	lease = lease_of(site, "ct", 10001, "192.168.10.51");
	lease->type = GUEST_LXC;
	add(site, want, lease)->last_error = "no space left\non \"local-lvm\"";

	want = want_of(site, "auto", GUEST_VM, &automatic, NULL);
	lease = lease_of(site, "auto", 10002, NULL);
	guest = add(site, want, lease);
	guest->observed_ip = "10.1.2.3";
	guest->observed_ip6 = "FD00:0::3";

	want = want_of(site, "early", GUEST_VM, &automatic, NULL);
	lease = lease_of(site, "early", 10003, NULL);
	lease->state = LEASE_RESERVED;
	add(site, want, lease)->observed_ip = "not yet";

	want = want_of(site, "old", GUEST_VM, &mgmt, "no");
	lease = lease_of(site, "old", 0, "192.168.10.57");
	lease->bare = true;
	lease->state = LEASE_RESERVED;
	lease->node = NULL;
	add(site, want, lease);

	add(site, want_of(site, "unserved", GUEST_VM, &mgmt, NULL), NULL)->state =
		"refused";

	want = want_of(site, "back", GUEST_VM, &mgmt, NULL);
	lease = lease_of(site, "back", 10005, "192.168.10.58");
	lease->state = LEASE_RELEASED;
	add(site, want, lease);

	lease = lease_of(site, "gone", 10006, "192.168.10.59");
	lease->state = LEASE_RELEASING;
	add(site, NULL, lease);
}

static void is_yaml(void **state)
{
	struct site site;

	(void)state;
	site_init(&site);
	assert_string_equal(inventory_yaml(site.arena, site.at, site.len),
			    "# Written by vm7: edit vm7.yaml instead.\n"
			    "- hostname: web-01\n"
			    "  ip: \"192.168.10.50\"\n"
			    "  user: devops\n"
			    "  network: mgmt\n"
			    "  environment: prod\n"
			    "  vmid: 10000\n"
			    "  node: pve02\n"
			    "  type: vm\n"
			    "  state: ready\n"
			    "  tags: [env-prod, web]\n"
			    "  ip6: \"fd00:10::50\"\n"
			    "- hostname: ct\n"
			    "  ip: \"192.168.10.51\"\n"
			    "  user: root\n"
			    "  network: mgmt\n"
			    "  environment: null\n"
			    "  vmid: 10001\n"
			    "  node: pve02\n"
			    "  type: lxc\n"
			    "  state: ready\n"
			    "  tags: []\n"
			    "- hostname: auto\n"
			    "  ip: \"10.1.2.3\"\n"
			    "  user: devops\n"
			    "  network: auto\n"
			    "  environment: null\n"
			    "  vmid: 10002\n"
			    "  node: pve02\n"
			    "  type: vm\n"
			    "  state: ready\n"
			    "  tags: []\n"
			    "  ip6: \"fd00::3\"\n"
			    "  ip_source: dhcp\n"
			    "- hostname: early\n"
			    "  ip: null\n"
			    "  user: devops\n"
			    "  network: auto\n"
			    "  environment: null\n"
			    "  vmid: 10003\n"
			    "  node: pve02\n"
			    "  type: vm\n"
			    "  state: reserved\n"
			    "  tags: []\n"
			    "- hostname: old\n"
			    "  ip: \"192.168.10.57\"\n"
			    "  user: devops\n"
			    "  network: mgmt\n"
			    "  environment: \"no\"\n"
			    "  vmid: null\n"
			    "  node: pve01\n"
			    "  type: vm\n"
			    "  state: reserved\n"
			    "  tags: []\n"
			    "- hostname: back\n"
			    "  ip: \"192.168.10.58\"\n"
			    "  user: devops\n"
			    "  network: mgmt\n"
			    "  environment: null\n"
			    "  vmid: 10005\n"
			    "  node: pve02\n"
			    "  type: vm\n"
			    "  state: released\n"
			    "  tags: []\n");
	assert_string_equal(inventory_yaml(site.arena, NULL, 0),
			    "# Written by vm7: edit vm7.yaml instead.\n[]\n");
	arena_destroy(site.arena);
}

static void is_ansible(void **state)
{
	struct site site;

	(void)state;
	site_init(&site);
	assert_string_equal(inventory_ansible(site.arena, site.at, 2),
			    "# Written by vm7: edit vm7.yaml instead.\n"
			    "all:\n"
			    "  hosts:\n"
			    "    ct:\n"
			    "      ansible_host: \"192.168.10.51\"\n"
			    "      ansible_user: root\n"
			    "      vm7_environment: null\n"
			    "      vm7_network: mgmt\n"
			    "      vm7_node: pve02\n"
			    "      vm7_state: ready\n"
			    "      vm7_tags: []\n"
			    "      vm7_type: lxc\n"
			    "      vm7_vmid: 10001\n"
			    "    web-01:\n"
			    "      ansible_host: \"192.168.10.50\"\n"
			    "      ansible_user: devops\n"
			    "      vm7_environment: prod\n"
			    "      vm7_ip6: \"fd00:10::50\"\n"
			    "      vm7_network: mgmt\n"
			    "      vm7_node: pve02\n"
			    "      vm7_state: ready\n"
			    "      vm7_tags: [env-prod, web]\n"
			    "      vm7_type: vm\n"
			    "      vm7_vmid: 10000\n"
			    "  children:\n"
			    "    env_prod:\n"
			    "      hosts:\n"
			    "        web-01: {}\n"
			    "    network_mgmt:\n"
			    "      hosts:\n"
			    "        ct: {}\n"
			    "        web-01: {}\n"
			    "    node_pve02:\n"
			    "      hosts:\n"
			    "        ct: {}\n"
			    "        web-01: {}\n"
			    "    tag_web:\n"
			    "      hosts:\n"
			    "        web-01: {}\n"
			    "    type_lxc:\n"
			    "      hosts:\n"
			    "        ct: {}\n"
			    "    type_vm:\n"
			    "      hosts:\n"
			    "        web-01: {}\n");
	assert_string_equal(inventory_ansible(site.arena, NULL, 0),
			    "# Written by vm7: edit vm7.yaml instead.\n"
			    "all:\n  hosts: {}\n  children: {}\n");
	arena_destroy(site.arena);
}

/* Without an address, released, or without an entry: nobody can log in there. */
static void ansible_gets_who_can_be_reached(void **state)
{
	static const struct {
		const char *host;
		bool there;
	} hosts[] = {
		{ "web-01", true }, { "ct", true },    { "auto", true },
		{ "early", false }, { "old", true },   { "unserved", false },
		{ "back", false },  { "gone", false },
	};
	struct site site;
	const char *text;

	(void)state;
	site_init(&site);
	text = inventory_ansible(site.arena, site.at, site.len);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		const char *line = arena_printf(site.arena, "\n    %s:\n", hosts[i].host);

		if ((strstr(text, line) != NULL) != hosts[i].there)
			fail_msg("%s", hosts[i].host);
	}
	arena_destroy(site.arena);
}

static const struct group_row {
	const char *name, *tags, *group;
	size_t members;
} group_rows[] = {
	{ "a dot becomes an underscore", "a.b", "    tag_a_b:\n", 1 },
	{ "so do a plus and a hyphen", "a+b-c", "    tag_a_b_c:\n", 1 },
	{ "a guest is in a group once", "a+b a-b a.b", "    tag_a_b:\n", 1 },
	{ "env-prod is told by env_prod", "env-prod", "    env_prod:\n", 1 },
	{ "and has no group of its tag", "env-prod", "    tag_env_prod:\n", 0 },
	{ "another environment's tag is a tag", "env-test", "    tag_env_test:\n", 1 },
};

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		found++;
	return found;
}

static void groups(void **state)
{
	const struct group_row *row = *state;
	struct site site = { .arena = arena_create() };
	struct desired *want = want_of(&site, "a", GUEST_VM, &mgmt, "prod");
	const char *text, *at;

	set_tags(&site, want, row->tags);
	add(&site, want, lease_of(&site, "a", 100, "10.0.0.1"));
	text = inventory_ansible(site.arena, site.at, site.len);
	assert_int_equal(count(text, row->group), row->members);
	at = strstr(text, row->group);
	if (at) {
		static const char one[] = "      hosts:\n        a: {}\n";

		at += strlen(row->group);
		assert_true(str_starts(at, one));
		assert_false(str_starts(at + strlen(one), "        a:"));
	}
	arena_destroy(site.arena);
}

static const struct quote_row {
	const char *name, *text, *yaml;
} quote_rows[] = {
	{ "a word", "prod", "prod" },
	{ "a word with signs", "a-b_c.d+e/f", "a-b_c.d+e/f" },
	{ "no", "no", "\"no\"" },
	{ "No", "No", "\"No\"" },
	{ "one letter that YAML 1.1 reads as true", "y", "\"y\"" },
	{ "null", "null", "\"null\"" },
	{ "a tilde", "~", "\"~\"" },
	{ "nothing", "", "\"\"" },
	{ "a number", "123", "\"123\"" },
	{ "a number with an exponent", "1e3", "\"1e3\"" },
	{ "a number to base 60", "12:30", "\"12:30\"" },
	{ "a date", "2026-11-21", "\"2026-11-21\"" },
	{ "infinity", ".inf", "\".inf\"" },
	{ "a merge key", "<<", "\"<<\"" },
	{ "a colon", "a: b", "\"a: b\"" },
	{ "a comment", "a #b", "\"a #b\"" },
	{ "a bracket", "a]", "\"a]\"" },
	{ "a quote and a backslash", "a\"b\\", "\"a\\\"b\\\\\"" },
	{ "a line break", "a\nb", "\"a\\x0ab\"" },
	{ "another script", "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
};

static void quotes(void **state)
{
	const struct quote_row *row = *state;
	struct site site = { .arena = arena_create() };
	const char *line = arena_printf(site.arena, "\n  environment: %s\n", row->yaml);

	add(&site, want_of(&site, "a", GUEST_VM, &mgmt, row->text),
	    lease_of(&site, "a", 100, "10.0.0.1"));
	assert_int_equal(count(inventory_yaml(site.arena, site.at, 1), line), 1);
	arena_destroy(site.arena);
}

static void is_json(void **state)
{
	struct site site;

	(void)state;
	site_init(&site);
	assert_string_equal(inventory_json(site.arena, &site.at[2], 1),
			    "{\n"
			    "  \"guests\": [\n"
			    "    {\n"
			    "      \"environment\": null,\n"
			    "      \"hostname\": \"auto\",\n"
			    "      \"ip\": \"10.1.2.3\",\n"
			    "      \"ip6\": \"fd00::3\",\n"
			    "      \"ip_source\": \"dhcp\",\n"
			    "      \"network\": \"auto\",\n"
			    "      \"node\": \"pve02\",\n"
			    "      \"state\": \"ready\",\n"
			    "      \"tags\": [],\n"
			    "      \"type\": \"vm\",\n"
			    "      \"user\": \"devops\",\n"
			    "      \"vmid\": 10002\n"
			    "    }\n"
			    "  ],\n"
			    "  \"schema\": 1,\n"
			    "  \"vm_ids\": {\n"
			    "    \"auto\": 10002\n"
			    "  },\n"
			    "  \"vm_ips\": {\n"
			    "    \"auto\": \"10.1.2.3\"\n"
			    "  }\n"
			    "}\n");
	arena_destroy(site.arena);
}

static void is_for_ssh(void **state)
{
	struct site site;

	(void)state;
	site_init(&site);
	assert_string_equal(inventory_ssh_config(site.arena, site.at, site.len),
			    "Host web-01\n\tHostName 192.168.10.50\n\tUser devops\n\n"
			    "Host ct\n\tHostName 192.168.10.51\n\tUser root\n\n"
			    "Host auto\n\tHostName 10.1.2.3\n\tUser devops\n\n"
			    "Host old\n\tHostName 192.168.10.57\n\tUser devops\n");
	assert_string_equal(inventory_hosts(site.arena, site.at, site.len),
			    "192.168.10.50\tweb-01.example.org web-01\n"
			    "fd00:10::50\tweb-01.example.org web-01\n"
			    "192.168.10.51\tct\n"
			    "10.1.2.3\tauto\n"
			    "fd00::3\tauto\n"
			    "192.168.10.57\told\n");
	arena_destroy(site.arena);
}

static void says_how_guests_are(void **state)
{
	struct site site;
	const struct inventory_entry *entry;
	struct inventory_status status;
	struct file file = { .path = "inventory/status.json" };

	(void)state;
	site_init(&site);
	file.text = inventory_status(site.arena, site.at, site.len);
	file.len = strlen(file.text);
	assert_non_null(
		strstr(file.text,
		       "    \"ct\": {\n"
		       "      \"commit\": null,\n"
		       "      \"ip\": \"192.168.10.51\",\n"
		       "      \"last_error\": \"no space left?on \\\"local-lvm\\\"\",\n"
		       "      \"node\": \"pve02\",\n"
		       "      \"state\": \"ready\",\n"
		       "      \"vmid\": 10001\n"
		       "    },\n"));
	assert_non_null(strstr(file.text, "      \"state\": \"refused\",\n"));
	assert_non_null(strstr(file.text, "    \"gone\": \"192.168.10.59\",\n"));

	inventory_status_read(&status, site.arena, &file);
	assert_int_equal(status.len, 8);
	entry = inventory_status_find(&status, "web-01");
	assert_string_equal(entry->commit, "0123456789abcdef0123456789abcdef01234567");
	assert_null(entry->observed_ip); /* leased, not learned */
	assert_null(entry->last_error);
	entry = inventory_status_find(&status, "auto");
	assert_string_equal(entry->observed_ip, "10.1.2.3");
	assert_string_equal(entry->observed_ip6, "fd00::3");
	entry = inventory_status_find(&status, "ct");
	assert_string_equal(entry->last_error, "no space left?on \"local-lvm\"");
	assert_null(inventory_status_find(&status, "nobody"));
	arena_destroy(site.arena);
}

static const struct file_row {
	const char *name, *text;
	size_t entries;
} file_rows[] = {
	{ "an empty file says nothing", "", 0 },
	{ "half a file says nothing", "{\"guests\": {\"a\"", 0 },
	{ "a list says nothing", "[]", 0 },
	{ "guests as a list say nothing", "{\"guests\": []}", 0 },
	{ "a guest that is no object is known by name", "{\"guests\": {\"a\": 7}}", 1 },
	{ "values of another type say nothing",
	  "{\"guests\": {\"a\": {\"commit\": 7, \"ip\": [], \"ip_source\": 1}}}", 1 },
	{ "an address that is none says nothing",
	  "{\"guests\": {\"a\": {\"ip\": \"here\", \"ip_source\": \"dhcp\"}}}", 1 },
};

static void survives(void **state)
{
	const struct file_row *row = *state;
	struct file file = { "inventory/status.json", row->text, strlen(row->text) };
	struct arena *arena = arena_create();
	const struct inventory_entry *entry;
	struct inventory_status status;

	inventory_status_read(&status, arena, &file);
	assert_int_equal(status.len, row->entries);
	entry = inventory_status_find(&status, "a");
	assert_int_equal(entry != NULL, row->entries > 0);
	if (entry) {
		assert_null(entry->observed_ip);
		assert_null(entry->commit);
	}
	inventory_status_read(&status, arena, NULL);
	assert_int_equal(status.len, 0);
	arena_destroy(arena);
}

/* Which of several addresses is a guest's. */
static void chooses_an_address(void **state)
{
	struct site site = { .arena = arena_create() };
	struct desired *want = want_of(&site, "a", GUEST_VM, &automatic, NULL);
	struct lease *lease = lease_of(&site, "a", 100, NULL);
	struct inventory_guest *guest = add(&site, want, lease);
	struct nic *nics = arena_array(site.arena, struct nic, 2);

	(void)state;
	lease->nics = nics;
	lease->nics_len = 2;
	nics[1].ip = addr_of("10.0.0.9");
	assert_string_equal(inventory_hosts(site.arena, guest, 1), "10.0.0.9\ta\n");
	guest->observed_ip6 = "fd00::1";
	assert_string_equal(inventory_hosts(site.arena, guest, 1), "fd00::1\ta\n");
	guest->observed_ip = "10.0.0.8";
	assert_string_equal(inventory_hosts(site.arena, guest, 1),
			    "10.0.0.8\ta\nfd00::1\ta\n");
	guest->observed_ip = "10.0.0.8\n0.0.0.0 bank.example";
	assert_string_equal(inventory_hosts(site.arena, guest, 1), "fd00::1\ta\n");
	nics[0].ip6 = addr_of("fd00::2");
	assert_string_equal(inventory_hosts(site.arena, guest, 1), "fd00::2\ta\n");
	arena_destroy(site.arena);
}

int main(void)
{
	add_test("inventory.yaml", is_yaml);
	add_test("hosts.yml", is_ansible);
	add_test("Ansible gets who can be reached", ansible_gets_who_can_be_reached);
	add_rows(groups, group_rows);
	add_rows(quotes, quote_rows);
	add_test("JSON with maps", is_json);
	add_test("ssh_config and /etc/hosts", is_for_ssh);
	add_test("status.json there and back", says_how_guests_are);
	add_rows(survives, file_rows);
	add_test("which of several addresses", chooses_an_address);
	return run_all_tests("inventory");
}
