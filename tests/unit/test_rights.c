/* What Proxmox asks for, what a token holds, and what a plan makes of the difference. */
#include "reconcile/rights_roles.h"
#include "tests/lib/scene.h"

#define VM "- {name: a, type: vm, network: mgmt, cpu: 2, ram_mb: 2048, template_id: 9000"
#define CT                                                                         \
	"- {name: a, type: lxc, network: mgmt, cpu: 2, ram_mb: 2048, disk_gb: 4, " \
	"image: "                                                                  \
	"'local:vztmpl/x.tar.zst'"
#define WORLD "{\"guests\": [" TEMPLATE_VM "," TEMPLATE_CT "]}"
#define HALF                                                                           \
	"{\"guests\": [" TEMPLATE_VM ", {\"vmid\": 100, \"name\": \"a\", \"config\": " \
	"{\"scsi0\": \"slow:vm-100-disk-0,size=3G\", \"description\": \"" LINE(        \
		ID) "\", \"net0\": \"virtio=BC:24:11:AA:AA:AA,bridge=vmbr3,tag=7\"}}]}"
#define RESERVED LEASES(LEASE_OF("a", "reserved", "100", ""))

/* "PATH[ or POOL] PRIVILEGES; ..." */
static char *brief_of(struct arena *arena, const struct needs *needs)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < needs->len; i++)
		text_addf(&out, "%s%s%s%s %s", i ? "; " : "", needs->at[i].path,
			  needs->at[i].pool ? " or " : "",
			  needs->at[i].pool ? needs->at[i].pool : "",
			  needs->at[i].privileges);
	return arena_strdup(arena, text_str(&out));
}

/* Each part stands in the list of parts, and there is no other. */
static void assert_parts(struct arena *arena, const char *are, const char *expected)
{
	char **want, **have;
	size_t want_len = str_split(arena, expected, ";", &want);
	size_t have_len = str_split(arena, are, ";", &have);

	for (size_t i = 0; i < want_len; i++) {
		bool found = false;

		for (size_t j = 0; j < have_len; j++)
			found |= !strcmp(str_trim(arena, have[j]),
					 str_trim(arena, want[i]));
		if (!found)
			fail_msg("not asked: %s\nof: %s", want[i], are);
	}
	if (want_len != have_len)
		fail_msg("more is asked: %s", are);
}

/* ---- what an action needs ---- */

