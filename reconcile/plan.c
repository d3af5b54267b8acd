#include "reconcile/plan.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/vec.h"
#include "reconcile/premise.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void note(struct plan *plan, struct arena *arena, const char *guest,
		 enum note_kind kind, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void note(struct plan *plan, struct arena *arena, const char *guest,
		 enum note_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	*vec_push(arena, &plan->notes) = (struct note){
		.guest = guest,
		.kind = kind,
		.text = arena_vprintf(arena, format, args),
	};
	va_end(args);
}

/* A desired guest on its way into the plan. */
struct candidate {
	const struct desired *want;
	const struct lease *held;    /* NULL: none */
	const struct observed *seen; /* at the leased VMID */
	bool allocates;              /* a lease is made or made whole */
	size_t wish;                 /* its place in the allocation */
	const struct error *why;     /* refused before anything was allocated, or NULL */
};

struct planner {
	struct plan *plan;
	struct premises premises;
	struct arena *arena;
	const struct plan_input *input;
	const char *instance; /* the file's, or the one it is to get; the nil UUID in a
				 dry run */
	struct candidate *candidates;
	size_t len;
};

static const char nil_uuid[] = "00000000-0000-0000-0000-000000000000";

static bool wanted_now(const struct plan_input *input, const char *guest)
{
	return !input->only || strcmp(input->only, guest) == 0;
}

/*
 * A reserved VMID where somebody else's guest turned up: only then another is chosen, and
 * only in this later pass, when that guest is unlocked, readable and without our line.
 */
static bool reserved_but_taken(const struct candidate *c)
{
	return c->held && !c->held->bare && c->held->state == LEASE_RESERVED && c->seen &&
	       !c->seen->lock && c->seen->has_config && !c->seen->line_id;
}

static void consider(struct planner *p, struct candidate *c, const struct desired *want)
{
	const struct cluster_state *cluster = p->input->cluster;
	struct error why = { 0 };

	c->want = want;
	c->held = leases_find(p->input->held, want->name);
	if (cluster && c->held && c->held->vmid)
		c->seen = cluster_find(cluster, c->held->vmid);
	c->allocates = !c->held || c->held->bare || reserved_but_taken(c);
	if (!c->allocates || !wanted_now(p->input, want->name))
		return;
	/* asked before anything is allocated: who cannot be made takes nothing away */
	if (premise_of_lease(&why, &p->premises, want, c->held) && cluster)
		premise_of_making(&why, p->arena, &p->premises,
				  &(struct making){ .want = want });
	if (why.kind)
		c->why = memcpy(arena_new(p->arena, struct error), &why, sizeof(why));
}

/* What a guest asks of the allocation. */
static void wish_for(struct planner *p, struct want *wish, const struct candidate *c)
{
	const struct desired *want = c->want;
	struct claim *claims = arena_array(p->arena, struct claim, want->networks_len);

	for (size_t i = 0; i < want->networks_len; i++)
		claims[i].pool = want->networks[i]->pool.value;
	*wish = (struct want){
		.name = want->name,
		.at = want->at,
		.type = want->type,
		.node = want->node,
		.vmid = is_set(&want->spec.vmid.is) ? (unsigned)want->spec.vmid.value : 0,
		.protection = want->spec.protection.value,
		.owns_tags = (const char *const *)want->tags,
		.owns_tags_len = want->tags_len,
		.claims = claims,
		.claims_len = want->networks_len,
	};
}

/* The numbers to choose VMIDs from: the file's, the datacenter's, Proxmox's own default.
 */
static void vmid_range(const struct planner *p, struct allocation *how)
{
	const struct manifest *manifest = p->input->manifest;
	const struct cluster_state *cluster = p->input->cluster;

	how->vmid_first = 100;
	how->vmid_last = 999999;
	if (cluster && cluster->vmid_first) {
		how->vmid_first = cluster->vmid_first;
		how->vmid_last = cluster->vmid_last;
	}
	if (manifest->vmid_first) {
		how->vmid_first = manifest->vmid_first;
		how->vmid_last = manifest->vmid_last;
	}
}

