/*
 * Guests that somebody else made and an entry takes over: their leases say what is found,
 * address, MACs and UUID, and the guests get our marks.
 */
#include "base/hash.h"
#include "base/text.h"
#include "reconcile/adoption.h"
#include "reconcile/declared.h"
#include "reconcile/place.h"
#include "reconcile/planner.h"

#include <string.h>
#include <strings.h>

bool candidate_adopts(const struct planner *p, struct candidate *c)
{
	const struct num_setting *adopt = &c->want->spec.adopt;

	if (!is_set(&adopt->is) || (c->held && !c->held->bare))
		return false;
	if (p->input->cluster)
		c->seen = cluster_find(p->input->cluster, (unsigned)adopt->value);
	return true;
}

/* May it be taken over? Asked before its lease is made. */
static bool may_be_adopted(const struct planner *p, const struct candidate *c,
			   struct error *err)
{
	const struct cluster_state *cluster = p->input->cluster;
	unsigned vmid = (unsigned)c->want->spec.adopt.value;
	const struct observed *seen = c->seen;

	for (size_t i = 0; i < p->plan->leases.len; i++)
		if (p->plan->leases.at[i].vmid == vmid)
			return error_set(err, ERROR_REFUSED,
					 "VMID %u is leased to %s already", vmid,
					 p->plan->leases.at[i].name);
	if (!cluster->quorate)
		return error_set(err, ERROR_TEMPORARY,
				 "the cluster has no quorum: nothing is written");
	if (!seen)
		return error_set(err, ERROR_FAILED,
				 "adopt: there is no guest %u on the cluster %s, or the "
				 "token may not see it (VM.Audit on /vms/%u)",
				 vmid, cluster->name, vmid);
	if (node_is_offline(cluster, seen->node))
		return error_set(err, ERROR_TEMPORARY, "node %s is offline", seen->node);
	if (seen->lock)
		return error_set(err, ERROR_TEMPORARY,
				 "VMID %u is locked (%s): Proxmox is working on it", vmid,
				 seen->lock);
	if (!adoption_is_free(p->input->held, seen, err))
		return error_wrap(err, "VMID %u", vmid);
	if (seen->type != c->want->type)
		return error_set(err, ERROR_REFUSED, "VMID %u is a %s, the entry says %s",
				 vmid, guest_type_name(seen->type),
				 guest_type_name(c->want->type));
	if (seen->type == GUEST_VM && !seen->uuid)
		return error_set(err, ERROR_REFUSED,
				 "VMID %u has no UUID that it could be known by. Give it "
				 "one on %s, it counts from its next start on: qm set %u "
				 "--smbios1 uuid=$(uuidgen)",
				 vmid, seen->node, vmid);
	return true;
}

/* The address that was told for it before (vm7 import leases), or none. */
static const struct nic *told_nic(const struct candidate *c, size_t card,
				  const struct pool *pool)
{
	if (!c->held || card >= c->held->nics_len ||
	    !str_equal(c->held->nics[card].pool, pool->name))
		return NULL;
	return &c->held->nics[card];
}

static bool is_inside(const struct addr *ip, const struct subnet *subnet,
		      const struct pool *pool, size_t card, struct error *err)
{
	char text[ADDR_TEXT];

	if (!ip->family || cidr_contains(&subnet->cidr, ip))
		return true;
	addr_print(ip, text);
	return error_set(err, ERROR_INVALID,
			 "net%zu has %s, which is not in pool %s: name a network without "
			 "a pool, or one whose pool has it",
			 card, text, pool->name);
}

/* The address of a card in a network that leases them: as its config says, or as told. */
static bool take_address(struct nic *nic, const struct candidate *c, size_t card,
			 const struct observed_card *seen, const struct pool *pool,
			 struct error *err)
{
	const struct network *network = c->want->networks[card];
	const struct nic *told = told_nic(c, card, pool);

