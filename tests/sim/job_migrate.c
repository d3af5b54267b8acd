/*
 * A guest changes nodes. PVE: PVE::AbstractMigrate migrate, PVE::QemuMigrate and
 * PVE::LXC::Migrate prepare, phase1, phase3_cleanup.
 */
#include "base/text.h"
#include "guest.h"
#include "jobs.h"
#include "migrate.h"
#include "props.h"
#include "volume.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define SSH_SECONDS      0.5
#define FINISH_SECONDS   0.5
#define SHUTDOWN_SECONDS 3.0
#define MEMORY_RATE      (100.0 * (1 << 20)) /* bytes a second over the wire */

static void say(struct world *world, struct task *task, const char *what)
{
	time_t now = (time_t)world->now;
	char stamp[32];
	struct tm day;

	gmtime_r(&now, &day);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &day);
	task_log(task, "%s %s", stamp, what);
}

static const char *lasted(struct arena *arena, const struct world *world,
			  const struct task *task)
{
	unsigned seconds = (unsigned)(world->now - task->start);

	return arena_printf(arena, "(duration %02u:%02u:%02u)", seconds / 3600,
			    seconds / 60 % 60, seconds % 60);
}

/* PVE says why in the log; how the task ends is always the same. */
static void abandon(struct world *world, struct task *task, const char *why)
{
	struct arena *arena = arena_create();

	say(world, task, arena_printf(arena, "ERROR: %s", why));
	say(world, task, "aborting phase 1 - cleanup resources");
	say(world, task,
	    arena_printf(arena, "ERROR: migration aborted %s: %s",
			 lasted(arena, world, task), why));
	arena_destroy(arena);
	task_fail(world, task, "migration aborted");
}

static bool target_answers(struct world *world, struct task *task)
{
	const struct node *node = world_node(world, task_text(task, "target"));

	if (node && node->online)
		return true;
	abandon(world, task, "Can't connect to destination address using public key");
	return false;
}

/* A container goes down for the trip, and comes up again behind it. */
static bool come_down(struct world *world, struct task *task, struct guest *guest)
{
	struct arena *arena = arena_create();

	if (guest->type == GUEST_LXC && guest->running) {
		say(world, task, arena_printf(arena, "shutdown CT %u", guest->vmid));
		if (guest->deaf) {
			arena_destroy(arena);
			abandon(world, task, "container did not stop");
			return false;
		}
		guest->running = false;
		props_set(task->args, "restarts", "1");
	}
	arena_destroy(arena);
	return true;
}

static double seconds_of(struct world *world, const struct task *task,
			 const struct guest *guest)
{
	double bytes = (double)migrate_bytes(world, guest);
	double limit = 1024.0 * task_number(task, "bwlimit");
	double rate = limit > 0 ? fmin(limit, world->throughput) : world->throughput;
	double memory = guest->running && guest->type == GUEST_QEMU
				? (double)guest_number(guest, "memory", 512) * (1 << 20)
				: 0;

	return SSH_SECONDS + FINISH_SECONDS + bytes / rate + memory / MEMORY_RATE +
	       (task_text(task, "restarts") ? SHUTDOWN_SECONDS : 0);
}

static void begin(struct arena *arena, struct world *world, struct task *task,
		  struct guest *guest)
{
	const char *target = task_text(task, "target"), *why;
	const struct node *node = world_node(world, target);

	if (!job_unlocked(world, task, guest) || !target_answers(world, task))
		return;
	if (guest->type == GUEST_LXC && guest->running && !task_number(task, "restart")) {
		abandon(world, task, "lxc live migration is currently not implemented");
		return;
	}
	if (!come_down(world, task, guest))
		return;
	say(world, task,
	    arena_printf(arena, "starting migration of %s %u to node '%s' (%s)",
			 guest_word(guest->type), guest->vmid, target, node->ip));
	why = migrate_blocked(arena, world, guest, target,
			      task_number(task, "with-local-disks"));
	if (why) {
		abandon(world, task,
			arena_printf(arena, "Problem found while scanning volumes - %s",
				     why));
		return;
	}
	guest_set(world, guest, "lock", "migrate");
	props_set(task->args, "locked", "1");
	task_unlock(world, task);
	task_later(world, task, seconds_of(world, task, guest));
}

static void arrive(struct arena *arena, struct world *world, struct task *task,
		   struct guest *guest)
{
	const char *target = task_text(task, "target");

	if (!target_answers(world, task))
		return;
	if (migrate_bytes(world, guest) > 0)
		say(world, task, "copying local disk images");
	migrate_move(world, guest, target, task_text(task, "targetstorage"));
	guest_unset(world, guest, "lock");
	if (task_text(task, "restarts")) {
		say(world, task, "start container on target node");
		guest->running = true;
		guest->started = guest->booted = world->now;
	}
	say(world, task,
	    arena_printf(arena, "migration finished successfully %s",
			 lasted(arena, world, task)));
	task_end(world, task);
}

void migrate_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	struct arena *arena;

	if (!guest)
		return;
	arena = arena_create();
	if (task->step == 0)
		begin(arena, world, task, guest);
	else
		arrive(arena, world, task, guest);
	arena_destroy(arena);
}

/* What was only interrupted stays on its node, and a container is started there again. */
void migrate_undo(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));

	if (!guest || strcmp(guest->node, task->node) != 0)
		return;
	if (task_text(task, "locked") && str_equal(guest_lock(guest), "migrate"))
		guest_unset(world, guest, "lock");
	if (task_text(task, "restarts")) {
		guest->running = true;
		guest->started = guest->booted = world->now;
	}
}
