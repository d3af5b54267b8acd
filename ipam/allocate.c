#include "ipam/allocate.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/vec.h"
#include "ipam/fit.h"
#include "ipam/leave.h"
#include "ipam/mac.h"
#include "ipam/rest.h"
#include "ipam/stock.h"
#include "ipam/vmid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAMILIES = 2 };

static const enum family families[FAMILIES] = { FAMILY_4, FAMILY_6 };

/* A pool's free addresses; looked for when the first card asks. */
struct shelf {
	bool stocked;
	struct stock stocks[FAMILIES];
	uint64_t asked[FAMILIES]; /* by the guest at hand */
};

struct allocator {
	struct arena *arena;
	const struct allocation *how;
	struct leases *out;
	struct taken taken;
	struct shelf *shelves; /* one for each of how->pools */
	struct vmids vmids;
	struct macs macs;
	struct text seed;   /* of the id at hand: a name and */
	const char *serial; /* " 12" */
	size_t *place;      /* of each want's lease in `out` */
	bool *empty;        /* of each lease there: it has nothing but a name yet */
};

/* A growing list of addresses. */
struct addrs {
	struct addr *at;
	size_t len, cap;
};

static int compare_addrs(const void *left, const void *right)
{
	return addr_compare(left, right);
}

static void add_addr(struct addrs *addrs, struct arena *arena, const struct addr *addr)
{
	if (addr->family != FAMILY_NONE)
		*vec_push(arena, addrs) = *addr;
}

static void find_leased(struct allocator *a)
{
	struct addrs addrs = { 0 };

	for (size_t i = 0; i < a->out->len; i++) {
		const struct lease *lease = &a->out->at[i];

		for (size_t n = 0; n < lease->nics_len; n++) {
			add_addr(&addrs, a->arena, &lease->nics[n].ip);
			add_addr(&addrs, a->arena, &lease->nics[n].ip6);
		}
		for (size_t n = 0; n < lease->leaving_len; n++)
			add_addr(&addrs, a->arena, &lease->leaving[n].ip);
	}
	if (addrs.len > 1)
		qsort(addrs.at, addrs.len, sizeof(*addrs.at), compare_addrs);
	a->taken.by[TAKER_LEASE].at = addrs.at;
	a->taken.by[TAKER_LEASE].len = addrs.len;
}

static void find_taken(struct allocator *a)
{
	const struct leases *held = a->how->held;
	struct addrs resting = { 0 };

	find_leased(a);
	for (size_t i = 0; i < held->resting_len; i++)
		if (resting_holds(&held->resting[i], a->how->since))
			add_addr(&resting, a->arena, &held->resting[i].ip);
	a->taken.by[TAKER_REST].at = resting.at;
	a->taken.by[TAKER_REST].len = resting.len;
	a->taken.by[TAKER_FOREIGN].at = a->how->addrs_taken;
	a->taken.by[TAKER_FOREIGN].len = a->how->addrs_taken_len;
}

