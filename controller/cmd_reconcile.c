/* A pass, made here (--once) or by the running controller. */
#include "base/log.h"
#include "base/nap.h"
#include "base/text.h"
#include "controller/document.h"
#include "controller/rewrite.h"
#include "controller/run.h"
#include "controller/status.h"
#include "controller/status_text.h"

#include <unistd.h>

enum { REST_MS = 300 };

/* A running controller makes whole passes, as its own configuration has it. */
static bool is_plain(const struct options *opt, struct error *err)
{
	if (opt->dry_run || opt->guest || opt->expect || opt->report || opt->format ||
	    opt->yes || opt->offline || opt->detailed_exitcode || opt->explain ||
	    opt->task_timeout)
		return error_set(err, ERROR_USAGE,
				 "that goes with --once: a running controller is only "
				 "asked for a whole pass");
	return true;
}

/* The pass of that number, once it is over. */
static json_t *find_pass(const json_t *status, int64_t n)
{
	size_t i;
	json_t *pass;

	json_array_foreach (json_object_get(status, "passes"), i, pass)
		if (document_number(pass, "n") == n)
			return json_incref(pass);
	return NULL;
}

/* Each step of a guest, as it begins. */
static void tell_steps(struct app *app, const json_t *status, json_t *told)
{
	size_t i;
	json_t *doing;

	json_array_foreach (json_object_get(status, "doing"), i, doing) {
		const char *guest = document_text(doing, "guest");
		const char *step = document_text(doing, "step");

		if (!guest || !step || str_equal(document_text(told, guest), step))
			continue;
		log_info(str_safe(app->arena, guest, 100), "%s", step);
		json_object_set(told, guest, json_object_get(doing, "step"));
	}
}

static void rest(struct app *app)
{
	struct nap nap;
	bool over = false;

	nap_start(&nap, REST_MS, app_done, &over);
	app_run(app, &over, NULL, NULL);
}

/* Another controller counts its passes from the beginning. */
static bool began_anew(const json_t *before, const json_t *status)
{
	return !json_equal(
		json_object_get(json_object_get(before, "controller"), "since"),
		json_object_get(json_object_get(status, "controller"), "since"));
}

/* Until it is over, with the status as it is then; NULL: `err`. */
static json_t *follow(struct app *app, int64_t n, json_t **last, struct error *err)
{
	json_t *told = json_object(), *pass = NULL, *status;

	while (!pass && run_ask(app, "GET", "/api/v1/status", &status, err)) {
		if (*last && began_anew(*last, status)) {
			json_decref(status);
			error_set(err, ERROR_TEMPORARY,
				  "the controller ended before the pass did: it is made "
				  "when it has started again");
			break;
		}
		tell_steps(app, status, told);
		pass = find_pass(status, n);
		json_decref(*last);
		*last = status;
		if (!pass && app->interrupted) {
			error_set(err, ERROR_CANCELED,
				  "interrupted; the controller goes on with the pass");
			break;
		}
		if (!pass)
			rest(app);
	}
	json_decref(told);
	return pass;
}

static void print(struct app *app, const json_t *status, json_t *pass)
{
	const struct status_form form = { isatty(STDOUT_FILENO), true };
	json_t *document;

	if (!app->opt.json) {
		app_print(status_pass_text(app->arena, status, pass, &form));
		return;
	}
	document = json_pack("{s:i, s:O}", "schema", STATUS_SCHEMA, "pass", pass);
	app_print_json(document);
	json_decref(document);
}

/* What is asked for; NULL: `err`. */
static const char *wish(struct app *app, struct error *err)
{
	const char *accept = app->opt.accept_rewrite;

	if (!is_plain(&app->opt, err) || (accept && !rewrite_check(accept, err)))
		return NULL;
	return accept ? arena_printf(app->arena, "/reconcile?accept=%s", accept)
		      : "/reconcile";
}

static int ask_for_pass(struct app *app)
{
	struct error err = { 0 };
	json_t *answer, *pass, *status = NULL;
	const char *path = wish(app, &err);
	int64_t n;
	int code;

	if (!path)
		return app_fail(app, &err, NULL);
	if (!run_ask(app, "POST", path, &answer, &err)) {
		if (err.kind == ERROR_TEMPORARY)
			error_set(&err, ERROR_TEMPORARY,
				  "%s: vm7 reconcile --once makes a pass here",
				  arena_strdup(app->arena, err.text));
		return app_fail(app, &err, NULL);
	}
	n = document_number(answer, "pass");
	json_decref(answer);
	pass = follow(app, n, &status, &err);
	if (!pass) {
		if (err.kind == ERROR_TEMPORARY)
			error_wrap(&err, "the controller ended before the pass did");
		json_decref(status);
		return app_fail(app, &err, NULL);
	}
	print(app, status, pass);
	code = status_pass_exit(status, pass);
	json_decref(pass);
	json_decref(status);
	return code;
}

int cmd_reconcile(struct app *app)
{
	if (!app->opt.once)
		return ask_for_pass(app);
	return app->opt.dry_run ? cmd_plan(app) : cmd_apply(app);
}
