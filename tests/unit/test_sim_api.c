/* The simulated API answers as Proxmox does: what it refuses, and how guests come to be. */
#include "tests/lib/test.h"
#include "tests/sim/ask.h"
#include "tests/sim/guest.h"
#include "tests/sim/props.h"
#include "tests/sim/volume.h"

#include <math.h>

#define NOW   1795250000.0
#define VM7   "vm7@pve!vm7"
#define ADMIN "admin@pve!admin"
#define AUDIT "audit@pve!ci"

#define PVE01    "/nodes/pve01"
#define TEMPLATE PVE01 "/qemu/9000"
#define KEY                                                                        \
	"ssh-ed25519%2520AAAAC3NzaC1lZDI1NTE5AAAAIGL8dGJr2GkJv1w4o9r3n0wQmXK0zq5o" \
	"1C4Vd1mDqk0b%2520lab%2540example"

struct bed {
	struct arena *arena;
	struct world *world;
};

static struct bed bed_of(unsigned pve)
{
	struct bed bed = { .arena = arena_create() };
	json_t *json = world_default(pve, 1, NOW);
	struct error err = { 0 };

	bed.world = world_create(json, 1, NOW, &err);
	json_decref(json);
	assert_non_null(bed.world);
	return bed;
}

static void bed_finish(struct bed *bed)
{
	world_destroy(bed->world);
	arena_destroy(bed->arena);
}

static struct asked as(struct bed *bed, const char *user, const char *method,
		       const char *target, const char *form)
{
	return ask(bed->arena, bed->world, user, method, target, form);
}

static struct asked call(struct bed *bed, const char *method, const char *target,
			 const char *form)
{
	return as(bed, VM7, method, target, form);
}

/* A call that must start a task which ends well. */
static void done(struct bed *bed, const char *method, const char *target,
		 const char *form)
{
	struct asked asked = as(bed, ADMIN, method, target, form);

	assert_string_equal(asked.reason, "OK");
	assert_non_null(asked.upid);
	assert_string_equal(ask_wait(bed->world, asked.upid), "OK");
}

static const char *config_of(struct bed *bed, const char *guest, const char *option)
{
	struct asked asked =
		as(bed, ADMIN, "GET", arena_printf(bed->arena, PVE01 "/%s/config", guest),
		   NULL);
	const json_t *value = json_object_get(asked.data, option);

	if (json_is_integer(value))
		return arena_printf(bed->arena, "%lld",
				    (long long)json_integer_value(value));
	return json_string_value(value);
}

/* --- refusals --- */

