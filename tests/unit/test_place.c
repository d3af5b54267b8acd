/* Where guests are made: node: auto, spread, and clones to another node. */
#include "tests/lib/scene.h"

#define AUTO(name, more) \
	"- {name: " name \
	", type: vm, network: mgmt, cpu: 2, ram_mb: 4096, node: auto" more "}\n"
#define FROM ", template_id: 9000"
#define MAP  ", template_id: {pve01: 9000, pve02: 9001}"

/* Three nodes of 16 GiB, 8 CPUs; the template on shared storage. */
#define NODE(more)     "{\"memory\": 16384, \"cpus\": 8" more "}"
#define NODES(a, b, c) "\"nodes\": {\"pve01\": " a ", \"pve02\": " b ", \"pve03\": " c "}"
#define EQUAL          NODES(NODE(""), NODE(""), NODE(""))
#define LVM(node, used)  \
	"\"lvm of " node \
	"\": {\"content\": \"images,rootdir\", \"total\": 100, \"used\": " used "}"
#define NFS(node)                                                            \
	"\"nfs of " node                                                     \
	"\": {\"content\": \"images,rootdir\", \"total\": 500, \"shared\": " \
	"true}"
#define STORAGES                                                                  \
	"\"storages\": {" NFS("pve01") "," NFS("pve02") "," NFS("pve03") "," LVM( \
		"pve01", "0") "," LVM("pve02", "0") "," LVM("pve03", "0") "}"
#define TEMPLATE(vmid, node, storage)                                                  \
	"{\"vmid\": " vmid ", \"node\": \"" node                                       \
	"\", \"template\": true, \"memory\": 1024, \"config\": {\"scsi0\": \"" storage \
	":base,size=3G\", \"ide2\": \"" storage ":vm-cloudinit,media=cdrom\"}}"
#define SHARED_TEMPLATE      TEMPLATE("9000", "pve01", "nfs")
#define WORLD(nodes, guests) "{" nodes "," STORAGES ", \"guests\": [" guests "]}"
#define RUNS(vmid, node, memory)                                            \
	",{\"vmid\": " vmid ", \"node\": \"" node "\", \"memory\": " memory \
	", \"power\": \"running\", \"config\": {}}"
#define LEASE(name, ip, mac, node, state, vmid)                             \
	"\"" name "\": {\"id\": \"b3d10000-0000-5000-8000-0000000000" mac   \
	"\", \"ip\": \"192.168.10." ip "\", \"mac\": \"BC:24:11:00:00:" mac \
	"\", \"node\": \"" node "\", \"pool\": \"mgmt\", \"since\": "       \
	"\"2026-11-21T09:00:00Z\", \"state\": \"" state                     \
	"\", \"type\": \"vm\", \"vmid\": " vmid "}"

/* As usual, but for the datastore: disks go where the template's are. */
static const char head[] =
	"version: 1\n"
	"globals:\n"
	"  proxmox: {endpoint: 'https://pve.local:8006', username: vm7@pve,\n"
	"    token_name: vm7, token_secret: {secret: pve-token},\n"
	"    node: pve01}\n"
	"  access: {user: devops, ssh_public_key: '" KEY "'}\n";

