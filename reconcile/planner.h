/*
 * The inside of a plan in the making, for plan.c, plan_leases.c and plan_guest.c alone.
 */
#pragma once

#include "reconcile/plan.h"
#include "reconcile/premise.h"

/* A desired guest on its way into the plan. */
struct candidate {
	const struct desired *want;
	const struct lease *held;    /* NULL: none */
	const struct observed *seen; /* at the leased VMID */
	bool allocates;              /* a lease is made or made whole */
	bool extends;                /* cards are added to a lease that is whole */
	bool adopts;                 /* somebody else's guest becomes ours */
	bool remakes;                /* it was finished, and is gone: made again */
	size_t wish;                 /* its place in the allocation */
	const struct error *why;     /* refused before anything was allocated, or NULL */
	const char *placed;          /* why its node was chosen in this plan, or NULL */
};

struct planner {
	struct plan *plan;
	struct premises premises;
	struct places *places; /* NULL until a node is to be chosen */
	struct arena *arena;
	const struct plan_input *input;
	const struct leases *before; /* as the lease file has them; see planner_rename */
	const char *instance; /* the file's, or the one it is to get; the nil UUID in a
				 dry run */
	struct candidate *candidates;
	size_t len;
};

/* Tell something of a guest, or of the whole pass when `guest` is NULL. */
void planner_note(struct planner *p, const char *guest, enum note_kind kind,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* It failed lately: nothing is done about it for a while. */
void planner_rests(struct action *action);

/* Is the guest meant, or does --guest mean another? */
bool planner_wants(const struct planner *p, const char *guest);

/* ---- plan_leases.c: who gets which lease, and which of them are pushed ---- */

/* What is known of a desired guest before anything is allocated. */
void planner_consider(struct planner *p, struct candidate *c, const struct desired *want);

/*
 * The allocation of all candidates; plan->leases afterwards. By candidate's `wish` - 1.
 */
struct allotment *planner_allot(struct planner *p);

/* plan->leases as they are pushed, the actions' leases pointing into them. */
void planner_settle(struct planner *p);

/*
 * A reserved VMID where somebody else's guest turned up: only then another is chosen, and
 * only in this later pass, when that guest is unlocked, readable and without our line.
 */
bool candidate_is_taken(const struct candidate *c);

/*
 * A lease without an entry ends where its guest is proven absent: not in the list, and
 * its VMID free. One of a guest that was not adopted yet ends at once.
 */
bool planner_drops(const struct planner *p, const struct lease *lease);

/*
 * replace.c: what its entry asks for can only be had by making the guest anew: that is told,
 * and refused or planned. False: nothing stands in the way of keeping it.
 */
bool planner_replaces(struct planner *p, struct action *action);

/* Nothing can be known of a guest whose node does not answer, not even its absence. */
bool node_is_offline(const struct cluster_state *cluster, const char *node);

/* ---- plan_guest.c: what is to be done about one guest ---- */

/* Why it is in the plan. */
const char *planner_reason(struct planner *p, const struct candidate *c);

/*
 * The guest is to be made, or its making gone on with: which steps, and may they be
 * taken?
 */
void planner_making(struct planner *p, struct action *action, const struct candidate *c);

/* Who changed it, where that was asked. */
void note_culprit(struct planner *p, const struct action *action);

/* All that is known of a guest, with what the plan knows of the rest. */
void planner_fill(struct planner *p, struct making *making, const struct desired *want,
		  const struct lease *lease);

/*
 * Can anything be known of the guest, if only its absence? Otherwise it is noted why not.
 */
bool planner_sees(struct planner *p, const char *guest, const struct lease *lease,
		  const struct observed *seen);

/* May it be worked on? Otherwise the action waits, or is refused as disputed. */
bool planner_proves(struct action *action);

/* ---- plan_keeping.c: a guest that was finished once ---- */

/* Is it the one, and is it as desired? */
void planner_finished(struct planner *p, struct action *action);

/*
 * ---- probe.c: a fresh address that somebody has already ----
 *
 * Who would get it is refused: the scan allocates nothing, so no other address is given
 * out instead. After the actions are known, before their order.
 */
void planner_probe(struct planner *p);

/*
 * ---- order.c: a guest is not made before those it depends on ----
 *
 * Who depends on a guest that is refused, waits or is not there, waits as well, with its
 * reason. After the actions are known, before the leases are settled.
 */
void planner_order(struct planner *p);

/* ---- plan_removal.c: a lease without an entry, and one whose entry is back ---- */

void planner_undesired(struct planner *p, const struct lease *lease);

/*
 * A released guest whose entry is back is ready again; the lease that is pushed says so.
 */
void planner_return(struct planner *p, struct action *action);

/* The steps of a guest that is there to its end. */
void planner_end_steps(struct action *action);

/* One whose end has begun is brought to it; with an entry it is then made anew. */
void planner_destroying(struct planner *p, struct action *action);

/* on_error: rollback: what this pass has made is removed, and its leases end. */
void planner_undo(struct planner *p);

/* ---- guard.c: how much of it one pass may do ---- */

void planner_guard(struct planner *p);

/* ---- plan_adopt.c: a guest that somebody else made becomes ours ---- */

/* Does its entry take over a guest that nothing is leased to yet? Then it is found. */
bool candidate_adopts(const struct planner *p, struct candidate *c);

/*
 * The leases of all that are adopted, as their guests are found: added to plan->leases
 * after the allocation, which keeps off their addresses anyway. Who cannot be adopted is
 * told why in the candidate.
 */
void planner_adopt(struct planner *p);

/* A lease that says so: the guest is to get our marks. */
void planner_adopting(struct planner *p, struct action *action);

/* Why the guest is left alone, or NULL. */
const char *planner_hold(const struct candidate *c);

/* ---- plan_room.c: is there a place for what is to be made? ---- */

/* Refuse what has none: a bridge that is not there, a storage that is full. */
void planner_room(struct planner *p);

/* The action is refused; the caller sets `why`. Its lease becomes an offer. */
void planner_refuse(struct planner *p, struct action *action);

/* ---- plan_rights.c ---- */

/*
 * What the token may not do. Not part of the fingerprint: a plan and its apply may be
 * made with two tokens.
 */
void planner_rights(struct planner *p);

/* What will be different by itself is waited for. */
enum verb verb_unless_it_passes(const struct error *why);
