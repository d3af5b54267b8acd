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
#include "sdn.h"
#include "vmstate.h"
#include "volume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define START_SECONDS    0.8
#define CLEANUP_SECONDS  4.0
#define STOP_SECONDS     0.4
#define SHUTDOWN_SECONDS 3.0
#define TERM_SECONDS     0.3
#define SHUTDOWN_TIMEOUT 60

static void boot(struct world *world, struct guest *guest)
{
	guest_apply_pending(world, guest);
	if (guest->type == GUEST_QEMU)
		cloudinit_generate(world, guest);
	guest->running = true;
	guest->paused = false;
	json_object_del(guest->inside, "programs");
	json_object_del(guest->inside, "frozen");
	guest->started = guest->booted = world->now;
	guest->pid = world->next_pid++;
	world_touch(world);
}

static void halt(struct world *world, struct guest *guest)
{
	guest->running = guest->paused = false;
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
	return sdn_has_bridge(world, node, bridge);
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

/* Its memory is on disk: the config lock "suspended" does not keep it from starting. */
static bool is_suspended(const struct guest *guest)
{
	return str_equal(guest_lock(guest), "suspended");
}

static void start(struct world *world, struct task *task, struct guest *guest)
{
	bool resumed = is_suspended(guest);

	if (resumed)
		task_log(task, "Resuming suspended VM");
	else if (guest->type == GUEST_QEMU && cloudinit_drive(guest))
		task_log(task, "generating cloud-init ISO");
	boot(world, guest);
	if (resumed) { /* it goes on where it was: its system is up */
		guest->booted = world->now - world->boot;
		task_log(task, "Resumed VM, removing state");
		vmstate_drop(world, guest, guest->config);
		guest_unset(world, guest, "lock");
	}
	task_end(world, task);
}

void start_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	struct arena *arena;
	const char *why;

	if (!guest || (!is_suspended(guest) && !job_unlocked(world, task, guest)))
		return;
	if (task->step == 0) {
		if (guest_is_template(guest))
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
	if (why)
		task_fail(world, task, "%s", why);
	else
		start(world, task, guest);
	arena_destroy(arena);
}

/* PVE: PVE::GuestHelpers abort_guest_tasks. */
static void overrule(struct world *world, struct task *task)
{
	const char *down = task->type[0] == 'v' ? "vzshutdown" : "qmshutdown";
	struct arena *arena = arena_create();
	struct text list;

	text_init(&list, arena);
	for (size_t i = 0; i < world->task_count; i++) {
		struct task *other = world->tasks[i];

		if (!task_running(other) || strcmp(other->type, down) != 0 ||
		    strcmp(other->id, task->id) != 0)
			continue;
		text_addf(&list, "%s%s", list.len ? ", " : "", other->upid);
		task_stop(world, other);
	}
	if (list.len)
		task_log(task, "overruled %s tasks: %s", down, text_str(&list));
	arena_destroy(arena);
}

void stop_step(struct world *world, struct task *task)
{
	struct guest *guest;

	if (task->step == 0 && task_number(task, "overrule-shutdown"))
		overrule(world, task);
	guest = job_locked_guest(world, task);
	if (!guest)
		return;
	if (guest->running && task->step == 0) {
		if (job_unlocked(world, task, guest))
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
	double up = guest->booted + world->boot;

	if (guest->deaf || guest->paused)
		return INFINITY;
	if (guest->type == GUEST_LXC || world->now >= up)
		return SHUTDOWN_SECONDS;
	return up - world->now + SHUTDOWN_SECONDS; /* still booting */
}

/* Seconds to wait: as asked, or "down=" of the guest's startup order, or a minute. */
static double patience(const struct task *task, const struct guest *guest)
{
	const char *startup = guest_get(guest, "startup");
	const char *down =
		startup && guest->type == GUEST_QEMU ? strstr(startup, "down=") : NULL;

	if (json_object_get(task->args, "timeout"))
		return task_number(task, "timeout");
	return down ? atof(down + strlen("down=")) : SHUTDOWN_TIMEOUT;
}

void shutdown_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);

	if (!guest)
		return;
	if (!guest->running) {
		task_end(world, task);
		return;
	}
	if (task->step == 0) {
		double timeout = patience(task, guest);
		bool quit = task_number(task, "quit");
		bool in_time = quit || reaction(world, guest) <= timeout;

		if (!job_unlocked(world, task, guest))
			return;
		props_set(task->args, "in_time", in_time ? "1" : "0");
		task_later(world, task,
			   quit      ? STOP_SECONDS
			   : in_time ? reaction(world, guest)
				     : timeout);
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
/*
 * That QEMU has ended is noticed by another daemon, which starts the VM again: the task of
 * the reboot is over by then. PVE: qmeventd, PVE::CLI::qm cleanup.
 */
static void start_again(struct world *world, const struct guest *guest)
{
	char id[16];
	struct task *start;

	snprintf(id, sizeof(id), "%u", guest->vmid);
	start = task_start(world, guest->node, "qmstart", id, "root@pam",
			   json_pack("{s:i, s:s}", "vmid", (int)guest->vmid, "type",
				     guest_kind(guest->type)));
	start->next = world->now + CLEANUP_SECONDS;
}

void reboot_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);

	if (!guest)
		return;
	if (!guest->running) {
		task_fail(world, task, "VM %u not running", guest->vmid);
		return;
	}
	if (task->step == 0) {
		double needs = reaction(world, guest), timeout = patience(task, guest);

		props_set(task->args, "in_time", needs <= timeout ? "1" : "0");
		task_later(world, task, fmin(needs, timeout));
		return;
	}
	if (!task_number(task, "in_time") && guest->type == GUEST_QEMU) {
		task_fail(world, task, "VM quit/powerdown failed - got timeout");
		return;
	}
	halt(world, guest);
	if (guest->type == GUEST_LXC)
		boot(world, guest);
	else
		start_again(world, guest);
	task_end(world, task);
}