static int compare_wants(const void *left, const void *right)
{
	const struct want *const *a = left, *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

/*
 * What is held, and among it by name a lease with nothing but a name for each want that
 * has none. They are filled in the order of the wants, and the leases never move.
 */
static void make_room(struct allocator *a, const struct want *wants, size_t len)
{
	const struct leases *held = a->how->held;
	const struct want **by_name = arena_array(a->arena, const struct want *, len);
	struct lease *at = arena_array(a->arena, struct lease, held->len + len);
	size_t h = 0, w = 0, made = 0;

	for (size_t i = 0; i < len; i++)
		by_name[i] = &wants[i];
	if (len > 1)
		qsort(by_name, len, sizeof(const struct want *), compare_wants);
	a->place = arena_array(a->arena, size_t, len);
	a->empty = arena_array(a->arena, bool, held->len + len);
	while (h < held->len || w < len) {
		int order = h == held->len ? 1
			    : w == len     ? -1
					   : strcmp(held->at[h].name, by_name[w]->name);

		a->empty[made] = order > 0;
		at[made] = order > 0 ? (struct lease){ .name = by_name[w]->name }
				     : held->at[h++];
		for (; order >= 0 && w < len &&
		       strcmp(by_name[w]->name, at[made].name) == 0;
		     w++)
			a->place[by_name[w] - wants] = made;
		made++;
	}
	*a->out = *held;
	a->out->at = at;
	a->out->len = made;
	a->out->cap = held->len + len;
}

/* Take out the leases that were not filled. */
static void drop_empty(const struct allocator *a)
{
	struct leases *out = a->out;
	size_t kept = 0;

	for (size_t i = 0; i < out->len; i++)
		if (!a->empty[i] && kept++ != i)
			out->at[kept - 1] = out->at[i];
	out->len = kept;
}

static void allocator_init(struct allocator *a, const struct want *wants, size_t len)
{
	const struct allocation *how = a->how;
	size_t cards = 0;

	for (size_t i = 0; i < len; i++)
		cards += wants[i].claims_len;
	text_init(&a->seed, a->arena);
	a->serial = arena_printf(a->arena, " %u", how->serial);
	make_room(a, wants, len);
	find_taken(a);
	a->shelves = arena_array(a->arena, struct shelf, how->pools->len);
	vmids_init(&a->vmids, a->arena, how, wants, len);
	macs_init(&a->macs, a->arena, how->mac_prefix, how->held, cards);
}

/* NULL: no pool, or none of that name. */
static const struct pool *pool_named(const struct allocator *a, const char *name)
{
	return name ? pools_find(a->how->pools, name) : NULL;
}

static struct shelf *shelf_of(struct allocator *a, const struct pool *pool)
{
	struct shelf *shelf = &a->shelves[pool - a->how->pools->at];

	for (size_t f = 0; f < FAMILIES && !shelf->stocked; f++)
		stock_init(&shelf->stocks[f], a->arena, pool, families[f], &a->taken);
	shelf->stocked = true;
	return shelf;
}

static const struct subnet *subnet_of(const struct pool *pool, enum family family)
{
	return family == FAMILY_4 ? &pool->v4 : &pool->v6;
}

static struct addr *nic_addr(struct nic *nic, enum family family)
{
	return family == FAMILY_4 ? &nic->ip : &nic->ip6;
}

static bool exhausted(struct error *err, const struct pool *pool, enum family family,
		      const struct stock *stock)
{
	bool both = pool->v4.cidr.first.family && pool->v6.cidr.first.family;
	const uint64_t *used = stock->used;
	char rest[60] = "", foreign[60] = "";

	if (used[TAKER_REST])
		snprintf(rest, sizeof(rest), ", %lu resting", used[TAKER_REST]);
	if (used[TAKER_FOREIGN])
		snprintf(foreign, sizeof(foreign), ", %lu of guests that are not vm7's",
			 used[TAKER_FOREIGN]);
	return error_set(err, ERROR_EXHAUSTED,
			 "pool %s is full%s: %lu addresses, %lu leased%s%s", pool->name,
			 !both                ? ""
			 : family == FAMILY_4 ? " (IPv4)"
					      : " (IPv6)",
			 used[TAKER_LEASE] + used[TAKER_REST] + used[TAKER_FOREIGN] +
				 stock->left,
			 used[TAKER_LEASE], rest, foreign);
}

/* Is there one more address of each family for a card that has none? */
static bool ask(struct allocator *a, const struct pool *pool, const struct nic *has,
		struct error *err)
{
	struct shelf *shelf = shelf_of(a, pool);

	for (size_t f = 0; f < FAMILIES; f++) {
		const struct addr *addr = !has                      ? NULL
					  : families[f] == FAMILY_4 ? &has->ip
								    : &has->ip6;

		if (subnet_of(pool, families[f])->cidr.first.family == FAMILY_NONE ||
		    (addr && addr->family))
			continue;
		if (++shelf->asked[f] > shelf->stocks[f].left)
			return exhausted(err, pool, families[f], &shelf->stocks[f]);
	}
	return true;
}

/*
 * Can all cards be served? Asked before the first address is taken: nothing has to be
 * given back.
 */
static bool enough(struct allocator *a, const struct want *want,
		   const struct lease *lease, struct error *err)
{
	bool ok = true;

	for (size_t i = 0; i < want->claims_len && ok; i++) {
		const char *name = want->claims[i].pool;
		const struct pool *pool = pool_named(a, name);

		if (pool)
			ok = ask(a, pool, i < lease->nics_len ? &lease->nics[i] : NULL,
				 err);
		else if (name)
			ok = error_set(err, ERROR_INVALID,
				       "%s asks for pool %s, which is not there",
				       want->name, name);
	}
	for (size_t i = 0; i < want->claims_len; i++) {
		const struct pool *pool = pool_named(a, want->claims[i].pool);

		for (size_t f = 0; pool && f < FAMILIES; f++)
			shelf_of(a, pool)->asked[f] = 0;
	}
	return ok;
}

/* A card's lease: what it has, and what it lacks. */
static void fill_nic(struct allocator *a, const struct want *want, size_t card,
		     struct nic *nic)
{
	const struct pool *pool = pool_named(a, want->claims[card].pool);

	nic->pool = pool ? pool->name : NULL;
	for (size_t f = 0; f < FAMILIES && pool; f++) {
		struct addr *addr = nic_addr(nic, families[f]);

		if (!addr->family && subnet_of(pool, families[f])->cidr.first.family)
			*addr = stock_take(&shelf_of(a, pool)->stocks[f]);
	}
	if (!nic->mac)
		nic->mac = macs_choose(&a->macs, a->arena, a->how->instance, want->name,
				       card);
}

static const char *new_id(struct allocator *a, const struct want *want)
{
	char id[UUID_TEXT];

	a->seed.len = 0;
	text_add(&a->seed, want->name);
	text_add(&a->seed, a->serial);
	hash_uuid5(a->how->instance, text_str(&a->seed), id);
	return arena_strdup(a->arena, id);
}

/*
 * The lease of a guest that is to be made, over the addresses that it may have already.
 */
static void fill_lease(struct allocator *a, const struct want *want, unsigned vmid,
		       struct lease *lease)
{
	struct nic *nics = arena_array(a->arena, struct nic, want->claims_len);
	const char **tags = arena_array(a->arena, const char *, want->owns_tags_len);
	const char **slots = arena_array(a->arena, const char *, want->owns_slots_len);
	const char **depends = arena_array(a->arena, const char *, want->depends_len);

	for (size_t i = 0; i < want->claims_len; i++) {
		if (i < lease->nics_len)
			nics[i] = lease->nics[i];
		fill_nic(a, want, i, &nics[i]);
	}
	for (size_t i = 0; i < want->owns_tags_len; i++)
		tags[i] = want->owns_tags[i];
	for (size_t i = 0; i < want->owns_slots_len; i++)
		slots[i] = want->owns_slots[i];
	for (size_t i = 0; i < want->depends_len; i++)
		depends[i] = want->depends[i];
	lease->id = new_id(a, want);
	lease->state = LEASE_RESERVED;
	lease->bare = false;
	lease->type = want->type;
	lease->node = want->node;
	lease->vmid = vmid;
	lease->since = a->how->since;
	lease->nics = nics;
	lease->nics_len = want->claims_len;
	lease->owns_tags = tags;
	lease->owns_tags_len = want->owns_tags_len;
	lease->owns_slots = slots;
	lease->owns_slots_len = want->owns_slots_len;
	lease->depends = depends;
	lease->depends_len = want->depends_len;
	lease->protection = want->protection;
	lease->failed = NULL;
}

/* An empty lease, or a bare one, made whole. */
static void make(struct allocator *a, const struct want *want, struct lease *lease,
		 struct allotment *result)
{
	const char *skipped = NULL;
	struct lease held = *lease;
	unsigned vmid;

	if (want->readdress)
		lease_leave_pools(lease, a->arena, want);
	if (!fits_pools(want, lease, a->how->pools, &result->why) ||
	    !enough(a, want, lease, &result->why) ||
	    !vmids_choose(&a->vmids, a->arena, want, &vmid, &skipped, &result->why)) {
		*lease = held;
		return;
	}
	fill_lease(a, want, vmid, lease);
	a->empty[lease - a->out->at] = false;
	result->note = skipped;
	result->ok = result->is_new = true;
}

/* A whole lease whose entry asks for more cards, or for other pools: these are filled. */
static bool add_cards(struct allocator *a, const struct want *want, struct lease *lease,
		      struct error *err)
{
	struct nic *nics = arena_array(a->arena, struct nic, want->claims_len);

	if (!enough(a, want, lease, err))
		return false;
	for (size_t i = 0; i < want->claims_len; i++)
		if (i < lease->nics_len)
			nics[i] = lease->nics[i];
	for (size_t i = 0; i < want->claims_len; i++)
		if (i >= lease->nics_len ||
		    (nics[i].pool && !nics[i].ip.family && !nics[i].ip6.family))
			fill_nic(a, want, i, &nics[i]);
	lease->nics = nics;
	lease->nics_len = want->claims_len;
	return true;
}

/* A whole lease stays as it is, but for cards that are added or get other pools. */
static void keep(struct allocator *a, const struct want *want, struct lease *lease,
		 struct allotment *result)
{
	struct lease moved = *lease;

	if (want->readdress)
		lease_leave_pools(&moved, a->arena, want);
	result->ok = fits_whole(want, &moved, a->how->pools, &result->why);
	if (result->ok)
		result->note = fit_note(a->arena, want, &moved, a->how->pools);
	if (result->ok &&
	    (want->claims_len > moved.nics_len || moved.nics != lease->nics))
		result->ok = add_cards(a, want, &moved, &result->why);
	if (result->ok)
		*lease = moved;
}

/* An address that is leased again, or whose time is over, rests no more. */
static void end_rests(struct allocator *a)
{
	struct leases *out = a->out;
	struct resting *kept;
	size_t len = 0;

	if (out->resting_len == 0)
		return;
	kept = arena_array(a->arena, struct resting, out->resting_len);
	find_leased(a);
	for (size_t i = 0; i < out->resting_len; i++)
		if (resting_holds(&out->resting[i], a->how->since) &&
		    (a->taken.by[TAKER_LEASE].len == 0 ||
		     !bsearch(&out->resting[i].ip, a->taken.by[TAKER_LEASE].at,
			      a->taken.by[TAKER_LEASE].len, sizeof(struct addr),
			      compare_addrs)))
			kept[len++] = out->resting[i];
	out->resting = kept;
	out->resting_len = len;
}

void allocate(struct leases *out, struct allotment *result, struct arena *arena,
	      const struct allocation *how, const struct want *wants, size_t wants_len)
{
	struct allocator a = { .arena = arena, .how = how, .out = out };

	allocator_init(&a, wants, wants_len);
	for (size_t i = 0; i < wants_len; i++) {
		struct lease *lease = &out->at[a.place[i]];

		result[i] = (struct allotment){ 0 };
		if (lease->bare || a.empty[a.place[i]])
			make(&a, &wants[i], lease, &result[i]);
		else
			keep(&a, &wants[i], lease, &result[i]);
	}
	drop_empty(&a);
	end_rests(&a);
}
