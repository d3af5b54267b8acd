/*
 * Commits reached from a tip, newest first, by their parents. libgit2's own walk refuses
 * shallow repositories; here a parent that is not at hand is an end, and is counted.
 */
#pragma once

#include "git/inside.h"

struct history_node {
	git_oid id;
	int64_t time;
	uint64_t order;     /* in which it was met */
	bool excluded;      /* reached from `until` */
	bool queued, taken; /* waiting; was walked over at least once */
};

struct history {
	const struct repo *repo;
	struct arena *arena;
	struct history_node **table; /* by id; a power of two of places */
	size_t places, len;
	struct {
		struct history_node **at;
		size_t len, cap;
	} heap;          /* the newest first */
	size_t included; /* that wait in the heap and are not excluded */
	uint64_t order;
	struct history_node *until;
	bool reached; /* `until` is an ancestor of the tip, or the tip itself */
	/* walked over and not excluded when it was: newest first */
	struct {
		struct history_node **at;
		size_t len, cap;
	} taken;
	size_t holes; /* parents of included commits that are not at hand */
};

/*
 * Walk from `tip` until all that is left is reached from `until` too; with `until` ""
 * over `most` commits. ERROR_LOCAL when `tip` is not at hand or the disk fails.
 */
bool history_walk(struct history *history, const struct repo *repo, struct arena *arena,
		  const char *tip, const char *until, size_t most, struct error *err);
