/*
 * The role that the documents give to vm7: with it every call that vm7 makes is allowed,
 * without any one privilege of it a call is refused or shows less.
 */
#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/acl.h"
#include "tests/sim/ask.h"

#define NOW  1795250000.0
#define USER "one@pve"

#define NODE "/nodes/pve01"
#define VM   NODE "/qemu/100"
#define CT   NODE "/lxc/105"
#define KEY                                                                        \
	"ssh-ed25519%2520AAAAC3NzaC1lZDI1NTE5AAAAIGL8dGJr2GkJv1w4o9r3n0wQmXK0zq5o" \
	"1C4Vd1mDqk0b%2520lab%2540example"

/* What vm7 asks for while guests come and go, as pve/request.c sends it. */
static const struct made {
	const char *method, *target, *form;
} life[] = {
	{ "GET", "/version", NULL },
	{ "GET", "/cluster/status", NULL },
	{ "GET", "/cluster/resources", NULL },
	{ "GET", "/cluster/options", NULL },
	{ "GET", NODE "/network?type=any_bridge", NULL },
	{ "GET", NODE "/storage/local/content?content=vztmpl", NULL },
	{ "GET", "/cluster/nextid?vmid=100", NULL },
	{ "GET", NODE "/tasks?source=active&typefilter=qmclone&vmid=9000", NULL },
	{ "GET", NODE "/qemu/9000/config", NULL },
	{ "POST", NODE "/qemu/9000/clone",
	  "newid=100&name=web&description=vm7&full=1&storage=local-lvm&pool=lab" },
	{ "GET", VM "/config", NULL },
	{ "PUT", VM "/config",
	  "cores=2&cpu=host&memory=2048&balloon=1024&agent=enabled%3D1&protection=0&"
	  "onboot=1&tags=vm7&net0=virtio%3DBC:24:11:00:00:01,bridge%3Dvmbr0&ciuser=ops&"
	  "sshkeys=" KEY "&"
	  "ipconfig0=ip%3D10.0.0.2/24,gw%3D10.0.0.1&nameserver=10.0.0.1&"
	  "searchdomain=lab.test&serial0=socket&cipassword=secret&"
	  "ciupgrade=0&name=web" },
	{ "PUT", VM "/config", "delete=ide2" },
	{ "PUT", VM "/config", "ide2=local-lvm:cloudinit" },
	{ "PUT", VM "/resize", "disk=scsi0&size=8G" },
	{ "POST", VM "/status/start", "" },
	{ "GET", VM "/status/current", NULL },
	{ "GET", VM "/agent/network-get-interfaces", NULL },
	{ "POST", VM "/status/stop", "" },
	{ "DELETE", VM "?purge=1", NULL },
	{ "POST", NODE "/lxc/9100/clone",
	  "newid=105&hostname=ct&description=vm7&full=0&pool=lab" },
	{ "PUT", CT "/config",
	  "cores=2&memory=512&swap=0&features=nesting%3D1&onboot=1&protection=0&tags=vm7&"
	  "net0=name%3Deth0,bridge%3Dvmbr0,ip%3D10.0.0.3/24&nameserver=10.0.0.1" },
	{ "PUT", CT "/resize", "disk=rootfs&size=4G" },
	{ "POST", CT "/status/start", "" },
	{ "GET", CT "/interfaces", NULL },
	{ "POST", CT "/status/stop", "" },
	{ "DELETE", CT "?purge=1", NULL },
	{ "POST", NODE "/lxc",
	  "vmid=105&ostemplate=local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst&"
	  "description=vm7&unprivileged=1&storage=local-lvm&rootfs=local-lvm:4&pool=lab&"
	  "hostname=ct&cores=1&memory=512&swap=0&features=nesting%3D1&onboot=1&tags=vm7&"
	  "net0=name%3Deth0,bridge%3Dvmbr0,ip%3D10.0.0.3/24" },
	{ "GET", CT "/config", NULL },
	{ "DELETE", CT "?purge=1", NULL },
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What a document says behind `pveum role add VM7 --privs`, on the version. */
static size_t role_of(struct arena *arena, unsigned pve, char ***out)
{
	static const char head[] = "pveum role add VM7 --privs \"";
	const char *own = pve >= 9 ? "VM.GuestAgent.Audit" : "VM.Monitor";
	static char text[65536];
	FILE *file = fopen(SOURCE_ROOT "/docs/real-cluster.md", "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (const char *at = text; (at = strstr(at, head)); at++) {
		const char *list = at + strlen(head);
		char *copy = arena_strndup(arena, list, strcspn(list, "\""));

		if (strstr(copy, own))
			return str_split(arena, copy, " ", out);
	}
	fail_msg("no role for PVE %u", pve);
	return 0;
}

/* A world in which the user has these privileges everywhere, but for one. */
static struct world *world_with(unsigned pve, char **privileges, size_t count,
				size_t without)
{
	json_t *json = world_default(pve, 1, NOW), *role = json_array();
	struct error err = { 0 };
	struct world *world;

	json_object_set_new(json_object_get(json_object_get(json, "access"), "users"),
			    USER, json_pack("{s:i}", "enable", 1));
	world = world_create(json, 1, NOW, &err);
	json_decref(json);
	assert_non_null(world);
	for (size_t i = 0; i < count; i++)
		if (i != without)
			json_array_append_new(role, json_string(privileges[i]));
	json_object_set_new(json_object_get(world->access, "roles"), "Documented", role);
	acl_set(world, "/", USER, "Documented", true);
	return world;
}

/* What comes of the call, with all it shows; guests have had time to boot before it. */
static const char *outcome(struct arena *arena, struct world *world,
			   const struct made *made)
{
	struct asked asked;
	const char *out;
	char *data;

	world_advance(world, world->now + 60);
	asked = ask(arena, world, USER, made->method, made->target, made->form);
	data = json_dumps(asked.data, JSON_ENCODE_ANY | JSON_SORT_KEYS);
	out = arena_printf(arena, "%d %s %s", asked.status, asked.reason,
			   data ? data : "");
	free(data);
	if (asked.upid)
		out = arena_printf(arena, "200 OK, task %s", ask_wait(world, asked.upid));
	return out;
}

static void allows_all(struct arena *arena, unsigned pve, char **role, size_t count,
		       const char **out)
{
	struct world *world = world_with(pve, role, count, count);

	for (size_t i = 0; i < COUNT(life); i++) {
		out[i] = outcome(arena, world, &life[i]);
		if (!str_starts(out[i], "200 OK") ||
		    (strstr(out[i], ", task ") && !str_ends(out[i], " OK")))
			fail_msg("PVE %u: %s %s: %s", pve, life[i].method, life[i].target,
				 out[i]);
	}
	world_destroy(world);
}

/* Without the privilege a call is refused, or shows less. */
static bool is_missed(struct arena *arena, unsigned pve, char **role, size_t count,
		      size_t without, const char *const *usual)
{
	struct world *world = world_with(pve, role, count, without);
	bool missed = false;

	for (size_t i = 0; i < COUNT(life) && !missed; i++)
		missed = strcmp(outcome(arena, world, &life[i]), usual[i]) != 0;
	world_destroy(world);
	return missed;
}

static const struct role_row {
	const char *name;
	unsigned pve;
} rows[] = { { "the role for 8", 8 }, { "the role for 9", 9 } };

static void documented_role(void **state)
{
	unsigned pve = ((const struct role_row *)*state)->pve;
	struct arena *arena = arena_create();
	const char *usual[COUNT(life)];
	char **role = NULL;
	size_t count = role_of(arena, pve, &role);

	allows_all(arena, pve, role, count, usual);
	for (size_t i = 0; i < count; i++)
		if (!is_missed(arena, pve, role, count, i, usual))
			fail_msg("PVE %u: %s is not needed", pve, role[i]);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(documented_role, rows);
	return run_all_tests("sim role");
}
