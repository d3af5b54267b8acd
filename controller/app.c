#include "controller/app.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/own.h"
#include "base/text.h"
#include "controller/rewrite.h"
#include "reconcile/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool app_host(struct app *app, int *code)
{
	struct error err = { 0 };
	struct diags diags;

	diags_init(&diags, app->settings);
	if (host_read(&app->host, app->settings, app->opt.config, &diags, &err))
		return true;
	*code = app_fail(app, &err, &diags);
	return false;
}

/* Every folder on the way to `path`, private to us. */
static bool make_folders(const char *path, struct error *err)
{
	char *copy = xstrdup(path);
	bool well = true;

	for (char *at = copy + 1; well; at++) {
		if (*at && *at != '/')
			continue;
		if (*at) {
			*at = '\0';
			well = mkdir(copy, 0700) == 0 || errno == EEXIST;
			*at = '/';
			continue;
		}
		well = mkdir(copy, 0700) == 0 || errno == EEXIST;
		break;
	}
	if (!well)
		error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	free(copy);
	return well;
}

static const char *state_dir(struct app *app)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (app->opt.state_dir)
		return app->opt.state_dir;
	if (is_set(&app->host.state_dir.is))
		return app->host.state_dir.value;
	if (state && *state)
		return arena_printf(app->settings, "%s/vm7", state);
	if (home && *home)
		return arena_printf(app->settings, "%s/.local/state/vm7", home);
	return "/var/lib/vm7";
}

/*
 * A folder that is made where there is none. What we put into somebody else's, as root
 * may, its owner could not change any more.
 */
static bool is_ours(const char *dir, struct error *err)
{
	struct stat st;

	if (!make_folders(dir, err))
		return false;
	if (stat(dir, &st) < 0)
		return error_set(err, ERROR_LOCAL, "%s: %s", dir, strerror(errno));
	return st.st_uid == geteuid() ||
	       error_set(err, ERROR_LOCAL,
			 "%s belongs to another user: run vm7 as that one, or with a "
			 "--state-dir of your own",
			 dir);
}

/* A private key that ssh and ssh-keygen read from a file, in `dir`. */
static bool write_key(struct app *app, const char *dir,
		      const struct secret_setting *setting, struct keyfile *out,
		      struct error *err)
{
	struct secret key = { 0 };
	bool well;

	if (!setting->name)
		return true;
	if (!host_secret(&app->host, app->settings, setting->name, USE_GIT, &key, err))
		return false;
	well = keyfile_write(out, dir, &key, err);
	secret_finish(&key);
	return well;
}

static bool git_secrets(struct app *app, const char *dir, struct repo_config *config,
			struct error *err)
{
	const struct host *host = &app->host;

	if (host->git_password.name) {
		if (!host_secret(host, app->settings, host->git_password.name, USE_GIT,
				 &app->git_password, err))
			return false;
		secret_hide(&app->git_password);
		config->password = &app->git_password;
	}
	if (!write_key(app, dir, &host->git_ssh_key, &app->ssh_key, err) ||
	    !write_key(app, dir, &host->git_signing_key, &app->signing_key, err))
		return false;
	config->ssh_key_file = app->ssh_key.path;
	config->signing_key_file = app->signing_key.path;
	return true;
}

/* The folder of --path, or of the host's configuration. */
static const char *folder(struct app *app)
{
	const char *path = app->opt.path ? app->opt.path : app->host.path.value;
	char *plain;
	size_t len;

	if (!path)
		return "";
	plain = arena_strdup(app->settings, str_starts(path, "./") ? path + 2 : path);
	for (len = strlen(plain); len > 0 && plain[len - 1] == '/';)
		plain[--len] = '\0';
	return strcmp(plain, ".") == 0 ? "" : plain;
}

static bool open_cache(struct app *app, const char *url, struct error *err)
{
	const struct host *host = &app->host;
	const char *dir = state_dir(app);
	char sum[SHA256_HEX];
	struct repo_config config = {
		.url = url,
		.username = host->git_username.value,
		.known_hosts = host->git_known_hosts.value,
		.ca_file = host->git_ca_file.value,
		.author = host->git_author.value ? host->git_author.value
						 : "vm7 <vm7@localhost>",
	};

	hash_sha256_hex(url, strlen(url), sum);
	config.cache = arena_printf(app->settings, "%s/git-%.12s", dir, sum);
	if (!is_ours(dir, err) || !git_secrets(app, dir, &config, err) ||
	    !repo_open(&app->repo, &config, err))
		return false;
	app->source = (struct source_spec){
		.repo = app->repo,
		.branch = app->opt.branch      ? app->opt.branch
			  : host->branch.value ? host->branch.value
					       : "main",
		.folder = folder(app),
	};
	app->lock_dir = dir;
	return true;
}

