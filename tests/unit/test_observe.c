#include "base/text.h"
#include "pve/observe.h"
#include "pve/overview.h"
#include "tests/lib/served.h"

/* ---- a config ---- */

#define DIGEST_TEXT "7d834bb33e9a42c68a15924f6eeacb5c424d8d58"
#define DIGEST      "\"digest\":\"" DIGEST_TEXT "\""

static const struct config_row {
	const char *name;
	enum guest_type type;
	const char *config; /* without its digest */
	const char *print;  /* what is read, see print_guest */
} configs[] = {
	{ "a VM as Proxmox makes it", GUEST_VM,
	  "\"smbios1\":\"uuid=BA818429-2015-46D5-ADD6-7FAD421E91AB,base64=1\","
	  "\"memory\":\"256\",\"cores\":1,\"name\":\"linked1\",\"boot\":\"order=net0;"
	  "ide2;"
	  "scsi0\",\"scsi0\":\"local:200/base-200-disk-0.qcow2/202/"
	  "vm-202-disk-0.qcow2,size=1088M\",\"ide2\":\"local:202/"
	  "vm-202-cloudinit.qcow2,media=cdrom,size=4M\",\"tags\":\"web;Prod,web\","
	  "\"net0\":\"virtio=bc:24:11:f3:94:bb,bridge=vmbr0,tag=20\","
	  "\"ipconfig0\":\"ip=192.0.2.60/24,gw=192.0.2.1\"",
	  "linked1 uuid ba818429-2015-46d5-add6-7fad421e91ab tags prod,web root scsi0 "
	  "1088 "
	  "cloud-init net0 BC:24:11:F3:94:BB vmbr0 20 192.0.2.60" },
	{ "our line is the last of its kind", GUEST_VM,
	  "\"description\":\"vm7: old/1, edit vm7.yaml in a\\nhello\\nvm7: in-1/id-2, "
	  "edit "
	  "vm7.yaml in https://git.example/a b, in c\\n\\n\"",
	  "line in-1/id-2 in https://git.example/a b, in c" },
	{ "a line that is none", GUEST_VM,
	  "\"description\":\"vm7: is great\\nvm7:in/id, edit\"", "" },
	{ "a line without a repository", GUEST_LXC, "\"description\":\"vm7: in/id,\\n\"",
	  "line in/id" },
	{ "a container", GUEST_LXC,
	  "\"hostname\":\"ct1\",\"rootfs\":\"local:300/vm-300-disk-0.raw,size=8G\","
	  "\"net0\":\"name=eth0,bridge=vmbr0,gw=192.0.2.1,hwaddr=BC:24:11:FF:B1:F9,ip="
	  "192."
	  "0.2.70/24,ip6=auto,type=veth\",\"lxc\":[[\"lxc.x\",\"y\"]],\"unprivileged\":1",
	  "ct1 root rootfs 8192 net0 BC:24:11:FF:B1:F9 vmbr0 0 192.0.2.70 dhcp" },
	{ "cards in the order of their numbers", GUEST_VM,
	  "\"net10\":\"virtio=BC:24:11:00:00:10\",\"net2\":\"model=e1000,macaddr=BC:24:"
	  "11:"
	  "00:00:02\",\"ipconfig2\":\"ip6=fd00::5/64\",\"ipconfig10\":\"ip=dhcp\","
	  "\"net32\":\"x\",\"netx\":\"y\"",
	  "net2 BC:24:11:00:00:02 - 0 fd00::5 net10 BC:24:11:00:00:10 - 0 dhcp" },
	{ "an address left open is DHCP", GUEST_VM,
	  "\"net0\":\"virtio=BC:24:11:00:00:10\",\"ipconfig0\":\"gw=1.2.3.4\"",
	  "net0 BC:24:11:00:00:10 - 0 dhcp" },
	{ "an address set by hand is none", GUEST_LXC,
	  "\"net0\":\"name=eth0,hwaddr=BC:24:11:00:00:10,ip=manual\"",
	  "net0 BC:24:11:00:00:10 - 0" },
	{ "without a boot order the first disk by kind", GUEST_VM,
	  "\"virtio0\":\"a:b,size=2G\",\"scsi0\":\"a:iso/"
	  "x,media=cdrom\",\"ide0\":\"a:c\"",
	  "root virtio0 2048" },
	{ "the boot disk as it used to be said", GUEST_VM,
	  "\"boot\":\"cdn\",\"bootdisk\":\"sata1\",\"sata1\":\"a:b,size=1T\",\"scsi0\":"
	  "\"a:c,size=1G\"",
	  "root sata1 1048576" },
	{ "a disk of unknown size", GUEST_VM, "\"scsi0\":\"a:b\"", "root scsi0 0" },
	{ "locked, and a template", GUEST_VM, "\"lock\":\"clone\",\"template\":\"1\"",
	  "lock clone template" },
	{ "an installation disc is no cloud-init drive", GUEST_VM,
	  "\"ide2\":\"local:iso/cloudinit.iso\",\"ide0\":\"local:iso/"
	  "x.iso,media=cdrom\"",
	  "" },
	{ "numbers and booleans of any kind", GUEST_VM,
	  "\"cores\":\"2\",\"onboot\":true,\"cpulimit\":1.5", "" },
};

