/*
 * Is there a place for what is to be made: its bridges on the node, a storage that takes
 * its disks, and room on it for all that this plan makes?
 */
#include "base/text.h"
#include "base/vec.h"
#include "reconcile/planner.h"
#include "reconcile/props.h"
#include "reconcile/rights.h"

#include <stdlib.h>
#include <string.h>

void planner_refuse(struct planner *p, struct action *action)
{
	action->verb = VERB_REFUSED;
	action->steps_len = 0;
	if (!action->lease)
		return;
	action->offer = arena_new(p->arena, struct lease);
	*action->offer = *action->lease;
}

/* ---- bridges ---- */

static const struct bridges *bridges_of(const struct cluster_state *cluster,
					const char *node)
{
	for (size_t i = 0; i < cluster->bridges_len; i++)
		if (strcmp(cluster->bridges[i].node, node) == 0)
			return &cluster->bridges[i];
	return NULL;
}

/* A bridge that the token may not see is not listed either: then nothing is known. */
static bool may_see(const struct planner *p, const char *bridge)
{
	const struct permissions *held = p->input->cluster->permissions;

	return held &&
	       permissions_have(
		       held, arena_printf(p->arena, "/sdn/zones/localnetwork/%s", bridge),
		       "SDN.Audit|SDN.Use");
}

static bool bridges_are_there(struct planner *p, struct action *action)
{
	const struct desired *want = action->want;
	const struct bridges *known = bridges_of(p->input->cluster, want->node);

	for (size_t i = 0; known && i < want->networks_len; i++) {
		const struct network *network = want->networks[i];
		const char *bridge = network->bridge.value;

		if (!bridge || str_in(bridge, known->names, known->len) ||
		    !may_see(p, bridge))
			continue;
		return error_set(&action->why, ERROR_FAILED,
				 "bridge %s of the network %s does not exist on node %s, "
				 "which has %s",
				 bridge, network->name, want->node,
				 known->len
					 ? str_list(p->arena, known->names, known->len, 8)
					 : "none");
	}
	return true;
}

/* ---- storages ---- */

/* What the guests before have taken of a storage; of one that is shared, on any node. */
struct taken {
	const struct storage_state *storage;
	unsigned long mib;
};

struct room {
	struct planner *p;
	struct action *action;
	struct {
		struct taken *at;
		size_t len, cap;
	} taken;
	struct { /* what the action takes, storage by storage */
		struct taken *at;
		size_t len, cap;
	} takes;
};

static const char *content_of(enum guest_type type)
{
	return type == GUEST_VM ? "images" : "rootdir";
}

static bool takes_content(struct arena *arena, const struct storage_state *storage,
			  const char *content)
{
	char **kinds;
	size_t count = str_split(arena, storage->content, ", ", &kinds);

	return str_in(content, (const char *const *)kinds, count);
}

/* The storages of the node that would do. */
static const char *others(const struct room *room, const char *node, const char *content)
{
	const struct cluster_state *cluster = room->p->input->cluster;
	const char **names =
		arena_array(room->p->arena, const char *, cluster->storages_len);
	size_t len = 0;

	for (size_t i = 0; i < cluster->storages_len; i++)
		if (strcmp(cluster->storages[i].node, node) == 0 &&
		    takes_content(room->p->arena, &cluster->storages[i], content))
			names[len++] = cluster->storages[i].name;
	return len ? str_list(room->p->arena, names, len, 8) : "none";
}

/* Not listed, though the token could see it: it is not on that node. */
static bool not_there(const struct room *room, const char *storage, const char *node,
		      const char *content)
{
	const struct permissions *held = room->p->input->cluster->permissions;
	const char *path = arena_printf(room->p->arena, "/storage/%s", storage);

	if (!held || !permissions_have(held, path, "Datastore.Audit"))
		return true;
	return error_set(&room->action->why, ERROR_FAILED,
			 "node %s has no storage %s, or it is disabled there. For %s it "
			 "has %s",
			 node, storage, content, others(room, node, content));
}

static bool is_same(const struct storage_state *a, const struct storage_state *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       (a->shared || strcmp(a->node, b->node) == 0);
}

/* A disk of the guest goes to the storage. False: it cannot. */
static bool take(struct room *room, const char *storage, unsigned long mib)
{
	const struct desired *want = room->action->want;
	const char *content = content_of(want->type);
	const struct storage_state *found =
		cluster_storage(room->p->input->cluster, want->node, storage);

	if (!found)
		return not_there(room, storage, want->node, content);
	if (!takes_content(room->p->arena, found, content))
		return error_set(&room->action->why, ERROR_FAILED,
				 "storage %s on %s does not take %s. For that the node "
				 "has %s",
				 storage, want->node, content,
				 others(room, want->node, content));
	if (!found->available)
		return error_set(&room->action->why, ERROR_TEMPORARY,
				 "storage %s on %s does not answer", storage, want->node);
	for (size_t i = 0; i < room->takes.len; i++)
		if (is_same(room->takes.at[i].storage, found)) {
			room->takes.at[i].mib += mib;
			return true;
		}
	*vec_push(room->p->arena, &room->takes) = (struct taken){ found, mib };
	return true;
}

