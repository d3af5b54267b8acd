/* A guest becomes a template. PVE: PVE::QemuServer template_create, PVE::LXC template_create. */
#include "guest.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define TEMPLATE_SECONDS 0.1

const char *template_refused(const struct guest *guest, const char *disk)
{
	if (json_object_size(guest->snapshots) > 0)
		return guest->type == GUEST_LXC
			       ? "unable to create template, because CT contains "
				 "snapshots"
			       : "unable to create template, because VM contains "
				 "snapshots";
	if (guest_is_template(guest) && !disk)
		return "you can't convert a template to a template";
	if (guest->running)
		return guest->type == GUEST_LXC
			       ? "you can't convert a CT to template if the CT is running"
			       : "you can't convert a VM to template if VM is running";
	return NULL;
}

/* "local-lvm:vm-100-disk-0" is called "local-lvm:base-100-disk-0" from now on. */
static char *base_name(struct arena *arena, const char *volid)
{
	const char *last = strrchr(volid, '/');

	last = (last ? last : strchr(volid, ':')) + 1;
	return arena_printf(arena, "%.*sbase-%s", (int)(last - volid), volid,
			    last + strlen("vm-"));
}

static void make_base(struct arena *arena, struct world *world, struct guest *guest,
		      const char *disk)
{
	const char *value = guest_get(guest, disk);
	char *volid = guest_volid(arena, value), *base;
	struct volume *volume = volid ? volume_find(world, guest->node, volid) : NULL;

	if (!volume || guest_is_cdrom(value) || volume_is_base(volid) ||
	    volume_owner(volid) != guest->vmid)
		return;
	base = base_name(arena, volid);
	free(volume->volid);
	volume->volid = xstrdup(base);
	guest_set(
		world, guest, disk,
		arena_printf(arena, "%s%s", base, strstr(value, volid) + strlen(volid)));
}

static void make_bases(struct world *world, struct guest *guest, const char *only)
{
	struct arena *arena = arena_create();
	json_t *config = json_copy(guest->config), *value;
	const char *name;

	json_object_foreach (config, name, value)
		if (option_is_disk(guest->type, name) && (!only || !strcmp(only, name)))
			make_base(arena, world, guest, name);
	json_decref(config);
	arena_destroy(arena);
}

void template_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	const char *why;

	if (!guest)
		return;
	if (task->step == 0) {
		task_later(world, task, node_work(world, task->node, TEMPLATE_SECONDS));
		return;
	}
	why = template_refused(guest, task_text(task, "disk"));
	if (why) {
		task_fail(world, task, "%s", why);
	} else if (job_unlocked(world, task, guest)) {
		guest_set(world, guest, "template", "1");
		make_bases(world, guest, task_text(task, "disk"));
		task_end(world, task);
	}
}
