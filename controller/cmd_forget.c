/*
 * A guest without an entry is left to itself: our marks come off it, then its lease goes.
 *
 * In this order a kill in between costs nothing: a guest without our line whose lease is
 * still there is disputed, which no pass touches, and this verb goes on from there.
 */
#include "base/text.h"
#include "controller/run.h"
#include "ipam/rest.h"
#include "pve/inquiry.h"
#include "pve/request.h"
#include "reconcile/making.h"

#include <stdio.h>

struct forget {
	struct app *app;
	struct survey survey;
	struct lease lease; /* as it was when the guest was looked at */
	const struct observed
		*guest; /* NULL: it is proven absent, or there never was one */
	bool unmarked;  /* our marks were taken off it */
	struct amend amend;
};

static void cancel_inquiry(void *inquiry)
{
	inquiry_cancel(inquiry);
}

static bool has_no_entry(const struct source *source, const char *name, struct error *err)
{
	if (!manifest_find(&source->manifest, name))
		return true;
	return error_set(err, ERROR_REFUSED,
			 "%s has an entry, and a pass would make it again: take that out "
			 "first",
			 name);
}

static bool may_be_forgotten(const struct lease *lease, struct error *err)
{
	if (lease->hold)
		return error_set(err, ERROR_REFUSED,
				 "%s is on hold (%s): vm7 unhold it first", lease->name,
				 lease->hold);
	if (!lease->bare && lease->state == LEASE_RESERVED)
		return error_set(
			err, ERROR_REFUSED,
			"%s was never finished: vm7 rollback --guest %s frees it",
			lease->name, lease->name);
	return true;
}

static bool look(struct forget *f, struct error *err)
{
	struct app *app = f->app;
	const struct source *source = &f->survey.source;
	const struct lease *lease;

	if (!run_survey(app, &f->survey, app->opt.name, err))
		return false;
	lease = leases_find(&source->leases, app->opt.name);
	if (!has_no_entry(source, app->opt.name, err))
		return false;
	if (!lease)
		return error_set(err, ERROR_USAGE, "%s: there is no such guest",
				 str_safe(app->arena, app->opt.name, 80));
	if (!may_be_forgotten(lease, err))
		return false;
	f->lease = *lease;
	return true;
}

/* Not in the list, and its VMID free; else its lease may be all that speaks for it. */
static bool is_absent(struct forget *f, struct error *err)
{
	const struct inquiry_want want = { .vmids = &f->lease.vmid, .vmids_len = 1 };
	struct cluster_state *cluster = f->survey.cluster;
	struct inquiry inquiry;
	bool over = false;

	inquiry_start(&inquiry, f->app->arena, f->survey.connection, cluster, &want,
		      app_done, &over);
	app_run(f->app, &over, cancel_inquiry, &inquiry);
	if (!op_ok(&inquiry.op, err))
		return false;
	for (size_t i = 0; f->lease.node && i < cluster->nodes_len; i++)
		if (str_equal(cluster->nodes[i].name, f->lease.node) &&
		    !cluster->nodes[i].online)
			return error_set(err, ERROR_TEMPORARY,
					 "node %s is offline: nothing can be known of "
					 "VMID %u",
					 f->lease.node, f->lease.vmid);
	return cluster_proves_free(cluster, f->lease.vmid) ||
	       error_set(err, ERROR_TEMPORARY,
			 "VMID %u is not in the list, and not free either: nothing can "
			 "be known of it",
			 f->lease.vmid);
}

/* May our marks be taken off it? False without an error: it has none of ours. */
static bool is_marked(struct forget *f, struct error *err)
{
	const struct making making = {
		.lease = &f->lease,
		.instance = f->survey.source.leases.instance,
	};
	struct next next = { 0 };

	if (f->guest->has_config && !f->guest->lock &&
	    !str_equal(f->guest->line_instance, making.instance))
		return false;
	if (!next_is_ours(&next, &making, f->guest)) {
		*err = next.why;
		if (next.step == STEP_REFUSE)
			error_wrap(err, "disputed, and it carries vm7's line: take that "
					"out of its description, then forget it");
		return false;
	}
	if (f->lease.state == LEASE_DESTROYING)
		return error_set(err, ERROR_REFUSED,
				 "its destruction has begun: there is no way back");
	return true;
}

