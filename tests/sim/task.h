/*
 * Tasks: work that goes on after its call was answered.
 *
 * A task is data (type, arguments, step) and a job is the code for a type, so a task can be
 * saved at any moment and carried on by another run. A job's step does one thing and then says
 * when the next is due, or ends the task. PVE: PVE::RESTEnvironment fork_worker, PVE::UPID.
 */
#pragma once

#include "base/arena.h"
#include "world.h"

/* What a fault file makes of the task that a call starts. */
enum task_fault {
	TASK_FAULT_NONE,
	TASK_FAULT_START, /* fails before it did anything */
	TASK_FAULT_MIDDLE, /* dies half way, as by SIGKILL: lock, config and volumes stay */
	TASK_FAULT_END,    /* fails after its work, and cleans up as PVE does */
	TASK_FAULT_HANG,   /* stops half way and never ends */
	TASK_FAULT_WARN,   /* ends with WARNINGS: 1 */
};

struct task {
	char *upid, *node, *type, *id, *user; /* user: with the token's name */
	unsigned pid;
	uint64_t pstart;
	double start, end; /* end: 0 while it runs */
	char *status;      /* how it ended, or NULL */
	json_t *log;       /* lines */
	json_t *args;
	unsigned step;
	double next;     /* when the step is due */
	double deadline; /* of waiting for a lock file; 0: not waiting */
	json_t *locked;  /* vmids whose lock file it has; negative: shared with others */
	enum task_fault fault;
	char *fault_text;
};

struct job {
	const char *type;
	void (*step)(struct world *world, struct task *task);
	void (*undo)(struct world *world,
		     struct task *task); /* after a failure; may be NULL */
	unsigned middle; /* the step before which it dies or hangs half way */
	/* How it ends when it is stopped; NULL: as any worker. */
	char *(*stopped)(struct arena *arena, const struct world *world,
			 const struct task *task);
};

static inline bool task_running(const struct task *task)
{
	return !task->status;
}

/* Takes `args`. The first step is due at once. */
struct task *task_start(struct world *world, const char *node, const char *type,
			const char *id, const char *user, json_t *args);
void task_destroy(struct task *task);
void task_step(struct world *world, struct task *task);
struct task *task_find(const struct world *world, const char *upid);

/* SIGTERM, as DELETE on a task sends it: cleans up. */
void task_stop(struct world *world, struct task *task);

/* SIGKILL or power loss: no end marker, nothing is cleaned up. */
void task_die(struct world *world, struct task *task);

/* Is there a job for tasks of this type? */
bool task_known(const char *type);

/*
 * For jobs: half of the work is done. True when a fault made it die or hang here; the step
 * must return then.
 */
bool task_struck(struct world *world, struct task *task);

/* For jobs. */
void task_log(struct task *task, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void task_later(struct world *world, struct task *task, double seconds);
void task_end(struct world *world, struct task *task);
void task_fail(struct world *world, struct task *task, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Have the lock file of a guest, or wait for it: false means that the step must return, and is
 * run again. After `timeout` seconds the task fails.
 */
bool task_lock(struct world *world, struct task *task, enum guest_type type,
	       unsigned vmid, double timeout);
bool task_share(struct world *world, struct task *task, enum guest_type type,
		unsigned vmid, double timeout);

/* Let go of every lock file; a process that is gone has none. */
void task_unlock(struct world *world, struct task *task);

/* CPU-bound work goes one after the other on a node; copies share a storage. Seconds to wait. */
double node_work(struct world *world, const char *name, double seconds);
double storage_copy(struct world *world, struct storage *storage, uint64_t bytes,
		    double bytes_per_second);

/* Argument access. */
const char *task_text(const struct task *task, const char *name);
unsigned task_number(const struct task *task, const char *name);
