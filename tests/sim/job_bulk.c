/*
 * Many guests at once, one after the other. PVE: PVE::API2::Nodes startall, stopall.
 *
 * Each guest's own work is a task of its own; that one fails is said, and the next one's turn
 * comes.
 */
#include "guest.h"
#include "jobs.h"
#include "props.h"

#include <string.h>

#define LOOK_SECONDS 1

/* The arguments: vms (numbers still to do), words; `child`: the UPID that is waited for. */

static void log_end(struct task *task, const char *doing, const struct guest *guest,
		    const char *status)
{
	if (!strcmp(status, "OK"))
		return;
	task_log(task, "%s %s %u failed: %s", doing, guest_word(guest->type), guest->vmid,
		 status);
}

/* True while the last guest's task still runs. */
static bool busy(struct world *world, struct task *task, const char *doing)
{
	const char *upid = task_text(task, "child");
	const struct task *child = upid ? task_find(world, upid) : NULL;
	const struct guest *guest = world_guest(world, task_number(task, "now"));

	if (child && task_running(child)) {
		task->next = world->now + LOOK_SECONDS;
		return true;
	}
	if (child && guest)
		log_end(task, doing, guest, child->status);
	json_object_del(task->args, "child");
	return false;
}

/* The next guest of the list, or NULL: all are done. */
static struct guest *next_guest(struct world *world, struct task *task)
{
	json_t *list = json_object_get(task->args, "vms");
	unsigned vmid;

	if (json_array_size(list) == 0)
		return NULL;
	vmid = (unsigned)json_integer_value(json_array_get(list, 0));
	json_array_remove(list, 0);
	json_object_set_new(task->args, "now", json_integer(vmid));
	return world_guest(world, vmid);
}

static void begin(struct world *world, struct task *task, const struct guest *guest,
		  const char *type, json_t *args)
{
	char id[16];
	struct task *child;

	snprintf(id, sizeof(id), "%u", guest->vmid);
	child = task_start(world, task->node, type, id, task->user, args);
	props_set(task->args, "child", child->upid);
	task->next = world->now + LOOK_SECONDS;
	task->step++;
}

void startall_step(struct world *world, struct task *task)
{
	struct guest *guest;

	if (busy(world, task, "Starting"))
		return;
	while ((guest = next_guest(world, task)) && guest->running)
		;
	if (!guest) {
		task_end(world, task);
		return;
	}
	task_log(task, "Starting %s %u", guest_word(guest->type), guest->vmid);
	begin(world, task, guest, guest->type == GUEST_LXC ? "vzstart" : "qmstart",
	      json_pack("{s:i, s:s}", "vmid", (int)guest->vmid, "type",
			guest_kind(guest->type)));
}

void stopall_step(struct world *world, struct task *task)
{
	struct guest *guest;

	if (busy(world, task, "Stopping"))
		return;
	while ((guest = next_guest(world, task)) && !guest->running)
		;
	if (!guest) {
		task_end(world, task);
		return;
	}
	task_log(task, "Stopping %s %u (timeout = %u seconds)", guest_word(guest->type),
		 guest->vmid, task_number(task, "timeout"));
	begin(world, task, guest, guest->type == GUEST_LXC ? "vzshutdown" : "qmshutdown",
	      json_pack("{s:i, s:s, s:i, s:i}", "vmid", (int)guest->vmid, "type",
			guest_kind(guest->type), "timeout",
			(int)task_number(task, "timeout"), "forceStop",
			(int)task_number(task, "force")));
}