static const struct refusal {
	const char *name, *user, *method, *target, *form;
	int status;
	const char *says; /* the reason, or a part of errors */
} refusals[] = {
	{ "an unknown path", VM7, "GET", "/foo", NULL, 501,
	  "Method 'GET /foo' not implemented" },
	{ "a verb that a path does not have", VM7, "DELETE", "/version", NULL, 501,
	  "Method 'DELETE /version' not implemented" },
	{ "a parameter that is unknown", VM7, "GET", "/version?foo=1", NULL, 400,
	  "property is not defined in schema and the schema does not allow additional "
	  "properties" },
	{ "rights are asked for before parameters are read", AUDIT, "POST",
	  TEMPLATE "/clone", "newid=x", 403,
	  "Permission check failed (/vms/9000, VM.Clone)" },
	{ "a clone without an id", ADMIN, "POST", TEMPLATE "/clone", "", 400,
	  "property is missing and it is not optional" },
	{ "a number that is none", VM7, "POST", PVE01 "/qemu", "vmid=x", 400,
	  "type check ('integer') failed - got 'x'" },
	{ "an id that is too low", ADMIN, "POST", TEMPLATE "/clone", "newid=99", 400,
	  "value must have a minimum value of 100" },
	{ "a name with an underscore", VM7, "POST", TEMPLATE "/clone",
	  "newid=101&name=a_b", 400,
	  "invalid format - value does not look like a valid DNS name\n" },
	{ "an id that a VM has", VM7, "POST", TEMPLATE "/clone", "newid=9001", 500,
	  "unable to create VM 9001: config file already exists" },
	{ "a storage for a linked clone", VM7, "POST", TEMPLATE "/clone",
	  "newid=101&storage=shared", 500,
	  "parameter 'storage' not allowed for linked clones" },
	{ "local disks on another node", VM7, "POST", TEMPLATE "/clone",
	  "newid=101&target=pve02", 500,
	  "can't clone VM to node 'pve02' (VM uses local storage)" },
	{ "local disks on another node, to where both see them", VM7, "POST",
	  TEMPLATE "/clone", "newid=101&target=pve02&full=1&storage=shared", 500,
	  "can't clone VM to node 'pve02' (VM uses local storage)" },
	{ "a target that is no node", VM7, "POST", TEMPLATE "/clone",
	  "newid=101&target=pve9", 500, "no such cluster node 'pve9'" },
	{ "a pool that does not exist", VM7, "POST", TEMPLATE "/clone",
	  "newid=101&pool=nope", 403,
	  "Permission check failed (pool 'nope' does not exist)" },
	{ "a storage that does not exist", VM7, "POST", PVE01 "/qemu",
	  "vmid=101&scsi0=nope%3A1", 500, "storage 'nope' does not exist" },
	{ "a storage without VM images", VM7, "POST", PVE01 "/qemu",
	  "vmid=101&scsi0=local%3A1", 400, "storage 'local' does not support vm images" },
	{ "a storage without containers", VM7, "POST", PVE01 "/lxc",
	  "vmid=101&ostemplate=local%3Avztmpl%2Fx&rootfs=local%3A1&unprivileged=1", 400,
	  "storage 'local' does not support container directories" },
	{ "an option of root", VM7, "POST", PVE01 "/qemu", "vmid=101&args=-x", 500,
	  "only root can set 'args' config" },
	{ "a key of a card that does not exist", VM7, "POST", PVE01 "/qemu",
	  "vmid=101&net0=virtio%2Cbridge%3Dvmbr0%2Cfoo%3D1", 400,
	  "invalid format - format error\nnet0.foo: property is not defined in schema "
	  "and "
	  "the schema does not allow additional properties\n" },
	{ "an address that is none", VM7, "PUT", TEMPLATE "/config",
	  "ipconfig0=ip%3D300.1.1.1%2F24", 400,
	  "invalid format - format error\nipconfig0.ip: invalid format - value does not "
	  "look like a valid ipv4 network configuration\n\n" },
	{ "a gateway without an address", VM7, "PUT", TEMPLATE "/config",
	  "ipconfig0=gw%3D10.0.0.1", 400,
	  "invalid format - format error\nipconfig0.ip: missing property required by "
	  "'gw'\n" },
	{ "keys that are not encoded", VM7, "PUT", TEMPLATE "/config",
	  "sshkeys=ssh-rsa%20A", 400,
	  "invalid format - invalid urlencoded string: ssh-rsa A\n" },
	{ "keys that are none", VM7, "PUT", TEMPLATE "/config", "sshkeys=ssh-rsa%2520AAA",
	  500, "SSH public key validation error" },
	{ "a raw = cuts the value, as in PVE", VM7, "PUT", TEMPLATE "/config",
	  "net0=virtio,bridge=vm br0", 400, NULL },
	{ "nothing to change", VM7, "PUT", TEMPLATE "/config", "", 500,
	  "no options specified" },
	{ "an option to delete that is unknown", VM7, "PUT", TEMPLATE "/config",
	  "delete=nosuch", 400, "unknown option 'nosuch'" },
	{ "an option both set and deleted", VM7, "PUT", TEMPLATE "/config",
	  "delete=cores&cores=1", 400,
	  "you can't use '-cores' and -delete cores' at the same time" },
	{ "another digest", VM7, "PUT", TEMPLATE "/config",
	  "cores=2&digest=0000000000000000000000000000000000000000", 500,
	  "checksum mismatch (file change by other user?)" },
	{ "another digest of a container", VM7, "PUT", PVE01 "/lxc/9100/config",
	  "cores=2&digest=0000000000000000000000000000000000000000", 500,
	  "detected modified configuration - file changed by other user? Try again." },
	{ "skiplock of somebody else than root", ADMIN, "PUT", TEMPLATE "/config",
	  "cores=2&skiplock=1", 400, "Only root may use this option." },
	{ "a startup order without Sys.Modify", VM7, "PUT", TEMPLATE "/config",
	  "startup=1", 403, "Permission check failed (/, Sys.Modify)" },
	{ "a flag of containers that only root sets", ADMIN, "PUT",
	  PVE01 "/lxc/9100/config", "features=fuse%3D1", 403,
	  "Permission check failed (changing feature flags (except nesting) is only "
	  "allowed for root@pam)" },
	{ "an option that stays as it was made", ADMIN, "PUT", PVE01 "/lxc/9100/config",
	  "unprivileged=0", 500, "unable to modify read-only option: 'unprivileged'" },
	{ "an option that a container needs", ADMIN, "PUT", PVE01 "/lxc/9100/config",
	  "delete=memory", 500, "unable to delete required option 'memory'" },
	{ "a container that shrinks", VM7, "PUT", PVE01 "/lxc/9100/resize",
	  "disk=rootfs&size=1G", 500, "unable to shrink disk size" },
	{ "a container of the size it has", VM7, "PUT", PVE01 "/lxc/9100/resize",
	  "disk=rootfs&size=2G", 500, "disk is already at specified size" },
	{ "a size that is none", VM7, "PUT", TEMPLATE "/resize", "disk=scsi0&size=2GB",
	  400, "value does not match the regex pattern" },
	{ "a guest that does not exist", VM7, "GET", PVE01 "/qemu/999/config", NULL, 500,
	  "Configuration file 'nodes/pve01/qemu-server/999.conf' does not exist" },
	{ "a guest that is on another node", VM7, "GET", "/nodes/pve02/qemu/9000/config",
	  NULL, 500,
	  "Configuration file 'nodes/pve02/qemu-server/9000.conf' does not exist" },
	{ "an id that is taken", VM7, "GET", "/cluster/nextid?vmid=9100", NULL, 400,
	  "CT 9100 already exists" },
	{ "a template that boots", VM7, "POST", PVE01 "/lxc/9100/status/start", "", 500,
	  "you can't start a CT if it's a template" },
	{ "a stopped VM that reboots", VM7, "POST", TEMPLATE "/status/reboot", "", 500,
	  "VM 9000 not running" },
	{ "a stopped container that stops", VM7, "POST", PVE01 "/lxc/9100/status/stop",
	  "", 500, "CT 9100 not running" },
	{ "a UPID that is none", VM7, "GET", PVE01 "/tasks/UPID:garbage/status", NULL,
	  400, "unable to parse worker upid" },
	{ "a task that nobody knows", VM7, "GET",
	  PVE01 "/tasks/UPID:pve01:00000001:00000001:00000001:x:1:root@pam:/status", NULL,
	  400, "no such task" },
	{ "the auditor changes nothing", AUDIT, "PUT", TEMPLATE "/config", "cores=2", 403,
	  NULL },
	{ "the auditor starts nothing", AUDIT, "POST", TEMPLATE "/status/start", "", 403,
	  "Permission check failed (/vms/9000, VM.PowerMgmt)" },
};

