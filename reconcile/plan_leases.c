#include "reconcile/planner.h"
#include "reconcile/slots.h"

#include "base/text.h"
#include "ipam/rest.h"
#include "reconcile/moved.h"
#include "reconcile/place.h"

#include <string.h>

bool candidate_is_taken(const struct candidate *c)
{
	return reservation_is_taken(c->held, c->seen);
}

bool node_is_offline(const struct cluster_state *cluster, const char *node)
{
	for (size_t i = 0; node && i < cluster->nodes_len; i++)
		if (strcmp(cluster->nodes[i].name, node) == 0)
			return !cluster->nodes[i].online;
	return false;
}

/* Not in the list of a quorate cluster, its VMID free, its node there (rule 5). */
static bool is_absent(const struct planner *p, const struct lease *lease)
{
	const struct cluster_state *cluster = p->input->cluster;

	return cluster && cluster->quorate && !cluster_find(cluster, lease->vmid) &&
	       cluster_proves_free(cluster, lease->vmid) &&
	       !node_is_offline(cluster, lease->node);
}

bool planner_drops(const struct planner *p, const struct lease *lease)
{
	return !lease->bare && !lease->hold && planner_wants(p, lease->name) &&
	       !manifest_find(p->input->manifest, lease->name) &&
	       (lease->state == LEASE_ADOPTING || is_absent(p, lease));
}

/*
 * A guest that was finished and is gone is made again: with a new id, at the same
 * address. One that was being destroyed has to be gone for that.
 */
static bool is_to_be_remade(const struct planner *p, const struct candidate *c)
{
	const struct lease *held = c->held;

	if (!held || held->bare || !is_absent(p, held))
		return false;
	switch (held->state) {
	case LEASE_RESERVED:
	case LEASE_ADOPTING:
		return false;
	case LEASE_READY:
		return !held->protection &&
		       drift_mode_of(p->input->manifest, c->want) == DRIFT_REPAIR;
	case LEASE_RELEASING:
	case LEASE_RELEASED:
	case LEASE_DESTROYING:
		return true;
	}
	return false;
}

/*
 * Where an entry with `node: auto` stands: where its guest is, or as its lease says. The
 * datastore of a guest that exists is not asked for by name: it may have moved since.
 */
static const struct desired *where_it_stands(struct planner *p, const struct candidate *c)
{
	const struct manifest *manifest = p->input->manifest;
	const struct lease *lease = c->held;
	struct desired *moved;

	if (!place_is_auto(c->want) || !lease || !lease->node)
		return c->want;
	if (!c->seen || lease->state == LEASE_RESERVED)
		return place_on(p->arena, manifest, c->want, lease->node);
	moved = arena_new(p->arena, struct desired);
	*moved = *place_on(p->arena, manifest, c->want, c->seen->node);
	if (moved->spec.datastore.is.layer <= LAYER_GLOBALS)
		moved->datastore = NULL;
	return moved;
}

/* Choose the node of a guest that has none yet. */
static bool choose_node(struct planner *p, struct candidate *c, struct error *why)
{
	if (!place_is_auto(c->want) || (c->held && c->held->node))
		return true;
	if (!p->input->cluster->quorate)
		return error_set(why, ERROR_TEMPORARY,
				 "the cluster has no quorum: nothing is written");
	if (!p->places)
		p->places = places_make(p->arena, &p->premises);
	return places_choose(p->places, c->want, &c->want, &c->placed, why);
}

void planner_consider(struct planner *p, struct candidate *c, const struct desired *want)
{
	const struct cluster_state *cluster = p->input->cluster;
	struct error why = { 0 };

	c->want = want;
	c->held = leases_find(p->input->held, want->name);
	if (cluster && c->held && c->held->vmid)
		c->seen = cluster_find(cluster, c->held->vmid);
	c->adopts = candidate_adopts(p, c);
	if (c->adopts)
		return;
	c->remakes = is_to_be_remade(p, c);
	c->extends = c->held && !c->held->bare && !c->remakes &&
		     want->networks_len > c->held->nics_len;
	c->allocates = !c->held || c->held->bare || c->remakes || candidate_is_taken(c);
	c->want = where_it_stands(p, c);
	if (want->spec.hold.value || !planner_wants(p, want->name) ||
	    (!c->allocates && !planner_is_renamed(p, c)))
		return;
	/* asked before anything is allocated: who cannot be made takes nothing away */
	if (premise_of_lease(&why, &p->premises, want, c->held) && cluster &&
	    c->allocates && choose_node(p, c, &why))
		premise_of_making(&why, p->arena, &p->premises,
				  &(struct making){ .want = c->want });
	if (why.kind)
		c->why = memcpy(arena_new(p->arena, struct error), &why, sizeof(why));
}

