/*
 * Stories of the core: people edit their file, guests are made, changed, released and
 * destroyed, requests fail, vm7 is killed, others work on the same cluster; in the end
 * everybody leaves it alone.
 *
 * Each seed is a story. Whatever happens in it, these hold:
 *
 *	nothing is done to a guest that the lease does not own, nor stopped or destroyed
 *	    without a pushed lease that says so
 *	no two guests get one address, MAC or VMID; nothing is made twice
 *	disks never shrink, and none is made a second time
 *	a pass removes and remakes no more guests than its budget and trailers allow
 *	nothing is destroyed before its grace is over
 *	what is protected, on hold, or the controller's own is never stopped
 *	no lease is lost while its guest is there
 *	nothing is touched that cannot be known: nodes that are offline, no quorum
 *	nobody is made before those it depends on, or removed before those that depend on it
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
#include "base/when.h"
#include "reconcile/print.h"
#include "reconcile/verdict.h"
#include "tests/lib/scene.h"

#include <ctype.h>

enum {
	STORIES = 1500,
	PASSES = 6,    /* with trouble */
	QUIET = 30,    /* without, at most */
	CALM = 2,      /* so many passes without an action are the end */
	ROUNDS = 8,    /* of one pass */
	STEPS = 40,    /* of one guest in one pass */
	EVENTS = 2000, /* of one round */
	NAMES = 6,
	VMID_FIRST = 100,
	VMID_LAST = 109,
	HOUR = 3600,
	DAY = 24 * HOUR,
};

/* One guest as people want it now. */
struct entry {
	bool there, container, linked, protection, hold, report, restart, self, ready,
		placed;
	unsigned network, cpu, disk, tags, power, removal, extra;
	unsigned depends; /* a bit for each guest before it */
};

/* What the file says for all of them; once in a story, but for `policy`. */
struct knobs {
	unsigned policy, grace_hours, most, most_again, percent, parallel;
	unsigned on_error, quarantine_days;
	bool report;
};

static const char *const names[] = { "g0", "g1", "g2", "g3", "g4", "g5" };
static const char *const networks[] = { "[mgmt]",      "[dual]", "[dyn]",
					"[tagged]",    "[bare]", "[mgmt, dual]",
					"[bare, mgmt]" };
static const char *const tag_lists[] = { "[]", "[web]", "[web, db]" };
static const char *const powers[] = { "running", "running", "stopped", "observe" };
static const char *const on_errors[] = { "stop", "continue", "rollback" };
static const char *const policies[] = { "stop", "keep", "destroy" };

/* What this world is about to be told wrong or not at all, for one pass. */
struct fog {
	const char *offline; /* this node does not answer */
	bool vanishes;       /* with all its guests, as if they had been deleted */
	bool no_quorum;
	unsigned unlisted; /* this guest is missing in the list */
};

/* A guest being worked on. */
struct work {
	bool running, coming, started, begun;
	unsigned steps;
	const struct observed *seen;
};

struct story {
	uint64_t seed, chance;
	bool quiet, sabotage; /* somebody else has touched our guests */
	struct knobs knobs;
	struct entry entries[NAMES];
	struct fog fog;
	int64_t now;
	json_t *world;
	char *leases;        /* the file as pushed; NULL: there is none */
	struct arena *files; /* of the manifest, which is read again when it changed */
	const char *vm7;
	struct manifest manifest;
	struct scene scene;
	const struct leases *pushed;       /* as the branch has them now */
	long allow_destroy, allow_replace; /* trailers */
	size_t released, remade, all;      /* in this pass, of so many */
	bool acts;                         /* it has something to do */
	const char *again[NAMES], *undo[NAMES];
	size_t again_len, undo_len;
	bool undone; /* its making has been taken back: its last round */
};

/* xorshift64* */
static unsigned below(struct story *s, unsigned limit)
{
	s->chance ^= s->chance >> 12;
	s->chance ^= s->chance << 25;
	s->chance ^= s->chance >> 27;
	return (unsigned)((s->chance * 0x2545f4914f6cdd1dULL) >> 33) % limit;
}

/* Once in so many times. */
static bool once_in(struct story *s, unsigned times)
{
	return below(s, times) == 0;
}

/* Likewise, while there is trouble. */
static bool strikes(struct story *s, unsigned times)
{
	return !s->quiet && once_in(s, times);
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

static bool is_running(const json_t *guest)
{
	return str_equal(text_of(guest, "power"), "running");
}

/* The id in its line of these leases, whichever of them it is; NULL: not ours. */
static const char *id_of(const json_t *guest)
{
	const char *line = option_of(guest, "description");

	line = line ? strstr(line, INSTANCE "/") : NULL;
	return line ? line + strlen(INSTANCE "/") : NULL;
}

static bool has_id(const json_t *guest, const char *id)
{
	const char *its = id_of(guest);

	return its && id && strncmp(its, id, strlen(id)) == 0;
}

static json_t *guest_with_id(struct story *s, const char *id)
{
	json_t *guest;
	size_t i;

	json_array_foreach (guests_of(s), i, guest)
		if (has_id(guest, id))
			return guest;
	return NULL;
}

static void set_text(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, json_string(value));
}

/* As the next look shows it. */
static const struct observed *look_at(struct story *s, unsigned vmid)
{
	struct observed *seen;
	json_t *guest = guest_at(s, vmid);

	if (!guest)
		return NULL;
	seen = arena_new(s->scene.arena, struct observed);
	world_guest(s->scene.arena, seen, guest);
	if (str_equal(seen->node, s->fog.offline))
		seen->has_config = false;
	return seen;
}

/* --- what other people do --- */

