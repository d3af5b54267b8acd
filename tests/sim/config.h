/*
 * Changes of a guest's config: what a PUT or POST on it does.
 * PVE: PVE::API2::Qemu update_vm_api, PVE::QemuServer vmconfig_hotplug_pending and
 * vmconfig_apply_pending; PVE::LXC::Config update_pct_config.
 */
#pragma once

#include "base/arena.h"
#include "task.h"
#include "world.h"

struct config_change {
	const json_t *set; /* option: text, checked */
	char **unset;      /* option names, checked to be known */
	size_t unset_count;
	char **revert;
	size_t revert_count;
	bool force; /* destroy detached disks */
	struct task *log;
};

/*
 * Carry a change out on an unlocked guest whose digest has been compared. Option by option, as
 * PVE does for VMs: false with `why` may leave a part of it behind.
 */
bool config_apply(struct arena *arena, struct world *world, struct guest *guest,
		  const struct config_change *change, const char **why);

/* A disk that is no longer used stays as unusedN. */
void config_keep_unused(struct world *world, struct guest *guest, const char *volid);

/* "-cores 2 -memory 512", as the log shows a change: without the password. */
char *config_words(struct arena *arena, const struct config_change *change);

/* The cloud-init password as the config keeps it. */
char *password_hash(struct arena *arena, struct world *world, const char *password);
