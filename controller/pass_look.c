/* What a pass asks of the cluster before it decides: no more than the plan will look at. */
#include "controller/pass_inside.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/place.h"
#include "reconcile/replace.h"

#include <stdlib.h>
#include <string.h>

enum { SUSPECTS_MAX = 20 }; /* of more it is not asked who changed them */

static int compare_unsigned(const void *a, const void *b)
{
	unsigned one = *(const unsigned *)a, other = *(const unsigned *)b;

	return (one > other) - (one < other);
}

static size_t sorted_without_repeats(unsigned *list, size_t len)
{
	size_t kept = 0;

	if (len > 0)
		qsort(list, len, sizeof(*list), compare_unsigned);
	for (size_t i = 0; i < len; i++)
		if (kept == 0 || list[kept - 1] != list[i])
			list[kept++] = list[i];
	return kept;
}

static bool has_dhcp(const struct desired *want)
{
	for (size_t i = 0; i < want->networks_len; i++)
		if (want->networks[i]->dhcp.value)
			return true;
	return false;
}

/* What the list has to say of its power for nothing to be done; OBSERVED_OTHER: it may
 * say what it likes. What may have to be stopped should be known to run. */
static enum observed_power power_expected(const struct desired *want,
					  const struct lease *lease)
{
	if (lease->hold || (want && want->spec.hold.value))
		return OBSERVED_OTHER;
	if (!want)
		return lease->state == LEASE_RELEASED ? OBSERVED_OTHER : OBSERVED_RUNNING;
	if (want->spec.power.value == POWER_OBSERVE)
		return OBSERVED_OTHER;
	return want->spec.power.value == POWER_RUNNING ? OBSERVED_RUNNING
						       : OBSERVED_STOPPED;
}

/* It is made, or may be made anew: what it is made from is looked at. */
static bool is_to_be_made(const struct lease *lease, const struct desired *want)
{
	return !lease || lease->bare || lease->state == LEASE_RESERVED ||
	       may_be_replaced(lease, want);
}

struct spare_list {
	struct spare *at;
	size_t len, cap;
};

/* What it would be made from, should it be gone. */
static void add_spares(struct spare_list *out, struct arena *arena,
		       const struct desired *guest, unsigned vmid)
{
	struct vmid_list templates = { 0 };

	place_templates(&templates, arena, guest);
	for (size_t i = 0; i < templates.len; i++)
		*vec_push(arena, out) = (struct spare){ templates.at[i], vmid };
}

void pass_observe(struct pass *p)
{
	const struct manifest *manifest = &p->source.manifest;
	const struct leases *leases = &p->source.leases;
	unsigned *vmids = arena_array(p->arena, unsigned, leases->len);
	struct vmid_list templates = { 0 };
	unsigned *dhcp = arena_array(p->arena, unsigned, manifest->guests_len);
	unsigned *up = arena_array(p->arena, unsigned, leases->len);
	unsigned *down = arena_array(p->arena, unsigned, leases->len);
	struct spare_list spares = { 0 };
	struct observe_want *want = &p->want;

	*want = (struct observe_want){
		.vmids = vmids,
		.up = up,
		.down = down,
		.dhcp = dhcp,
	};
	for (size_t i = 0; i < leases->len; i++) {
		const struct lease *lease = &leases->at[i];

		if (!lease->vmid)
			continue;
		vmids[want->vmids_len++] = lease->vmid;
		switch (power_expected(manifest_find(manifest, lease->name), lease)) {
		case OBSERVED_RUNNING:
			up[want->up_len++] = lease->vmid;
			break;
		case OBSERVED_STOPPED:
			down[want->down_len++] = lease->vmid;
			break;
		case OBSERVED_OTHER:
			break;
		}
	}
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *guest = &manifest->guests[i];
		const struct lease *lease = leases_find(leases, guest->name);

		want->allocating |= !lease || lease->bare;
		want->room |= is_to_be_made(lease, guest);
		want->placing |= place_is_auto(guest) && (!lease || !lease->node);
		if (is_to_be_made(lease, guest))
			place_templates(&templates, p->arena, guest);
		else
			add_spares(&spares, p->arena, guest, lease->vmid);
		if (p->spec.apply && lease && lease->vmid &&
		    lease->state == LEASE_READY && has_dhcp(guest))
			dhcp[want->dhcp_len++] = lease->vmid;
	}
	want->vmids_len = sorted_without_repeats(vmids, want->vmids_len);
	want->spares = spares.at;
	want->spares_len = spares.len;
	want->templates = templates.at;
	want->templates_len = sorted_without_repeats(templates.at, templates.len);
	want->dhcp_len = sorted_without_repeats(dhcp, want->dhcp_len);
	want->up_len = sorted_without_repeats(up, want->up_len);
	want->down_len = sorted_without_repeats(down, want->down_len);
	p->step = PASS_OBSERVED;
	observe_start(&p->observe, p->arena, p->cluster, want, pass_tick, p);
}

