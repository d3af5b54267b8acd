#include "ipam/usage.h"

#include "base/vec.h"
#include "ipam/rest.h"

#include <stdlib.h>

/* One address that is leased or rests. */
struct mark {
	struct addr ip;
	enum address_use use;
};

struct marks {
	struct mark *at;
	size_t len, cap;
};

/* The walk along a range: what lies ahead of `at`. */
struct walk {
	struct usage *out;
	struct addr at, last;
	bool over;
	const struct mark *marks;
	size_t marks_len;
	const struct range *withheld;
	size_t withheld_len;
};

static void add_mark(struct marks *marks, struct arena *arena, const struct range *range,
		     const struct addr *ip, enum address_use use)
{
	if (ip->family == range->first.family && addr_compare(ip, &range->first) >= 0 &&
	    addr_compare(ip, &range->last) <= 0)
		*vec_push(arena, marks) = (struct mark){ *ip, use };
}

/* By address; a lease goes before a rest. */
static int compare_marks(const void *a, const void *b)
{
	const struct mark *one = a, *other = b;
	int order = addr_compare(&one->ip, &other->ip);

	return order ? order : (int)one->use - (int)other->use;
}

static void find_marks(struct marks *marks, struct arena *arena,
		       const struct range *range, const struct leases *leases,
		       const char *now)
{
	for (size_t i = 0; i < leases->len; i++) {
		const struct lease *lease = &leases->at[i];

		for (size_t j = 0; j < lease->nics_len; j++) {
			add_mark(marks, arena, range, &lease->nics[j].ip, USE_LEASED);
			add_mark(marks, arena, range, &lease->nics[j].ip6, USE_LEASED);
		}
		for (size_t j = 0; j < lease->leaving_len; j++)
			add_mark(marks, arena, range, &lease->leaving[j].ip, USE_LEASED);
	}
	for (size_t i = 0; i < leases->resting_len; i++)
		if (resting_holds(&leases->resting[i], now))
			add_mark(marks, arena, range, &leases->resting[i].ip,
				 USE_RESTING);
	if (marks->len > 0)
		qsort(marks->at, marks->len, sizeof(*marks->at), compare_marks);
}

static uint64_t more(uint64_t count, uint64_t by)
{
	return count > UINT64_MAX - by ? UINT64_MAX : count + by;
}

/* Up to and with `last` it is so. */
static void run_to(struct walk *walk, enum address_use use, const struct addr *last)
{
	unsigned __int128 size = last->bits - walk->at.bits;
	uint64_t count = size >= UINT64_MAX ? UINT64_MAX : (uint64_t)size + 1;
	struct usage *out = walk->out;
	size_t len = out->runs_len;

	if (len > 0 && out->runs[len - 1].use == use) {
		out->runs[len - 1].last = *last;
		out->runs[len - 1].count = more(out->runs[len - 1].count, count);
	} else {
		out->runs[len] = (struct usage_run){ use, walk->at, *last, count };
		out->runs_len++;
	}
	if (use == USE_FREE)
		out->free = more(out->free, count);
	walk->over =
		addr_compare(last, &walk->last) >= 0 || !addr_plus(&walk->at, last, 1);
}

/* The last address before `ip`, if that is before `last`. */
static struct addr before(const struct addr *ip, struct addr last)
{
	if (addr_compare(ip, &last) > 0)
		return last;
	last.bits = ip->bits - 1;
	return last;
}

static void step(struct walk *walk)
{
	struct addr last = walk->last;

	while (walk->marks_len > 0 && addr_compare(&walk->marks->ip, &walk->at) < 0) {
		walk->marks++;
		walk->marks_len--;
	}
	while (walk->withheld_len > 0 &&
	       addr_compare(&walk->withheld->last, &walk->at) < 0) {
		walk->withheld++;
		walk->withheld_len--;
	}
	if (walk->marks_len > 0 && addr_equal(&walk->marks->ip, &walk->at)) {
		run_to(walk, walk->marks->use, &walk->marks->ip);
		return;
	}
	if (walk->marks_len > 0)
		last = before(&walk->marks->ip, last);
	if (walk->withheld_len == 0) {
		run_to(walk, USE_FREE, &last);
	} else if (addr_compare(&walk->withheld->first, &walk->at) > 0) {
		last = before(&walk->withheld->first, last);
		run_to(walk, USE_FREE, &last);
	} else {
		if (addr_compare(&walk->withheld->last, &last) < 0)
			last = walk->withheld->last;
		run_to(walk, USE_WITHHELD, &last);
	}
}

void usage_of(struct usage *out, struct arena *arena, const struct pool *pool,
	      enum family family, const struct leases *leases, const char *now)
{
	const struct range *range =
		family == FAMILY_4 ? &pool->v4.range : &pool->v6.range;
	struct walk walk = { .out = out, .at = range->first, .last = range->last };
	struct range *withheld;
	struct marks marks = { 0 };

	*out = (struct usage){ .size = pool_size(pool, family) };
	if (range->first.family == FAMILY_NONE)
		return;
	withheld = arena_array(arena, struct range, pool_withheld_max(pool));
	walk.withheld = withheld;
	walk.withheld_len = pool_withheld(pool, family, withheld);
	find_marks(&marks, arena, range, leases, now);
	walk.marks = marks.at;
	walk.marks_len = marks.len;
	/* each of them is a stretch, and leaves one behind it at most */
	out->runs = arena_array(arena, struct usage_run,
				2 * (marks.len + walk.withheld_len) + 1);
	while (!walk.over)
		step(&walk);
	for (size_t i = 0; i < out->runs_len; i++) {
		out->leased += out->runs[i].use == USE_LEASED ? out->runs[i].count : 0;
		out->resting += out->runs[i].use == USE_RESTING ? out->runs[i].count : 0;
	}
}

const char *address_use_name(enum address_use use)
{
	switch (use) {
	case USE_FREE:
		return "free";
	case USE_LEASED:
		return "used";
	case USE_RESTING:
		return "resting";
	case USE_WITHHELD:
		return "excluded";
	}
	return "free";
}
