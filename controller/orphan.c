/*
 * A guest that carries our line, and no lease is about it, is destroyed because a person says
 * so: it gets a lease that says it is to be destroyed, pushed, and a pass about it alone
 * carries that out. A kill in between costs a pass, as with every other guest.
 */
#include "controller/orphan.h"

#include "base/text.h"
#include "controller/pass_command.h"
#include "controller/run.h"
#include "reconcile/adoption.h"
#include "reconcile/making.h"

#include <unistd.h>

struct orphan {
	struct app *app;
	struct survey survey;
	const struct observed *guest;
	const char *name; /* of its lease */
};

static bool read_vmid(unsigned *out, struct app *app, struct error *err)
{
	const char *text = app->opt.orphan;
	uint64_t number;

	if (app->opt.name)
		return error_set(err, ERROR_USAGE,
				 "vm7 release --orphan VMID takes no NAME: an orphan has "
				 "no lease that would be called so");
	if (app->opt.destroy)
		return error_set(
			err, ERROR_USAGE,
			"--destroy is for a guest that has a lease: an orphan is "
			"destroyed anyway");
	if (!str_number(text, &number) || number < 100 || number > 999999999)
		return error_set(err, ERROR_USAGE, "--orphan %s: that is no VMID",
				 str_safe(app->arena, text, 80));
	*out = (unsigned)number;
	return true;
}

/* Only its line says that it is ours: by that it is proven. */
static bool is_orphan(const struct source *source, const struct observed *guest,
		      struct error *err)
{
	if (adoption_is_leased(&source->leases, guest))
		return error_set(err, ERROR_REFUSED,
				 "VMID %u has a lease: it is no orphan. Take its entry "
				 "out, or vm7 release it by name",
				 guest->vmid);
	if (guest->template)
		return error_set(err, ERROR_REFUSED, "VMID %u is a template",
				 guest->vmid);
	if (guest->lock)
		return error_set(err, ERROR_TEMPORARY, "VMID %u is locked (%s)",
				 guest->vmid, guest->lock);
	if (!guest->has_config)
		return error_set(err, ERROR_TEMPORARY,
				 "the config of VMID %u on %s cannot be read",
				 guest->vmid, guest->node);
	if (!guest->line_id || !str_equal(guest->line_instance, source->leases.instance))
		return error_set(err, ERROR_REFUSED,
				 "VMID %u does not carry vm7's line of these leases: it "
				 "is left alone",
				 guest->vmid);
	if (guest_is_protected(guest))
		return error_set(err, ERROR_REFUSED,
				 "VMID %u is protected in Proxmox: it is left alone as "
				 "long as it is",
				 guest->vmid);
	return true;
}

static bool look(struct orphan *o, struct error *err)
{
	struct app *app = o->app;
	unsigned vmid = 0;

	if (!read_vmid(&vmid, app, err) || !app_repo(app, false, err) ||
	    !app_lock(app, 0, err) || !run_survey(app, &o->survey, NULL, err))
		return false;
	o->guest = cluster_find(o->survey.cluster, vmid);
	if (!o->guest)
		return error_set(err, ERROR_USAGE,
				 "there is no guest %u on the cluster %s", vmid,
				 o->survey.cluster->name);
	o->name = arena_printf(app->arena, "orphan-%u", vmid);
	return is_orphan(&o->survey.source, o->guest, err);
}

static bool is_meant(struct orphan *o, struct error *err)
{
	struct app *app = o->app;

	if (app->opt.yes)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return error_set(
			err, ERROR_REFUSED,
			"VMID %u would be destroyed: say --yes where nobody can be asked",
			o->guest->vmid);
	app->opt.yes = app_confirm(
		err, "Destroy %s %u (%s) on %s, with its disks?",
		guest_type_name(o->guest->type), o->guest->vmid,
		o->guest->name ? str_safe(app->arena, o->guest->name, 80) : "no name",
		o->guest->node);
	return app->opt.yes;
}

static bool change(void *owner, struct arena *arena, const struct source *source,
		   struct leases *leases, struct error *err)
{
	struct orphan *o = owner;
	struct lease *lease;

	if (!is_orphan(source, o->guest, err))
		return false;
	if (leases_find(leases, o->name) || manifest_find(&source->manifest, o->name))
		return error_set(err, ERROR_REFUSED,
				 "there is another guest called %s: give its entry "
				 "another name",
				 o->name);
	lease = leases_add(arena, leases, o->name);
	lease->id = o->guest->line_id;
	lease->state = LEASE_DESTROYING;
	lease->type = o->guest->type;
	lease->node = o->guest->node;
	lease->vmid = o->guest->vmid;
	lease->since = now_text(arena);
	lease->half_made = true; /* its line is all there is to prove it by */
	return true;
}

static const char *message(void *owner, struct arena *arena)
{
	const struct orphan *o = owner;

	return arena_printf(arena, "vm7: destroy the orphan %u", o->guest->vmid);
}

static bool push_lease(struct orphan *o, struct error *err)
{
	const struct amend_spec spec = { .change = change,
					 .message = message,
					 .owner = o };
	struct amend amend;

	return run_amend(o->app, &amend, &spec, err);
}

int release_orphan(struct app *app)
{
	struct orphan o = { .app = app };
	struct error err = { 0 };
	enum form form;
	bool well;

	well = form_read(&form, app, &err) && look(&o, &err) && is_meant(&o, &err) &&
	       push_lease(&o, &err);
	survey_finish(&o.survey);
	if (!well) {
		if (app->opt.json)
			app_print(print_outcome_error_json(app->arena, &err));
		return app_fail(app, &err, NULL);
	}
	app->opt.guest = o.name;
	return pass_command_apply(app, form);
}
