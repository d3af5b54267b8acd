#include "controller/host.h"

#include "base/decode.h"
#include "base/own.h"
#include "base/text.h"
#include "base/vec.h"
#include "reconcile/check.h"
#include "reconcile/schema.h"
#include "reconcile/syntax.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOST_BYTES_MAX = 1024 * 1024 };

static const char *const uses[] = { "any",     "proxmox", "git",   "guest",
				    "webhook", "notify",  "forge", NULL };

static const struct field secret_fields[] = {
	TEXT("file", struct secret_source, file,
	     .help = "a file with nothing but the secret"),
	TEXT("env", struct secret_source, env, .help = "a variable of the environment"),
	TEXTS("command", struct secret_source, command,
	      .help = "a program and its arguments that prints the secret"),
	CHOICE("use", struct secret_source, use, uses,
	       .help = "what it may be used for: nothing else gets it"),
	{ 0 },
};

static const struct field git_fields[] = {
	TEXT("username", struct host, git_username, .help = "for HTTPS"),
	SECRET("password", struct host, git_password,
	       .help = "for HTTPS: a password or token"),
	SECRET("ssh_key", struct host, git_ssh_key, .help = "the private key for SSH"),
	TEXT("known_hosts", struct host, git_known_hosts,
	     .help = "the host keys that are trusted"),
	TEXT("ca_file", struct host, git_ca_file, .help = "CA certificates for HTTPS"),
	TEXT("author", struct host, git_author,
	     .help = "of vm7's commits: name <address>"),
	SECRET("signing_key", struct host, git_signing_key,
	       .help = "the private SSH key that vm7's own commits are signed with"),
	FLAG("require_signed", struct host, git_require_signed,
	     .help = "act only on commits that a person has signed"),
	TEXT("allowed_signers", struct host, git_allowed_signers,
	     .help = "whose SSH keys sign, as in ssh-keygen(1)"),
	TEXT("keyring", struct host, git_keyring,
	     .help = "whose OpenPGP keys sign, as gpg --export writes it"),
	{ 0 },
};

static const struct field tls_fields[] = {
	TEXT("fingerprint", struct host, tls.fingerprint, .check = check_fingerprint,
	     .help = "SHA-256 fingerprint of Proxmox's certificate"),
	TEXT("ca_file", struct host, tls.ca_file,
	     .help = "a file with the certificates of Proxmox's authority"),
	FLAG("insecure", struct host, tls.insecure, .help = "check no certificate"),
	{ 0 },
};

static const struct field host_fields[] = {
	TEXT("repo", struct host, repo, .help = "the repository's URL"),
	TEXT("branch", struct host, branch, .help = "its branch"),
	TEXT("path", struct host, path, .help = "the folder of vm7.yaml"),
	SECTION("git", git_fields, .help = "how the repository is reached"),
	TEXTS("endpoints", struct host, endpoints,
	      .help = "where Proxmox credentials may be sent"),
	SECTION("tls", tls_fields, .presence = 1 + offsetof(struct host, tls.is),
		.help = "how Proxmox's certificate is checked, whatever the repository "
			"says"),
	TEXT("state_dir", struct host, state_dir, .help = "a cache: safe to lose"),
	DURATION("task_timeout", struct host, task_timeout, 1, 30L * 24 * 3600,
		 .help = "how long a task of Proxmox is waited for"),
	MAP_OF("secrets", secret_fields, .help = "where secrets are, by name"),
	DURATION("poll_interval", struct host, poll, 1, 24L * 3600,
		 .help = "how often the controller looks at the branch (default: 60s)"),
	DURATION("drift_interval", struct host, drift, 1, 7L * 24 * 3600,
		 .help = "how often it looks for drift (default: 5m)"),
	LIST_OF("listen", listen_fields, .or_one = true, .max = LISTEN_MAX,
		.help = "where status, metrics and hooks are served; absent: no port at "
			"all"),
	SECRET("webhook", struct host, webhook,
	       .help = "what the forge signs hooks with"),
	MAPPING("notify", struct host, notify, struct notify_settings, notify_fields,
		.presence = 1 + offsetof(struct host, notify.is),
		.help = "who is told what fails, recovers and waits for a person"),
	MAPPING("forge", struct host, forge, struct forge_settings, forge_fields,
		.presence = 1 + offsetof(struct host, forge.is),
		.help = "where commits get a status"),
	{ 0 },
};

