/* Pools. PVE: PVE::API2::Pool. */
#include "access.h"
#include "acl.h"
#include "base/text.h"
#include "resource.h"
#include "rights.h"
#include "volume.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LIST_SEPARATORS ",; \t\r\n"
#define CREATE          "create pool"
#define UPDATE          "update pools"
#define DELETE          "delete pool"

static char *pool_path(struct call *call, const char *name)
{
	return arena_printf(call->arena, "/pool/%s", name);
}

static json_t *entry(const struct pool *pool)
{
	json_t *out = json_pack("{s:s}", "poolid", pool->name);

	if (pool->comment)
		json_object_set_new(out, "comment", json_string(pool->comment));
	return out;
}

/* The first node that has it, ours before all. */
static const struct node *node_of(const struct world *world,
				  const struct storage *storage)
{
	for (size_t i = 0; i < world->node_count; i++)
		if (storage_on(storage, world->nodes[i].name))
			return &world->nodes[i];
	return &world->nodes[0];
}

static bool wanted(const struct call *call, const char *type)
{
	return !param(call, "type") || str_equal(param(call, "type"), type);
}

/* Whoever may see the pool sees its members, whatever he may of them. */
static json_t *members(struct call *call, const struct pool *pool)
{
	const struct world *world = call->world;
	json_t *list = json_array();
	const json_t *member;
	size_t i;

	json_array_foreach (pool->members, i, member) {
		const struct guest *guest =
			world_guest(world, (unsigned)json_integer_value(member));

		if (guest && wanted(call, guest->type == GUEST_LXC ? "lxc" : "qemu"))
			json_array_append_new(list,
					      resource_guest(call->arena, world, guest));
	}
	json_array_foreach (pool->storages, i, member) {
		const struct storage *storage =
			world_storage(world, json_string_value(member));

		if (storage && wanted(call, "storage"))
			json_array_append_new(
				list, resource_storage(call->arena, world, storage,
						       node_of(world, storage)));
	}
	return list;
}

/* The pool of `poolid`; `what`: the change that has begun, or NULL. */
static struct pool *pool_of(struct call *call, const char *what)
{
	const char *name = param(call, "poolid");
	struct pool *pool = world_pool(call->world, name);

	if (!pool && what)
		access_failed(call, what, "pool '%s' does not exist", name);
	else if (!pool)
		refuse(call, 500, "pool '%s' does not exist", name);
	return pool;
}

static json_t *whole(struct call *call)
{
	const struct pool *pool = pool_of(call, NULL);
	json_t *out;

	if (!pool)
		return NULL;
	out = entry(pool);
	json_object_set_new(out, "members", members(call, pool));
	return out;
}

/* With `poolid` Proxmox asks for Pool.Audit too, and then ignores what it is told. */
static void list(struct call *call)
{
	json_t *out;

	if (param(call, "poolid")) {
		out = whole(call);
		if (out)
			reply(call, json_pack("[o]", out));
		return;
	}
	out = json_array();
	for (size_t i = 0; i < call->world->pool_count; i++) {
		const struct pool *pool = &call->world->pools[i];

		if (may(call, pool_path(call, pool->name), "Pool.Audit"))
			json_array_append_new(out, entry(pool));
	}
	reply(call, out);
}

static void one(struct call *call)
{
	json_t *out = whole(call);

	if (out)
		reply(call, out);
}

/* --- changes --- */

static void set_comment(struct call *call, struct pool *pool)
{
	const char *comment = param(call, "comment");

	if (!comment)
		return;
	free(pool->comment);
	pool->comment = *comment ? xstrdup(comment) : NULL;
}

