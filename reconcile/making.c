#include "reconcile/making.h"

#include "base/text.h"
#include "reconcile/slots.h"

#include <stdio.h>
#include <string.h>

const char *step_name(enum step step)
{
	switch (step) {
	case STEP_CREATE:
		return "create";
	case STEP_WAIT:
		return "wait";
	case STEP_STOP:
		return "stop";
	case STEP_CONFIGURE:
		return "configure";
	case STEP_SNAPSHOT:
		return "snapshot";
	case STEP_GROW:
		return "grow";
	case STEP_PRUNE:
		return "prune";
	case STEP_START:
		return "start";
	case STEP_BACKUP:
		return "backup";
	case STEP_DESTROY:
		return "destroy";
	case STEP_DONE:
		return "done";
	case STEP_REFUSE:
		return "refuse";
	}
	return "";
}

static bool next_refuse(struct next *out, const struct making *making,
			const struct observed *seen)
{
	const struct lease *lease = making->lease;

	if (seen->type != lease->type) {
		error_set(&out->why, ERROR_REFUSED,
			  "VMID %u is a %s, the lease is for a %s: it is left alone",
			  seen->vmid, guest_type_name(seen->type),
			  guest_type_name(lease->type));
	} else if (identity_proven(lease, making->instance, seen, &out->why)) {
		if (seen->template)
			error_set(&out->why, ERROR_REFUSED,
				  "VMID %u was made a template: it is left alone",
				  seen->vmid);
		else
			return false;
	}
	out->step = STEP_REFUSE;
	return true;
}

bool next_is_ours(struct next *out, const struct making *making,
		  const struct observed *seen)
{
	if (seen->lock) {
		out->step = STEP_WAIT;
		error_set(&out->why, ERROR_TEMPORARY,
			  "VMID %u is locked (%s): Proxmox is working on it", seen->vmid,
			  seen->lock);
		return false;
	}
	if (!seen->has_config) {
		out->step = STEP_WAIT;
		error_set(&out->why, ERROR_TEMPORARY,
			  "the config of VMID %u cannot be read", seen->vmid);
		return false;
	}
	return !next_refuse(out, making, seen);
}

bool next_grows(struct next *out, struct arena *arena, const struct making *making,
		const struct observed *seen)
{
	struct growth *growths;

	if (disks_to_grow(&growths, arena, making->want, seen) == 0)
		return false;
	out->step = STEP_GROW;
	out->disk = growths[0].disk;
	out->size = arena_printf(arena, "%ldG", growths[0].to_gib);
	return true;
}

static void next_of_reserved(struct next *out, struct arena *arena,
			     const struct making *making, const struct observed *seen)
{
	if (!seen) {
		out->step = STEP_CREATE;
		return;
	}
	if (!next_is_ours(out, making, seen))
		return;
	making_changes(&out->changes, arena, making, seen, EXTENT_MADE);
	if (out->changes.len > 0 && seen->power != OBSERVED_STOPPED) {
		out->step = STEP_REFUSE;
		error_set(&out->why, ERROR_REFUSED,
			  "VMID %u was started before it was finished: stop it, then it "
			  "is gone on with",
			  seen->vmid);
		return;
	}
	if (out->changes.len > 0)
		out->step = STEP_CONFIGURE;
	else if (!next_grows(out, arena, making, seen) &&
		 seen->power == OBSERVED_STOPPED &&
		 making->want->spec.power.value == POWER_RUNNING)
		out->step = STEP_START;
}

void making_next(struct next *out, struct arena *arena, const struct making *making,
		 const struct observed *seen)
{
	*out = (struct next){ .step = STEP_DONE };
	switch (making->lease->state) {
	case LEASE_RESERVED:
		next_of_reserved(out, arena, making, seen);
		return;
	case LEASE_READY:
		next_of_ready(out, arena, making, seen);
		return;
	case LEASE_RELEASING:
		next_of_releasing(out, arena, making, seen);
		return;
	case LEASE_DESTROYING:
		next_of_destroying(out, making, seen);
		return;
	case LEASE_ADOPTING:
		next_of_adopting(out, arena, making, seen);
		return;
	case LEASE_RELEASED:
		return;
	}
}

