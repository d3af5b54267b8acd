/*
 * The world as JSON: what --world reads, --save keeps and --print-world prints.
 *
 * Every key may be left out. Times are seconds since 1970, sizes bytes.
 *
 *   pve          8 or 9
 *   cluster      name; null: a node alone
 *   quorate      false: writes are refused
 *   options      datacenter.cfg: mac_prefix, next-id {lower, upper}, tag-style {...},
 *                registered-tags [...]
 *   throughput   bytes a second while a storage copies
 *   boot         seconds from start to an answering guest agent
 *   dhcp         first three numbers of the addresses DHCP gives: "10.1.2"
 *   nodes        [{name, ip, online, maintenance, memory, bridges: [...], settings: {dns:
 *                {search, dns1}, time: {timezone}, config: {...}, interfaces: {name: {...}},
 *                interfaces.new}}]; the first one answers
 *   storages     [{storage, type: dir/lvmthin/nfs/..., content: "images,rootdir", shared,
 *                disabled, offline, full, locked, nodes: [...], total, used, config: {other
 *                keys of its section: path, comment, prune-backups ...}}]
 *   volumes      [{volid, node (not on shared storages), content, format, size, vmid, parent,
 *                ctime, inside: bytes of the disk in an image to be imported, facts: {sums:
 *                {sha256: hex}, notes, protected: true, guest: {type, config} of a backup}}];
 *                "nodes": [...] instead of node puts one on each
 *   sdn          {written: {zones: {id: {type ...}}, vnets: {id: {zone, tag}}, subnets}, running:
 *                the same as of the last apply, version: how many there were, lock: its token}
 *   internet     {url: {size, type, sums: {sha256: hex}, status: "404 Not Found"}}: nothing is
 *                ever fetched. Another path of a known host is not found, an address without
 *                URLs refuses, a name without URLs does not resolve
 *   appliances   the index of system templates: [{template, location: url, sha512sum ...}]
 *   guests       [{vmid, type: qemu/lxc, node, status: running/stopped, config: {...},
 *                pending: {...}, agent_ip, deaf: true (ignores shutdowns), paused: true,
 *                snapshots: {name: {options of then, snaptime, parent, description, vmstate}}}]
 *   pools        [{poolid, comment, members: [vmid, ...], storages: [name, ...]}]
 *   ha           resources, groups, rules: see ha.h
 *   access       roles, users, groups, acl: see rights.h; a token without "secret" gets one
 *                from the seed, and so does root@pam a "password"
 *
 * What --save adds: seed, chance, now, next_pid, dhcp_next, tasks, coming (changes of which
 * the time is known: [{at, change: as of faults}]); of guests started, pid,
 * delete, image, stats, addresses, booted, inside; of nodes and storages busy_until, of nodes
 * next_round.
 */
#include "base/arena.h"
#include "base/text.h"
#include "guest.h"
#include "props.h"
#include "task.h"
#include "volume.h"
#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_THROUGHPUT (512.0 * (1 << 20))
#define DEFAULT_BOOT       20.0
#define FIRST_PID          1000

static const char *text(const json_t *json, const char *key, const char *otherwise)
{
	const char *value = props_get(json, key);

	return value ? value : otherwise;
}