/* A pool in a pool needs the outer one. */
static bool may_be_named(struct call *call, const char *name)
{
	const char *slash = strrchr(name, '/'), *leaf = slash ? slash + 1 : name;
	char *parent = arena_strndup(call->arena, name, (size_t)(leaf - name));

	if (slash) {
		parent[slash - name] = '\0';
		if (!world_pool(call->world, parent)) {
			access_failed(call, CREATE,
				      "parent '%s' of pool '%s' does not exist", parent,
				      name);
			return false;
		}
	}
	if (call->world->pve < 9 || isalpha((unsigned char)*leaf))
		return true;
	access_failed(call, CREATE, "pool name must start with a letter");
	return false;
}

static void create(struct call *call)
{
	const char *name = param(call, "poolid");

	if (!access_lock(call, CREATE))
		return;
	if (world_pool(call->world, name)) {
		access_failed(call, CREATE, "pool '%s' already exists", name);
		return;
	}
	if (!may_be_named(call, name))
		return;
	set_comment(call, world_pool_add(call->world, name));
	reply(call, json_null());
}

/* Behind the lock a 403 is text in a 500. */
static bool must_be_allowed(struct call *call, const char *path, const char *privileges)
{
	if (may(call, path, privileges))
		return true;
	access_failed(call, UPDATE, "403 Permission check failed (%s, %s)", path,
		      privileges);
	return false;
}

static size_t named(struct call *call, const char *parameter, char ***out)
{
	const char *names = param(call, parameter);

	return names ? str_split(call->arena, names, LIST_SEPARATORS, out) : 0;
}

static bool has(const json_t *list_of, const json_t *member)
{
	const json_t *one_of;
	size_t i;

	json_array_foreach (list_of, i, one_of)
		if (json_equal(one_of, member))
			return true;
	return false;
}

/* "VM 100 is already a pool member": of what is added twice, or not there to be removed. */
static bool fits_in(struct call *call, const char *what, const json_t *list_of,
		    json_t *member)
{
	bool there = has(list_of, member), out = param_true(call, "delete");

	json_decref(member);
	if (there == out)
		return true;
	access_failed(call, UPDATE,
		      out ? "%s is not a pool member" : "%s is already a pool member",
		      what);
	return false;
}

static bool check_vm(struct call *call, const struct pool *pool, const char *vmid)
{
	unsigned number = (unsigned)strtoul(vmid, NULL, 10);
	const struct pool *other = world_pool_of(call->world, number);
	char *path = vm_path(call, number);

	if (!must_be_allowed(call, path, access_modifying(path)) ||
	    !fits_in(call, arena_printf(call->arena, "VM %s", vmid), pool->members,
		     json_integer(number)))
		return false;
	if (!other || other == pool)
		return true;
	if (param_true(call, "allow-move"))
		return must_be_allowed(call, pool_path(call, other->name),
				       "Pool.Allocate");
	access_failed(call, UPDATE,
		      "VM %s belongs already to pool '%s' and 'allow-move' is not set",
		      vmid, other->name);
	return false;
}

static bool check_storage(struct call *call, const struct pool *pool, const char *name)
{
	char *path = arena_printf(call->arena, "/storage/%s", name);

	return must_be_allowed(call, path, access_modifying(path)) &&
	       fits_in(call, arena_printf(call->arena, "Storage '%s'", name),
		       pool->storages, json_string(name));
}

static void change_storage(struct call *call, struct pool *pool, const char *name)
{
	if (!param_true(call, "delete")) {
		json_array_append_new(pool->storages, json_string(name));
		return;
	}
	for (size_t i = json_array_size(pool->storages); i-- > 0;)
		if (str_equal(json_string_value(json_array_get(pool->storages, i)), name))
			json_array_remove(pool->storages, i);
}

