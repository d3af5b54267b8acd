/*
 * An exchange: a request from its arrival to its answer, with what a fault makes of it.
 *
 * The client's end is not the end of the work: a call that nobody waits for any more, because
 * they hung up or were told 596, is carried out all the same.
 */
#pragma once

#include "conn.h"
#include "fault_file.h"
#include "journal.h"
#include "save.h"

struct exchange;

/* Where exchanges take place. */
struct stage {
	struct world *world;
	struct exchange *first; /* in order of arrival */
	struct fault_file faults;
	struct journal journal;
	struct save save;
	/* What faults do to the daemon itself. */
	void (*restart)(void *owner, double seconds);
	void (*swap_certificate)(void *owner);
	void *owner;
};

void exchange_add(struct stage *stage, struct conn *conn, struct arena *arena,
		  const struct http_request *request);

/* Carry each on as far as it goes now. */
void stage_step(struct stage *stage);

/* When one may go on, in world time. Who waits for another looks every `pause` seconds. */
double stage_next(const struct stage *stage, double pause);

/* The client has hung up. */
void stage_forget(struct stage *stage, const struct conn *conn);

/* All end here, without an answer; what they waited to do is not done. */
void stage_clear(struct stage *stage);