static const struct need_row {
	const char *name;
	struct scene_spec spec;
	const char *needs;
} need_rows[] = {
	{ "a clone of a VM",
	  { .vms = VM "}\n", .world = WORLD },
	  "/vms/100 VM.Audit; /vms/9000 VM.Clone; /vms/100 VM.Allocate;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use;"
	  "/vms/100 VM.Config.Network|VM.Config.Cloudinit; /vms/100 VM.Config.CPU;"
	  "/vms/100 VM.Config.Memory; /vms/100 VM.Config.Network;"
	  "/vms/100 VM.Config.Options; /vms/100 VM.Config.HWType; /vms/100 "
	  "VM.PowerMgmt" },
	{ "a clone into a pool, that is not started",
	  { .vms = VM ", resource_pool: web, power: stopped}\n", .world = WORLD },
	  "/vms/100 or /pool/web VM.Audit; /vms/9000 VM.Clone;"
	  "/vms/100 or /pool/web VM.Allocate; /storage/local-lvm Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use;"
	  "/vms/100 or /pool/web VM.Config.Network|VM.Config.Cloudinit;"
	  "/vms/100 or /pool/web VM.Config.CPU; /vms/100 or /pool/web VM.Config.Memory;"
	  "/vms/100 or /pool/web VM.Config.Network;"
	  "/vms/100 or /pool/web VM.Config.Options;"
	  "/vms/100 or /pool/web VM.Config.HWType" },
	{ "a linked clone that grows: the storage of the template",
	  { .vms = VM ", clone: linked, disk_gb: 8, power: stopped}\n", .world = WORLD },
	  "/vms/100 VM.Audit; /vms/9000 VM.Clone; /vms/100 VM.Allocate;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use;"
	  "/vms/100 VM.Config.Network|VM.Config.Cloudinit; /vms/100 VM.Config.CPU;"
	  "/vms/100 VM.Config.Memory; /vms/100 VM.Config.Network;"
	  "/vms/100 VM.Config.Options; /vms/100 VM.Config.HWType; /vms/100 "
	  "VM.Config.Disk" },
	{ "a container out of an archive: its tags without the pool",
	  { .vms = CT ", resource_pool: web}\n", .world = WORLD },
	  "/vms/100 or /pool/web VM.Audit; /vms/100 or /pool/web VM.Allocate;"
	  "/storage/local Datastore.Audit|Datastore.AllocateSpace;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/vms/100 or /pool/web VM.Config.Disk; /vms/100 or /pool/web VM.Config.CPU;"
	  "/vms/100 or /pool/web VM.Config.Network;"
	  "/vms/100 or /pool/web VM.Config.Memory;"
	  "/vms/100 or /pool/web VM.Config.Options; /vms/100 VM.Config.Options;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use; /vms/100 or /pool/web VM.PowerMgmt" },
	{ "a privileged container, on 9",
	  { .vms = CT ", unprivileged: false, power: stopped}\n", .world = WORLD },
	  "/vms/100 VM.Audit; /vms/100 VM.Allocate;"
	  "/storage/local Datastore.Audit|Datastore.AllocateSpace;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/vms/100 VM.Config.Disk; / Sys.Modify; /vms/100 VM.Config.CPU;"
	  "/vms/100 VM.Config.Network; /vms/100 VM.Config.Memory;"
	  "/vms/100 VM.Config.Options; /sdn/zones/localnetwork/vmbr0 SDN.Use" },
	{ "a clone of a container, with nesting and a VLAN",
	  { .vms = "- {name: a, type: lxc, network: tagged, cpu: 2, template_id: 9100, "
		   "features: {nesting: true}, power: stopped, ram_mb: 512}\n",
	    .world = WORLD },
	  "/vms/100 VM.Audit; /vms/9100 VM.Clone; /vms/100 VM.Allocate;"
	  "/storage/local-lvm Datastore.AllocateSpace; /vms/100 VM.Config.CPU;"
	  "/vms/100 VM.Config.Network; /vms/100 VM.Config.Options;"
	  "/sdn/zones/localnetwork/vmbr1/20 SDN.Use" },
	{ "startup and a CPU model of the cluster's own",
	  { .vms = VM ", startup: {order: 1}, cpu_type: custom-fast, power: stopped}\n",
	    .world = WORLD },
	  "/vms/100 VM.Audit; /vms/9000 VM.Clone; /vms/100 VM.Allocate;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use; / Sys.Modify;"
	  "/mapping/cpu/fast Mapping.Use;"
	  "/vms/100 VM.Config.Network|VM.Config.Cloudinit; /vms/100 VM.Config.CPU;"
	  "/vms/100 VM.Config.Memory; /vms/100 VM.Config.Network;"
	  "/vms/100 VM.Config.Options; /vms/100 VM.Config.HWType" },
	{ "one that is half made leaves the bridge it has, and gets a cloud-init drive",
	  { .vms = VM ", disk_gb: 8, power: stopped, resource_pool: web}\n",
	    .world = HALF,
	    .leases = RESERVED },
	  "/vms/100 VM.Audit; /vms/100 VM.Config.CDROM; /vms/100 VM.Config.Cloudinit;"
	  "/sdn/zones/localnetwork/vmbr3/7 SDN.Use;"
	  "/storage/slow Datastore.AllocateSpace; /vms/100 VM.Config.Disk;"
	  "/vms/100 VM.Config.Network|VM.Config.Cloudinit; /vms/100 VM.Config.CPU;"
	  "/vms/100 VM.Config.Memory; /vms/100 VM.Config.Network;"
	  "/vms/100 VM.Config.Options; /vms/100 VM.Config.HWType" },
	{ "nothing that is refused",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 2, ram_mb: 512, "
		   "template_id: 9999}\n",
	    .world = WORLD },
	  "" },
};

static void needs_these(void **state)
{
	const struct need_row *row = *state;
	struct needs needs;
	struct scene scene;

	scene_plan(&scene, &row->spec);
	needs_of_action(&needs, scene.arena, scene_action(&scene, "a"), 9);
	assert_parts(scene.arena, brief_of(scene.arena, &needs), row->needs);
	scene_finish(&scene);
}

/* ---- what a token holds ---- */