/* Nothing can be known of a guest whose node does not answer, not even its absence. */
static bool on_offline_node(const struct cluster_state *cluster, const char *node)
{
	for (size_t i = 0; node && i < cluster->nodes_len; i++)
		if (strcmp(cluster->nodes[i].name, node) == 0)
			return !cluster->nodes[i].online;
	return false;
}

/*
 * What is pushed: leases of what is carried out, and none of what is not. One sweep over
 * them all: taking them out one by one would move the rest each time.
 */
static void sweep_leases(struct leases *leases, const bool *gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < leases->len; i++)
		if (!gone[i])
			leases->at[kept++] = leases->at[i];
	leases->len = kept;
}

/*
 * The lease of a guest that was never made and is not wanted any more. It ends only where the guest is
 * proven absent: not in the list, and its VMID free.
 */
static bool is_dropped(const struct planner *p, const struct lease *lease)
{
	const struct cluster_state *cluster = p->input->cluster;

	return lease->state == LEASE_RESERVED && !lease->bare && cluster &&
	       cluster->quorate && wanted_now(p->input, lease->name) &&
	       !manifest_find(p->input->manifest, lease->name) &&
	       !cluster_find(cluster, lease->vmid) &&
	       cluster_proves_free(cluster, lease->vmid) &&
	       !on_offline_node(cluster, lease->node);
}

/* What is held, but for the leases that are to be made anew for another VMID. */
static void held_for_allocation(struct planner *p, struct leases *out)
{
	bool *gone = arena_array(p->arena, bool, p->input->held->len);

	leases_copy(out, p->arena, p->input->held);
	for (size_t i = 0; i < out->len; i++)
		gone[i] = is_dropped(p, &out->at[i]);
	sweep_leases(out, gone);
	for (size_t i = 0; i < p->len; i++) {
		struct lease *lease = leases_find(out, p->candidates[i].want->name);

		if (lease && reserved_but_taken(&p->candidates[i])) {
			lease->bare =
				true; /* its addresses stay, the rest is chosen again */
			lease->vmid = 0;
		}
	}
}

static struct allotment *allot(struct planner *p)
{
	const struct plan_input *input = p->input;
	struct want *wishes = arena_array(p->arena, struct want, p->len);
	struct allotment *result = arena_array(p->arena, struct allotment, p->len);
	struct leases held;
	struct allocation how = {
		.pools = &input->manifest->pools,
		.held = &held,
		.instance = p->instance,
		.serial = input->held->serial + 1,
		.since = input->now,
		.mac_prefix = "BC:24:11",
	};
	size_t len = 0;

	held_for_allocation(p, &held);
	vmid_range(p, &how);
	how.vmids_taken = p->premises.vmids;
	how.vmids_taken_len = p->premises.vmids_len;
	how.addrs_taken = p->premises.addrs;
	how.addrs_taken_len = p->premises.addrs_len;
	if (input->cluster && input->cluster->mac_prefix)
		how.mac_prefix = input->cluster->mac_prefix;
	for (size_t i = 0; i < p->len; i++) {
		struct candidate *c = &p->candidates[i];

		if (c->why || (c->allocates && !wanted_now(input, c->want->name)) ||
		    (c->allocates && c->want->spec.hold.value))
			continue;
		c->wish = len + 1;
		wish_for(p, &wishes[len++], c);
	}
	allocate(&p->plan->leases, result, p->arena, &how, wishes, len);
	return result;
}

static const char *reason_of(struct planner *p, const struct candidate *c)
{
	char *at = place_print(p->arena, c->want->at);

	if (!c->held)
		return arena_printf(p->arena, "in %s, and nothing is leased to it", at);
	if (c->held->bare)
		return arena_printf(p->arena, "in %s, and only its address is leased",
				    at);
	if (reserved_but_taken(c))
		return arena_printf(
			p->arena,
			"in %s; VMID %u was reserved, but somebody else's guest has it",
			at, c->held->vmid);
	if (c->seen)
		return arena_printf(p->arena, "in %s, and half made", at);
	return arena_printf(p->arena, "in %s, reserved and not there yet", at);
}

