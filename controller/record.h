/*
 * Results on their way into the repository: merged by id into the leases of a tip,
 * rendered, committed, pushed. A tip that moved meanwhile gets them too: they are
 * facts.
 */
#pragma once

#include "base/nap.h"
#include "controller/results.h"

struct record_spec {
	const struct source *source;
	const struct results *results;
	const struct cluster_state *observed; /* may be NULL */
	const char *instance;                 /* for a lease file that has none yet */
	const char *now;
};

/*
 * Pushes without an answer: the tip tells what became of them, and not for ever another
 * is tried.
 */
struct lost_push {
	unsigned count;
	uint64_t began;   /* of the last push, loop time in ms */
	struct error err; /* set when no other is to be tried */
};

void lost_push_begin(struct lost_push *lost);

/* The push has ended; was it one without an answer? */
void lost_push_end(struct lost_push *lost, const struct push *push);

struct record {
	struct op op;
	bool pushed; /* false: there was nothing to tell */
	/* when it went well: what the branch has by now */
	const struct leases *leases;
	unsigned races;   /* how often it had moved: others have pushed too */
	const char *note; /* why a checkout was not brought forward, or NULL */
	/* private */
	struct arena *arena;
	struct record_spec spec;
	int step;
	struct push push;
	struct look look;
	struct vouch vouch;
	struct nap nap;
	unsigned serial;
	struct lost_push lost;
};

/* `tip` of the leases' branch, and the leases that it has. */
void record_start(struct record *record, struct arena *arena,
		  const struct record_spec *spec, const char *tip,
		  const struct leases *tip_leases, void (*resume)(void *flow),
		  void *flow);

/* A lost race is not run again; a push under way keeps its own deadline. */
void record_cancel(struct record *record);

/* A rest of a length that two writers do not share. */
void rest_a_little(struct nap *nap, void (*resume)(void *flow), void *flow);

/* The time as the lease file has it: "2026-11-21T09:30:00Z". */
const char *now_text(struct arena *arena);

/* A random name, as for a pass and for a lease file. */
void random_uuid(char out[37]);