static const struct row {
	const char *name;
	struct scene_spec spec;
	const char *where; /* "a pve01 9000 nfs": each with its template and datastore */
	int exit;
	const char *words;
} rows[] = {
	/* by what is free */
	{ "of equal nodes the first by name",
	  { .vms = AUTO("a", FROM), .world = WORLD(EQUAL, SHARED_TEMPLATE) },
	  "a pve01 9000 -",
	  0,
	  "nothing is leased to it; node pve01: auto: 16 GiB free" },
	{ "what the plan has placed counts",
	  { .vms = AUTO("a", FROM) AUTO("b", FROM) AUTO("c", FROM),
	    .world = WORLD(NODES(NODE(""), NODE(""), "false"), SHARED_TEMPLATE) },
	  "a pve01 9000 -; b pve02 9000 -; c pve01 9000 -",
	  0,
	  "node pve01: auto: 12 GiB free" },
	{ "entries with a node of their own count, wherever they stand in the file",
	  { .vms = AUTO("a", FROM) "- {name: b, type: vm, network: mgmt, cpu: 2, "
				   "ram_mb: 4096, node: pve01, template_id: 9000}\n",
	    .world = WORLD(EQUAL, SHARED_TEMPLATE) },
	  "a pve02 9000 -; b pve01 9000 -" },
	{ "running guests take all that they may",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(EQUAL, SHARED_TEMPLATE RUNS("777", "pve01", "2048")
					  RUNS("778", "pve02", "1024")) },
	  "a pve03 9000 -" },
	{ "stopped guests take nothing",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(EQUAL, SHARED_TEMPLATE ",{\"vmid\": 777, \"memory\": 2048, "
						  "\"config\": {}}") },
	  "a pve01 9000 -" },
	{ "more may be in use",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(NODES(NODE(", \"used\": 4096"), NODE(", \"used\": 2048"),
				 NODE(", \"used\": 3072")),
			   SHARED_TEMPLATE) },
	  "a pve02 9000 -",
	  0,
	  "node pve02: auto: 14 GiB free" },
	{ "less than a GiB decides nothing",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(NODES(NODE(", \"used\": 2000"), NODE(", \"used\": 1100"),
				 NODE(", \"used\": 1025")),
			   SHARED_TEMPLATE) },
	  "a pve01 9000 -" },
	{ "then by free CPUs",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(NODES(NODE(""), "{\"memory\": 16384, \"cpus\": 9}", NODE("")),
			   SHARED_TEMPLATE) },
	  "a pve02 9000 -" },
	{ "no memory is overcommitted, and the reasons are told by node",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(NODES(NODE(", \"used\": 13312"), NODE(", \"used\": 16384"),
				 "{\"online\": false}"),
			   SHARED_TEMPLATE) },
	  "a - -",
	  20,
	  "no node can take it: pve01: 3 GiB of memory left, it needs 4096 MiB; pve02: 0 "
	  "GiB of memory left, it needs 4096 MiB; pve03: offline" },
	{ "a node that does not tell its memory is the last",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(NODES("{\"cpus\": 99}", NODE(", \"used\": 11264"),
				 "{\"maintenance\": true}"),
			   SHARED_TEMPLATE) },
	  "a pve02 9000 -" },

	/* who may be chosen */
	{ "a node in maintenance is not chosen",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(NODES(NODE(", \"maintenance\": true"), NODE(""), NODE("")),
			   SHARED_TEMPLATE) },
	  "a pve02 9000 -" },
	{ "a node that is offline is not chosen",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(NODES(NODE(""), NODE(", \"online\": false"),
				 NODE(", \"used\": 1024")),
			   TEMPLATE("9000", "pve03", "nfs")
				   RUNS("777", "pve01", "4096")) },
	  "a pve03 9000 -" },
	{ "without quorum none",
	  { .vms = AUTO("a", FROM),
	    .world = "{\"quorate\": false, \"guests\": [" SHARED_TEMPLATE "]}" },
	  "a - -",
	  20,
	  "no quorum" },
	{ "what is wrong everywhere is told once",
	  { .vms = AUTO("a", ", template_id: 9999"),
	    .world = WORLD(EQUAL, SHARED_TEMPLATE) },
	  "a - -",
	  20,
	  "no node can take it: template 9999 does not exist" },
	{ "a template on its node's own storage stays there",
	  { .vms = AUTO("a", FROM),
	    .world = WORLD(NODES(NODE(""), NODE(", \"used\": 4096"), NODE("")),
			   TEMPLATE("9000", "pve02", "lvm")) },
	  "a pve02 9000 -" },
	{ "a map names the nodes and their templates",
	  { .vms = AUTO("a", MAP) AUTO("b", MAP),
	    .world = WORLD(EQUAL, TEMPLATE("9000", "pve01",
					   "lvm") "," TEMPLATE("9001", "pve02", "lvm")) },
	  "a pve01 9000 -; b pve02 9001 -" },
	{ "a datastore must have room, also for what the plan has placed",
	  { .vms = AUTO("a", FROM ", datastore: lvm, disk_gb: 60")
		    AUTO("b", FROM ", datastore: lvm, disk_gb: 60"),
	    .world = WORLD(EQUAL, TEMPLATE("9000", "pve01", "lvm")) },
	  "a pve01 9000 lvm; b - -",
	  22,
	  "b: in vm7.yaml:15, and nothing is leased to it no node can take it: pve01: "
	  "storage lvm has 40 GiB left, it needs 60; pve02: template 9000 is on pve01 "
	  "and cannot be cloned to pve02: ide2 is on lvm, which every node has for "
	  "itself." },
	{ "shared room is taken once for all nodes",
	  { .vms = AUTO("a", FROM ", disk_gb: 300") AUTO("b", FROM ", disk_gb: 300"),
	    .world = WORLD(EQUAL, SHARED_TEMPLATE) },
	  "a pve01 9000 -; b - -",
	  22,
	  "no node can take it: storage nfs has 200 GiB left, it needs 300" },
	{ "nodes have datastores of their own",
	  { .globals = "  nodes: {pve01: {datastore: gone}, pve02: {datastore: nfs}, "
		       "pve03: {}}\n",
	    .vms = AUTO("a", FROM),
	    .world = WORLD(NODES(NODE(""), NODE(", \"used\": 9000"), "false"),
			   SHARED_TEMPLATE) },
	  "a pve02 9000 nfs" },
	{ "a container's archive must be on a storage of the node",
	  { .vms = "- {name: a, type: lxc, network: mgmt, cpu: 1, ram_mb: 512, disk_gb: "
		   "8, node: auto, datastore: nfs, image: \"local:vztmpl/x.tar.zst\"}\n",
	    .world = "{" EQUAL ", \"storages\": {\"nfs of pve03\": {\"total\": 100}}}" },
	  "a pve03 0 nfs" },

	/* spread */
	{ "a group is spread before memory is looked at",
	  { .vms = AUTO("a", FROM ", spread: web") AUTO("b", FROM ", spread: web")
		    AUTO("c", FROM ", spread: db"),
	    .world = WORLD(
		    NODES(NODE(""), NODE(", \"used\": 9000"), NODE(", \"used\": 10000")),
		    SHARED_TEMPLATE) },
	  "a pve01 9000 -; b pve02 9000 -; c pve01 9000 -",
	  0,
	  "node pve02: auto: 7 GiB free, 0 of the group web there and 1 elsewhere" },
	{ "leased guests of the group count where they are",
	  { .vms = AUTO("a", FROM ", spread: web") AUTO("z", FROM ", spread: web"),
	    .leases = LEASES(LEASE("z", "60", "0a", "pve02", "ready", "10001")),
	    .world = WORLD(NODES(NODE(""), NODE(", \"used\": 8192"), "false"),
			   SHARED_TEMPLATE ",{\"vmid\": 10001, \"node\": \"pve01\", "
					   "\"memory\": 4096, \"power\": \"running\"}") },
	  "a pve02 9000 -; z pve01 9000 -" },

	/* decided once */
	{ "a lease keeps its node",
	  { .vms = AUTO("a", MAP),
	    .leases = LEASES(LEASE("a", "50", "0a", "pve02", "reserved", "10000")),
	    .world = WORLD(NODES(NODE(""), NODE(", \"used\": 9000"), NODE("")),
			   TEMPLATE("9000", "pve01", "lvm") "," TEMPLATE("9001", "pve02",
									 "lvm")) },
	  "a pve02 9001 -",
	  0,
	  "a: in vm7.yaml:14, reserved and not there yet \n" },
	{ "a lease whose node went offline waits",
	  { .vms = AUTO("a", FROM),
	    .leases = LEASES(LEASE("a", "50", "0a", "pve02", "reserved", "10000")),
	    .world = WORLD(NODES(NODE(""), "false", NODE("")), SHARED_TEMPLATE) },
	  "a pve02 9000 -",
	  20,
	  "node pve02 is offline" },
	{ "a map that lost the node of a lease",
	  { .vms = AUTO("a", MAP),
	    .leases = LEASES(LEASE("a", "50", "0a", "pve03", "reserved", "10000")),
	    .world = WORLD(EQUAL, TEMPLATE("9000", "pve01", "lvm")) },
	  "a pve03 0 -",
	  20,
	  "template_id names none for node pve03" },
	{ "on hold nothing is chosen",
	  { .vms = AUTO("a", FROM ", hold: true"),
	    .world = WORLD(EQUAL, SHARED_TEMPLATE) },
	  "a - -" },
	{ "offline nothing is chosen", { .vms = AUTO("a", FROM) }, "a auto 9000 -" },

	/* a node that is named */
	{ "F-02 a template of another node's own storage is refused",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, node: "
		   "pve02, template_id: 9000}\n",
	    .world = WORLD(EQUAL, TEMPLATE("9000", "pve01", "lvm")) },
	  "a - -",
	  20,
	  "template 9000 is on pve01 and cannot be cloned to pve02: ide2 is on lvm, "
	  "which every node has for itself. Name a template of that node (template_id: "
	  "{pve02: VMID}), or use shared storage" },
	{ "F-02 so is a copy to a storage that is not shared",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, node: "
		   "pve02, datastore: lvm, template_id: 9000}\n",
	    .world = WORLD(EQUAL, SHARED_TEMPLATE) },
	  "a - -",
	  20,
	  "its copy goes to lvm, which every node has for itself" },
	{ "F-02 a storage that the node does not have",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, node: "
		   "pve02, template_id: 9000}\n",
	    .world = "{" EQUAL ", \"storages\": {" NFS(
		    "pve01") "}, \"guests\": [" SHARED_TEMPLATE "]}" },
	  "a - -",
	  20,
	  "is on nfs, which that node does not have" },
	{ "F-02 a map with both has the right one",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, node: "
		   "pve02" MAP "}\n",
	    .world = WORLD(EQUAL, TEMPLATE("9000", "pve01",
					   "lvm") "," TEMPLATE("9001", "pve02", "lvm")) },
	  "a pve02 9001 -" },
	{ "of a container only where its copy goes counts",
	  { .vms = "- {name: a, type: lxc, network: mgmt, cpu: 1, ram_mb: 512, node: "
		   "pve02, datastore: nfs, template_id: 9100}\n",
	    .world = WORLD(EQUAL, "{\"vmid\": 9100, \"type\": \"lxc\", \"template\": "
				  "true, \"config\": {\"rootfs\": \"lvm:base,size=2G\", "
				  "\"unprivileged\": 1}}") },
	  "a pve02 9100 nfs" },
	{ "storages that nobody told of are Proxmox's to say",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, node: "
		   "pve02, template_id: 9000}\n",
	    .world = WORLD(EQUAL, TEMPLATE("9000", "pve01", "secret")) },
	  "a pve02 9000 -" },
};

