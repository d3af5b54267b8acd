/* The cloud-init image of a VM. PVE: PVE::QemuServer::Cloudinit. */
#pragma once

#include "base/arena.h"
#include "world.h"

/* The option that holds the cloud-init drive, or NULL. */
const char *cloudinit_drive(const struct guest *guest);

/* Make the image from the config: what the guest reads at its next boot. */
void cloudinit_generate(struct world *world, struct guest *guest);

/* The generated texts. */
char *cloudinit_user(struct arena *arena, const struct world *world,
		     const struct guest *guest);
char *cloudinit_network(struct arena *arena, const struct guest *guest);
char *cloudinit_meta(struct arena *arena, const struct world *world,
		     const struct guest *guest);
