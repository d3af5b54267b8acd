/* Who is let in to the simulated API, who holds what there, and how users are managed. */
#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/acl.h"
#include "tests/sim/ask.h"
#include "tests/sim/props.h"
#include "tests/sim/rights.h"

#define NOW   1795250000.0
#define VM7   "vm7@pve!vm7"
#define ADMIN "admin@pve!admin"
#define ROOT  "root@pam"

struct bed {
	struct arena *arena;
	struct world *world;
};

/* Beside the default users: people of an office with all kinds of entries. */
static const char office[] =
	"{\"users\": {"
	"  \"ann@pve\": {\"enable\": 1, \"password\": \"annspassword\"},"
	"  \"bob@pve\": {\"enable\": 1, \"tokens\": {\"all\": {\"privsep\": 0},"
	"    \"sep\": {\"privsep\": 1}, \"old\": {\"privsep\": 0, \"expire\": "
	"1000000000}}},"
	"  \"cid@pve\": {\"enable\": 1}, \"dee@pve\": {\"enable\": 1},"
	"  \"off@pve\": {\"enable\": 0, \"password\": \"offspassword\","
	"    \"tokens\": {\"tk\": {}}}},"
	" \"groups\": {\"ops\": {\"users\": [\"ann@pve\", \"bob@pve\"]},"
	"  \"net\": {\"users\": [\"ann@pve\"]}},"
	" \"roles\": {\"Seer\": [\"VM.Audit\"], \"Starter\": [\"VM.PowerMgmt\"]},"
	" \"acl\": ["
	"  {\"path\": \"/\", \"ugid\": \"ops\", \"roleid\": \"Seer\", \"propagate\": 1},"
	"  {\"path\": \"/\", \"ugid\": \"net\", \"roleid\": \"Starter\", \"propagate\": "
	"1},"
	"  {\"path\": \"/vms\", \"ugid\": \"bob@pve\", \"roleid\": \"PVEVMAdmin\","
	"   \"propagate\": 1},"
	"  {\"path\": \"/vms/100\", \"ugid\": \"bob@pve\", \"roleid\": \"NoAccess\","
	"   \"propagate\": 1},"
	"  {\"path\": \"/vms/101\", \"ugid\": \"bob@pve\", \"roleid\": \"Seer\","
	"   \"propagate\": 0},"
	"  {\"path\": \"/vms\", \"ugid\": \"bob@pve!sep\", \"roleid\": \"Seer\","
	"   \"propagate\": 1},"
	"  {\"path\": \"/storage\", \"ugid\": \"bob@pve!sep\","
	"   \"roleid\": \"PVEDatastoreUser\", \"propagate\": 1},"
	"  {\"path\": \"/pool/lab\", \"ugid\": \"cid@pve\", \"roleid\": \"PVEAdmin\","
	"   \"propagate\": 1},"
	"  {\"path\": \"/pool/lab\", \"ugid\": \"dee@pve\", \"roleid\": \"NoAccess\","
	"   \"propagate\": 1},"
	"  {\"path\": \"/vms\", \"ugid\": \"dee@pve\", \"roleid\": \"Seer\","
	"   \"propagate\": 1},"
	"  {\"path\": \"/nodes\", \"ugid\": \"cid@pve\", \"roleid\": \"Seer\","
	"   \"propagate\": 0},"
	"  {\"path\": \"/nodes\", \"ugid\": \"dee@pve\", \"roleid\": \"Gone\","
	"   \"propagate\": 1}]}";

static void move_in(json_t *access)
{
	json_t *more = json_loads(office, 0, NULL);

	assert_non_null(more);
	json_array_extend(json_object_get(access, "acl"), json_object_get(more, "acl"));
	json_object_del(more, "acl");
	json_object_update(json_object_get(access, "users"),
			   json_object_get(more, "users"));
	json_object_del(more, "users");
	json_object_update(json_object_get(access, "roles"),
			   json_object_get(more, "roles"));
	json_object_del(more, "roles");
	json_object_update(access, more);
	json_decref(more);
}

static struct bed bed_of(unsigned pve)
{
	struct bed bed = { .arena = arena_create() };
	json_t *json = world_default(pve, 1, NOW), *lab;
	struct error err = { 0 };