/*
 * In a checkout the person's own git has the credentials; our commits are signed all the
 * same. What only looks at a working tree commits nothing.
 */
static bool signing_key_of_checkout(struct app *app, struct repo_config *config,
				    bool working_tree, struct error *err)
{
	const char *dir = state_dir(app);

	if (working_tree || !app->host.git_signing_key.name)
		return true;
	if (!make_folders(dir, err) ||
	    !write_key(app, dir, &app->host.git_signing_key, &app->signing_key, err))
		return false;
	config->signing_key_file = app->signing_key.path;
	return true;
}

static bool open_checkout(struct app *app, bool working_tree, struct error *err)
{
	struct repo_config config = {
		.checkout = app->opt.dir ? app->opt.dir : ".",
		.author = app->host.git_author.value,
	};
	struct repo_head *head = arena_new(app->settings, struct repo_head);

	if (!signing_key_of_checkout(app, &config, working_tree, err) ||
	    !repo_open(&app->repo, &config, err) ||
	    !repo_head(app->repo, app->settings, head, err))
		return false;
	app->source = (struct source_spec){
		.repo = app->repo,
		.branch = head->upstream_branch ? head->upstream_branch : head->branch,
		.head = *head->commit ? head->commit : NULL,
		.folder = in_folder(app->settings, repo_prefix(app->repo), folder(app)),
		.working_tree = working_tree,
		.pushed = !working_tree,
	};
	app->lock_dir = repo_private_dir(app->repo);
	if (!*folder(app))
		app->source.folder = repo_prefix(app->repo);
	if (!working_tree && !head->branch)
		return error_set(err, ERROR_REFUSED,
				 "HEAD is detached: what is applied is a branch. git "
				 "switch to it");
	return true;
}

/* What is asked of the commits that are acted on. */
static bool ask_of_commits(struct app *app, struct error *err)
{
	const char *accept = app->opt.accept_rewrite;

	if (accept && !rewrite_check(accept, err))
		return false;
	app->source.accept = accept;
	if (!app->host.git_require_signed.value)
		return true;
	app->source.signers = &app->signers;
	return host_signers(&app->host, app->settings, &app->signers, err);
}

static bool open_repo(struct app *app, bool working_tree, struct error *err)
{
	const char *url = app->opt.repo;

	if (!url && app->opt.config && !app->opt.dir && is_set(&app->host.repo.is))
		url = app->host.repo.value;
	if (!url)
		return open_checkout(app, working_tree, err);
	if (app->opt.offline)
		return error_set(err, ERROR_USAGE, "--offline needs a checkout (-C)");
	return open_cache(app, url, err);
}

bool app_repo(struct app *app, bool working_tree, struct error *err)
{
	return open_repo(app, working_tree, err) && ask_of_commits(app, err);
}

bool app_repo_unattended(struct app *app, struct error *err)
{
	const char *url = app->opt.repo;

	if (!url && is_set(&app->host.repo.is))
		url = app->host.repo.value;
	if (!url)
		return error_set(
			err, ERROR_INVALID,
			"no repository is named: say  repo: URL  in %s, or --repo",
			app->host.file ? app->host.file : "/etc/vm7/controller.yaml");
	return open_cache(app, url, err) && ask_of_commits(app, err);
}

const char *app_socket(struct app *app)
{
	if (!app->socket)
		app->socket = arena_printf(app->settings, "%s/vm7.sock", state_dir(app));
	return app->socket;
}

void app_repo_close(struct app *app)
{
	repo_close(app->repo);
	app->repo = NULL;
	secret_finish(&app->git_password);
	keyfile_finish(&app->ssh_key);
	keyfile_finish(&app->signing_key);
}

/* The lock is held on one directory until the end. */
static bool is_locked_dir(const struct app *before, const char *dir, struct error *err)
{
	return str_equal(before->lock_dir, dir) ||
	       error_set(err, ERROR_REFUSED,
			 "state_dir is %s until vm7 is started again, not %s",
			 before->lock_dir, dir);
}

