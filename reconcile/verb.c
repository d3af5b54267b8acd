/* The words for what a plan holds, as JSON and logs have them. */
#include "reconcile/plan.h"

const char *verb_name(enum verb verb)
{
	switch (verb) {
	case VERB_NONE:
		return "none";
	case VERB_CREATE:
		return "create";
	case VERB_RESUME:
		return "resume";
	case VERB_WAIT:
		return "wait";
	case VERB_DROP:
		return "drop";
	case VERB_REFUSED:
		return "refused";
	}
	return "";
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
	case NOTE_WARNING:
		return "warning";
	}
	return "";
}
