/*
 * A cluster as a test writes it down -> struct cluster_state, for tests of the core alone.
 *
 *	{"cluster": "lab", "release": 9, "quorate": true, "nodes": {"pve01": true},
 *	 "vmids": [100, 199], "guests": [
 *	   {"vmid": 9000, "type": "vm", "node": "pve01", "name": "debian", "template": true,
 *	    "power": "stopped", "lock": "clone", "config": {"scsi0": "local-lvm:x,size=3G"}}]}
 *
 * Beside these "storages", which have gigabytes: {"nfs of pve01": {"shared": true, "content":
 * "images", "total": 100, "used": 20}}; and a node may be {"online", "maintenance", "memory",
 * "used" (MiB), "cpus"} instead of whether it is online, a guest have "memory" (MiB).
 * Besides "version": "8.4", "permissions" and "bridges": see their functions.
 *
 * Everything has a default: cluster lab of three nodes that answer, VMs on pve01 that are
 * stopped. A guest without a config could not be read. An unknown key fails the test. The
 * lists come out sorted, as they do from a real cluster, whatever their order here.
 */
#pragma once

#include "base/text.h"
#include "reconcile/guest.h"
#include "reconcile/props.h"
#include "reconcile/rights.h"
#include "tests/lib/test.h"

#include <jansson.h>

static inline void known_keys(json_t *object, const char *keys)
{
	const char *key;
	json_t *value;

	assert_true(json_is_object(object));
	json_object_foreach (object, key, value) {
		char padded[80];

		snprintf(padded, sizeof(padded), " %s ", key);
		if (!strstr(keys, padded))
			fail_msg("the test's cluster has the unknown key '%s'", key);
	}
}

static inline const char *world_text(struct arena *arena, json_t *object, const char *key,
				     const char *usual)
{
	json_t *value = json_object_get(object, key);

	return json_is_string(value) ? arena_strdup(arena, json_string_value(value))
				     : usual;
}

static inline int world_by_key(const void *a, const void *b)
{
	return strcmp(((const struct option *)a)->key, ((const struct option *)b)->key);
}

static inline int world_by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline int world_by_vmid(const void *a, const void *b)
{
	unsigned one = ((const struct observed *)a)->vmid;
	unsigned other = ((const struct observed *)b)->vmid;

	return (one > other) - (one < other);
}

static inline int world_by_node(const void *a, const void *b)
{
	return strcmp(((const struct node_state *)a)->name,
		      ((const struct node_state *)b)->name);
}

static inline void world_line(struct arena *arena, struct observed *guest)
{
	const char *text = observed_option(guest, "description");
	char instance[40], id[40], repository[200];
	const char *line = text ? strstr(text, "vm7: ") : NULL;

	if (!line || sscanf(line, "vm7: %39[^/]/%39[^,], edit vm7.yaml in %199s",
			    instance, id, repository) != 3)
		return;
	guest->line_instance = arena_strdup(arena, instance);
	guest->line_id = arena_strdup(arena, id);
	guest->line_repository = arena_strdup(arena, repository);
}

static inline void world_address(struct observed_card *card, struct addr *out,
				 struct arena *arena, const char *text)
{
	struct error err;

	if (text && strcmp(text, "dhcp") == 0)
		card->dhcp = true;
	else if (text)
		assert_true(addr_read(out, arena_strndup(arena, text, strcspn(text, "/")),
				      &err));
}

static inline void world_cards(struct arena *arena, struct observed *guest)
{
	guest->cards = arena_array(arena, struct observed_card, 32);
	for (unsigned i = 0; i < 32; i++) {
		struct observed_card *card = &guest->cards[guest->cards_len];
		const char *net = observed_option(guest, arena_printf(arena, "net%u", i));
		const char *addresses = net;
		struct props props = { 0 };

		if (!net)
			continue;
		card->index = i;
		card->text = net;
		guest->cards_len++;
		props_read(&props, arena, net);
		card->mac =
			props_get(&props, guest->type == GUEST_VM ? "virtio" : "hwaddr");
		props = (struct props){ 0 };
		if (guest->type == GUEST_VM)
			addresses = observed_option(guest,
						    arena_printf(arena, "ipconfig%u", i));
		if (!addresses)
			continue;
		props_read(&props, arena, addresses);
		world_address(card, &card->ip, arena, props_get(&props, "ip"));
		world_address(card, &card->ip6, arena, props_get(&props, "ip6"));
	}
}

static inline void world_disks(struct arena *arena, struct observed *guest)
{
	static const char *const disks[] = { "scsi0", "virtio0", "rootfs" };
	struct props props = { 0 };
	const char *size;

	for (size_t i = 0; i < 3 && !guest->root_disk; i++)
		if (observed_option(guest, disks[i]))
			guest->root_disk = disks[i];
	if (guest->root_disk) {
		props_read(&props, arena, observed_option(guest, guest->root_disk));
		size = props_get(&props, "size");
		guest->root_disk_mib = size ? size_mib(size) : 0;
	}
	for (size_t i = 0; i < guest->options_len; i++)
		guest->cloud_init_drive |=
			strstr(guest->options[i].value, "cloudinit") != NULL;
}

