/* Which call of the simulated API needs which privileges: all of them, and each of them. */
#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/acl.h"
#include "tests/sim/ask.h"
#include "tests/sim/props.h"

#define NOW  1795250000.0
#define USER "one@pve"

#define NODE "/nodes/pve01"
#define VM   NODE "/qemu/100"
#define CT   NODE "/lxc/105"

static const char guests[] =
	"[{\"vmid\": 100, \"type\": \"qemu\", \"node\": \"pve01\", \"config\": {"
	"  \"scsi0\": \"local-lvm:vm-100-disk-0,size=1G\","
	"  \"ide0\": \"none,media=cdrom\", \"agent\": \"1\","
	"  \"ide2\": \"local-lvm:vm-100-cloudinit,media=cdrom\","
	"  \"net0\": \"virtio=BC:24:11:00:00:01,bridge=vmbr0\","
	"  \"serial0\": \"socket\", \"memory\": \"512\", \"name\": \"vm\"}},"
	" {\"vmid\": 105, \"type\": \"lxc\", \"node\": \"pve01\", \"config\": {"
	"  \"rootfs\": \"local-lvm:vm-105-disk-0,size=1G\", \"hostname\": \"ct\","
	"  \"net0\": \"name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,type=veth\","
	"  \"memory\": \"512\", \"unprivileged\": \"1\"}}]";

static const char volumes[] =
	"[{\"volid\": \"local-lvm:vm-100-disk-0\", \"node\": \"pve01\"},"
	" {\"volid\": \"local-lvm:vm-100-cloudinit\", \"node\": \"pve01\"},"
	" {\"volid\": \"local-lvm:vm-105-disk-0\", \"node\": \"pve01\","
	"  \"content\": \"rootdir\"},"
	" {\"volid\": \"local:iso/x.iso\", \"node\": \"pve01\", \"content\": \"iso\"},"
	" {\"volid\": \"local:import/x.qcow2\", \"node\": \"pve01\","
	"  \"content\": \"import\", \"format\": \"qcow2\"}]";

/*
 * `needs`: "PATH PRIVILEGE|OR-THIS; ...". With all of them the call is let through, without
 * any single one it is not, and says "Permission check failed (PATH, PRIVILEGE|OR-THIS)".
 * One that begins with "+" is given and never taken away. Behind "=" stands what is said
 * instead; nothing: no more than "Permission check failed".
 */
