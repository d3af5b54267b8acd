/*
 * Stories of the core: people edit their file, guests are made, requests fail, vm7 is
 * killed, somebody else works on the same cluster; in the end everybody leaves it alone.
 *
 * Each seed is a story. Whatever happens in it, these hold:
 *
 *	nothing is done to a guest that the lease does not own
 *	no two guests get one address, MAC or VMID; nothing is made twice; no disk shrinks
 *	nothing is asked that the pushed leases do not cover
 *	the same input gives the same plan, byte for byte
 *	once nothing fails any more, the plans come to have no actions
 *
 *	test_stories [FIRST [COUNT]]    other seeds than the usual ones
 *	STORIES=1 test_stories 17 1     the plan of each pass of one of them
 *
 * The cluster is the JSON of tests/lib/world.h; what Proxmox does with a request is the
 * short version of it. The simulator knows the long one.
 */
#include "base/vec.h"
#include "reconcile/print.h"
#include "reconcile/verdict.h"
#include "tests/lib/scene.h"

enum {
	STORIES = 40,
	PASSES = 9,  /* with trouble */
	QUIET = 8,   /* without */
	ROUNDS = 20, /* of one guest in one pass */
	NAMES = 7,
	VMID_FIRST = 100,
	VMID_LAST = 111,
};

/* One guest as people want it now. */
struct entry {
	bool there, container;
	unsigned network, cpu, disk, tags, stopped, linked;
};

static const char *const networks[] = { "mgmt",   "dual", "dyn",
					"tagged", "bare", "[mgmt, dual]" };
static const char *const tag_lists[] = { "[]", "[web]", "[web, db]" };

struct story {
	uint64_t seed, chance;
	bool quiet, sabotage; /* somebody else has touched our guests */
	struct entry entries[NAMES];
	json_t *world;
	char *leases; /* the file as pushed; NULL: there is none */
	struct scene scene;
};

/* xorshift64* */
static unsigned below(struct story *s, unsigned limit)
{
	s->chance ^= s->chance >> 12;
	s->chance ^= s->chance << 25;
	s->chance ^= s->chance >> 27;
	return (unsigned)((s->chance * 0x2545f4914f6cdd1dULL) >> 33) % limit;
}

/* Once in so many times, while there is trouble. */
static bool strikes(struct story *s, unsigned times)
{
	return !s->quiet && below(s, times) == 0;
}

#define check(s, truth, ...)                                                        \
	do {                                                                        \
		if (!(truth)) {                                                     \
			print_error("story %llu: ", (unsigned long long)(s)->seed); \
			fail_msg(__VA_ARGS__);                                      \
		}                                                                   \
	} while (0)

/* --- the cluster --- */

static json_t *guests_of(struct story *s)
{
	return json_object_get(s->world, "guests");
}

static unsigned vmid_of(const json_t *guest)
{
	return (unsigned)json_integer_value(json_object_get(guest, "vmid"));
}

static json_t *guest_at(struct story *s, unsigned vmid)
{
	json_t *guest;
	size_t i;

	json_array_foreach (guests_of(s), i, guest)
		if (vmid_of(guest) == vmid)
			return guest;
	return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const char *option_of(const json_t *guest, const char *key)
{
	return text_of(json_object_get(guest, "config"), key);
}

/* It carries a line of these leases, whichever of them it is. */
static bool is_ours(const json_t *guest)
{
	const char *line = option_of(guest, "description");

	return line && strstr(line, INSTANCE);
}

static void set_text(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, json_string(value));
}

/* As the next look shows it. */
static const struct observed *look_at(struct story *s, unsigned vmid)
{
	struct cluster_state *cluster = arena_new(s->scene.arena, struct cluster_state);

	world_of(cluster, s->scene.arena, s->world);
	return cluster_find(cluster, vmid);
}

/* --- what other people do --- */

static void edit_entries(struct story *s)
{
	for (unsigned i = 0; i < NAMES; i++) {
		struct entry *entry = &s->entries[i];

		if (below(s, 4) != 0)
			continue;
		if (entry->there && below(s, 2)) {
			entry->there = false;
			continue;
		}
		*entry = (struct entry){
			.there = true,
			.container = below(s, 3) == 0,
			.network = below(s, 6),
			.cpu = 1 + below(s, 4),
			.disk = below(s, 3) ? 3 + below(s, 5) : 0,
			.tags = below(s, 3),
			.stopped = below(s, 5) == 0,
			.linked = below(s, 4) == 0,
		};
	}
}