static const struct held_row {
	const char *name, *permissions, *path, *privileges;
	bool held;
} held_rows[] = {
	{ "at the path itself", "{\"/vms/100\": \"VM.Audit\"}", "/vms/100", "VM.Audit",
	  true },
	{ "one of several", "{\"/vms/100\": \"VM.Audit\"}", "/vms/100",
	  "VM.Clone|VM.Audit", true },
	{ "a longer name is another", "{\"/vms\": \"VM.AuditX\"}", "/vms", "VM.Audit",
	  false },
	{ "a shorter one too", "{\"/vms\": \"VM.Audi\"}", "/vms", "VM.Audit", false },
	{ "held without coming down", "{\"/vms\": \"VM.Audit-\"}", "/vms", "VM.Audit",
	  true },
	{ "... not below", "{\"/vms\": \"VM.Audit-\"}", "/vms/100", "VM.Audit", false },
	{ "from above", "{\"/vms\": \"VM.Audit\"}", "/vms/100", "VM.Audit", true },
	{ "what is told of the path counts alone",
	  "{\"/vms\": \"VM.Audit\", \"/vms/100\": \"VM.Clone\"}", "/vms/100", "VM.Audit",
	  false },
	{ "a top that is not told of holds nothing", "{\"/\": \"VM.Audit\"}", "/vms/100",
	  "VM.Audit", false },
	{ "from the root to what is no top", "{\"/\": \"Mapping.Use\"}", "/mapping/cpu/x",
	  "Mapping.Use", true },
	{ "a bridge below its zone", "{\"/sdn\": \"SDN.Use\"}",
	  "/sdn/zones/localnetwork/vmbr0/20", "SDN.Use", true },
	{ "a bridge that may be another zone's", "{\"/sdn/zones/z1\": \"SDN.Use\"}",
	  "/sdn/zones/localnetwork/vnet1", "SDN.Use", true },
	{ "a bridge of another name", "{\"/sdn/zones/z1/other\": \"SDN.Use\"}",
	  "/sdn/zones/localnetwork/vnet1", "SDN.Use", false },
	{ "nothing at all", "{}", "/vms/100", "VM.Audit", false },
};

static void holds_these(void **state)
{
	const struct held_row *row = *state;
	struct arena *arena = arena_create();
	struct cluster_state cluster;

	world_read(&cluster, arena,
		   arena_printf(arena, "{\"permissions\": %s}", row->permissions));
	assert_int_equal(
		permissions_have(cluster.permissions, row->path, row->privileges),
		row->held);
	arena_destroy(arena);
}

/* ---- what a plan makes of it ---- */

#define ALL_VM                                                                  \
	"VM.Allocate VM.Audit VM.Config.CPU VM.Config.HWType VM.Config.Memory " \
	"VM.Config.Network VM.Config.Options VM.Config.Disk VM.PowerMgmt"
#define HELD(vms, template, storage)                                    \
	"\"permissions\": {\"/vms\": \"" vms                            \
	"\", \"/vms/9000\": \"" template "\", \"/storage\": \"" storage \
					 "\", \"/sdn\": \"SDN.Use\"}"
#define WITH(what)    "{" what ", \"guests\": [" TEMPLATE_VM "," TEMPLATE_CT "]}"
#define MAY           HELD(ALL_VM, "VM.Audit VM.Clone", "Datastore.AllocateSpace Datastore.Audit")
#define MAY_NOT_CLONE HELD(ALL_VM, "VM.Audit", "Datastore.AllocateSpace")
#define AUDITOR                                                                   \
	"\"permissions\": {\"/vms\": \"VM.Audit\", \"/vms/9000\": \"VM.Audit\", " \
	"\"/storage\": \"Datastore.Audit\", \"/sdn\": \"SDN.Audit\"}"
#define LVM(total, used)                                                           \
	"\"storages\": {\"local of pve01\": {\"content\": \"iso,vztmpl\", "        \
	"\"total\": 100, \"used\": 1}, \"local-lvm of pve01\": {\"total\": " total \
	", \"used\": " used                                                        \
	"}, \"other of pve02\": {\"content\": \"images\", \"total\": 100, \"used\": 1}}"
#define SILENT_LVM                                                              \
	"\"storages\": {\"local-lvm of pve01\": {\"total\": 100, \"used\": 1, " \
	"\"available\": false}}"