/* What a guest asks of the allocation. */
static void wish_for(struct planner *p, struct want *wish, const struct candidate *c)
{
	const struct desired *want = c->want;
	struct claim *claims = arena_array(p->arena, struct claim, want->networks_len);
	size_t slots_len;
	const char **slots = slots_declared(p->arena, want, &slots_len);

	for (size_t i = 0; i < want->networks_len; i++)
		claims[i].pool = want->networks[i]->pool.value;
	*wish = (struct want){
		.name = want->name,
		.at = want->at,
		.type = want->type,
		.node = want->node,
		.vmid = is_set(&want->spec.vmid.is) ? (unsigned)want->spec.vmid.value
			: c->remakes                ? c->held->vmid
						    : 0,
		.readdress = want->spec.readdress.value == READDRESS_ALLOW &&
			     drift_mode_of(p->input->manifest, want) == DRIFT_REPAIR &&
			     planner_wants(p, want->name) && !planner_hold(c),
		.protection = want->spec.protection.value,
		.owns_tags = (const char *const *)want->tags,
		.owns_tags_len = want->tags_len,
		.owns_slots = slots,
		.owns_slots_len = slots_len,
		.depends = (const char *const *)want->depends,
		.depends_len = want->depends_len,
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

/* Does it take part in the allocation? Who is refused or not meant keeps what is held. */
static bool is_served(const struct planner *p, const struct candidate *c)
{
	return !c->adopts && !c->why &&
	       ((!c->allocates && !c->extends) ||
		(planner_wants(p, c->want->name) && !planner_hold(c)));
}

/*
 * What is held, but for the leases that end here, whose addresses rest, and those that
 * are to be made anew for another VMID.
 */
static void held_for_allocation(struct planner *p, struct leases *out)
{
	bool *gone = arena_array(p->arena, bool, p->input->held->len);

	leases_copy(out, p->arena, p->input->held);
	for (size_t i = 0; i < out->len; i++)
		gone[i] = planner_drops(p, &out->at[i]);
	leases_end(out, p->arena, gone, &p->input->manifest->pools, p->input->now);
	for (size_t i = 0; i < p->len; i++) {
		const struct candidate *c = &p->candidates[i];
		struct lease *lease = leases_find(out, c->want->name);

		if (lease && is_served(p, c) && (c->remakes || candidate_is_taken(c))) {
			lease->bare =
				true; /* its addresses stay, the rest is chosen again */
			lease->vmid = 0;
		}
	}
}

struct allotment *planner_allot(struct planner *p)
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

		if (!is_served(p, c))
			continue;
		c->wish = len + 1;
		wish_for(p, &wishes[len++], c);
	}
	allocate(&p->plan->leases, result, p->arena, &how, wishes, len);
	return result;
}

static bool is_readdressed(const struct lease *held, const struct lease *lease)
{
	for (size_t i = 0; i < held->nics_len && i < lease->nics_len; i++)
		if (!str_equal(held->nics[i].pool, lease->nics[i].pool))
			return true;
	return false;
}

/* Does the lease file have to say something else before anything is asked of Proxmox? */
static bool is_moved(const struct lease *held, const struct lease *lease)
{
	return !held || !str_equal(held->id, lease->id) || held->state != lease->state ||
	       !str_equal(held->destroy_since, lease->destroy_since) ||
	       (held->template && !str_equal(held->template, lease->template)) ||
	       held->nics_len < lease->nics_len || is_readdressed(held, lease);
}

void planner_settle(struct planner *p)
{
	struct plan *plan = p->plan;
	bool *gone = arena_array(p->arena, bool, plan->leases.len);

	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];
		const struct lease *held = leases_find(p->input->held, action->guest);
		struct lease *lease = leases_find(&plan->leases, action->guest);

		if (action->verb == VERB_DROP)
			plan->reserves = true;
		if (!lease)
			continue;
		if (verb_acts(action->verb))
			plan->reserves |=
				is_moved(held, lease) ||
				(i < p->len && planner_is_renamed(p, &p->candidates[i]));
		else if (held) /* nothing is done: nothing is pushed about it */
			*lease = *held;
		else
			gone[lease - plan->leases.at] = true;
	}
	/* what is pushed: leases of what is carried out, and none of what is not */
	leases_sweep(&plan->leases, gone);
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