/* All of it or nothing. */
static void update(struct call *call)
{
	char **vms, **storages;
	size_t vm_count = named(call, "vms", &vms);
	size_t storage_count = named(call, "storage", &storages);
	struct pool *pool;

	if (!access_lock(call, UPDATE) || !(pool = pool_of(call, UPDATE)))
		return;
	for (size_t i = 0; i < vm_count; i++)
		if (!check_vm(call, pool, vms[i]))
			return;
	for (size_t i = 0; i < storage_count; i++)
		if (!check_storage(call, pool, storages[i]))
			return;
	set_comment(call, pool);
	for (size_t i = 0; i < vm_count; i++) {
		unsigned vmid = (unsigned)strtoul(vms[i], NULL, 10);

		if (param_true(call, "delete"))
			world_pool_leave(call->world, vmid);
		else
			world_pool_join(call->world, pool->name, vmid);
	}
	for (size_t i = 0; i < storage_count; i++)
		change_storage(call, pool, storages[i]);
	world_touch(call->world);
	reply(call, json_null());
}

/* The first thing in it; NULL: nothing that is still there. */
static char *contents(struct call *call, const struct pool *pool)
{
	const struct world *world = call->world;
	size_t len = strlen(pool->name), i;
	const json_t *member;

	for (i = 0; i < world->pool_count; i++)
		if (str_starts(world->pools[i].name, pool->name) &&
		    world->pools[i].name[len] == '/')
			return arena_printf(call->arena, "pool '%s'",
					    world->pools[i].name);
	json_array_foreach (pool->members, i, member)
		if (world_guest(world, (unsigned)json_integer_value(member)))
			return arena_printf(call->arena, "VM %lld",
					    (long long)json_integer_value(member));
	json_array_foreach (pool->storages, i, member)
		if (world_storage(world, json_string_value(member)))
			return arena_printf(call->arena, "storage '%s'",
					    json_string_value(member));
	return NULL;
}

static void destroy(struct call *call)
{
	struct pool *pool;
	char *inside;

	if (!access_lock(call, DELETE) || !(pool = pool_of(call, DELETE)))
		return;
	inside = contents(call, pool);
	if (inside) {
		access_failed(call, DELETE, "pool '%s' is not empty (contains %s)",
			      pool->name, inside);
		return;
	}
	if (!strchr(pool->name, '/')) /* those for a pool in a pool stay behind */
		acl_drop_path(call->world, pool_path(call, pool->name));
	world_pool_remove(call->world, pool);
	reply(call, json_null());
}

static const struct schema list_params[] = {
	{ "poolid", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_pool },
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "qemu, lxc, storage",
	  .needs = "poolid" },
	{ NULL },
};
static const struct schema poolid_params[] = {
	{ "poolid", SCHEMA_STRING, 0, .format = format_pool },
	{ NULL },
};
static const struct schema type_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "qemu, lxc, storage" },
	{ NULL },
};
static const struct schema comment_params[] = {
	{ "comment", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema update_params[] = {
	{ "allow-move", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "delete", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_storage },
	{ "vms", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .format = format_vmid },
	{ NULL },
};

#define ALLOCATE "/pool/{poolid}", "Pool.Allocate"

/* Changes come in two forms: by parameter, which also reaches pools in pools, and by path. */
const struct row pool_rows[] = {
	{ "GET", "/pools", 0, NULL, NULL, { { list_params } }, list, 0.001 },
	{ "GET",
	  "/pools/{poolid}",
	  0,
	  "/pool/{poolid}",
	  "Pool.Audit",
	  { { poolid_params, type_params } },
	  one,
	  0.001 },
	{ "POST",
	  "/pools",
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { poolid_params, comment_params } },
	  create,
	  0.02 },
	{ "PUT",
	  "/pools",
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { poolid_params, comment_params, update_params } },
	  update,
	  0.02 },
	{ "PUT",
	  "/pools/{poolid}",
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { poolid_params, comment_params, update_params } },
	  update,
	  0.02 },
	{ "DELETE",
	  "/pools",
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { poolid_params } },
	  destroy,
	  0.02 },
	{ "DELETE",
	  "/pools/{poolid}",
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { poolid_params } },
	  destroy,
	  0.02 },
	{ NULL },
};
