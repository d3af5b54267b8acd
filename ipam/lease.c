#include "ipam/lease.h"

#include "base/vec.h"

#include <string.h>

/* Where a name is, or where it would be put. */
static size_t place_of(const struct leases *leases, const char *name)
{
	size_t low = 0, high = leases->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(leases->at[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct lease *leases_find(const struct leases *leases, const char *name)
{
	size_t at = place_of(leases, name);

	if (at < leases->len && strcmp(leases->at[at].name, name) == 0)
		return &leases->at[at];
	return NULL;
}

struct lease *leases_add(struct arena *arena, struct leases *leases, const char *name)
{
	size_t at = place_of(leases, name);

	vec_push(arena, leases);
	memmove(&leases->at[at + 1], &leases->at[at],
		(leases->len - 1 - at) * sizeof(*leases->at));
	leases->at[at] = (struct lease){ .name = arena_strdup(arena, name) };
	return &leases->at[at];
}

void leases_sweep(struct leases *leases, const bool *gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < leases->len; i++)
		if (!gone[i])
			leases->at[kept++] = leases->at[i];
	leases->len = kept;
}

void leases_copy(struct leases *out, struct arena *arena, const struct leases *from)
{
	*out = *from;
	out->cap = from->len;
	out->at = arena_array(arena, struct lease, from->len);
	if (from->len > 0)
		memcpy(out->at, from->at, from->len * sizeof(*out->at));
}

const char *lease_state_name(enum lease_state state)
{
	switch (state) {
	case LEASE_RESERVED:
		return "reserved";
	case LEASE_ADOPTING:
		return "adopting";
	case LEASE_READY:
		return "ready";
	case LEASE_RELEASING:
		return "releasing";
	case LEASE_RELEASED:
		return "released";
	case LEASE_DESTROYING:
		return "destroying";
	}
	return NULL;
}

const char *guest_type_name(enum guest_type type)
{
	switch (type) {
	case GUEST_VM:
		return "vm";
	case GUEST_LXC:
		return "lxc";
	}
	return NULL;
}
