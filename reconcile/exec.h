/*
 * A plan being carried out: which guests may be worked on now.
 *
 * One event in, with its time; orders out. It waits for nothing itself, so every order of
 * events, failures and delays can be tried without a second of waiting.
 *
 * A guest is begun only after all that it depends on went well; if one of them did not,
 * it is skipped. Guests whose entries are gone go the other way round: who depends on
 * others goes first. Who only waits for an answer of its guest takes nobody's turn.
 */
#pragma once

#include "reconcile/plan.h"

#include <stdint.h>

enum exec_state {
	EXEC_WAITING, /* for its turn */
	EXEC_RUNNING,
	EXEC_RESTING, /* before it is tried again */
	EXEC_COMING,  /* its work is done, but it does not answer yet */
	EXEC_WELL,
	EXEC_FAILED,
	EXEC_UNREACHABLE, /* its work is done, and it never answered */
	EXEC_SKIPPED,     /* never begun, because another one failed */
};

struct exec_item {
	const struct action *action;
	enum exec_state state;
	const char *lock;  /* what only one at a time may use; NULL: nothing, or let go of
			      again */
	unsigned attempts; /* that failed in a way that may pass */
	uint64_t rest_until;
	const struct observed *seen; /* EXEC_WELL: as it was left, where that is known */
	struct error why;            /* EXEC_FAILED, EXEC_UNREACHABLE, EXEC_SKIPPED */
	const size_t *after;         /* the items that must have gone well before */
	size_t after_len;
};

struct exec {
	struct exec_item *at; /* the actions that ask something of Proxmox, in order */
	size_t len;
	size_t running, parallel;
	size_t coming;
	enum on_error on_error;
	bool canceled; /* nothing more is begun */
	bool stopping; /* no further guest is begun */
	size_t *ready; /* room for the orders */
};

enum exec_event {
	EXEC_BEGIN,    /* of everything */
	EXEC_LET_GO,   /* the item does not need its lock any more */
	EXEC_IS_UP,    /* its work is done; somebody else may have its turn */
	EXEC_DID_WELL, /* the item is finished */
	EXEC_DID_NOT,  /* it failed: `why` */
	EXEC_TIME,     /* has passed */
	EXEC_STOP,     /* begin nothing more */
};

struct exec_orders {
	const size_t *start; /* items to begin, or to begin again */
	size_t start_len;
	uint64_t wake; /* send EXEC_TIME then; 0: not needed */
	bool over;     /* nothing runs and nothing will */
};

void exec_init(struct exec *exec, struct arena *arena, const struct plan *plan);

/* `now` in milliseconds of any clock that never goes back. `item` and `why` as the event
 * says. */
void exec_step(struct exec *exec, enum exec_event event, size_t item,
	       const struct error *why, uint64_t now, struct exec_orders *orders);
