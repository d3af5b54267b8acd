/*
 * A change of the lease file that a person asks for: read the branch, decide, commit,
 * push. Nothing is asked of Proxmox. A push that finds the branch moved reads it again and
 * decides anew; one without an answer too: what it brought is there then, or it is not.
 */
#pragma once

#include "controller/record.h"

struct amend_spec {
	struct source_spec source; /* as of apply: the pushed commit counts */
	/*
	 * Change `leases`, a copy of what the branch has; true when it did. False with an
	 * error: refused, nothing is written. False without: there is nothing to change.
	 */
	bool (*change)(void *owner, struct arena *arena, const struct source *source,
		       struct leases *leases, struct error *err);
	/* Subject and body of the commit, after a change. */
	const char *(*message)(void *owner, struct arena *arena);
	void *owner;
};

struct amend {
	struct op op;
	struct source source;
	bool pushed;             /* false: there was nothing to change, or it failed */
	char commit[COMMIT_HEX]; /* ours, when pushed */
	const char *note;        /* why a checkout was not brought forward, or NULL */
	/* private */
	struct arena *arena;
	struct amend_spec spec;
	int step;
	struct leases leases;
	struct push push;
	struct nap nap;
	unsigned races;
	struct lost_push lost;
};

/*
 * The lease file goes with the inventory, which may tell of the change too. A lease file
 * that is begun here has no instance: the first apply gives it one, after it has seen
 * that no guest on the cluster carries vm7's line already.
 */
void amend_start(struct amend *amend, struct arena *arena, const struct amend_spec *spec,
		 void (*resume)(void *flow), void *flow);

/* A push under way keeps its own deadline. */
void amend_cancel(struct amend *amend);