static double number(const json_t *json, const char *key, double otherwise)
{
	const json_t *value = json_object_get(json, key);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

static bool truth(const json_t *json, const char *key, bool otherwise)
{
	const json_t *value = json_object_get(json, key);

	if (json_is_integer(value))
		return json_integer_value(value) != 0;
	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static char *copy(const char *value)
{
	return value ? xstrdup(value) : NULL;
}

static json_t *copy_or(const json_t *json, const char *key, json_t *otherwise)
{
	json_t *value = json_object_get(json, key);

	if (!value || json_is_null(value))
		return otherwise;
	json_decref(otherwise);
	return json_deep_copy(value);
}

static bool load_nodes(struct world *world, const json_t *list, struct error *err)
{
	const json_t *json;
	size_t i;

	world->nodes = xcalloc(json_array_size(list) + 1, sizeof(*world->nodes));
	json_array_foreach (list, i, json) {
		struct node *node = &world->nodes[world->node_count++];

		node->name = copy(text(json, "name", ""));
		node->ip = copy(text(json, "ip", "127.0.0.1"));
		node->online = truth(json, "online", true);
		node->maintenance = truth(json, "maintenance", false);
		node->memory = (uint64_t)number(json, "memory", 64.0 * (1 << 30));
		node->bridges = copy_or(json, "bridges", json_pack("[s]", "vmbr0"));
		node->settings = copy_or(json, "settings", json_object());
		node->busy_until = number(json, "busy_until", 0);
		node->next_round = /* not all at the same moment */
			number(json, "next_round", world->now + (double)i);
	}
	return world->node_count > 0 || error_set(err, ERROR_INVALID, "world: no nodes");
}

static bool load_storages(struct world *world, const json_t *list, struct error *err)
{
	const json_t *json;
	size_t i;

	world->storages = xcalloc(json_array_size(list) + 1, sizeof(*world->storages));
	json_array_foreach (list, i, json) {
		struct storage *storage = &world->storages[world->storage_count++];

		storage->name = copy(text(json, "storage", ""));
		storage->type = copy(text(json, "type", "dir"));
		storage->content = copy(text(json, "content", "images,rootdir"));
		storage->nodes = copy_or(json, "nodes", NULL);
		storage->shared = truth(json, "shared", false);
		storage->config = copy_or(json, "config", json_object());
		storage->disabled = truth(json, "disabled", false);
		storage->offline = truth(json, "offline", false);
		storage->full = truth(json, "full", false);
		storage->locked = truth(json, "locked", false);
		storage->total = (uint64_t)number(json, "total", 1e12);
		storage->used = (uint64_t)number(json, "used", 0);
		storage->busy_until = number(json, "busy_until", 0);
		if (!*storage->name)
			return error_set(err, ERROR_INVALID,
					 "world: storages[%zu]: no name", i);
	}
	return true;
}

static void load_volume(struct world *world, const json_t *json, const char *node,
			const struct storage *storage)
{
	struct volume *volume = volume_add(
		world, storage, node, text(json, "volid", ""),
		(unsigned)number(json, "vmid", volume_owner(text(json, "volid", ""))),
		(uint64_t)number(json, "size", 1 << 20), text(json, "content", "images"),
		text(json, "format", "raw"), text(json, "parent", NULL));

	volume->inside = (uint64_t)number(json, "inside", 0);
	volume->ctime = number(json, "ctime", world->now);
	if (json_object_get(json, "facts"))
		json_object_update(volume->facts, json_object_get(json, "facts"));
}

static bool load_volumes(struct world *world, const json_t *list, struct error *err)
{
	const json_t *json, *node;
	size_t i, n;

	json_array_foreach (list, i, json) {
		const char *volid = text(json, "volid", "");
		const struct storage *storage = volume_storage(world, volid);
		const json_t *nodes = json_object_get(json, "nodes");

		if (!storage)
			return error_set(err, ERROR_INVALID,
					 "world: volumes[%zu]: no storage of '%s'", i,
					 volid);
		json_array_foreach (nodes, n, node)
			load_volume(world, json, json_string_value(node), storage);
		if (!nodes)
			load_volume(world, json, text(json, "node", world->nodes[0].name),
				    storage);
	}
	return true;
}

/* Options are texts, as in the file; numbers and booleans are welcome too. */
static void load_options(struct arena *arena, json_t *out, const json_t *json)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)json, name, value) {
		if (json_is_integer(value))
			props_set(out, name,
				  arena_printf(arena, "%lld",
					       (long long)json_integer_value(value)));
		else if (json_is_boolean(value))
			props_set(out, name, json_is_true(value) ? "1" : "0");
		else if (json_is_string(value))
			json_object_set(out, name, value);
	}
}

static void load_snapshots(struct arena *arena, struct guest *guest, const json_t *json)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)json, name, value) {
		json_t *options = json_object();

		load_options(arena, options, value);
		json_object_set_new(guest->snapshots, name, options);
	}
}

static bool load_guests(struct arena *arena, struct world *world, const json_t *list,
			struct error *err)
{
	const json_t *json;
	size_t i;