	move_in(json_object_get(json, "access"));
	lab = json_array_get(json_object_get(json, "pools"), 0);
	json_object_set_new(lab, "members", json_pack("[i]", 300));
	json_object_set_new(lab, "storages", json_pack("[s]", "shared"));
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

/* --- rights --- */

static const struct right_row {
	const char *name, *user, *path, *privilege;
	bool held;
} right_rows[] = {
	{ "a role on / holds below", VM7, "/vms/100", "VM.Allocate", true },
	{ "... and holds no more than it says", VM7, "/", "Sys.Modify", false },
	{ "the auditor sees", "audit@pve!ci", "/vms/100", "VM.Audit", true },
	{ "the auditor's hands are tied", "audit@pve!ci", "/vms/100", "VM.PowerMgmt",
	  false },
	{ "nobody knows him", "ghost@pve", "/", "VM.Audit", false },
	{ "root@pam may everything", ROOT, "/x/y", "Sys.Modify", true },
	{ "a token that does not exist holds nothing", "root@pam!x", "/", "VM.Audit",
	  false },
	{ "a group's role holds for its members", "bob@pve", "/nodes/a", "VM.Audit",
	  true },
	{ "... and for nobody else", "cid@pve", "/nodes/a", "VM.Audit", false },
	{ "the roles of two groups add up", "ann@pve", "/vms/100", "VM.Audit", true },
	{ "... both of them", "ann@pve", "/vms/100", "VM.PowerMgmt", true },
	{ "a deeper entry replaces a shallower one", "bob@pve", "/vms/200", "VM.Allocate",
	  true },
	{ "NoAccess cancels what came from above", "bob@pve", "/vms/100", "VM.Audit",
	  false },
	{ "... there only", "bob@pve", "/vms/102", "VM.Audit", true },
	{ "an entry that does not propagate holds at its path", "bob@pve", "/vms/101",
	  "VM.Allocate", false },
	{ "... and not below", "cid@pve", "/nodes/a", "VM.Audit", false },
	{ "... at its path", "cid@pve", "/nodes", "VM.Audit", true },
	{ "a token without separation is its user", "bob@pve!all", "/vms/200",
	  "VM.Allocate", true },
	{ "a separate token has only what both have", "bob@pve!sep", "/vms/200",
	  "VM.Allocate", false },
	{ "... which is something", "bob@pve!sep", "/vms/200", "VM.Audit", true },
	{ "... not what its user lacks", "bob@pve!sep", "/storage/x", "Datastore.Audit",
	  false },
	{ "a pool's role holds for its guests", "cid@pve", "/vms/300", "VM.Allocate",
	  true },
	{ "... for those in it", "cid@pve", "/vms/301", "VM.Allocate", false },
	{ "... for its storages", "cid@pve", "/storage/shared", "Datastore.AllocateSpace",
	  true },
	{ "... for no others", "cid@pve", "/storage/local", "Datastore.AllocateSpace",
	  false },
	{ "NoAccess on a pool cancels what the guest has", "dee@pve", "/vms/300",
	  "VM.Audit", false },
	{ "an entry of a role that is gone counts for nothing", "dee@pve", "/nodes",
	  "VM.Audit", false },
	{ "one of two is enough", "audit@pve!ci", "/storage/x",
	  "Datastore.AllocateSpace|Datastore.Audit", true },
};

static void holds(void **state)
{
	const struct right_row *row = *state;
	struct bed bed = bed_of(9);

	assert_int_equal(rights_have(bed.world, row->user, row->path, row->privilege),
			 row->held);
	bed_finish(&bed);
}

static const struct role_row {
	const char *name;
	unsigned pve;
	const char *role;
	const char *privileges; /* NULL: no such role */
} special_rows[] = {
	{ "a role without anything", 9, "NoAccess", "" },
	{ "a VM user of 8", 8, "PVEVMUser",
	  "VM.Audit,VM.Backup,VM.Config.CDROM,VM.Config.Cloudinit,VM.Console,"
	  "VM.PowerMgmt" },
	{ "a VM user of 9 may ask the agent", 9, "PVEVMUser",
	  "VM.Audit,VM.Backup,VM.Config.CDROM,VM.Config.Cloudinit,VM.Console,"
	  "VM.GuestAgent.Audit,VM.GuestAgent.FileRead,VM.GuestAgent.FileSystemMgmt,"
	  "VM.GuestAgent.FileWrite,VM.PowerMgmt" },
	{ "who may clone templates", 9, "PVETemplateUser", "VM.Audit,VM.Clone" },
	{ "an auditor of 8", 8, "PVEAuditor",
	  "Datastore.Audit,Mapping.Audit,Pool.Audit,SDN.Audit,Sys.Audit,VM.Audit" },
	{ "an auditor of 9", 9, "PVEAuditor",
	  "Datastore.Audit,Mapping.Audit,Pool.Audit,SDN.Audit,Sys.Audit,VM.Audit,"
	  "VM.GuestAgent.Audit" },
	{ "who manages nodes has none of root's", 9, "PVESysAdmin",
	  "Sys.Audit,Sys.Console,Sys.Syslog" },
	{ "who manages users", 9, "PVEUserAdmin",
	  "Group.Allocate,Realm.AllocateUser,User.Modify" },
	{ "there is no user of nodes", 9, "PVESysUser", NULL },
};

static json_t *role_of(struct bed *bed, const char *role)
{
	struct asked asked =
		ask(bed->arena, bed->world, ADMIN, "GET", "/access/roles", NULL);
	const json_t *entry;
	size_t i;

	json_array_foreach (asked.data, i, entry)
		if (str_equal(props_get(entry, "roleid"), role))
			return (json_t *)(uintptr_t)entry;
	return NULL;
}

static void special_roles(void **state)
{
	const struct role_row *row = *state;
	struct bed bed = bed_of(row->pve);
	const json_t *role = role_of(&bed, row->role);

	if (row->privileges) {
		assert_string_equal(props_get(role, "privs"), row->privileges);
		assert_int_equal(json_integer_value(json_object_get(role, "special")), 1);
	} else {
		assert_null(role);
	}
	bed_finish(&bed);
}

/* --- login --- */

static const struct login_row {
	const char *name;
	const char *cookie, *authorization; /* $user: its secret or ticket */
	const char *user, *why;
} login_rows[] = {
	{ "no header", NULL, NULL, NULL, "No ticket" },
	{ "another scheme", NULL, "Bearer abc", NULL, "No ticket" },
	{ "a password in the header", NULL, "Basic cm9vdDpyb290", NULL, "No ticket" },
	{ "a token", NULL, "PVEAPIToken=" VM7 "=$" VM7, VM7, NULL },
	{ "a token behind a blank", NULL, "PVEAPIToken " VM7 "=$" VM7, VM7, NULL },
	{ "a token, percent-encoded", NULL, "PVEAPIToken=vm7%40pve%21vm7=$" VM7, VM7,
	  NULL },
	{ "a token with something behind", NULL, "PVEAPIToken=" VM7 "=$" VM7 ";x", VM7,
	  NULL },
	{ "a wrong secret", NULL, "PVEAPIToken=" VM7 "=x", NULL,
	  "Authentication failed!" },
	{ "a colon for the equals sign", NULL, "PVEAPIToken=" VM7 ":$" VM7, NULL,
	  "Authentication failed!" },
	{ "only a word", NULL, "PVEAPIToken=garbage", NULL, "Authentication failed!" },
	{ "nothing behind the name", NULL, "PVEAPIToken=", NULL, "No ticket" },
	{ "a token nobody made", NULL, "PVEAPIToken=vm7@pve!no=x", NULL,
	  "Authentication failed!" },
	{ "a token that has expired", NULL, "PVEAPIToken=bob@pve!old=$bob@pve!old", NULL,
	  "Authentication failed!" },
	{ "a token of a disabled user", NULL, "PVEAPIToken=off@pve!tk=$off@pve!tk", NULL,
	  "Authentication failed!" },
	{ "a ticket", "PVEAuthCookie=$root@pam", NULL, ROOT, NULL },
	{ "a ticket among cookies", "lang=en; PVEAuthCookie=$root@pam; x=y", NULL, ROOT,
	  NULL },
	{ "a ticket in the other header", NULL, "PVEAuthCookie=$root@pam", ROOT, NULL },
	{ "a ticket goes before a token", "PVEAuthCookie=$root@pam",
	  "PVEAPIToken=" VM7 "=$" VM7, ROOT, NULL },
	{ "... even one that is wrong", "PVEAuthCookie=PVE:root@pam:00000000::abc",
	  "PVEAPIToken=" VM7 "=$" VM7, NULL, "Authentication failed!" },
	{ "a ticket of a disabled user", "PVEAuthCookie=$off@pve", NULL, NULL,
	  "Authentication failed!" },
	{ "a ticket with another name in it", "PVEAuthCookie=PVE:ann@pve:$root@pam", NULL,
	  NULL, "Authentication failed!" },
};

/* Put the secret of a token, or a ticket, for "$name". */
static const char *filled(struct bed *bed, const char *text)
{
	const char *dollar = text ? strchr(text, '$') : NULL;
	char secret[UUID_LEN + 1];
	const char *name, *value = secret;
	size_t len;

	if (!dollar)
		return text;
	len = strcspn(dollar + 1, "; ");
	name = arena_strndup(bed->arena, dollar + 1, len);
	chance_secret(1, name, secret);
	if (!strchr(name, '!'))
		value = login_ticket(bed->arena, bed->world, name, bed->world->now);
	return arena_printf(bed->arena, "%.*s%s%s", (int)(dollar - text), text, value,
			    dollar + 1 + len);
}

static void logs_in(void **state)
{
	const struct login_row *row = *state;
	struct bed bed = bed_of(9);
	struct credentials headers = { .cookie = filled(&bed, row->cookie),
				       .authorization =
					       filled(&bed, row->authorization) };
	const char *why = NULL;
	const char *user = login(bed.arena, bed.world, &headers, false, &why);
	struct asked asked =
		ask_with(bed.arena, bed.world, &headers, "GET", "/version", NULL);

	if (row->user) {
		assert_string_equal(user, row->user);
		assert_int_equal(asked.status, 200);
	} else {
		assert_null(user);
		assert_int_equal(asked.status, 401);
		assert_string_equal(asked.reason, row->why);
		assert_null(asked.body);
		assert_true(asked.seconds >= 3);
	}
	bed_finish(&bed);
}

/* What POST /access/ticket gives, as headers. */
static struct credentials ticket(struct bed *bed, const char *user, const char *password)
{
	struct text form;
	struct asked asked;

