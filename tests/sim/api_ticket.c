/* Tickets and passwords. PVE: PVE::API2::AccessControl create_ticket, change_password. */
#include "access.h"
#include "acl.h"
#include "base/text.h"
#include "login.h"
#include "props.h"
#include "rights.h"

#include <math.h>
#include <string.h>

#define REFUSAL_SECONDS 3.0

/* What the GUI is told of a caller: which privileges he has anywhere below a path. */
static const struct part {
	const char *name, *path;
	const char *starts[4]; /* of privileges */
} parts[] = {
	{ "access", "/access/groups", { "User.", "Group.", "Permissions.Modify", NULL } },
	{ "dc", "/", { "Sys.Audit", "Sys.Modify", "SDN.", NULL } },
	{ "mapping", "/mapping", { "Mapping.", "Permissions.Modify", NULL } },
	{ "nodes", "/nodes", { "Sys.", "Permissions.Modify", NULL } },
	{ "sdn", "/sdn", { "SDN.", "Permissions.Modify", NULL } },
	{ "storage", "/storage", { "Datastore.", "Permissions.Modify", NULL } },
	{ "vms", "/vms", { "VM.", "Permissions.Modify", NULL } },
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

/* "vms" of "/vms/100"; "dc" of "/". */
static bool is_below(const struct part *part, const char *path)
{
	size_t len = strcspn(path + 1, "/");

	if (!len)
		return !strcmp(part->name, "dc");
	return strlen(part->name) == len && !strncmp(part->name, path + 1, len);
}

/* What a pool gives counts for guests and storages. */
static bool is_of_pool(const struct part *part, const char *path)
{
	return (str_starts(path, "/pool/") || !strcmp(path, "/pool")) &&
	       (!strcmp(part->name, "vms") || !strcmp(part->name, "storage"));
}

static void put_held(struct call *call, const char *user, const struct part *part,
		     const char *path, json_t *out)
{
	rights_t rights = rights_at(call->world, user, path, NULL);

	for (size_t i = 0; i < PRIVILEGES_MAX; i++) {
		const char *name =
			(rights >> i) & 1 ? privilege_name(call->world->pve, i) : NULL;

		for (size_t s = 0; name && part->starts[s]; s++)
			if (str_starts(name, part->starts[s]))
				json_object_set_new(out, name, json_integer(1));
	}
}

/* PVE: PVE::RPCEnvironment compute_api_permission. */
static json_t *capabilities(struct call *call, const char *user)
{
	const json_t **entries;
	size_t count = acl_list(call->arena, call->world, &entries);
	json_t *out = json_object();

	for (size_t p = 0; p < PART_COUNT; p++) {
		json_t *held = json_object();

		put_held(call, user, &parts[p], parts[p].path, held);
		for (size_t i = 0; i < count; i++) {
			const char *path = props_get(entries[i], "path");

			if (is_below(&parts[p], path) || is_of_pool(&parts[p], path))
				put_held(call, user, &parts[p], path, held);
		}
		json_object_set_new(out, parts[p].name, held);
	}
	return out;
}

/* Which of the things that could be wrong it was, nobody is told. */
static void failed(struct call *call)
{
	refuse(call, 401, "authentication failure");
	call->answer.due = fmax(call->answer.due, call->arrived + REFUSAL_SECONDS);
}

/* root@pam's ticket makes tickets for everybody. */
static bool proves(struct call *call, const char *user)
{
	const char *proof = param(call, "password");
	const char *of = login_ticket_user(call->arena, call->world, proof);

	if (param(call, "tfa-challenge"))
		return false; /* nobody here has a second factor */
	return (of && (!strcmp(of, user) || rights_is_root(of))) ||
	       login_password_is(call->world, user, proof);
}

static bool has_all(struct call *call, const char *user)
{
	char *path = acl_path_normal(call->arena, param(call, "path"));
	char **names;
	size_t count = str_split(call->arena, param(call, "privs"), ",; \t", &names);

	for (size_t i = 0; i < count; i++)
		if (!rights_have(call->world, user, path, names[i]))
			return false;
	return path && count > 0;
}

static void create_ticket(struct call *call)
{
	const char *user = param(call, "username"), *realm = param(call, "realm");
	const char *path = param(call, "path");
	json_t *out;

	if (realm)
		user = arena_printf(call->arena, "%s@%s", user, realm);
	if (!login_enabled(call->world, user) || !proves(call, user) ||
	    (path && !has_all(call, user))) {
		failed(call);
		return;
	}
	out = json_pack("{s:s, s:o}", "username", user, "cap", capabilities(call, user));
	if (!path) {
		props_set(out, "ticket",
			  login_ticket(call->arena, call->world, user, call->world->now));
		props_set(out, "CSRFPreventionToken",
			  login_csrf(call->arena, call->world, user, call->world->now));
	}
	if (call->world->cluster && rights_have(call->world, user, "/", "Sys.Audit"))
		props_set(out, "clustername", call->world->cluster);
	reply(call, out);
}

static void get_ticket(struct call *call)
{
	reply(call, json_null());
}

static bool may_change_password(struct call *call)
{
	return access_is_self(call) ||
	       (access_may_allocate(call) &&
		access_may_manage(call, "User.Modify", GROUPS_NONE));
}

/* Everybody but root says his own password once more, and changes nothing of a PAM user. */
static bool reauthenticates(struct call *call, const char *user)
{
	const char *again = param(call, "confirmation-password");

	if (rights_is_root(call->user))
		return true;
	if (rights_is_root(user)) {
		refuse(call, 403, "Permission check failed");
		return false;
	}
	if (!again) {
		bad_param(call, "confirmation-password",
			  "password is required to modify user");
		return false;
	}
	if (!login_password_is(call->world, call->user, again)) {
		refuse(call, 500, "invalid credentials");
		return false;
	}
	if (strcmp(call->user, user) != 0 && !strcmp(access_realm(user), "pam")) {
		refuse(call, 403, "Permission check failed");
		return false;
	}
	return true;
}

static void change_password(struct call *call)
{
	const char *user = param(call, "userid");
	json_t *json = access_user(call);

	if (!json || !reauthenticates(call, user))
		return;
	if (!access_realm_exists(access_realm(user))) {
		refuse(call, 500, "auth domain '%s' does not exist", access_realm(user));
		return;
	}
	props_set(json, "password", param(call, "password"));
	world_touch(call->world);
	reply(call, json_null());
}

static const struct schema ticket_params[] = {
	{ "username", SCHEMA_STRING, 0, .max_length = 64 },
	{ "realm", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 32,
	  .format = format_realm },
	{ "password", SCHEMA_STRING, 0 },
	{ "otp", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "path", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 64, .needs = "privs" },
	{ "privs", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST | SCHEMA_FROM_9,
	  .max_length = 64, .format = format_privilege_9, .needs = "path" },
	{ "privs", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST | SCHEMA_ONLY_8,
	  .max_length = 64, .format = format_privilege_8, .needs = "path" },
	{ "new-format", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "tfa-challenge", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema password_params[] = {
	{ "password", SCHEMA_STRING, 0, .min_length = 8, .max_length = 64 },
	{ "confirmation-password", SCHEMA_STRING, SCHEMA_OPTIONAL, .min_length = 5,
	  .max_length = 64 },
	{ NULL },
};

const struct row ticket_rows[] = {
	{ "GET",
	  "/access/ticket",
	  ROW_WORLD,
	  NULL,
	  NULL,
	  { { NULL } },
	  get_ticket,
	  0.001 },
	{ "POST",
	  "/access/ticket",
	  ROW_WORLD | ROW_PROTECTED | ROW_NO_TOKEN,
	  NULL,
	  NULL,
	  { { ticket_params } },
	  create_ticket,
	  0.01 },
	{ "PUT",
	  "/access/password",
	  ROW_PROTECTED | ROW_NO_TOKEN,
	  NULL,
	  NULL,
	  { { userid_params, password_params } },
	  change_password,
	  0.02,
	  may_change_password },
	{ NULL },
};