static void add(struct text *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct text *out, const char *format, ...)
{
	char text[500];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_addf(out, "%s%s", out->len ? " " : "", text);
}

static void print_card(struct text *out, const struct observed_card *card)
{
	char ip[ADDR_TEXT], ip6[ADDR_TEXT];

	addr_print(&card->ip, ip);
	addr_print(&card->ip6, ip6);
	add(out, "net%u %s %s %u", card->index, card->mac,
	    card->bridge ? card->bridge : "-", card->vlan);
	if (*ip)
		add(out, "%s", ip);
	if (*ip6)
		add(out, "%s", ip6);
	if (card->dhcp)
		add(out, "dhcp");
}

/* What is there, in words; nothing for what is not. */
static const char *print_guest(struct arena *arena, const struct observed *guest)
{
	struct text out;

	text_init(&out, arena);
	if (guest->name)
		add(&out, "%s", guest->name);
	if (guest->lock)
		add(&out, "lock %s", guest->lock);
	if (guest->template)
		add(&out, "template");
	if (guest->line_id)
		add(&out, "line %s/%s", guest->line_instance, guest->line_id);
	if (guest->line_repository)
		add(&out, "in %s", guest->line_repository);
	if (guest->uuid)
		add(&out, "uuid %s", guest->uuid);
	for (size_t i = 0; i < guest->tags_len; i++)
		text_addf(&out, "%s%s", i ? "," : " tags ", guest->tags[i]);
	if (guest->root_disk)
		add(&out, "root %s %lu", guest->root_disk, guest->root_disk_mib);
	if (guest->cloud_init_drive)
		add(&out, "cloud-init");
	for (size_t i = 0; i < guest->cards_len; i++)
		print_card(&out, &guest->cards[i]);
	return text_str(&out);
}

static json_t *json(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	assert_non_null(value);
	return value;
}

static void configs_are_read(void **state)
{
	const struct config_row *row = *state;
	struct arena *arena = arena_create();
	struct observed guest = {
		.vmid = 202, .type = row->type, .node = "pve01", .power = OBSERVED_RUNNING
	};
	json_t *config = json(arena_printf(arena, "{%s%s" DIGEST "}", row->config,
					   *row->config ? "," : ""));
	struct error err;

	assert_true(observe_config(&guest, arena, config, &err));
	json_decref(config);
	assert_string_equal(print_guest(arena, &guest), row->print);
	assert_true(guest.has_config);
	assert_int_equal(guest.vmid, 202);
	assert_int_equal(guest.power, OBSERVED_RUNNING);
	assert_string_equal(guest.digest, "7d834bb33e9a42c68a15924f6eeacb5c424d8d58");
	assert_null(observed_option(&guest, "digest"));
	arena_destroy(arena);
}

static void options_are_texts(void **state)
{
	struct arena *arena = arena_create();
	struct observed guest = { .vmid = 202 };
	json_t *config =
		json("{\"memory\":4096,\"onboot\":true,\"cores\":\"2\",\"x\":null,"
		     "\"lxc\":[],\"cpulimit\":1.5," DIGEST "}");
	struct error err;

	(void)state;
	assert_true(observe_config(&guest, arena, config, &err));
	json_decref(config);
	assert_int_equal(guest.options_len, 4);
	assert_string_equal(observed_option(&guest, "memory"), "4096");
	assert_string_equal(observed_option(&guest, "onboot"), "1");
	assert_string_equal(observed_option(&guest, "cores"), "2");
	assert_string_equal(observed_option(&guest, "cpulimit"), "1.5");
	assert_null(observed_option(&guest, "x"));
	arena_destroy(arena);
}

