#include "base/text.h"
#include "reconcile/making.h"

#include <string.h>
#include <strings.h>

char *identity_line(struct arena *arena, const char *instance, const char *id,
		    const char *repository)
{
	return arena_printf(arena, "vm7: %s/%s, edit vm7.yaml in %s", instance, id,
			    repository);
}

static bool line_fits(const struct lease *lease, const char *instance,
		      const struct observed *seen, struct error *err)
{
	if (!seen->line_id)
		return error_set(
			err, ERROR_REFUSED,
			"VMID %u has no line of vm7 in its description: it is left alone",
			seen->vmid);
	if (str_equal(seen->line_instance, instance) &&
	    str_equal(seen->line_id, lease->id))
		return true;
	return error_set(err, ERROR_REFUSED,
			 "VMID %u carries another identity (%s/%s): it is left alone",
			 seen->vmid, seen->line_instance, seen->line_id);
}

static bool uuid_fits(const struct lease *lease, const struct observed *seen,
		      struct error *err)
{
	if (seen->type == GUEST_VM &&
	    (!seen->uuid || strcasecmp(seen->uuid, lease->id) != 0))
		return error_set(
			err, ERROR_REFUSED,
			"VMID %u has the UUID %s, its lease %s: it is left alone",
			seen->vmid, seen->uuid ? seen->uuid : "of nobody", lease->id);
	return true;
}

/* A guest that was finished once proves itself by all of its marks. */
static bool all_marks_fit(const struct lease *lease, const struct observed *seen,
			  struct error *err)
{
	if (!str_in(TAG_OURS, seen->tags, seen->tags_len))
		return error_set(err, ERROR_REFUSED,
				 "VMID %u has lost the tag vm7: it is left alone",
				 seen->vmid);
	return uuid_fits(lease, seen, err);
}

/* It has none of our marks yet: its MACs and, of a VM, its UUID are all there is. */
static bool is_as_it_was_found(const struct lease *lease, const char *instance,
			       const struct observed *seen, struct error *err)
{
	if (seen->line_instance && !str_equal(seen->line_instance, instance))
		return error_set(err, ERROR_REFUSED,
				 "VMID %u carries the line of another vm7, which looks "
				 "after it for %s",
				 seen->vmid,
				 seen->line_repository ? seen->line_repository
						       : seen->line_instance);
	for (size_t i = 0; i < lease->nics_len; i++) {
		const struct observed_card *card = observed_card(seen, i);

		if (!card || strcasecmp(card->mac, lease->nics[i].mac) != 0)
			return error_set(
				err, ERROR_REFUSED,
				"net%zu of VMID %u has the MAC %s, its lease %s: it is "
				"left alone",
				i, seen->vmid, card ? card->mac : "of nobody",
				lease->nics[i].mac);
	}
	return uuid_fits(lease, seen, err);
}

bool identity_proven(const struct lease *lease, const char *instance,
		     const struct observed *seen, struct error *err)
{
	if (seen->vmid != lease->vmid)
		return error_set(err, ERROR_REFUSED, "VMID %u is not the leased %u",
				 seen->vmid, lease->vmid);
	switch (lease->state) {
	case LEASE_RESERVED:
		return line_fits(lease, instance, seen, err);
	case LEASE_ADOPTING:
		return is_as_it_was_found(lease, instance, seen, err);
	case LEASE_DESTROYING:
		if (lease->half_made) /* it was never finished: its line is all it has */
			return line_fits(lease, instance, seen, err);
		__attribute__((fallthrough));
	case LEASE_READY:
	case LEASE_RELEASING:
	case LEASE_RELEASED:
		return line_fits(lease, instance, seen, err) &&
		       all_marks_fit(lease, seen, err);
	}
	return false;
}
