/*
 * What the token may not do, guest by guest: told by a plan, refused by an apply, before
 * anything is asked of Proxmox for that guest.
 */
#include "base/text.h"
#include "base/when.h"
#include "reconcile/planner.h"
#include "reconcile/rights.h"

#include <stdlib.h>
#include <string.h>

enum { EXPIRY_DAYS = 14, DAY = 86400 };

/* As told; else the newest. */
static unsigned release_of(const struct cluster_state *cluster)
{
	return cluster->version ? (unsigned)strtoul(cluster->version, NULL, 10) : 9;
}

/* True when it is refused. */
static bool judge(struct planner *p, struct action *action, bool *only_looks)
{
	const struct cluster_state *cluster = p->input->cluster;
	const struct permissions *held = cluster->permissions;
	struct needs needs, missing;
	const char *lacks, *granted_by;
	bool read_only;

	needs_of_action(&needs, p->arena, action, release_of(cluster));
	needs_missing(&missing, p->arena, &needs, held);
	if (missing.len == 0)
		return false;
	read_only = needs_read_only(&needs, &missing);
	lacks = arena_printf(p->arena, "the token %s lacks %s", held->token,
			     needs_tell(p->arena, &missing));
	granted_by = read_only ? "It can only look: vm7 rights prints what it needs"
			       : arena_printf(p->arena,
					      "As root on a node: %s (vm7 rights prints "
					      "all that it needs)",
					      needs_granted_by(p->arena, &missing, held));
	if (p->input->applies) {
		planner_refuse(p, action);
		error_set(&action->why, ERROR_DENIED, "%s. %s", lacks, granted_by);
		return true;
	}
	if (!read_only)
		planner_note(p, action->guest, NOTE_RIGHTS,
			     "%s: apply will refuse it. %s", lacks, granted_by);
	*only_looks |= read_only;
	return false;
}

static void note_expiry(struct planner *p, const struct permissions *held)
{
	size_t len = strcspn(held->token, "!");
	int64_t expires, now;

	if (!held->expires || !when_read(&expires, held->expires) ||
	    !when_read(&now, p->input->now) || expires - now > (int64_t)EXPIRY_DAYS * DAY)
		return;
	planner_note(p, NULL, NOTE_RIGHTS,
		     "the token %s expires on %.10s. As root on a node: pveum user token "
		     "modify %s %s --expire 0, or with a later date",
		     held->token, held->expires,
		     shell_word(p->arena, arena_strndup(p->arena, held->token, len)),
		     shell_word(p->arena, held->token[len] ? held->token + len + 1 : ""));
}

void planner_rights(struct planner *p)
{
	const struct cluster_state *cluster = p->input->cluster;
	bool refused = false, only_looks = false;

	if (!cluster || !cluster->permissions || p->plan->stop.kind)
		return;
	for (size_t i = 0; i < p->plan->actions.len; i++)
		refused |= judge(p, &p->plan->actions.at[i], &only_looks);
	if (only_looks)
		planner_note(p, NULL, NOTE_RIGHTS,
			     "the token %s can only look: apply needs one that may do "
			     "more (vm7 rights prints what)",
			     cluster->permissions->token);
	note_expiry(p, cluster->permissions);
	if (refused) { /* without the leases of what is not made */
		p->plan->reserves = false;
		planner_order(p);
		planner_settle(p);
	}
}
