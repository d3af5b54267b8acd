#include "task.h"

#include "base/text.h"
#include "guest.h"
#include "jobs.h"
#include "props.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TASKS_KEPT   5000
#define LOCK_RETRY   0.1
#define TICKS_SECOND 100

static const struct job *job_of(const struct task *task)
{
	for (size_t i = 0; i < jobs_count; i++)
		if (!strcmp(jobs[i].type, task->type))
			return &jobs[i];
	abort(); /* only types of the table are ever started or read */
}

bool task_known(const char *type)
{
	for (size_t i = 0; i < jobs_count; i++)
		if (!strcmp(jobs[i].type, type))
			return true;
	return false;
}

/* Old ones are forgotten, as the archive on a node rotates. */
static void forget_oldest(struct world *world)
{
	size_t i = 0;

	while (i < world->task_count && task_running(world->tasks[i]))
		i++;
	if (i == world->task_count)
		return;
	task_destroy(world->tasks[i]);
	memmove(&world->tasks[i], &world->tasks[i + 1],
		(world->task_count - i - 1) * sizeof(struct task *));
	world->task_count--;
}

struct task *task_start(struct world *world, const char *node, const char *type,
			const char *id, const char *user, json_t *args)
{
	struct task *task = xcalloc(1, sizeof(*task));
	char upid[400];

	if (world->task_count >= TASKS_KEPT)
		forget_oldest(world);
	task->node = xstrdup(node);
	task->type = xstrdup(type);
	task->id = xstrdup(id);
	task->user = xstrdup(user);
	task->pid = world->next_pid++;
	task->start = floor(world->now);
	task->pstart = (uint64_t)(fmod(world->now, 3e7) * TICKS_SECOND);
	task->next = world->now;
	task->log = json_array();
	task->locked = json_array();
	task->args = args ? args : json_object();
	snprintf(upid, sizeof(upid), "UPID:%s:%08X:%08llX:%08X:%s:%s:%s:", node,
		 task->pid, (unsigned long long)task->pstart, (unsigned)task->start, type,
		 id, user);
	task->upid = xstrdup(upid);
	world->tasks =
		xrealloc(world->tasks, (world->task_count + 1) * sizeof(struct task *));
	world->tasks[world->task_count++] = task;
	world_touch(world);
	return task;
}

void task_destroy(struct task *task)
{
	free(task->upid);
	free(task->node);
	free(task->type);
	free(task->id);
	free(task->user);
	free(task->status);
	free(task->fault_text);
	json_decref(task->log);
	json_decref(task->args);
	json_decref(task->locked);
	free(task);
}

struct task *task_find(const struct world *world, const char *upid)
{
	for (size_t i = world->task_count; i-- > 0;)
		if (!strcmp(world->tasks[i]->upid, upid))
			return world->tasks[i];
	return NULL;
}

const char *task_text(const struct task *task, const char *name)
{
	return props_get(task->args, name);
}

unsigned task_number(const struct task *task, const char *name)
{
	const json_t *value = json_object_get(task->args, name);

	return (unsigned)(json_is_string(value) ? atol(json_string_value(value))
						: json_integer_value(value));
}

static void log_line(struct task *task, const char *line)
{
	json_t *text = json_string(line);

	json_array_append_new(task->log, text ? text : json_string("?"));
}

void task_log(struct task *task, const char *format, ...)
{
	char line[1000];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	log_line(task, line);
}

void task_later(struct world *world, struct task *task, double seconds)
{
	task->next = world->now + seconds;
	task->step++;
	world_touch(world);
}

void task_unlock(struct world *world, struct task *task)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (task->locked, i, entry) {
		json_int_t number = json_integer_value(entry);
		struct guest *guest = world_guest(world, (unsigned)llabs(number));

		if (guest && number > 0 && guest->holder == task)
			guest->holder = NULL;
		else if (guest && number < 0 && guest->sharers > 0)
			guest->sharers--;
	}
	json_array_clear(task->locked);
}

static void finish(struct world *world, struct task *task, const char *status)
{
	struct text line;
	struct arena *arena = arena_create();
	char *flat = arena_strdup(arena, status);

	for (char *at = flat; *at; at++)
		if (*at == '\n')
			*at = at[1] ? ' ' : '\0';
	text_init(&line, arena);
	text_addf(&line, "TASK %s%s",
		  !strcmp(status, "OK") || str_starts(status, "WARNINGS: ") ? ""
									    : "ERROR: ",
		  flat);
	log_line(task, text_str(&line));
	task->status = xstrdup(flat);
	task->end = ceil(world->now);
	task->next = INFINITY;
	task_unlock(world, task);
	world_touch(world);
	arena_destroy(arena);
}