	json_array_foreach (list, i, json) {
		unsigned vmid = (unsigned)number(json, "vmid", 0);
		const char *type = text(json, "type", "qemu"),
			   *node = text(json, "node", "");
		struct guest *guest;

		if (vmid < 100 || world_guest(world, vmid) || !world_node(world, node) ||
		    (strcmp(type, "qemu") != 0 && strcmp(type, "lxc") != 0))
			return error_set(
				err, ERROR_INVALID,
				"world: guests[%zu]: vmid, type or node is wrong", i);
		guest = world_guest_add(
			world, vmid, strcmp(type, "lxc") ? GUEST_QEMU : GUEST_LXC, node);
		load_options(arena, guest->config, json_object_get(json, "config"));
		load_options(arena, guest->pending, json_object_get(json, "pending"));
		json_object_update(guest->undone, json_object_get(json, "delete"));
		json_object_update(guest->inside, json_object_get(json, "inside"));
		json_object_update(guest->addresses, json_object_get(json, "addresses"));
		load_snapshots(arena, guest, json_object_get(json, "snapshots"));
		guest->image = copy_or(json, "image", NULL);
		guest->stats = copy_or(json, "stats", NULL);
		guest->agent_ip = copy(text(json, "agent_ip", NULL));
		guest->deaf = truth(json, "deaf", false);
		guest->paused = truth(json, "paused", false);
		guest->running = !strcmp(text(json, "status", "stopped"), "running");
		guest->started = number(json, "started", world->now - 86400);
		guest->booted = number(json, "booted", guest->started);
		guest->pid = (unsigned)number(json, "pid", world->next_pid++);
	}
	return true;
}

static void load_pools(struct world *world, const json_t *list)
{
	const json_t *json;
	size_t i;

	json_array_foreach (list, i, json) {
		struct pool *pool = world_pool_add(world, text(json, "poolid", ""));

		pool->comment = copy(text(json, "comment", NULL));
		json_array_extend(pool->members, json_object_get(json, "members"));
		json_array_extend(pool->storages, json_object_get(json, "storages"));
	}
}

static json_t *member(json_t *json, const char *key)
{
	if (!json_object_get(json, key))
		json_object_set_new(json, key, json_object());
	return json_object_get(json, key);
}

/* There is always a root@pam. */
static void load_root(struct world *world)
{
	json_t *root = member(member(world->access, "users"), "root@pam");
	char password[UUID_LEN + 1];

	json_object_set_new(root, "enable", json_integer(1));
	if (props_get(root, "password"))
		return;
	chance_secret(world->seed, "root@pam", password);
	props_set(root, "password", password);
}

static void load_access(struct world *world, const json_t *json)
{
	const char *userid, *tokenid;
	json_t *user, *token;

	world->access = json ? json_deep_copy(json) : json_object();
	load_root(world);
	json_object_foreach (json_object_get(world->access, "users"), userid, user)
		json_object_foreach (json_object_get(user, "tokens"), tokenid, token) {
			char name[300], secret[UUID_LEN + 1];

			if (props_get(token, "secret"))
				continue;
			snprintf(name, sizeof(name), "%s!%s", userid, tokenid);
			chance_secret(world->seed, name, secret);
			props_set(token, "secret", secret);
		}
}

/* pvedaemon outlives us: a task that was running goes on. */
static void load_task(struct world *world, const json_t *json)
{
	const json_t *entry;
	struct task *task;
	size_t i;

	if (!task_known(text(json, "type", "")))
		return;
	task = task_start(world, text(json, "node", ""), text(json, "type", ""),
			  text(json, "id", ""), text(json, "user", ""),
			  copy_or(json, "args", json_object()));

	free(task->upid);
	json_decref(task->log);
	json_decref(task->locked);
	task->upid = copy(text(json, "upid", ""));
	task->pid = (unsigned)number(json, "pid", 1);
	task->pstart = (uint64_t)number(json, "pstart", 1);
	task->start = number(json, "starttime", world->now);
	task->end = number(json, "endtime", 0);
	task->status = copy(text(json, "status", NULL));
	task->log = copy_or(json, "log", json_array());
	task->locked = copy_or(json, "locked", json_array());
	task->step = (unsigned)number(json, "step", 0);
	task->next = number(json, "next", INFINITY); /* without: it has ended, or hangs */
	task->deadline = number(json, "deadline", 0);
	task->fault = (enum task_fault)number(json, "fault", 0);
	task->fault_text = copy(text(json, "fault_text", NULL));
	json_array_foreach (task->locked, i, entry) {
		json_int_t vmid = json_integer_value(entry);
		struct guest *guest = world_guest(world, (unsigned)llabs(vmid));

		if (guest && vmid > 0)
			guest->holder = task;
		else if (guest)
			guest->sharers++;
	}
}

struct world *world_create(const json_t *json, uint64_t seed, double now,
			   struct error *err)
{
	struct world *world = xcalloc(1, sizeof(*world));
	struct arena *arena = arena_create();
	const json_t *task;
	size_t i;