static const char *password_hash(const struct plan_input *input,
				 const struct desired *want)
{
	const struct secret_setting *password = &want->spec.access.temp_password;

	for (size_t i = 0; i < input->passwords_len; i++)
		if (str_equal(input->passwords[i].secret, password->name))
			return input->passwords[i].hash;
	return is_set(&password->is) && password->name ? "*" : NULL;
}

/* Seconds since 1970 of "2026-11-21T09:30:00Z"; 0 when it is no time. */
static time_t seconds_of(const char *text)
{
	struct tm utc = { 0 };

	if (!text || !strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc))
		return 0;
	return timegm(&utc);
}

enum { STUCK_SECONDS = 3600 };

/* Locked for longer than any work takes: waiting for it helps nobody. */
static bool is_stuck(const struct planner *p, const struct action *action)
{
	return action->seen && action->seen->lock &&
	       seconds_of(p->input->now) - seconds_of(action->lease->since) >
		       STUCK_SECONDS;
}

/* "3 GiB", or "3500 MiB" where that is no whole number of them. */
static char *size_text(struct arena *arena, unsigned long mib)
{
	if (mib % 1024 == 0)
		return arena_printf(arena, "%lu GiB", mib / 1024);
	return arena_printf(arena, "%lu MiB", mib);
}

/* What will be different by itself is waited for. */
static enum verb unless_it_passes(const struct error *why)
{
	return why->kind == ERROR_TEMPORARY ? VERB_WAIT : VERB_REFUSED;
}

/* The guest is to be made, or its making gone on with: which steps, and may they be
 * taken? */
static void plan_making(struct planner *p, struct action *action,
			const struct candidate *c)
{
	const struct plan_input *input = p->input;
	struct making *making = &action->making;
	struct observed fresh = { 0 };

	*making = (struct making){
		.want = c->want,
		.lease = action->lease,
		.pools = &input->manifest->pools,
		.instance = p->instance,
		.repository = input->repository,
		.password_hash = password_hash(input, c->want),
	};
	action->reason = reason_of(p, c);
	action->seen = reserved_but_taken(c) ? NULL : c->seen;
	action->steps = arena_array(p->arena, enum step, STEP_REFUSE);
	if (input->cluster &&
	    !premise_of_making(&action->why, p->arena, &p->premises, making)) {
		action->verb = unless_it_passes(&action->why);
		return;
	}
	action->steps_len = making_steps(action->steps, p->arena, making, action->seen);
	action->verb = action->seen ? VERB_RESUME : VERB_CREATE;
	if (action->steps_len > 0 && action->steps[0] >= STEP_WAIT) {
		struct next next;

		making_next(&next, p->arena, making, action->seen);
		if (next.step == STEP_REFUSE)
			action->verb = VERB_REFUSED;
		action->why = next.why;
		if (is_stuck(p, action)) {
			action->verb = VERB_WAIT;
			error_set(&action->why, ERROR_TEMPORARY,
				  "stuck: VMID %u is locked (%s) for over an hour. Look "
				  "at it on %s; if nothing works "
				  "on it any more: %s unlock %u",
				  action->seen->vmid, action->seen->lock,
				  action->seen->node,
				  action->seen->type == GUEST_VM ? "qm" : "pct",
				  action->seen->vmid);
		}
	}
	if (action->seen)
		fresh = *action->seen;
	else if (making->template)
		fresh = *making->template;
	if (action->verb == VERB_CREATE && !c->want->template_id)
		making_options(&action->changes, p->arena, making);
	else
		making_changes(&action->changes, p->arena, making, &fresh, true);
	if (fresh.root_disk_mib)
		action->grow_from = size_text(p->arena, fresh.root_disk_mib);
}

/* "local-lvm:vm-100-disk-0,size=3G": a volume's name begins with its storage. */
static bool on_storage(const char *volume, const char *storage)
{
	size_t len = strlen(storage);

	return volume && strncmp(volume, storage, len) == 0 && volume[len] == ':';
}

