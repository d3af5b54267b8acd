/* Whatever is done to a world, in whatever order: afterwards it is one that Proxmox could be in. */
#include "tests/lib/test.h"
#include "tests/sim/ask.h"
#include "tests/sim/guest.h"
#include "tests/sim/props.h"
#include "tests/sim/volume.h"

#include <math.h>

#define NOW   1795250000.0
#define ADMIN "admin@pve!admin"
#define STEPS 120

struct bed {
	struct arena *arena;
	struct world *world;
	struct chance dice;
};

static unsigned roll(struct bed *bed, unsigned sides)
{
	return (unsigned)(chance_next(&bed->dice) % sides);
}

static void one_call(struct bed *bed)
{
	static const char *const powers[] = { "start", "stop", "shutdown", "reboot" };
	static const char *const edits[] = { "cores=2",
					     "tags=a%20b",
					     "description=x",
					     "delete=cores",
					     "net0=virtio%2Cbridge%3Dvmbr0",
					     "scsi1=local-lvm%3A1",
					     "delete=scsi1",
					     "delete=unused0",
					     "memory=2048",
					     "onboot=1" };
	struct arena *arena = bed->arena;
	unsigned vmid = 100 + roll(bed, 6), source = 9000 + roll(bed, 2);
	const struct guest *guest = world_guest(bed->world, vmid);
	const char *kind = guest ? guest_kind(guest->type) : "qemu";
	const char *at = arena_printf(arena, "/nodes/%s/%s/%u",
				      guest ? guest->node : "pve01", kind, vmid);

	switch (roll(bed, 9)) {
	case 0:
		ask(arena, bed->world, ADMIN, "POST",
		    arena_printf(arena, "/nodes/pve01/qemu/%u/clone", source),
		    arena_printf(arena, "newid=%u&full=%u&name=g%u", vmid, roll(bed, 2),
				 vmid));
		return;
	case 1:
		ask(arena, bed->world, ADMIN, "POST", "/nodes/pve01/lxc/9100/clone",
		    arena_printf(arena, "newid=%u&hostname=c%u", vmid, vmid));
		return;
	case 2:
		ask(arena, bed->world, ADMIN, "POST", "/nodes/pve01/lxc",
		    arena_printf(arena,
				 "vmid=%u&rootfs=local-lvm%%3A1&ostemplate=local%%"
				 "3Avztmpl%%2F%s",
				 vmid,
				 roll(bed, 3) ? "debian-12-standard_12.7-1_amd64.tar.zst"
					      : "none.tar.zst"));
		return;
	case 3:
		ask(arena, bed->world, ADMIN, "POST", "/nodes/pve01/qemu",
		    arena_printf(
			    arena,
			    "vmid=%u&scsi0=local-lvm%%3A1&ide2=local-lvm%%3Acloudinit&"
			    "scsi1=%s&start=%u",
			    vmid, roll(bed, 3) ? "shared%3A1" : "local-lvm%3Avm-1-disk-7",
			    roll(bed, 2)));
		return;
	case 4:
		ask(arena, bed->world, ADMIN, "DELETE", at, NULL);
		return;
	case 5:
		ask(arena, bed->world, ADMIN, "POST",
		    arena_printf(arena, "%s/status/%s", at, powers[roll(bed, 4)]), "");
		return;
	case 6:
		ask(arena, bed->world, ADMIN, roll(bed, 2) ? "PUT" : "POST",
		    arena_printf(arena, "%s/config", at), edits[roll(bed, 10)]);
		return;
	case 7:
		ask(arena, bed->world, ADMIN, "PUT", arena_printf(arena, "%s/resize", at),
		    arena_printf(arena, "disk=%s&size=%%2B1G",
				 strcmp(kind, "lxc") ? "scsi0" : "rootfs"));
		return;
	default:
		world_advance(bed->world, bed->world->now + roll(bed, 40) / 4.0);
	}
}

/* Somebody stops a task in the middle of its work. */
static void stop_one(struct bed *bed)
{
	for (size_t i = 0; i < bed->world->task_count; i++)
		if (task_running(bed->world->tasks[i]) && roll(bed, 4) == 0)
			task_stop(bed->world, bed->world->tasks[i]);
}

