#include "controller/phases.h"

#include <uv.h>

void phases_begin(struct phases *phases)
{
	*phases = (struct phases){ .since = uv_hrtime() };
}

void phase_over(struct phases *phases, enum phase phase)
{
	uint64_t now = uv_hrtime();

	phases->seconds[phase] += (double)(now - phases->since) / 1e9;
	phases->since = now;
}

const char *phase_name(enum phase phase)
{
	switch (phase) {
	case PHASE_READ:
		return "read";
	case PHASE_OBSERVE:
		return "observe";
	case PHASE_PLAN:
		return "plan";
	case PHASE_RESERVE:
		return "reserve";
	case PHASE_APPLY:
		return "apply";
	case PHASE_RECORD:
		return "record";
	}
	return "";
}