	text_init(&form, bed->arena);
	text_addf(&form, "username=%s&password=", user);
	text_add_encoded(&form, password);
	asked = ask_with(bed->arena, bed->world, &(struct credentials){ 0 }, "POST",
			 "/access/ticket", text_str(&form));
	assert_string_equal(asked.reason, "OK");
	assert_string_equal(props_get(asked.data, "username"), user);
	return (struct credentials){
		.cookie = arena_printf(bed->arena, "PVEAuthCookie=%s",
				       props_get(asked.data, "ticket")),
		.csrf = props_get(asked.data, "CSRFPreventionToken"),
	};
}

static const struct ticket_row {
	const char *name, *form;
	int status;
} post_rows[] = {
	{ "a password", "username=ann@pve&password=annspassword", 200 },
	{ "the realm for itself", "username=ann&realm=pve&password=annspassword", 200 },
	{ "a wrong password", "username=ann@pve&password=x", 401 },
	{ "no realm", "username=ann&password=annspassword", 401 },
	{ "a realm that is not there", "username=ann@no&password=annspassword", 401 },
	{ "a user who is disabled", "username=off@pve&password=offspassword", 401 },
	{ "a user without a password", "username=bob@pve&password=", 401 },
	{ "no password at all", "username=ann@pve", 400 },
	{ "rights that he has",
	  "username=ann@pve&password=annspassword&path=/vms&privs=VM.Audit", 200 },
	{ "rights that he has not",
	  "username=ann@pve&password=annspassword&path=/vms&privs=VM.Allocate", 401 },
	{ "rights without a path",
	  "username=ann@pve&password=annspassword&privs=VM.Audit", 400 },
};

static void gives_tickets(void **state)
{
	const struct ticket_row *row = *state;
	struct bed bed = bed_of(9);
	struct asked asked = ask_with(bed.arena, bed.world, &(struct credentials){ 0 },
				      "POST", "/access/ticket", row->form);

	assert_int_equal(asked.status, row->status);
	if (row->status == 401) {
		assert_string_equal(asked.reason, "authentication failure");
		assert_string_equal(props_get(asked.body, "message"),
				    "authentication failure\n");
		assert_true(asked.seconds >= 3);
	}
	bed_finish(&bed);
}

static void tickets_write_with_csrf(void **state)
{
	struct bed bed = bed_of(9);
	struct credentials mine = ticket(&bed, "ann@pve", "annspassword");
	struct credentials none = { .cookie = mine.cookie }, other = none;
	const char *form = "userid=ann@pve&password=anothersecret&confirmation-password="
			   "annspassword";
	struct asked asked;

	(void)state;
	asked = ask_with(bed.arena, bed.world, &none, "PUT", "/access/password", form);
	assert_string_equal(asked.reason, "Permission denied - invalid csrf token");
	assert_null(asked.body);
	other.csrf = login_csrf(bed.arena, bed.world, ROOT, bed.world->now);
	asked = ask_with(bed.arena, bed.world, &other, "PUT", "/access/password", form);
	assert_int_equal(asked.status, 401);
	asked = ask_with(bed.arena, bed.world, &mine, "PUT", "/access/password", form);
	assert_string_equal(asked.reason, "OK");
	ticket(&bed, "ann@pve", "anothersecret");
	bed_finish(&bed);
}

static void tickets_end_after_two_hours(void **state)
{
	struct bed bed = bed_of(9);
	struct credentials mine = ticket(&bed, "ann@pve", "annspassword"), again;
	const char *old = mine.cookie + strlen("PVEAuthCookie=");

	(void)state;
	world_advance(bed.world, bed.world->now + 7000);
	again = ticket(&bed, "ann@pve", old); /* renewed with itself */
	world_advance(bed.world, bed.world->now + 300);
	assert_int_equal(
		ask_with(bed.arena, bed.world, &mine, "GET", "/version", NULL).status,
		401);
	assert_int_equal(
		ask_with(bed.arena, bed.world, &again, "GET", "/version", NULL).status,
		200);
	bed_finish(&bed);
}

/* root@pam by ticket is root, none of its tokens ever is. */
static void only_a_ticket_is_root(void **state)
{
	struct bed bed = bed_of(9);
	char password[UUID_LEN + 1];
	struct credentials root;
	struct asked asked;

	(void)state;
	chance_secret(1, ROOT, password);
	root = ticket(&bed, ROOT, password);
	asked = ask_with(bed.arena, bed.world, &root, "PUT",
			 "/nodes/pve01/qemu/9000/config", "args=-foo");
	assert_string_equal(asked.reason, "OK");
	asked = ask_with(bed.arena, bed.world, &root, "POST",
			 "/access/users/root%40pam/token/full", "privsep=0");
	assert_string_equal(asked.reason, "OK");
	asked = ask(bed.arena, bed.world, "root@pam!full", "PUT",
		    "/nodes/pve01/qemu/9000/config", "args=-foo");
	assert_string_equal(asked.reason, "only root can set 'args' config");
	ticket(&bed, "ann@pve", root.cookie + strlen("PVEAuthCookie="));
	bed_finish(&bed);
}

static void tokens_make_no_tickets(void **state)
{
	struct bed bed = bed_of(9);
	struct credentials token = { .authorization = "PVEAPIToken=any@pve!one=x" };
	struct asked asked =
		ask_with(bed.arena, bed.world, &token, "POST", "/access/ticket",
			 "username=ann@pve&password=annspassword");

	(void)state;
	assert_int_equal(asked.status, 403);
	assert_string_equal(asked.reason,
			    "Permission check failed (URI '/access/ticket' not available "
			    "with API token, need proper ticket.");
	asked = ask(bed.arena, bed.world, ADMIN, "PUT", "/access/password",
		    "userid=ann@pve&password=something");
	assert_int_equal(asked.status, 403);
	bed_finish(&bed);
}

/* --- users, tokens, roles, groups, entries --- */

#define MODIFY "Permissions.Modify"

static const struct manage_row {
	const char *name, *user, *method, *target, *form;
	int status;
	const char *says; /* the reason, or the text of the first error */
	const char *more; /* the rest of the message; or NULL */
} manage_rows[] = {
	{ "a user who is there", ADMIN, "POST", "/access/users", "userid=ann@pve", 500,
	  "create user failed: user 'ann@pve' already exists", NULL },
	{ "a user of no group", ADMIN, "POST", "/access/users",
	  "userid=new@pve&groups=nope", 500, "create user failed: no such group 'nope'",
	  NULL },
	{ "a password for an unknown realm", ADMIN, "POST", "/access/users",
	  "userid=new@no&password=longenough", 500,
	  "create user failed: auth domain 'no' does not exist", NULL },
	{ "a user without a realm is found out while rights are asked for", ADMIN, "POST",
	  "/access/users", "userid=newby", 500,
	  "value 'newby' does not look like a valid user name", NULL },
	{ "a short password", ADMIN, "POST", "/access/users",
	  "userid=new@pve&password=short", 400,
	  "value must be at least 8 characters long", NULL },
	{ "users need their realm", VM7, "POST", "/access/users", "userid=new@pve", 403,
	  "Permission check failed (/access/realm/pve, Realm.AllocateUser)", NULL },
	{ "nobody sees another user", "cid@pve", "GET", "/access/users/ann@pve", NULL,
	  403, "Permission check failed", NULL },
	{ "a user who is not there", ADMIN, "GET", "/access/users/ghost@pve", NULL, 500,
	  "no such user ('ghost@pve')", NULL },
	{ "a token that is there", ADMIN, "POST", "/access/users/bob@pve/token/all", "",
	  400, "Token already exists.", NULL },
	{ "a token that is not there", ADMIN, "GET", "/access/users/bob@pve/token/zz",
	  NULL, 500, "no such token 'zz' for user 'bob@pve'", NULL },
	{ "a token's name of one character", ADMIN, "POST",
	  "/access/users/bob@pve/token/a", "", 400,
	  "value does not match the regex pattern", NULL },
	{ "a token does not make tokens of its user", "bob@pve!all", "POST",
	  "/access/users/bob@pve/token/new", "", 403, "Permission check failed", NULL },
	{ "a token's comment alone can be deleted", ADMIN, "PUT",
	  "/access/users/bob@pve/token/all", "delete=privsep", 500,
	  "updating token info failed: 400 Parameter verification failed.",
	  "delete: unknown option 'privsep'\n" },
	{ "a role of Proxmox's own kind", ADMIN, "POST", "/access/roles",
	  "roleid=pveMine", 400,
	  "cannot use role ID starting with the (case-insensitive) 'PVE' namespace",
	  NULL },
	{ "a role that is there", ADMIN, "POST", "/access/roles", "roleid=Seer", 500,
	  "create role failed: role 'Seer' already exists", NULL },
	{ "a privilege of the other version", ADMIN, "POST", "/access/roles",
	  "roleid=New&privs=VM.Audit,VM.Monitor", 400,
	  "invalid format - invalid privilege 'VM.Monitor'\n", NULL },
	{ "Proxmox's roles stay", ADMIN, "PUT", "/access/roles/PVEAdmin", "privs=", 500,
	  "auto-generated role 'PVEAdmin' cannot be modified", NULL },
	{ "... for ever", ADMIN, "DELETE", "/access/roles/NoAccess", NULL, 500,
	  "auto-generated role 'NoAccess' cannot be deleted", NULL },
	{ "a role that is not there", ADMIN, "PUT", "/access/roles/Gone", "privs=", 500,
	  "update role failed: role 'Gone' does not exist", NULL },
	{ "roles need Sys.Modify", VM7, "POST", "/access/roles", "roleid=New", 403,
	  "Permission check failed (/access, Sys.Modify)", NULL },
	{ "a group that is there", ADMIN, "POST", "/access/groups", "groupid=ops", 500,
	  "create group failed: group 'ops' already exists", NULL },
	{ "a group that is not there", ADMIN, "DELETE", "/access/groups/no", NULL, 500,
	  "delete group failed: group 'no' does not exist", NULL },
	{ "groups are made by who may", VM7, "POST", "/access/groups", "groupid=new", 403,
	  "Permission check failed (/access/groups, Group.Allocate)", NULL },
	{ "a pool that is there", ADMIN, "POST", "/pools", "poolid=lab", 500,
	  "create pool failed: pool 'lab' already exists", NULL },
	{ "a pool in none", ADMIN, "POST", "/pools", "poolid=no/in", 500,
	  "create pool failed: parent 'no' of pool 'no/in' does not exist", NULL },
	{ "a pool with a number for a name", ADMIN, "POST", "/pools", "poolid=lab/1", 500,
	  "create pool failed: pool name must start with a letter", NULL },
	{ "a pool three levels deep and one more", ADMIN, "POST", "/pools",
	  "poolid=a/b/c/d", 400,
	  "invalid format - pool name 'a/b/c/d' nested too deeply (max levels = 3)\n",
	  NULL },
	{ "pools are made by who may", VM7, "POST", "/pools", "poolid=new", 403,
	  "Permission check failed (/pool/new, Pool.Allocate)", NULL },
	{ "a pool that is not there", ADMIN, "PUT", "/pools", "poolid=no", 500,
	  "update pools failed: pool 'no' does not exist", NULL },
	{ "a storage that is in already", ADMIN, "PUT", "/pools/lab", "storage=shared",
	  500, "update pools failed: Storage 'shared' is already a pool member", NULL },
	{ "a guest that is not in", ADMIN, "PUT", "/pools", "poolid=lab&vms=100&delete=1",
	  500, "update pools failed: VM 100 is not a pool member", NULL },
	{ "a guest that the caller may not give away", "cid@pve", "PUT", "/pools/lab",
	  "vms=9000", 500,
	  "update pools failed: 403 Permission check failed (/vms/9000, " MODIFY
	  "|VM.Allocate)",
	  NULL },
	{ "a pool with something in it", ADMIN, "DELETE", "/pools?poolid=lab", NULL, 500,
	  "delete pool failed: pool 'lab' is not empty (contains storage 'shared')",
	  NULL },
	{ "an entry for nobody", ADMIN, "PUT", "/access/acl", "path=/&roles=Seer", 400,
	  "either 'users', 'groups' or 'tokens' is required.", NULL },
	{ "an entry for a path that is none", ADMIN, "PUT", "/access/acl",
	  "path=/nowhere&roles=Seer&users=ann@pve", 400, "invalid ACL path '/nowhere'",
	  NULL },
	{ "an entry of no role", ADMIN, "PUT", "/access/acl",
	  "path=/vms/100&roles=Nope&users=ann@pve", 500,
	  "ACL update failed: role 'Nope' does not exist", NULL },
	{ "an entry of no user", ADMIN, "PUT", "/access/acl",
	  "path=/vms/100&roles=Seer&users=ghost@pve", 500,
	  "ACL update failed: user 'ghost@pve' does not exist", NULL },
	{ "an entry of no token", ADMIN, "PUT", "/access/acl",
	  "path=/vms/100&roles=Seer&tokens=ann@pve!no", 500,
	  "ACL update failed: no such token 'no' for user 'ann@pve'", NULL },
	{ "an entry of no group", ADMIN, "PUT", "/access/acl",
	  "path=/vms/100&roles=Seer&groups=no", 500,
	  "ACL update failed: group 'no' does not exist", NULL },
	{ "entries need a right of their path", "ann@pve", "PUT", "/access/acl",
	  "path=/vms/100&roles=Seer&users=ann@pve", 403,
	  "Permission check failed (/vms/100, " MODIFY "|VM.Allocate)", NULL },
	{ "who may allocate gives away less than he has", VM7, "PUT", "/access/acl",
	  "path=/vms/100&roles=PVEVMAdmin&users=ann@pve", 500,
	  "ACL update failed: 400 Parameter verification failed.",
	  "role: Cannot add role 'PVEVMAdmin' - requires '" MODIFY
	  "' or superset of privileges.\n" },
	{ "... and no propagation that he has not", "cid@pve", "PUT", "/access/acl",
	  "path=/vms/300&roles=Seer&users=ann@pve", 500,
	  "ACL update failed: 400 Parameter verification failed.",
	  "role: Cannot add role 'Seer' with propagation - requires '" MODIFY
	  "' or propagated superset of privileges.\n" },
	{ "... and nobody's access away", VM7, "PUT", "/access/acl",
	  "path=/vms/100&roles=NoAccess&users=ann@pve", 500,
	  "ACL update failed: 400 Parameter verification failed.",
	  "role: Cannot add role 'NoAccess' - requires '" MODIFY "'\n" },
};

static const char *first_error(const struct asked *asked)
{
	json_t *errors = json_object_get(asked->body, "errors");

	return json_string_value(json_object_iter_value(json_object_iter(errors)));
}

static void refuses(void **state)
{
	const struct manage_row *row = *state;
	struct bed bed = bed_of(9);
	uint64_t before = bed.world->changes;
	struct asked asked =
		ask(bed.arena, bed.world, row->user, row->method, row->target, row->form);

	assert_int_equal(asked.status, row->status);
	assert_string_equal(row->status == 400 ? first_error(&asked) : asked.reason,
			    row->says);
	if (row->more)
		assert_string_equal(
			props_get(asked.body, "message"),
			arena_printf(bed.arena, "%s\n%s", row->says, row->more));
	assert_int_equal(bed.world->changes, before);
	bed_finish(&bed);
}

static struct asked good(struct bed *bed, const char *method, const char *target,
			 const char *form)
{
	struct asked asked = ask(bed->arena, bed->world, ADMIN, method, target, form);

	assert_string_equal(asked.reason, "OK");
	return asked;
}

/* From nothing to a user who may, and back. */
static void users_come_and_go(void **state)
{
	struct bed bed = bed_of(9);
	struct credentials headers;
	struct asked asked;

	(void)state;
	good(&bed, "POST", "/access/groups", "groupid=new&comment=some");
	good(&bed, "POST", "/access/users", "userid=eve@pve&groups=new,ops&comment=her");
	asked = good(&bed, "GET", "/access/users/eve@pve", NULL);
	assert_int_equal(json_array_size(json_object_get(asked.data, "groups")), 2);
	assert_true(json_is_null(json_object_get(asked.data, "tokens")));
	assert_string_equal(props_get(asked.data, "email"), "");
	asked = good(&bed, "POST", "/access/users/eve@pve/token/ci", "privsep=0");
	assert_string_equal(props_get(asked.data, "full-tokenid"), "eve@pve!ci");
	assert_string_equal(props_get(json_object_get(asked.data, "info"), "privsep"),
			    "0");
	headers = (struct credentials){
		.authorization = arena_printf(bed.arena, "PVEAPIToken=eve@pve!ci=%s",
					      props_get(asked.data, "value")),
	};
	good(&bed, "PUT", "/access/acl", "path=/nodes&groups=new&roles=PVEAuditor");
	assert_true(rights_have(bed.world, "eve@pve!ci", "/nodes/pve01", "Sys.Audit"));
	assert_int_equal(ask_with(bed.arena, bed.world, &headers, "GET",
				  "/nodes/pve01/status", NULL)
				 .status,
			 200);
	good(&bed, "PUT", "/access/users/eve@pve", "groups=ops");
	assert_false(rights_have(bed.world, "eve@pve!ci", "/nodes/pve01", "Sys.Audit"));
	good(&bed, "PUT", "/access/users/eve@pve", "enable=0");
	assert_int_equal(
		ask_with(bed.arena, bed.world, &headers, "GET", "/version", NULL).status,
		401);
	good(&bed, "DELETE", "/access/users/eve@pve", NULL);
	assert_null(rights_user(bed.world, "eve@pve"));
	assert_false(rights_in_group(bed.world, "ops", "eve@pve"));
	bed_finish(&bed);
}

static size_t entries_of(struct bed *bed, const char *key, const char *value)
{
	const json_t *data = good(bed, "GET", "/access/acl", NULL).data, *entry;
	size_t count = 0, i;

	json_array_foreach (data, i, entry)
		count += str_equal(props_get(entry, key), value);
	return count;
}

static void entries_go_with_what_they_name(void **state)
{
	struct bed bed = bed_of(9);

	(void)state;
	good(&bed, "POST", "/access/users/bob@pve/token/new", "");
	good(&bed, "PUT", "/access/acl",
	     "path=vms/100/&tokens=bob@pve!new&roles=Seer&propagate=0");
	assert_int_equal(entries_of(&bed, "ugid", "bob@pve!new"), 1);
	good(&bed, "DELETE", "/access/users/bob@pve/token/new", NULL);
	assert_int_equal(entries_of(&bed, "ugid", "bob@pve!new"), 0);
	good(&bed, "DELETE", "/access/roles/Starter", NULL);
	assert_int_equal(entries_of(&bed, "roleid", "Starter"), 0);
	good(&bed, "DELETE", "/access/groups/ops", NULL);
	assert_int_equal(entries_of(&bed, "ugid", "ops"), 0);
	good(&bed, "PUT", "/access/acl",
	     "path=/vms/9001&users=ann@pve,cid@pve&roles=Seer");
	good(&bed, "PUT", "/access/acl",
	     "path=/vms/9001&users=cid@pve&roles=Seer&delete=1");
	assert_int_equal(entries_of(&bed, "path", "/vms/9001"), 1);
	ask_wait(bed.world, good(&bed, "DELETE", "/nodes/pve01/qemu/9001", NULL).upid);
	assert_int_equal(entries_of(&bed, "path", "/vms/9001"), 0);
	bed_finish(&bed);
}

static void pools_hold_guests_and_storages(void **state)
{
	struct bed bed = bed_of(9);
	struct asked asked;

	(void)state;
	good(&bed, "POST", "/pools", "poolid=lab/one&comment=inner");
	good(&bed, "PUT", "/pools", "poolid=lab/one&vms=9000,9100&storage=local");
	asked = good(&bed, "GET", "/pools?poolid=lab/one", NULL);
	assert_int_equal(json_array_size(json_object_get(json_array_get(asked.data, 0),
							 "members")),
			 3);
	asked = good(&bed, "GET", "/pools?poolid=lab/one&type=lxc", NULL);
	assert_int_equal(json_array_size(json_object_get(json_array_get(asked.data, 0),
							 "members")),
			 1);
	assert_true(rights_have(bed.world, "cid@pve", "/vms/9000", "VM.Allocate"));
	asked = ask(bed.arena, bed.world, ADMIN, "PUT", "/pools", "poolid=lab&vms=9000");
	assert_string_equal(asked.reason,
			    "update pools failed: VM 9000 belongs already to pool "
			    "'lab/one' and 'allow-move' is not set");
	good(&bed, "PUT", "/pools", "poolid=lab&vms=9000&allow-move=1");
	assert_string_equal(world_pool_of(bed.world, 9000)->name, "lab");
	asked = ask(bed.arena, bed.world, ADMIN, "DELETE", "/pools?poolid=lab", NULL);
	assert_string_equal(asked.reason,
			    "delete pool failed: pool 'lab' is not empty (contains pool "
			    "'lab/one')");
	good(&bed, "PUT", "/pools", "poolid=lab/one&vms=9100&storage=local&delete=1");
	good(&bed, "DELETE", "/pools?poolid=lab/one", NULL);
	good(&bed, "PUT", "/pools/lab", "vms=9000&storage=shared&delete=1&comment=");
	good(&bed, "DELETE", "/pools/lab", NULL);
	assert_int_equal(entries_of(&bed, "path", "/pool/lab"), 0);
	assert_int_equal(bed.world->pool_count, 0);
	bed_finish(&bed);
}

int main(void)
{
	add_rows(holds, right_rows);
	add_rows(special_roles, special_rows);
	add_rows(logs_in, login_rows);
	add_rows(gives_tickets, post_rows);
	add_rows(refuses, manage_rows);
	add_test("users come and go", users_come_and_go);
	add_test("entries go with what they name", entries_go_with_what_they_name);
	add_test("pools hold guests and storages", pools_hold_guests_and_storages);
	add_test("a ticket writes with its CSRF token alone", tickets_write_with_csrf);
	add_test("a ticket lives for two hours", tickets_end_after_two_hours);
	add_test("only a ticket is root", only_a_ticket_is_root);
	add_test("tokens make no tickets", tokens_make_no_tickets);
	return run_all_tests("sim access");
}
