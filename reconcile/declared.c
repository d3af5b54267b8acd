#include "reconcile/declared.h"

#include "base/text.h"
#include "reconcile/manifest.h"
#include "reconcile/slots.h"

#include <stdio.h>
#include <string.h>

static const char *policy_of(const struct desired *want)
{
	const struct choice_setting *removal = &want->spec.removal;

	return is_set(&removal->is) ? removal_name((enum removal_policy)removal->value)
				    : NULL;
}

static bool same_list(const char *const *a, size_t a_len, const char *const *b,
		      size_t b_len)
{
	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

/* Is its card there, or unplugged only when it is started again? */
static bool has_card(const struct observed *seen, size_t card)
{
	char key[24];

	snprintf(key, sizeof(key), "net%zu", card);
	for (size_t i = 0; i < seen->pending_len; i++)
		if (strcmp(seen->pending[i], key) == 0)
			return true;
	return observed_option(seen, key) != NULL;
}

size_t cards_kept(const struct lease *lease, const struct desired *want,
		  const struct observed *seen)
{
	size_t kept = lease->nics_len;

	while (kept > want->networks_len && seen && !has_card(seen, kept - 1))
		kept--;
	return kept;
}

bool lease_declares(struct arena *arena, const struct lease *lease,
		    const struct desired *want, const struct observed *seen)
{
	size_t slots_len;
	const char **slots = slots_owned(arena, want, lease, seen, &slots_len);

	return lease->protection == want->spec.protection.value &&
	       lease->self == want->spec.self.value &&
	       str_equal(lease->removal, policy_of(want)) && !lease->destroy_since &&
	       lease->nics_len == cards_kept(lease, want, seen) &&
	       same_list(lease->owns_slots, lease->owns_slots_len, slots, slots_len) &&
	       same_list(lease->depends, lease->depends_len, want->depends,
			 want->depends_len) &&
	       same_list(lease->owns_tags, lease->owns_tags_len, want->tags,
			 want->tags_len);
}

void lease_declare(struct arena *arena, struct lease *lease, const struct desired *want,
		   const struct observed *seen)
{
	lease->owns_slots = slots_owned(arena, want, lease, seen, &lease->owns_slots_len);
	lease->protection = want->spec.protection.value;
	lease->self = want->spec.self.value;
	lease->removal = policy_of(want);
	lease->destroy_since = NULL;
	lease->depends = want->depends;
	lease->depends_len = want->depends_len;
	lease->owns_tags = want->tags;
	lease->owns_tags_len = want->tags_len;
	lease->nics_len = cards_kept(lease, want, seen);
}