static const struct plan_row plan_rows[] = {
	{ "with all rights nothing is said",
	  { .vms = VM "}\n", .world = WITH(MAY), .applies = true },
	  "a create 100 create,configure,start | a reserved 100",
	  0 },
	{ "an apply refuses what the token may not do, and reserves nothing",
	  { .vms = VM "}\n", .world = WITH(MAY_NOT_CLONE), .applies = true },
	  "a refused 21",
	  21,
	  "the token vm7@pve!vm7 lacks VM.Clone on /vms/9000",
	  "pveum role modify VM7 --append 1 --privs \"VM.Clone\"" },
	{ "a plan tells it",
	  { .vms = VM "}\n", .world = WITH(MAY_NOT_CLONE) },
	  "a create 100 create,configure,start; ~a rights | a reserved 100",
	  0,
	  "lacks VM.Clone on /vms/9000: apply will refuse it" },
	{ "nothing of the kind at the path: the role there, for user and token",
	  { .vms = VM "}\n",
	    .world = WITH(HELD(ALL_VM, "VM.Audit VM.Clone", "Sys.Audit")),
	    .applies = true },
	  "a refused 21",
	  21,
	  "pveum acl modify /storage/local-lvm --users vm7@pve --tokens 'vm7@pve!vm7' "
	  "--roles VM7" },
	{ "a token that can only look: one note for all",
	  { .vms = VM "}\n"
		      "- {name: b, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		      "template_id: 9000}\n",
	    .world = WITH(AUDITOR) },
	  "a create 100 create,configure,start; b create 101 create,configure,start; "
	  "~ rights | a reserved 100, b reserved 101",
	  0,
	  "the token vm7@pve!vm7 can only look" },
	{ "... and an apply names what it lacks",
	  { .vms = VM "}\n", .world = WITH(AUDITOR), .applies = true },
	  "a refused 21",
	  21,
	  "VM.Clone on /vms/9000",
	  "It can only look" },
	{ "who depends on one that is refused waits with it",
	  { .vms = VM "}\n"
		      "- {name: b, type: lxc, network: mgmt, cpu: 1, ram_mb: 512, "
		      "template_id: 9100, depends_on: [a]}\n",
	    .world = WITH("\"permissions\": {\"/vms\": \"VM.Clone " ALL_VM
			  "\", \"/vms/9000\": \"VM.Audit\", \"/storage\": "
			  "\"Datastore.AllocateSpace\", \"/sdn\": \"SDN.Use\"}"),
	    .applies = true },
	  "a refused 21; b refused 21",
	  21,
	  "it depends on a, which is refused" },
	{ "a storage without room",
	  { .vms = VM ", disk_gb: 40}\n", .world = WITH(MAY ", " LVM("100", "70")) },
	  "a refused 20",
	  20,
	  "storage local-lvm on pve01 has 30 GiB free, and its disks need 40 GiB" },
	{ "room for one, not for two",
	  { .vms = VM
	    ", disk_gb: 20}\n"
	    "- {name: b, type: vm, network: mgmt, cpu: 1, ram_mb: 512, disk_gb: 11, "
	    "template_id: 9000}\n",
	    .world = WITH(MAY ", " LVM("100", "70")) },
	  "a create 100 create,configure,grow,start; b refused 20 | a reserved 100",
	  22,
	  "has 30 GiB free, and its disks need 31 GiB together with those made before "
	  "it" },
	{ "a linked clone takes only what it grows by",
	  { .vms = VM ", disk_gb: 5, clone: linked}\n",
	    .world = WITH(MAY ", " LVM("100", "98")) },
	  "a create 100 create,configure,grow,start | a reserved 100",
	  0 },
	{ "disks of its own count too",
	  { .vms = VM ", disks: [{slot: scsi1, size_gb: 28, storage: local-lvm}]}\n",
	    .world = WITH(MAY ", " LVM("100", "70")) },
	  "a refused 20",
	  20,
	  "storage local-lvm on pve01 has 30 GiB free, and its disks need 31 GiB" },
	{ "a storage that does not take disks",
	  { .vms = VM ", datastore: local}\n", .world = WITH(MAY ", " LVM("100", "70")) },
	  "a refused 20",
	  20,
	  "storage local on pve01 does not take images. For that the node has "
	  "local-lvm" },
	{ "a storage that the node does not have",
	  { .vms = VM ", datastore: other}\n", .world = WITH(MAY ", " LVM("100", "70")) },
	  "a refused 20",
	  20,
	  "node pve01 has no storage other, or it is disabled there. For images it has "
	  "local-lvm" },
	{ "one that the token cannot see is not judged",
	  { .vms = VM ", datastore: other}\n",
	    .world = WITH(HELD(ALL_VM, "VM.Audit VM.Clone",
			       "Sys.Audit") ", " LVM("100", "70")) },
	  "a create 100 create,configure,start; ~a rights | a reserved 100",
	  0 },
	{ "a storage that does not answer is waited for",
	  { .vms = VM "}\n", .world = WITH(MAY ", " SILENT_LVM) },
	  "a wait 20",
	  20,
	  "local-lvm on pve01 does not answer" },
	{ "a bridge that the node does not have",
	  { .vms = "- {name: a, type: lxc, network: tagged, cpu: 2, ram_mb: 512, "
		   "template_id: 9100}\n",
	    .world = WITH(MAY ", \"bridges\": {\"pve01\": [\"vmbr0\"]}") },
	  "a refused 20",
	  20,
	  "bridge vmbr1 of the network tagged does not exist on node pve01, which has "
	  "vmbr0" },
	{ "a bridge that may be there unseen is not judged",
	  { .vms = "- {name: a, type: lxc, network: tagged, cpu: 2, ram_mb: 512, "
		   "template_id: 9100}\n",
	    .world = WITH("\"bridges\": {\"pve01\": [\"vmbr0\"]}") },
	  "a create 100 create,configure,start | a reserved 100",
	  0 },
	{ "Proxmox VE 8.3 is too old",
	  { .vms = VM "}\n", .world = WITH("\"version\": \"8.3\"") },
	  "stop 20",
	  20,
	  "runs Proxmox VE 8.3: vm7 needs 8.4 or newer" },
	{ "Proxmox VE 7.4 is too old",
	  { .vms = VM "}\n", .world = WITH("\"version\": \"7.4\"") },
	  "stop 20",
	  20 },
	{ "Proxmox VE 8.4 is not",
	  { .vms = VM "}\n", .world = WITH("\"version\": \"8.4\"") },
	  "a create 100 create,configure,start | a reserved 100",
	  0 },
	{ "Proxmox VE 10.0 is not",
	  { .vms = VM "}\n", .world = WITH("\"version\": \"10.0\"") },
	  "a create 100 create,configure,start | a reserved 100",
	  0 },
};