/* How a finished guest differs from its entry. It is told, not changed. */
static void note_drift(struct planner *p, const struct action *action)
{
	const struct desired *want = action->want;
	const struct observed *seen = action->seen;
	struct making making = {
		.want = want,
		.lease = action->lease,
		.pools = &p->input->manifest->pools,
		.instance = p->instance,
		.repository = p->input->repository,
	};
	struct changes changes;

	making_changes(&changes, p->arena, &making, seen, false);
	for (size_t i = 0; i < changes.len; i++)
		note(p->plan, p->arena, action->guest, NOTE_DRIFT,
		     "%s is %s, the entry says %s", making_entry_key(changes.at[i].key),
		     changes.at[i].from ? changes.at[i].from : "not set",
		     changes.at[i].to ? changes.at[i].to : "nothing");
	if (is_set(&want->spec.disk_gb.is) && seen->root_disk &&
	    seen->root_disk_mib != (unsigned long)want->spec.disk_gb.value * 1024)
		note(p->plan, p->arena, action->guest, NOTE_DRIFT,
		     "disk_gb: %s has %s, the entry says %ld GiB", seen->root_disk,
		     size_text(p->arena, seen->root_disk_mib), want->spec.disk_gb.value);
	if (want->spec.power.value == POWER_RUNNING && seen->power == OBSERVED_STOPPED)
		note(p->plan, p->arena, action->guest, NOTE_DRIFT,
		     "it is stopped, the entry says running");
	if (want->spec.power.value == POWER_STOPPED && seen->power == OBSERVED_RUNNING)
		note(p->plan, p->arena, action->guest, NOTE_DRIFT,
		     "it is running, the entry says stopped");
	if (want->datastore && want->spec.clone.value == CLONE_FULL && seen->root_disk &&
	    !on_storage(observed_option(seen, seen->root_disk), want->datastore))
		note(p->plan, p->arena, action->guest, NOTE_DRIFT,
		     "%s is not on %s, as the entry says: disks are not moved",
		     seen->root_disk, want->datastore);
	if (want->spec.node.is.layer >= LAYER_PRESET &&
	    strcmp(want->node, seen->node) != 0)
		note(p->plan, p->arena, action->guest, NOTE_DRIFT,
		     "it is on node %s, the entry says %s: guests are not moved",
		     seen->node, want->node);
}

/* A guest that was finished once: is it the one, and is it as desired? */
static void plan_finished(struct planner *p, struct action *action)
{
	const struct lease *lease = action->lease;
	const struct observed *seen = action->seen;
	const char *node = seen ? seen->node : lease->node;

	if (!p->input->cluster)
		return;
	if (!p->input->cluster->quorate) {
		note(p->plan, p->arena, action->guest, NOTE_UNKNOWN,
		     "the cluster has no quorum: what it shows may be old");
	} else if (on_offline_node(p->input->cluster, node)) {
		note(p->plan, p->arena, action->guest, NOTE_UNKNOWN, "node %s is offline",
		     node);
	} else if (!seen) {
		action->verb = VERB_REFUSED;
		error_set(&action->why, ERROR_REFUSED,
			  "VMID %u is gone: it was deleted outside vm7. Making a "
			  "finished guest again is "
			  "not supported yet",
			  lease->vmid);
	} else if (seen->lock) {
		note(p->plan, p->arena, action->guest, NOTE_BUSY,
		     "VMID %u is locked (%s)", seen->vmid, seen->lock);
	} else if (!seen->has_config) {
		note(p->plan, p->arena, action->guest, NOTE_UNKNOWN,
		     "VMID %u on %s cannot be read", seen->vmid, seen->node);
	} else if (!identity_proven(lease, p->instance, seen, &action->why)) {
		action->verb = VERB_REFUSED;
		error_wrap(&action->why, "disputed");
	} else {
		note_drift(p, action);
	}
}

/* Every lease but a reserved one belongs to a guest that was finished once. */
static void plan_leased(struct planner *p, struct action *action,
			const struct candidate *c)
{
	switch (action->lease->state) {
	case LEASE_RESERVED:
		plan_making(p, action, c);
		return;
	case LEASE_READY:
		plan_finished(p, action);
		return;
	case LEASE_ADOPTING:
	case LEASE_RELEASING:
	case LEASE_RELEASED:
	case LEASE_DESTROYING:
		action->verb = VERB_REFUSED;
		error_set(&action->why, ERROR_REFUSED,
			  "its lease is in the state %s, which is not supported yet",
			  lease_state_name(action->lease->state));
		return;
	}
}