static void refuses(void **state)
{
	const struct refusal *row = *state;
	struct bed bed = bed_of(9);
	uint64_t changes = bed.world->changes;
	struct asked asked = as(&bed, row->user, row->method, row->target, row->form);
	const char *name;
	json_t *value, *errors = json_object_get(asked.body, "errors");
	bool said = !row->says || !strcmp(asked.reason, row->says);

	json_object_foreach (errors, name, value)
		said = said || !strcmp(json_string_value(value), row->says);
	if (asked.status != row->status || !said)
		fail_msg("%d %s", asked.status, asked.reason);
	if (changes != bed.world->changes)
		fail_msg("a refused call has changed the world");
	bed_finish(&bed);
}

/* --- flows --- */

static void clones(void **state)
{
	struct bed bed = bed_of(9);
	const char *template_mac = config_of(&bed, "qemu/9000", "net0");
	struct asked asked;

	(void)state;
	as(&bed, ADMIN, "PUT", TEMPLATE "/config", "tags=Golden%20b%20a&onboot=1");
	asked = call(&bed, "POST", TEMPLATE "/clone",
		     "newid=101&name=web-01&full=1&description=a%0Avm7%3A%20x%2Fy");
	assert_int_equal(asked.status, 200);
	world_advance(bed.world, bed.world->now + 0.01);
	assert_string_equal(config_of(&bed, "qemu/101", "lock"), "clone");
	assert_string_equal(config_of(&bed, "qemu/101", "description"),
			    " qmclone temporary file");
	assert_null(config_of(&bed, "qemu/101", "name"));
	assert_string_equal(ask_wait(bed.world, asked.upid), "OK");
	assert_null(config_of(&bed, "qemu/101", "lock"));
	assert_string_equal(config_of(&bed, "qemu/101", "name"), "web-01");
	assert_string_equal(config_of(&bed, "qemu/101", "tags"), "a;b;golden");
	assert_string_equal(config_of(&bed, "qemu/101", "onboot"), "1");
	assert_string_equal(config_of(&bed, "qemu/101", "description"), "a\nvm7: x/y");
	assert_string_equal(config_of(&bed, "qemu/101", "scsi0"),
			    "local-lvm:vm-101-disk-0,size=3G");
	assert_string_equal(config_of(&bed, "qemu/101", "ide2"),
			    "local-lvm:vm-101-cloudinit,media=cdrom,size=4M");
	assert_null(config_of(&bed, "qemu/101", "template"));
	assert_string_not_equal(config_of(&bed, "qemu/101", "net0"), template_mac);
	assert_string_not_equal(config_of(&bed, "qemu/101", "smbios1"),
				config_of(&bed, "qemu/9000", "smbios1"));
	bed_finish(&bed);
}

static void clones_linked(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked;

	(void)state;
	done(&bed, "POST", PVE01 "/qemu/9001/clone", "newid=101&target=pve02");
	asked = call(&bed, "GET", "/nodes/pve02/qemu/101/config", NULL);
	assert_string_equal(props_get(asked.data, "scsi0"),
			    "shared:9001/base-9001-disk-0.qcow2/101/vm-101-disk-0.qcow2,"
			    "size=3G");
	asked = as(&bed, ADMIN, "DELETE", PVE01 "/qemu/9001", NULL);
	assert_string_equal(
		ask_wait(bed.world, asked.upid),
		"base volume 'shared:9001/base-9001-disk-0.qcow2' is still in "
		"use by linked cloned");
	bed_finish(&bed);
}

