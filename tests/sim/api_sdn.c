/* All of SDN: its lock, and what puts it in force. PVE: PVE::API2::Network::SDN. */
#include "chance.h"
#include "props.h"
#include "sdn_object.h"

static void release(struct call *call)
{
	json_object_del(call->world->sdn, "lock");
	world_touch(call->world);
}

/* After it is done, unless the caller wants to keep it. */
static void release_after(struct call *call)
{
	if (!param(call, "release-lock") || param_true(call, "release-lock"))
		release(call);
}

static void apply(struct call *call)
{
	if (!sdn_check_lock(call, "commit sdn config failed"))
		return;
	sdn_commit(call->world);
	release_after(call);
	reply_task(call, call_start_on(call, call->world->nodes[0].name,
				       "reloadnetworkall", "", json_object()));
}

static void lock(struct call *call)
{
	char token[UUID_LEN + 1];

	if (props_get(call->world->sdn, "lock")) {
		refuse(call, 500, "could not acquire SDN lock: configuration is locked");
		return;
	}
	if (!param_true(call, "allow-pending") && sdn_is_pending(call->world)) {
		refuse(call, 500,
		       "could not acquire SDN lock: configuration has pending changes");
		return;
	}
	chance_uuid(&call->world->chance, token);
	props_set(call->world->sdn, "lock", token);
	world_touch(call->world);
	reply(call, json_string(token));
}

static void unlock(struct call *call)
{
	if (!param_true(call, "force") &&
	    !sdn_check_lock(call, "could not release SDN lock"))
		return;
	release(call);
	reply(call, json_null());
}

static void rollback(struct call *call)
{
	if (!sdn_check_lock(call, "could not rollback SDN config"))
		return;
	sdn_rollback(call->world);
	release_after(call);
	reply(call, json_null());
}

static void sdn_index(struct call *call)
{
	static const char *const parts[] = { "vnets", "zones", "controllers",
					     "ipams", "dns",   NULL };
	json_t *out = json_array();

	for (size_t i = 0; parts[i]; i++)
		json_array_append_new(out, json_pack("{s:s}", "id", parts[i]));
	reply(call, out);
}

static const struct schema release_params[] = {
	{ "release-lock", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ NULL },
};
static const struct schema lock_params[] = {
	{ "allow-pending", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema unlock_params[] = {
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

#define SDN      "/cluster/sdn"
#define LOCK     SDN "/lock"
#define ALLOCATE "/sdn", "SDN.Allocate"
#define LOCKING  ROW_PROTECTED | ROW_FROM_9

const struct row sdn_rows[] = {
	{ "GET", SDN, 0, "/sdn", "SDN.Audit", { { NULL } }, sdn_index, 0.001 },
	{ "PUT",
	  SDN,
	  ROW_PROTECTED | ROW_FORK,
	  ALLOCATE,
	  { { sdn_token_params, release_params } },
	  apply,
	  0.05 },
	{ "POST", LOCK, LOCKING, ALLOCATE, { { lock_params } }, lock, 0.01 },
	{ "DELETE",
	  LOCK,
	  LOCKING,
	  ALLOCATE,
	  { { sdn_token_params, unlock_params } },
	  unlock,
	  0.01 },
	{ "POST",
	  SDN "/rollback",
	  LOCKING,
	  ALLOCATE,
	  { { sdn_token_params, release_params } },
	  rollback,
	  0.01 },
	{ NULL },
};
