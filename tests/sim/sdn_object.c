#include "sdn_object.h"

#include "base/text.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

/* What an object is called in texts, and the parameter that is its id. */
static const char *const words[] = { "zone", "vnet", "subnet" };

const struct schema sdn_token_params[] = {
	{ "lock-token", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ NULL },
};
const struct schema sdn_change_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .max_length = 4096,
	  .format = format_config_id },
	{ "digest", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 64 },
	{ NULL },
};
const struct schema sdn_read_params[] = {
	{ "pending", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "running", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

const char *sdn_format_id(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	return len >= 2 && len <= 8 && !format_config_id(arena, text)
		       ? NULL
		       : arena_printf(arena, "ID '%s' contains illegal characters", text);
}

const char *sdn_doing(struct call *call, const char *verb, enum sdn_kind kind)
{
	return arena_printf(call->arena, "%s sdn %s object failed", verb, words[kind]);
}

/* --- reading --- */

char *sdn_acl_path(struct call *call, enum sdn_kind kind, const char *id,
		   const json_t *entry)
{
	const char *vnet = kind == SDN_SUBNET ? props_get(entry, "vnet") : id;
	const char *zone = props_get(entry, "zone");

	if (kind == SDN_ZONE)
		return arena_printf(call->arena, "/sdn/zones/%s", id);
	return arena_printf(call->arena, "/sdn/zones/%s/%s", zone ? zone : "", vnet);
}

static char *digest_of(struct call *call, enum sdn_kind kind)
{
	char *text =
		json_dumps(sdn_written(call->world, kind), JSON_COMPACT | JSON_SORT_KEYS);
	char *out = volume_new_sum(call->arena, "sha1", text, strlen(text));

	free(text);
	return out;
}

/* The keys that differ from what is in force. */
static json_t *changes_of(const json_t *written, json_t *running)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)written, key, value)
		if (!json_equal(value, json_object_get(running, key)))
			json_object_set(out, key, value);
	json_object_foreach (running, key, value)
		if (!json_object_get(written, key))
			json_object_set_new(out, key, json_string("deleted"));
	return out;
}

/* As written, as in force (`running`), or in force with what shall change (`pending`). */
static json_t *entry_of(struct call *call, enum sdn_kind kind, const char *id)
{
	json_t *written = json_object_get(sdn_written(call->world, kind), id);
	json_t *running = json_object_get(sdn_running(call->world, kind), id), *out;
	const char *state = sdn_state(call->world, kind, id);
	bool pending = param_true(call, "pending");

	if (param_true(call, "running"))
		out = json_deep_copy(running);
	else
		out = json_deep_copy(pending && running ? running : written);
	if (!out)
		return NULL;
	if (pending && state) {
		json_object_set_new(out, "state", json_string(state));
		if (written)
			json_object_set_new(out, "pending", changes_of(written, running));
	}
	json_object_set_new(out, words[kind], json_string(id));
	if (!param_true(call, "running"))
		json_object_set_new(out, "digest", json_string(digest_of(call, kind)));
	return out;
}

static bool is_shown(struct call *call, enum sdn_kind kind, const json_t *entry)
{
	static const char *const filters[] = { "type", "vnet" };

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (param(call, filters[i]) &&
		    !str_equal(param(call, filters[i]), props_get(entry, filters[i])))
			return false;
	return may(call, sdn_acl_path(call, kind, props_get(entry, words[kind]), entry),
		   "SDN.Audit|SDN.Allocate");
}

void sdn_list(struct call *call, enum sdn_kind kind)
{
	json_t *all = json_copy(sdn_written(call->world, kind)), *out = json_array();
	json_t *value, *entry;
	const char *id;

	json_object_update_missing(all, sdn_running(call->world, kind));
	json_object_foreach (all, id, value) {
		entry = entry_of(call, kind, id);
		if (entry && is_shown(call, kind, entry))
			json_array_append_new(out, entry);
		else
			json_decref(entry);
	}
	json_decref(all);
	reply(call, out);
}

void sdn_show(struct call *call, enum sdn_kind kind)
{
	const char *id = param(call, words[kind]);
	json_t *entry = entry_of(call, kind, id);

	if (!entry)
		refuse(call, 500, "sdn '%s' does not exist", id);
	else if (!must_have(call, sdn_acl_path(call, kind, id, entry),
			    "SDN.Audit|SDN.Allocate"))
		json_decref(entry);
	else
		reply(call, entry);
}

/* --- writing --- */

bool sdn_check_lock(struct call *call, const char *what)
{
	const char *held = props_get(call->world->sdn, "lock");
	const char *token = param(call, "lock-token");

	if (str_equal(held, token))
		return call_quorate(call);
	refuse(call, 500, "%s: invalid lock token provided!", what);
	return false;
}

void sdn_bad_param(struct call *call, const char *what, const char *name, const char *why)
{
	refuse(call, 500, "%s: 400 Parameter verification failed.\n%s: %s", what, name,
	       why);
}

bool sdn_check_new(struct call *call, enum sdn_kind kind, const char *id,
		   const char *what)
{
	if (!sdn_check_lock(call, what))
		return false;
	if (!json_object_get(sdn_written(call->world, kind), id))
		return true;
	refuse(call, 500, "%s: sdn %s object ID '%s' already defined", what, words[kind],
	       id);
	return false;
}

static void put_settings(struct call *call, json_t *entry, const struct schema *settings)
{
	for (const struct schema *row = settings; row->name; row++)
		if (param(call, row->name))
			props_set(entry, row->name, param(call, row->name));
	world_touch(call->world);
	reply(call, json_null());
}

void sdn_add(struct call *call, enum sdn_kind kind, const char *id, json_t *entry,
	     const struct schema *settings)
{
	json_object_set_new(sdn_written(call->world, kind), id, entry);
	put_settings(call, entry, settings);
}

json_t *sdn_removable(struct call *call, enum sdn_kind kind, const char *what)
{
	const char *id = param(call, words[kind]);
	json_t *entry = json_object_get(sdn_written(call->world, kind), id);

	if (!entry)
		refuse(call, 500, "%s: sdn %s object ID '%s' does not exist", what,
		       words[kind], id);
	else if (must_have(call, sdn_acl_path(call, kind, id, entry), "SDN.Allocate") &&
		 sdn_check_lock(call, what))
		return entry;
	return NULL;
}

json_t *sdn_changeable(struct call *call, enum sdn_kind kind, const char *what)
{
	json_t *entry = sdn_removable(call, kind, what);
	const char *digest = param(call, "digest");

	if (!entry || !digest || !strcmp(digest, digest_of(call, kind)))
		return entry;
	refuse(call, 500,
	       "%s: detected modified configuration - file changed by other "
	       "user? Try again.",
	       what);
	return NULL;
}

void sdn_change(struct call *call, json_t *entry, const struct schema *settings)
{
	const char *gone = param(call, "delete");
	char **keys;
	size_t count = gone ? str_split(call->arena, gone, ",; ", &keys) : 0;

	for (size_t i = 0; i < count; i++)
		json_object_del(entry, keys[i]);
	put_settings(call, entry, settings);
}

void sdn_remove(struct call *call, enum sdn_kind kind)
{
	json_object_del(sdn_written(call->world, kind), param(call, words[kind]));
	world_touch(call->world);
	reply(call, json_null());
}
