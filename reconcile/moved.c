#include "reconcile/moved.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- mistakes ---- */

static void complain_of(struct reading *reading, size_t ordinal,
			const struct text_setting *from, const char *what,
			const struct desired *other)
{
	const struct trail list = { NULL, "vms", 0 };
	const struct trail item = { &list, NULL, ordinal };
	const struct trail here = { &item, "renamed_from", 0 };

	mistake(&reading->how, &here, from->is.at, "%s %s at %s", from->value, what,
		place_print(reading->how.arena, other->at));
}

struct asked {
	const char *name;
	size_t at;
};

static int compare_asked(const void *left, const void *right)
{
	const struct asked *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->at > b->at) - (a->at < b->at);
}

void check_renamed(struct reading *reading, const size_t *ordinals)
{
	const struct manifest *manifest = reading->manifest;
	struct asked *all =
		arena_array(reading->how.arena, struct asked, manifest->guests_len);
	size_t len = 0, first = 0;

	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct text_setting *from = &manifest->guests[i].spec.renamed_from;
		const struct desired *other;

		if (!is_set(&from->is) || from->is.bad)
			continue;
		all[len++] = (struct asked){ from->value, i };
		other = manifest_find(manifest, from->value);
		if (other)
			complain_of(reading, ordinals[i], from,
				    "still has an entry of its own,", other);
	}
	if (len > 1)
		qsort(all, len, sizeof(*all), compare_asked);
	for (size_t i = 1; i < len; i++)
		if (strcmp(all[first].name, all[i].name) != 0)
			first = i;
		else
			complain_of(reading, ordinals[all[i].at],
				    &manifest->guests[all[i].at].spec.renamed_from,
				    "is the old name of the guest",
				    &manifest->guests[all[first].at]);
}

/* ---- names ---- */

/* A lease without an entry may go on under another name, but for one that ends. */
static bool may_go(const struct planner *p, const struct lease *lease)
{
	return lease->state != LEASE_DESTROYING &&
	       !manifest_find(p->input->manifest, lease->name);
}

/* The name that the lease gets; NULL: it keeps its own. */
static const char *name_back(const struct planner *p, const struct lease *lease)
{
	if (!lease->was || !may_go(p, lease) ||
	    !manifest_find(p->input->manifest, lease->was) ||
	    leases_find(p->input->held, lease->was))
		return NULL;
	return lease->was;
}

static int compare_leases(const void *left, const void *right)
{
	const struct lease *a = left, *b = right;

	return strcmp(a->name, b->name);
}

/* The lease that `want` takes over under its new name, in the leases as they are to be. */
static struct lease *lease_to_take(struct planner *p, const struct leases *leases,
				   const struct desired *want)
{
	const struct text_setting *from = &want->spec.renamed_from;
	struct lease *lease = is_set(&from->is) ? leases_find(leases, from->value) : NULL;
	const struct lease *own = leases_find(p->input->held, want->name);

	if (!lease || !may_go(p, lease))
		return NULL;
	if (!own)
		return lease;
	planner_note(p, want->name, NOTE_WARNING,
		     "renamed_from: %s has no effect: %s has a lease of its own",
		     from->value, want->name);
	return NULL;
}

void planner_rename(struct planner *p)
{
	const struct manifest *manifest = p->input->manifest;
	struct plan_input *input = arena_new(p->arena, struct plan_input);
	struct leases *leases = arena_new(p->arena, struct leases);
	const char **names;
	size_t renamed = 0;

	leases_copy(leases, p->arena, p->input->held);
	names = arena_array(p->arena, const char *, leases->len);
	for (size_t i = 0; i < leases->len; i++) {
		names[i] = name_back(p, &leases->at[i]);
		renamed += names[i] != NULL;
	}
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *want = &manifest->guests[i];
		struct lease *lease = lease_to_take(p, leases, want);

		if (!lease || names[lease - leases->at])
			continue;
		names[lease - leases->at] = want->name;
		renamed++;
	}
	p->before = p->input->held;
	if (renamed == 0)
		return;
	for (size_t i = 0; i < leases->len; i++) {
		struct lease *lease = &leases->at[i];

		if (!names[i])
			continue;
		lease->was = str_equal(names[i], lease->was) ? NULL : lease->name;
		lease->name = names[i];
	}
	qsort(leases->at, leases->len, sizeof(*leases->at), compare_leases);
	*input = *p->input;
	input->held = leases;
	p->input = input;
	p->plan->held = leases;
}

