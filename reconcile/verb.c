/* The words for what a plan holds, as JSON and logs have them, and what verbs mean. */
#include "reconcile/plan.h"

static const struct {
	const char *name;
	bool acts, asks, makes;
} verbs[] = {
	[VERB_NONE] = { "none", false, false, false },
	[VERB_CREATE] = { "create", true, true, true },
	[VERB_RESUME] = { "resume", true, true, true },
	[VERB_WAIT] = { "wait", false, false, false },
	[VERB_ADOPT] = { "adopt", true, true, false },
	[VERB_CHANGE] = { "change", true, true, false },
	[VERB_RECORD] = { "record", true, false, false },
	[VERB_RELEASE] = { "release", true, true, false },
	[VERB_RETURN] = { "return", true, true, false },
	[VERB_DESTROY] = { "destroy", true, true, false },
	[VERB_REPLACE] = { "replace", true, true, true },
	[VERB_DROP] = { "drop", true, false, false },
	[VERB_REFUSED] = { "refused", false, false, false },
};

const char *verb_name(enum verb verb)
{
	return verbs[verb].name;
}

bool verb_acts(enum verb verb)
{
	return verbs[verb].acts;
}

bool verb_asks(enum verb verb)
{
	return verbs[verb].asks;
}

bool verb_makes(enum verb verb)
{
	return verbs[verb].makes;
}

bool action_disturbs(const struct action *action)
{
	if (!verb_asks(action->verb))
		return false;
	if (action->verb == VERB_DESTROY || action->verb == VERB_REPLACE)
		return true;
	for (size_t i = 0; i < action->steps_len; i++)
		if (action->steps[i] == STEP_STOP)
			return true;
	return false;
}

const char *impact_name(enum impact impact)
{
	switch (impact) {
	case IMPACT_NONE:
		return "none";
	case IMPACT_HOT:
		return "hot";
	case IMPACT_PENDING:
		return "pending";
	case IMPACT_STOP:
		return "stop";
	case IMPACT_RESTART:
		return "restart";
	case IMPACT_STOP_START:
		return "stop-start";
	case IMPACT_DATA_LOSS:
		return "data-loss";
	}
	return "";
}

const char *note_name(enum note_kind kind)
{
	switch (kind) {
	case NOTE_DRIFT:
		return "drift";
	case NOTE_RELEASE:
		return "awaiting-release";
	case NOTE_REBUILD:
		return "next-rebuild";
	case NOTE_PENDING:
		return "pending";
	case NOTE_REPLACE:
		return "requires-replace";
	case NOTE_BUSY:
		return "busy";
	case NOTE_UNKNOWN:
		return "unknown";
	case NOTE_HOLD:
		return "hold";
	case NOTE_VMID:
		return "vmid";
	case NOTE_ORPHAN:
		return "orphan";
	case NOTE_TLS:
		return "tls";
	case NOTE_RIGHTS:
		return "rights";
	case NOTE_WARNING:
		return "warning";
	}
	return "";
}
