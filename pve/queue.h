/*
 * Who may send now: so many requests for a node at once, the others wait in order.
 *
 * Three workers of a node answer everybody, and one that waits for a lock answers nobody
 * (pve-manager PVE/Service/pvedaemon.pm): a node that is asked too much at once only gets
 * slower, for the people in front of its web page too.
 */
#pragma once

#include <stdbool.h>

struct queue;
struct lane;

/* One that waits, or whose turn it is; embedded by who queues. */
struct turn {
	void (*go)(
		struct turn *turn); /* its turn has come; may leave the queue at once */
	struct lane *lane;          /* NULL: not in the queue */
	struct turn *next;
	bool running;
};

struct queue *queue_create(unsigned per_lane);

/* Nobody may be in it. */
void queue_destroy(struct queue *queue);

/* `go` may be called before this returns. `name` is the node, "" the endpoint itself. */
void queue_enter(struct queue *queue, struct turn *turn, const char *name,
		 void (*go)(struct turn *turn));

/* Done, or no longer interested: the next one's turn. Fine when not in the queue. */
void queue_leave(struct turn *turn);
