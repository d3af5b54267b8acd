/* What happens to a cluster from outside its API: a cable, a power supply, somebody at a shell. */
#include "base/arena.h"
#include "guest.h"
#include "ha.h"
#include "props.h"
#include "task.h"
#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Power loss: tasks vanish without an end marker, guests are down, locks in configs stay. */
static void node_down(struct world *world, struct node *node)
{
	node->online = false;
	for (size_t i = 0; i < world->task_count; i++)
		if (task_running(world->tasks[i]) &&
		    !strcmp(world->tasks[i]->node, node->name))
			task_die(world, world->tasks[i]);
	for (size_t i = 0; i < world->guest_count; i++)
		if (!strcmp(world->guests[i]->node, node->name))
			world->guests[i]->running = world->guests[i]->paused = false;
}

static void node_up(struct world *world, struct node *node)
{
	node->online = true;
	node->next_round = world->now;
	for (size_t i = 0; i < world->guest_count; i++) {
		struct guest *guest = world->guests[i];

		if (strcmp(guest->node, node->name) != 0 ||
		    !guest_number(guest, "onboot", 0) || guest_lock(guest) ||
		    guest_is_template(guest) || ha_managed(world, guest))
			continue;
		guest->running = true;
		guest->started = guest->booted = world->now;
	}
}

static void change_guest(struct world *world, struct guest *guest, const json_t *change)
{
	const char *lock = props_get(change, "lock"),
		   *status = props_get(change, "status");
	const char *ip = props_get(change, "agent_ip");
	const json_t *deaf = json_object_get(change, "deaf");

	if (lock)
		guest_set(world, guest, "lock", lock);
	else if (json_is_null(json_object_get(change, "lock")))
		guest_unset(world, guest, "lock"); /* qm unlock */
	if (status) {
		guest->running = !strcmp(status, "running");
		guest->paused = false;
		guest->started = guest->booted = world->now;
	}
	if (deaf)
		guest->deaf = json_is_true(deaf);
	if (ip) {
		free(guest->agent_ip);
		guest->agent_ip = xstrdup(ip);
	}
}

static void change_storage(struct storage *storage, const json_t *change)
{
	const struct {
		const char *key;
		bool *flag;
	} flags[] = {
		{ "disabled", &storage->disabled },
		{ "offline", &storage->offline },
		{ "full", &storage->full },
		{ "locked", &storage->locked },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (json_object_get(change, flags[i].key))
			*flags[i].flag =
				json_is_true(json_object_get(change, flags[i].key));
}

void world_change(struct world *world, const json_t *change)
{
	const json_t *quorate = json_object_get(change, "quorate");
	const char *name;
	json_t *value;

	if (quorate)
		world->quorate = json_is_true(quorate);
	json_object_foreach (json_object_get(change, "nodes"), name, value) {
		struct node *node = world_node(world, name);
		const json_t *online = json_object_get(value, "online");

		if (node && json_object_get(value, "maintenance"))
			node->maintenance =
				json_is_true(json_object_get(value, "maintenance"));
		if (node && json_is_false(online) && node->online)
			node_down(world, node);
		else if (node && json_is_true(online) && !node->online)
			node_up(world, node);
	}
	json_object_foreach (json_object_get(change, "guests"), name, value) {
		struct guest *guest =
			world_guest(world, (unsigned)strtoul(name, NULL, 10));

		if (guest)
			change_guest(world, guest, value);
	}
	json_object_foreach (json_object_get(change, "storages"), name, value) {
		struct storage *storage = world_storage(world, name);

		if (storage)
			change_storage(storage, value);
	}
	world_touch(world);
}

void world_change_later(struct world *world, double seconds, const json_t *change)
{
	json_array_append_new(
		world->coming,
		json_pack("{s:f, s:O}", "at", world->now + seconds, "change", change));
	world_touch(world);
}

static double time_of(const json_t *entry)
{
	return json_number_value(json_object_get(entry, "at"));
}

double world_change_next(const struct world *world)
{
	double next = INFINITY;
	const json_t *entry;
	size_t i;

	json_array_foreach (world->coming, i, entry)
		next = fmin(next, time_of(entry));
	return next;
}

void world_change_due(struct world *world)
{
	size_t i = 0;

	while (i < json_array_size(world->coming)) {
		json_t *entry = json_array_get(world->coming, i);

		if (time_of(entry) > world->now) {
			i++;
			continue;
		}
		json_incref(entry);
		json_array_remove(world->coming, i);
		world_change(world, json_object_get(entry, "change"));
		json_decref(entry);
	}
}
