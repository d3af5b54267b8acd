#include "tests/lib/manifest.h"

/* The sample in the README of vm7's ancestor, without a change. */
static const char sample[] = "version: 1\n"
			     "\n"
			     "globals:\n"
			     "  proxmox:\n"
			     "    endpoint: \"https://pve.local:8006\"\n"
			     "    username: \"root@pam\"\n"
			     "    token_name: \"vm7\"\n"
			     "    token_secret: \"...\"\n"
			     "    node: \"pve01\"\n"
			     "    datastore: \"local-lvm\"\n"
			     "\n"
			     "  access:\n"
			     "    user: \"devops\"\n"
			     "    ssh_public_key: \"ssh-ed25519 AAAA...\"\n"
			     "    ssh_password_auth: false\n"
			     "    temp_password: null\n"
			     "\n"
			     "  ipam:\n"
			     "    pools_file: \"ipam/pools.yaml\"\n"
			     "    leases_file: \"ipam/leases.json\"\n"
			     "\n"
			     "networks:\n"
			     "  - name: mgmt\n"
			     "    pool: \"mgmt\"\n"
			     "  - name: services\n"
			     "    pool: \"other\"\n"
			     "\n"
			     "vms:\n"
			     "  - name: \"web-01\"\n"
			     "    type: \"vm\"\n"
			     "    network: \"mgmt\"\n"
			     "    cpu: 2\n"
			     "    ram_mb: 4096\n"
			     "    disk_gb: 40\n"
			     "    template_id: 9000\n"
			     "    tags: [\"bootstrap\", \"web\"]\n"
			     "    env: \"prod\"\n";

static void reads_the_sample(void **state)
{
	struct made made = { 0 };
	const struct manifest *m = &made.manifest;
	const struct desired *guest;

	(void)state;
	make(&made, sample, NULL, 0);
	assert_mistakes(&made.diags, NULL);
	assert_string_equal(m->proxmox.endpoints.at[0], "https://pve.local:8006");
	assert_string_equal(m->proxmox.username.value, "root@pam");
	assert_string_equal(m->proxmox.token_secret.inline_value, "...");
	assert_string_equal(m->pools_file.value, "ipam/pools.yaml");
	assert_string_equal(m->leases_file.value, "ipam/leases.json");
	assert_false(is_set(&m->leases_branch.is));
	assert_int_equal(m->networks_len, 2);
	assert_string_equal(m->networks[1].pool.value, "other");
	assert_int_equal(m->removal_policy, REMOVAL_STOP);
	assert_int_equal(m->removal_grace, 72 * 3600);
	assert_int_equal(m->max_destroy, 1);
	assert_int_equal(m->max_percent, 25);
	assert_int_equal(m->on_error, ON_ERROR_STOP);
	assert_int_equal(m->parallel, 8);
	assert_int_equal(m->vmid_first, 0);
	assert_int_equal(m->guests_len, 1);
	assert_int_equal(m->warnings_len, 1);
	assert_null(strstr(m->warnings[0], "..."));
	assert_true(
		str_starts(m->warnings[0], "vm7.yaml:8: globals.proxmox.token_secret: "));
	guest = manifest_find(m, "web-01");
	assert_ptr_equal(guest, &m->guests[0]);
	assert_null(manifest_find(m, "web-02"));
	assert_int_equal(guest->type, GUEST_VM);
	assert_int_equal(guest->spec.cpu.value, 2);
	assert_int_equal(guest->spec.sockets.value, 1);
	assert_int_equal(guest->spec.ram_mb.value, 4096);
	assert_int_equal(guest->template_id, 9000);
	assert_string_equal(guest->node, "pve01");
	assert_string_equal(guest->datastore, "local-lvm");
	assert_int_equal(guest->networks_len, 1);
	assert_ptr_equal(guest->networks[0], &m->networks[0]);
	assert_int_equal(guest->tags_len, 3);
	assert_string_equal(guest->tags[0], "bootstrap");
	assert_string_equal(guest->tags[1], "env-prod");
	assert_string_equal(guest->tags[2], "web");
	assert_string_equal(guest->spec.access.user.value, "devops");
	assert_true(guest->spec.onboot.value);
	assert_int_equal(guest->spec.power.value, POWER_RUNNING);
	arena_destroy(made.arena);
}