	world->pve = (unsigned)number(json, "pve", 9);
	world->seed = (uint64_t)number(json, "seed", (double)seed);
	world->chance.state = world->seed;
	if (props_get(json, "chance"))
		world->chance.state = strtoull(props_get(json, "chance"), NULL, 16);
	world->now =
		fmax(number(json, "now", now), now); /* it went on while nobody looked */
	world->cluster = copy(text(json, "cluster", NULL));
	world->quorate = truth(json, "quorate", true);
	world->coming = copy_or(json, "coming", json_array());
	world->options = copy_or(json, "options", json_object());
	world->sdn = copy_or(json, "sdn", json_object());
	world->internet = copy_or(json, "internet", json_object());
	world->appliances = copy_or(json, "appliances", json_array());
	world->throughput = number(json, "throughput", DEFAULT_THROUGHPUT);
	world->boot = number(json, "boot", DEFAULT_BOOT);
	world->dhcp = copy(text(json, "dhcp", "10.1.2"));
	world->dhcp_next = (unsigned)number(json, "dhcp_next", 1);
	world->next_pid = (unsigned)number(json, "next_pid", FIRST_PID);
	load_pools(world, json_object_get(json, "pools"));
	load_access(world, json_object_get(json, "access"));
	world->ha = copy_or(json, "ha", json_object());
	if ((world->pve == 8 || world->pve == 9 ||
	     error_set(err, ERROR_INVALID, "world: pve: only 8 and 9")) &&
	    load_nodes(world, json_object_get(json, "nodes"), err) &&
	    load_storages(world, json_object_get(json, "storages"), err) &&
	    load_volumes(world, json_object_get(json, "volumes"), err) &&
	    load_guests(arena, world, json_object_get(json, "guests"), err)) {
		json_array_foreach (json_object_get(json, "tasks"), i, task)
			load_task(world, task);
		for (i = 0; i < world->guest_count; i++)
			if (!world->guests[i]->stats && !json_object_get(json, "now"))
				world->guests[i]->stats =
					guest_stats(world, world->guests[i]);
		world->next_pid = (unsigned)number(json, "next_pid", world->next_pid);
		world->changes = 0;
		arena_destroy(arena);
		return world;
	}
	arena_destroy(arena);
	world_destroy(world);
	return NULL;
}

static void put_text(json_t *out, const char *key, const char *value)
{
	if (value)
		props_set(out, key, value);
}

static void put_json(json_t *out, const char *key, json_t *value)
{
	if (value)
		json_object_set_new(out, key, json_deep_copy(value));
}

static void put_flag(json_t *out, const char *key, bool value)
{
	if (value)
		json_object_set_new(out, key, json_true());
}

static json_t *print_nodes(const struct world *world)
{
	json_t *list = json_array();

	for (size_t i = 0; i < world->node_count; i++) {
		const struct node *node = &world->nodes[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:b, s:b, s:I, s:O, s:O, s:f, s:f}", "name",
				  node->name, "ip", node->ip, "online", node->online,
				  "maintenance", node->maintenance, "memory",
				  (json_int_t)node->memory, "bridges", node->bridges,
				  "settings", node->settings, "busy_until",
				  node->busy_until, "next_round", node->next_round));
	}
	return list;
}

static json_t *print_storages(const struct world *world)
{
	json_t *list = json_array();

	for (size_t i = 0; i < world->storage_count; i++) {
		const struct storage *storage = &world->storages[i];
		json_t *out = json_pack(
			"{s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:f}", "storage",
			storage->name, "type", storage->type, "content", storage->content,
			"shared", storage->shared, "disabled", storage->disabled, "total",
			(json_int_t)storage->total, "used", (json_int_t)storage->used,
			"busy_until", storage->busy_until);

		put_json(out, "nodes", storage->nodes);
		put_json(out, "config", storage->config);
		put_flag(out, "offline", storage->offline);
		put_flag(out, "full", storage->full);
		put_flag(out, "locked", storage->locked);
		json_array_append_new(list, out);
	}
	return list;
}

static json_t *print_volumes(const struct world *world)
{
	json_t *list = json_array();

	for (size_t i = 0; i < world->volume_count; i++) {
		const struct volume *volume = world->volumes[i];
		json_t *out =
			json_pack("{s:s, s:s, s:s, s:I, s:i, s:f}", "volid",
				  volume->volid, "content", volume->content, "format",
				  volume->format, "size", (json_int_t)volume->size,
				  "vmid", (int)volume->vmid, "ctime", volume->ctime);

		if (volume->inside)
			json_object_set_new(out, "inside",
					    json_integer((json_int_t)volume->inside));
		put_text(out, "node", volume->node);
		put_text(out, "parent", volume->parent);
		put_json(out, "facts", volume->facts);
		json_array_append_new(list, out);
	}
	return list;
}