static void fingerprint_is_of_the_plan(void **state)
{
	static const char *const worlds[] = { WITH(MAY), WITH(MAY_NOT_CLONE), WORLD };
	char first[65] = "";

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct scene_spec spec = { .vms = VM "}\n",
					   .world = worlds[i / 2],
					   .applies = i % 2 };
		struct scene scene;

		scene_plan(&scene, &spec);
		if (i == 0)
			memcpy(first, scene.plan.fingerprint, sizeof(first));
		assert_string_equal(scene.plan.fingerprint, first);
		scene_finish(&scene);
	}
}

static const struct expiry_row {
	const char *name, *expires;
	bool told;
} expiry_rows[] = {
	{ "a token without an end", NULL, false },
	{ "one that ends in 14 days", "2026-12-05T09:30:00Z", true },
	{ "a second later", "2026-12-05T09:30:01Z", false },
	{ "one that has ended", "2026-11-20T00:00:00Z", true },
};

static void tells_expiry(void **state)
{
	const struct expiry_row *row = *state;
	struct scene_spec spec = { .vms = VM "}\n", .world = WITH(MAY) };
	struct permissions held;
	struct scene scene;

	scene_read(&scene, &spec);
	held = *scene.cluster.permissions;
	held.expires = row->expires;
	scene.cluster.permissions = &held;
	plan_make(&scene.plan, scene.arena, &scene.input);
	assert_int_equal(strstr(scene_words(&scene), "expires on") != NULL, row->told);
	assert_int_equal(strstr(scene_words(&scene),
				"pveum user token modify vm7@pve vm7") != NULL,
			 row->told);
	scene_finish(&scene);
}

/* ---- roles ---- */