/* Somebody's own guest at a number of the range, with an address of the pool perhaps. */
static void add_stranger(struct story *s, unsigned vmid)
{
	char card[60];

	if (guest_at(s, vmid))
		return;
	snprintf(card, sizeof(card), "ip=192.168.10.%u/24", 50 + below(s, 8));
	json_array_append_new(
		guests_of(s),
		json_pack("{s:i, s:s, s:s, s:{s:s, s:s, s:s, s:s}}", "vmid", (int)vmid,
			  "name", "stranger", "power",
			  below(s, 2) ? "running" : "stopped", "config", "name",
			  "stranger", "scsi0", "local-lvm:theirs,size=9G", "net0",
			  "virtio=BC:24:11:77:77:77,bridge=vmbr0", "ipconfig0", card));
}

static unsigned any_vmid(struct story *s)
{
	return VMID_FIRST + below(s, VMID_LAST - VMID_FIRST + 1);
}

static void touch_ours(struct story *s)
{
	size_t at = below(s, (unsigned)json_array_size(guests_of(s)));
	json_t *guest = json_array_get(guests_of(s), at);

	if (json_object_get(guest, "template") || !option_of(guest, "description"))
		return;
	s->sabotage = true;
	switch (below(s, 4)) {
	case 0: /* deleted */
		json_array_remove(guests_of(s), at);
		break;
	case 1: /* stopped */
		set_text(guest, "power", "stopped");
		break;
	case 2:
		set_text(json_object_get(guest, "config"), "tags", "mine");
		break;
	case 3: /* its line is gone: nobody can tell whose it is */
		json_object_del(json_object_get(guest, "config"), "description");
		break;
	}
}

/* At the end somebody clears away what a killed task has left locked. */
static void clear_away(struct story *s)
{
	for (size_t i = json_array_size(guests_of(s)); i-- > 0;)
		if (text_of(json_array_get(guests_of(s), i), "lock"))
			json_array_remove(guests_of(s), i);
}

/* --- what Proxmox does --- */

/* Ours means: it carries the lease's id, in the line that the create call brought. */
static void check_ours(struct story *s, const struct making *making, const json_t *guest)
{
	const char *line = option_of(guest, "description");

	check(s, line && strstr(line, making->lease->id),
	      "VMID %u is changed for %s, but it is not its guest", vmid_of(guest),
	      making->lease->name);
}

static json_t *as_cloned(struct story *s, const struct making *making)
{
	json_t *template = guest_at(s, making->template->vmid);
	json_t *guest = json_deep_copy(template);

	json_object_del(guest, "template");
	return guest;
}

static void create(struct story *s, const struct making *making)
{
	const struct lease *lease = making->lease;
	const char *key = lease->type == GUEST_VM ? "name" : "hostname";
	json_t *guest = as_cloned(s, making), *config = json_object_get(guest, "config");
	json_t *other;
	size_t i;

	json_array_foreach (guests_of(s), i, other)
		check(s,
		      !is_ours(other) || strcmp(text_of(other, "name"), lease->name) != 0,
		      "%s is made twice", lease->name);
	json_object_set_new(guest, "vmid", json_integer(lease->vmid));
	set_text(guest, "name", lease->name);
	set_text(config, key, lease->name);
	set_text(config, "description",
		 identity_line(s->scene.arena, making->instance, lease->id,
			       making->repository));
	if (strikes(s, 8)) { /* the task is killed half way */
		set_text(guest, "lock", "clone");
		json_object_del(config, "scsi0");
		json_object_del(config, "rootfs");
	}
	json_array_append_new(guests_of(s), guest);
}

static void configure(const struct changes *changes, json_t *guest)
{
	json_t *config = json_object_get(guest, "config");

	for (size_t i = 0; i < changes->len; i++)
		if (changes->at[i].to)
			set_text(config, changes->at[i].key, changes->at[i].to);
		else
			json_object_del(config, changes->at[i].key);
}

static void grow(struct story *s, const struct next *next, json_t *guest)
{
	struct props props = { 0 };
	const char *size;

	props_read(&props, s->scene.arena, option_of(guest, next->disk));
	size = props_get(&props, "size");
	check(s, size_mib(next->size) > size_mib(size), "a disk of %s is to have %s",
	      size, next->size);
	props_set(&props, s->scene.arena, "size", next->size);
	set_text(json_object_get(guest, "config"), next->disk,
		 props_print(&props, s->scene.arena));
}

static void remove_guest(struct story *s, unsigned vmid)
{
	for (size_t i = json_array_size(guests_of(s)); i-- > 0;)
		if (vmid_of(json_array_get(guests_of(s), i)) == vmid)
			json_array_remove(guests_of(s), i);
}

