/* The code behind each type of task. */
#pragma once

#include "task.h"

extern const struct job jobs[];
extern const size_t jobs_count;

/* The guest of "vmid" on the task's node; NULL: it is gone, and the task has failed. */
struct guest *job_guest(struct world *world, struct task *task);

/* ... with its lock file; NULL: the step is over. */
struct guest *job_locked_guest(struct world *world, struct task *task);

/* True: free of a config lock (or told not to look); else the task has failed. */
bool job_unlocked(struct world *world, struct task *task, const struct guest *guest);

/* "2026-01-31 12:00:00", as logs show a time. */
char *job_stamp(struct arena *arena, double now);

/* job_clone.c */
void qmclone_step(struct world *world, struct task *task);
void qmclone_undo(struct world *world, struct task *task);
void vzclone_step(struct world *world, struct task *task);
void vzclone_undo(struct world *world, struct task *task);

/* clone_disk.c: how a clone ends that is stopped. */
char *clone_stopped(struct arena *arena, const struct world *world,
		    const struct task *task);

/* job_create.c */
void qmcreate_step(struct world *world, struct task *task);
void vzcreate_step(struct world *world, struct task *task);
void create_undo(struct world *world, struct task *task);

/* job_power.c */
void start_step(struct world *world, struct task *task);
void stop_step(struct world *world, struct task *task);
void shutdown_step(struct world *world, struct task *task);
void reboot_step(struct world *world, struct task *task);

/* job_suspend.c */
void pause_step(struct world *world, struct task *task);
void suspend_step(struct world *world, struct task *task);
void suspend_undo(struct world *world, struct task *task);
void resume_step(struct world *world, struct task *task);
void reset_step(struct world *world, struct task *task);
void freeze_step(struct world *world, struct task *task);

/* job_snapshot.c */
void snapshot_step(struct world *world, struct task *task);
void snapshot_undo(struct world *world, struct task *task);
void rollback_step(struct world *world, struct task *task);
void delsnapshot_step(struct world *world, struct task *task);

/* job_move.c */
struct move {
	const char *disk, *digest;
	const char *storage, *format;            /* to another storage */
	const char *target_disk, *target_digest; /* to another guest */
	bool remove;                             /* the source, after a copy */
};

/* Why it cannot be, or NULL. PVE looks before the task and in it. */
const char *move_refused(struct arena *arena, const struct guest *guest,
			 const struct move *move);
const char *reassign_refused(struct arena *arena, const struct guest *from,
			     const struct guest *to, const struct move *move);
void move_step(struct world *world, struct task *task);
void move_undo(struct world *world, struct task *task);

/* job_migrate.c */
void migrate_step(struct world *world, struct task *task);
void migrate_undo(struct world *world, struct task *task);

/* job_ha.c */
void ha_step(struct world *world, struct task *task);

/* job_template.c; `disk`: only this one, or NULL */
const char *template_refused(const struct guest *guest, const char *disk);
void template_step(struct world *world, struct task *task);

/* job_storage.c */
void imgcopy_step(struct world *world, struct task *task);
void imgdel_step(struct world *world, struct task *task);
void download_step(struct world *world, struct task *task);

/* job_backup.c, job_restore.c */
void vzdump_step(struct world *world, struct task *task);
void vzdump_undo(struct world *world, struct task *task);
void restore_step(struct world *world, struct task *task);

/* job_network.c, job_bulk.c */
void srvreload_step(struct world *world, struct task *task);
void reloadall_step(struct world *world, struct task *task);
void startall_step(struct world *world, struct task *task);
void stopall_step(struct world *world, struct task *task);

/* job_change.c */
void qmconfig_step(struct world *world, struct task *task);
void resize_step(struct world *world, struct task *task);
void destroy_step(struct world *world, struct task *task);

/* Remove a half-made guest with the volumes it owns. */
void guest_scrap(struct world *world, unsigned vmid);

/* A guest's hardware gets names of its own: MACs, UUIDs. */
void guest_new_identity(struct world *world, enum guest_type type, json_t *config);

/* A network card without an address gets a random one: the canonical text. */
char *card_print(struct arena *arena, struct world *world, enum guest_type type,
		 const char *value);