static void what_is_no_config_is_refused(void **state)
{
	static const char *const none[] = { "[]", "{}", "{\"digest\":1}" };
	struct arena *arena = arena_create();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct observed guest = { .vmid = 202, .name = "as it was" };
		json_t *config = json(none[i]);
		struct error err = { 0 };

		assert_false(observe_config(&guest, arena, config, &err));
		assert_int_equal(err.kind, ERROR_FAILED);
		assert_false(guest.has_config);
		assert_string_equal(guest.name, "as it was");
		json_decref(config);
	}
	arena_destroy(arena);
}

/* ---- the whole cluster ---- */

static void a_lone_node_names_itself(void **state)
{
	struct arena *arena = arena_create();
	json_t *data = json("[{\"local\":1,\"online\":1,\"name\":\"pve1\",\"nodeid\":0,"
			    "\"type\":\"node\",\"id\":\"node/pve1\"}]");
	struct cluster_state out = { 0 };
	struct error err;

	(void)state;
	assert_true(overview_status(&out, arena, data, &err));
	json_decref(data);
	assert_string_equal(out.name, "pve1");
	assert_true(out.quorate);
	assert_true(cluster_node_online(&out, "pve1"));
	assert_false(cluster_node_online(&out, "pve2"));
	arena_destroy(arena);
}

static const struct list_row {
	const char *name, *list;
	bool good;
	const char *print;
} lists[] = {
	{ "sorted by VMID, with what it knows",
	  "[{\"vmid\":\"200\",\"type\":\"lxc\",\"node\":\"b\",\"status\":\"running\","
	  "\"name\":"
	  "\"ct\"},{\"vmid\":100,\"type\":"
	  "\"qemu\",\"node\":\"a\",\"status\":\"unknown\","
	  "\"lock\":\"clone\",\"tags\":\"b;A\"},{\"id\":\"storage/"
	  "x\",\"type\":\"storage\"}]",
	  true, "100 a 2 lock clone tags a,b; 200 b 1 ct; " },
	{ "no guest at all", "[]", true, "" },
	{ "an entry without a VMID",
	  "[{\"type\":\"qemu\",\"node\":\"a\",\"status\":\"running\"}]", false, NULL },
	{ "an entry without a node", "[{\"type\":\"qemu\",\"vmid\":1}]", false, NULL },
	{ "no list", "{}", false, NULL },
};

static void lists_are_read(void **state)
{
	const struct list_row *row = *state;
	struct arena *arena = arena_create();
	struct cluster_state out = { 0 };
	json_t *data = json(row->list);
	struct error err = { 0 };
	struct text print;

	text_init(&print, arena);
	assert_int_equal(overview_guests(&out, arena, data, &err), row->good);
	json_decref(data);
	for (size_t i = 0; i < out.guests_len; i++)
		text_addf(&print, "%u %s %d %s; ", out.guests[i].vmid, out.guests[i].node,
			  out.guests[i].power, print_guest(arena, &out.guests[i]));
	if (row->good)
		assert_string_equal(text_str(&print), row->print);
	else
		assert_int_equal(err.kind, ERROR_TEMPORARY);
	arena_destroy(arena);
}

static const struct address_row {
	const char *name, *data, *ip, *ip6;
} addresses[] = {
	{ "a VM's agent",
	  "{\"result\":[{\"hardware-address\":\"00:00:00:00:00:00\",\"ip-addresses\":[{"
	  "\"ip-"
	  "address\":\"127.0.0.1\"}]},{\"hardware-address\":\"bc:24:11:86:a9:49\",\"ip-"
	  "addresses\":[{\"ip-address\":\"169.254.3.4\"},{\"ip-address\":\"192.0.2.50\"},"
	  "{"
	  "\"ip-address\":\"192.0.2.51\"},{\"ip-address\":\"fe80::1\"},{\"ip-address\":"
	  "\"2001:db8::5\"}]}]}",
	  "192.0.2.50", "2001:db8::5" },
	{ "a container, as older releases say it",
	  "[{\"name\":\"eth0\",\"hwaddr\":\"BC:24:11:86:A9:49\",\"inet\":\"10.0.0.6/24\","
	  "\"inet6\":\"fd00::7/64\"}]",
	  "10.0.0.6", "fd00::7" },
	{ "another card", "[{\"hwaddr\":\"bc:24:11:86:a9:50\",\"inet\":\"10.0.0.6/24\"}]",
	  NULL, NULL },
	{ "a stopped container", "{}", NULL, NULL },
};

