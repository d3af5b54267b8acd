/* What a plan says, in words that its text, JSON and Markdown share. */
#pragma once

#include "reconcile/print.h"

/* How a guest stands, its notes taken into account. */
enum standing {
	STANDING_CREATE,
	STANDING_RESUME,
	STANDING_ADOPT,
	STANDING_CHANGE,
	STANDING_RETURN,
	STANDING_RELEASING,
	STANDING_DESTROY,
	STANDING_REPLACE,
	STANDING_RECORD,
	STANDING_DROP,
	STANDING_WAIT,
	STANDING_REFUSED,
	STANDING_DIFFERS,
	STANDING_HOLD,
	STANDING_UNKNOWN,
	STANDING_UNASKED, /* leased, but Proxmox was not asked */
	STANDING_PASSED,  /* --guest names another one */
	STANDING_DESIRED,
	STANDING_RELEASE, /* leased without an entry: has a note, but no action */
};

enum { STANDINGS = STANDING_RELEASE + 1 };

struct tally {
	size_t of[STANDINGS];
};

/* One for each action of the plan, and how many there are of each. */
enum standing *standings_of(struct tally *tally, struct arena *arena,
			    const struct plan *plan);

/* "1 to create, 2 refused": what a list of these numbers reads like; "" when all are 0.
 */
char *tell_tally(struct arena *arena, const struct tally *tally);

/* "main 3f2a9c1 of infra.git, cluster lab (PVE 9)" */
char *tell_read(struct arena *arena, const struct plan *plan);

/* "create VM 10000 on pve01 from template 9000 (debian-12)"; "" where nothing is done. */
char *tell_action(struct arena *arena, const struct action *action);

/* "192.168.10.50/24 of mgmt, gateway 192.168.10.1" of the card, with its MAC if known. */
char *tell_card(struct arena *arena, const struct plan *plan, const struct action *action,
		size_t card);

/* "clone", "grow scsi0 3 GiB -> 40 GiB" */
char *tell_step(struct arena *arena, const struct action *action, enum step step);

/*
 * A value of a change as it may be shown: no secret, and nothing that is made from the
 * instance while nobody has chosen one. NULL stays NULL.
 */
char *tell_value(struct arena *arena, const struct plan *plan,
		 const struct action *action, const struct change *change,
		 const char *value);

/* The same for a person: keys are counted, what is long is cut. */
char *tell_value_short(struct arena *arena, const struct plan *plan,
		       const struct action *action, const struct change *change,
		       const char *value);

/* False while MACs and ids are made from an instance that the first apply will choose. */
bool tells_identity(const struct plan *plan);

/* "is up: ssh devops@192.168.10.50 (VM 10000 on pve01)", "failed: ..." */
char *tell_done(struct arena *arena, const struct done *done);

/* "2 made, 1 failed, 3 as desired." */
char *tell_outcome(struct arena *arena, const struct outcome *outcome);

/* Of the pass as a whole: what is refused before, or what ended it; NULL: nothing. */
const struct error *outcome_stop(const struct outcome *outcome);

/* "awaiting release" */
const char *tell_note(enum note_kind kind);

/* Made safe for one line. */
char *tell_safe(struct arena *arena, const char *text);
