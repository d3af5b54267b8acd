#include "git/history.h"

#include "base/vec.h"

#include <string.h>

enum { COMMITS_MAX = 1000000 };

static struct history_node **place_of(struct history *history, const git_oid *id)
{
	size_t at;

	memcpy(&at, id->id, sizeof(at)); /* ids are hashes already */
	for (;; at++) {
		struct history_node **place = &history->table[at & (history->places - 1)];

		if (!*place || git_oid_equal(&(*place)->id, id))
			return place;
	}
}

static void table_grow(struct history *history)
{
	struct history_node **old = history->table;
	size_t places = history->places;

	history->places = places ? places * 2 : 256;
	history->table =
		arena_array(history->arena, struct history_node *, history->places);
	for (size_t i = 0; i < places; i++)
		if (old[i])
			*place_of(history, &old[i]->id) = old[i];
}

static struct history_node *node_of(struct history *history, const git_oid *id)
{
	struct history_node **place;

	if (history->len * 2 >= history->places)
		table_grow(history);
	place = place_of(history, id);
	if (!*place) {
		*place = arena_new(history->arena, struct history_node);
		git_oid_cpy(&(*place)->id, id);
		history->len++;
	}
	return *place;
}

/* Newest first; of the same second, what was met first. */
static bool is_before(const struct history_node *a, const struct history_node *b)
{
	return a->time != b->time ? a->time > b->time : a->order < b->order;
}

static void heap_push(struct history *history, struct history_node *node)
{
	size_t at = history->heap.len;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
	*vec_push(history->arena, &history->heap) = node;
	for (; at > 0; at = (at - 1) / 2) {
		struct history_node **above = &history->heap.at[(at - 1) / 2];

		if (!is_before(node, *above))
			break;
		history->heap.at[at] = *above;
		*above = node;
	}
	node->queued = true;
	history->included += !node->excluded;
}

static struct history_node *heap_pop(struct history *history)
{
	struct history_node **heap = history->heap.at, *top = heap[0], *last;
	size_t at = 0, below, len = --history->heap.len;

	last = heap[len];
	while ((below = 2 * at + 1) < len) {
		if (below + 1 < len && is_before(heap[below + 1], heap[below]))
			below++;
		if (!is_before(heap[below], last))
			break;
		heap[at] = heap[below];
		at = below;
	}
	heap[at] = last;
	top->queued = false;
	history->included -= !top->excluded;
	return top;
}

/* Put it in the queue. False without error: it is not at hand. */
static bool enqueue(struct history *history, struct history_node *node, bool *at_hand,
		    struct error *err)
{
	own(git_commit) git_commit *commit = NULL;
	int code = git_commit_lookup(&commit, history->repo->git, &node->id);

	*at_hand = code == 0;
	if (code == GIT_ENOTFOUND)
		return true;
	if (code < 0)
		return git_failed(err, code, "history");
	node->time = git_commit_committer(commit)->when.time;
	node->order = history->order++;
	heap_push(history, node);
	return true;
}

/* A commit was reached from one of its children. */
static bool reach(struct history *history, struct history_node *node, bool excluded,
		  struct error *err)
{
	bool at_hand, news = excluded && !node->excluded;

	if (!excluded && node == history->until)
		history->reached = true;
	if (news && node->queued)
		history->included--;
	node->excluded |= excluded;
	/*
	 * What was walked over as wanted and is not goes round again: so do its
	 * parents.
	 */
	if (node->queued || (node->taken && !news))
		return true;
	if (!enqueue(history, node, &at_hand, err))
		return false;
	history->holes += !at_hand && !node->excluded;
	return true;
}

static bool take(struct history *history, struct history_node *node, struct error *err)
{
	own(git_commit) git_commit *commit = NULL;
	int code = git_commit_lookup(&commit, history->repo->git, &node->id);

	if (code < 0)
		return git_failed(err, code, "history");
	if (!node->taken && !node->excluded)
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): and here */
		*vec_push(history->arena, &history->taken) = node;
	node->taken = true;
	for (unsigned i = 0; i < git_commit_parentcount(commit); i++)
		if (!reach(history, node_of(history, git_commit_parent_id(commit, i)),
			   node->excluded, err))
			return false;
	return true;
}

/*
 * Is there more to learn? As long as something wanted waits; and, since clocks of people
 * differ, as long as something excluded is not older than all that was taken.
 */
static bool goes_on(const struct history *history, size_t most)
{
	const struct history_node *oldest;

	if (history->heap.len == 0 || history->taken.len >= most)
		return false;
	if (history->included > 0 || history->taken.len == 0)
		return history->included > 0;
	oldest = history->taken.at[history->taken.len - 1];
	return history->heap.at[0]->time >= oldest->time;
}

static bool start_at(struct history *history, const char *hex, bool excluded,
		     bool *at_hand, struct error *err)
{
	struct history_node *node;
	git_oid id;
	int code = git_oid_fromstr(&id, hex);

	if (code < 0)
		return git_failed(err, code, hex);
	node = node_of(history, &id);
	node->excluded = excluded;
	if (excluded)
		history->until = node;
	return enqueue(history, node, at_hand, err);
}

bool history_walk(struct history *history, const struct repo *repo, struct arena *arena,
		  const char *tip, const char *until, size_t most, struct error *err)
{
	bool at_hand = false;

	*history = (struct history){ .repo = repo, .arena = arena };
	if (*until && strcmp(tip, until) == 0) {
		history->reached = true;
		return true;
	}
	if (*until && !start_at(history, until, true, &at_hand, err))
		return false;
	if (!start_at(history, tip, false, &at_hand, err))
		return false;
	if (!at_hand)
		return error_set(err, ERROR_LOCAL, "commit %.12s is not at hand", tip);
	if (*until)
		most = COMMITS_MAX;
	while (goes_on(history, most))
		if (!take(history, heap_pop(history), err))
			return false;
	return true;
}