/* VMs share the lock of their template; containers lock theirs. */
static void clones_at_once(void **state)
{
	struct bed bed = bed_of(9);
	struct asked first = call(&bed, "POST", TEMPLATE "/clone", "newid=101");
	struct asked second = call(&bed, "POST", TEMPLATE "/clone", "newid=102");

	(void)state;
	assert_string_equal(ask_wait(bed.world, first.upid), "OK");
	assert_string_equal(ask_wait(bed.world, second.upid), "OK");
	first = call(&bed, "POST", PVE01 "/lxc/9100/clone", "newid=103&hostname=ct");
	assert_int_equal(first.status, 200);
	assert_string_equal(config_of(&bed, "lxc/9100", "lock"), "disk");
	assert_string_equal(config_of(&bed, "lxc/103", "lock"), "create");
	second = call(&bed, "POST", PVE01 "/lxc/9100/clone", "newid=104");
	assert_string_equal(second.reason, "CT is locked (disk)");
	assert_string_equal(ask_wait(bed.world, first.upid), "OK");
	assert_null(config_of(&bed, "lxc/9100", "lock"));
	assert_string_equal(config_of(&bed, "lxc/103", "hostname"), "ct");
	bed_finish(&bed);
}

/* An id that a container has is noticed by the task only. */
static void clone_meets_container(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked = call(&bed, "POST", TEMPLATE "/clone", "newid=9100");

	(void)state;
	assert_int_equal(asked.status, 200);
	assert_string_equal(
		ask_wait(bed.world, asked.upid),
		"close (rename) atomic file "
		"'/etc/pve/nodes/pve01/qemu-server/9100.conf' failed: File exists");
	assert_non_null(config_of(&bed, "lxc/9100", "hostname"));
	bed_finish(&bed);
}

static void creates_container(void **state)
{
	struct bed bed = bed_of(9);

	(void)state;
	done(&bed, "POST", PVE01 "/lxc",
	     "vmid=101&hostname=ct&rootfs=local-lvm%3A8&tags=B%2Ca&description=x%0Ay&"
	     "ostemplate=local%3Avztmpl%2Fdebian-12-standard_12.7-1_amd64.tar.zst&"
	     "net0=name%3Deth0%2Cip%3D10.0.0.5%2F24%2Cbridge%3Dvmbr0%2Chwaddr%3D"
	     "BC%3A24%3A11%3A00%3A00%3A01");
	assert_string_equal(config_of(&bed, "lxc/101", "net0"),
			    "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,"
			    "ip=10.0.0.5/24,type=veth");
	assert_string_equal(config_of(&bed, "lxc/101", "rootfs"),
			    "local-lvm:vm-101-disk-0,size=8G");
	assert_string_equal(config_of(&bed, "lxc/101", "description"), "x\ny\n");
	assert_string_equal(config_of(&bed, "lxc/101", "tags"), "a;b");
	assert_string_equal(config_of(&bed, "lxc/101", "unprivileged"), "1");
	assert_string_equal(config_of(&bed, "lxc/101", "ostype"), "debian");
	assert_string_equal(config_of(&bed, "lxc/101", "swap"), "512");
	bed_finish(&bed);
}

static void create_cleans_up(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked = call(&bed, "POST", PVE01 "/lxc",
				  "vmid=101&rootfs=local-lvm%3A8&unprivileged=1&"
				  "ostemplate=local%3Avztmpl%2Fnone.tar.zst");

	(void)state;
	assert_string_equal(config_of(&bed, "lxc/101", "lock"), "create");
	assert_string_equal(
		ask_wait(bed.world, asked.upid),
		"unable to create CT 101 - volume 'local:vztmpl/none.tar.zst' "
		"does not exist");
	assert_null(world_guest(bed.world, 101));
	assert_null(volume_find(bed.world, "pve01", "local-lvm:vm-101-disk-0"));
	bed_finish(&bed);
}

/* PVE 8 makes a container privileged unless told otherwise; 9 the other way round. */
static void unprivileged_by_default(void **state)
{
	for (unsigned pve = 8; pve <= 9; pve++) {
		struct bed bed = bed_of(pve);
		const char *is;

		done(&bed, "POST", PVE01 "/lxc",
		     "vmid=101&rootfs=local-lvm%3A8&ostemplate="
		     "local%3Avztmpl%2Fdebian-12-standard_12.7-1_amd64.tar.zst");
		is = config_of(&bed, "lxc/101", "unprivileged");
		if (pve == 8)
			assert_null(is);
		else
			assert_string_equal(is, "1");
		bed_finish(&bed);
	}
	(void)state;
}