	nic->pool = pool->name;
	nic->ip = seen->ip;
	nic->ip6 = seen->ip6;
	if (told && !nic->ip.family)
		nic->ip = told->ip;
	if (told && !nic->ip6.family)
		nic->ip6 = told->ip6;
	if (!nic->ip.family && !nic->ip6.family)
		return error_set(err, ERROR_REFUSED,
				 "net%zu has no address in its config, and network %s "
				 "leases those of pool %s: say which one it has (vm7 "
				 "import leases %s=ADDRESS), or name a network without a "
				 "pool",
				 card, network->name, pool->name, c->want->name);
	return is_inside(&nic->ip, &pool->v4, pool, card, err) &&
	       is_inside(&nic->ip6, &pool->v6, pool, card, err);
}

static bool has_address(const struct lease *lease, const struct addr *ip)
{
	for (size_t i = 0; i < lease->nics_len; i++)
		if (addr_equal(&lease->nics[i].ip, ip) ||
		    addr_equal(&lease->nics[i].ip6, ip))
			return true;
	return false;
}

/* What was leased to its name before is the guest's own address, or it is another guest. */
static bool keeps_what_was_told(const struct candidate *c, const struct lease *lease,
				struct error *err)
{
	for (size_t i = 0; c->held && i < c->held->nics_len; i++) {
		const struct nic *told = &c->held->nics[i];
		const struct addr *ip = told->ip.family ? &told->ip : &told->ip6;
		char text[ADDR_TEXT];

		if (!ip->family || has_address(lease, ip))
			continue;
		addr_print(ip, text);
		return error_set(err, ERROR_REFUSED,
				 "%s is leased to it, and VMID %u has another address",
				 text, lease->vmid);
	}
	return true;
}

static bool take_cards(struct planner *p, const struct candidate *c, struct lease *lease,
		       struct error *err)
{
	const struct desired *want = c->want;

	lease->nics_len = want->networks_len;
	lease->nics = arena_array(p->arena, struct nic, want->networks_len);
	for (size_t i = 0; i < want->networks_len; i++) {
		const char *name = want->networks[i]->pool.value;
		const struct pool *pool =
			name ? pools_find(&p->input->manifest->pools, name) : NULL;
		const struct observed_card *card = observed_card(c->seen, i);

		if (!card)
			return error_set(err, ERROR_REFUSED,
					 "VMID %u has no net%zu that network %s could be "
					 "of: take it out of the entry until it is "
					 "adopted",
					 lease->vmid, i, want->networks[i]->name);
		lease->nics[i].mac = card->mac;
		if (pool && !take_address(&lease->nics[i], c, i, card, pool, err))
			return false;
	}
	return keeps_what_was_told(c, lease, err);
}

/* The first thing that two leases would both hold, or NULL. */
static const char *both_hold(struct arena *arena, const struct lease *one,
			     const struct lease *other)
{
	char text[ADDR_TEXT];

	if (other->id && strcasecmp(one->id, other->id) == 0)
		return arena_printf(arena, "the UUID %s", one->id);
	for (size_t i = 0; i < one->nics_len; i++) {
		const struct nic *nic = &one->nics[i];

		for (size_t j = 0; j < other->nics_len; j++)
			if (other->nics[j].mac &&
			    strcasecmp(nic->mac, other->nics[j].mac) == 0)
				return arena_printf(arena, "the MAC %s", nic->mac);
		for (size_t f = 0; f < 2; f++) {
			const struct addr *ip = f == 0 ? &nic->ip : &nic->ip6;
			bool both = ip->family && has_address(other, ip);

			for (size_t j = 0; ip->family && j < other->leaving_len; j++)
				both |= addr_equal(&other->leaving[j].ip, ip);
			if (!both)
				continue;
			addr_print(ip, text);
			return arena_strdup(arena, text);
		}
	}
	return NULL;
}