static const struct row_of_rights {
	const char *name;
	unsigned pve; /* 0: both */
	const char *method, *target, *form, *needs;
} rows[] = {
	{ "a VM's config", 0, "GET", VM "/config", NULL, "/vms/100 VM.Audit" },
	{ "what waits in it", 0, "GET", VM "/pending", NULL, "/vms/100 VM.Audit" },
	{ "a VM's status", 0, "GET", VM "/status/current", NULL, "/vms/100 VM.Audit" },
	{ "a container's config", 0, "GET", CT "/config", NULL, "/vms/105 VM.Audit" },
	{ "a container's status", 0, "GET", CT "/status/current", NULL,
	  "/vms/105 VM.Audit" },
	{ "a container's addresses", 0, "GET", CT "/interfaces", NULL,
	  "/vms/105 VM.Audit" },
	{ "the cloud-init image", 0, "GET", VM "/cloudinit/dump?type=user", NULL,
	  "/vms/100 VM.Audit" },
	{ "the agent on 8", 8, "GET", VM "/agent/network-get-interfaces", NULL,
	  "/vms/100 VM.Monitor" },
	{ "the agent on 9", 9, "GET", VM "/agent/network-get-interfaces", NULL,
	  "/vms/100 VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted" },
	{ "a node", 0, "GET", NODE "/status", NULL, "/nodes/pve01 Sys.Audit" },
	{ "the cluster", 0, "GET", "/cluster/status", NULL, "/ Sys.Audit" },
	{ "a storage", 0, "GET", NODE "/storage/local/status", NULL,
	  "/storage/local Datastore.Audit|Datastore.AllocateSpace" },
	{ "what lies on it", 0, "GET", NODE "/storage/local/content", NULL,
	  "/storage/local Datastore.Audit|Datastore.AllocateSpace" },
	{ "a pool", 0, "GET", "/pools/lab", NULL, "/pool/lab Pool.Audit" },
	{ "making a pool", 0, "POST", "/pools", "poolid=new", "/pool/new Pool.Allocate" },
	{ "making a role", 0, "POST", "/access/roles", "roleid=New",
	  "/access Sys.Modify" },
	{ "making a group", 0, "POST", "/access/groups", "groupid=new",
	  "/access/groups Group.Allocate" },
	{ "making a user", 0, "POST", "/access/users", "userid=new@pve",
	  "/access/realm/pve Realm.AllocateUser; /access/groups User.Modify" },
	{ "an entry for a guest", 0, "PUT", "/access/acl",
	  "path=/vms/100&roles=NoAccess&users=one@pve&delete=1",
	  "/vms/100 Permissions.Modify = /vms/100, Permissions.Modify|VM.Allocate" },
	{ "an entry elsewhere", 0, "PUT", "/access/acl",
	  "path=/nodes&roles=NoAccess&users=one@pve&delete=1",
	  "/nodes Permissions.Modify" },

	{ "starting a VM", 0, "POST", VM "/status/start", "", "/vms/100 VM.PowerMgmt" },
	{ "stopping a VM", 0, "POST", VM "/status/stop", "", "/vms/100 VM.PowerMgmt" },
	{ "shutting a VM down", 0, "POST", VM "/status/shutdown", "",
	  "/vms/100 VM.PowerMgmt" },
	{ "starting a container", 0, "POST", CT "/status/start", "",
	  "/vms/105 VM.PowerMgmt" },
	{ "destroying a VM", 0, "DELETE", VM, NULL, "/vms/100 VM.Allocate" },
	{ "destroying a container", 0, "DELETE", CT, NULL, "/vms/105 VM.Allocate" },
	{ "making a template", 0, "POST", VM "/template", "", "/vms/100 VM.Allocate" },
	{ "a new cloud-init image", 0, "PUT", VM "/cloudinit", "",
	  "/vms/100 VM.Config.Cloudinit" },
	{ "growing a disk", 0, "PUT", VM "/resize", "disk=scsi0&size=2G",
	  "/vms/100 VM.Config.Disk; /storage/local-lvm Datastore.AllocateSpace" },
	{ "growing a root disk", 0, "PUT", CT "/resize", "disk=rootfs&size=2G",
	  "/vms/105 VM.Config.Disk; /storage/local-lvm Datastore.AllocateSpace" },

	{ "cloning a VM", 0, "POST", NODE "/qemu/9000/clone", "newid=101",
	  "/vms/9000 VM.Clone; /vms/101 VM.Allocate =;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use" },
	{ "cloning a VM into a pool", 0, "POST", NODE "/qemu/9000/clone",
	  "newid=101&pool=lab",
	  "/vms/9000 VM.Clone; /pool/lab VM.Allocate =;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use" },
	{ "cloning to another storage", 0, "POST", NODE "/qemu/9000/clone",
	  "newid=101&full=1&storage=shared",
	  "/vms/9000 VM.Clone; /vms/101 VM.Allocate =;"
	  "/storage/shared Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use" },
	{ "cloning a container", 0, "POST", NODE "/lxc/9100/clone", "newid=101",
	  "/vms/9100 VM.Clone; /vms/101 VM.Allocate =;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use" },

	{ "an empty VM", 0, "POST", NODE "/qemu", "vmid=101", "/vms/101 VM.Allocate =" },
	{ "a VM with a bit of everything", 0, "POST", NODE "/qemu",
	  "vmid=101&name=a&cores=2&memory=512&kvm=0&scsi0=local-lvm:8"
	  "&net0=virtio,bridge%3Dvmbr0&boot=order%3Dscsi0&freeze=1",
	  "/vms/101 VM.Allocate =; /vms/101 VM.Config.Options;"
	  "/vms/101 VM.Config.CPU; /vms/101 VM.Config.Memory;"
	  "/vms/101 VM.Config.HWType; /vms/101 VM.Config.Network;"
	  "/vms/101 VM.Config.Disk;"
	  "/vms/101 VM.PowerMgmt; /storage/local-lvm Datastore.AllocateSpace;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use" },
	{ "disks of a new VM need no right of the VM", 0, "POST", NODE "/qemu",
	  "vmid=101&scsi0=local-lvm:8&ide2=local-lvm:cloudinit",
	  "/vms/101 VM.Allocate =; /storage/local-lvm Datastore.AllocateSpace" },
	{ "a VM that starts, on 9", 9, "POST", NODE "/qemu", "vmid=101&start=1",
	  "/vms/101 VM.Allocate =; /vms/101 VM.PowerMgmt" },
	{ "a VM that starts, on 8", 8, "POST", NODE "/qemu", "vmid=101&start=1",
	  "/vms/101 VM.Allocate =" },
	{ "a VM with tags, on 9", 9, "POST", NODE "/qemu", "vmid=101&tags=a",
	  "/vms/101 VM.Allocate =; /vms/101 VM.Config.Options" },
	{ "a VM with tags, on 8", 8, "POST", NODE "/qemu", "vmid=101&tags=gold",
	  "/vms/101 VM.Allocate =" },
	{ "a VM in a pool", 0, "POST", NODE "/qemu", "vmid=101&pool=lab&cores=2&kvm=0",
	  "/pool/lab VM.Allocate =; /pool/lab VM.Config.CPU = /vms/101, VM.Config.CPU;"
	  "/vms/101 VM.Config.HWType" },
	{ "a VM from an image", 0, "POST", NODE "/qemu",
	  "vmid=101&scsi0=local-lvm:0,import-from%3Dlocal:import/x.qcow2",
	  "/vms/101 VM.Allocate =; /storage/local-lvm Datastore.AllocateSpace;"
	  "/storage/local Datastore.AllocateSpace|Datastore.Audit" },
	{ "a VM from the disk of another", 0, "POST", NODE "/qemu",
	  "vmid=101&scsi0=local-lvm:0,import-from%3Dlocal-lvm:vm-100-disk-0",
	  "/vms/101 VM.Allocate =; /storage/local-lvm Datastore.AllocateSpace;"
	  "/vms/100 VM.Clone" },

	{ "a container from an archive", 0, "POST", NODE "/lxc",
	  "vmid=101&ostemplate=local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
	  "&unprivileged=1&rootfs=local-lvm:4&hostname=a&memory=512&cores=1&onboot=1"
	  "&net0=name%3Deth0,bridge%3Dvmbr0&features=nesting%3D1",
	  "/vms/101 VM.Allocate =; /vms/101 VM.Config.Disk; /vms/101 VM.Config.Network;"
	  "/vms/101 VM.Config.Memory; /vms/101 VM.Config.CPU;"
	  "/vms/101 VM.Config.Options; /storage/local-lvm Datastore.AllocateSpace;"
	  "/storage/local Datastore.AllocateSpace|Datastore.Audit;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use" },
	{ "a root disk that was not asked for", 0, "POST", NODE "/lxc",
	  "vmid=101&ostemplate=local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
	  "&unprivileged=1&storage=local-lvm",
	  "/vms/101 VM.Allocate =; /storage/local-lvm Datastore.AllocateSpace;"
	  "/storage/local Datastore.AllocateSpace|Datastore.Audit" },
	{ "a privileged container, on 9", 9, "POST", NODE "/lxc",
	  "vmid=101&ostemplate=local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
	  "&unprivileged=0&storage=local-lvm",
	  "/ Sys.Modify; /vms/101 VM.Allocate =;"
	  "/storage/local-lvm Datastore.AllocateSpace;"
	  "/storage/local Datastore.AllocateSpace|Datastore.Audit" },
	{ "a privileged container, on 8", 8, "POST", NODE "/lxc",
	  "vmid=101&ostemplate=local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
	  "&storage=local-lvm",
	  "/vms/101 VM.Allocate =; /storage/local-lvm Datastore.AllocateSpace;"
	  "/storage/local Datastore.AllocateSpace|Datastore.Audit" },

	{ "cores", 0, "PUT", VM "/config", "cores=2",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.CPU" },
	{ "cores, by a task", 0, "POST", VM "/config", "cores=2",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.CPU" },
	{ "no cores", 0, "PUT", VM "/config", "delete=cores",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.CPU" },
	{ "memory", 0, "PUT", VM "/config", "memory=1024",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Memory" },
	{ "a name", 0, "PUT", VM "/config", "name=x",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Options" },
	{ "frozen at start", 0, "PUT", VM "/config", "freeze=1",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.PowerMgmt" },
	{ "the order of starts", 0, "PUT", VM "/config", "startup=order%3D1",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Options; / Sys.Modify" },
	{ "a cloud-init user", 0, "PUT", VM "/config", "ciuser=x",
	  "+/vms/100 VM.Config.CDROM;"
	  "/vms/100 VM.Config.Cloudinit|VM.Config.Network" },
	{ "a disk", 0, "PUT", VM "/config", "scsi1=local-lvm:4",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Disk;"
	  "/storage/local-lvm Datastore.AllocateSpace" },
	{ "no disk", 0, "PUT", VM "/config", "delete=scsi0",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Disk" },
	{ "an empty CD drive", 0, "PUT", VM "/config", "ide3=none,media%3Dcdrom",
	  "+/vms/100 VM.Config.CPU; /vms/100 VM.Config.CDROM" },
	{ "a CD", 0, "PUT", VM "/config", "ide0=local:iso/x.iso,media%3Dcdrom",
	  "+/vms/100 VM.Config.CPU; /vms/100 VM.Config.CDROM;"
	  "/storage/local Datastore.AllocateSpace|Datastore.Audit" },
	{ "the host's own CD drive", 0, "PUT", VM "/config", "ide0=cdrom,media%3Dcdrom",
	  "+/vms/100 VM.Config.CPU; /vms/100 VM.Config.CDROM; / Sys.Console" },
	{ "no cloud-init image", 0, "PUT", VM "/config", "delete=ide2",
	  "+/vms/100 VM.Config.CPU; /vms/100 VM.Config.CDROM;"
	  "/vms/100 VM.Config.Cloudinit" },
	{ "a disk where the CD was", 0, "PUT", VM "/config", "ide0=local-lvm:1",
	  "+/vms/100 VM.Config.CPU; /vms/100 VM.Config.CDROM; /vms/100 VM.Config.Disk;"
	  "/storage/local-lvm Datastore.AllocateSpace" },
	{ "a card", 0, "PUT", VM "/config", "net1=virtio,bridge%3Dvmbr0",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Network;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use" },
	{ "a card in a VLAN", 0, "PUT", VM "/config",
	  "net1=virtio,bridge%3Dvmbr0,tag%3D5",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Network;"
	  "/sdn/zones/localnetwork/vmbr0/5 SDN.Use" },
	{ "a card in several", 0, "PUT", VM "/config",
	  "net1=virtio,bridge%3Dvmbr0,trunks%3D7%3B8-9",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Network;"
	  "/sdn/zones/localnetwork/vmbr0/7 SDN.Use;"
	  "/sdn/zones/localnetwork/vmbr0/8 SDN.Use;"
	  "/sdn/zones/localnetwork/vmbr0/9 SDN.Use" },
	{ "a card that leaves its bridge", 0, "PUT", VM "/config",
	  "net0=virtio,bridge%3Dvmbr1",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Network;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use;"
	  "/sdn/zones/localnetwork/vmbr1 SDN.Use" },
	{ "tags", 0, "PUT", VM "/config", "tags=x",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Options" },
	{ "a registered tag", 0, "PUT", VM "/config", "tags=gold",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.Options;"
	  "/ Sys.Modify = /, Sys.Modify for modifying tag 'gold'" },
	{ "a serial port", 0, "PUT", VM "/config", "serial1=socket",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.HWType" },
	{ "a USB port for the viewer", 0, "PUT", VM "/config", "usb0=spice",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.HWType" },
	{ "a mapped USB device", 0, "PUT", VM "/config", "usb0=mapping%3Dkey",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.HWType;"
	  "/mapping/usb/key Mapping.Use" },
	{ "the host's random numbers", 0, "PUT", VM "/config", "rng0=source%3D/dev/hwrng",
	  "+/vms/100 VM.Config.CDROM; /vms/100 VM.Config.HWType;"
	  "/mapping/hwrng Mapping.Use" },

	{ "a container's cores", 0, "PUT", CT "/config", "cores=2",
	  "+/vms/105 VM.Config.Disk; /vms/105 VM.Config.CPU" },
	{ "a container's memory", 0, "PUT", CT "/config", "swap=0",
	  "+/vms/105 VM.Config.Disk; /vms/105 VM.Config.Memory" },
	{ "a container's name", 0, "PUT", CT "/config", "hostname=x",
	  "+/vms/105 VM.Config.Disk; /vms/105 VM.Config.Network" },
	{ "a container's text", 0, "PUT", CT "/config", "description=x",
	  "+/vms/105 VM.Config.Disk; /vms/105 VM.Config.Options" },
	{ "a container's nesting", 0, "PUT", CT "/config", "features=nesting%3D1",
	  "+/vms/105 VM.Config.Disk; /vms/105 VM.Allocate" },
	{ "a container's disk", 0, "PUT", CT "/config", "mp0=local-lvm:1,mp%3D/srv",
	  "+/vms/105 VM.Config.CPU; /vms/105 VM.Config.Disk;"
	  "/storage/local-lvm Datastore.AllocateSpace" },
	{ "a container's card", 0, "PUT", CT "/config", "net0=name%3Deth0,bridge%3Dvmbr1",
	  "+/vms/105 VM.Config.CPU; /vms/105 VM.Config.Network;"
	  "/sdn/zones/localnetwork/vmbr0 SDN.Use;"
	  "/sdn/zones/localnetwork/vmbr1 SDN.Use" },
	{ "a container's tags", 0, "PUT", CT "/config", "tags=gold",
	  "+/vms/105 VM.Config.Disk; /vms/105 VM.Config.Options;"
	  "/ Sys.Modify = /, Sys.Modify for modifying tag 'gold'" },
};

/* One part of `needs`. */
struct need {
	bool always;
	const char *path;
	char **either; /* privileges, one is enough */
	size_t count;
	const char *says; /* what a refusal says between its brackets; NULL: nothing */
};

static size_t read_needs(struct arena *arena, const char *text, struct need **out)
{
	char **parts, **words;
	size_t count = str_split(arena, text, ";", &parts);

	*out = arena_array(arena, struct need, count);
	for (size_t i = 0; i < count; i++) {
		struct need *need = &(*out)[i];
		char *part = str_trim(arena, parts[i]), *equals = strchr(part, '=');

		need->always = *part == '+';
		if (equals)
			*equals = '\0';
		assert_int_equal(str_split(arena, part + need->always, " ", &words), 2);
		need->path = words[0];
		need->count = str_split(arena, words[1], "|", &need->either);
		need->says = arena_printf(arena, "%s, %s", words[0], words[1]);
		if (equals)
			need->says = *str_trim(arena, equals + 1)
					     ? str_trim(arena, equals + 1)
					     : NULL;
	}
	return count;
}

struct bed {
	struct arena *arena;
	struct world *world;
};

static struct bed bed_of(struct arena *arena, unsigned pve)
{
	struct bed bed = { .arena = arena };
	json_t *json = world_default(pve, 1, NOW);
	json_t *more = json_loads(guests, 0, NULL), *disks = json_loads(volumes, 0, NULL);
	struct error err = { 0 };

	json_array_extend(json_object_get(json, "guests"), more);
	json_array_extend(json_object_get(json, "volumes"), disks);
	json_object_set_new(json, "options",
			    json_pack("{s:[s]}", "registered-tags", "gold"));
	json_object_set_new(json_object_get(json_object_get(json, "access"), "users"),
			    USER, json_pack("{s:i}", "enable", 1));
	bed.world = world_create(json, 1, NOW, &err);
	json_decref(more);
	json_decref(disks);
	json_decref(json);
	assert_non_null(bed.world);
	return bed;
}

/* A role of its own for each path, which holds there and not below. */
static void give(struct bed *bed, const char *path, const char *privilege)
{
	json_t *roles = json_object_get(bed->world->access, "roles");
	json_t *role = json_object_get(roles, path);

	if (!role) {
		role = json_array();
		json_object_set_new(roles, path, role);
		acl_set(bed->world, path, USER, path, false);
	}
	json_array_append_new(role, json_string(privilege));
}

/* The call with all needs but `without`, by the `which`th privilege of each that has one. */
static struct asked try_call(struct arena *arena, const struct row_of_rights *row,
			     unsigned pve, const struct need *needs, size_t count,
			     size_t without, size_t which)
{
	struct bed bed = bed_of(arena, pve);
	struct asked asked;

	for (size_t i = 0; i < count; i++)
		if (i != without)
			give(&bed, needs[i].path,
			     needs[i].either[which < needs[i].count ? which : 0]);
	asked = ask(arena, bed.world, USER, row->method, row->target, row->form);
	world_destroy(bed.world);
	return asked;
}

static void assert_let_through(const struct asked *asked)
{
	if (str_starts(asked->reason, "Permission check failed") ||
	    asked->status == 400 || str_starts(asked->reason, "only root"))
		fail_msg("%s", json_dumps(asked->body, 0));
}

static void needs_each(struct arena *arena, const struct row_of_rights *row, unsigned pve)
{
	struct need *needs;
	size_t count = read_needs(arena, row->needs, &needs);

	for (size_t which = 0; which < 2; which++) {
		struct asked asked =
			try_call(arena, row, pve, needs, count, count, which);

		assert_let_through(&asked);
	}
	for (size_t i = 0; i < count; i++) {
		struct asked asked;

		if (needs[i].always)
			continue;
		asked = try_call(arena, row, pve, needs, count, i, 0);
		assert_string_equal(asked.reason,
				    needs[i].says
					    ? arena_printf(arena,
							   "Permission check failed (%s)",
							   needs[i].says)
					    : "Permission check failed");
		assert_int_equal(asked.status, 403);
	}
}

static void needs_these(void **state)
{
	const struct row_of_rights *row = *state;
	struct arena *arena = arena_create();

	for (unsigned pve = 8; pve <= 9; pve++)
		if (!row->pve || row->pve == pve)
			needs_each(arena, row, pve);
	arena_destroy(arena);
}

/* --- what only root@pam himself may --- */

static const struct root_row {
	const char *name, *method, *target, *form;
	int status;
	const char *says;
} root_rows[] = {
	{ "arguments for QEMU", "PUT", VM "/config", "args=-foo", 500,
	  "only root can set 'args' config" },
	{ "... for a new VM", "POST", NODE "/qemu", "vmid=101&args=-foo", 500,
	  "only root can set 'args' config" },
	{ "a script of the host", "PUT", VM "/config", "hookscript=local:snippets/x", 500,
	  "only root can set 'hookscript' config" },
	{ "a lock", "PUT", VM "/config", "delete=lock", 500,
	  "only root can set 'lock' config" },
	{ "a serial port of the host", "PUT", VM "/config", "serial0=/dev/ttyS0", 500,
	  "only root can modify 'serial0' config for real devices" },
	{ "... for a new VM", "POST", NODE "/qemu", "vmid=101&serial0=/dev/ttyS0", 500,
	  "only root can set 'serial0' config for real devices" },
	{ "a USB device of the host", "PUT", VM "/config", "usb0=host%3D1234:5678", 500,
	  "only root can set 'usb0' config for real devices" },
	{ "passing by a lock", "PUT", VM "/config", "cores=1&skiplock=1", 400,
	  "Only root may use this option." },
	{ "a folder of the host", "PUT", CT "/config", "mp0=/srv,mp%3D/srv", 403,
	  "Permission check failed (mount point type bind is only allowed for "
	  "root@pam)" },
	{ "a device of the host", "PUT", CT "/config", "dev0=/dev/kvm", 403,
	  "Permission check failed (configuring device passthrough is only allowed for "
	  "root@pam)" },
	{ "a script of the host for a container", "PUT", CT "/config",
	  "hookscript=local:snippets/x", 403,
	  "Permission check failed (changing the hookscript is only allowed for "
	  "root@pam)" },
	{ "more than nesting", "PUT", CT "/config", "features=keyctl%3D1", 403,
	  "Permission check failed (changing feature flags (except nesting) is only "
	  "allowed for root@pam)" },
	{ "a file of the host as a disk", "PUT", VM "/config", "scsi1=/dev/sda", 500,
	  "Only root can pass arbitrary filesystem paths. at "
	  "/usr/share/perl5/PVE/Storage.pm line 651." },
};

/* A token of root@pam holds everything and is not root. */
static void only_root(void **state)
{
	static const char *const others[] = { "admin@pve!admin", "root@pam!full" };
	const struct root_row *row = *state;
	struct arena *arena = arena_create();

	for (size_t i = 0; i < 2; i++) {
		struct bed bed = bed_of(arena, 9);
		struct asked asked;
		json_t *errors;

		assert_int_equal(ask(arena, bed.world, "root@pam", "POST",
				     "/access/users/root@pam/token/full", "privsep=0")
					 .status,
				 200);
		asked = ask(arena, bed.world, others[i], row->method, row->target,
			    row->form);
		errors = json_object_get(asked.body, "errors");
		assert_int_equal(asked.status, row->status);
		assert_string_equal(row->status == 400
					    ? json_string_value(json_object_iter_value(
						      json_object_iter(errors)))
					    : asked.reason,
				    row->says);
		world_destroy(bed.world);
	}
	arena_destroy(arena);
}

int main(void)
{
	add_rows(needs_these, rows);
	add_rows(only_root, root_rows);
	return run_all_tests("sim rights");
}