bool app_reload(struct app *app)
{
	struct app before = *app;
	struct error err = { 0 };
	int code;

	app->settings = arena_create();
	app->repo = NULL;
	app->socket = NULL;
	app->git_password = (struct secret){ 0 };
	app->ssh_key = app->signing_key = (struct keyfile){ .fd = -1 };
	if (!app_host(app, &code) || !app_repo_unattended(app, &err) ||
	    !is_locked_dir(&before, app->lock_dir, &err)) {
		if (err.kind)
			app_fail(app, &err, NULL);
		app_repo_close(app);
		arena_destroy(app->settings);
		*app = before;
		return false;
	}
	app_repo_close(&before);
	arena_destroy(before.settings);
	return true;
}

bool app_lock(struct app *app, unsigned wait, struct error *err)
{
	const char *path = arena_printf(app->arena, "%s/lock", app->lock_dir);
	const struct timespec moment = { .tv_nsec = 50L * 1000 * 1000 };

	if (!make_folders(app->lock_dir, err))
		return false;
	app->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (app->lock < 0)
		return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	for (unsigned tries = 0; flock(app->lock, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK || tries >= wait * 20)
			return error_set(err, ERROR_BUSY,
					 "another vm7 is at work here (%s is locked)",
					 path);
		nanosleep(&moment, NULL);
	}
	keyfile_sweep(app->lock_dir);
	keyfile_sweep(repo_private_dir(app->repo));
	if (is_set(&app->host.git_signing_key.is))
		keyfile_sweep(state_dir(app));
	return true;
}

static void on_signal(uv_signal_t *handle, int signal)
{
	struct app *app = handle->data;

	(void)signal;
	if (app->interrupted) { /* a second one does not wait */
		uv_signal_stop(handle);
		raise(SIGKILL);
	}
	app->interrupted = true;
	log_notice(NULL, "interrupted: what is under way is brought to an end");
	if (app->interrupt)
		app->interrupt(app->interrupted_what);
}

void app_run(struct app *app, const bool *over, void (*interrupt)(void *what), void *what)
{
	const int numbers[] = { SIGINT, SIGTERM };
	uv_signal_t handles[2];

	app->interrupt = interrupt;
	app->interrupted_what = what;
	for (size_t i = 0; i < 2; i++) {
		uv_signal_init(&app->loop, &handles[i]);
		handles[i].data = app;
		uv_signal_start(&handles[i], on_signal, numbers[i]);
		uv_unref((uv_handle_t *)&handles[i]);
	}
	while (!*over)
		uv_run(&app->loop, UV_RUN_ONCE);
	for (size_t i = 0; i < 2; i++)
		uv_close((uv_handle_t *)&handles[i], NULL);
	uv_run(&app->loop, UV_RUN_NOWAIT);
}

void app_done(void *over)
{
	*(bool *)over = true;
}

void app_print(const char *text)
{
	char *copy = xstrdup(text);

	secret_redact(copy);
	fputs(copy, stdout);
	free(copy);
}

void app_print_json(const json_t *document)
{
	char *text = json_dumps(document, JSON_INDENT(2) | JSON_SORT_KEYS);

	app_print(text);
	app_print("\n");
	free(text);
}

bool app_report(struct app *app, const char *text, struct error *err)
{
	const char *path = app->opt.report;
	char *copy = xstrdup(text);
	FILE *file = fopen(path, "we");
	bool well = file != NULL;

	secret_redact(copy);
	if (file) {
		well = fputs(copy, file) >= 0;
		well &= fclose(file) == 0;
	}
	free(copy);
	return well || error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
}

/* On the forges whose runners understand it, a mistake shows beside its line. */
static void annotate(struct app *app, const struct diags *diags)
{
	const char *actions = getenv("GITHUB_ACTIONS");

	if (app->opt.json || !actions || strcmp(actions, "true") != 0)
		return;
	for (size_t i = 0; i < diags->len; i++) {
		const struct diag *diag = &diags->at[i];

		printf("::error file=%s,line=%u,col=%u::%s: %s\n",
		       diag->at.file ? diag->at.file->path : "", diag->at.line,
		       diag->at.column, diag->where,
		       str_safe(app->arena, diag->what, 1000));
	}
}

int app_fail(struct app *app, const struct error *err, struct diags *diags)
{
	struct text text;

	if (diags && diags->len > 0) {
		text_init(&text, app->arena);
		diags_print(&text, diags);
		secret_redact(text.at);
		fputs(text_str(&text), stderr);
		annotate(app, diags);
	}
	log_error(NULL, "%s", err->text);
	return error_exit(err->kind);
}

bool app_confirm(struct error *err, const char *format, ...)
{
	char answer[16];
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " [y/N] ");
	if (fgets(answer, sizeof(answer), stdin) &&
	    (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	return error_set(err, ERROR_REFUSED, "nothing was done");
}