static void addresses_are_read(void **state)
{
	const struct address_row *row = *state;
	struct arena *arena = arena_create();
	struct observed_card cards[] = { { .mac = "BC:24:11:86:A9:48" },
					 { .mac = "BC:24:11:86:A9:49", .dhcp = true } };
	struct observed guest = { .cards = cards, .cards_len = 2 };
	json_t *data = json(row->data);

	overview_addresses(&guest, arena, data);
	json_decref(data);
	assert_true(str_equal(guest.agent_ip, row->ip));
	assert_true(str_equal(guest.agent_ip6, row->ip6));
	arena_destroy(arena);
}

static const struct option_row {
	const char *name, *data, *mac_prefix;
	unsigned first, last;
} options[] = {
	{ "nothing set", "{\"console\":\"vv\"}", NULL, 100, 999999 },
	{ "a range, its upper end outside",
	  "{\"next-id\":{\"lower\":\"500\",\"upper\":600},\"mac_prefix\":\"AA:BB\"}",
	  "AA:BB", 500, 599 },
};

static void options_are_read(void **state)
{
	const struct option_row *row = *state;
	struct arena *arena = arena_create();
	struct cluster_state out = { 0 };
	json_t *data = json(row->data);

	overview_options(&out, arena, data);
	json_decref(data);
	assert_true(str_equal(out.mac_prefix, row->mac_prefix));
	assert_int_equal(out.vmid_first, row->first);
	assert_int_equal(out.vmid_last, row->last);
	arena_destroy(arena);
}

static const struct room_row {
	const char *name, *list, *print;
} rooms[] = {
	{ "what nodes have left",
	  "[{\"type\":\"node\",\"node\":\"a\",\"maxmem\":8589934592,\"mem\":"
	  "1610612736,\"maxcpu\":8,\"cpu\":0.3}]",
	  "a 8192-1536 MiB, 5 CPUs; b 0-0 MiB, 0 CPUs; " },
	{ "a node that nobody may audit", "[{\"type\":\"node\",\"node\":\"a\"}]",
	  "a 0-0 MiB, 0 CPUs; b 0-0 MiB, 0 CPUs; " },
	{ "nonsense of a node",
	  "[{\"type\":\"node\",\"node\":\"a\",\"maxmem\":-1,\"mem\":\"x\",\"maxcpu\":"
	  "1e300,\"cpu\":-5},{\"type\":\"node\",\"node\":\"z\",\"mem\":1048576}]",
	  "a 0-0 MiB, 0 CPUs; b 0-0 MiB, 0 CPUs; " },
	{ "a node that HA keeps free (PVE 9)",
	  "[{\"type\":\"node\",\"node\":\"b\",\"hastate\":\"maintenance\"}]",
	  "a 0-0 MiB, 0 CPUs; b in maintenance 0-0 MiB, 0 CPUs; " },
	{ "storages by name, then node",
	  "[{\"type\":\"storage\",\"storage\":\"nfs\",\"node\":\"b\",\"shared\":1,"
	  "\"content\":\"images,iso\",\"status\":\"available\",\"maxdisk\":10485760,"
	  "\"disk\":\"3145728\"},{\"type\":\"storage\",\"storage\":\"lvm\",\"node\":"
	  "\"b\",\"status\":\"unknown\"},{\"type\":\"storage\",\"storage\":\"nfs\","
	  "\"node\":\"a\"},{\"type\":\"storage\",\"node\":\"a\"},{\"type\":\"storage\","
	  "\"storage\":\"nfs\",\"node\":\"z\"}]",
	  "a 0-0 MiB, 0 CPUs; b 0-0 MiB, 0 CPUs; lvm of b 0 0 '' 0-0; nfs of a 0 0 '' "
	  "0-0; nfs of b 1 1 'images,iso' 10-3; " },
	{ "no list", "{}", "a 0-0 MiB, 0 CPUs; b 0-0 MiB, 0 CPUs; " },
};

