/* Whatever is done to a world, in whatever order: afterwards it is one that Proxmox could be in. */
#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/ask.h"
#include "tests/sim/guest.h"
#include "tests/sim/props.h"
#include "tests/sim/volume.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#define NOW   1795250000.0
#define ADMIN "admin@pve!admin"
#define STEPS 120
#define SEEDS 10

struct bed {
	struct arena *arena;
	struct world *world;
	struct chance dice;
	uint64_t seed;
	struct text story; /* what was done, a line each */
	bool dark;         /* a node has lost power: nobody tidied up behind its guests */
	json_t *configs;   /* vmid: [digest, config] as they were last seen */
};

/* For a person: the seed, what was done, and which rule it broke. */
static void broken(struct bed *bed, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void broken(struct bed *bed, const char *format, ...)
{
	va_list args;
	char *why;

	va_start(args, format);
	why = arena_vprintf(bed->arena, format, args);
	va_end(args);
	fputs(text_str(&bed->story), stderr); /* longer than cmocka's messages may be */
	fail_msg("seed %llu: %s", (unsigned long long)bed->seed, why);
}

/* A call to its end, in the story too. */
static void call(struct bed *bed, const char *method, const char *target,
		 const char *form)
{
	struct asked asked = ask(bed->arena, bed->world, ADMIN, method, target, form);

	text_addf(&bed->story, "  %.2f %s %s %s: %d %s\n", bed->world->now - NOW, method,
		  target, form ? form : "", asked.status, asked.reason);
}

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
		call(bed, "POST",
		     arena_printf(arena, "/nodes/pve01/qemu/%u/clone", source),
		     arena_printf(arena, "newid=%u&full=%u&name=g%u", vmid, roll(bed, 2),
				  vmid));
		return;
	case 1:
		call(bed, "POST", "/nodes/pve01/lxc/9100/clone",
		     arena_printf(arena, "newid=%u&hostname=c%u", vmid, vmid));
		return;
	case 2:
		call(bed, "POST", "/nodes/pve01/lxc",
		     arena_printf(arena,
				  "vmid=%u&rootfs=local-lvm%%3A1&ostemplate=local%%"
				  "3Avztmpl%%2F%s",
				  vmid,
				  roll(bed, 3) ? "debian-12-standard_12.7-1_amd64.tar.zst"
					       : "none.tar.zst"));
		return;
	case 3:
		call(bed, "POST", "/nodes/pve01/qemu",
		     arena_printf(
			     arena,
			     "vmid=%u&scsi0=local-lvm%%3A1&ide2=local-lvm%%3Acloudinit&"
			     "scsi1=%s&start=%u",
			     vmid,
			     roll(bed, 3) ? "shared%3A1" : "local-lvm%3Avm-1-disk-7",
			     roll(bed, 2)));
		return;
	case 4:
		call(bed, "DELETE", at, NULL);
		return;
	case 5:
		call(bed, "POST",
		     arena_printf(arena, "%s/status/%s", at, powers[roll(bed, 4)]), "");
		return;
	case 6:
		call(bed, roll(bed, 2) ? "PUT" : "POST",
		     arena_printf(arena, "%s/config", at), edits[roll(bed, 10)]);
		return;
	case 7:
		call(bed, "PUT", arena_printf(arena, "%s/resize", at),
		     arena_printf(arena, "disk=%s&size=%%2B1G",
				  strcmp(kind, "lxc") ? "scsi0" : "rootfs"));
		return;
	default:
		world_advance(bed->world, bed->world->now + roll(bed, 40) / 4.0);
	}
}

/* --- what befalls a cluster --- */

static void stop_one(struct bed *bed)
{
	for (size_t i = 0; i < bed->world->task_count; i++) {
		struct task *task = bed->world->tasks[i];

		if (!task_running(task) || roll(bed, 4) != 0)
			continue;
		text_addf(&bed->story, "  stopped %s\n", task->upid);
		task_stop(bed->world, task);
	}
}

/* One that has just begun will fail, die half way, hang or warn. */
static void strike_one(struct bed *bed)
{
	struct world *world = bed->world;
	struct task *task =
		world->task_count ? world->tasks[world->task_count - 1] : NULL;

	if (!task || !task_running(task) || task->fault)
		return;
	task->fault = (enum task_fault)(TASK_FAULT_START + roll(bed, 5));
	text_addf(&bed->story, "  fault %d for %s\n", (int)task->fault, task->upid);
}

