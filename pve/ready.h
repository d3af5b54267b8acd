/*
 * A guest that was started, until it answers: it runs, its QEMU guest agent answers, or
 * its SSH server does.
 *
 * An agent that does not answer keeps a worker of its node busy for 3 s (qemu-server
 * PVE/QemuServer/Agent.pm assert_agent_available), so each is asked every 10 s at most,
 * and of a node one at a time: those that were asked least come first.
 */
#pragma once

#include "base/banner.h"
#include "base/nap.h"
#include "pve/request.h"

struct ready;

/* Who waits for its turn to ask an agent. Zeroed it is empty. */
struct ready_line {
	struct ready *first;  /* in the order in which they came */
	struct ready *asking; /* those that ask right now */
};

struct ready_spec {
	struct target target;
	const struct ready_settings *settings; /* `when` is set */
	const char *address; /* where its SSH server is; NULL: it has none */
	bool once;           /* it is asked now, and not again */
};

/* Named after what has just finished. */
enum ready_step {
	READY_RESTED,
	READY_TURN, /* nobody else asks an agent on that node */
	READY_ASKED,
	READY_HEARD, /* a TCP server */
};

/*
 * op.err: ERROR_NONE when it answers; ERROR_FAILED when it did not within its time;
 * ERROR_DENIED when the token may not ask; ERROR_CANCELED.
 */
struct ready {
	struct op op;
	/* private */
	enum ready_step step;
	struct cluster *cluster;
	struct ready_line *line;
	struct ready_spec spec;
	struct ready *next; /* in the line */
	unsigned asked;
	bool canceled;
	uint64_t next_look, deadline; /* loop time in ms */
	struct error last;            /* why it is not ready yet */
	struct nap nap;
	struct request request;
	struct call call;
	struct banner banner;
};

/* The spec's texts, the line, the cluster and `ready` must stay until it is over. */
void ready_start(struct ready *ready, struct arena *arena, struct cluster *cluster,
		 struct ready_line *line, const struct ready_spec *spec,
		 void (*resume)(void *flow), void *flow);

/* Where an SSH server is asked: the address of the first card that has one, or NULL. */
const char *ready_address(struct arena *arena, const struct lease *lease);

/* It ends soon, with ERROR_CANCELED. */
void ready_cancel(struct ready *ready);
