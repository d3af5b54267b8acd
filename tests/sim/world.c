#include "world.h"

#include "base/arena.h"
#include "guest.h"
#include "ha.h"
#include "task.h"
#include "volume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PVESTATD_SECONDS 10

struct node *world_node(const struct world *world, const char *name)
{
	for (size_t i = 0; name && i < world->node_count; i++)
		if (!strcmp(world->nodes[i].name, name))
			return &world->nodes[i];
	return NULL;
}

struct storage *world_storage(const struct world *world, const char *name)
{
	for (size_t i = 0; name && i < world->storage_count; i++)
		if (!strcmp(world->storages[i].name, name))
			return &world->storages[i];
	return NULL;
}

struct pool *world_pool(const struct world *world, const char *name)
{
	for (size_t i = 0; name && i < world->pool_count; i++)
		if (!strcmp(world->pools[i].name, name))
			return &world->pools[i];
	return NULL;
}

/* In the order of their names, as PVE lists them. */
struct pool *world_pool_add(struct world *world, const char *name)
{
	size_t at = 0;

	while (at < world->pool_count && strcmp(world->pools[at].name, name) < 0)
		at++;
	world->pools =
		xrealloc(world->pools, (world->pool_count + 1) * sizeof(*world->pools));
	memmove(&world->pools[at + 1], &world->pools[at],
		(world->pool_count - at) * sizeof(*world->pools));
	world->pool_count++;
	world->pools[at] = (struct pool){ .name = xstrdup(name),
					  .members = json_array(),
					  .storages = json_array() };
	world_touch(world);
	return &world->pools[at];
}

static void pool_finish(struct pool *pool)
{
	free(pool->name);
	free(pool->comment);
	json_decref(pool->members);
	json_decref(pool->storages);
}

void world_pool_remove(struct world *world, struct pool *pool)
{
	size_t at = (size_t)(pool - world->pools);

	pool_finish(pool);
	memmove(pool, pool + 1, (world->pool_count - at - 1) * sizeof(*pool));
	world->pool_count--;
	world_touch(world);
}

/* Where `vmid` is in the members, or their number. */
static size_t member_at(const struct pool *pool, unsigned vmid)
{
	size_t i;

	for (i = 0; i < json_array_size(pool->members); i++)
		if (json_integer_value(json_array_get(pool->members, i)) == vmid)
			break;
	return i;
}

struct pool *world_pool_of(const struct world *world, unsigned vmid)
{
	for (size_t i = 0; i < world->pool_count; i++)
		if (member_at(&world->pools[i], vmid) <
		    json_array_size(world->pools[i].members))
			return &world->pools[i];
	return NULL;
}

void world_pool_leave(struct world *world, unsigned vmid)
{
	struct pool *pool = world_pool_of(world, vmid);

	if (!pool)
		return;
	json_array_remove(pool->members, member_at(pool, vmid));
	world_touch(world);
}

void world_pool_join(struct world *world, const char *name, unsigned vmid)
{
	struct pool *pool = world_pool(world, name);

	if (!pool)
		return;
	world_pool_leave(world, vmid);
	json_array_append_new(pool->members, json_integer(vmid));
	world_touch(world);
}

