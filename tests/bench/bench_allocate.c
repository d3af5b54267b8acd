/*
 * How long an allocation of a hundred thousand guests takes: into an empty /12, into one
 * that others have filled but for a hundred thousand addresses, and into an IPv6 /64.
 * Prints milliseconds of CPU and asks nothing.
 */
#include "ipam/allocate.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { GUESTS = 100000, HOLE = 9 }; /* of the filled pool, one of HOLE is left free */

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct pools one_pool(struct arena *arena, const char *cidr)
{
	struct pools pools = { arena_new(arena, struct pool), 1 };
	struct subnet subnet = { 0 };
	struct error err;

	if (!cidr_read(&subnet.cidr, cidr, &err))
		abort();
	subnet.range = (struct range){ subnet.cidr.first, cidr_last(&subnet.cidr) };
	pools.at->name = "mgmt";
	if (subnet.cidr.first.family == FAMILY_4)
		pools.at->v4 = subnet;
	else
		pools.at->v6 = subnet;
	return pools;
}

static struct want *all_wants(struct arena *arena)
{
	static const struct claim claim = { .pool = "mgmt" };
	struct want *wants = arena_array(arena, struct want, GUESTS);

	for (size_t i = 0; i < GUESTS; i++)
		wants[i] = (struct want){
			.name = arena_printf(arena, "guest-%zu", i * 7919 % GUESTS),
			.node = "pve01",
			.claims = &claim,
			.claims_len = 1,
		};
	return wants;
}

/* Addresses of guests that are not vm7's: all of the pool but for one of HOLE. */
static void fill(struct allocation *how, struct arena *arena)
{
	const struct range *range = &how->pools->at[0].v4.range;
	size_t size = (size_t)(range->last.bits - range->first.bits);
	struct addr *taken = arena_array(arena, struct addr, size);

	for (size_t i = 0; i < size; i++)
		if (i % HOLE != 0)
			taken[how->addrs_taken_len++] =
				(struct addr){ FAMILY_4, range->first.bits + i };
	how->addrs_taken = taken;
}

static void run(const char *what, const char *cidr, bool filled, bool held)
{
	struct arena *arena = arena_create();
	struct pools pools = one_pool(arena, cidr);
	struct want *wants = all_wants(arena);
	struct allotment *result = arena_array(arena, struct allotment, GUESTS);
	struct leases before = { 0 }, after, again;
	struct allocation how = {
		.pools = &pools,
		.held = &before,
		.instance = "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
		.serial = 1,
		.since = "2026-11-21T09:30:00Z",
		.vmid_first = 10000,
		.vmid_last = 999999,
		.mac_prefix = "BC:24:11",
	};
	double start, end;
	size_t ok = 0;

	if (filled)
		fill(&how, arena);
	start = cpu_ms();
	allocate(&after, result, arena, &how, wants, GUESTS);
	end = cpu_ms();
	if (held) {
		how.held = &after;
		start = cpu_ms();
		allocate(&again, result, arena, &how, wants, GUESTS);
		end = cpu_ms();
	}
	for (size_t i = 0; i < GUESTS; i++)
		ok += result[i].ok;
	printf("%-40s %7.1f ms of CPU, %zu of %d served\n", what, end - start, ok,
	       GUESTS);
	arena_destroy(arena);
}

int main(void)
{
	printf("bar: 100 ms for %d addresses\n", GUESTS);
	run("an empty /12", "10.0.0.0/12", false, false);
	run("a /12 with one of nine left free", "10.0.0.0/12", true, false);
	run("an empty IPv6 /64", "fd00::/64", false, false);
	run("all of them leased already", "10.0.0.0/12", false, true);
	return 0;
}