static void running_vm(struct bed *bed)
{
	done(bed, "POST", TEMPLATE "/clone", "newid=101&name=a");
	done(bed, "POST", PVE01 "/qemu/101/status/start", "");
}

static void changes_wait_for_restart(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked;

	(void)state;
	running_vm(&bed);
	asked = call(&bed, "PUT", PVE01 "/qemu/101/config", "cores=4&name=b&agent=0");
	assert_int_equal(asked.status, 200);
	assert_string_equal(config_of(&bed, "qemu/101", "cores"), "4");
	asked = call(&bed, "GET", PVE01 "/qemu/101/config?current=1", NULL);
	assert_int_equal(json_integer_value(json_object_get(asked.data, "cores")), 1);
	assert_string_equal(props_get(asked.data, "name"), "b");
	done(&bed, "POST", PVE01 "/qemu/101/status/reboot", "");
	asked = call(&bed, "GET", PVE01 "/qemu/101/config?current=1", NULL);
	assert_int_equal(json_integer_value(json_object_get(asked.data, "cores")), 4);
	bed_finish(&bed);
}

static void agent_answers_late(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked;
	const json_t *card;

	(void)state;
	done(&bed, "POST", TEMPLATE "/clone", "newid=101&name=a");
	as(&bed, ADMIN, "PUT", PVE01 "/qemu/101/config", "ipconfig0=ip%3D10.0.0.7%2F24");
	done(&bed, "POST", PVE01 "/qemu/101/status/start", "");
	asked = call(&bed, "GET", PVE01 "/qemu/101/agent/network-get-interfaces", NULL);
	assert_string_equal(asked.reason, "QEMU guest agent is not running");
	assert_true(asked.seconds >= 3);
	world_advance(bed.world, bed.world->now + 20);
	asked = call(&bed, "GET", PVE01 "/qemu/101/agent/network-get-interfaces", NULL);
	card = json_array_get(json_object_get(asked.data, "result"), 1);
	assert_string_equal(
		props_get(json_array_get(json_object_get(card, "ip-addresses"), 0),
			  "ip-address"),
		"10.0.0.7");
	bed_finish(&bed);
}

static void digest_follows_every_change(void **state)
{
	static const char *const changes[] = { "cores=3", "description=x", "tags=t",
					       "delete=cores", "onboot=1" };
	struct bed bed = bed_of(9);
	const char *before = config_of(&bed, "qemu/9000", "digest");

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct asked asked =
			call(&bed, "PUT", TEMPLATE "/config",
			     arena_printf(bed.arena, "%s&digest=%s", changes[i], before));
		const char *after = config_of(&bed, "qemu/9000", "digest");

		assert_string_equal(asked.reason, "OK");
		assert_int_equal(strlen(after), 40);
		assert_string_not_equal(before, after);
		before = after;
	}
	bed_finish(&bed);
}

/* A shutdown that nobody reacts to holds the lock file for a minute. */
static void lock_file_times_out(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked, slow;

	(void)state;
	running_vm(&bed);
	world_guest(bed.world, 101)->deaf = true;
	slow = call(&bed, "POST", PVE01 "/qemu/101/status/shutdown", "");
	asked = call(&bed, "PUT", PVE01 "/qemu/101/config", "cores=2");
	assert_string_equal(
		asked.reason,
		"can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout");
	assert_true(asked.seconds >= 10 && asked.seconds < 11);
	assert_string_equal(ask_wait(bed.world, slow.upid),
			    "VM quit/powerdown failed - got timeout");
	assert_int_equal(call(&bed, "PUT", PVE01 "/qemu/101/config", "cores=2").status,
			 200);
	bed_finish(&bed);
}

/* A fourth call of a node waits until one of three workers is free. */
static void three_workers(void **state)
{
	struct bed bed = bed_of(9);
	struct node *node = world_node(bed.world, "pve01");
	struct api_request request = { .method = "GET",
				       .path = "/api2/json" PVE01 "/qemu",
				       .body = "" };
	struct call waiting;

	(void)state;
	node->daemons = 3;
	call_init(&waiting, bed.arena, bed.world, &request);
	waiting.user = VM7;
	assert_false(api_handle(&waiting));
	/* what pveproxy answers by itself does not need one */
	assert_int_equal(call(&bed, "GET", TEMPLATE "/config", NULL).status, 200);
	node->daemons = 2;
	assert_true(api_handle(&waiting));
	assert_int_equal(waiting.answer.status, 200);
	call_finish(&waiting);
	assert_int_equal(node->daemons, 2);
	bed_finish(&bed);
}

static const json_t *listed(struct bed *bed, unsigned vmid)
{
	struct asked asked = call(bed, "GET", "/cluster/resources?type=vm", NULL);
	const json_t *entry;
	size_t i;

	json_array_foreach (asked.data, i, entry)
		if (json_integer_value(json_object_get(entry, "vmid")) == vmid)
			return entry;
	return NULL;
}