/*
 * A lease whose guest is not in the list: it may end, or be made again. That of a guest
 * that is still to be made is asked about when it is.
 */
static bool may_be_absent(const struct pass *p, const struct lease *lease)
{
	return !lease->bare && p->observed->quorate &&
	       !cluster_find(p->observed, lease->vmid) &&
	       (lease->state != LEASE_RESERVED ||
		!manifest_find(&p->source.manifest, lease->name));
}

void pass_inquire(struct pass *p)
{
	const struct leases *leases = &p->source.leases;
	const struct manifest *manifest = &p->source.manifest;
	unsigned *vmids = arena_array(p->arena, unsigned, leases->len);
	struct inquiry_want want = { .vmids = vmids };
	struct archive_list storages = { 0 };

	for (size_t i = 0; i < leases->len; i++)
		if (may_be_absent(p, &leases->at[i]))
			vmids[want.vmids_len++] = leases->at[i].vmid;
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *guest = &manifest->guests[i];
		const struct lease *lease = leases_find(leases, guest->name);

		if (is_to_be_made(lease, guest))
			place_archives(&storages, p->arena, p->observed, guest, lease);
	}
	want.storages = storages.at;
	want.storages_len = storages.len;
	p->step = PASS_INQUIRED;
	inquiry_start(&p->inquiry, p->arena, p->cluster, p->observed, &want, pass_tick,
		      p);
}

void pass_probe(struct pass *p)
{
	struct probe_spec spec = { .source = &p->source, .observed = &p->observe.out };
	struct plan_input input;
	struct plan plan;

	p->probe = (struct probe){ 0 };
	pass_fill_input(p, &input);
	if (p->source.manifest.probe == PROBE_PING) {
		plan_make(&plan, p->arena, &input);
		spec.plan = &plan;
	}
	if (p->spec.apply)
		spec.cluster = p->cluster;
	p->step = PASS_PROBED;
	probe_start(&p->probe, p->arena, &spec, pass_tick, p);
}

/* Where something is to be made. */
static const char **nodes_of_making(struct pass *p, size_t *len)
{
	const char **nodes = arena_array(p->arena, const char *, p->round.actions.len);

	*len = 0;
	for (size_t i = 0; i < p->round.actions.len; i++) {
		const struct action *action = &p->round.actions.at[i];

		if (action->verb == VERB_CREATE &&
		    !str_in(action->want->node, nodes, *len))
			nodes[(*len)++] = action->want->node;
	}
	return nodes;
}

/* Is this a guest that differs although nobody touched its entry? */
static bool is_suspect(const struct pass *p, const struct action *action)
{
	const struct lease *held = leases_find(&p->source.leases, action->guest);

	if (!held || held->bare || held->state != LEASE_READY)
		return false;
	return action->verb == VERB_CHANGE || action->verb == VERB_CREATE;
}

/* What differs was changed by hand only where desired state is what it was. */
static const struct suspect *find_suspects(struct pass *p, size_t *len)
{
	const struct plan *plan = &p->round;
	struct suspect *out = arena_array(p->arena, struct suspect, SUSPECTS_MAX);

	*len = 0;
	if (p->rounds > 0 || (p->source.spec.working_tree && !p->source.clean) ||
	    !str_equal(p->source.last, p->source.leases.source))
		return out;
	for (size_t i = 0; i < plan->actions.len && *len < SUSPECTS_MAX; i++) {
		const struct action *action = &plan->actions.at[i];

		if (is_suspect(p, action))
			out[(*len)++] = (struct suspect){
				action->lease->vmid,
				action->seen ? action->seen->node : action->lease->node,
			};
	}
	return out;
}

static bool asks_anything(const struct plan *plan)
{
	for (size_t i = 0; i < plan->actions.len; i++)
		if (plan->actions.at[i].steps_len > 0)
			return true;
	return false;
}

bool pass_preflight(struct pass *p)
{
	const char *token = p->cluster_config.token.value;
	struct preflight_want want = {
		.token = arena_strndup(p->arena, token, strcspn(token, "=")),
	};

	if (p->preflown || !asks_anything(&p->round))
		return false;
	want.nodes = nodes_of_making(p, &want.nodes_len);
	want.suspects = find_suspects(p, &want.suspects_len);
	p->step = PASS_PREFLOWN;
	preflight_start(&p->preflight, p->arena, p->cluster, &want, pass_tick, p);
	return true;
}