static const char *on_hold(const struct candidate *c)
{
	if (c->want->spec.hold.value)
		return "hold: true in its entry";
	return c->held ? c->held->hold : NULL;
}

static void plan_desired(struct planner *p, const struct candidate *c,
			 const struct allotment *result)
{
	struct action *action = vec_push(p->arena, &p->plan->actions);
	const struct allotment *got = c->wish ? &result[c->wish - 1] : NULL;

	action->guest = c->want->name;
	action->want = c->want;
	action->seen = c->seen;
	action->lease = leases_find(&p->plan->leases, c->want->name);
	if (got && got->note)
		note(p->plan, p->arena, action->guest, NOTE_VMID, "%s", got->note);
	if (on_hold(c)) {
		note(p->plan, p->arena, action->guest, NOTE_HOLD, "left alone: %s",
		     on_hold(c));
	} else if (!wanted_now(p->input, action->guest)) {
		return;
	} else if (c->why) {
		action->verb = unless_it_passes(c->why);
		action->why = *c->why;
		action->reason = reason_of(p, c);
	} else if (got && !got->ok) {
		action->verb = VERB_REFUSED;
		action->why = got->why;
		action->reason = reason_of(p, c);
	} else if (action->lease) {
		plan_leased(p, action, c);
	}
}

/* A lease whose entry is gone. */
static void plan_undesired(struct planner *p, const struct lease *lease)
{
	struct action *action;

	if (lease->bare || manifest_find(p->input->manifest, lease->name) ||
	    !wanted_now(p->input, lease->name))
		return;
	if (is_dropped(p, lease)) {
		action = vec_push(p->arena, &p->plan->actions);
		action->guest = lease->name;
		action->verb = VERB_DROP;
		action->lease = lease;
		action->reason = "its entry is gone and it was never made";
		return;
	}
	note(p->plan, p->arena, lease->name, NOTE_RELEASE,
	     "its entry is gone; %s %u keeps its lease and stays as it is: releasing is "
	     "not supported yet",
	     guest_type_name(lease->type), lease->vmid);
}

/* Guests that say they are this repository's, without a lease. */
static void note_orphans(struct planner *p)
{
	for (size_t i = 0; i < p->premises.foreign_len; i++) {
		const struct observed *guest = p->premises.foreign[i];

		if (!guest->line_id ||
		    !str_equal(guest->line_instance, p->input->held->instance))
			continue;
		note(p->plan, p->arena, guest->name, NOTE_ORPHAN,
		     "VMID %u on %s carries vm7's line of these leases, but no lease: it "
		     "is left alone",
		     guest->vmid, guest->node);
	}
}

/*
 * One guest that gets no address stops every creation, unless the file says to go on: the
 * whole allocation is known before anything is made.
 */
static void stop_creations(struct planner *p)
{
	const struct action *full = NULL;

	for (size_t i = 0; i < p->plan->actions.len && !full; i++)
		if (p->plan->actions.at[i].why.kind == ERROR_EXHAUSTED)
			full = &p->plan->actions.at[i];
	if (!full || p->input->manifest->on_error == ON_ERROR_CONTINUE)
		return;
	for (size_t i = 0; i < p->plan->actions.len; i++) {
		struct action *action = &p->plan->actions.at[i];

		if (action->verb != VERB_CREATE)
			continue;
		action->verb = VERB_REFUSED;
		action->steps_len = 0;
		action->offer = arena_new(p->arena, struct lease);
		*action->offer = *action->lease;
		error_set(&action->why, ERROR_EXHAUSTED,
			  "nothing is created while %s cannot be served (on_error: stop)",
			  full->guest);
	}
}

