/* A cache of vm7's own: a bare repository, as good as its remote and safe to lose. */
#include "git/open.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "scheme" of scheme://rest, NULL when it has none. */
static const char *scheme_of(struct arena *arena, const char *url)
{
	const char *end = strstr(url, "://");

	return end ? arena_strndup(arena, url, (size_t)(end - url)) : NULL;
}

/* What stands before '@' in the host part of scheme://rest. */
static const char *user_of(struct arena *arena, const char *url)
{
	const char *host = strstr(url, "://") + 3, *end = host + strcspn(host, "/"), *at;

	for (at = end; at > host && at[-1] != '@'; at--)
		;
	return at > host ? arena_strndup(arena, host, (size_t)(at - 1 - host)) : NULL;
}

/* As for ssh and scp: a colon before any slash is between a host and a path. */
static bool is_local_path(const char *url)
{
	return url[strcspn(url, ":/")] != ':';
}

static bool scheme_allowed(struct arena *arena, const char *url, const char *scheme,
			   struct error *err)
{
	const char *user;

	if (strcmp(scheme, "file") == 0)
		return true;
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "ssh") != 0)
		return error_set(err, ERROR_INVALID,
				 "repository URL: %s:// is not supported: https, ssh, "
				 "host:path or a path",
				 str_safe(arena, scheme, 40));
	user = user_of(arena, url);
	if (user && (strcmp(scheme, "https") == 0 || strchr(user, ':')))
		return error_set(err, ERROR_DENIED,
				 "repository URL: credentials do not belong into it: use "
				 "git.username and git.password of the configuration");
	return true;
}

static bool url_read(struct repo *repo, const char *url, struct error *err)
{
	const char *scheme = scheme_of(repo->arena, url);
	char here[PATH_MAX];

	if (!*url || *url == '-' || url[strcspn(url, "\r\n")] || strstr(url, "::"))
		return error_set(err, ERROR_INVALID, "'%s' is no repository URL",
				 str_safe(repo->arena, url, 200));
	if (scheme) {
		if (!scheme_allowed(repo->arena, url, scheme, err))
			return false;
	} else if (is_local_path(url) && *url != '/') {
		if (!getcwd(here, sizeof(here)))
			return error_set(err, ERROR_LOCAL, "current folder: %s",
					 strerror(errno));
		url = arena_printf(repo->arena, "%s/%s", here, url);
	}
	repo->remote = repo->name = arena_strdup(repo->arena, url);
	return true;
}

static void credentials_read(struct repo *repo, const struct repo_config *config)
{
	const char *user = config->username ? config->username : "git";
	char *pair;
	size_t len;

	if (!config->password || !config->password->value)
		return;
	len = strlen(user) + 1 + config->password->len;
	pair = xcalloc(len + 1, 1);
	snprintf(pair, len + 1, "%s:%s", user, config->password->value);
	secret_set(&repo->basic, pair, len);
	OPENSSL_cleanse(pair, len);
	free(pair);
	/* in base64 it looks different from the password alone */
	secret_hide(config->password);
	secret_hide(&repo->basic);
}

static bool folder_made(struct arena *arena, const char *path, struct error *err)
{
	char *copy = arena_strdup(arena, path);

	for (char *at = copy + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		mkdir(copy, 0755); /* what stands in the way shows below */
		*at = '/';
	}
	if (mkdir(copy, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	return true;
}

/* Tells a cache, also a damaged one, from somebody's repository. */
static const char *marker(const struct repo *repo)
{
	return arena_printf(repo->arena, "%s/vm7-cache", repo->dir);
}

static bool marker_made(const struct repo *repo, struct error *err)
{
	own(fd) int fd = open(marker(repo), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 ||
	       error_set(err, ERROR_LOCAL, "%s: %s", repo->dir, strerror(errno));
}

static bool cache_made(struct repo *repo, struct error *err)
{
	git_repository_init_options options;
	int code;

	if (!folder_made(repo->arena, repo->dir, err) || !marker_made(repo, err))
		return false;
	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT;
	options.initial_head = "vm7"; /* never born: refs/vm7/ is all there is */
	code = git_repository_init_ext(&repo->git, repo->dir, &options);
	return code < 0 ? git_failed(err, code, repo->dir) : true;
}

/* What a bare repository consists of. */
static const char *const parts[] = { "HEAD",    "config",      "info", "logs",
				     "objects", "packed-refs", "refs", "shallow" };

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static char *part_path(const struct repo *repo, size_t i)
{
	return arena_printf(repo->arena, "%s/%s", repo->dir, parts[i]);
}

/* The folder was given by hand: nothing in it is touched that is not known to be ours. */
static bool may_be_cache(const struct repo *repo, struct error *err)
{
	struct stat st;

	if (stat(marker(repo), &st) == 0)
		return true;
	for (size_t i = 0; i < PARTS; i++)
		if (lstat(part_path(repo, i), &st) == 0)
			return error_set(err, ERROR_LOCAL,
					 "%s: there is something that is no cache of vm7",
					 repo->dir);
	return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

bool cache_renew(struct repo *repo, struct error *err)
{
	git_repository *old = repo->git;

	for (size_t i = 0; i < PARTS; i++) {
		char *path = part_path(repo, i);

		if (nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH) < 0 &&
		    errno != ENOENT && errno != ENOTDIR)
			return error_set(err, ERROR_LOCAL, "%s: %s", path,
					 strerror(errno));
	}
	/* until there is a new one, the old handle is better than none */
	repo->git = NULL;
	if (!cache_made(repo, err)) {
		repo->git = old;
		return false;
	}
	git_repository_free(old);
	return true;
}

bool open_cache(struct repo *repo, const struct repo_config *config, struct error *err)
{
	struct arena *arena = repo->arena;

	if (!url_read(repo, config->url, err))
		return false;
	credentials_read(repo, config);
	repo->dir = repo->private_dir = arena_strdup(arena, config->cache);
	if (config->ssh_key_file)
		repo->ssh_key_file = arena_strdup(arena, config->ssh_key_file);
	if (config->known_hosts)
		repo->known_hosts = arena_strdup(arena, config->known_hosts);
	if (config->ca_file)
		repo->ca_file = arena_strdup(arena, config->ca_file);
	/* never made, or half made, or damaged: all the same to a cache */
	return may_be_cache(repo, err) &&
	       (git_repository_open_bare(&repo->git, repo->dir) == 0 ||
		cache_renew(repo, err));
}