static const char *where(const struct scene *scene)
{
	const struct plan *plan = &scene->plan;
	struct text out;

	text_init(&out, scene->arena);
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];

		text_addf(&out, "%s%s", i ? "; " : "", action->guest);
		if (action->lease)
			text_addf(&out, " %s %u", action->want->node,
				  action->want->template_id);
		else
			text_add(&out, " -");
		text_addf(&out, " %s",
			  action->lease && action->want->datastore
				  ? action->want->datastore
				  : "-");
	}
	return text_str(&out);
}

static void stands(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct scene_spec spec = row->spec;
	struct scene scene;

	spec.vm7 =
		arena_printf(arena, "%s%s%svms:\n%s", head,
			     spec.globals ? spec.globals : "", usual_networks, spec.vms);
	scene_plan(&scene, &spec);
	if (strcmp(where(&scene), row->where) != 0)
		fail_msg("%s, not %s:\n%s", where(&scene), row->where,
			 scene_words(&scene));
	assert_int_equal(plan_exit(&scene.plan), row->exit);
	scene_says(&scene, row->words);
	/* what is pushed says the same */
	for (size_t i = 0; row->spec.world && i < scene.plan.leases.len; i++)
		assert_string_not_equal(scene.plan.leases.at[i].node, "auto");
	scene_finish(&scene);
	arena_destroy(arena);
}

