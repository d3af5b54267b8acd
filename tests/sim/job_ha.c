/*
 * Guests under HA are only asked for: these tasks end when the wish is noted.
 * PVE: PVE::API2::Qemu vm_start and its like call the program ha-manager.
 */
#include "base/text.h"
#include "guest.h"
#include "ha.h"
#include "jobs.h"
#include "props.h"

#include <string.h>

#define MANAGER_SECONDS 0.4

static void wish(struct world *world, const char *sid, const struct task *task)
{
	if (!strcmp(task->type, "hastart"))
		props_set(json_object_get(ha_part(world, "resources"), sid), "state",
			  "started");
	else if (!strcmp(task->type, "hastop"))
		ha_command(world, sid, "stop", task_text(task, "timeout"));
	else
		ha_command(world, sid, "migrate", task_text(task, "target"));
	world_touch(world);
}

/* The command line that failed, as the task's end shows it. */
static const char *line(struct arena *arena, const struct task *task, const char *sid)
{
	if (!strcmp(task->type, "hastart"))
		return arena_printf(arena, "ha-manager set %s --state started", sid);
	if (!strcmp(task->type, "hastop"))
		return arena_printf(arena, "ha-manager crm-command stop %s %s", sid,
				    task_text(task, "timeout"));
	return arena_printf(arena, "ha-manager migrate %s %s", sid,
			    task_text(task, "target"));
}

static void ask(struct arena *arena, struct world *world, struct task *task)
{
	const char *sid = task_text(task, "sid");
	const char *why = ha_refused(arena, world, sid);

	if (!why && !json_object_get(ha_part(world, "resources"), sid))
		why = arena_printf(arena, "no such resource '%s'", sid);
	if (why) {
		task_log(task, "%s", why);
		task_fail(world, task, "command '%s' failed: exit code 255",
			  line(arena, task, sid));
		return;
	}
	wish(world, sid, task);
	task_end(world, task);
}

void ha_step(struct world *world, struct task *task)
{
	struct arena *arena;

	if (task->step == 0) {
		task_log(task, "Requesting HA %s for %s %s%s%s",
			 !strcmp(task->type, "hastart")  ? "start"
			 : !strcmp(task->type, "hastop") ? "stop"
							 : "migration",
			 str_starts(task_text(task, "sid"), "ct") ? "CT" : "VM", task->id,
			 task_text(task, "target") ? " to node " : "",
			 task_text(task, "target") ? task_text(task, "target") : "");
		task_later(world, task, MANAGER_SECONDS);
		return;
	}
	arena = arena_create();
	ask(arena, world, task);
	arena_destroy(arena);
}
