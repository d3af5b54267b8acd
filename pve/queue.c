#include "pve/queue.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

struct lane {
	struct lane *next;
	const struct queue *queue;
	char *name;
	unsigned running;
	bool calling; /* somebody further up calls those whose turn it is */
	struct turn *head, **tail;
};

struct queue {
	unsigned per_lane;
	struct lane *lanes;
};

struct queue *queue_create(unsigned per_lane)
{
	struct queue *queue = xcalloc(1, sizeof(*queue));

	queue->per_lane = per_lane;
	return queue;
}

void queue_destroy(struct queue *queue)
{
	while (queue->lanes) {
		struct lane *next = queue->lanes->next;

		free(queue->lanes->name);
		free(queue->lanes);
		queue->lanes = next;
	}
	free(queue);
}

/* There are as many lanes as nodes: a handful. */
static struct lane *lane_of(struct queue *queue, const char *name)
{
	struct lane *lane;

	for (lane = queue->lanes; lane; lane = lane->next)
		if (strcmp(lane->name, name) == 0)
			return lane;
	lane = xcalloc(1, sizeof(*lane));
	lane->name = xstrdup(name);
	lane->queue = queue;
	lane->tail = &lane->head;
	lane->next = queue->lanes;
	queue->lanes = lane;
	return lane;
}

/*
 * Whoever is called may leave at once, which brings us here again: then the one further
 * up goes on, so that ten thousand of them do not end up on one stack.
 */
static void call_next(struct lane *lane)
{
	if (lane->calling)
		return;
	lane->calling = true;
	while (lane->head && lane->running < lane->queue->per_lane) {
		struct turn *turn = lane->head;

		lane->head = turn->next;
		if (!lane->head)
			lane->tail = &lane->head;
		turn->next = NULL;
		turn->running = true;
		lane->running++;
		turn->go(turn);
	}
	lane->calling = false;
}

void queue_enter(struct queue *queue, struct turn *turn, const char *name,
		 void (*go)(struct turn *turn))
{
	struct lane *lane = lane_of(queue, name);

	*turn = (struct turn){ .go = go, .lane = lane };
	*lane->tail = turn;
	lane->tail = &turn->next;
	call_next(lane);
}

void queue_leave(struct turn *turn)
{
	struct lane *lane = turn->lane;

	if (!lane)
		return;
	turn->lane = NULL;
	if (turn->running) {
		lane->running--;
	} else {
		struct turn **at = &lane->head;

		while (*at != turn)
			at = &(*at)->next;
		*at = turn->next;
		if (!*at)
			lane->tail = at;
	}
	call_next(lane);
}
