#include "reconcile/snapshot.h"

#include "base/text.h"

#include <string.h>

enum { KEEP_USUAL = 3, HEX_LEN = 8 };

static const char prefix[] = "vm7-";

bool snapshots_wanted(const struct making *making)
{
	return making->want && is_set(&making->want->spec.snapshot_before.is);
}

/* As this file names them; a snapshot of any other name is somebody else's. */
static bool is_ours(const struct snapshot *snapshot)
{
	const char *hex = snapshot->name + strlen(prefix);

	return str_starts(snapshot->name, prefix) && strlen(hex) == HEX_LEN &&
	       strspn(hex, "0123456789abcdef") == HEX_LEN;
}

static bool is_taken(const struct observed *seen, const char *name)
{
	for (size_t i = 0; i < seen->snapshots_len; i++)
		if (strcmp(seen->snapshots[i].name, name) == 0)
			return true;
	return false;
}

/* The oldest of ours, when there are more than are kept; else NULL. */
static const char *surplus(const struct making *making, const struct observed *seen)
{
	const struct num_setting *keep = &making->want->spec.snapshot_before.keep;
	long ours = 0, most = is_set(&keep->is) ? keep->value : KEEP_USUAL;
	const struct snapshot *oldest = NULL;

	for (size_t i = 0; i < seen->snapshots_len; i++) {
		const struct snapshot *one = &seen->snapshots[i];

		if (!is_ours(one))
			continue;
		ours++;
		if (!oldest || one->time < oldest->time ||
		    (one->time == oldest->time && strcmp(one->name, oldest->name) < 0))
			oldest = one;
	}
	return oldest && ours > most ? oldest->name : NULL;
}

/* Does the step change the guest, or restart it for what was changed? */
static bool is_update(const struct next *next)
{
	return next->step == STEP_CONFIGURE || next->step == STEP_GROW ||
	       (next->step == STEP_STOP && next->stop == STOP_ASKED);
}

/* Is nothing of its config left to be changed? */
static bool is_updated(const struct next *next)
{
	return next->step == STEP_START || next->step == STEP_DONE ||
	       (next->step == STEP_STOP && next->stop == STOP_ASKED);
}

void next_of_snapshots(struct next *out, struct arena *arena, const struct making *making,
		       const struct observed *seen)
{
	const char *name = arena_printf(arena, "%s%.8s", prefix, making->commit), *old;

	if (is_update(out) && !is_taken(seen, name)) {
		out->step = STEP_SNAPSHOT;
		out->snapshot = name;
		return;
	}
	old = is_updated(out) ? surplus(making, seen) : NULL;
	if (old) {
		out->step = STEP_PRUNE;
		out->snapshot = old;
	}
}