/* The step is taken. */
static void take_step(struct story *s, const struct making *making,
		      const struct next *next)
{
	json_t *guest = guest_at(s, making->lease->vmid);

	if (next->step == STEP_CREATE) {
		check(s, !guest, "VMID %u is made over a guest", making->lease->vmid);
		create(s, making);
		return;
	}
	check_ours(s, making, guest);
	check(s, !text_of(guest, "lock"), "a locked guest is changed");
	if (next->step == STEP_CONFIGURE)
		configure(&next->changes, guest);
	else if (next->step == STEP_GROW)
		grow(s, next, guest);
	else if (next->step == STEP_START)
		set_text(guest, "power", "running");
	else if (next->step == STEP_STOP)
		set_text(guest, "power", "stopped");
	else if (next->step == STEP_DESTROY)
		remove_guest(s, making->lease->vmid);
}

/* --- a pass --- */

static char *entries_text(struct story *s)
{
	struct text out;

	text_init(&out, s->scene.arena);
	for (unsigned i = 0; i < NAMES; i++) {
		const struct entry *e = &s->entries[i];

		if (!e->there)
			continue;
		text_addf(&out,
			  "- {name: g%u, type: %s, network%s: %s, cpu: %u, ram_mb: 512, "
			  "template_id: %u, tags: %s, power: %s, clone: %s",
			  i, e->container ? "lxc" : "vm", e->network == 5 ? "s" : "",
			  networks[e->network], e->cpu, e->container ? 9100 : 9000,
			  tag_lists[e->tags], e->stopped ? "stopped" : "running",
			  e->linked ? "linked" : "full");
		if (e->disk)
			text_addf(&out, ", disk_gb: %u", e->disk);
		text_add(&out, "}\n");
	}
	return out.len ? arena_strdup(s->scene.arena, text_str(&out)) : NULL;
}

/* Proxmox was asked which of the leased numbers are free. */
static void list_free(struct story *s)
{
	json_t *free = json_array();

	for (unsigned vmid = VMID_FIRST; vmid <= VMID_LAST; vmid++)
		if (!guest_at(s, vmid))
			json_array_append_new(free, json_integer(vmid));
	json_object_set_new(s->world, "free", free);
}

static void plan(struct story *s)
{
	struct arena *arena = arena_create();
	struct scene_spec spec = {
		.globals = "  reconcile: {on_error: continue}\n",
		.leases = s->leases,
	};
	struct plan again;
	char *world;

	list_free(s);
	world = json_dumps(s->world, 0);
	s->scene.arena = arena;
	spec.vms = entries_text(s);
	spec.world = world;
	scene_plan(&s->scene, &spec);
	free(world);
	arena_destroy(arena);
	plan_make(&again, s->scene.arena, &s->scene.input);
	assert_string_equal(print_plan_json(s->scene.arena, &s->scene.plan),
			    print_plan_json(s->scene.arena, &again));
}

/* No guest of ours is forgotten, and nobody's address is given out. */
static void check_push(struct story *s, const char *before, const char *after)
{
	json_t *guest;
	size_t i;

	json_array_foreach (guests_of(s), i, guest) {
		const char *line = option_of(guest, "description");
		const char *address = option_of(guest, "ipconfig0");
		char id[37], ip[40];

		if (is_ours(guest)) {
			snprintf(id, sizeof(id), "%s",
				 strstr(line, INSTANCE) + strlen(INSTANCE) + 1);
			check(s, !strstr(before, id) || strstr(after, id),
			      "the lease of %s is gone, the guest is not",
			      text_of(guest, "name"));
		} else if (!line && address && str_starts(address, "ip=")) {
			snprintf(ip, sizeof(ip), "\"%.*s\"",
				 (int)strcspn(address + 3, "/"), address + 3);
			check(s, strstr(before, ip) || !strstr(after, ip),
			      "%s is leased, VMID %u has it", ip, vmid_of(guest));
		}
	}
}

/* What is written is what was read; the reader refuses what is leased twice. */
static void push(struct story *s, struct leases *leases)
{
	char *text;

	leases->found = true;
	leases->ancestor = false;
	leases->instance = INSTANCE;
	leases->branch = "main";
	leases->cluster = "lab";
	leases->serial++;
	text = leases_print(s->scene.arena, leases);
	check_push(s, s->leases ? s->leases : "", text);
	free(s->leases);
	s->leases = strdup(text);
}