char *making_freed_by(struct arena *arena, const struct lease *lease, const char *lock)
{
	const char *tool = lease->type == GUEST_VM ? "qm" : "pct";

	if (str_equal(lock, "create") || str_equal(lock, "clone"))
		return arena_printf(arena, "%s unlock %u && %s destroy %u", tool,
				    lease->vmid, tool, lease->vmid);
	return arena_printf(arena, "%s unlock %u", tool, lease->vmid);
}

/* The template as its clone will look, before anything is set. */
static struct observed as_cloned(const struct observed *template,
				 const struct making *making)
{
	struct observed clone = *template;

	clone.vmid = making->lease->vmid;
	clone.template = false;
	clone.lock = NULL;
	clone.power = OBSERVED_STOPPED;
	clone.line_instance = making->instance;
	clone.line_id = making->lease->id;
	return clone;
}

/* Is there something that goes in a request of its own, by root@pam? */
static bool has_roots(struct arena *arena, const struct making *making)
{
	struct changes options;

	making_options(&options, arena, making);
	for (size_t i = 0; i < options.len; i++)
		if (options.at[i].root)
			return true;
	return false;
}

size_t making_steps(enum step *out, struct arena *arena, const struct making *making,
		    const struct observed *seen)
{
	struct observed clone;
	struct next next;
	size_t len = 0;

	making_next(&next, arena, making, seen);
	if (next.step == STEP_WAIT || next.step == STEP_REFUSE) {
		out[len++] = next.step;
		return len;
	}
	if (next.step == STEP_CREATE) {
		out[len++] = STEP_CREATE;
		if (!making->template) {
			/* an archive takes everything in one call, but for what is
			 * root@pam's; what a template that was not asked about has,
			 * nobody knows */
			if (making->want->template_id || has_roots(arena, making))
				out[len++] = STEP_CONFIGURE;
			if (making->want->template_id &&
			    is_set(&making->want->spec.disk_gb.is))
				out[len++] = STEP_GROW;
			if (making->want->spec.power.value == POWER_RUNNING)
				out[len++] = STEP_START;
			return len;
		}
		clone = as_cloned(making->template, making);
		seen = &clone;
		making_next(&next, arena, making, seen);
	}
	if (next.step == STEP_CONFIGURE)
		out[len++] = STEP_CONFIGURE;
	if (next_grows(&next, arena, making, seen))
		out[len++] = STEP_GROW;
	if (seen->power == OBSERVED_STOPPED &&
	    making->want->spec.power.value == POWER_RUNNING)
		out[len++] = STEP_START;
	return len;
}

bool making_same(struct arena *arena, const struct making *a, const struct making *b)
{
	const struct spec *x = &a->want->spec, *y = &b->want->spec;
	struct changes ours, theirs;

	if (a->want->type != b->want->type ||
	    a->want->template_id != b->want->template_id ||
	    !str_equal(a->want->node, b->want->node) ||
	    !str_equal(a->want->datastore, b->want->datastore) ||
	    !str_equal(x->image.value, y->image.value) ||
	    x->clone.value != y->clone.value ||
	    !str_equal(x->resource_pool.value, y->resource_pool.value) ||
	    x->replace.value != y->replace.value || x->power.value != y->power.value ||
	    x->hold.value != y->hold.value ||
	    x->unprivileged.value != y->unprivileged.value ||
	    x->disk_gb.value != y->disk_gb.value || x->vmid.value != y->vmid.value)
		return false;
	making_options(&ours, arena, a);
	making_options(&theirs, arena, b);
	if (ours.len != theirs.len)
		return false;
	for (size_t i = 0; i < ours.len; i++)
		if (strcmp(ours.at[i].key, theirs.at[i].key) != 0 ||
		    !str_equal(ours.at[i].to, theirs.at[i].to))
			return false;
	return true;
}