/* `vm7 rights` as "PATH: PRIVILEGES; ..." */
static const struct role_row {
	const char *name;
	unsigned release;
	struct scene_spec spec;
	const char *grants;
} role_rows[] = {
	{ "no guests", 9, { .world = NULL }, "/: Sys.Audit; /vms: VM.Audit" },
	{ "a VM",
	  9,
	  { .vms = VM "}\n" },
	  "/: Sys.Audit; /sdn/zones/localnetwork: SDN.Use; /storage/local-lvm: "
	  "Datastore.AllocateSpace Datastore.Audit; /vms: VM.Allocate VM.Audit "
	  "VM.Config.CPU "
	  "VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options "
	  "VM.PowerMgmt; /vms/9000: VM.Audit VM.Clone" },
	{ "a container in a pool, on a bridge of its own",
	  9,
	  { .vms = "- {name: a, type: lxc, network: tagged, cpu: 1, ram_mb: 512, image: "
		   "'local:vztmpl/x.tar.zst', disk_gb: 4, resource_pool: web, "
		   "unprivileged: "
		   "true}\n" },
	  "/: Sys.Audit; /pool/web: VM.Allocate VM.Audit VM.Config.CPU VM.Config.Disk "
	  "VM.Config.Memory VM.Config.Network VM.Config.Options VM.PowerMgmt; "
	  "/sdn/zones/localnetwork/vmbr1/20: SDN.Use; /storage/local: Datastore.Audit; "
	  "/storage/local-lvm: Datastore.AllocateSpace "
	  "Datastore.Audit; /vms: VM.Audit "
	  "VM.Config.Options" },
	{ "storages of templates: all, and what is below keeps that",
	  9,
	  { .vms = VM ", clone: linked}\n"
		      "- {name: b, type: lxc, network: tagged, cpu: 1, "
		      "ram_mb: 512, image: 'local:vztmpl/x.tar.zst', disk_gb: 4}\n" },
	  "/: Sys.Audit; /sdn/zones/localnetwork: SDN.Use; /storage: "
	  "Datastore.AllocateSpace Datastore.Audit; /vms: VM.Allocate VM.Audit "
	  "VM.Config.CPU VM.Config.Disk "
	  "VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options "
	  "VM.PowerMgmt; /vms/9000: VM.Audit VM.Clone" },
	{ "an agent that is asked, on 8",
	  8,
	  { .vms = "- {name: a, type: vm, network: dyn, cpu: 2, ram_mb: 512, "
		   "template_id: "
		   "9000}\n" },
	  "/: Sys.Audit; /sdn/zones/localnetwork: SDN.Use; /storage/local-lvm: "
	  "Datastore.AllocateSpace Datastore.Audit; /vms: VM.Allocate VM.Audit "
	  "VM.Config.CPU "
	  "VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options "
	  "VM.Monitor "
	  "VM.PowerMgmt; /vms/9000: VM.Audit VM.Clone" },
	{ "a guest whose entry is gone",
	  9,
	  { .leases = RESERVED },
	  "/: Sys.Audit; /vms: VM.Allocate VM.Audit VM.Config.Options VM.PowerMgmt" },
};

static void grants_these(void **state)
{
	const struct role_row *row = *state;
	struct grants grants;
	struct needs needs;
	struct scene scene;
	struct text out;

	scene_plan(&scene, &row->spec);
	needs_of_manifest(&needs, scene.arena, &scene.manifest, &scene.plan.leases,
			  row->release);
	grants_make(&grants, scene.arena, &needs);
	text_init(&out, scene.arena);
	for (size_t i = 0; i < grants.len; i++) {
		text_addf(&out, "%s%s:", i ? "; " : "", grants.at[i].path);
		for (size_t j = 0; j < grants.at[i].len; j++)
			text_addf(&out, " %s", grants.at[i].privileges[j]);
	}
	assert_string_equal(text_str(&out), row->grants);
	scene_finish(&scene);
}

/* Names come from people's files, and a person runs the lines as root. */
static void words_are_quoted(void **state)
{
	struct arena *arena = arena_create();

	(void)state;
	assert_string_equal(shell_word(arena, "/vms/100"), "/vms/100");
	assert_string_equal(shell_word(arena, "vm7@pve!vm7"), "'vm7@pve!vm7'");
	assert_string_equal(shell_word(arena, "a; rm -rf $(x)"), "'a; rm -rf $(x)'");
	assert_string_equal(shell_word(arena, "it's"), "'it'\\''s'");
	assert_string_equal(shell_word(arena, ""), "''");
	arena_destroy(arena);
}

int main(void)
{
	add_rows(needs_these, need_rows);
	add_rows(holds_these, held_rows);
	add_rows(plans_this, plan_rows);
	add_test("the fingerprint does not know the token", fingerprint_is_of_the_plan);
	add_rows(tells_expiry, expiry_rows);
	add_rows(grants_these, role_rows);
	add_test("words for a shell are quoted", words_are_quoted);
	return run_all_tests("rights");
}