static inline void world_config(struct arena *arena, struct observed *guest,
				json_t *config)
{
	const char *key, *text;
	struct props props = { 0 };
	json_t *value;
	char **tags;

	guest->has_config = true;
	guest->digest = world_text(arena, config, "digest",
				   arena_printf(arena, "digest-of-%u", guest->vmid));
	guest->options = arena_array(arena, struct option, json_object_size(config));
	json_object_foreach (config, key, value)
		guest->options[guest->options_len++] = (struct option){
			arena_strdup(arena, key),
			json_is_string(value)
				? arena_strdup(arena, json_string_value(value))
				: arena_printf(arena, "%lld",
					       (long long)json_integer_value(value)),
		};
	if (guest->options_len > 1)
		qsort(guest->options, guest->options_len, sizeof(*guest->options),
		      world_by_key);
	world_line(arena, guest);
	text = observed_option(guest, "tags");
	guest->tags_len = text ? str_split(arena, text, ";", &tags) : 0;
	if (guest->tags_len > 0) {
		qsort(tags, guest->tags_len, sizeof(*tags), world_by_text);
		guest->tags = (const char **)(uintptr_t)tags;
	}
	text = observed_option(guest, "smbios1");
	if (text) {
		props_read(&props, arena, text);
		guest->uuid = props_get(&props, "uuid");
	}
	world_cards(arena, guest);
	world_disks(arena, guest);
}

static inline void world_guest(struct arena *arena, struct observed *guest, json_t *from)
{
	const char *power = world_text(arena, from, "power", "stopped");
	json_t *config = json_object_get(from, "config");
	json_t *pending = json_object_get(from, "pending");

	known_keys(from,
		   " vmid type node name power lock template config memory pending ");
	guest->vmid = (unsigned)json_integer_value(json_object_get(from, "vmid"));
	assert_true(guest->vmid > 0);
	guest->type = strcmp(world_text(arena, from, "type", "vm"), "lxc") == 0
			      ? GUEST_LXC
			      : GUEST_VM;
	guest->node = world_text(arena, from, "node", "pve01");
	guest->name = world_text(arena, from, "name", NULL);
	guest->power = strcmp(power, "running") == 0   ? OBSERVED_RUNNING
		       : strcmp(power, "stopped") == 0 ? OBSERVED_STOPPED
						       : OBSERVED_OTHER;
	guest->lock = world_text(arena, from, "lock", NULL);
	guest->template = json_is_true(json_object_get(from, "template"));
	guest->memory_mib =
		(unsigned long)json_integer_value(json_object_get(from, "memory"));
	if (config)
		world_config(arena, guest, config);
	guest->pending = arena_array(arena, const char *, json_array_size(pending));
	for (size_t i = 0; i < json_array_size(pending); i++)
		guest->pending[guest->pending_len++] = arena_strdup(
			arena, json_string_value(json_array_get(pending, i)));
}

static inline unsigned long world_number(json_t *object, const char *key)
{
	return (unsigned long)json_integer_value(json_object_get(object, key));
}

static inline void world_node(struct arena *arena, struct node_state *node,
			      const char *name, json_t *from)
{
	*node = (struct node_state){ arena_strdup(arena, name), json_is_true(from) };
	if (!json_is_object(from))
		return;
	known_keys(from, " online maintenance memory used cpus ");
	node->online = !json_is_false(json_object_get(from, "online"));
	node->maintenance = json_is_true(json_object_get(from, "maintenance"));
	node->memory_mib = world_number(from, "memory");
	node->memory_used_mib = world_number(from, "used");
	node->cpus_free = (unsigned)world_number(from, "cpus");
}

static inline int world_by_storage(const void *a, const void *b)
{
	const struct storage_state *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	return order ? order : strcmp(one->node, other->node);
}

static inline void world_storages(struct arena *arena, struct cluster_state *out,
				  json_t *storages)
{
	const char *key;
	json_t *from;

	out->storages =
		arena_array(arena, struct storage_state, json_object_size(storages));
	json_object_foreach (storages, key, from) {
		struct storage_state *storage = &out->storages[out->storages_len++];
		char name[40], node[40];

		known_keys(from, " shared content total used available ");
		assert_int_equal(sscanf(key, "%39s of %39s", name, node), 2);
		*storage = (struct storage_state){
			.node = arena_strdup(arena, node),
			.name = arena_strdup(arena, name),
			.available = !json_is_false(json_object_get(from, "available")),
			.shared = json_is_true(json_object_get(from, "shared")),
			.content = world_text(arena, from, "content", "images,rootdir"),
			.total_mib = 1024 * world_number(from, "total"),
			.used_mib = 1024 * world_number(from, "used"),
		};
	}
	if (out->storages_len > 1)
		qsort(out->storages, out->storages_len, sizeof(*out->storages),
		      world_by_storage);
}