/* Where a guest of this id is or would be. */
static size_t guest_at(const struct world *world, unsigned vmid)
{
	size_t low = 0, high = world->guest_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (world->guests[mid]->vmid < vmid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct guest *world_guest(const struct world *world, unsigned vmid)
{
	size_t at = guest_at(world, vmid);

	return at < world->guest_count && world->guests[at]->vmid == vmid
		       ? world->guests[at]
		       : NULL;
}

struct guest *world_guest_add(struct world *world, unsigned vmid, enum guest_type type,
			      const char *node)
{
	struct guest *guest = xcalloc(1, sizeof(*guest));
	size_t at = guest_at(world, vmid);

	guest->vmid = vmid;
	guest->type = type;
	guest->node = xstrdup(node);
	guest->config = json_object();
	guest->pending = json_object();
	guest->undone = json_object();
	guest->addresses = json_object();
	guest->snapshots = json_object();
	guest->inside = json_object();
	world->guests = xrealloc(world->guests,
				 (world->guest_count + 1) * sizeof(struct guest *));
	memmove(&world->guests[at + 1], &world->guests[at],
		(world->guest_count - at) * sizeof(struct guest *));
	world->guests[at] = guest;
	world->guest_count++;
	world_touch(world);
	return guest;
}

static void guest_destroy(struct guest *guest)
{
	free(guest->node);
	free(guest->agent_ip);
	json_decref(guest->config);
	json_decref(guest->pending);
	json_decref(guest->undone);
	json_decref(guest->image);
	json_decref(guest->stats);
	json_decref(guest->addresses);
	json_decref(guest->snapshots);
	json_decref(guest->inside);
	free(guest);
}

void world_guest_remove(struct world *world, struct guest *guest)
{
	size_t at = guest_at(world, guest->vmid);

	world_pool_leave(world, guest->vmid);
	memmove(&world->guests[at], &world->guests[at + 1],
		(world->guest_count - at - 1) * sizeof(struct guest *));
	world->guest_count--;
	guest_destroy(guest);
	world_touch(world);
}

/*
 * One round of pvestatd: from now on the lists show this. A node that is cut off from the others
 * hears nothing of them, and goes on with what it knew.
 */
static void report(struct world *world, const struct node *node)
{
	if (world_frozen(world) && node != &world->nodes[0])
		return;
	for (size_t i = 0; i < world->guest_count; i++) {
		struct guest *guest = world->guests[i];

		if (strcmp(guest->node, node->name) != 0)
			continue;
		json_decref(guest->stats);
		guest->stats = guest_stats(world, guest);
	}
}

static struct task *next_task(const struct world *world)
{
	struct task *next = NULL;

	for (size_t i = world->task_count; i-- > 0;) {
		struct task *task = world->tasks[i];

		if (task_running(task) && (!next || task->next <= next->next))
			next = task;
	}
	return next;
}

static struct node *next_round(const struct world *world)
{
	struct node *next = NULL;

	for (size_t i = 0; i < world->node_count; i++)
		if (world->nodes[i].online &&
		    (!next || world->nodes[i].next_round < next->next_round))
			next = &world->nodes[i];
	return next;
}

/* Rounds of pvestatd are not waited for: nothing depends on them but what lists show. */
double world_next(const struct world *world)
{
	const struct task *task = next_task(world);

	return fmin(fmin(task ? task->next : INFINITY, world_change_next(world)),
		    ha_next(world));
}

void world_advance(struct world *world, double now)
{
	if (now < world->now)
		return;
	for (;;) {
		struct task *task = next_task(world);
		struct node *node = next_round(world);
		double at_task = task ? task->next : INFINITY;
		double at_node = node ? node->next_round : INFINITY;
		double at_change = world_change_next(world);

		double at_ha = ha_next(world);

		if (at_task > now && at_node > now && at_change > now && at_ha > now)
			break;
		if (at_ha <= at_task && at_ha <= at_node && at_ha <= at_change) {
			world->now = fmax(world->now, at_ha);
			ha_round(world);
		} else if (at_change <= at_task && at_change <= at_node) {
			world->now = fmax(world->now, at_change);
			world_change_due(world);
		} else if (node && at_node <= at_task) {
			/* after a long pause one round is as good as all that were missed */
			world->now = fmax(world->now, at_node);
			if (at_task > now)
				at_node += floor((now - at_node) / PVESTATD_SECONDS) *
					   PVESTATD_SECONDS;
			report(world, node);
			node->next_round = at_node + PVESTATD_SECONDS;
		} else {
			world->now = fmax(world->now, at_task);
			task_step(world, task);
		}
	}
	world->now = now;
}

void world_destroy(struct world *world)
{
	if (!world)
		return;
	for (size_t i = 0; i < world->node_count; i++) {
		free(world->nodes[i].name);
		free(world->nodes[i].ip);
		json_decref(world->nodes[i].bridges);
		json_decref(world->nodes[i].settings);
	}
	for (size_t i = 0; i < world->storage_count; i++) {
		free(world->storages[i].name);
		free(world->storages[i].type);
		free(world->storages[i].content);
		json_decref(world->storages[i].nodes);
		json_decref(world->storages[i].config);
	}
	for (size_t i = 0; i < world->pool_count; i++) {
		pool_finish(&world->pools[i]);
	}
	for (size_t i = 0; i < world->volume_count; i++)
		volume_destroy(world->volumes[i]);
	for (size_t i = 0; i < world->guest_count; i++)
		guest_destroy(world->guests[i]);
	for (size_t i = 0; i < world->task_count; i++)
		task_destroy(world->tasks[i]);
	free(world->nodes);
	free(world->storages);
	free(world->pools);
	free(world->volumes);
	free(world->guests);
	free(world->tasks);
	free(world->cluster);
	free(world->dhcp);
	free(world->fingerprint);
	json_decref(world->coming);
	json_decref(world->options);
	json_decref(world->internet);
	json_decref(world->sdn);
	json_decref(world->appliances);
	json_decref(world->ha);
	json_decref(world->access);
	json_decref(world->schema);
	free(world);
}