static void lists_are_stale(void **state)
{
	struct bed bed = bed_of(9);
	const json_t *entry;

	(void)state;
	world_advance(bed.world, NOW + 1);
	done(&bed, "POST", TEMPLATE "/clone", "newid=101&name=a");
	entry = listed(&bed, 101);
	assert_string_equal(props_get(entry, "status"), "unknown");
	assert_null(json_object_get(entry, "name"));
	world_advance(bed.world, bed.world->now + 12);
	assert_string_equal(props_get(listed(&bed, 101), "name"), "a");
	as(&bed, ADMIN, "PUT", PVE01 "/qemu/101/config", "name=b&tags=x");
	entry = listed(&bed, 101);
	assert_string_equal(props_get(entry, "name"), "a");
	assert_string_equal(props_get(entry, "tags"), "x");
	bed_finish(&bed);
}

/* Without quorum the lists go on showing what was last heard of other nodes. */
static void cut_off_is_stale(void **state)
{
	struct bed bed = bed_of(9);

	(void)state;
	as(&bed, ADMIN, "POST", "/nodes/pve02/qemu", "vmid=101&name=far");
	world_advance(bed.world, bed.world->now + 12);
	assert_string_equal(props_get(listed(&bed, 101), "status"), "stopped");
	bed.world->quorate = false;
	world_guest(bed.world, 101)->running = true;
	world_advance(bed.world, bed.world->now + 60);
	assert_string_equal(props_get(listed(&bed, 101), "status"), "stopped");
	bed.world->quorate = true;
	world_advance(bed.world, bed.world->now + 12);
	assert_string_equal(props_get(listed(&bed, 101), "status"), "running");
	bed_finish(&bed);
}

static void quorum_and_nodes(void **state)
{
	struct bed bed = bed_of(9);
	json_t *change = json_pack("{s:b, s:{s:{s:b}}}", "quorate", 0, "nodes", "pve02",
				   "online", 0);
	struct asked asked;

	(void)state;
	world_change(bed.world, change);
	json_decref(change);
	asked = call(&bed, "POST", TEMPLATE "/clone", "newid=101");
	assert_string_equal(asked.reason, "cluster not ready - no quorum?");
	asked = call(&bed, "GET", TEMPLATE "/config", NULL);
	assert_int_equal(asked.status, 200);
	asked = call(&bed, "GET", "/nodes/pve02/qemu", NULL);
	assert_int_equal(asked.status, 595);
	asked = call(&bed, "GET", "/cluster/status", NULL);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(asked.data, 0),
							    "quorate")),
			 0);
	bed_finish(&bed);
}

static void power_loss_leaves_locks(void **state)
{
	struct bed bed = bed_of(9);
	struct asked vm = call(&bed, "POST", TEMPLATE "/clone", "newid=101&full=1");
	struct asked ct = call(&bed, "POST", PVE01 "/lxc/9100/clone", "newid=102");
	json_t *off = json_pack("{s:{s:{s:b}}}", "nodes", "pve01", "online", 0);
	json_t *on = json_pack("{s:{s:{s:b}}}", "nodes", "pve01", "online", 1);

	(void)state;
	world_advance(bed.world, bed.world->now + 0.1);
	world_change(bed.world, off);
	world_change(bed.world, on);
	json_decref(off);
	json_decref(on);
	assert_string_equal(ask_wait(bed.world, vm.upid), "unexpected status");
	assert_string_equal(ask_wait(bed.world, ct.upid), "unexpected status");
	assert_string_equal(config_of(&bed, "qemu/101", "lock"), "clone");
	assert_string_equal(config_of(&bed, "lxc/102", "lock"), "create");
	assert_string_equal(config_of(&bed, "lxc/9100", "lock"), "disk");
	bed_finish(&bed);
}

/* A world that was saved in the middle of its work goes on as if nothing had been. */
static void saved_in_the_middle(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked = call(&bed, "POST", TEMPLATE "/clone", "newid=101&full=1");
	struct error err = { 0 };
	json_t *saved, *again, *after;
	struct world *other;

	(void)state;
	world_advance(bed.world, bed.world->now + 0.2);
	saved = world_print(bed.world);
	other = world_create(saved, 99, bed.world->now, &err);
	assert_non_null(other);
	again = world_print(other);
	assert_true(json_equal(saved, again));
	assert_string_equal(ask_wait(bed.world, asked.upid), "OK");
	assert_string_equal(ask_wait(other, asked.upid), "OK");
	after = guest_config(bed.arena, world_guest(bed.world, 101), true);
	json_decref(again);
	again = guest_config(bed.arena, world_guest(other, 101), true);
	assert_true(json_equal(after, again));
	json_decref(saved);
	json_decref(again);
	json_decref(after);
	world_destroy(other);
	bed_finish(&bed);
}