/* One disk of the template: its copy, and what the root disk grows by. */
static bool take_copy(struct room *room, const struct option *option)
{
	const struct desired *want = room->action->want;
	const struct observed *template = room->action->making.template;
	bool full = want->spec.clone.value == CLONE_FULL;
	const char *storage = full ? want->datastore : NULL, *size;
	struct props props = { 0 };
	unsigned long mib, wanted = 0;

	props_read(&props, room->p->arena, option->value);
	size = props_get(&props, "size");
	mib = size ? size_mib(size) : 0;
	if (str_equal(option->key, template->root_disk) && is_set(&want->spec.disk_gb.is))
		wanted = (unsigned long)want->spec.disk_gb.value * 1024;
	if (!storage)
		storage = volume_storage(room->p->arena, option->value);
	if (!storage)
		return true;
	return take(room, storage, (full ? mib : 0) + (wanted > mib ? wanted - mib : 0));
}

/* Disks of its own beside the template's: "local-lvm:20,discard=on" in an empty slot. */
static bool take_new_disks(struct room *room)
{
	const struct changes *changes = &room->action->changes;

	for (size_t i = 0; i < changes->len; i++) {
		const struct change *change = &changes->at[i];
		const char *storage =
			change->to && !change->from &&
					option_is_drive(room->action->want->type,
							change->key)
				? volume_storage(room->p->arena, change->to)
				: NULL;
		unsigned long gib =
			storage ? strtoul(change->to + strlen(storage) + 1, NULL, 10) : 0;

		if (gib > 0 && !take(room, storage, gib * 1024))
			return false;
	}
	return true;
}

static bool take_all(struct room *room)
{
	const struct desired *want = room->action->want;
	const struct observed *template = room->action->making.template;

	if (!template)
		return !want->datastore ||
		       take(room, want->datastore,
			    (unsigned long)want->spec.disk_gb.value * 1024);
	for (size_t i = 0; i < template->options_len; i++)
		if (option_is_drive(template->type, template->options[i].key) &&
		    !strstr(template->options[i].value, "media=cdrom") &&
		    !take_copy(room, &template->options[i]))
			return false;
	return true;
}

static unsigned long taken_of(const struct room *room,
			      const struct storage_state *storage)
{
	for (size_t i = 0; i < room->taken.len; i++)
		if (is_same(room->taken.at[i].storage, storage))
			return room->taken.at[i].mib;
	return 0;
}

static unsigned long gib_up(unsigned long mib)
{
	return (mib + 1023) / 1024;
}

/* Is there room for it beside what this plan makes before it? */
static bool fits(struct room *room)
{
	for (size_t i = 0; i < room->takes.len; i++) {
		const struct taken *takes = &room->takes.at[i];
		const struct storage_state *storage = takes->storage;
		unsigned long before = taken_of(room, storage), free_mib = 0;

		if (storage->total_mib > storage->used_mib)
			free_mib = storage->total_mib - storage->used_mib;
		if (storage->total_mib == 0 || before + takes->mib <= free_mib)
			continue;
		return error_set(&room->action->why, ERROR_FAILED,
				 "storage %s on %s has %lu GiB free, and its disks need "
				 "%lu GiB%s",
				 storage->name, storage->node, free_mib / 1024,
				 gib_up(before + takes->mib),
				 before ? " together with those made before it" : "");
	}
	return true;
}

static void keep(struct room *room)
{
	for (size_t i = 0; i < room->takes.len; i++) {
		const struct taken *takes = &room->takes.at[i];
		bool known = false;

		for (size_t j = 0; j < room->taken.len && !known; j++) {
			known = is_same(room->taken.at[j].storage, takes->storage);
			if (known)
				room->taken.at[j].mib += takes->mib;
		}
		if (!known)
			*vec_push(room->p->arena, &room->taken) = *takes;
	}
}

static bool has_room(struct room *room, struct action *action)
{
	room->action = action;
	room->takes.len = 0;
	if (room->p->input->cluster->storages_len == 0) /* not told, or none to be seen */
		return true;
	if (!take_all(room) || !take_new_disks(room) || !fits(room))
		return false;
	keep(room);
	return true;
}

void planner_room(struct planner *p)
{
	struct room room = { .p = p };

	if (!p->input->cluster)
		return;
	for (size_t i = 0; i < p->plan->actions.len; i++) {
		struct action *action = &p->plan->actions.at[i];

		if ((action->verb != VERB_CREATE && action->verb != VERB_REPLACE) ||
		    (bridges_are_there(p, action) && has_room(&room, action)))
			continue;
		planner_refuse(p, action);
		action->verb = verb_unless_it_passes(&action->why);
	}
}
