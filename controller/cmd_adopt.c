/*
 * Guests that somebody else made, as entries to be committed: nothing is written. A disputed
 * guest is sealed again: its marks are written back.
 */
#include "base/log.h"
#include "base/text.h"
#include "controller/recover.h"
#include "controller/run.h"
#include "controller/seal.h"
#include "reconcile/adoption.h"
#include "reconcile/plan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What became of one guest that was asked for. */
struct skipped {
	const struct observed *seen;
	struct error why;
};

struct adopt {
	struct app *app;
	struct survey survey;
	unsigned *vmids; /* that were named */
	size_t vmids_len;
	struct entries entries;
	struct skipped *skipped;
	size_t skipped_len;
	const struct lease **sealed; /* that were disputed */
	size_t sealed_len;
	bool locked;
	size_t leased; /* of --all and --tag: not worth a word each */
};

static bool read_vmids(struct adopt *adopt, struct error *err)
{
	const struct options *opt = &adopt->app->opt;
	int ways = (opt->words_len > 0) + opt->all + (opt->tag != NULL) + opt->list +
		   opt->recover;

	if (ways != 1)
		return error_set(err, ERROR_USAGE,
				 "vm7 adopt: VMID..., --all, --tag T, --list or "
				 "--recover: one of them");
	adopt->vmids = arena_array(adopt->app->arena, unsigned, opt->words_len);
	for (size_t i = 0; i < opt->words_len; i++) {
		uint64_t number;

		if (!str_number(opt->words[i], &number) || number < 100 ||
		    number > 999999999)
			return error_set(err, ERROR_USAGE, "%s is no VMID",
					 str_safe(adopt->app->arena, opt->words[i], 80));
		adopt->vmids[adopt->vmids_len++] = (unsigned)number;
	}
	return true;
}

static bool is_asked_for(const struct adopt *adopt, const struct observed *seen)
{
	const struct options *opt = &adopt->app->opt;

	for (size_t i = 0; i < adopt->vmids_len; i++)
		if (adopt->vmids[i] == seen->vmid)
			return true;
	for (size_t i = 0; opt->tag && i < seen->tags_len; i++)
		if (strcasecmp(seen->tags[i], opt->tag) == 0)
			return true;
	return opt->all;
}

static bool are_there(const struct adopt *adopt, struct error *err)
{
	for (size_t i = 0; i < adopt->vmids_len; i++)
		if (!cluster_find(adopt->survey.cluster, adopt->vmids[i]))
			return error_set(err, ERROR_USAGE,
					 "there is no guest %u on the cluster %s",
					 adopt->vmids[i], adopt->survey.cluster->name);
	return true;
}

/* It is leased already: a person says that it is the one. False: it was not sealed. */
static bool seal(struct adopt *adopt, const struct lease *lease,
		 const struct observed *seen, struct error *err)
{
	struct app *app = adopt->app;

	/* a working tree was looked at without the lock */
	if (app->source.working_tree && !adopt->locked && !app_lock(app, 0, err))
		return false;
	adopt->locked = true;
	if (!seal_guest(app, &adopt->survey, lease, seen, err))
		return false;
	adopt->sealed[adopt->sealed_len++] = lease;
	return true;
}

static void consider(struct adopt *adopt, const struct observed *seen)
{
	const struct source *source = &adopt->survey.source;
	struct skipped *skipped = &adopt->skipped[adopt->skipped_len];
	const struct lease *lease =
		adopt->vmids_len > 0 ? seal_of_disputed(source, seen) : NULL;

	if (adopt->vmids_len == 0 && adoption_is_leased(&source->leases, seen)) {
		adopt->leased++;
		return;
	}
	if (lease && seal(adopt, lease, seen, &skipped->why))
		return;
	if (!lease && adoption_is_free(&source->leases, seen, &skipped->why) &&
	    adoption_entry(&adopt->entries, adopt->app->arena, &source->manifest, seen,
			   &skipped->why))
		return;
	skipped->seen = seen;
	adopt->skipped_len++;
}

static void describe(struct adopt *adopt)
{
	const struct cluster_state *cluster = adopt->survey.cluster;

	adopt->skipped =
		arena_array(adopt->app->arena, struct skipped, cluster->guests_len + 1);
	adopt->sealed =
		arena_array(adopt->app->arena, const struct lease *, cluster->guests_len);
	for (size_t i = 0; i < cluster->guests_len; i++)
		if (is_asked_for(adopt, &cluster->guests[i]))
			consider(adopt, &cluster->guests[i]);
}

static const char *shown_name(struct adopt *adopt, const struct observed *seen)
{
	return seen->name ? str_safe(adopt->app->arena, seen->name, 80) : "";
}

static void tell(struct adopt *adopt)
{
	for (size_t i = 0; i < adopt->skipped_len; i++) {
		const struct skipped *skipped = &adopt->skipped[i];

		log_warning(NULL, "VMID %u %s is left out: %s", skipped->seen->vmid,
			    shown_name(adopt, skipped->seen), skipped->why.text);
	}
	for (size_t i = 0; i < adopt->sealed_len; i++)
		log_notice(adopt->sealed[i]->name,
			   "VMID %u is sealed again: it carries the marks of its lease",
			   adopt->sealed[i]->vmid);
	if (adopt->leased > 0)
		log_info(NULL, "%zu of them have a lease already", adopt->leased);
}