static void power_cut(struct bed *bed)
{
	const char *name = bed->world->nodes[roll(bed, 3)].name;
	json_t *off = json_pack("{s:{s:{s:b}}}", "nodes", name, "online", 0);
	json_t *on = json_pack("{s:{s:{s:b}}}", "nodes", name, "online", 1);

	text_addf(&bed->story, "  %s loses power\n", name);
	bed->dark = true;
	world_change(bed->world, off);
	world_change_later(bed->world, 1 + roll(bed, 100), on);
	json_decref(off);
	json_decref(on);
}

/* --- the rules --- */

static bool is_about(const struct task *task, unsigned vmid)
{
	static const char *const names[] = { "vmid", "newid", "source" };

	if ((unsigned)atol(task->id) == vmid)
		return true;
	for (size_t i = 0; i < 3; i++)
		if (task_number(task, names[i]) == vmid)
			return true;
	return false;
}

/* Something works on it, or has died at it without tidying up. */
static bool has_reason(const struct world *world, unsigned vmid)
{
	for (size_t i = 0; i < world->task_count; i++)
		if (is_about(world->tasks[i], vmid) &&
		    (task_running(world->tasks[i]) ||
		     !strcmp(world->tasks[i]->status, "unexpected status")))
			return true;
	return false;
}

static void is_there(struct world *world, struct guest *guest, const char *volid,
		     void *with)
{
	if (!volume_find(world, guest->node, volid) && !has_reason(world, guest->vmid))
		broken(with, "%u names %s, which is not there", guest->vmid, volid);
}

static void locks_are_held(struct bed *bed, const struct guest *guest)
{
	unsigned sharers = 0;

	for (size_t i = 0; i < bed->world->task_count; i++) {
		const struct task *task = bed->world->tasks[i];
		const json_t *entry;
		size_t n;

		json_array_foreach (task->locked, n, entry)
			sharers += json_integer_value(entry) == -(json_int_t)guest->vmid;
	}
	if (guest->holder && !task_running(guest->holder))
		broken(bed, "%u is held by a task that has ended", guest->vmid);
	if (guest->sharers != sharers)
		broken(bed, "%u is shared by %u tasks of %u", guest->vmid, sharers,
		       guest->sharers);
	if (guest_lock(guest) && !has_reason(bed->world, guest->vmid))
		broken(bed, "%u is locked (%s) by nobody", guest->vmid,
		       guest_lock(guest));
}

/* The digest tells two configs apart, and nothing else. */
static void digest_follows(struct bed *bed, const struct guest *guest)
{
	const char *key = arena_printf(bed->arena, "%u", guest->vmid);
	const char *digest = guest_digest(bed->arena, guest);
	const json_t *last = json_object_get(bed->configs, key);
	bool same = json_equal(json_array_get(last, 1), guest->config) &&
		    json_equal(json_array_get(last, 2), guest->pending) &&
		    json_equal(json_array_get(last, 3), guest->undone) &&
		    json_equal(json_array_get(last, 4), guest->snapshots);

	if (last && same != str_equal(json_string_value(json_array_get(last, 0)), digest))
		broken(bed, "the digest of %u %s", guest->vmid,
		       same ? "has changed without it" : "has not changed with it");
	json_object_set_new(
		bed->configs, key,
		json_pack("[s, o, o, o, o]", digest, json_deep_copy(guest->config),
			  json_deep_copy(guest->pending), json_deep_copy(guest->undone),
			  json_deep_copy(guest->snapshots)));
}

static void check_guests(struct bed *bed)
{
	struct world *world = bed->world;

	for (size_t i = 0; i < world->guest_count; i++) {
		struct guest *guest = world->guests[i];

		if (i > 0 && world->guests[i - 1]->vmid >= guest->vmid)
			broken(bed, "%u is there twice", guest->vmid);
		if (guest_is_template(guest) && guest->running)
			broken(bed, "template %u runs", guest->vmid);
		if (!guest->running && guest_has_pending(guest) && !bed->dark)
			broken(bed, "%u is stopped, and changes still wait", guest->vmid);
		locks_are_held(bed, guest);
		digest_follows(bed, guest);
		guest_each_volume(world, guest, is_there, bed);
	}
}

static void check_volumes(struct bed *bed)
{
	const struct world *world = bed->world;

	for (size_t i = 0; i < world->volume_count; i++) {
		const struct volume *volume = world->volumes[i];

		if (volume->vmid && !world_guest(world, volume->vmid) &&
		    !has_reason(world, volume->vmid))
			broken(bed, "%s is nobody's", volume->volid);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(volume->volid, world->volumes[j]->volid) &&
			    (!volume->node ||
			     !strcmp(volume->node, world->volumes[j]->node)))
				broken(bed, "%s is there twice", volume->volid);
	}
}