static void settle_leases(struct planner *p)
{
	struct plan *plan = p->plan;
	bool *gone = arena_array(p->arena, bool, plan->leases.len);

	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];
		const struct candidate *c = i < p->len ? &p->candidates[i] : NULL;
		struct lease *lease = leases_find(&plan->leases, action->guest);
		bool refused = action->verb == VERB_REFUSED || action->verb == VERB_WAIT;

		if (refused && c && c->allocates && lease) {
			if (c->held)
				*lease = *c->held;
			else
				gone[lease - plan->leases.at] = true;
		}
		/* the allocation has left out what is dropped */
		plan->reserves |= action->verb == VERB_DROP ||
				  (!refused && c && c->allocates && c->wish);
	}
	sweep_leases(&plan->leases, gone);
	/* the leases have moved: point to them again */
	for (size_t i = 0; i < plan->actions.len; i++) {
		struct action *action = &plan->actions.at[i];

		if (action->verb != VERB_DROP)
			action->lease = leases_find(&plan->leases, action->guest);
		if (!action->lease)
			action->lease = action->offer;
		action->making.lease = action->lease;
	}
}

static void fingerprint(struct planner *p)
{
	const struct cluster_state *cluster = p->input->cluster;
	struct text facts;

	text_init(&facts, p->arena);
	text_addf(&facts, "%s\n%s\n", p->input->contents,
		  cluster ? cluster->name : "offline");
	for (size_t i = 0; i < p->plan->actions.len; i++) {
		const struct action *action = &p->plan->actions.at[i];
		const struct observed *template = action->making.template;

		text_addf(&facts, "%s %s", action->guest, verb_name(action->verb));
		if (action->lease)
			text_addf(&facts, " %u", action->lease->vmid);
		if (action->seen)
			text_addf(&facts, " %s %s %d", action->seen->node,
				  action->seen->digest ? action->seen->digest : "-",
				  (int)action->seen->power);
		if (template)
			text_addf(&facts, " %u %s", template->vmid, template->digest);
		text_addc(&facts, '\n');
	}
	for (size_t i = 0; p->plan->reserves && i < p->premises.vmids_len; i++)
		text_addf(&facts, "%u\n", p->premises.vmids[i]);
	for (size_t i = 0; i < p->plan->notes.len; i++)
		text_addf(&facts, "%s %s\n", note_name(p->plan->notes.at[i].kind),
			  p->plan->notes.at[i].text);
	text_add(&facts, p->plan->stop.text);
	hash_sha256_hex(text_str(&facts), facts.len, p->plan->fingerprint);
}

static void note_the_whole(struct planner *p)
{
	const struct manifest *manifest = p->input->manifest;

	for (size_t i = 0; i < manifest->warnings_len; i++)
		note(p->plan, p->arena, NULL, NOTE_WARNING, "%s", manifest->warnings[i]);
	if (manifest->proxmox.insecure.value)
		note(p->plan, p->arena, NULL, NOTE_TLS,
		     "tls.insecure: nobody knows whether this is the cluster it says it "
		     "is");
}

/* Room for all actions at once: they are large, and growing would copy each a few times. */
static void reserve_actions(struct planner *p)
{
	const struct leases *held = p->input->held;
	size_t most = p->len;

	for (size_t i = 0; i < held->len; i++)
		most += !manifest_find(p->input->manifest, held->at[i].name);
	p->plan->actions.at = arena_array(p->arena, struct action, most);
	p->plan->actions.cap = most;
}

void plan_make(struct plan *plan, struct arena *arena, const struct plan_input *input)
{
	struct planner p = { .plan = plan, .arena = arena, .input = input };
	struct allotment *result;

	*plan = (struct plan){ .input = input };
	p.instance = input->held->instance ? input->held->instance
		     : input->instance     ? input->instance
					   : nil_uuid;
	premises_make(&p.premises, arena, input);
	note_the_whole(&p);
	if (premise_of_pass(&plan->stop, arena, &p.premises)) {
		p.len = input->manifest->guests_len;
		p.candidates = arena_array(arena, struct candidate, p.len);
		reserve_actions(&p);
		for (size_t i = 0; i < p.len; i++)
			consider(&p, &p.candidates[i], &input->manifest->guests[i]);
		result = allot(&p);
		for (size_t i = 0; i < p.len; i++)
			plan_desired(&p, &p.candidates[i], result);
		for (size_t i = 0; i < input->held->len; i++)
			plan_undesired(&p, &input->held->at[i]);
		note_orphans(&p);
		stop_creations(&p);
		settle_leases(&p);
	}
	fingerprint(&p);
}