static const char *power_name(enum observed_power power)
{
	switch (power) {
	case OBSERVED_STOPPED:
		return "stopped";
	case OBSERVED_RUNNING:
		return "running";
	case OBSERVED_OTHER:
		return "other";
	}
	return "";
}

/* What else a person wants to know of a guest that is nobody's, or somebody else's. */
static const char *remark(struct adopt *adopt, const struct observed *seen)
{
	const char *ours = adopt->survey.source.leases.instance;

	if (seen->template)
		return "template";
	if (seen->line_instance && str_equal(seen->line_instance, ours))
		return "carries vm7's line of these leases";
	if (seen->line_instance)
		return "another vm7's";
	return seen->has_config ? "" : "cannot be read";
}

static void list(struct adopt *adopt, json_t *all)
{
	const struct cluster_state *cluster = adopt->survey.cluster;

	for (size_t i = 0; i < cluster->guests_len; i++) {
		const struct observed *seen = &cluster->guests[i];
		const char *note;

		if (adoption_is_leased(&adopt->survey.source.leases, seen))
			continue;
		note = remark(adopt, seen);
		json_array_append_new(
			all,
			json_pack("{s:i, s:s, s:s, s:s, s:s, s:b, s:s?}", "vmid",
				  (int)seen->vmid, "type", guest_type_name(seen->type),
				  "node", seen->node, "name", shown_name(adopt, seen),
				  "power", power_name(seen->power), "template",
				  seen->template, "note", *note ? note : NULL));
		if (!adopt->app->opt.json)
			printf("%-9u %-3s %-8s %-12s %s%s%s\n", seen->vmid,
			       guest_type_name(seen->type), power_name(seen->power),
			       seen->node, shown_name(adopt, seen), *note ? ": " : "",
			       note);
	}
	if (!adopt->app->opt.json && json_array_size(all) == 0)
		puts("Every guest of the cluster has a lease.");
}

static json_t *skipped_json(struct adopt *adopt)
{
	json_t *all = json_array();

	for (size_t i = 0; i < adopt->skipped_len; i++)
		json_array_append_new(all,
				      json_pack("{s:i, s:s, s:s}", "vmid",
						(int)adopt->skipped[i].seen->vmid, "name",
						shown_name(adopt, adopt->skipped[i].seen),
						"why", adopt->skipped[i].why.text));
	return all;
}

static json_t *sealed_json(struct adopt *adopt)
{
	json_t *all = json_array();

	for (size_t i = 0; i < adopt->sealed_len; i++)
		json_array_append_new(all, json_pack("{s:i, s:s}", "vmid",
						     (int)adopt->sealed[i]->vmid, "name",
						     adopt->sealed[i]->name));
	return all;
}

static void print_error_json(const struct error *err)
{
	json_auto_t *document = json_pack("{s:i, s:s}", "schema", 1, "error", err->text);

	app_print_json(document);
}

static int list_guests(struct adopt *adopt)
{
	json_auto_t *all = json_array(), *document = NULL;

	list(adopt, all);
	document = json_pack("{s:i, s:s, s:O, s:n}", "schema", 1, "cluster",
			     adopt->survey.cluster->name, "guests", all, "error");
	if (adopt->app->opt.json)
		app_print_json(document);
	return 0;
}

static int print_entries(struct adopt *adopt)
{
	json_auto_t *document = NULL;
	struct error err = { 0 };

	describe(adopt);
	tell(adopt);
	if (adopt->vmids_len > 0 && adopt->skipped_len > 0)
		error_set(&err, ERROR_REFUSED, "%zu of %zu guests cannot be adopted",
			  adopt->skipped_len, adopt->vmids_len);
	if (adopt->app->opt.json) {
		document = json_pack(
			"{s:i, s:s, s:o, s:o, s:o, s:o}", "schema", 1, "cluster",
			adopt->survey.cluster->name, "vms", entries_json(&adopt->entries),
			"sealed", sealed_json(adopt), "skipped", skipped_json(adopt),
			"error", err.kind ? json_string(err.text) : json_null());
		app_print_json(document);
	} else if (adopt->sealed_len == 0 || adopt->entries.len > 0) {
		app_print(entries_yaml(adopt->app->arena, &adopt->entries));
	}
	return err.kind ? app_fail(adopt->app, &err, NULL) : 0;
}

static bool look(struct adopt *adopt, struct error *err)
{
	struct app *app = adopt->app;

	if (!app_repo(app, true, err) ||
	    (!app->source.working_tree && !app_lock(app, 60, err)))
		return false;
	return run_survey(app, &adopt->survey, NULL, err) && are_there(adopt, err);
}

int cmd_adopt(struct app *app)
{
	struct adopt adopt = { .app = app };
	struct error err = { 0 };
	int code;

	if (read_vmids(&adopt, &err) && app->opt.recover)
		return adopt_recover(app);
	if (err.kind || !look(&adopt, &err)) {
		if (app->opt.json)
			print_error_json(&err);
		code = app_fail(app, &err, &adopt.survey.source.diags);
	} else if (app->opt.list) {
		code = list_guests(&adopt);
	} else {
		code = print_entries(&adopt);
	}
	survey_finish(&adopt.survey);
	return code;
}
