/* A lease file that was lost is rebuilt from the guests that carry its line, and pushed. */
#include "controller/recover.h"

#include "base/text.h"
#include "controller/run.h"
#include "controller/seen.h"
#include "reconcile/recovery.h"

#include <stdio.h>

struct recover {
	struct app *app;
	struct survey survey;
	struct leases leases; /* that were found */
	struct amend amend;
};

static bool is_lost(const struct source *source, struct error *err)
{
	/* one that an import began has none, and hides nothing */
	return !source->leases.instance ||
	       error_set(err, ERROR_REFUSED, "%s is there: nothing is to be recovered",
			 source->manifest.leases_file.value);
}

static bool change(void *owner, struct arena *arena, const struct source *source,
		   struct leases *leases, struct error *err)
{
	struct recover *r = owner;

	if (!is_lost(source, err) ||
	    !leases_recover(leases, arena, &source->manifest, r->survey.cluster,
			    repo_name(source->spec.repo), now_text(arena), err))
		return false;
	/* a lease file never goes back, the one that was lost included */
	leases->serial = seen_last(source->spec.repo, leases->instance);
	r->leases = *leases;
	return true;
}

static const char *message(void *owner, struct arena *arena)
{
	const struct recover *r = owner;

	return arena_printf(arena, "vm7: recover the leases of %zu %s", r->leases.len,
			    r->leases.len == 1 ? "guest" : "guests");
}

static bool push_leases(struct recover *r, struct error *err)
{
	const struct amend_spec spec = { .change = change,
					 .message = message,
					 .owner = r };

	return run_amend(r->app, &r->amend, &spec, err);
}

static void print_json(const struct recover *r, const struct error *err)
{
	json_auto_t *all = json_array(), *document = NULL;

	for (size_t i = 0; r->amend.pushed && i < r->leases.len; i++)
		json_array_append_new(all,
				      json_pack("{s:s, s:i, s:s, s:s}", "name",
						r->leases.at[i].name, "vmid",
						(int)r->leases.at[i].vmid, "node",
						r->leases.at[i].node, "state",
						lease_state_name(r->leases.at[i].state)));
	document = json_pack("{s:i, s:s?, s:O, s:s?, s:o}", "schema", 1, "instance",
			     r->leases.instance, "recovered", all, "commit",
			     r->amend.pushed ? r->amend.commit : NULL, "error",
			     err->kind ? json_string(err->text) : json_null());
	app_print_json(document);
}

static void print_text(const struct recover *r)
{
	for (size_t i = 0; i < r->leases.len; i++) {
		const struct lease *lease = &r->leases.at[i];

		printf("%s: %s %u on %s, %s\n", lease->name, guest_type_name(lease->type),
		       lease->vmid, lease->node, lease_state_name(lease->state));
	}
	puts("Look at vm7 plan before the next apply.");
}

int adopt_recover(struct app *app)
{
	struct recover r = { .app = app };
	struct error err = { 0 };
	struct diags *diags = &r.survey.source.diags;
	int code = 0;

	if (app_repo(app, false, &err) && app_lock(app, 0, &err) &&
	    run_survey(app, &r.survey, NULL, &err) && is_lost(&r.survey.source, &err) &&
	    !push_leases(&r, &err))
		diags = &r.amend.source.diags;
	if (app->opt.json)
		print_json(&r, &err);
	else if (!err.kind)
		print_text(&r);
	if (err.kind)
		code = app_fail(app, &err, diags);
	survey_finish(&r.survey);
	return code;
}
