/* What must not be leased twice. */
#include "base/decode.h"
#include "base/vec.h"
#include "ipam/lease.h"

#include <stdlib.h>
#include <string.h>

enum thing { THING_IP4, THING_IP6, THING_VMID, THING_MAC, THING_ID };

/* One thing that one lease holds; all of them are numbers. */
struct held {
	enum thing thing;
	unsigned __int128 number;
	size_t lease;
	const char *list; /* the key is in a list of this name, at `index`; NULL: flat */
	size_t index;
	const char *key, *text;
};

struct helds {
	struct held *at;
	size_t len, cap;
};

static int compare_held(const void *left, const void *right)
{
	const struct held *a = left, *b = right;

	if (a->thing != b->thing)
		return a->thing < b->thing ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->lease > b->lease) - (a->lease < b->lease);
}

/* The digits of a MAC or UUID as a number. */
static unsigned __int128 hex_number(const char *text)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	unsigned __int128 number = 0;

	for (; *text; text++) {
		const char *at = strchr(digits, *text);

		if (at)
			number = number << 4 | (unsigned)((at - digits) % 16);
	}
	return number;
}

static void add_addr(struct helds *all, struct arena *arena, struct held held,
		     const struct addr *addr)
{
	if (addr->family == FAMILY_NONE)
		return;
	held.thing = addr->family == FAMILY_4 ? THING_IP4 : THING_IP6;
	held.number = addr->bits;
	*vec_push(arena, all) = held;
}

static void add_text(struct helds *all, struct arena *arena, struct held held,
		     enum thing thing, const char *text)
{
	if (!text)
		return;
	held.thing = thing;
	held.number = hex_number(text);
	held.text = text;
	*vec_push(arena, all) = held;
}

static void add_lease(struct helds *all, struct arena *arena, const struct lease *lease,
		      size_t index)
{
	struct held flat = { .lease = index };

	flat.key = "vmid";
	flat.thing = THING_VMID;
	flat.number = lease->vmid;
	if (lease->vmid)
		*vec_push(arena, all) = flat;
	flat.key = "id";
	add_text(all, arena, flat, THING_ID, lease->id);
	for (size_t i = 0; i < lease->nics_len; i++) {
		const struct nic *nic = &lease->nics[i];
		struct held held = { .lease = index };

		if (i > 0) {
			held.list = "nics";
			held.index = i - 1;
		}
		held.key = "ip";
		add_addr(all, arena, held, &nic->ip);
		held.key = "ip6";
		add_addr(all, arena, held, &nic->ip6);
		held.key = "mac";
		add_text(all, arena, held, THING_MAC, nic->mac);
	}
	for (size_t i = 0; i < lease->leaving_len; i++)
		add_addr(all, arena, (struct held){ 0, 0, index, "leaving", i, "ip", 0 },
			 &lease->leaving[i].ip);
}

static const char *held_text(const struct held *held, struct arena *arena)
{
	struct addr addr = { FAMILY_4, held->number };
	char text[ADDR_TEXT];

	switch (held->thing) {
	case THING_MAC:
	case THING_ID:
		return held->text;
	case THING_VMID:
		return arena_printf(arena, "VMID %u", (unsigned)held->number);
	case THING_IP6:
		addr.family = FAMILY_6;
		__attribute__((fallthrough));
	case THING_IP4:
		addr_print(&addr, text);
		return arena_strdup(arena, text);
	}
	return NULL;
}

static void tell(const struct decode *how, struct place at, const struct leases *leases,
		 const struct held *first, const struct held *second)
{
	const struct trail top = { NULL, "leases", 0 };
	const struct trail lease = { &top, leases->at[second->lease].name, 0 };
	const struct trail list = { &lease, second->list, 0 };
	const struct trail item = { &list, NULL, second->index };
	const struct trail key = { second->list ? &item : &lease, second->key, 0 };

	mistake(how, &key, at, "%s is leased to %s as well",
		held_text(second, how->arena), leases->at[first->lease].name);
}

void leases_check(const struct leases *leases, struct arena *arena,
		  const struct file *file, struct diags *diags)
{
	const struct decode how = { .arena = arena, .diags = diags };
	struct helds all = { 0 };

	for (size_t i = 0; i < leases->len; i++)
		all.cap += 2 + 3 * leases->at[i].nics_len + leases->at[i].leaving_len;
	all.at = arena_array(arena, struct held, all.cap);
	for (size_t i = 0; i < leases->len; i++)
		add_lease(&all, arena, &leases->at[i], i);
	if (all.len > 1)
		qsort(all.at, all.len, sizeof(*all.at), compare_held);
	for (size_t i = 1; i < all.len; i++) {
		const struct held *first = &all.at[i - 1], *second = &all.at[i];

		if (first->thing == second->thing && first->number == second->number)
			tell(&how, (struct place){ .file = file }, leases, first, second);
	}
}
