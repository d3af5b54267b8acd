/* A guest that vm7 is to leave alone: the reason stands in its lease, pushed. */
#include "base/log.h"
#include "base/text.h"
#include "controller/run.h"

#include <stdio.h>
#include <string.h>

enum { REASON_MAX = 200 };

struct hold {
	const char *name, *reason; /* NULL: to be taken off */
	const char *before;        /* the reason that it had, or NULL */
	bool by_entry;             /* its entry says hold: true as well */
};

static bool change(void *owner, struct arena *arena, const struct source *source,
		   struct leases *leases, struct error *err)
{
	struct hold *hold = owner;
	const struct desired *want = manifest_find(&source->manifest, hold->name);
	struct lease *lease = leases_find(leases, hold->name);

	if (!want && !lease)
		return error_set(err, ERROR_USAGE, "%s: there is no such guest",
				 str_safe(arena, hold->name, 80));
	hold->by_entry = want && want->spec.hold.value;
	hold->before = lease ? lease->hold : NULL;
	if ((!lease || lease->bare) && hold->reason)
		return error_set(err, ERROR_REFUSED,
				 "%s has no lease yet, so there is nothing that could "
				 "say it. Write hold: true into its entry",
				 hold->name);
	if (!lease || str_equal(lease->hold, hold->reason))
		return false;
	lease->hold = hold->reason;
	return true;
}

static const char *message(void *owner, struct arena *arena)
{
	const struct hold *hold = owner;

	if (!hold->reason)
		return arena_printf(arena, "vm7: %s is on hold no more", hold->name);
	return arena_printf(arena, "vm7: hold %s\n\n%s", hold->name, hold->reason);
}

static void print_json(const struct hold *hold, const struct amend *amend)
{
	bool well = amend->op.err.kind == ERROR_NONE;
	const char *now = well ? hold->reason : hold->before;
	json_auto_t *document =
		json_pack("{s:i, s:s, s:s?, s:b, s:s?, s:o}", "schema", 1, "name",
			  hold->name, "hold", now, "entry", hold->by_entry, "commit",
			  amend->pushed ? amend->commit : NULL, "error",
			  well ? json_null() : json_string(amend->op.err.text));

	app_print_json(document);
}

static void print_text(const struct hold *hold, const struct amend *amend)
{
	if (amend->op.err.kind)
		return;
	if (hold->reason)
		printf("%s is on hold%s: %s\n", hold->name,
		       amend->pushed ? "" : " already", hold->reason);
	else if (amend->pushed)
		printf("%s is on hold no more; it was: %s\n", hold->name, hold->before);
	else
		printf("%s is not on hold in its lease\n", hold->name);
	if (!hold->reason && hold->by_entry)
		log_warning(hold->name,
			    "its entry says hold: true, and keeps it on hold");
}

static int amend_hold(struct app *app, struct hold *hold)
{
	const struct amend_spec spec = { .change = change,
					 .message = message,
					 .owner = hold };
	struct error err = { 0 };
	struct amend amend;

	run_amend(app, &amend, &spec, &err);
	if (app->opt.json)
		print_json(hold, &amend);
	else
		print_text(hold, &amend);
	return err.kind ? app_fail(app, &err, &amend.source.diags) : 0;
}

static int fail_or_amend(struct app *app, struct hold *hold)
{
	struct error err = { 0 };

	if (!app_repo(app, false, &err) || !app_lock(app, 0, &err))
		return app_fail(app, &err, NULL);
	return amend_hold(app, hold);
}

/* One held guest; its entry and its lease may both say so. */
static void list_one(struct app *app, json_t *all, const char *name, const char *reason,
		     bool by_entry)
{
	json_array_append_new(all, json_pack("{s:s, s:s?, s:b}", "name", name, "hold",
					     reason, "entry", by_entry));
	if (!app->opt.json)
		printf("%s: %s%s%s\n", name, reason ? reason : "",
		       reason && by_entry ? "; " : "",
		       by_entry ? "hold: true in its entry" : "");
}

static void list(struct app *app, const struct source *source)
{
	json_auto_t *all = json_array(), *document = NULL;

	for (size_t i = 0; i < source->manifest.guests_len; i++) {
		const struct desired *want = &source->manifest.guests[i];
		const struct lease *lease = leases_find(&source->leases, want->name);
		const char *reason = lease ? lease->hold : NULL;

		if (reason || want->spec.hold.value)
			list_one(app, all, want->name, reason, want->spec.hold.value);
	}
	for (size_t i = 0; i < source->leases.len; i++) {
		const struct lease *lease = &source->leases.at[i];

		if (lease->hold && !manifest_find(&source->manifest, lease->name))
			list_one(app, all, lease->name, lease->hold, false);
	}
	if (!app->opt.json) {
		if (json_array_size(all) == 0)
			puts("No guest is on hold.");
		return;
	}
	document = json_pack("{s:i, s:O}", "schema", 1, "holds", all);
	app_print_json(document);
}

static void cancel_reading(void *source)
{
	source_cancel(source);
}

/* As the repository has it; nothing is written. */
static int list_holds(struct app *app)
{
	struct error err = { 0 };
	struct source source;
	bool over = false;

	if (!app_repo(app, true, &err) ||
	    (!app->source.working_tree && !app_lock(app, 60, &err)))
		return app_fail(app, &err, NULL);
	source_start(&source, app->arena, &app->source, app_done, &over);
	app_run(app, &over, cancel_reading, &source);
	if (source.op.err.kind)
		return app_fail(app, &source.op.err, &source.diags);
	list(app, &source);
	return 0;
}

static bool check_reason(const char *reason, struct arena *arena, struct error *err)
{
	if (!reason)
		return error_set(
			err, ERROR_USAGE,
			"--reason is missing: who finds it on hold wants to know "
			"why");
	if (strlen(reason) > REASON_MAX || !*str_trim(arena, reason) ||
	    strcmp(str_safe(arena, reason, REASON_MAX + 8), reason) != 0)
		return error_set(err, ERROR_USAGE,
				 "--reason: expected one line of 1 to %d characters",
				 REASON_MAX);
	return true;
}

int cmd_hold(struct app *app)
{
	struct hold hold = { .name = app->opt.name, .reason = app->opt.reason };
	struct error err = { 0 };

	if (!hold.name && !hold.reason)
		return list_holds(app);
	if (!hold.name)
		error_set(&err, ERROR_USAGE, "vm7 hold --reason needs NAME");
	if (err.kind || !check_reason(hold.reason, app->arena, &err))
		return app_fail(app, &err, NULL);
	return fail_or_amend(app, &hold);
}

int cmd_unhold(struct app *app)
{
	struct hold hold = { .name = app->opt.name };

	return fail_or_amend(app, &hold);
}
