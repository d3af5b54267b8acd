#include "ipam/stock.h"

#include "base/vec.h"

/* The walk along a range: what lies ahead of `at` on each list. */
struct sweep {
	struct addr at, last;
	bool over;
	const struct range *withheld;
	size_t withheld_len;
	const struct taken *taken;
	size_t ahead[TAKERS];
};

/* The first of a sorted list that is not below `addr`. */
static size_t first_from(const struct addr *list, size_t len, const struct addr *addr)
{
	size_t low = 0, high = len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&list[middle], addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is next on a taker's list, or NULL. */
static const struct addr *next_of(const struct sweep *sweep, enum taker taker)
{
	size_t at = sweep->ahead[taker];

	return at < sweep->taken->by[taker].len ? &sweep->taken->by[taker].at[at] : NULL;
}

static void step_past(struct sweep *sweep, const struct addr *addr)
{
	if (!addr_plus(&sweep->at, addr, 1) || addr_compare(&sweep->at, &sweep->last) > 0)
		sweep->over = true;
}

/* Is the address withheld? Then all that are withheld with it are behind. */
static bool pass_withheld(struct sweep *sweep)
{
	while (sweep->withheld_len > 0 &&
	       addr_compare(&sweep->withheld->last, &sweep->at) < 0) {
		sweep->withheld++;
		sweep->withheld_len--;
	}
	if (sweep->withheld_len == 0 ||
	    addr_compare(&sweep->withheld->first, &sweep->at) > 0)
		return false;
	step_past(sweep, &sweep->withheld->last);
	return true;
}

static bool pass_taken(struct sweep *sweep, enum taker taker)
{
	const struct addr *next = next_of(sweep, taker);

	while (next && addr_compare(next, &sweep->at) < 0) {
		sweep->ahead[taker]++;
		next = next_of(sweep, taker);
	}
	if (!next || !addr_equal(next, &sweep->at))
		return false;
	step_past(sweep, next);
	return true;
}

/* The free addresses from here to the next that is not. */
static struct range gap_from(const struct sweep *sweep)
{
	struct range gap = { sweep->at, sweep->last };
	struct addr next = sweep->last;
	bool ends = false;

	if (sweep->withheld_len > 0 &&
	    addr_compare(&sweep->withheld->first, &next) <= 0) {
		next = sweep->withheld->first;
		ends = true;
	}
	for (enum taker t = 0; t < TAKERS; t++) {
		const struct addr *taken = next_of(sweep, t);

		if (taken && addr_compare(taken, &next) <= 0) {
			next = *taken;
			ends = true;
		}
	}
	if (ends) {
		gap.last = next;
		gap.last.bits--; /* the one in the way lies above gap.first */
	}
	return gap;
}

static void add_gap(struct stock *stock, struct arena *arena, struct range gap)
{
	unsigned __int128 size = gap.last.bits - gap.first.bits;

	*vec_push(arena, stock) = gap;
	if (size >= UINT64_MAX - stock->left)
		stock->left = UINT64_MAX;
	else
		stock->left += (uint64_t)size + 1;
}

void stock_init(struct stock *stock, struct arena *arena, const struct pool *pool,
		enum family family, const struct taken *taken)
{
	const struct range *range =
		family == FAMILY_4 ? &pool->v4.range : &pool->v6.range;
	struct range *withheld;
	struct sweep sweep = { .at = range->first, .last = range->last, .taken = taken };

	*stock = (struct stock){ 0 };
	if (range->first.family == FAMILY_NONE)
		return;
	withheld = arena_array(arena, struct range, pool_withheld_max(pool));
	sweep.withheld = withheld;
	sweep.withheld_len = pool_withheld(pool, family, withheld);
	for (enum taker t = 0; t < TAKERS; t++)
		sweep.ahead[t] = first_from(taken->by[t].at, taken->by[t].len, &sweep.at);
	while (!sweep.over) {
		struct range gap;
		bool passed = pass_withheld(&sweep);

		for (enum taker t = 0; t < TAKERS && !passed && !sweep.over; t++) {
			passed = pass_taken(&sweep, t);
			stock->used[t] += passed;
		}
		if (passed)
			continue;
		gap = gap_from(&sweep);
		add_gap(stock, arena, gap);
		step_past(&sweep, &gap.last);
	}
}

struct addr stock_take(struct stock *stock)
{
	struct range *gap = &stock->at[stock->next];
	struct addr taken = gap->first;

	if (addr_equal(&gap->first, &gap->last))
		stock->next++;
	else
		gap->first.bits++;
	if (stock->left < UINT64_MAX)
		stock->left--;
	stock->used[TAKER_LEASE]++;
	return taken;
}
