/*
 * Images on file storages, and what the tools that make them say in a task's log.
 * PVE: PVE::Storage::Plugin path, alloc_image, clone_image; PVE::LXC mkfs.
 */
#pragma once

#include "base/arena.h"
#include "task.h"
#include "world.h"

/* The file or the device behind the volume. */
char *image_path(struct arena *arena, const struct world *world, const char *volid);

/* qemu-img has made it, empty or on top of its base. Other storages say nothing. */
void image_log_made(const struct world *world, struct task *log,
		    const struct volume *volume);

/* mkfs.ext4 has made a container's file system in it. */
void image_log_filesystem(struct world *world, struct task *log, uint64_t size);

/* "3.0 GiB", as the progress of a copy shows it. */
char *image_human_size(struct arena *arena, uint64_t bytes);

/* How a copy begins and ends. PVE: PVE::QemuServer::QemuImage convert. */
void image_log_copy_begins(const struct world *world, struct task *log, const char *fresh,
			   uint64_t size);
void image_log_copied(struct task *log, uint64_t size);