static void settle(struct bed *bed)
{
	double limit = bed->world->now + 7200;

	while (isfinite(world_next(bed->world)) && bed->world->now < limit)
		world_advance(bed->world, fmin(world_next(bed->world), limit));
	assert_true(!isfinite(world_next(bed->world)));
}

static void is_there(struct world *world, struct guest *guest, const char *volid,
		     void *with)
{
	(void)with;
	if (!volume_find(world, guest->node, volid))
		fail_msg("guest %u names %s, which is not there", guest->vmid, volid);
}

static void is_sane(struct bed *bed)
{
	struct world *world = bed->world;

	for (size_t i = 0; i < world->guest_count; i++) {
		struct guest *guest = world->guests[i];

		if (guest_lock(guest) || guest->holder || guest->sharers)
			fail_msg("guest %u is still locked", guest->vmid);
		if (guest_is_template(guest) && guest->running)
			fail_msg("template %u runs", guest->vmid);
		if (!guest->running && guest_has_pending(guest))
			fail_msg("guest %u is stopped, and changes still wait",
				 guest->vmid);
		guest_each_volume(world, guest, is_there, NULL);
	}
	for (size_t i = 0; i < world->volume_count; i++) {
		const struct volume *volume = world->volumes[i];

		if (volume->vmid && !world_guest(world, volume->vmid))
			fail_msg("%s is nobody's", volume->volid);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(volume->volid, world->volumes[j]->volid) &&
			    (!volume->node ||
			     !strcmp(volume->node, world->volumes[j]->node)))
				fail_msg("%s is there twice", volume->volid);
	}
	for (size_t i = 0; i < world->node_count; i++)
		assert_int_equal(world->nodes[i].daemons + world->nodes[i].proxies, 0);
}

/* Saved and read again, it is the same world. */
static void is_saved(struct bed *bed)
{
	json_t *json = world_print(bed->world), *again;
	struct error err = { 0 };
	struct world *other = world_create(json, 1, bed->world->now, &err);

	assert_non_null(other);
	again = world_print(other);
	assert_true(json_equal(json, again));
	json_decref(json);
	json_decref(again);
	world_destroy(other);
}

static void stays_sane(void **state)
{
	for (unsigned seed = 1; seed <= 25; seed++) {
		struct bed bed = { .arena = arena_create(), .dice = { seed } };
		json_t *json = world_default(8 + seed % 2, seed, NOW);
		struct error err = { 0 };

		bed.world = world_create(json, seed, NOW, &err);
		json_decref(json);
		for (unsigned i = 0; i < STEPS; i++) {
			one_call(&bed);
			if (roll(&bed, 15) == 0)
				stop_one(&bed);
			if (roll(&bed, 30) == 0)
				is_saved(&bed);
		}
		settle(&bed);
		is_sane(&bed);
		is_saved(&bed);
		world_destroy(bed.world);
		arena_destroy(bed.arena);
	}
	(void)state;
}

/* The same seed, the same calls: the same world, to the last MAC. */
static void repeats(void **state)
{
	json_t *prints[2];

	(void)state;
	for (unsigned run = 0; run < 2; run++) {
		struct bed bed = { .arena = arena_create(), .dice = { 7 } };
		json_t *json = world_default(9, 7, NOW);
		struct error err = { 0 };

		bed.world = world_create(json, 7, NOW, &err);
		json_decref(json);
		for (unsigned i = 0; i < STEPS; i++)
			one_call(&bed);
		settle(&bed);
		prints[run] = world_print(bed.world);
		world_destroy(bed.world);
		arena_destroy(bed.arena);
	}
	assert_true(json_equal(prints[0], prints[1]));
	json_decref(prints[0]);
	json_decref(prints[1]);
}

int main(void)
{
	add_test("any calls in any order leave a world that can be", stays_sane);
	add_test("the same seed makes the same world", repeats);
	return run_all_tests("sim world");
}
