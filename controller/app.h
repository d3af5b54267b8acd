/* What every command has at hand. */
#pragma once

#include "controller/host.h"
#include "controller/keyfile.h"
#include "controller/options.h"
#include "controller/source.h"

#include <jansson.h>
#include <uv.h>

struct app {
	struct arena *arena;
	struct arena *settings; /* of `host`, and of what it says of the repository */
	struct options opt;
	const struct command *command;
	struct host host;
	uv_loop_t loop;
	/* opened on demand: */
	struct repo *repo;
	struct secret git_password;
	struct keyfile ssh_key, signing_key; /* made for the run, removed at its end */
	struct signers signers;
	int lock; /* -1: not held */
	struct source_spec source;
	const char *lock_dir; /* of this repository */
	const char *socket;   /* app_socket(), once it was asked for */
	/* SIGINT and SIGTERM end what is under way */
	void (*interrupt)(void *what);
	void *interrupted_what;
	bool interrupted;
};

/*
 * Read the host's configuration. False: the exit code is in `code`, and it has been
 * said why.
 */
bool app_host(struct app *app, int *code);

/*
 * Open the repository that the options name, and say in app->source what is to be read
 * of it. `working_tree`: a checkout's uncommitted files count.
 */
bool app_repo(struct app *app, bool working_tree, struct error *err);

/*
 * Likewise a cache of the repository that the host's configuration names, for who runs
 * unattended. ERROR_INVALID when it names none.
 */
bool app_repo_unattended(struct app *app, struct error *err);

/* Let go of it, and of the secrets that it was opened with. */
void app_repo_close(struct app *app);

/*
 * Read the host's configuration and its secrets again, and open the repository anew. What
 * is wrong with them is said, and then everything is as it was. Nothing may be under way.
 */
bool app_reload(struct app *app);

/* Where the controller of this state directory listens on its unix socket. */
const char *app_socket(struct app *app);

/* One at a time: ERROR_BUSY when another has it and `wait` seconds have passed. */
bool app_lock(struct app *app, unsigned wait, struct error *err);

/*
 * Run the loop until the flow that was started is over. An interrupt reaches it through
 * `interrupt`; NULL: it runs to its end.
 */
void app_run(struct app *app, const bool *over, void (*interrupt)(void *what),
	     void *what);

/* What such a flow resumes: `over` is the bool. */
void app_done(void *over);

/*
 * Say what went wrong, with every mistake of `diags` (may be NULL); returns the exit
 * code.
 */
int app_fail(struct app *app, const struct error *err, struct diags *diags);

/* Ask a person at the terminal; anything but yes is ERROR_REFUSED. */
bool app_confirm(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Print to standard output without secrets; and to a report's file. */
void app_print(const char *text);
void app_print_json(const json_t *document);
bool app_report(struct app *app, const char *text, struct error *err);

/* Each command is a file cmd_NAME.c and a row in commands.c. */
int cmd_adopt(struct app *app);
int cmd_apply(struct app *app);
int cmd_controller(struct app *app);
int cmd_forget(struct app *app);
int cmd_help(struct app *app);
int cmd_hold(struct app *app);
int cmd_import(struct app *app);
int cmd_init(struct app *app);
int cmd_inventory(struct app *app);
int cmd_plan(struct app *app);
int cmd_reconcile(struct app *app);
int cmd_release(struct app *app);
int cmd_render(struct app *app);
int cmd_rights(struct app *app);
int cmd_rollback(struct app *app);
int cmd_schema(struct app *app);
int cmd_status(struct app *app);
int cmd_unhold(struct app *app);
int cmd_validate(struct app *app);