/* One guest, step after step, as far as it goes. False: vm7 was killed. */
static bool carry(struct story *s, struct exec_item *item)
{
	const struct action *action = item->action;
	struct next next;

	if (strikes(s, 20)) /* somebody was faster */
		add_stranger(s, action->lease->vmid);
	for (unsigned round = 0; round < ROUNDS; round++) {
		making_next(&next, s->scene.arena, &action->making,
			    look_at(s, action->lease->vmid));
		switch (next.step) {
		case STEP_DONE:
			item->state = EXEC_WELL;
			return true;
		case STEP_WAIT:
		case STEP_REFUSE:
			item->state = EXEC_FAILED;
			item->why = next.why;
			return true;
		case STEP_CREATE:
		case STEP_STOP:
		case STEP_SNAPSHOT:
		case STEP_PRUNE:
		case STEP_DESTROY:
		case STEP_CONFIGURE:
		case STEP_GROW:
		case STEP_START:
			break;
		}
		if (strikes(s, 30))
			return false; /* killed right before */
		if (strikes(s, 10)) {
			item->state = EXEC_FAILED;
			error_set(&item->why, ERROR_FAILED, "Proxmox said no");
			return true;
		}
		take_step(s, &action->making, &next);
		if (strikes(s, 30))
			return false; /* right after */
		if (strikes(s, 60))
			add_stranger(s, any_vmid(s));
	}
	check(s, false, "%s does not come to rest", action->guest);
	return false;
}

static bool covered(const struct story *s, const struct lease *lease)
{
	return s->leases && lease->id && strstr(s->leases, lease->id);
}

static void carry_out(struct story *s)
{
	const struct plan *plan = &s->scene.plan;
	struct results results;
	struct leases leases;
	struct exec exec;

	exec_init(&exec, s->scene.arena, plan);
	for (size_t i = 0; i < exec.len; i++) {
		const struct action *action = exec.at[i].action;

		check(s, covered(s, action->lease), "%s is made without a pushed lease",
		      action->guest);
		if (!carry(s, &exec.at[i]))
			return; /* its results are lost with it */
	}
	results_of(&results, s->scene.arena, plan, &exec);
	results_merge(&leases, s->scene.arena,
		      plan->reserves ? &plan->leases : s->scene.input.held, &results,
		      &s->scene.input.manifest->pools, s->scene.input.now);
	if (!strikes(s, 10)) /* the push of the results is refused */
		push(s, &leases);
}

static void pass(struct story *s)
{
	plan(s);
	if (getenv("STORIES"))
		print_message("%s%s\n", s->quiet ? "quiet " : "", scene_brief(&s->scene));
	if (!s->scene.plan.stop.kind &&
	    (!s->scene.plan.reserves || !strikes(s, 8))) { /* the push is refused */
		if (s->scene.plan.reserves)
			push(s, &s->scene.plan.leases);
		if (!strikes(s, 15)) /* killed between the push and the first request */
			carry_out(s);
	}
	scene_finish(&s->scene);
}

/* --- a story --- */

/* The end: everything that could be made is there, and no plan wants anything more. */
static void check_end(struct story *s)
{
	const struct plan *plan = &s->scene.plan;

	plan_make(&s->scene.plan, s->scene.arena, &s->scene.input);
	check(s, !plan->stop.kind || s->sabotage, "the pass is refused: %s",
	      plan->stop.text);
	check(s, !plan_acts(plan), "there is still something to do: %s",
	      scene_brief(&s->scene));
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];

		check(s,
		      action->verb == VERB_NONE || action->why.kind == ERROR_EXHAUSTED ||
			      action->why.kind == ERROR_REFUSED,
		      "%s: %s", action->guest, action->why.text);
	}
}

static void tell(uint64_t seed)
{
	struct story s = { .seed = seed, .chance = seed * 0x9e3779b97f4a7c15ULL + 1 };

	s.world = json_loads("{\"vmids\": [100, 111], \"guests\": [" TEMPLATE_VM
			     ", " TEMPLATE_CT "]}",
			     0, NULL);
	for (unsigned i = 0; i < PASSES; i++) {
		edit_entries(&s);
		if (strikes(&s, 4))
			add_stranger(&s, any_vmid(&s));
		if (strikes(&s, 6))
			touch_ours(&s);
		pass(&s);
	}
	s.quiet = true;
	clear_away(&s);
	for (unsigned i = 0; i < QUIET; i++)
		pass(&s);
	plan(&s);
	check_end(&s);
	scene_finish(&s.scene);
	json_decref(s.world);
	free(s.leases);
}

static uint64_t first_story = 1, stories = STORIES;

static void come_to_rest(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < stories; i++)
		tell(first_story + i);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		first_story = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		stories = strtoull(argv[2], NULL, 10);
	add_test("whatever happens, it comes to rest and nobody is hurt", come_to_rest);
	return run_all_tests("stories");
}