static bool unmark(struct forget *f, struct error *err)
{
	const struct target target = { f->guest->node, f->lease.type, f->lease.vmid };
	struct arena *arena = f->app->arena;
	struct request request;
	struct changes changes;
	bool over = false;
	struct call call;

	forgotten_changes(&changes, arena, f->guest, f->survey.source.leases.instance);
	request_configure(&request, arena, &target, &changes, f->guest->digest);
	call_start(&call, f->survey.connection, &request, app_done, &over);
	app_run(f->app, &over, NULL, NULL); /* its answer tells what was done */
	f->unmarked = op_ok(&call.op, err);
	call_finish(&call);
	return f->unmarked;
}

/* Proxmox is done with: its lease may go. */
static bool let_go(struct forget *f, struct error *err)
{
	const struct cluster_state *cluster = f->survey.cluster;

	if (!f->lease.vmid)
		return true;
	if (!cluster->quorate)
		return error_set(err, ERROR_TEMPORARY,
				 "the cluster has no quorum: what it shows may be old");
	f->guest = cluster_find(cluster, f->lease.vmid);
	if (!f->guest)
		return is_absent(f, err);
	if (!is_marked(f, err))
		return !err->kind;
	return unmark(f, err);
}

static bool change(void *owner, struct arena *arena, const struct source *source,
		   struct leases *leases, struct error *err)
{
	struct forget *f = owner;
	const struct lease *lease = leases_find(leases, f->lease.name);
	bool *gone = arena_array(arena, bool, leases->len);

	if (!lease)
		return false;
	if (!has_no_entry(source, lease->name, err) || !may_be_forgotten(lease, err))
		return false;
	if (!str_equal(lease->id, f->lease.id) || lease->state != f->lease.state)
		return error_set(err, ERROR_REFUSED,
				 "its lease was changed meanwhile: look at it again");
	gone[lease - leases->at] = true;
	leases_end(leases, arena, gone, &source->manifest.pools, now_text(arena));
	return true;
}

static const char *message(void *owner, struct arena *arena)
{
	const struct forget *f = owner;

	return arena_printf(arena, "vm7: forget %s", f->lease.name);
}

static bool drop_lease(struct forget *f, struct error *err)
{
	const struct amend_spec spec = { .change = change,
					 .message = message,
					 .owner = f };

	if (run_amend(f->app, &f->amend, &spec, err))
		return true;
	if (f->unmarked)
		error_wrap(err,
			   "VMID %u carries vm7's line no more, but its lease is still "
			   "there: vm7 forget %s once more",
			   f->lease.vmid, f->lease.name);
	return false;
}

static const char *what_became(const struct forget *f)
{
	struct arena *arena = f->app->arena;

	if (!f->lease.vmid)
		return "its address is free";
	if (!f->guest)
		return arena_printf(arena, "VMID %u is not there; its lease is gone",
				    f->lease.vmid);
	return arena_printf(arena,
			    f->unmarked ? "%s %u stays as it is, and is nobody's now"
					: "its lease is gone; %s %u does not carry its "
					  "line, and was not touched",
			    guest_type_name(f->guest->type), f->lease.vmid);
}

static void print_json(const struct forget *f, const struct error *err)
{
	json_auto_t *document = json_pack(
		"{s:i, s:s, s:o, s:b, s:s?, s:o}", "schema", 1, "name", f->app->opt.name,
		"vmid", f->guest ? json_integer((json_int_t)f->guest->vmid) : json_null(),
		"unmarked", f->unmarked, "commit",
		f->amend.pushed ? f->amend.commit : NULL, "error",
		err->kind ? json_string(err->text) : json_null());

	app_print_json(document);
}

int cmd_forget(struct app *app)
{
	struct forget f = { .app = app };
	struct error err = { 0 };
	struct diags *diags = &f.survey.source.diags;
	int code = 0;

	if (app_repo(app, false, &err) && app_lock(app, 0, &err) && look(&f, &err) &&
	    let_go(&f, &err) && !drop_lease(&f, &err))
		diags = &f.amend.source.diags;
	if (app->opt.json)
		print_json(&f, &err);
	else if (!err.kind)
		printf("%s is forgotten: %s\n", f.lease.name, what_became(&f));
	if (err.kind)
		code = app_fail(app, &err, diags);
	survey_finish(&f.survey);
	return code;
}