/* What became of a guest, in one line. */
static const char *summary(struct arena *arena, const struct desired *guest)
{
	struct text out;

	text_init(&out, arena);
	text_addf(&out, "%s on %s %s from %u", guest->name, guest->node,
		  guest->datastore ? guest->datastore : "-", guest->template_id);
	for (size_t i = 0; i < guest->networks_len; i++)
		text_addf(&out, " %s", guest->networks[i]->name);
	for (size_t i = 0; i < guest->tags_len; i++)
		text_addf(&out, " #%s", guest->tags[i]);
	return text_str(&out);
}

static const struct resolved {
	struct manifest_row row;
	const char *guests;
} resolved[] = {
	{ { "the node and datastore of globals", NULL, NULL, VM(""), NULL },
	  "a on pve01 store from 9000 lan" },
	{ { "its own node and datastore", NULL, NULL,
	    VM(", node: pve02, datastore: fast"), NULL },
	  "a on pve02 fast from 9000 lan" },
	{ { "a node's datastore comes before that of globals",
	    "  nodes: {pve01: {}, pve02: {datastore: fast}}\n", NULL,
	    VM("") VM_B(", node: pve02"), NULL },
	  "a on pve01 store from 9000 lan\nb on pve02 fast from 9000 lan" },
	{ { "but not before that of defaults or its own",
	    "  nodes: {pve01: {datastore: slow}}\n  defaults: {datastore: fast}\n", NULL,
	    VM("") VM_B(", datastore: own"), NULL },
	  "a on pve01 fast from 9000 lan\nb on pve01 own from 9000 lan" },
	{ { "a linked clone has no datastore of its own", NULL, NULL,
	    VM(", clone: linked"), NULL },
	  "a on pve01 - from 9000 lan" },
	{ { "the template of its node",
	    "  defaults: {template_id: {pve01: 901, p2: 902}}\n", NULL,
	    "  - {name: a, type: vm, network: lan}\n"
	    "  - {name: b, type: vm, network: lan, node: p2}\n",
	    NULL },
	  "a on pve01 store from 901 lan\nb on p2 store from 902 lan" },
	{ { "its own image before a template of defaults",
	    "  defaults: {template_id: 9100}\n", NULL, CT(""), NULL },
	  "c on pve01 store from 0 lan" },
	{ { "its own template before an image of defaults",
	    "  defaults: {image: 'local:vztmpl/x.tar.zst', type: lxc, network: lan}\n",
	    NULL, "  - {name: a, template_id: 9100}\n", NULL },
	  "a on pve01 store from 9100 lan" },
	{ { "tags of all layers, as Proxmox has them", "  defaults: {tags: [Z, vm7]}\n",
	    "presets: {p: {tags: [b, A]}}\n", VM(", preset: p, tags: [a, c], env: Prod"),
	    NULL },
	  "a on pve01 store from 9000 lan #a #b #c #env-prod #z" },
	{ { "networks replace, in their order", "  defaults: {networks: [x, lan]}\n",
	    "networks: [{name: lan}, {name: x, dhcp: true}]\n",
	    VM("") "  - {name: b, type: vm, template_id: 9001}\n", NULL },
	  "a on pve01 store from 9000 lan\nb on pve01 store from 9001 x lan" },
};

static void resolves(void **state)
{
	const struct resolved *row = *state;
	struct made made = { .arena = arena_create() };
	struct text out;

	make(&made, text_of(made.arena, &row->row), NULL, 0);
	assert_mistakes(&made.diags, NULL);
	text_init(&out, made.arena);
	for (size_t i = 0; i < made.manifest.guests_len; i++)
		text_addf(&out, "%s%s", i > 0 ? "\n" : "",
			  summary(made.arena, &made.manifest.guests[i]));
	assert_string_equal(text_str(&out), row->guests);
	arena_destroy(made.arena);
}

