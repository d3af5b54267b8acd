/* vm7: merged pull requests become machines on Proxmox VE. */
#include "base/log.h"
#include "base/op.h"
#include "controller/app.h"
#include "reconcile/plan.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Neither a core dump nor a debugger of our own user shows what is in memory. */
static void keep_memory_private(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

static void finish(struct app *app)
{
	app_repo_close(app);
	op_finish_all();
	uv_run(&app->loop, UV_RUN_DEFAULT);
	uv_loop_close(&app->loop);
	if (app->lock >= 0)
		close(app->lock);
	arena_destroy(app->settings);
	arena_destroy(app->arena);
	secret_forget_all();
	uv_library_shutdown();
}

static bool choose_log(enum log_form *out, const char *format, struct error *err)
{
	*out = log_is_journal() ? LOG_FOR_JOURNAL : LOG_FOR_PEOPLE;
	if (!format || strcmp(format, "text") == 0)
		return true;
	if (strcmp(format, "json") != 0)
		return error_set(err, ERROR_USAGE, "--log-format %s: text or json",
				 format);
	*out = LOG_AS_JSON;
	return true;
}

static int run(struct app *app, int argc, char **argv)
{
	struct error err = { 0 };
	enum log_form form;
	int code;

	if (!options_read(&app->opt, &app->command, app->arena, argc, argv, &err))
		return app_fail(app, &err, NULL);
	if (app->opt.version) {
		puts("vm7 " VM7_VERSION);
		return 0;
	}
	if (app->opt.help || !app->command) {
		help_print(app->command);
		return app->opt.help ? 0 : 64;
	}
	if (!choose_log(&form, app->opt.log_format, &err))
		return app_fail(app, &err, NULL);
	log_init(app->opt.verbose ? LOG_DEBUG : LOG_INFO, form);
	if (!app_host(app, &code))
		return code;
	return app->command->run(app);
}

int main(int argc, char **argv)
{
	struct app app = { .lock = -1 };
	int code;

	keep_memory_private();
	signal(SIGPIPE, SIG_IGN);
	app.arena = arena_create();
	app.settings = arena_create();
	uv_loop_init(&app.loop);
	op_init(&app.loop);
	code = run(&app, argc, argv);
	finish(&app);
	return fflush(stdout) == 0 ? code : error_exit(ERROR_LOCAL);
}