/* Where two worlds differ, by the first key. */
static const char *differs_at(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)a, key, value)
		if (!json_equal(value, json_object_get(b, key)))
			return key;
	return "what only one has";
}

static void same_world(struct bed *bed, const struct world *other, const char *when)
{
	json_t *mine = world_print(bed->world), *its = world_print(other);

	if (!json_equal(mine, its))
		broken(bed, "%s, a saved world differs in %s", when,
		       differs_at(mine, its));
	json_decref(mine);
	json_decref(its);
}

/* Saved and read again it is the same world, and it has the same future. */
static void check_saved(struct bed *bed)
{
	json_t *json = world_print(bed->world);
	struct error err = { 0 };
	struct world *other = world_create(json, 1, bed->world->now, &err);
	double later = bed->world->now + roll(bed, 200) / 10.0;

	assert_non_null(other);
	same_world(bed, other, "read again");
	world_advance(bed->world, later);
	world_advance(other, later);
	same_world(bed, other, "later");
	text_addf(&bed->story, "  saved, read, %.2f\n", later - NOW);
	json_decref(json);
	world_destroy(other);
}

/* Time passes until nothing goes on any more but what hangs for ever. */
static void settle(struct bed *bed)
{
	double limit = bed->world->now + 7200;

	while (isfinite(world_next(bed->world)) && bed->world->now < limit)
		world_advance(bed->world, fmin(world_next(bed->world), limit));
	assert_true(!isfinite(world_next(bed->world)));
	for (size_t i = 0; i < bed->world->node_count; i++)
		assert_int_equal(
			bed->world->nodes[i].daemons + bed->world->nodes[i].proxies, 0);
}

/* --- the runs --- */

static void bed_init(struct bed *bed, uint64_t seed)
{
	json_t *json = world_default(8 + (unsigned)(seed % 2), seed, NOW);
	struct error err = { 0 };

	*bed = (struct bed){ .arena = arena_create(),
			     .world = world_create(json, seed, NOW, &err),
			     .dice = { seed },
			     .seed = seed,
			     .configs = json_object() };
	text_init(&bed->story, bed->arena);
	json_decref(json);
}

static void bed_finish(struct bed *bed)
{
	world_destroy(bed->world);
	json_decref(bed->configs);
	arena_destroy(bed->arena);
}

static void run(uint64_t seed, bool rough)
{
	struct bed bed;

	bed_init(&bed, seed);
	for (unsigned i = 0; i < STEPS; i++) {
		one_call(&bed);
		if (rough && roll(&bed, 12) == 0)
			strike_one(&bed);
		if (rough && roll(&bed, 40) == 0)
			power_cut(&bed);
		if (roll(&bed, 15) == 0)
			stop_one(&bed);
		check_guests(&bed);
		check_volumes(&bed);
		if (roll(&bed, 15) == 0)
			check_saved(&bed);
	}
	settle(&bed);
	check_guests(&bed);
	check_volumes(&bed);
	check_saved(&bed);
	bed_finish(&bed);
}

static void stays_sane(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++)
		run(seed, false);
}

static void stays_sane_in_rough_times(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++)
		run(seed, true);
}

/* The same seed, the same calls: the same world, to the last MAC. */
static void repeats(void **state)
{
	json_t *prints[2];

	(void)state;
	for (unsigned turn = 0; turn < 2; turn++) {
		struct bed bed;

		bed_init(&bed, 7);
		for (unsigned i = 0; i < STEPS; i++)
			one_call(&bed);
		settle(&bed);
		prints[turn] = world_print(bed.world);
		bed_finish(&bed);
	}
	assert_true(json_equal(prints[0], prints[1]));
	json_decref(prints[0]);
	json_decref(prints[1]);
}

/* With a number: that seed alone, as a failure told it. */
int main(int argc, char **argv)
{
	if (argc > 1) {
		run(strtoull(argv[1], NULL, 10), false);
		run(strtoull(argv[1], NULL, 10), true);
		return 0;
	}
	add_test("any calls in any order leave a world that can be", stays_sane);
	add_test("... also when tasks die and nodes lose power",
		 stays_sane_in_rough_times);
	add_test("the same seed makes the same world", repeats);
	return run_all_tests("sim property");
}