bool planner_is_renamed(const struct planner *p, const struct candidate *c)
{
	return c->held && p->before && p->before != p->input->held &&
	       !leases_find(p->before, c->want->name);
}

static bool changes_key(const struct action *action, const char *key)
{
	for (size_t i = 0; i < action->changes.len; i++)
		if (strncmp(action->changes.at[i].key, key, strlen(key)) == 0)
			return true;
	return false;
}

/* (qemu-server PVE/QemuServer/Cloudinit.pm: its instance-id is a digest of user data, where
 * the name is, and of network data, where the addresses are) */
static void note_reseed(struct planner *p, const struct action *action, const char *what)
{
	if (action->want->type == GUEST_VM && verb_asks(action->verb) &&
	    !verb_makes(action->verb))
		planner_note(p, action->guest, NOTE_WARNING,
			     "%s: cloud-init takes it for a new machine at its next "
			     "start: new SSH host keys",
			     what);
}

/* Renamed, its lease has it; gone back, the lease file does. */
static const char *old_name(const struct planner *p, const struct candidate *c)
{
	for (size_t i = 0; !c->held->was && i < p->before->len; i++)
		if (str_equal(p->before->at[i].was, c->want->name))
			return p->before->at[i].name;
	return c->held->was;
}

/* The name in the lease file is the thing: it changes also where the guest's is only told. */
static void tell_name(struct planner *p, struct action *action, const struct candidate *c)
{
	const char *old = old_name(p, c);
	const struct observed *seen = action->seen;

	if (action->verb == VERB_NONE && action->lease->state == LEASE_READY && seen &&
	    seen->has_config && !seen->lock && !planner_hold(c) &&
	    planner_wants(p, action->guest))
		action->verb = VERB_RECORD;
	if (!verb_acts(action->verb))
		return;
	action->reason = action->reason && action->verb != VERB_RECORD
				 ? arena_printf(p->arena, "renamed from %s; %s", old,
						action->reason)
				 : arena_printf(p->arena, "renamed from %s", old);
	if (changes_key(action, "name"))
		note_reseed(p, action, "renamed");
}

/* ---- addresses ---- */

static const struct nic *first_moved(const struct planner *p, const struct action *action,
				     size_t *card)
{
	const struct lease *held = leases_find(p->input->held, action->guest);

	for (size_t i = 0; held && i < held->nics_len && i < action->lease->nics_len; i++)
		if (!str_equal(held->nics[i].pool, action->lease->nics[i].pool)) {
			*card = i;
			return &held->nics[i];
		}
	return NULL;
}

static void tell_address(struct planner *p, struct action *action)
{
	size_t card = 0;
	const struct nic *old = first_moved(p, action, &card);
	const struct nic *nic;
	char was[ADDR_TEXT], now[ADDR_TEXT];

	if (!old || !verb_asks(action->verb))
		return;
	nic = &action->lease->nics[card];
	addr_print(old->ip.family ? &old->ip : &old->ip6, was);
	addr_print(nic->ip.family ? &nic->ip : &nic->ip6, now);
	action->reason = arena_printf(
		p->arena, "readdress: net%zu goes from %s%s%s to %s%s%s; %s", card,
		*was ? was : "no address", old->pool ? " of pool " : "",
		old->pool ? old->pool : "", *now ? now : "no address",
		nic->pool ? " of pool " : "", nic->pool ? nic->pool : "", action->reason);
	if (changes_key(action, "ipconfig"))
		note_reseed(p, action,
			    "readdress: it answers at its old address until then");
}

void planner_moved(struct planner *p, struct action *action, const struct candidate *c)
{
	if (planner_is_renamed(p, c) && action->lease)
		tell_name(p, action, c);
	if (action->lease && verb_asks(action->verb))
		tell_address(p, action);
}