static void the_only_node(void **state)
{
	struct made made = { 0 };

	(void)state;
	make(&made,
	     "version: 1\nglobals:\n"
	     "  proxmox: {endpoint: 'https://a', token_secret: {secret: t}}\n"
	     "  nodes: {n1: {datastore: d1}}\n"
	     "  access: {user: u, ssh_public_key: ssh-rsa AAAA}\n"
	     "networks: [{name: lan}]\n"
	     "vms:\n" VM(""),
	     NULL, 0);
	assert_mistakes(&made.diags, NULL);
	assert_string_equal(summary(made.arena, &made.manifest.guests[0]),
			    "a on n1 d1 from 9000 lan");
	assert_int_equal(made.manifest.warnings_len, 0);
	arena_destroy(made.arena);
}

static void nodes_in_order(void **state)
{
	struct made made = { 0 };

	(void)state;
	make(&made,
	     HEAD "  nodes: {pve03: {}, pve01: {datastore: d1}, pve02: {}}\nvms: []\n",
	     NULL, 0);
	assert_mistakes(&made.diags, NULL);
	assert_int_equal(made.manifest.nodes_len, 3);
	assert_string_equal(made.manifest.nodes[0].name, "pve01");
	assert_string_equal(made.manifest.nodes[0].datastore.value, "d1");
	assert_string_equal(made.manifest.nodes[2].name, "pve03");
	arena_destroy(made.arena);
}

static void explains(void **state)
{
	struct made made = { 0 };

	(void)state;
	make(&made,
	     HEAD "  defaults:\n"
		  "    cpu: 1\n"
		  "    ram_mb: 1024\n"
		  "    swap_mb: 0\n"
		  "    tags: [d]\n"
		  "    startup: {order: 3, up: 10}\n"
		  "networks: [{name: lan, pool: mgmt}]\n"
		  "presets:\n"
		  "  small:\n"
		  "    cpu: 2\n"
		  "    ram_mb: 2048\n"
		  "    tags: [p]\n"
		  "vms:\n"
		  "  - name: a\n"
		  "    type: vm\n"
		  "    preset: small\n"
		  "    network: lan\n"
		  "    ram_mb: 3072\n"
		  "    startup: {up: 1m}\n"
		  "    access: {temp_password: {secret: pw}}\n"
		  "    template_id: {pve01: 9000, pve02: 9001}\n"
		  "    disks: [{slot: scsi1, size_gb: 9}, {slot: sata0, size_gb: 1, ssd: "
		  "true}]\n",
	     NULL, 0);
	assert_mistakes(&made.diags, NULL);
	assert_string_equal(
		manifest_explain(made.arena, &made.manifest.guests[0]),
		"name: a (guest, vm7.yaml:18)\n"
		"type: vm (guest, vm7.yaml:19)\n"
		"networks: lan (guest, vm7.yaml:21)\n"
		"cpu: 2 (preset small, vm7.yaml:14)\n"
		"sockets: 1 (built-in)\n"
		"ram_mb: 3072 (guest, vm7.yaml:22)\n"
		"template_id: pve01: 9000, pve02: 9001 (guest, vm7.yaml:25)\n"
		"node: pve01 (globals, vm7.yaml:3)\n"
		"datastore: store (globals, vm7.yaml:3)\n"
		"clone: full (built-in)\n"
		"tags: d, p (preset small, vm7.yaml:16)\n"
		"onboot: true (built-in)\n"
		"startup.order: 3 (globals.defaults, vm7.yaml:10)\n"
		"startup.up: 60s (guest, vm7.yaml:23)\n"
		"protection: false (built-in)\n"
		"agent: true (built-in)\n"
		"disks: [{slot: scsi1, size_gb: 9}, {slot: sata0, size_gb: 1, ssd: "
		"true}] (guest, vm7.yaml:26)\n"
		"power: running (built-in)\n"
		"preset: small (guest, vm7.yaml:20)\n"
		"restart: never (built-in)\n"
		"replace: refuse (built-in)\n"
		"readdress: refuse (built-in)\n"
		"reseed: false (built-in)\n"
		"self: false (built-in)\n"
		"hold: false (built-in)\n"
		"access.user: devops (globals, vm7.yaml:4)\n"
		"access.ssh_public_keys: ssh-ed25519 AAAA (globals, vm7.yaml:4)\n"
		"access.temp_password: pw (guest, vm7.yaml:24)\n");
	arena_destroy(made.arena);
}