static void room_is_read(void **state)
{
	const struct room_row *row = *state;
	struct arena *arena = arena_create();
	struct node_state nodes[] = { { .name = "a" }, { .name = "b" } };
	struct cluster_state out = { .nodes = nodes, .nodes_len = 2 };
	json_t *data = json(row->list);
	struct text print;

	text_init(&print, arena);
	overview_room(&out, arena, data);
	json_decref(data);
	for (size_t i = 0; i < 2; i++)
		text_addf(&print, "%s%s %lu-%lu MiB, %u CPUs; ", nodes[i].name,
			  nodes[i].maintenance ? " in maintenance" : "",
			  nodes[i].memory_mib, nodes[i].memory_used_mib,
			  nodes[i].cpus_free);
	for (size_t i = 0; i < out.storages_len; i++)
		text_addf(&print, "%s of %s %d %d '%s' %lu-%lu; ", out.storages[i].name,
			  out.storages[i].node, out.storages[i].available,
			  out.storages[i].shared, out.storages[i].content,
			  out.storages[i].total_mib, out.storages[i].used_mib);
	assert_string_equal(text_str(&print), row->print);
	arena_destroy(arena);
}

static void maintenance_is_read(void **state)
{
	struct node_state nodes[] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };
	struct cluster_state out = { .nodes = nodes, .nodes_len = 3 };
	json_t *data = json(
		"[{\"type\":\"master\",\"node\":\"c\",\"status\":\"c (maintenance "
		"mode)\"},"
		"{\"type\":\"lrm\",\"node\":\"a\",\"status\":\"a (active, Sat Nov 21)\"},"
		"{\"type\":\"lrm\",\"node\":\"b\",\"status\":\"b (maintenance mode, Sat "
		"Nov 21)\"},{\"type\":\"lrm\",\"node\":\"z\",\"status\":\"z (maintenance "
		"mode, Sat Nov 21)\"},{\"type\":\"lrm\",\"node\":\"c\"}]");

	(void)state;
	overview_maintenance(&out, data);
	json_decref(data);
	assert_false(nodes[0].maintenance);
	assert_true(nodes[1].maintenance);
	assert_false(nodes[2].maintenance);
}

/* ---- looking at a server ---- */

/*
 * pve01 and pve02 are there, pve03 is not. 100 runs, 101 is stopped says the list, and
 * runs says its status; 102 moves from pve01 to pve02 after the first list; 103 cannot be
 * read; 104 is on pve03; 105 is being cloned; 9000 is a template, 200 a container.
 */
static struct {
	unsigned lists;
	bool list_fails, list_hangs, options_fail, configs_cut_off, configs_hang;
} script;

static void say_list(struct peer_talk *talk)
{
	char body[4000];

	if (script.list_fails) {
		peer_says(talk, "500 ipcc_send_rec[1] failed: Connection refused",
			  "text/plain", "");
		return;
	}
	talk->wait_ms = script.list_hangs ? 20000 : 0;
	snprintf(
		body, sizeof(body),
		"{\"data\":["
		"{\"type\":\"qemu\",\"vmid\":100,\"node\":\"pve01\",\"status\":"
		"\"running\",\"maxmem\":1073741824,\"hastate\":\"started\"},"
		"{\"type\":\"qemu\",\"vmid\":101,\"node\":\"pve01\",\"status\":"
		"\"stopped\"},"
		"{\"type\":\"qemu\",\"vmid\":102,\"node\":\"%s\",\"status\":\"running\"},"
		"{\"type\":\"qemu\",\"vmid\":103,\"node\":\"pve01\",\"status\":"
		"\"running\"},"
		"{\"type\":\"qemu\",\"vmid\":104,\"node\":\"pve03\",\"status\":"
		"\"unknown\"},"
		"{\"type\":\"qemu\",\"vmid\":105,\"node\":\"pve02\",\"status\":"
		"\"unknown\","
		"\"lock\":\"clone\"},"
		"{\"type\":\"lxc\",\"vmid\":200,\"node\":\"pve02\",\"status\":"
		"\"running\"},"
		"{\"type\":\"qemu\",\"vmid\":9000,\"node\":\"pve01\",\"status\":"
		"\"stopped\","
		"\"template\":1}]}",
		script.lists++ == 0 ? "pve01" : "pve02");
	peer_says_json(talk, "200 OK", body);
}

#define WAITING "{\"key\":\"digest\",\"value\":\"" DIGEST_TEXT "\"}"

