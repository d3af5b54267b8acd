#include "ipam/vmid.h"

#include "base/text.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

enum { NAMED_MAX = 8 };

static int compare_owned(const void *left, const void *right)
{
	const struct owned_vmid *a = left, *b = right;

	if (a->vmid != b->vmid)
		return a->vmid < b->vmid ? -1 : 1;
	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void add(struct vmids *vmids, struct arena *arena, unsigned vmid,
		enum vmid_owner owner, const char *name, size_t order)
{
	if (vmid)
		*vec_push(arena, vmids) = (struct owned_vmid){ vmid, owner, name, order };
}

void vmids_init(struct vmids *vmids, struct arena *arena, const struct allocation *how,
		const struct want *wants, size_t len)
{
	const struct leases *held = how->held;

	*vmids = (struct vmids){
		.next = how->vmid_first,
		.first = how->vmid_first,
		.last = how->vmid_last,
	};
	for (size_t i = 0; i < held->len; i++)
		add(vmids, arena, held->at[i].vmid, VMID_LEASED, held->at[i].name, i);
	for (size_t i = 0; i < len; i++)
		add(vmids, arena, wants[i].vmid, VMID_ASKED, wants[i].name, i);
	for (size_t i = 0; i < how->vmids_taken_len; i++)
		add(vmids, arena, how->vmids_taken[i], VMID_FOREIGN, NULL, i);
	if (vmids->len > 1)
		qsort(vmids->at, vmids->len, sizeof(*vmids->at), compare_owned);
}

/* The first row that is not below a number. */
static size_t first_from(const struct vmids *vmids, uint64_t vmid)
{
	size_t low = 0, high = vmids->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (vmids->at[middle].vmid < vmid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The number that was asked for, unless somebody has it or asked before. */
static bool choose_asked(const struct vmids *vmids, const struct want *want,
			 unsigned *out, struct error *err)
{
	const char *first = NULL;

	for (size_t i = first_from(vmids, want->vmid);
	     i < vmids->len && vmids->at[i].vmid == want->vmid; i++) {
		const struct owned_vmid *row = &vmids->at[i];

		switch (row->owner) {
		case VMID_LEASED:
			return error_set(err, ERROR_REFUSED,
					 "%s asks for VMID %u, but that is leased to %s",
					 want->name, want->vmid, row->name);
		case VMID_ASKED:
			first = first ? first : row->name;
			break;
		case VMID_FOREIGN:
			return error_set(err, ERROR_REFUSED,
					 "%s asks for VMID %u, but a guest that is not "
					 "vm7's has it: choose another",
					 want->name, want->vmid);
		}
	}
	if (first && strcmp(first, want->name) != 0)
		return error_set(err, ERROR_REFUSED,
				 "%s asks for VMID %u, but %s does so too", want->name,
				 want->vmid, first);
	*out = want->vmid;
	return true;
}

struct names {
	const char **at;
	size_t len, cap;
};

/* Step over the numbers that somebody has; those of foreign guests are named. */
static void step_to_free(struct vmids *vmids, struct arena *arena, struct names *foreign)
{
	if (vmids->ahead == 0)
		vmids->ahead = first_from(vmids, vmids->next);
	while (vmids->ahead < vmids->len && vmids->next <= vmids->last &&
	       vmids->at[vmids->ahead].vmid <= vmids->next) {
		const struct owned_vmid *row = &vmids->at[vmids->ahead++];

		if (row->vmid < vmids->next)
			continue; /* behind: another owner of the same number */
		if (row->owner == VMID_FOREIGN)
			*vec_push(arena, foreign) = arena_printf(arena, "%u", row->vmid);
		vmids->next++;
	}
}

bool vmids_choose(struct vmids *vmids, struct arena *arena, const struct want *want,
		  unsigned *out, const char **skipped, struct error *err)
{
	struct names foreign = { 0 };

	*skipped = NULL;
	if (want->vmid)
		return choose_asked(vmids, want, out, err);
	step_to_free(vmids, arena, &foreign);
	if (vmids->next > vmids->last)
		return error_set(err, ERROR_EXHAUSTED,
				 "no free VMID for %s: all of vmid_range %u-%u are taken",
				 want->name, vmids->first, vmids->last);
	*out = (unsigned)vmids->next++;
	if (foreign.len > 0)
		*skipped = arena_printf(
			arena, "VMID %s stepped over: of %s that vm7 does not look after",
			str_list(arena, foreign.at, foreign.len, NAMED_MAX),
			foreign.len == 1 ? "a guest" : "guests");
	return true;
}