static bool is_single(const struct planner *p, const struct lease *lease,
		      struct error *err)
{
	for (size_t i = 0; i < p->plan->leases.len; i++) {
		const struct lease *other = &p->plan->leases.at[i];
		const char *what = strcmp(other->name, lease->name) == 0
					   ? NULL
					   : both_hold(p->arena, lease, other);

		if (what)
			return error_set(err, ERROR_REFUSED,
					 "VMID %u has %s, which is leased to %s",
					 lease->vmid, what, other->name);
	}
	return true;
}

/* A VM is known by its UUID, as it is; a container by an id of ours. */
static const char *id_of(const struct planner *p, const struct candidate *c)
{
	char id[UUID_TEXT];

	if (c->seen->type == GUEST_VM)
		return c->seen->uuid;
	hash_uuid5(p->instance,
		   arena_printf(p->arena, "%s %u", c->want->name,
				p->input->held->serial + 1),
		   id);
	return arena_strdup(p->arena, id);
}

static bool lease_as_found(struct planner *p, struct candidate *c, struct error *err)
{
	struct leases *leases = &p->plan->leases;
	struct lease lease = { 0 }, *place;

	if (!may_be_adopted(p, c, err))
		return false;
	if (place_is_auto(c->want))
		c->want = place_on(p->arena, p->input->manifest, c->want, c->seen->node);
	lease.name = c->want->name;
	lease.id = id_of(p, c);
	lease.state = LEASE_ADOPTING;
	lease.type = c->seen->type;
	lease.node = c->seen->node;
	lease.vmid = c->seen->vmid;
	lease.since = p->input->now;
	if (!take_cards(p, c, &lease, err) || !is_single(p, &lease, err))
		return false;
	lease_declare(p->arena, &lease, c->want, c->seen);
	place = leases_find(leases, lease.name);
	if (!place)
		place = leases_add(p->arena, leases, lease.name);
	*place = lease;
	return true;
}

/* An entry that names another guest than the one it has. */
static bool means_another(const struct candidate *c, struct error *err)
{
	const struct num_setting *adopt = &c->want->spec.adopt;

	if (!is_set(&adopt->is) || !c->held || c->held->bare || !c->held->vmid ||
	    c->held->vmid == (unsigned)adopt->value)
		return false;
	error_set(
		err, ERROR_REFUSED,
		"adopt: %ld, but VMID %u is leased to it: an entry keeps its guest. Give "
		"%ld an entry of its own",
		adopt->value, c->held->vmid, adopt->value);
	return true;
}

void planner_adopt(struct planner *p)
{
	for (size_t i = 0; i < p->len; i++) {
		struct candidate *c = &p->candidates[i];
		struct error why = { 0 };

		if (planner_hold(c) || !planner_wants(p, c->want->name))
			continue;
		if (c->adopts && !p->input->cluster)
			planner_note(
				p, c->want->name, NOTE_UNKNOWN,
				"VMID %ld is adopted as it is found, and Proxmox was "
				"not asked",
				c->want->spec.adopt.value);
		else if (c->adopts ? !lease_as_found(p, c, &why) : means_another(c, &why))
			c->why = memcpy(arena_new(p->arena, struct error), &why,
					sizeof(why));
	}
}

void planner_adopting(struct planner *p, struct action *action)
{
	struct next next;

	planner_fill(p, &action->making, action->want, action->lease);
	action->steps = arena_array(p->arena, enum step, STEPS_MAX);
	if (!planner_sees(p, action->guest, action->lease, action->seen))
		return;
	action->reason = arena_printf(p->arena, "in %s, to be taken over as it is",
				      place_print(p->arena, action->want->at));
	making_next(&next, p->arena, &action->making, action->seen);
	if (next.step == STEP_WAIT || next.step == STEP_REFUSE) {
		action->verb = next.step == STEP_WAIT ? VERB_WAIT : VERB_REFUSED;
		action->why = next.why;
		return;
	}
	action->verb = VERB_ADOPT;
	action->changes = next.changes;
	if (next.step == STEP_CONFIGURE)
		action->steps[action->steps_len++] = STEP_CONFIGURE;
}
