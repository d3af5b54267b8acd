#include "reconcile/recovery.h"

#include "base/text.h"
#include "reconcile/declared.h"
#include "reconcile/making.h"

#include <string.h>

static const struct desired *entry_of(const struct manifest *manifest,
				      const struct observed *guest)
{
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct num_setting *adopt = &manifest->guests[i].spec.adopt;

		if (is_set(&adopt->is) && (unsigned)adopt->value == guest->vmid)
			return &manifest->guests[i];
	}
	return guest->name ? manifest_find(manifest, guest->name) : NULL;
}

static bool is_of(const struct manifest *manifest, const struct observed *guest,
		  const char *repository)
{
	return guest->line_id && !guest->template &&
	       (str_equal(guest->line_repository, repository) ||
		entry_of(manifest, guest));
}

/* What is not seen now would be made a second time later. */
static bool all_is_seen(const struct cluster_state *cluster, struct error *err)
{
	if (!cluster->quorate)
		return error_set(err, ERROR_TEMPORARY,
				 "the cluster has no quorum: what it shows may be old");
	for (size_t i = 0; i < cluster->nodes_len; i++)
		if (!cluster->nodes[i].online)
			return error_set(err, ERROR_TEMPORARY,
					 "node %s is offline: a guest of it would be "
					 "missed, and made a second time",
					 cluster->nodes[i].name);
	for (size_t i = 0; i < cluster->guests_len; i++)
		if (!cluster->guests[i].template && !cluster->guests[i].has_config)
			return error_set(err, ERROR_TEMPORARY,
					 "the config of VMID %u on %s cannot be read: it "
					 "may be one of them",
					 cluster->guests[i].vmid,
					 cluster->guests[i].node);
	return true;
}

static bool find_instance(const char **out, struct arena *arena,
			  const struct manifest *manifest,
			  const struct cluster_state *cluster, const char *repository,
			  struct error *err)
{
	const char **found = arena_array(arena, const char *, cluster->guests_len);
	size_t len = 0;

	for (size_t i = 0; i < cluster->guests_len; i++) {
		const struct observed *guest = &cluster->guests[i];
		bool known = !is_of(manifest, guest, repository);

		for (size_t j = 0; j < len && !known; j++)
			known = strcmp(found[j], guest->line_instance) == 0;
		if (!known)
			found[len++] = guest->line_instance;
	}
	if (len == 0)
		return error_set(err, ERROR_REFUSED,
				 "no guest on the cluster %s carries a line of vm7 for "
				 "%s: there is nothing to recover",
				 cluster->name, repository);
	if (len > 1)
		return error_set(err, ERROR_REFUSED,
				 "the guests carry the lines of several lease files "
				 "(%s): which one was lost cannot be told. Take the "
				 "lines of the others out of their descriptions",
				 str_list(arena, found, len, 5));
	*out = found[0];
	return true;
}

static bool pool_has(const struct pool *pool, const struct observed_card *card)
{
	return pool && ((card->ip.family && cidr_contains(&pool->v4.cidr, &card->ip)) ||
			(card->ip6.family && cidr_contains(&pool->v6.cidr, &card->ip6)));
}

/* That of its network, else any that has the address: no two pools overlap. */
static const struct pool *pool_of(const struct manifest *manifest,
				  const struct desired *want, size_t card,
				  const struct observed_card *seen)
{
	const char *name = want && card < want->networks_len
				   ? want->networks[card]->pool.value
				   : NULL;
	const struct pool *pool = name ? pools_find(&manifest->pools, name) : NULL;

	if (pool_has(pool, seen))
		return pool;
	for (size_t i = 0; i < manifest->pools.len; i++)
		if (pool_has(&manifest->pools.at[i], seen))
			return &manifest->pools.at[i];
	return NULL;
}

static void recover_cards(struct lease *lease, struct arena *arena,
			  const struct manifest *manifest, const struct desired *want,
			  const struct observed *seen)
{
	const struct observed_card *card;

	lease->nics = arena_array(arena, struct nic, seen->cards_len);
	while (lease->nics_len < seen->cards_len &&
	       (!want || lease->nics_len < want->networks_len) &&
	       (card = observed_card(seen, lease->nics_len))) {
		struct nic *nic = &lease->nics[lease->nics_len];
		const struct pool *pool =
			pool_of(manifest, want, lease->nics_len++, card);

		nic->mac = card->mac;
		if (!pool)
			continue;
		nic->pool = pool->name;
		if (cidr_contains(&pool->v4.cidr, &card->ip))
			nic->ip = card->ip;
		if (cidr_contains(&pool->v6.cidr, &card->ip6))
			nic->ip6 = card->ip6;
	}
}

/*
 * A guest whose marks do not agree is disputed then, as it would have been: nothing is done
 * to it until a person has looked.
 */
static bool recover_one(struct leases *out, struct arena *arena,
			const struct manifest *manifest, const struct observed *seen,
			const char *now, struct error *err)
{
	const struct desired *want = entry_of(manifest, seen);
	const char *name = want ? want->name : seen->name;
	struct nic told = { 0 };
	struct lease *lease;

	if (!name)
		return error_set(err, ERROR_REFUSED, "VMID %u has no name", seen->vmid);
	lease = leases_find(out, name);
	if (lease && !lease->bare)
		return error_set(
			err, ERROR_REFUSED,
			"VMID %u and VMID %u are both called %s: take vm7's line "
			"out of the description of the one that is not meant",
			lease->vmid, seen->vmid, name);
	if (lease)
		told = lease->nics[0];
	else
		lease = leases_add(arena, out, name);
	*lease = (struct lease){ .name = lease->name };
	lease->id = seen->line_id;
	lease->state = str_in(TAG_RELEASED, seen->tags, seen->tags_len) ? LEASE_RELEASED
									: LEASE_READY;
	lease->type = seen->type;
	lease->node = seen->node;
	lease->vmid = seen->vmid;
	lease->since = now;
	recover_cards(lease, arena, manifest, want, seen);
	if (told.pool && lease->nics_len > 0 && !lease->nics[0].pool) {
		/* only the guest itself knows its address, and somebody told it */
		told.mac = lease->nics[0].mac;
		lease->nics[0] = told;
	}
	if (want)
		lease_declare(arena, lease, want, seen);
	else
		lease->protection = guest_is_protected(seen);
	return true;
}

static bool are_single(const struct leases *leases, struct arena *arena,
		       struct error *err)
{
	struct diags diags;

	diags_init(&diags, arena);
	leases_check(leases, arena, NULL, &diags);
	return diags.len == 0 ||
	       error_set(err, ERROR_REFUSED, "two guests say the same: %s: %s",
			 diags.at[0].where, diags.at[0].what);
}

bool leases_recover(struct leases *out, struct arena *arena,
		    const struct manifest *manifest, const struct cluster_state *cluster,
		    const char *repository, const char *now, struct error *err)
{
	if (!all_is_seen(cluster, err) ||
	    !find_instance(&out->instance, arena, manifest, cluster, repository, err))
		return false;
	out->cluster = cluster->name;
	for (size_t i = 0; i < cluster->guests_len; i++) {
		const struct observed *guest = &cluster->guests[i];

		if (is_of(manifest, guest, repository) &&
		    !recover_one(out, arena, manifest, guest, now, err))
			return false;
	}
	return are_single(out, arena, err);
}