#define INCLUDING HEAD "include: [\"guests/*.yaml\", more.yaml]\nvms:\n" VM("")

static void includes(void **state)
{
	struct made made = { .arena = arena_create() };
	const struct file *z = file_of(made.arena, "guests/z.yaml", "vms:\n" VM_B(""));
	const struct file *y = file_of(made.arena, "guests/y.yaml", "vms:\n" CT(""));
	const struct file *more =
		file_of(made.arena, "more.yaml",
			"networks: [{name: lan}]\npresets: {p: {cpu: 3}}\n"
			"vms: [{name: m, type: vm, network: lan, template_id: 901, "
			"preset: p}]\n");
	const struct input inputs[] = { { z, "guests/*.yaml" },
					{ more, "more.yaml" },
					{ y, "guests/*.yaml" },
					{ y, "guests/*.yaml" } };
	const struct manifest *m = &made.manifest;

	(void)state;
	make(&made, INCLUDING, inputs, 4);
	assert_mistakes(&made.diags, NULL);
	assert_int_equal(m->guests_len, 4);
	assert_string_equal(m->guests[0].name, "a");
	assert_string_equal(m->guests[1].name, "c");
	assert_string_equal(m->guests[2].name, "b");
	assert_string_equal(m->guests[3].name, "m");
	assert_int_equal(m->guests[3].spec.cpu.value, 3);
	assert_string_equal(m->guests[2].at.file->path, "guests/z.yaml");
	arena_destroy(made.arena);
}

static void includes_wrong(void **state)
{
	struct made made = { .arena = arena_create() };
	const struct file *more =
		file_of(made.arena, "more.yaml",
			"globals: {}\nnetworks: [{name: lan}]\npresets: {p: {}, q: {}}\n"
			"vms:\n" VM(", cpu: 0") VM_B(""));
	const struct file *other = file_of(made.arena, "other.yaml",
					   "networks: []\npresets: {q: {}}\nvms: x\n");
	const struct input inputs[] = { { more, "more.yaml" }, { other, "other.yaml" } };
	struct text shown;

	(void)state;
	make(&made, INCLUDING, inputs, 2);
	text_init(&shown, made.arena);
	for (size_t i = 0; i < made.diags.len; i++) {
		const struct diag *d = &made.diags.at[i];

		diags_sort(&made.diags);
		text_addf(&shown, "%s:%u: %s%s%s\n", d->at.file->path, d->at.line,
			  d->where, *d->where ? ": " : "", d->what);
	}
	assert_string_equal(text_str(&shown),
			    "more.yaml:1: globals: unknown key\n"
			    "more.yaml:5: vms[0].name: a is already at vm7.yaml:7\n"
			    "more.yaml:5: vms[0].cpu: 0 is less than 1\n"
			    "other.yaml:2: presets.q: q is already at more.yaml:3\n"
			    "other.yaml:3: vms: expected a list, not x\n"
			    "vm7.yaml:5: include: guests/*.yaml matches no file\n");
	arena_destroy(made.arena);
}

static void no_pools_file(void **state)
{
	struct arena *arena = arena_create();
	struct manifest manifest;
	struct diags diags;

	(void)state;
	diags_init(&diags, arena);
	assert_true(manifest_begin(&manifest, arena, file_of(arena, "vm7.yaml", sample),
				   &diags));
	assert_false(manifest_finish(&manifest, arena, NULL, 0, &diags));
	assert_mistakes(
		&diags,
		"19:17: globals.ipam.pools_file: there is no file ipam/pools.yaml");
	arena_destroy(arena);
}