static void answer(struct peer_talk *talk, void *data)
{
	const char *path = talk->target + strlen("/api2/json");

	(void)data;
	if (script.configs_cut_off && str_ends(path, "/config"))
		talk->raw = NULL;
	else if (script.configs_hang && str_ends(path, "/config"))
		talk->wait_ms = 20000;
	else if (strcmp(path, "/cluster/status") == 0)
		peer_says_json(
			talk, "200 OK",
			"{\"data\":[{\"type\":\"cluster\",\"name\":\"lab\",\"quorate\":"
			"\"1\"},{"
			"\"type\":\"node\",\"name\":\"pve03\",\"online\":0},{\"type\":"
			"\"node\","
			"\"name\":\"pve01\",\"online\":1},{\"type\":\"node\",\"name\":"
			"\"pve02\",\"online\":1}]}");
	else if (strcmp(path, "/cluster/resources?type=vm") == 0 ||
		 strcmp(path, "/cluster/resources") == 0)
		say_list(talk);
	else if (strcmp(path, "/cluster/ha/status/current") == 0)
		peer_says_json(
			talk, "200 OK",
			"{\"data\":[{\"type\":\"lrm\",\"node\":\"pve02\",\"status\":"
			"\"pve02 (maintenance mode, now)\"}]}");
	else if (strcmp(path, "/cluster/options") == 0 && !script.options_fail)
		peer_says_json(talk, "200 OK",
			       "{\"data\":{\"mac_prefix\":\"BC:24:12\"}}");
	else if (strcmp(path, "/version") == 0)
		peer_says_json(talk, "200 OK", "{\"data\":{\"release\":\"8.4\"}}");
	else if (strcmp(path, "/nodes/pve01/qemu/101/status/current") == 0)
		peer_says_json(
			talk, "200 OK",
			"{\"data\":{\"status\":\"running\",\"qmpstatus\":\"running\"}}");
	else if (strcmp(path, "/nodes/pve01/qemu/102/pending") == 0)
		peer_says(
			talk,
			"500 Configuration file 'nodes/pve01/qemu-server/102.conf' does "
			"not exist",
			"text/plain", "");
	else if (strcmp(path, "/nodes/pve01/qemu/103/pending") == 0)
		peer_says(talk, "403 Permission check failed", "text/plain", "");
	else if (strcmp(path, "/nodes/pve02/qemu/105/pending") == 0)
		peer_says_json(
			talk, "200 OK",
			"{\"data\":[{\"key\":\"lock\",\"value\":\"clone\"}," WAITING
			"]}");
	else if (str_ends(path, "/pending"))
		peer_says_json(
			talk, "200 OK",
			"{\"data\":[{\"key\":\"net0\",\"value\":\"name=eth0,hwaddr="
			"BC:24:11:00:00:01,ip=dhcp\"},{\"key\":\"cores\",\"value\":1,"
			"\"pending\":4},{\"key\":\"kvm\",\"value\":0,\"delete\":1},"
			"{\"key\":\"agent\",\"pending\":\"1\"}," WAITING "]}");
	else if (strcmp(path, "/nodes/pve02/lxc/200/interfaces") == 0)
		peer_says_json(
			talk, "200 OK",
			"{\"data\":[{\"hwaddr\":\"BC:24:11:00:00:01\",\"inet\":\"10."
			"0.0.9/24\"}]}");
	else if (strstr(path, "/agent/"))
		peer_says(talk, "500 QEMU guest agent is not running", "text/plain", "");
	else if (str_ends(path, "/config"))
		peer_says_json(
			talk, "200 OK",
			"{\"data\":{\"net0\":\"name=eth0,hwaddr=BC:24:11:00:00:01,ip="
			"dhcp\"," DIGEST "}}");
	else
		peer_says(talk, "501 no such call", "text/plain", "");
}

static int begin(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	served_begin(answer, &(struct cluster_config){ 0 });
	return 0;
}

static int finish(void **state)
{
	(void)state;
	return served_finish();
}

static bool was_asked(const char *request)
{
	unsigned count = peer_requests(served.peer);

	for (unsigned i = 0; i < count; i++)
		if (strcmp(served.peer->seen[i], request) == 0)
			return true;
	return false;
}

static void look(struct observe *observe, const struct observe_want *want)
{
	bool over = false;

	observe_start(observe, served.arena, served.cluster, want, loop_resumed, &over);
	assert_false(over);
	loop_until(&over);
}

static const struct observed *guest(const struct observe *observe, unsigned vmid)
{
	const struct observed *found = cluster_find(&observe->out, vmid);

	assert_non_null(found);
	return found;
}

static void nothing_wanted_is_two_calls(void **state)
{
	struct observe_want want = { 0 };
	struct observe observe;

	(void)state;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_NONE);
	assert_string_equal(observe.out.name, "lab");
	assert_string_equal(observe.out.endpoint, served.peer->url);
	assert_true(observe.out.quorate);
	assert_int_equal(observe.out.nodes_len, 3);
	assert_string_equal(observe.out.nodes[2].name, "pve03");
	assert_false(observe.out.nodes[2].online);
	assert_int_equal(observe.out.guests_len, 8);
	assert_null(observe.out.mac_prefix);
	assert_int_equal(observe.out.vmid_first, 0);
	assert_int_equal(observe.out.requests, 2);
	assert_int_equal(peer_requests(served.peer), 2);
}