static const struct fault_row {
	const char *name;
	enum task_fault fault;
	const char *ends, *lock; /* lock NULL: the guest is gone; "": it is whole */
} fault_rows[] = {
	{ "a clone that fails at once leaves nothing", TASK_FAULT_START, "boo", NULL },
	{ "a clone that is killed leaves its lock", TASK_FAULT_MIDDLE, "boo", "clone" },
	{ "a clone that fails at its end cleans up", TASK_FAULT_END, "boo", NULL },
	{ "a clone that warns is whole", TASK_FAULT_WARN, "WARNINGS: 1", "" },
};

static void task_faults(void **state)
{
	const struct fault_row *row = *state;
	struct bed bed = bed_of(9);
	struct api_request request = { .method = "POST",
				       .path = "/api2/json" TEMPLATE "/clone",
				       .body = "newid=101&full=1",
				       .body_len = strlen("newid=101&full=1") };
	const struct guest *guest;
	struct call clone;

	call_init(&clone, bed.arena, bed.world, &request);
	clone.user = VM7;
	clone.fault = row->fault;
	clone.fault_text = "boo";
	assert_true(api_handle(&clone));
	assert_string_equal(ask_wait(bed.world, clone.task->upid), row->ends);
	guest = world_guest(bed.world, 101);
	assert_int_equal(guest != NULL, row->lock != NULL);
	if (guest && *row->lock)
		assert_string_equal(guest_lock(guest), row->lock);
	else if (guest)
		assert_null(guest_lock(guest));
	if (!guest)
		assert_null(volume_find(bed.world, "pve01", "local-lvm:vm-101-disk-0"));
	else
		assert_non_null(
			volume_find(bed.world, "pve01", "local-lvm:vm-101-disk-0"));
	call_finish(&clone);
	bed_finish(&bed);
}

static void stopped_clone_cleans_up(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked = call(&bed, "POST", TEMPLATE "/clone", "newid=101&full=1");

	(void)state;
	world_advance(bed.world, bed.world->now + 0.5);
	assert_int_equal(call(&bed, "DELETE",
			      arena_printf(bed.arena, PVE01 "/tasks/%s", asked.upid),
			      NULL)
				 .status,
			 200);
	assert_string_equal(ask_wait(bed.world, asked.upid),
			    "clone failed: copy failed: command '/usr/bin/qemu-img "
			    "convert -p -n -f raw -O raw /dev/pve/base-9000-disk-0 "
			    "zeroinit:/dev/pve/vm-101-disk-0' failed: interrupted by "
			    "signal");
	assert_null(world_guest(bed.world, 101));
	assert_null(volume_find(bed.world, "pve01", "local-lvm:vm-101-disk-0"));
	bed_finish(&bed);
}

static void disks_grow_only(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked;

	(void)state;
	done(&bed, "POST", TEMPLATE "/clone", "newid=101");
	done(&bed, "PUT", PVE01 "/qemu/101/resize", "disk=scsi0&size=10G");
	assert_string_equal(config_of(&bed, "qemu/101", "scsi0"),
			    "local-lvm:vm-101-disk-0,size=10G");
	done(&bed, "PUT", PVE01 "/qemu/101/resize", "disk=scsi0&size=%2B512M");
	assert_string_equal(config_of(&bed, "qemu/101", "scsi0"),
			    "local-lvm:vm-101-disk-0,size=10752M");
	asked = call(&bed, "PUT", PVE01 "/qemu/101/resize", "disk=scsi0&size=5G");
	assert_string_equal(ask_wait(bed.world, asked.upid),
			    "shrinking disks is not supported");
	asked = call(&bed, "PUT", PVE01 "/qemu/101/resize", "disk=ide2&size=5G");
	assert_string_equal(ask_wait(bed.world, asked.upid), "you can't resize a cdrom");
	bed_finish(&bed);
}

static void cards_get_addresses(void **state)
{
	struct bed bed = bed_of(9);
	const char *first;

	(void)state;
	as(&bed, ADMIN, "PUT", TEMPLATE "/config",
	   "net1=virtio%2Cbridge%3Dvmbr0%2Ctag%3D7");
	first = config_of(&bed, "qemu/9000", "net1");
	assert_non_null(strstr(first, "virtio=BC:24:11:"));
	assert_non_null(strstr(first, ",bridge=vmbr0,tag=7"));
	as(&bed, ADMIN, "PUT", TEMPLATE "/config",
	   "net1=virtio%2Cbridge%3Dvmbr0%2Ctag%3D7");
	assert_string_not_equal(config_of(&bed, "qemu/9000", "net1"), first);
	as(&bed, ADMIN, "PUT", TEMPLATE "/config",
	   "net1=bridge%3Dvmbr0%2Crate%3D10%2Cvirtio%3DBC%3A24%3A11%3A00%3A00%3A01"
	   "%2Cmtu%3D1");
	assert_string_equal(config_of(&bed, "qemu/9000", "net1"),
			    "virtio=BC:24:11:00:00:01,bridge=vmbr0,mtu=1,rate=10");
	bed_finish(&bed);
}