static const struct pair {
	const char *name;
	const char *one, *other; /* worlds */
	bool same;
} pairs[] = {
	{ "memory that moved by less than matters changes no fingerprint",
	  WORLD(NODES(NODE(", \"used\": 5000"), NODE(", \"used\": 2000"), NODE("")),
		SHARED_TEMPLATE),
	  WORLD(NODES(NODE(", \"used\": 6000"), NODE(", \"used\": 2047"),
		      NODE(", \"used\": 100")),
		SHARED_TEMPLATE),
	  true },
	{ "another node does",
	  WORLD(NODES(NODE(", \"used\": 5000"), NODE(", \"used\": 2000"), NODE("")),
		SHARED_TEMPLATE),
	  WORLD(NODES(NODE(", \"used\": 5000"), NODE(", \"used\": 2000"),
		      NODE(", \"used\": 9000")),
		SHARED_TEMPLATE),
	  false },
};

static void is_told_apart(void **state)
{
	const struct pair *pair = *state;
	struct scene_spec spec = { .vms = AUTO("a", FROM ", datastore: nfs"),
				   .world = pair->one };
	struct scene one, other;

	scene_plan(&one, &spec);
	spec.world = pair->other;
	scene_plan(&other, &spec);
	assert_true((strcmp(one.plan.fingerprint, other.plan.fingerprint) == 0) ==
		    pair->same);
	scene_finish(&one);
	scene_finish(&other);
}

int main(void)
{
	add_rows(stands, rows);
	add_rows(is_told_apart, pairs);
	return run_all_tests("place");
}
