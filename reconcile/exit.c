/* What a pass ends with: the codes of the design, for errors, guests and plans. */
#include "reconcile/plan.h"

#include <stdlib.h>

bool plan_acts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->actions.len; i++)
		if (verb_acts(plan->actions.at[i].verb))
			return true;
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
		if (verb_asks(plan->actions.at[i].verb))
			well++;
		else if (plan->actions.at[i].why.kind)
			codes[failed++] = error_exit(plan->actions.at[i].why.kind);
	code = guests_exit(codes, failed, well);
	free(codes);
	return code;
}
