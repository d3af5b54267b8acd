/*
 * Start, stop, shutdown, reboot. PVE: PVE::API2::Qemu vm_start ..., PVE::QemuServer vm_start,
 * _do_vm_stop; PVE::API2::LXC::Status.
 */
#include "base/text.h"
#include "cloudinit.h"
#include "guest.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <math.h>
#include <string.h>

#define LOCK_SECONDS     10
#define START_SECONDS    0.8
#define STOP_SECONDS     0.4
#define SHUTDOWN_SECONDS 3.0
#define TERM_SECONDS     0.3

/* The guest of a power task, locked, or NULL: the step is over. */
static struct guest *take(struct world *world, struct task *task)
{
	enum guest_type type = task->type[0] == 'v' ? GUEST_LXC : GUEST_QEMU;
	struct guest *guest = world_guest(world, task_number(task, "vmid"));
	struct arena *arena;

	if (guest && guest->type == type && !strcmp(guest->node, task->node))
		return task_lock(world, task, type, guest->vmid, LOCK_SECONDS) ? guest
									       : NULL;
	arena = arena_create();
	task_fail(world, task, "Configuration file '%s' does not exist",
		  guest_path(arena, task->node, type, task_number(task, "vmid")));
	arena_destroy(arena);
	return NULL;
}

static void boot(struct world *world, struct guest *guest)
{
	guest_apply_pending(world, guest);
	if (guest->type == GUEST_QEMU)
		cloudinit_generate(world, guest);
	guest->running = true;
	guest->started = world->now;
	guest->pid = world->next_pid++;
	world_touch(world);
}

static void halt(struct world *world, struct guest *guest)
{
	guest->running = false;
	guest_apply_pending(world, guest);
	world_touch(world);
}

static bool on_bridge(const struct world *world, const struct guest *guest,
		      const char *bridge)
{
	const struct node *node = world_node(world, guest->node);
	const json_t *name;
	size_t i;

	json_array_foreach (node->bridges, i, name)
		if (!strcmp(json_string_value(name), bridge))
			return true;
	return false;
}

/* Why it cannot start: a bridge or a snippet that is not there. */
static const char *missing(struct arena *arena, const struct world *world,
			   const struct guest *guest)
{
	const char *name, *why = NULL;
	json_t *value;

	json_object_foreach (guest->config, name, value) {
		const struct schema *option = option_find(guest->type, name);
		bool custom = !strcmp(name, "cicustom");
		const char *key;
		json_t *props, *part;

		if (!option_is_card(name) && !custom)
			continue;
		props = props_read(option->sub, json_string_value(value));
		if (!custom && props_get(props, "bridge") &&
		    !on_bridge(world, guest, props_get(props, "bridge")))
			why = arena_printf(arena, "bridge '%s' does not exist",
					   props_get(props, "bridge"));
		json_object_foreach (props, key, part)
			if (custom &&
			    !volume_find(world, guest->node, json_string_value(part)))
				why = arena_printf(arena, "volume '%s' does not exist",
						   json_string_value(part));
		json_decref(props);
	}
	return why;
}

void start_step(struct world *world, struct task *task)
{
	struct guest *guest = take(world, task);
	struct arena *arena;
	const char *why;

	if (!guest)
		return;
	if (task->step == 0) {
		if (guest_lock(guest))
			task_fail(world, task, "%s is locked (%s)",
				  guest_word(guest->type), guest_lock(guest));
		else if (guest_is_template(guest))
			task_fail(world, task, "you can't start a %s if it's a template",
				  guest->type == GUEST_LXC ? "CT" : "vm");
		else if (guest->running)
			task_fail(world, task, "%s %u already running",
				  guest_word(guest->type), guest->vmid);
		else
			task_later(world, task,
				   node_work(world, task->node, START_SECONDS / 4) +
					   START_SECONDS * 3 / 4);
		return;
	}
	arena = arena_create();
	why = missing(arena, world, guest);
	if (why) {
		task_fail(world, task, "%s", why);
	} else {
		if (guest->type == GUEST_QEMU && cloudinit_drive(guest))
			task_log(task, "generating cloud-init ISO");
		boot(world, guest);
		task_end(world, task);
	}
	arena_destroy(arena);
}

void stop_step(struct world *world, struct task *task)
{
	struct guest *guest = take(world, task);

	if (!guest)
		return;
	if (guest->type == GUEST_QEMU && guest_lock(guest) && task->step == 0) {
		task_fail(world, task, "VM is locked (%s)", guest_lock(guest));
		return;
	}
	if (guest->running && task->step == 0) {
		task_later(world, task, STOP_SECONDS);
		return;
	}
	if (guest->running)
		halt(world, guest);
	task_end(world, task);
}

/* Seconds until the guest is down by itself; INFINITY: it does not react. */
static double reaction(const struct world *world, const struct guest *guest)
{
	if (guest->deaf)
		return INFINITY;
	if (guest->type == GUEST_LXC || world->now >= guest->started + world->boot)
		return SHUTDOWN_SECONDS;
	return guest->started + world->boot - world->now +
	       SHUTDOWN_SECONDS; /* still booting */
}

void shutdown_step(struct world *world, struct task *task)
{
	struct guest *guest = take(world, task);
	double timeout = json_object_get(task->args, "timeout")
				 ? task_number(task, "timeout")
				 : 60;

	if (!guest)
		return;
	if (!guest->running) {
		task_end(world, task);
		return;
	}
	if (task->step == 0) {
		bool in_time = reaction(world, guest) <= timeout;

		if (guest_lock(guest)) {
			task_fail(world, task, "%s is locked (%s)",
				  guest_word(guest->type), guest_lock(guest));
			return;
		}
		props_set(task->args, "in_time", in_time ? "1" : "0");
		task_later(world, task, in_time ? reaction(world, guest) : timeout);
		return;
	}
	if (task->step == 1 && !task_number(task, "in_time")) {
		if (!task_number(task, "forceStop")) {
			task_fail(world, task, "%s",
				  guest->type == GUEST_LXC
					  ? "container did not stop"
					  : "VM quit/powerdown failed - got timeout");
			return;
		}
		task_log(task, "VM still running - terminating now with SIGTERM");
		task_later(world, task, TERM_SECONDS);
		return;
	}
	halt(world, guest);
	task_end(world, task);
}

/* For a VM an event daemon starts it again after the task; nobody can tell them apart here. */
void reboot_step(struct world *world, struct task *task)
{
	struct guest *guest = take(world, task);
	double timeout = json_object_get(task->args, "timeout")
				 ? task_number(task, "timeout")
				 : 60;

	if (!guest)
		return;
	if (!guest->running) {
		task_fail(world, task, "VM %u not running", guest->vmid);
		return;
	}
	if (task->step == 0) {
		double needs = reaction(world, guest);

		props_set(task->args, "in_time", needs <= timeout ? "1" : "0");
		task_later(world, task, fmin(needs, timeout));
		return;
	}
	if (!task_number(task, "in_time") && guest->type == GUEST_QEMU) {
		task_fail(world, task, "VM quit/powerdown failed - got timeout");
		return;
	}
	halt(world, guest);
	boot(world, guest);
	task_end(world, task);
}
