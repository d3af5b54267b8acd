#include "base/vec.h"
#include "reconcile/planner.h"

struct addrs {
	struct addr *at;
	size_t len, cap;
};

static bool has(const struct lease *lease, const struct addr *addr)
{
	for (size_t i = 0; lease && i < lease->nics_len; i++)
		if (addr_equal(&lease->nics[i].ip, addr) ||
		    addr_equal(&lease->nics[i].ip6, addr))
			return true;
	return false;
}

/* What a lease has that the guest did not have before. */
static void add_fresh(struct addrs *out, struct arena *arena, const struct lease *lease,
		      const struct lease *held)
{
	for (size_t i = 0; i < lease->nics_len; i++) {
		const struct addr *both[] = { &lease->nics[i].ip, &lease->nics[i].ip6 };

		for (size_t j = 0; j < 2; j++)
			if (both[j]->family && !has(held, both[j]))
				*vec_push(arena, out) = *both[j];
	}
}

size_t plan_fresh(struct addr **out, struct arena *arena, const struct plan *plan)
{
	struct addrs all = { 0 };

	for (size_t i = 0; i < plan->leases.len; i++) {
		const struct lease *lease = &plan->leases.at[i];

		add_fresh(&all, arena, lease, leases_find(plan->held, lease->name));
	}
	*out = all.at;
	return all.len;
}

static const struct addr *answering(const struct plan_input *input,
				    const struct addrs *fresh)
{
	for (size_t i = 0; i < fresh->len; i++)
		for (size_t j = 0; j < input->answering_len; j++)
			if (addr_equal(&fresh->at[i], &input->answering[j]))
				return &fresh->at[i];
	return NULL;
}

static void dispute(struct action *action, const struct addr *addr)
{
	char address[ADDR_TEXT];

	addr_print(addr, address);
	action->verb = VERB_REFUSED;
	action->steps_len = action->changes.len = 0;
	error_set(&action->why, ERROR_REFUSED,
		  "disputed: %s would be leased to it, but somebody answers there to a "
		  "ping. "
		  "Find out who; what is not vm7's to give belongs in `exclude` of its "
		  "pool",
		  address);
}

void planner_probe(struct planner *p)
{
	const struct plan_input *input = p->input;

	if (input->unprobed)
		planner_note(
			p, NULL, NOTE_WARNING,
			"globals.ipam.probe: ping: no fresh address was tried out: %s",
			input->unprobed);
	for (size_t i = 0; input->answering_len > 0 && i < p->len; i++) {
		struct action *action = &p->plan->actions.at[i];
		struct addrs fresh = { 0 };
		const struct addr *addr;

		if (!action->lease || action->verb == VERB_REFUSED ||
		    action->verb == VERB_WAIT)
			continue;
		add_fresh(&fresh, p->arena, action->lease,
			  leases_find(input->held, action->guest));
		addr = answering(input, &fresh);
		if (addr)
			dispute(action, addr);
	}
}