static inline void world_nodes(struct arena *arena, struct cluster_state *out,
			       json_t *nodes)
{
	static const struct node_state usual[] = { { "pve01", true },
						   { "pve02", true },
						   { "pve03", true } };
	const char *name;
	json_t *up;

	out->nodes_len = nodes ? json_object_size(nodes) : 3;
	out->nodes = arena_array(arena, struct node_state, out->nodes_len);
	if (!nodes) {
		memcpy(out->nodes, usual, sizeof(usual));
		return;
	}
	out->nodes_len = 0;
	json_object_foreach (nodes, name, up)
		world_node(arena, &out->nodes[out->nodes_len++], name, up);
	if (out->nodes_len > 1)
		qsort(out->nodes, out->nodes_len, sizeof(*out->nodes), world_by_node);
}

static inline int world_by_path(const void *a, const void *b)
{
	return strcmp(((const struct held_path *)a)->path,
		      ((const struct held_path *)b)->path);
}

/* {"/vms": "VM.Audit VM.Clone-"}: what ends in a minus does not hold below. */
static inline void world_permissions(struct cluster_state *out, struct arena *arena,
				     json_t *from)
{
	struct permissions *held = arena_new(arena, struct permissions);
	const char *path;
	json_t *value;

	if (!from)
		return;
	*held = (struct permissions){ .token = "vm7@pve!vm7" };
	held->paths = arena_array(arena, struct held_path, json_object_size(from));
	json_object_foreach (from, path, value) {
		struct held_path *at = &held->paths[held->paths_len++];
		char **names;
		size_t len = str_split(arena, json_string_value(value), " ", &names);

		*at = (struct held_path){ .path = arena_strdup(arena, path), .len = len };
		at->at = arena_array(arena, struct held_privilege, len);
		for (size_t i = 0; i < len; i++) {
			bool below = !str_ends(names[i], "-");

			names[i][strlen(names[i]) - !below] = '\0';
			at->at[i] = (struct held_privilege){ names[i], below };
		}
	}
	if (held->paths_len > 0)
		qsort(held->paths, held->paths_len, sizeof(*held->paths), world_by_path);
	out->permissions = held;
}

/* {"pve01": ["vmbr0"]} */
static inline void world_bridges(struct cluster_state *out, struct arena *arena,
				 json_t *from)
{
	const char *node;
	json_t *names;

	out->bridges = arena_array(arena, struct bridges, json_object_size(from));
	json_object_foreach (from, node, names) {
		struct bridges *bridges = &out->bridges[out->bridges_len++];

		*bridges = (struct bridges){
			.node = arena_strdup(arena, node),
			.names = arena_array(arena, const char *, json_array_size(names)),
		};
		for (size_t i = 0; i < json_array_size(names); i++)
			bridges->names[bridges->len++] = arena_strdup(
				arena, json_string_value(json_array_get(names, i)));
	}
}

static inline void world_of(struct cluster_state *out, struct arena *arena, json_t *world)
{
	json_t *guests = json_object_get(world, "guests");
	json_t *range = json_object_get(world, "vmids");

	known_keys(world, " cluster release quorate nodes vmids mac_prefix guests free "
			  "storages version permissions bridges ");
	*out = (struct cluster_state){
		.name = world_text(arena, world, "cluster", "lab"),
		.endpoint = "https://pve.local:8006",
		.release = 9,
		.quorate = !json_is_false(json_object_get(world, "quorate")),
		.mac_prefix = world_text(arena, world, "mac_prefix", NULL),
		.guests = arena_array(arena, struct observed, json_array_size(guests)),
		.guests_len = json_array_size(guests),
		.vmid_first = (unsigned)json_integer_value(json_array_get(range, 0)),
		.vmid_last = (unsigned)json_integer_value(json_array_get(range, 1)),
	};
	if (json_object_get(world, "release"))
		out->release =
			(unsigned)json_integer_value(json_object_get(world, "release"));
	out->free_len = json_array_size(json_object_get(world, "free"));
	out->free = arena_array(arena, unsigned, out->free_len);
	for (size_t i = 0; i < out->free_len; i++)
		out->free[i] = (unsigned)json_integer_value(
			json_array_get(json_object_get(world, "free"), i));
	world_nodes(arena, out, json_object_get(world, "nodes"));
	world_storages(arena, out, json_object_get(world, "storages"));
	out->version = world_text(arena, world, "version", NULL);
	world_permissions(out, arena, json_object_get(world, "permissions"));
	world_bridges(out, arena, json_object_get(world, "bridges"));
	for (size_t i = 0; i < out->guests_len; i++)
		world_guest(arena, &out->guests[i], json_array_get(guests, i));
	if (out->guests_len > 1)
		qsort(out->guests, out->guests_len, sizeof(*out->guests), world_by_vmid);
}

/* Everything of it lives in `arena`. */
static inline void world_read(struct cluster_state *out, struct arena *arena,
			      const char *text)
{
	json_error_t err;
	json_t *world = json_loads(text, JSON_REJECT_DUPLICATES, &err);

	if (!world)
		fail_msg("the test's cluster: line %d: %s\n%s", err.line, err.text, text);
	world_of(out, arena, world);
	json_decref(world);
}
