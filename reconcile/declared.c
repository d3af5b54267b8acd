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

bool carries_still(const struct observed *seen, const struct addr *ip)
{
	if (!seen || !seen->has_config)
		return true;
	for (size_t i = 0; i < seen->pending_len; i++)
		if (str_starts(seen->pending[i], "net") ||
		    str_starts(seen->pending[i], "ipconfig"))
			return true;
	for (size_t i = 0; i < seen->cards_len; i++)
		if (addr_equal(&seen->cards[i].ip, ip) ||
		    addr_equal(&seen->cards[i].ip6, ip))
			return true;
	return false;
}

static size_t leaving_still(const struct lease *lease, const struct observed *seen)
{
	size_t kept = 0;

	for (size_t i = 0; i < lease->leaving_len; i++)
		kept += carries_still(seen, &lease->leaving[i].ip);
	return kept;
}

/* The addresses that it is not rid of yet, in an array of their own. */
static void keep_leaving(struct arena *arena, struct lease *lease,
			 const struct observed *seen)
{
	const struct leaving *all = lease->leaving;
	size_t len = lease->leaving_len;

	if (leaving_still(lease, seen) == len)
		return;
	lease->leaving = arena_array(arena, struct leaving, len);
	lease->leaving_len = 0;
	for (size_t i = 0; i < len; i++)
		if (carries_still(seen, &all[i].ip))
			lease->leaving[lease->leaving_len++] = all[i];
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
	       lease->leaving_len == leaving_still(lease, seen) &&
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
	keep_leaving(arena, lease, seen);
}
