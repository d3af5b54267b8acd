/* Where the time of a pass goes. */
#pragma once

#include <stdint.h>

enum phase {
	PHASE_READ,    /* the branch and its files */
	PHASE_OBSERVE, /* what Proxmox says */
	PHASE_PLAN,
	PHASE_RESERVE, /* the commit before the first request */
	PHASE_APPLY,
	PHASE_RECORD, /* the commit after the last */
};

enum { PHASES = PHASE_RECORD + 1 };

struct phases {
	uint64_t since; /* ns */
	double seconds[PHASES];
};

void phases_begin(struct phases *phases);

/* The time since the last call belongs to `phase`. */
void phase_over(struct phases *phases, enum phase phase);

/* "observe" */
const char *phase_name(enum phase phase);