static void passwords_are_hashed(void **state)
{
	struct bed bed = bed_of(9);

	(void)state;
	as(&bed, ADMIN, "PUT", TEMPLATE "/config", "cipassword=hunter2&sshkeys=" KEY);
	assert_string_equal(config_of(&bed, "qemu/9000", "cipassword"), "**********");
	assert_memory_equal(guest_get(world_guest(bed.world, 9000), "cipassword"), "$5$",
			    3);
	as(&bed, ADMIN, "PUT", TEMPLATE "/config", "cipassword=%246%24abc%24def");
	assert_string_equal(guest_get(world_guest(bed.world, 9000), "cipassword"),
			    "$6$abc$def");
	bed_finish(&bed);
}

static void destroys(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked;

	(void)state;
	done(&bed, "POST", TEMPLATE "/clone", "newid=101&pool=lab");
	call(&bed, "PUT", PVE01 "/qemu/101/config", "protection=1");
	asked = call(&bed, "DELETE", PVE01 "/qemu/101?purge=1", NULL);
	assert_string_equal(asked.reason,
			    "can't remove VM 101 - protection mode enabled");
	call(&bed, "PUT", PVE01 "/qemu/101/config", "protection=0");
	done(&bed, "DELETE", PVE01 "/qemu/101?purge=1", NULL);
	assert_null(world_guest(bed.world, 101));
	assert_null(world_pool_of(bed.world, 101));
	for (size_t i = 0; i < bed.world->volume_count; i++)
		assert_int_not_equal(bed.world->volumes[i]->vmid, 101);
	bed_finish(&bed);
}

/* What Proxmox knows and we do not is called what it is. */
static void gaps_are_named(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked;

	(void)state;
	bed.world->schema = json_loads(
		"{\"paths\": {\"/nodes/{node}/qemu\": {\"POST\": {\"parameters\":"
		"  {\"properties\": {\"hostpci[n]\": {}}}}},"
		" \"/nodes/{node}/apt/update\": {\"POST\": {}}}}",
		0, NULL);
	asked = call(&bed, "POST", PVE01 "/apt/update", "");
	assert_string_equal(asked.reason,
			    "Method 'POST /nodes/pve01/apt/update' not simulated");
	asked = call(&bed, "POST", PVE01 "/nonsense", "");
	assert_string_equal(asked.reason,
			    "Method 'POST /nodes/pve01/nonsense' not implemented");
	asked = call(&bed, "POST", PVE01 "/qemu", "vmid=101&hostpci0=x&foo=1");
	assert_int_equal(asked.status, 400);
	assert_string_equal(props_get(json_object_get(asked.body, "errors"), "hostpci0"),
			    "not simulated");
	assert_string_not_equal(props_get(json_object_get(asked.body, "errors"), "foo"),
				"not simulated");
	bed_finish(&bed);
}

int main(void)
{
	add_rows(refuses, refusals);
	add_rows(task_faults, fault_rows);
	add_test("a full clone: placeholder, then all of the template", clones);
	add_test("a linked clone on shared storage goes to another node", clones_linked);
	add_test("VMs are cloned side by side, containers one by one", clones_at_once);
	add_test("a clone to the id of a container fails in its task",
		 clone_meets_container);
	add_test("a container from an archive", creates_container);
	add_test("a create that fails leaves nothing", create_cleans_up);
	add_test("unprivileged unless told otherwise: 9, not 8", unprivileged_by_default);
	add_test("changes of a running VM wait for a restart", changes_wait_for_restart);
	add_test("the agent answers once the guest is up", agent_answers_late);
	add_test("the digest changes with everything", digest_follows_every_change);
	add_test("a lock file is waited for ten seconds", lock_file_times_out);
	add_test("a node has three workers", three_workers);
	add_test("names in lists are up to ten seconds old", lists_are_stale);
	add_test("a node cut off shows what it last heard", cut_off_is_stale);
	add_test("without quorum nothing is written, a node that is off is not reached",
		 quorum_and_nodes);
	add_test("power loss leaves locks", power_loss_leaves_locks);
	add_test("a world saved in the middle goes on", saved_in_the_middle);
	add_test("a clone that is stopped cleans up", stopped_clone_cleans_up);
	add_test("disks grow only", disks_grow_only);
	add_test("cards without an address get a new one", cards_get_addresses);
	add_test("passwords are kept as a hash", passwords_are_hashed);
	add_test("destroying removes all of it", destroys);
	add_test("what only the simulator cannot is called so", gaps_are_named);
	return run_all_tests("sim api");
}