void task_end(struct world *world, struct task *task)
{
	const char *text = task->fault_text;

	switch (task->fault) {
	case TASK_FAULT_END:
		task->fault = TASK_FAULT_NONE;
		task_fail(world, task, "%s",
			  text ? text : "simulated failure at the end");
		return;
	case TASK_FAULT_WARN:
		task_log(task, "WARN: %s", text ? text : "simulated warning");
		finish(world, task, "WARNINGS: 1");
		return;
	case TASK_FAULT_NONE:
	case TASK_FAULT_START:
	case TASK_FAULT_MIDDLE:
	case TASK_FAULT_HANG:
		finish(world, task, "OK");
		return;
	}
}

void task_fail(struct world *world, struct task *task, const char *format, ...)
{
	const struct job *job = job_of(task);
	char text[1000];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (job->undo)
		job->undo(world, task);
	finish(world, task, text);
}

void task_stop(struct world *world, struct task *task)
{
	const struct job *job = job_of(task);
	struct arena *arena;

	if (!task_running(task))
		return;
	arena = arena_create();
	task_fail(world, task, "%s",
		  job->stopped ? job->stopped(arena, world, task) : "received interrupt");
	arena_destroy(arena);
}

/* No end marker in the log, as after SIGKILL or a crash of the node. */
void task_die(struct world *world, struct task *task)
{
	task->status = xstrdup(task->fault_text ? task->fault_text : "unexpected status");
	task->end = ceil(world->now);
	task->next = INFINITY;
	task_unlock(world, task);
	world_touch(world);
}

bool task_struck(struct world *world, struct task *task)
{
	switch (task->fault) {
	case TASK_FAULT_MIDDLE:
		task_die(world, task);
		return true;
	case TASK_FAULT_HANG:
		task->next = INFINITY;
		return true;
	case TASK_FAULT_NONE:
	case TASK_FAULT_START:
	case TASK_FAULT_END:
	case TASK_FAULT_WARN:
		return false;
	}
	return false;
}

void task_step(struct world *world, struct task *task)
{
	const struct job *job = job_of(task);
	const char *text = task->fault_text;

	if (task->fault == TASK_FAULT_START && task->step == 0) {
		task->fault = TASK_FAULT_NONE;
		task_fail(world, task, "%s",
			  text ? text : "simulated failure at the start");
		return;
	}
	if (task->step < job->middle || !task_struck(world, task))
		job->step(world, task);
}

static bool wait_lock(struct world *world, struct task *task, enum guest_type type,
		      unsigned vmid, double timeout)
{
	struct arena *arena;

	if (task->deadline <= 0) {
		task_log(task, "trying to acquire lock...");
		task->deadline = world->now + timeout;
	}
	if (world->now < task->deadline) {
		task->next = fmin(world->now + LOCK_RETRY, task->deadline);
		return false;
	}
	arena = arena_create();
	task_fail(world, task, "can't lock file '%s' - got timeout",
		  guest_lock_file(arena, type, vmid));
	arena_destroy(arena);
	return false;
}

/* It has the lock file now, perhaps after waiting. PVE: PVE::Tools lock_file_full. */
static void got_lock(struct task *task)
{
	if (task->deadline > 0)
		task_log(task, " OK");
	task->deadline = 0;
}

bool task_lock(struct world *world, struct task *task, enum guest_type type,
	       unsigned vmid, double timeout)
{
	struct guest *guest = world_guest(world, vmid);

	if (guest && guest->holder == task)
		return true;
	if (guest && (guest->holder || guest->sharers))
		return wait_lock(world, task, type, vmid, timeout);
	got_lock(task);
	if (guest) {
		guest->holder = task;
		json_array_append_new(task->locked, json_integer(vmid));
	}
	return true;
}

bool task_share(struct world *world, struct task *task, enum guest_type type,
		unsigned vmid, double timeout)
{
	struct guest *guest = world_guest(world, vmid);

	if (guest && guest->holder)
		return wait_lock(world, task, type, vmid, timeout);
	got_lock(task);
	if (guest) {
		guest->sharers++;
		json_array_append_new(task->locked, json_integer(-(json_int_t)vmid));
	}
	return true;
}

double node_work(struct world *world, const char *name, double seconds)
{
	struct node *node = world_node(world, name);

	if (!node)
		return seconds;
	node->busy_until = fmax(node->busy_until, world->now) + seconds;
	return node->busy_until - world->now;
}

double storage_copy(struct world *world, struct storage *storage, uint64_t bytes,
		    double bytes_per_second)
{
	double rate = bytes_per_second > 0 ? fmin(bytes_per_second, world->throughput)
					   : world->throughput;

	if (bytes_per_second > 0) /* limited: the storage has room for others beside it */
		return (double)bytes / rate;
	storage->busy_until =
		fmax(storage->busy_until, world->now) + (double)bytes / rate;
	return storage->busy_until - world->now;
}
