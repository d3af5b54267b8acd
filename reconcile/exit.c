/* What a pass ends with: the codes of the design, for errors, guests and plans. */
#include "reconcile/plan.h"

#include <stdlib.h>

bool plan_acts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->actions.len; i++)
		switch (plan->actions.at[i].verb) {
		case VERB_CREATE:
		case VERB_RESUME:
		case VERB_DROP:
			return true;
		case VERB_NONE:
		case VERB_WAIT:
		case VERB_REFUSED:
			break;
		}
	return false;
}

int error_exit(enum error_kind kind)
{
	switch (kind) {
	case ERROR_NONE:
		return 0;
	case ERROR_INVALID:
		return 11;
	case ERROR_MISSING:
		return 12;
	case ERROR_CONFLICT:
	case ERROR_TEMPORARY:
	case ERROR_UNKNOWN:
	case ERROR_FAILED:
		return 20;
	case ERROR_DENIED:
		return 21;
	case ERROR_REFUSED:
		return 23;
	case ERROR_EXHAUSTED:
		return 24;
	case ERROR_BUSY:
		return 25;
	case ERROR_LOCAL:
		return 30;
	case ERROR_USAGE:
		return 64;
	case ERROR_CANCELED:
		return 130;
	}
	return 30;
}

int guests_exit(const int *codes, size_t failed, size_t well)
{
	if (failed == 0)
		return 0;
	if (well > 0)
		return 22;
	for (size_t i = 1; i < failed; i++)
		if (codes[i] != codes[0])
			return 22;
	return codes[0];
}

int plan_exit(const struct plan *plan)
{
	size_t failed = 0, well = 0;
	int *codes, code;

	if (plan->stop.kind)
		return error_exit(plan->stop.kind);
	codes = xcalloc(plan->actions.len, sizeof(*codes));
	for (size_t i = 0; i < plan->actions.len; i++)
		switch (plan->actions.at[i].verb) {
		case VERB_CREATE:
		case VERB_RESUME:
			well++;
			break;
		case VERB_WAIT:
		case VERB_REFUSED:
			codes[failed++] = error_exit(plan->actions.at[i].why.kind);
			break;
		case VERB_NONE:
		case VERB_DROP:
			break;
		}
	code = guests_exit(codes, failed, well);
	free(codes);
	return code;
}