static void room_is_asked_in_the_same_call(void **state)
{
	struct observe_want want = { .room = true, .placing = true };
	struct observe observe;

	(void)state;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_NONE);
	assert_true(was_asked("GET /api2/json/cluster/resources"));
	assert_int_equal(observe.out.guests_len, 8);
	assert_false(observe.out.nodes[0].maintenance);
	assert_true(observe.out.nodes[1].maintenance);
	assert_int_equal(peer_requests(served.peer), 3);
}

static void what_is_wanted_is_read(void **state)
{
	static const unsigned leased[] = { 100, 101, 102, 103, 104, 105, 777 };
	static const unsigned templates[] = { 9000 };
	struct observe_want want = { .vmids = leased,
				     .vmids_len = 7,
				     .up = leased,
				     .up_len = 7,
				     .templates = templates,
				     .templates_len = 1,
				     .release = true };
	struct observe observe;

	(void)state;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_NONE);
	assert_int_equal(observe.out.release, 8);
	assert_true(guest(&observe, 100)->has_config);
	/* what only the list tells stays known */
	assert_int_equal(guest(&observe, 100)->memory_mib, 1024);
	assert_true(guest(&observe, 100)->ha);
	assert_false(guest(&observe, 101)->ha);
	/* as it will be at its next start, and what waits for that */
	assert_string_equal(observed_option(guest(&observe, 100), "cores"), "4");
	assert_string_equal(observed_option(guest(&observe, 100), "agent"), "1");
	assert_null(observed_option(guest(&observe, 100), "kvm"));
	assert_int_equal(guest(&observe, 100)->pending_len, 3);
	assert_string_equal(guest(&observe, 100)->pending[0], "agent");
	assert_string_equal(guest(&observe, 100)->pending[2], "kvm");
	/* the list was late: it runs */
	assert_int_equal(guest(&observe, 101)->power, OBSERVED_RUNNING);
	/* it moved while it was looked at */
	assert_true(guest(&observe, 102)->has_config);
	assert_string_equal(guest(&observe, 102)->node, "pve02");
	/* unknown is not absent */
	assert_false(guest(&observe, 103)->has_config);
	assert_false(guest(&observe, 104)->has_config);
	assert_false(was_asked("GET /api2/json/nodes/pve03/qemu/104/pending"));
	/* busy: it is left alone */
	assert_string_equal(guest(&observe, 105)->lock, "clone");
	assert_false(was_asked("GET /api2/json/nodes/pve02/qemu/105/status/current"));
	assert_false(guest(&observe, 200)->has_config);
	assert_true(guest(&observe, 9000)->has_config);
	assert_null(cluster_find(&observe.out, 777));
	assert_int_equal(script.lists, 2);
	/* of 6 guests that can be read one twice, one has no lease; 101 its status */
	assert_int_equal(peer_requests(served.peer), 1 + 2 + 1 + 7 + 1);
	assert_int_equal(observe.out.requests, peer_requests(served.peer));
	assert_int_equal(cluster_writes(served.cluster), 0);
}

/* Only where the list says otherwise is a guest asked whether it runs. */
static void power_is_asked_where_the_list_would_make_us_act(void **state)
{
	static const unsigned leased[] = { 100, 101 };
	struct observe_want want = {
		.vmids = leased, .vmids_len = 2, .down = leased, .down_len = 2
	};
	struct observe observe;

	(void)state;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_NONE);
	assert_true(was_asked("GET /api2/json/nodes/pve01/qemu/100/status/current"));
	assert_false(was_asked("GET /api2/json/nodes/pve01/qemu/101/status/current"));
}

static void before_allocating_all_are_read(void **state)
{
	struct observe_want want = { .allocating = true };
	struct observe observe;

	(void)state;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_NONE);
	assert_string_equal(observe.out.mac_prefix, "BC:24:12");
	assert_int_equal(observe.out.vmid_first, 100);
	assert_true(guest(&observe, 100)->has_config);
	assert_true(guest(&observe, 200)->has_config);
	assert_false(guest(&observe, 9000)->has_config);
	/* nobody's lease: its power is none of our business */
	assert_int_equal(guest(&observe, 101)->power, OBSERVED_STOPPED);
}