static json_t *print_guests(const struct world *world)
{
	json_t *list = json_array();

	for (size_t i = 0; i < world->guest_count; i++) {
		const struct guest *guest = world->guests[i];
		json_t *out = json_pack(
			"{s:i, s:s, s:s, s:s, s:b, s:b, s:f, s:f, s:i}", "vmid",
			(int)guest->vmid, "type", guest_kind(guest->type), "node",
			guest->node, "status", guest->running ? "running" : "stopped",
			"deaf", guest->deaf, "paused", guest->paused, "started",
			guest->started, "booted", guest->booted, "pid", (int)guest->pid);

		put_json(out, "config", guest->config);
		put_json(out, "pending", guest->pending);
		put_json(out, "delete", guest->undone);
		put_json(out, "addresses", guest->addresses);
		put_json(out, "snapshots", guest->snapshots);
		put_json(out, "inside", guest->inside);
		put_json(out, "image", guest->image);
		put_json(out, "stats", guest->stats);
		put_text(out, "agent_ip", guest->agent_ip);
		json_array_append_new(list, out);
	}
	return list;
}

static json_t *print_pools(const struct world *world)
{
	json_t *list = json_array();

	for (size_t i = 0; i < world->pool_count; i++) {
		json_t *out = json_pack("{s:s, s:O, s:O}", "poolid", world->pools[i].name,
					"members", world->pools[i].members, "storages",
					world->pools[i].storages);

		put_text(out, "comment", world->pools[i].comment);
		json_array_append_new(list, out);
	}
	return list;
}

static json_t *print_tasks(const struct world *world)
{
	json_t *list = json_array();

	for (size_t i = 0; i < world->task_count; i++) {
		const struct task *task = world->tasks[i];
		json_t *out = json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:f, s:f, s:i, s:f}", "upid",
			task->upid, "node", task->node, "type", task->type, "id",
			task->id, "user", task->user, "pid", (int)task->pid, "pstart",
			(json_int_t)task->pstart, "starttime", task->start, "endtime",
			task->end, "step", (int)task->step, "deadline", task->deadline);

		put_text(out, "status", task->status);
		put_json(out, "log", task->log);
		put_json(out, "args", task->args);
		put_json(out, "locked", task->locked);
		put_text(out, "fault_text", task->fault_text);
		json_object_set_new(out, "fault", json_integer(task->fault));
		if (isfinite(task->next))
			json_object_set_new(out, "next", json_real(task->next));
		json_array_append_new(list, out);
	}
	return list;
}

json_t *world_print(const struct world *world)
{
	json_t *out =
		json_pack("{s:i, s:b, s:f, s:f, s:s}", "pve", (int)world->pve, "quorate",
			  world->quorate, "throughput", world->throughput, "boot",
			  world->boot, "dhcp", world->dhcp);
	char chance[20];

	snprintf(chance, sizeof(chance), "%llx", (unsigned long long)world->chance.state);
	put_text(out, "cluster", world->cluster);
	if (json_array_size(world->coming) > 0)
		put_json(out, "coming", world->coming);
	put_json(out, "options", world->options);
	put_json(out, "sdn", world->sdn);
	put_json(out, "internet", world->internet);
	put_json(out, "appliances", world->appliances);
	put_json(out, "access", world->access);
	put_json(out, "ha", world->ha);
	json_object_set_new(out, "nodes", print_nodes(world));
	json_object_set_new(out, "storages", print_storages(world));
	json_object_set_new(out, "volumes", print_volumes(world));
	json_object_set_new(out, "guests", print_guests(world));
	json_object_set_new(out, "pools", print_pools(world));
	json_object_set_new(out, "tasks", print_tasks(world));
	json_object_set_new(out, "seed", json_integer((json_int_t)world->seed));
	json_object_set_new(out, "chance", json_string(chance));
	json_object_set_new(out, "now", json_real(world->now));
	json_object_set_new(out, "next_pid", json_integer(world->next_pid));
	json_object_set_new(out, "dhcp_next", json_integer(world->dhcp_next));
	return out;
}