static void read_secrets(struct host *out, const struct decode *how,
			 const struct doc *map)
{
	const struct trail top = { .key = "secrets" };

	if (!map || !decode_is(how, &top, map, DOC_MAP))
		return;
	out->secrets = arena_array(how->arena, struct secret_source, map->len);
	for (size_t i = 0; i < map->len; i++) {
		struct trail at = { .up = &top, .key = map->keys[i]->text };
		struct secret_source *source = &out->secrets[out->secrets_len++];

		source->name = map->keys[i]->text;
		decode_map(how, &at, map->items[i], secret_fields, source);
		if (is_set(&source->file.is) + is_set(&source->env.is) +
			    is_set(&source->command.is) !=
		    1)
			mistake(how, &at, map->items[i]->at,
				"one of file, env and command is needed");
	}
}

/* Nobody else may say where our credentials go. */
static bool only_ours(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, ERROR_DENIED, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_DENIED, "%s is not a file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(err, ERROR_DENIED,
				 "%s belongs to somebody else (uid %u)", path,
				 (unsigned)st.st_uid);
	if (st.st_mode & 022)
		return error_set(err, ERROR_DENIED,
				 "%s has mode %04o: others can change it; chmod go-w it",
				 path, (unsigned)(st.st_mode & 07777));
	return true;
}

/* Whose signatures count has to be said by somebody. */
static void check_signers(const struct decode *how, const struct host *host)
{
	const struct trail git = { .key = "git" };
	const struct trail at = { .up = &git, .key = "require_signed" };

	if (host->git_require_signed.value && !is_set(&host->git_allowed_signers.is) &&
	    !is_set(&host->git_keyring.is))
		mistake(how, &at, host->git_require_signed.is.at,
			"whose signatures? allowed_signers or keyring is needed");
}

/* All of a file, with its bound. */
static bool slurp(int fd, const char *path, struct arena *arena, size_t max, char **text,
		  size_t *len, struct error *err)
{
	char *at = arena_alloc(arena, max + 1, 1);
	ssize_t got;

	for (*len = 0; *len <= max; *len += (size_t)got) {
		got = read(fd, at + *len, max + 1 - *len);
		if (got < 0)
			return error_set(err, ERROR_DENIED, "%s: %s", path,
					 strerror(errno));
		if (got == 0)
			break;
	}
	if (*len > max)
		return error_set(err, ERROR_INVALID, "%s: over %zu bytes", path, max);
	at[*len] = '\0';
	*text = at;
	return true;
}

static bool read_it(struct host *out, struct arena *arena, const char *path, int fd,
		    struct diags *diags, struct error *err)
{
	const struct decode how = { .arena = arena,
				    .diags = diags,
				    .layer = LAYER_GLOBALS };
	struct file *file = arena_new(arena, struct file);
	const struct doc *doc;
	char *text = NULL;

	file->path = arena_strdup(arena, path);
	if (!only_ours(fd, path, err) ||
	    !slurp(fd, path, arena, HOST_BYTES_MAX, &text, &file->len, err))
		return false;
	file->text = text;
	out->file = file->path;
	doc = doc_read(arena, file, diags);
	if (doc && doc->kind != DOC_NULL &&
	    decode_map(&how, NULL, doc, host_fields, out)) {
		read_secrets(out, &how, doc_get(doc, "secrets"));
		out->listen = listen_read(&how, doc_get(doc, "listen"), &out->listen_len);
		outgoing_check(&how, doc_get(doc, "notify"), &out->notify, &out->forge);
	}
	check_tls(&how, NULL, &out->tls);
	check_signers(&how, out);
	if (diags->len > 0)
		return error_set(err, ERROR_INVALID, "%s is invalid", path);
	return true;
}

bool host_read(struct host *out, struct arena *arena, const char *path,
	       struct diags *diags, struct error *err)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	const char *candidates[3] = { path };
	size_t len = path != NULL;

	*out = (struct host){ 0 };
	if (!path && config && *config)
		candidates[len++] = arena_printf(arena, "%s/vm7/controller.yaml", config);
	else if (!path && home && *home)
		candidates[len++] =
			arena_printf(arena, "%s/.config/vm7/controller.yaml", home);
	if (!path)
		candidates[len++] = "/etc/vm7/controller.yaml";
	for (size_t i = 0; i < len; i++) {
		own(fd) int fd = open(candidates[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);

		if (fd >= 0)
			return read_it(out, arena, candidates[i], fd, diags, err);
		if (path || (errno != ENOENT && errno != ENOTDIR))
			return error_set(
				err, path && errno == ENOENT ? ERROR_USAGE : ERROR_DENIED,
				"%s: %s", candidates[i], strerror(errno));
	}
	return true;
}

