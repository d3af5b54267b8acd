/* The code behind each type of task. */
#pragma once

#include "task.h"

extern const struct job jobs[];
extern const size_t jobs_count;

/* job_clone.c */
void qmclone_step(struct world *world, struct task *task);
void qmclone_undo(struct world *world, struct task *task);
void vzclone_step(struct world *world, struct task *task);
void vzclone_undo(struct world *world, struct task *task);

/* job_create.c */
void qmcreate_step(struct world *world, struct task *task);
void vzcreate_step(struct world *world, struct task *task);
void create_undo(struct world *world, struct task *task);

/* job_power.c */
void start_step(struct world *world, struct task *task);
void stop_step(struct world *world, struct task *task);
void shutdown_step(struct world *world, struct task *task);
void reboot_step(struct world *world, struct task *task);

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
