/*
 * What is to become of a guest whose entry is gone: it stands in its lease, pushed, and the
 * next pass carries it out.
 */
#include "base/text.h"
#include "controller/orphan.h"
#include "controller/run.h"

#include <stdio.h>

struct release {
	const char *name;
	bool destroy;
	/* as its lease has it: */
	enum lease_state state;
	enum removal_policy policy;
};

static bool is_left_alone(const struct lease *lease, struct error *err)
{
	if (lease->hold)
		return error_set(err, ERROR_REFUSED,
				 "%s is on hold (%s): vm7 unhold it first", lease->name,
				 lease->hold);
	if (lease->self)
		return error_set(err, ERROR_REFUSED,
				 "the controller runs in %s (self: true): it is not "
				 "stopped. vm7 forget it instead",
				 lease->name);
	if (lease->protection)
		return error_set(err, ERROR_REFUSED,
				 "%s is protected: that its entry is gone does not end "
				 "that. Give it its entry back with protection: false, "
				 "then remove it",
				 lease->name);
	return true;
}

/* Is there a guest that a pass could release? */
static bool can_be_released(const struct lease *lease, struct error *err)
{
	if (lease->bare)
		return error_set(err, ERROR_REFUSED,
				 "%s is an address without a guest: vm7 forget it",
				 lease->name);
	if (lease->state == LEASE_RESERVED)
		return error_set(
			err, ERROR_REFUSED,
			"%s was never finished: vm7 rollback --guest %s frees it",
			lease->name, lease->name);
	return is_left_alone(lease, err);
}

static enum removal_policy policy_asked(const struct release *release)
{
	if (release->destroy)
		return REMOVAL_DESTROY;
	return release->policy == REMOVAL_KEEP ? REMOVAL_STOP : release->policy;
}

static bool change(void *owner, struct arena *arena, const struct source *source,
		   struct leases *leases, struct error *err)
{
	struct release *release = owner;
	struct lease *lease = leases_find(leases, release->name);

	if (manifest_find(&source->manifest, release->name))
		return error_set(err, ERROR_REFUSED,
				 "%s has an entry: take that out, and a pass releases it",
				 release->name);
	if (!lease)
		return error_set(err, ERROR_USAGE, "%s: there is no such guest",
				 str_safe(arena, release->name, 80));
	if (!can_be_released(lease, err))
		return false;
	release->state = lease->state;
	release->policy = source->manifest.removal_policy;
	removal_read(&release->policy, lease->removal);
	if (lease->state == LEASE_DESTROYING || policy_asked(release) == release->policy)
		return false;
	release->policy = policy_asked(release);
	lease->removal = removal_name(release->policy);
	return true;
}

static const char *message(void *owner, struct arena *arena)
{
	const struct release *release = owner;

	return arena_printf(arena, "vm7: release %s%s", release->name,
			    release->destroy ? ", to be destroyed" : "");
}

static const char *what_follows(const struct release *release)
{
	if (release->state == LEASE_DESTROYING)
		return "its destruction has begun already";
	if (release->policy == REMOVAL_DESTROY)
		return release->state == LEASE_RELEASED
			       ? "a pass destroys it once its grace is over"
			       : "the next pass stops it, and a pass destroys it once "
				 "its "
				 "grace is over";
	return release->state == LEASE_RELEASED
		       ? "it is released, and keeps its disks and its lease"
		       : "the next pass stops it, and it keeps its disks and its lease";
}

static void print_json(const struct release *release, const struct amend *amend)
{
	bool well = amend->op.err.kind == ERROR_NONE;
	json_auto_t *document = json_pack(
		"{s:i, s:s, s:s?, s:s?, s:s?, s:o}", "schema", 1, "name", release->name,
		"removal", well ? removal_name(release->policy) : NULL, "state",
		well ? lease_state_name(release->state) : NULL, "commit",
		amend->pushed ? amend->commit : NULL, "error",
		well ? json_null() : json_string(amend->op.err.text));

	app_print_json(document);
}

int cmd_release(struct app *app)
{
	struct release release = { .name = app->opt.name, .destroy = app->opt.destroy };
	const struct amend_spec spec = { .change = change,
					 .message = message,
					 .owner = &release };
	struct error err = { 0 };
	struct amend amend;

	if (app->opt.orphan)
		return release_orphan(app);
	if (!release.name)
		error_set(&err, ERROR_USAGE, "vm7 release needs NAME");
	if (err.kind || !app_repo(app, false, &err) || !app_lock(app, 0, &err))
		return app_fail(app, &err, NULL);
	run_amend(app, &amend, &spec, &err);
	if (app->opt.json)
		print_json(&release, &amend);
	else if (!err.kind)
		printf("%s: %s%s\n", release.name,
		       amend.pushed ? "" : "nothing to change: ", what_follows(&release));
	return err.kind ? app_fail(app, &err, &amend.source.diags) : 0;
}