char *host_schema(struct arena *arena)
{
	return schema_print(arena, host_fields, "controller.yaml",
			    "What this machine lets vm7 do.");
}

static bool named_file(const struct text_setting *path, const char *key, mode_t forbidden,
		       struct arena *arena, const char **text, struct error *err)
{
	own(fd) int fd = open(path->value, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *all = NULL;
	struct stat st;
	size_t len;

	if (fd < 0)
		return error_set(err, ERROR_INVALID, "%s: %s %s: %s",
				 place_print(arena, path->is.at), key, path->value,
				 strerror(errno));
	if (!only_ours(fd, path->value, err))
		return false;
	if (fstat(fd, &st) < 0 || (st.st_mode & forbidden))
		return error_set(err, ERROR_DENIED,
				 "%s: others can read it; chmod 600 it and make another",
				 path->value);
	if (!slurp(fd, path->value, arena, HOST_BYTES_MAX, &all, &len, err))
		return false;
	*text = all;
	return true;
}

bool host_file(const struct text_setting *path, const char *key, struct arena *arena,
	       const char **text, struct error *err)
{
	return named_file(path, key, 0, arena, text, err);
}

bool host_key(const struct text_setting *path, const char *key, struct arena *arena,
	      const char **text, struct error *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	bool of_systemd =
		credentials && *credentials && str_starts(path->value, credentials);

	/* systemd's own modes are fine: an access list shows as a group */
	return named_file(path, key, of_systemd ? 007 : 077, arena, text, err);
}

bool host_ca(const struct host *host, struct arena *arena, const char **pem,
	     struct error *err)
{
	*pem = NULL;
	return !is_set(&host->tls.ca_file.is) ||
	       host_file(&host->tls.ca_file, "tls.ca_file", arena, pem, err);
}

/* The programs that read it look for a bare name elsewhere. */
static bool signers_file(const struct text_setting *path, const char *key,
			 struct arena *arena, const char **out, const char **text,
			 struct error *err)
{
	char *real;

	if (!is_set(&path->is))
		return true;
	if (!host_file(path, key, arena, text, err))
		return false;
	real = realpath(path->value, NULL);
	if (!real)
		return error_set(err, ERROR_DENIED, "%s: %s", path->value,
				 strerror(errno));
	*out = arena_strdup(arena, real);
	free(real);
	return true;
}

bool host_signers(const struct host *host, struct arena *arena, struct signers *out,
		  struct error *err)
{
	const struct text_setting *keyring = &host->git_keyring;
	const char *text = "";

	*out = (struct signers){ 0 };
	if (!signers_file(&host->git_allowed_signers, "git.allowed_signers", arena,
			  &out->allowed_signers, &text, err))
		return false;
	text = "";
	if (!signers_file(keyring, "git.keyring", arena, &out->keyring, &text, err))
		return false;
	if (str_starts(text, "-----BEGIN"))
		return error_set(err, ERROR_INVALID,
				 "%s: git.keyring %s is in ASCII armor, which gpgv does "
				 "not read: gpg --dearmor it",
				 place_print(arena, keyring->is.at), keyring->value);
	return true;
}

/* Endpoints are the same whatever the case of the host and a slash at the end. */
static bool same_endpoint(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);

	la -= la > 0 && a[la - 1] == '/';
	lb -= lb > 0 && b[lb - 1] == '/';
	return la == lb && strncasecmp(a, b, la) == 0;
}

bool host_allows(const struct host *host, struct arena *arena, const char *const *more,
		 size_t more_len, const char *endpoint, struct error *err)
{
	const char *environment = getenv("VM7_ENDPOINTS");
	char **listed;
	size_t len = str_split(arena, environment ? environment : "", ", \t\n", &listed);

	for (size_t i = 0; i < host->endpoints.len; i++)
		if (same_endpoint(host->endpoints.at[i], endpoint))
			return true;
	for (size_t i = 0; i < more_len; i++)
		if (same_endpoint(more[i], endpoint))
			return true;
	for (size_t i = 0; i < len; i++)
		if (same_endpoint(listed[i], endpoint))
			return true;
	return error_set(err, ERROR_REFUSED,
			 "the repository asks for %s, and this host does not allow "
			 "credentials to go there: "
			 "nothing was sent. Allow it with --endpoint %s, VM7_ENDPOINTS, "
			 "or `endpoints:` in %s",
			 endpoint, endpoint,
			 host->file ? host->file : "/etc/vm7/controller.yaml");
}