static void edit_entry(struct story *s, unsigned i)
{
	s->entries[i] = (struct entry){
		.there = true,
		.container = once_in(s, 3),
		.linked = once_in(s, 4),
		.protection = once_in(s, 8),
		.hold = once_in(s, 16),
		.report = once_in(s, 8),
		.restart = once_in(s, 3),
		.self = once_in(s, 12),
		.ready = once_in(s, 5),
		.placed = once_in(s, 6),
		.network = below(s, 7),
		.cpu = 1 + below(s, 4),
		.disk = below(s, 3) ? 3 + below(s, 5) : 0,
		.tags = below(s, 3),
		.power = below(s, 4),
		.removal = below(s, 5),
		.extra = below(s, 2) ? below(s, 8) : 0,
		.depends = below(s, 3) ? 0 : below(s, 1U << i),
	};
}

/* One key of an entry that is there. */
static void turn_knob(struct story *s, struct entry *entry)
{
	switch (below(s, 12)) {
	case 10:
		entry->restart = true;
		__attribute__((fallthrough));
	case 11:
	case 0:
		entry->cpu = 1 + below(s, 4);
		break;
	case 1:
		entry->disk = entry->disk ? entry->disk + below(s, 3) : 3;
		break;
	case 2:
		entry->tags = below(s, 3);
		break;
	case 3:
		entry->power = below(s, 4);
		break;
	case 4:
		entry->removal = below(s, 5);
		break;
	case 5:
		entry->protection = !entry->protection;
		break;
	case 6:
		entry->network = below(s, 7);
		break;
	case 7:
		entry->extra = below(s, 8);
		break;
	case 8:
		entry->hold = !entry->hold;
		break;
	case 9:
		entry->report = !entry->report;
		break;
	}
}