static void vmid_ranges(void **state)
{
	struct made made = { 0 };

	(void)state;
	make(&made, HEAD "  defaults: {vmid_base: 20000}\nvms: []\n", NULL, 0);
	assert_mistakes(&made.diags, NULL);
	assert_int_equal(made.manifest.vmid_first, 20000);
	assert_int_equal(made.manifest.vmid_last, 999999999);
	make(&made, HEAD "  defaults: {vmid_range: 10000-19999}\nvms: []\n", NULL, 0);
	assert_mistakes(&made.diags, NULL);
	assert_int_equal(made.manifest.vmid_first, 10000);
	assert_int_equal(made.manifest.vmid_last, 19999);
	arena_destroy(made.arena);
}

static void settings_of_globals(void **state)
{
	struct made made = { 0 };
	const struct manifest *m = &made.manifest;

	(void)state;
	make(&made,
	     HEAD "  removal: {policy: destroy, grace: 7d}\n"
		  "  guard: {max_destroy: 0, max_replace: 3, max_percent: 100}\n"
		  "  reconcile: {on_error: continue, parallel: 2, drift: report}\n"
		  "  ipam: {pools_file: p.yaml, leases_file: l.json, branch: state,"
		  " probe: none}\n"
		  "vms: []\n",
	     NULL, 0);
	assert_mistakes(&made.diags, NULL);
	assert_int_equal(m->removal_policy, REMOVAL_DESTROY);
	assert_int_equal(m->removal_grace, 7 * 86400);
	assert_int_equal(m->max_destroy, 0);
	assert_int_equal(m->max_replace, 3);
	assert_int_equal(m->max_percent, 100);
	assert_int_equal(m->on_error, ON_ERROR_CONTINUE);
	assert_int_equal(m->parallel, 2);
	assert_int_equal(m->drift, DRIFT_REPORT);
	assert_string_equal(m->pools_file.value, "p.yaml");
	assert_string_equal(m->leases_file.value, "l.json");
	assert_string_equal(m->leases_branch.value, "state");
	arena_destroy(made.arena);
}

/* Values of a layer that serves both types are not mistakes for the other type. */
static void not_for_this_type(void **state)
{
	struct made made = { 0 };
	const struct desired *vm, *container;

	(void)state;
	make(&made,
	     HEAD
	     "  defaults: {swap_mb: 64, sockets: 2, agent: false, unprivileged: false,"
	     " features: {nesting: true}, balloon: 512, image: 'x:vztmpl/y.tar.zst',"
	     " template_id: 9000}\n"
	     "networks: [{name: lan}]\n"
	     "vms:\n" VM("") CT(""),
	     NULL, 0);
	assert_mistakes(&made.diags, NULL);
	vm = manifest_find(&made.manifest, "a");
	container = manifest_find(&made.manifest, "c");
	assert_int_equal(vm->spec.sockets.value, 2);
	assert_false(vm->spec.agent.value);
	assert_false(is_set(&vm->spec.swap_mb.is));
	assert_false(is_set(&vm->spec.nesting.is));
	assert_false(is_set(&vm->spec.image.is));
	assert_int_equal(container->spec.swap_mb.value, 64);
	assert_false(container->spec.unprivileged.value);
	assert_true(container->spec.nesting.value);
	assert_false(is_set(&container->spec.agent.is));
	assert_false(is_set(&container->spec.balloon.is));
	assert_false(is_set(&container->spec.access.user.is));
	assert_int_equal(container->template_id, 0);
	arena_destroy(made.arena);
}

