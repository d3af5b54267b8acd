/*
 * Suspend, resume, reset. PVE: PVE::QemuServer vm_suspend, vm_resume, vm_reset;
 * PVE::API2::LXC::Status vm_suspend, vm_resume.
 */
#include "base/text.h"
#include "guest.h"
#include "jobs.h"
#include "props.h"
#include "vmstate.h"

#include <math.h>
#include <time.h>

#define QMP_SECONDS  0.1
#define CRIU_SECONDS 0.3

void pause_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	const char *lock = guest ? guest_lock(guest) : NULL;

	/* a backup only reads: its lock does not keep the CPUs from being stopped */
	if (!guest || (!str_equal(lock, "backup") && !job_unlocked(world, task, guest)))
		return;
	if (task->step == 0) {
		task_later(world, task, QMP_SECONDS);
		return;
	}
	guest->paused = guest->running;
	world_touch(world);
	task_end(world, task);
}

static void begin_saving(struct world *world, struct task *task, struct guest *guest)
{
	const char *where = task_text(task, "statestorage");
	time_t now = (time_t)world->now;
	char name[32];
	struct tm day;

	if (str_equal(guest_lock(guest), "backup")) {
		task_fail(world, task, "cannot suspend to disk during backup");
		return;
	}
	if (!job_unlocked(world, task, guest))
		return;
	gmtime_r(&now, &day);
	strftime(name, sizeof(name), "suspend-%Y-%m-%d", &day);
	if (!vmstate_make(world, task, guest,
			  where ? where : vmstate_storage(world, guest), name,
			  guest->config))
		return;
	guest_set(world, guest, "lock", "suspending");
	task_later(world, task, vmstate_seconds(world, guest, guest->config));
}

/* The lock "suspending" stays when it goes wrong: somebody has to look. */
void suspend_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);

	if (!guest)
		return;
	if (task->step == 0) {
		begin_saving(world, task, guest);
	} else if (!str_equal(guest_lock(guest), "suspending")) {
		task_fail(world, task, "lock changed unexpectedly");
	} else {
		task_log(task, "State saved, quitting");
		guest_set(world, guest, "lock", "suspended");
		guest->running = guest->paused = false;
		task_end(world, task);
	}
}

void suspend_undo(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));

	if (guest && guest->holder == task && guest_get(guest, "vmstate") &&
	    str_equal(guest_lock(guest), "suspending"))
		vmstate_drop(world, guest, guest->config);
}

/* What was suspended to disk is started, and finds its memory there. */
void resume_step(struct world *world, struct task *task)
{
	struct guest *guest;

	if (task_number(task, "todisk")) {
		start_step(world, task);
		return;
	}
	guest = job_locked_guest(world, task);
	if (!guest || (!str_equal(guest_lock(guest), "backup") &&
		       !job_unlocked(world, task, guest)))
		return;
	if (task->step == 0) {
		task_later(world, task, QMP_SECONDS);
		return;
	}
	guest->paused = false;
	world_touch(world);
	task_end(world, task);
}

void reset_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);

	if (!guest || !job_unlocked(world, task, guest))
		return;
	if (task->step == 0) {
		task_later(world, task, QMP_SECONDS);
		return;
	}
	guest->booted = world->now;
	world_touch(world);
	task_end(world, task);
}

/* Needs CRIU, which Proxmox does not install. */
void freeze_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);

	if (!guest || !job_unlocked(world, task, guest))
		return;
	if (task->step == 0)
		task_later(world, task, CRIU_SECONDS);
	else
		task_fail(world, task,
			  "command 'lxc-checkpoint -n %u %s -D /var/lib/vz/dump' failed: "
			  "exit code 1",
			  guest->vmid, str_equal(task->type, "vzsuspend") ? "-s" : "-r");
}