static void edit_entries(struct story *s)
{
	for (unsigned i = 0; i < NAMES; i++) {
		struct entry *entry = &s->entries[i];

		if (!once_in(s, 3))
			continue;
		if (!entry->there && entry->cpu && once_in(s, 2))
			entry->there = true; /* git revert */
		else if (!entry->there)
			edit_entry(s, i);
		else if (once_in(s, 3))
			entry->there = false;
		else
			turn_knob(s, entry);
	}
	if (once_in(s, 8))
		s->knobs.policy = below(s, 3);
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

static void delete_ours(struct story *s, size_t at, json_t *guest)
{
	unsigned vmid = vmid_of(guest);

	json_array_remove(guests_of(s), at);
	if (once_in(s, 3)) /* and its number is used again */
		add_stranger(s, vmid);
}

/* An option is changed by hand, and waits for the next start where the guest runs. */
static void set_by_hand(json_t *guest, const char *key, const char *value)
{
	json_t *pending = json_object_get(guest, "pending");

	set_text(json_object_get(guest, "config"), key, value);
	if (!is_running(guest))
		return;
	if (!pending) {
		pending = json_array();
		json_object_set_new(guest, "pending", pending);
	}
	json_array_append_new(pending, json_string(key));
}

static void touch_ours(struct story *s)
{
	size_t at = below(s, (unsigned)json_array_size(guests_of(s)));
	json_t *guest = json_array_get(guests_of(s), at);
	json_t *config = json_object_get(guest, "config");

	if (json_object_get(guest, "template") || !option_of(guest, "description"))
		return;
	s->sabotage = true;
	switch (below(s, 12)) {
	case 0:
		delete_ours(s, at, guest);
		break;
	case 1:
		set_text(guest, "power", "stopped");
		break;
	case 2:
		if (!text_of(guest, "lock"))
			set_text(guest, "power", "running");
		break;
	case 3:
		set_text(config, "tags", "mine");
		break;
	case 4: /* its line is gone: nobody can tell whose it is */
		json_object_del(config, "description");
		break;
	case 5:
		set_by_hand(guest, "cores", "7");
		break;
	case 6:
		if (!text_of(guest, "lock"))
			set_text(guest, "lock", "backup");
		break;
	case 7: /* moved */
		set_text(guest, "node", "pve02");
		break;
	case 8:
		set_text(config, "protection", "1");
		break;
	case 9:
		set_text(config, "tags", "mine;vm7");
		break;
	case 10: /* grown */
		if (option_of(guest, "scsi0"))
			set_text(config, "scsi0", "local-lvm:vm-disk,size=11G");
		break;
	case 11:
		set_text(config, "onboot", once_in(s, 2) ? "1" : "0");
		break;
	}
}

/* Work of others ends; what a killed task has left is cleared away when all is quiet. */
static void unlock(struct story *s)
{
	for (size_t i = json_array_size(guests_of(s)); i-- > 0;) {
		json_t *guest = json_array_get(guests_of(s), i);
		const char *lock = text_of(guest, "lock");

		if (str_equal(lock, "backup") && (s->quiet || once_in(s, 2)))
			json_object_del(guest, "lock");
		else if (lock && s->quiet)
			json_array_remove(guests_of(s), i);
	}
}

static void raise_fog(struct story *s)
{
	s->fog = (struct fog){ 0 };
	if (strikes(s, 8))
		s->fog.offline = below(s, 2) ? "pve01" : "pve02";
	/* (a lease knows where its guest was made: on pve01) */
	s->fog.vanishes = str_equal(s->fog.offline, "pve01") && once_in(s, 2);
	s->fog.no_quorum = strikes(s, 12);
	if (strikes(s, 8))
		s->fog.unlisted = any_vmid(s);
}

/* --- what Proxmox does --- */

static unsigned long disk_mib(struct story *s, const char *disk, struct props *props)
{
	const char *size;

	*props = (struct props){ 0 };
	props_read(props, s->scene.arena, disk);
	size = props_get(props, "size");
	return size ? size_mib(size) : 0;
}

static bool is_disk(const char *key)
{
	return str_starts(key, "scsi") || str_starts(key, "virtio") ||
	       str_starts(key, "mp") || strcmp(key, "rootfs") == 0;
}

/* "local-lvm:5,backup=1" asks for a new volume of 5 GiB. */
static const char *allocated(struct story *s, unsigned vmid, const char *key,
			     const char *asked)
{
	struct props props = { 0 };
	const char *volume, *colon;
	uint64_t gib;

	props_read(&props, s->scene.arena, asked);
	volume = props_get(&props, "");
	colon = volume ? strchr(volume, ':') : NULL;
	if (!colon || !str_number(colon + 1, &gib))
		return NULL;
	props_set(&props, s->scene.arena, "size",
		  arena_printf(s->scene.arena, "%uG", (unsigned)gib));
	props_set(&props, s->scene.arena, "",
		  arena_printf(s->scene.arena, "local-lvm:vm-%u-%s", vmid, key));
	return props_print(&props, s->scene.arena);
}

/* A volume that is there stays, as large as it is. */
static void check_disk(struct story *s, const struct change *change, const char *now)
{
	struct props from, to;
	unsigned long before = disk_mib(s, now, &from);

	check(s, disk_mib(s, change->to, &to) == before, "%s: %s would become %s",
	      change->key, now, change->to);
	check(s, str_equal(props_get(&from, ""), props_get(&to, "")),
	      "%s: %s would be another volume: %s", change->key, now, change->to);
}

static void configure_one(struct story *s, json_t *guest, const struct change *change)
{
	json_t *config = json_object_get(guest, "config");
	const char *now = option_of(guest, change->key), *volume;
	bool vm = !str_equal(text_of(guest, "type"), "lxc");

	if (is_disk(change->key) && change->to) {
		volume = now ? NULL
			     : allocated(s, vmid_of(guest), change->key, change->to);
		check(s, now || volume, "%s: no volume is asked for: %s", change->key,
		      change->to);
		if (now)
			check_disk(s, change, now);
		set_text(config, change->key, volume ? volume : change->to);
	} else if (is_disk(change->key)) {
		check(s,
		      strcmp(change->key, "rootfs") != 0 &&
			      strcmp(change->key, "scsi0") != 0,
		      "the root disk is taken away");
		if (now)
			set_text(config, "unused0", now);
		json_object_del(config, change->key);
	} else if (vm && change->to &&
		   (!strcmp(change->key, "cores") || !strcmp(change->key, "memory"))) {
		set_by_hand(guest, change->key, change->to);
	} else if (change->to) {
		set_text(config, change->key, change->to);
	} else {
		json_object_del(config, change->key);
	}
}

/* An address without a card (ipconfig1, no net1) is nobody's. */
static bool has_card(struct story *s, const json_t *guest, const char *key)
{
	const char *number = key + strcspn(key, "0123456789");

	return option_of(guest, arena_printf(s->scene.arena, "net%s", number)) != NULL;
}

/* No other guest of ours has its MAC or address. */
static void check_unique(struct story *s, const json_t *guest, const char *key)
{
	const char *text = option_of(guest, key),
		   *mac = text ? strstr(text, "BC:24:11") : NULL;
	const char *ip = text ? strstr(text, "ip=") : NULL;
	const json_t *other;
	const char *name;
	json_t *value;
	size_t i;

	if (ip && (str_starts(ip, "ip=dhcp") || str_starts(ip, "ip=manual") ||
		   !has_card(s, guest, key)))
		ip = NULL;
	json_array_foreach (guests_of(s), i, other) {
		if (other == guest || !id_of(other))
			continue;
		json_object_foreach (json_object_get(other, "config"), name, value) {
			const char *its = json_string_value(value);
			size_t len = ip ? strcspn(ip, "/") + 1 : 0;

			check(s,
			      !mac || !its ||
				      !strstr(its,
					      arena_strndup(s->scene.arena, mac, 17)),
			      "VMID %u and %u have the MAC %.17s", vmid_of(guest),
			      vmid_of(other), mac);
			check(s,
			      !ip || !its || !has_card(s, other, name) ||
				      !strstr(its,
					      arena_strndup(s->scene.arena, ip, len)),
			      "VMID %u and %u have the address %s", vmid_of(guest),
			      vmid_of(other), ip);
		}
	}
}

static void configure(struct story *s, const struct changes *changes, json_t *guest)
{
	for (size_t i = 0; i < changes->len; i++)
		configure_one(s, guest, &changes->at[i]);
	for (size_t i = 0; i < changes->len; i++)
		if (str_starts(changes->at[i].key, "net") ||
		    str_starts(changes->at[i].key, "ipconfig"))
			check_unique(s, guest, changes->at[i].key);
}

static void create(struct story *s, const struct making *making)
{
	const struct lease *lease = making->lease;
	const char *key = lease->type == GUEST_VM ? "name" : "hostname";
	json_t *guest = json_deep_copy(guest_at(s, making->template->vmid));
	json_t *config = json_object_get(guest, "config"), *other;
	size_t i;

	json_array_foreach (guests_of(s), i, other)
		check(s,
		      !id_of(other) || strcmp(text_of(other, "name"), lease->name) != 0,
		      "%s is made twice", lease->name);
	json_object_del(guest, "template");
	json_object_set_new(guest, "vmid", json_integer(lease->vmid));
	set_text(guest, "name", lease->name);
	set_text(guest, "node", making->want->node);
	set_text(config, key, lease->name);
	set_text(config, "description",
		 identity_line(s->scene.arena, making->instance, lease->id,
			       making->repository));
	if (strikes(s, 12)) { /* the task is killed half way */
		set_text(guest, "lock", "clone");
		json_object_del(config, "scsi0");
		json_object_del(config, "rootfs");
	}
	json_array_append_new(guests_of(s), guest);
}

static void grow(struct story *s, const struct next *next, json_t *guest)
{
	const char *disk = option_of(guest, next->disk);
	struct props props;

	check(s, disk, "%s is to grow, and there is none", next->disk);
	check(s, disk_mib(s, disk, &props) < size_mib(next->size), "%s is to have %s",
	      disk, next->size);
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

static void switch_to(json_t *guest, const char *power)
{
	set_text(guest, "power", power);
	json_object_del(guest, "pending");
}

/* --- what may be asked of it --- */

/* Ours means: it carries the lease's id, in the line that the create call brought. */
static void check_ours(struct story *s, const struct making *making, const json_t *guest)
{
	check(s, guest && has_id(guest, making->lease->id),
	      "VMID %u is changed for %s, but it is not its guest", making->lease->vmid,
	      making->lease->name);
	check(s, !text_of(guest, "lock"), "a locked guest is changed");
	check(s, !str_equal(s->fog.offline, text_of(guest, "node")),
	      "%s is changed on a node that is offline", making->lease->name);
}

/* The lease on the branch says what is about to be done. */
static void check_covered(struct story *s, const struct action *action, enum step step)
{
	const struct lease *lease = leases_find(s->pushed, action->guest);
	enum lease_state state;

	check(s, lease && str_equal(lease->id, action->lease->id),
	      "%s is worked on without a pushed lease", action->guest);
	state = lease->state;
	check(s, step != STEP_CREATE || state == LEASE_RESERVED, "%s is made in state %s",
	      action->guest, lease_state_name(state));
	check(s, step != STEP_DESTROY || state == LEASE_DESTROYING,
	      "%s is destroyed in state %s", action->guest, lease_state_name(state));
	check(s,
	      step != STEP_STOP || state == LEASE_RELEASING ||
		      state == LEASE_DESTROYING ||
		      (state == LEASE_READY && action->want &&
		       (action->want->spec.power.value == POWER_STOPPED ||
			action->want->spec.restart.value == RESTART_AUTO)),
	      "%s is stopped in state %s", action->guest, lease_state_name(state));
	check(s, !s->fog.no_quorum, "%s is worked on without a quorum", action->guest);
}

/* People's own words about the guest. */
static void check_permitted(struct story *s, const struct action *action, enum step step,
			    const json_t *guest)
{
	const struct lease *lease = leases_find(s->pushed, action->guest);
	const struct desired *want = action->want;
	bool ends = step == STEP_DESTROY || (step == STEP_STOP && !want);

	check(s, !want || !want->spec.hold.value, "%s is on hold", action->guest);
	check(s,
	      !ends || ((!lease->protection || lease->half_made) &&
			!str_equal(option_of(guest, "protection"), "1")),
	      "%s is protected", action->guest);
	check(s,
	      (step != STEP_STOP && step != STEP_DESTROY) || lease->half_made ||
		      !(want && lease->state == LEASE_READY ? want->spec.self.value
							    : lease->self),
	      "the controller's own guest %s is stopped", action->guest);
	check(s,
	      !want || lease->state != LEASE_READY ||
		      drift_mode_of(s->scene.input.manifest, want) == DRIFT_REPAIR,
	      "%s is changed, its entry says drift: report", action->guest);
}

/* The step is taken. */
static void take_step(struct story *s, const struct action *action,
		      const struct next *next)
{
	const struct making *making = &action->making;
	json_t *guest = guest_at(s, making->lease->vmid);

	check_covered(s, action, next->step);
	check_permitted(s, action, next->step, guest);
	if (next->step == STEP_CREATE)
		check(s, !guest, "VMID %u is made over a guest", making->lease->vmid);
	else
		check_ours(s, making, guest);
	switch (next->step) {
	case STEP_CREATE:
		create(s, making);
		return;
	case STEP_CONFIGURE:
		configure(s, &next->changes, guest);
		return;
	case STEP_GROW:
		grow(s, next, guest);
		return;
	case STEP_START:
		switch_to(guest, "running");
		return;
	case STEP_STOP:
		check(s, is_running(guest), "%s is stopped, and does not run",
		      action->guest);
		switch_to(guest, "stopped");
		return;
	case STEP_DESTROY:
		check(s, !is_running(guest), "%s is destroyed while it runs",
		      action->guest);
		remove_guest(s, making->lease->vmid);
		return;
	case STEP_SNAPSHOT: /* nothing here asks for one of these */
	case STEP_PRUNE:
	case STEP_BACKUP:
	case STEP_WAIT:
	case STEP_DONE:
	case STEP_REFUSE:
		check(s, false, "%s is no step", step_name(next->step));
	}
}

/* --- the files --- */

static void entry_text(struct text *out, const struct story *s, unsigned i)
{
	const struct entry *e = &s->entries[i];
	const char *comma = "";

	text_addf(out,
		  "- {name: g%u, type: %s, networks: %s, cpu: %u, ram_mb: 512, "
		  "template_id: %u, tags: %s, power: %s, clone: %s%s%s%s%s%s%s%s",
		  i, e->container ? "lxc" : "vm", networks[e->network], e->cpu,
		  e->container ? 9100 : 9000, tag_lists[e->tags], powers[e->power],
		  e->linked ? "linked" : "full",
		  e->protection ? ", protection: true" : "",
		  e->hold ? ", hold: true" : "", e->report ? ", drift: report" : "",
		  e->restart ? ", restart: auto" : "", e->self ? ", self: true" : "",
		  e->placed ? ", node: auto" : "",
		  e->ready ? ", ready: {when: running}" : "");
	if (e->disk)
		text_addf(out, ", disk_gb: %u", e->disk);
	if (e->removal < 3)
		text_addf(out, ", removal: %s", policies[e->removal]);
	if (e->extra && e->container)
		text_addf(out,
			  ", mounts: [{slot: mp0, path: /data, size_gb: %u, storage: "
			  "local-lvm}]",
			  e->extra);
	else if (e->extra)
		text_addf(out,
			  ", disks: [{slot: scsi1, size_gb: %u, storage: local-lvm}]",
			  e->extra);
	text_add(out, ", depends_on: [");
	for (unsigned j = 0; j < i; j++)
		if (e->depends >> j & 1 && s->entries[j].there) {
			text_addf(out, "%sg%u", comma, j);
			comma = ", ";
		}
	text_add(out, "]}\n");
}

static void vm7_text(struct text *out, const struct story *s)
{
	const struct knobs *k = &s->knobs;
	bool any = false;

	text_add(out, usual_head);
	text_addf(out,
		  "  removal: {policy: %s, grace: %uh}\n"
		  "  guard: {max_destroy: %u, max_replace: %u, max_percent: %u}\n"
		  "  reconcile: {on_error: %s, parallel: %u, drift: %s}\n%svms:",
		  policies[k->policy], k->grace_hours, k->most, k->most_again, k->percent,
		  on_errors[k->on_error], k->parallel, k->report ? "report" : "repair",
		  usual_networks);
	for (unsigned i = 0; i < NAMES; i++)
		any |= s->entries[i].there;
	text_add(out, any ? "\n" : " []\n");
	for (unsigned i = 0; i < NAMES; i++)
		if (s->entries[i].there)
			entry_text(out, s, i);
}

static const char *pools_text(struct arena *arena, const struct story *s)
{
	return arena_printf(
		arena,
		"pools:\n"
		"  mgmt: {cidr: 192.168.10.0/24, range_start: 192.168.10.50,\n"
		"    range_end: 192.168.10.53, gateway: 192.168.10.1,\n"
		"    quarantine: %ud}\n"
		"  dual: {cidr: 10.0.0.0/24, range_start: 10.0.0.5, range_end: "
		"10.0.0.7,\n"
		"    gateway: 10.0.0.1, cidr6: 'fd00:10::/64',\n"
		"    range_start6: 'fd00:10::5', range_end6: 'fd00:10::9',\n"
		"    gateway6: 'fd00:10::1'}\n",
		s->knobs.quarantine_days);
}

static void said_nothing(struct story *s, struct diags *diags)
{
	struct text said;

	if (diags->len == 0)
		return;
	text_init(&said, s->scene.arena);
	diags_print(&said, diags);
	check(s, false, "the files are wrong:\n%s\n%s\n%s", text_str(&said), s->vm7,
	      s->leases ? s->leases : "");
}

/* The manifest is read again when it has changed: most of the time goes there. */
static void read_manifest(struct story *s)
{
	struct arena *arena = arena_create();
	struct input pools = { 0 };
	struct diags diags;
	struct text text;

	text_init(&text, arena);
	vm7_text(&text, s);
	if (s->vm7 && strcmp(s->vm7, text_str(&text)) == 0) {
		arena_destroy(arena);
		return;
	}
	arena_destroy(s->files);
	s->files = arena;
	s->vm7 = text_str(&text);
	s->manifest = (struct manifest){ 0 };
	diags_init(&diags, arena);
	pools.file = scene_file(arena, "ipam/pools.yaml", pools_text(arena, s));
	if (manifest_begin(&s->manifest, arena, scene_file(arena, "vm7.yaml", s->vm7),
			   &diags))
		manifest_finish(&s->manifest, arena, &pools, 1, &diags);
	said_nothing(s, &diags);
}

static bool has_vanished(const struct story *s, const json_t *guest)
{
	const char *node = text_of(guest, "node");

	return s->fog.vanishes && str_equal(node ? node : "pve01", s->fog.offline);
}

/* Proxmox was asked which of the leased numbers are free. */
static void look_around(struct story *s)
{
	struct cluster_state *out = &s->scene.cluster;
	size_t kept = 0;

	world_of(out, s->scene.arena, s->world);
	out->free = arena_array(s->scene.arena, unsigned, VMID_LAST);
	for (unsigned vmid = VMID_FIRST; vmid <= VMID_LAST; vmid++)
		if (!guest_at(s, vmid) || has_vanished(s, guest_at(s, vmid)))
			out->free[out->free_len++] = vmid;
	out->quorate = !s->fog.no_quorum;
	for (size_t i = 0; i < out->nodes_len; i++)
		out->nodes[i].online = !str_equal(s->fog.offline, out->nodes[i].name);
	for (size_t i = 0; i < out->guests_len; i++) {
		struct observed *guest = &out->guests[i];

		if (guest->vmid == s->fog.unlisted ||
		    has_vanished(s, guest_at(s, guest->vmid)))
			continue;
		if (str_equal(guest->node, s->fog.offline)) {
			guest->has_config = false;
			guest->power = OBSERVED_OTHER;
		}
		out->guests[kept++] = *guest;
	}
	out->guests_len = kept;
}

static void read_all(struct story *s)
{
	struct arena *arena = arena_create();
	struct diags diags;
	char *now = arena_array(arena, char, WHEN_TEXT);

	s->scene = (struct scene){ .arena = arena };
	read_manifest(s);
	diags_init(&diags, arena);
	leases_read(&s->scene.leases, arena,
		    s->leases ? scene_file(arena, "ipam/leases.json", s->leases) : NULL,
		    &diags);
	said_nothing(s, &diags);
	look_around(s);
	when_print(s->now, now);
	s->pushed = &s->scene.leases;
	s->scene.input = (struct plan_input){
		.manifest = &s->manifest,
		.held = &s->scene.leases,
		.cluster = &s->scene.cluster,
		.commit = "3f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d",
		.contents = "all that was read",
		.branch = "main",
		.instance = INSTANCE,
		.repository = REPOSITORY,
		.now = now,
		.again = s->again,
		.again_len = s->again_len,
		.undo = s->undo,
		.undo_len = s->undo_len,
		.allow_destroy = s->allow_destroy,
		.allow_replace = s->allow_replace,
	};
}

static void plan(struct story *s)
{
	struct plan again;

	read_all(s);
	plan_make(&s->scene.plan, s->scene.arena, &s->scene.input);
	if (getenv("STORIES"))
		print_message("%s%s %s\n", s->quiet ? "quiet " : "", s->scene.input.now,
			      scene_brief(&s->scene));
	if (!once_in(s, 8))
		return;
	plan_make(&again, s->scene.arena, &s->scene.input);
	assert_string_equal(print_plan_json(s->scene.arena, &s->scene.plan),
			    print_plan_json(s->scene.arena, &again));
}

/* --- what is pushed --- */

static bool is_next(enum lease_state from, enum lease_state to)
{
	switch (from) {
	case LEASE_RESERVED:
	case LEASE_ADOPTING:
		return to == LEASE_READY;
	case LEASE_READY:
		return to == LEASE_RELEASING;
	case LEASE_RELEASING:
		return to == LEASE_RELEASED || to == LEASE_READY;
	case LEASE_RELEASED:
		return to == LEASE_READY || to == LEASE_DESTROYING;
	case LEASE_DESTROYING:
		return false;
	}
	return false;
}

static bool is_due(const struct story *s, const struct lease *lease)
{
	int64_t released = 0, decided = 0;

	when_read(&released, lease->since);
	when_read(&decided, lease->destroy_since);
	if (decided > released)
		released = decided;
	return lease->destroy_since &&
	       released + (int64_t)s->knobs.grace_hours * HOUR <= s->now;
}

/* Its removal is begun, or its end. */
static void check_removal(struct story *s, const struct lease *from,
			  const struct lease *to)
{
	const char *policy = from->removal ? from->removal : policies[s->knobs.policy];

	if (from->state == LEASE_READY && to->state == LEASE_RELEASING) {
		s->released++;
		check(s, strcmp(policy, "keep") != 0, "%s is released, it is to be kept",
		      from->name);
	}
	if (to->state == LEASE_DESTROYING)
		check(s, is_due(s, from), "%s is destroyed before its grace is over",
		      from->name);
	if (to->state == LEASE_DESTROYING || to->state == LEASE_RELEASING)
		check(s, !from->protection && !from->self, "%s is removed", from->name);
}

/* One lease, before and after. */
static void check_move(struct story *s, const struct lease *from, const struct lease *to)
{
	const char *now = s->scene.input.now;

	if (!to || !str_equal(from->id, to->id)) {
		check(s, !guest_with_id(s, from->id),
		      "the lease of %s is gone, the guest is not", from->name);
		s->remade += to && from->state == LEASE_READY;
		return;
	}
	check(s, from->vmid == to->vmid, "%s has another VMID now", from->name);
	check(s,
	      !to->destroy_since || str_equal(to->destroy_since, now) ||
		      str_equal(to->destroy_since, from->destroy_since),
	      "%s: destroy_since is %s at %s", from->name, to->destroy_since, now);
	check(s, strcmp(to->since, from->state == to->state ? from->since : now) == 0,
	      "%s: since %s at %s", from->name, to->since, now);
	if (from->state == to->state)
		return;
	if (s->undone && to->state == LEASE_DESTROYING && to->half_made) {
		check(s, strcmp(from->since, now) == 0 || from->state == LEASE_RESERVED,
		      "%s was made before this pass, and is undone", from->name);
		return;
	}
	check(s, is_next(from->state, to->state), "%s goes from %s to %s", from->name,
	      lease_state_name(from->state), lease_state_name(to->state));
	check_removal(s, from, to);
}

static bool within(const struct story *s, size_t count, unsigned most, long raised)
{
	return count == 0 || (long)count <= raised ||
	       (count <= most && (count < 2 || count * 100 <= s->all * s->knobs.percent));
}

/* No address that somebody else is seen with is given out. */
static void check_address(struct story *s, const struct lease *from,
			  const struct lease *to)
{
	char ip[ADDR_TEXT + 4];
	json_t *guest;
	size_t i;

	if (from || to->nics_len == 0 || !to->nics[0].ip.family)
		return;
	memcpy(ip, "ip=", 3);
	addr_print(&to->nics[0].ip, ip + 3);
	memcpy(ip + strlen(ip), "/", 2);
	json_array_foreach (guests_of(s), i, guest) {
		const char *address = option_of(guest, "ipconfig0");

		if (!option_of(guest, "description") && address &&
		    vmid_of(guest) != s->fog.unlisted &&
		    !str_equal(s->fog.offline, "pve01"))
			check(s, strncmp(address, ip, strlen(ip)) != 0,
			      "%s is leased to %s, VMID %u has it", ip, to->name,
			      vmid_of(guest));
	}
}

/* What is written is what was read; the reader refuses what is leased twice. */
static void push(struct story *s, struct leases *leases)
{
	leases->found = true;
	leases->ancestor = false;
	leases->instance = INSTANCE;
	leases->branch = "main";
	leases->cluster = "lab";
	leases->serial++;
	for (size_t i = 0; i < s->pushed->len; i++)
		check_move(s, &s->pushed->at[i],
			   leases_find(leases, s->pushed->at[i].name));
	for (size_t i = 0; i < leases->len; i++)
		check_address(s, leases_find(s->pushed, leases->at[i].name),
			      &leases->at[i]);
	check(s, within(s, s->released, s->knobs.most, s->allow_destroy),
	      "%zu guests are released in a pass", s->released);
	check(s, within(s, s->remade, s->knobs.most_again, s->allow_replace),
	      "%zu guests are made again in a pass", s->remade);
	free(s->leases);
	s->leases = strdup(leases_print(s->scene.arena, leases));
	s->pushed = leases;
}

/* --- a pass --- */

struct orders {
	struct exec exec;
	struct exec_orders now;
	struct work *works;
	uint64_t clock;
	bool failed, canceled;
};

/* Is there nobody that it has to wait for? */
static void check_turn(struct story *s, const struct orders *o, size_t at)
{
	const struct action *action = o->exec.at[at].action;
	bool makes = verb_makes(action->verb);

	check(s, o->exec.running <= s->knobs.parallel, "%zu guests are worked on at once",
	      o->exec.running);
	if (o->works[at].begun)
		return;
	check(s, !o->canceled, "%s is begun after an interruption", action->guest);
	check(s, !makes || !o->failed || s->knobs.on_error == ON_ERROR_CONTINUE,
	      "%s is begun after a failure", action->guest);
	for (size_t i = 0; makes && i < action->want->depends_len; i++) {
		const struct lease *other =
			leases_find(s->pushed, action->want->depends[i]);
		bool well = other && other->state != LEASE_RESERVED;

		for (size_t j = 0; j < o->exec.len; j++)
			if (other && !strcmp(o->exec.at[j].action->guest, other->name))
				well = o->exec.at[j].state == EXEC_WELL;
		check(s, well, "%s is made before %s", action->guest,
		      action->want->depends[i]);
	}
	for (size_t j = 0; !action->want && j < o->exec.len; j++) {
		const struct action *other = o->exec.at[j].action;

		for (size_t i = 0; !other->want && i < other->lease->depends_len; i++)
			check(s,
			      strcmp(other->lease->depends[i], action->guest) != 0 ||
				      o->exec.at[j].state == EXEC_WELL,
			      "%s is removed before %s", action->guest, other->guest);
	}
}

static void tell_exec(struct story *s, struct orders *o, enum exec_event event,
		      size_t item, const struct error *why)
{
	exec_step(&o->exec, event, item, why, o->clock, &o->now);
	for (size_t i = 0; i < o->exec.len; i++)
		o->failed |= o->exec.at[i].state == EXEC_FAILED ||
			     o->exec.at[i].state == EXEC_UNREACHABLE;
	for (size_t i = 0; i < o->now.start_len; i++) {
		struct work *work = &o->works[o->now.start[i]];

		check_turn(s, o, o->now.start[i]);
		check(s, !work->running && !work->coming, "it is begun twice");
		*work = (struct work){ .running = true, .begun = true };
	}
}

static void did_not(struct story *s, struct orders *o, size_t at, enum error_kind kind,
		    const char *text)
{
	struct error why = { 0 };

	error_set(&why, kind, "%s", text);
	o->works[at].running = o->works[at].coming = false;
	tell_exec(s, o, EXEC_DID_NOT, at, &why);
}

static void did_well(struct story *s, struct orders *o, size_t at)
{
	const struct desired *want = o->exec.at[at].action->want;
	struct work *work = &o->works[at];

	o->exec.at[at].seen = work->seen;
	if (work->started && want && is_set(&want->spec.ready.when.is)) {
		work->running = work->started = false;
		work->coming = true;
		tell_exec(s, o, EXEC_IS_UP, at, NULL);
		return;
	}
	work->running = work->coming = false;
	tell_exec(s, o, EXEC_DID_WELL, at, NULL);
}

static enum error_kind any_kind(struct story *s)
{
	static const enum error_kind kinds[] = { ERROR_FAILED, ERROR_FAILED,
						 ERROR_TEMPORARY, ERROR_CONFLICT };

	return kinds[below(s, 4)];
}

/* One step of one guest. False: vm7 was killed. */
static bool work_on(struct story *s, struct orders *o, size_t at)
{
	const struct action *action = o->exec.at[at].action;
	struct work *work = &o->works[at];
	const struct observed *seen;
	struct next next;

	if (o->canceled) {
		did_not(s, o, at, ERROR_CANCELED, "interrupted");
		return true;
	}
	if (strikes(s, 30)) /* somebody was faster */
		add_stranger(s, action->lease->vmid);
	check(s, work->steps++ < STEPS, "%s does not come to rest", action->guest);
	seen = look_at(s, action->lease->vmid);
	if (seen && seen->has_config)
		work->seen = seen;
	making_next(&next, s->scene.arena, &action->making, seen);
	if (next.step == STEP_DONE) {
		did_well(s, o, at);
		return true;
	}
	if (next.step == STEP_WAIT || next.step == STEP_REFUSE) {
		did_not(s, o, at, next.why.kind, next.why.text);
		return true;
	}
	if (strikes(s, 40))
		return false; /* killed right before */
	if (strikes(s, 15)) {
		did_not(s, o, at, any_kind(s), "Proxmox said no");
		return true;
	}
	take_step(s, action, &next);
	work->started |= next.step == STEP_START;
	if (next.step == STEP_CREATE)
		tell_exec(s, o, EXEC_LET_GO, at, NULL);
	if (strikes(s, 40))
		return false; /* right after */
	if (strikes(s, 30))   /* done, and reported as failed */
		did_not(s, o, at, any_kind(s), "it timed out");
	if (strikes(s, 60))
		add_stranger(s, any_vmid(s));
	return true;
}

/* One of those that are worked on or waited for; -1: there is none. */
static int any_of(struct story *s, const struct orders *o)
{
	unsigned busy = 0, chosen;

	for (size_t i = 0; i < o->exec.len; i++)
		busy += o->works[i].running || o->works[i].coming;
	if (busy == 0)
		return -1;
	chosen = below(s, busy);
	for (size_t i = 0; i < o->exec.len; i++)
		if ((o->works[i].running || o->works[i].coming) && chosen-- == 0)
			return (int)i;
	return -1;
}

/* In any order. False: vm7 was killed. */
static bool drive(struct story *s, struct orders *o)
{
	tell_exec(s, o, EXEC_BEGIN, 0, NULL);
	for (unsigned i = 0; !o->now.over; i++) {
		int at = any_of(s, o);

		check(s, i < EVENTS, "the pass does not end");
		if (strikes(s, 150)) {
			o->canceled = true;
			tell_exec(s, o, EXEC_STOP, 0, NULL);
		} else if (at >= 0 && o->works[at].running) {
			if (!work_on(s, o, (size_t)at))
				return false;
		} else if (at >= 0 && strikes(s, 4)) {
			did_not(s, o, (size_t)at, ERROR_TEMPORARY, "it does not answer");
		} else if (at >= 0) {
			did_well(s, o, (size_t)at);
		} else {
			check(s, o->now.wake > o->clock,
			      "nobody works, and it is not over");
			o->clock = o->now.wake;
			tell_exec(s, o, EXEC_TIME, 0, NULL);
		}
	}
	return true;
}

/* Its name, for longer than a round. */
static const char *name_of(const struct action *action)
{
	return names[action->guest[1] - '0'];
}

/* on_error: rollback: one failed, so none of those that were made stays. */
static void find_undone(struct story *s, const struct exec *exec)
{
	bool failed = false;

	if (s->knobs.on_error != ON_ERROR_ROLLBACK || s->undone)
		return;
	for (size_t i = 0; i < exec->len; i++)
		failed |= exec->at[i].state == EXEC_FAILED &&
			  verb_makes(exec->at[i].action->verb);
	for (size_t i = 0; i < exec->len && failed; i++)
		if (exec->at[i].action->verb == VERB_CREATE)
			s->undo[s->undo_len++] = name_of(exec->at[i].action);
	s->undone = s->undo_len > 0;
}

/* Which guests are there more to do about at once? (see controller/pass.c) */
static void find_more(struct story *s, const struct exec *exec)
{
	find_undone(s, exec);
	if (s->undone)
		return;
	for (size_t i = 0; i < exec->len; i++) {
		const struct action *action = exec->at[i].action;

		if (exec->at[i].state == EXEC_WELL &&
		    ((action->verb == VERB_DESTROY && action->want) ||
		     (action->verb == VERB_RELEASE && action->lease->destroy_since &&
		      s->knobs.grace_hours == 0)))
			s->again[s->again_len++] = name_of(action);
	}
}

/* True: its results are pushed. */
static bool carry_out(struct story *s)
{
	const struct plan *plan = &s->scene.plan;
	struct results results;
	struct leases leases;
	struct orders o = { .clock = 1 };

	exec_init(&o.exec, s->scene.arena, plan);
	o.works = arena_array(s->scene.arena, struct work, o.exec.len);
	if (!drive(s, &o))
		return false; /* its results are lost with it */
	results_of(&results, s->scene.arena, plan, &o.exec);
	if (results.len == 0)
		return false;
	results_merge(&leases, s->scene.arena, s->pushed, &results,
		      &s->scene.input.manifest->pools, s->scene.input.now);
	if (strikes(s, 10)) /* the push of the results is refused */
		return false;
	push(s, &leases);
	find_more(s, &o.exec);
	return !o.canceled;
}

/* True: there is more to do at once. */
static bool play_round(struct story *s)
{
	const struct plan *plan_now = &s->scene.plan;
	bool more;

	plan(s);
	s->acts |= plan_acts(plan_now);
	s->again_len = s->undo_len = 0;
	if (s->all == 0)
		s->all = s->scene.leases.len;
	if (plan_now->stop.kind || (plan_now->reserves && strikes(s, 8))) {
		scene_finish(&s->scene); /* the push is refused */
		return false;
	}
	if (plan_now->reserves)
		push(s, &s->scene.plan.leases);
	/* killed between the push and the first request? */
	more = !strikes(s, 15) && carry_out(s) && s->again_len + s->undo_len > 0;
	scene_finish(&s->scene);
	return more;
}

/* Was there something to do? */
static bool pass(struct story *s)
{
	s->released = s->remade = s->again_len = 0;
	s->allow_destroy = strikes(s, 8) ? 1 + (long)below(s, 6) : 0;
	s->allow_replace = strikes(s, 8) ? 1 + (long)below(s, 6) : 0;
	s->all = 0;
	s->acts = s->undone = false;
	for (unsigned i = 0; i < ROUNDS && play_round(s); i++)
		;
	s->again_len = s->undo_len = 0;
	return s->acts;
}

/* --- a story --- */

/* The end: everything that could be made is there, and no plan wants anything more. */
static void check_end(struct story *s)
{
	const struct plan *end = &s->scene.plan;

	plan(s);
	check(s, !end->stop.kind || s->sabotage, "the pass is refused: %s",
	      end->stop.text);
	for (size_t i = 0; i < end->actions.len; i++) {
		const struct action *action = &end->actions.at[i];
		const struct desired *want = action->want;

		check(s,
		      action->verb == VERB_NONE || action->why.kind == ERROR_EXHAUSTED ||
			      action->why.kind == ERROR_REFUSED,
		      "%s: %s", action->guest, action->why.text);
		if (s->sabotage || action->verb != VERB_NONE || !want ||
		    want->spec.hold.value)
			continue;
		check(s, action->lease && action->lease->state == LEASE_READY,
		      "%s is not there", action->guest);
	}
	scene_finish(&s->scene);
}

/* Nothing fails any more: it comes to rest, and stays so beyond every grace. */
static void quieten(struct story *s)
{
	unsigned calm = 0;

	s->quiet = true;
	s->fog = (struct fog){ 0 };
	unlock(s);
	for (unsigned i = 0; calm < CALM; i++) {
		check(s, i < QUIET, "there is still something to do");
		calm = pass(s) ? 0 : calm + 1;
		s->now += (int64_t)4 * DAY;
	}
	check_end(s);
}

static struct knobs any_knobs(struct story *s)
{
	return (struct knobs){
		.policy = below(s, 3),
		.grace_hours = below(s, 3) ? 72 : 0,
		.most = 1 + below(s, 4),
		.most_again = below(s, 4),
		.percent = 25 + 25 * below(s, 4),
		.parallel = 1 + below(s, 4),
		.on_error = below(s, 3),
		.report = once_in(s, 8),
		.quarantine_days = below(s, 2) * 2,
	};
}

static void tell(uint64_t seed)
{
	static const int pauses[] = { HOUR / 6, 5 * HOUR, DAY, 4 * DAY };
	struct story s = { .seed = seed, .chance = seed * 0x9e3779b97f4a7c15ULL + 1 };

	when_read(&s.now, "2026-11-21T09:30:00Z");
	s.knobs = any_knobs(&s);
	s.world = json_loads("{\"vmids\": [100, 109], \"storages\": {"
			     "\"local-lvm of pve01\": {\"total\": 900}, "
			     "\"local-lvm of pve02\": {\"total\": 900}}, "
			     "\"guests\": [" TEMPLATE_VM ", " TEMPLATE_CT "]}",
			     0, NULL);
	for (unsigned i = 0; i < PASSES; i++) {
		edit_entries(&s);
		if (strikes(&s, 4))
			add_stranger(&s, any_vmid(&s));
		if (strikes(&s, 3))
			touch_ours(&s);
		unlock(&s);
		raise_fog(&s);
		pass(&s);
		s.now += pauses[below(&s, 4)];
	}
	quieten(&s);
	json_decref(s.world);
	arena_destroy(s.files);
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