static void many_guests(void **state)
{
	struct made made = { .arena = arena_create() };
	struct text text;

	(void)state;
	text_init(&text, made.arena);
	text_add(&text, HEAD "networks: [{name: lan, pool: mgmt}]\nvms:\n");
	for (int i = 0; i < 10000; i++)
		text_addf(&text,
			  "  - {name: g%d, type: vm, network: lan, template_id: 9000,"
			  " vmid: %d, tags: [a, b]}\n",
			  i, 10000 + i);
	make(&made, text_str(&text), NULL, 0);
	assert_mistakes(&made.diags, NULL);
	assert_int_equal(made.manifest.guests_len, 10000);
	assert_string_equal(manifest_find(&made.manifest, "g9999")->name, "g9999");
	text_add(&text, VM(", vmid: 15000") "  - {name: g7, type: vm, network: lan,"
					    " template_id: 9000}\n");
	make(&made, text_str(&text), NULL, 0);
	assert_mistakes(&made.diags, "10007:64: vms[10000].vmid: 15000 is already at "
				     "vm7.yaml:5007\n"
				     "10008:12: vms[10001].name: g7 is already at "
				     "vm7.yaml:14");
	arena_destroy(made.arena);
}

static const struct glob {
	const char *name, *pattern, *path;
	bool matches;
} globs[] = {
	{ "the file itself", "a/b.yaml", "a/b.yaml", true },
	{ "another file", "a/b.yaml", "a/c.yaml", false },
	{ "a star in a name", "a/*.yaml", "a/b.yaml", true },
	{ "a star is not a folder", "*.yaml", "a/b.yaml", false },
	{ "a star may be nothing", "a*/b", "a/b", true },
	{ "a star in the middle", "g*-*.yaml", "g1-web-2.yaml", true },
	{ "a question mark", "vm?.yaml", "vm7.yaml", true },
	{ "a question mark is something", "vm?.yaml", "vm.yaml", false },
	{ "a question mark is no slash", "a?b", "a/b", false },
	{ "one of a class", "[a-c]x", "bx", true },
	{ "none of a class", "[a-c]x", "dx", false },
	{ "not of a class", "[!a-c]x", "dx", true },
	{ "a bracket in a class", "[]]x", "]x", true },
	{ "any folders", "**/x.yaml", "a/b/c/x.yaml", true },
	{ "no folder at all", "**/x.yaml", "x.yaml", true },
	{ "folders between", "a/**/x", "a/b/c/x", true },
	{ "none between", "a/**/x", "a/x", true },
	{ "everything below", "a/**", "a/b/c", true },
	{ "but not beside", "a/**", "b/a/c", false },
	{ "two of them", "**/a/**/x", "1/a/2/3/x", true },
	{ "two of them, without the middle", "**/a/**/x", "1/2/3/x", false },
	{ "a part that comes again", "**/a/b", "a/a/b", true },
	{ "and what follows it", "**/a/b", "a/b/c", false },
	{ "a longer path", "a", "a/b", false },
	{ "a shorter path", "a/b", "a", false },
	{ "stars that could take forever", "*a*a*a*a*a*a*a*a*a*a*a*b",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	{ "folders that could take forever", "**/a/**/a/**/a/**/a/**/b",
	  "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/c", false },
};

static void matches(void **state)
{
	const struct glob *row = *state;

	assert_int_equal(include_matches(row->pattern, row->path), row->matches);
}

int main(void)
{
	add_test("the ancestor's sample is read as it is", reads_the_sample);
	add_rows(resolves, resolved);
	add_test("the only node is the node", the_only_node);
	add_test("nodes are sorted by name", nodes_in_order);
	add_test("each value says where it came from", explains);
	add_test("included files add guests, in the order of their paths", includes);
	add_test("mistakes across files", includes_wrong);
	add_test("a network with a pool needs the pools file", no_pools_file);
	add_test("ranges of VMIDs", vmid_ranges);
	add_test("settings of globals", settings_of_globals);
	add_test("defaults may serve both types", not_for_this_type);
	add_test("ten thousand guests", many_guests);
	add_rows(matches, globs);
	return run_all_tests("manifest");
}