static void guests_are_asked_for_their_addresses(void **state)
{
	static const unsigned vmids[] = { 100, 200 };
	struct observe_want want = {
		.vmids = vmids, .vmids_len = 2, .dhcp = vmids, .dhcp_len = 2
	};
	struct observe observe;

	(void)state;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_NONE);
	assert_string_equal(guest(&observe, 200)->agent_ip, "10.0.0.9");
	assert_true(was_asked(
		"GET /api2/json/nodes/pve01/qemu/100/agent/network-get-interfaces"));
	assert_null(guest(&observe, 100)->agent_ip);
}

static void a_list_that_fails_is_not_an_empty_one(void **state)
{
	struct observe_want want = { .allocating = true, .release = true };
	struct observe observe;

	(void)state;
	script.list_fails = true;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_TEMPORARY);
	assert_non_null(strstr(observe.op.err.text, "ipcc_send_rec"));
}

static void options_that_fail_fail_it_all(void **state)
{
	struct observe_want want = { .allocating = true };
	struct observe observe;

	(void)state;
	script.options_fail = true;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_FAILED);
}

static void canceling_ends_it_once(void **state)
{
	struct observe_want want = { .allocating = true };
	struct observe observe;
	bool over = false;

	(void)state;
	script.list_hangs = true;
	observe_start(&observe, served.arena, served.cluster, &want, loop_resumed, &over);
	while (script.lists == 0)
		uv_run(op_loop(), UV_RUN_NOWAIT);
	observe_cancel(&observe);
	observe_cancel(&observe);
	assert_false(over);
	loop_until(&over);
	assert_int_equal(observe.op.err.kind, ERROR_CANCELED);
	observe_cancel(&observe);
}

static void canceling_ends_the_looking_too(void **state)
{
	struct observe_want want = { .allocating = true };
	struct observe observe;
	bool over = false;

	(void)state;
	script.configs_hang = true;
	observe_start(&observe, served.arena, served.cluster, &want, loop_resumed, &over);
	while (!was_asked("GET /api2/json/nodes/pve01/qemu/100/config"))
		uv_run(op_loop(), UV_RUN_NOWAIT);
	observe_cancel(&observe);
	assert_false(over);
	loop_until(&over);
	assert_int_equal(observe.op.err.kind, ERROR_CANCELED);
}

/* An endpoint that goes away in between makes everything unknown. */
static void a_lost_endpoint_ends_it(void **state)
{
	struct observe_want want = { .allocating = true };
	struct observe observe;

	(void)state;
	script.configs_cut_off = true;
	served.config.per_node = 1;
	look(&observe, &want);
	assert_int_equal(observe.op.err.kind, ERROR_TEMPORARY);
	assert_non_null(strstr(observe.op.err.text, "/config: https://127.0.0.1:"));
	/* and nobody else is asked */
	assert_true(was_asked("GET /api2/json/nodes/pve01/qemu/100/config"));
	assert_false(was_asked("GET /api2/json/nodes/pve01/qemu/103/config"));
}

int main(void)
{
	add_rows(configs_are_read, configs);
	add_test("options are texts", options_are_texts);
	add_test("what is no config is refused", what_is_no_config_is_refused);
	add_test("a lone node names itself", a_lone_node_names_itself);
	add_rows(lists_are_read, lists);
	add_rows(addresses_are_read, addresses);
	add_rows(options_are_read, options);
	add_rows(room_is_read, rooms);
	add_test("what is in maintenance (PVE 8)", maintenance_is_read);
	add_served_test("nothing wanted is two calls", nothing_wanted_is_two_calls);
	add_served_test("room is asked in the same call", room_is_asked_in_the_same_call);
	add_served_test("what is wanted is read", what_is_wanted_is_read);
	add_served_test("power is asked where the list would make us act",
			power_is_asked_where_the_list_would_make_us_act);
	add_served_test("before allocating all are read", before_allocating_all_are_read);
	add_served_test("guests are asked for their addresses",
			guests_are_asked_for_their_addresses);
	add_served_test("a list that fails is not an empty one",
			a_list_that_fails_is_not_an_empty_one);
	add_served_test("options that fail fail it all", options_that_fail_fail_it_all);
	add_served_test("canceling ends it once", canceling_ends_it_once);
	add_served_test("canceling ends the looking too", canceling_ends_the_looking_too);
	add_served_test("a lost endpoint ends it", a_lost_endpoint_ends_it);
	return run_all_tests("observe");
}
