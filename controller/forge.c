#include "controller/forge.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What is same and what differs. */
static const struct api {
	const char *usual;    /* below the host, when the URL says no more */
	const char *statuses; /* before the project, and after it */
	const char *after;
	const char *scheme;
	const char *context; /* the key of the name of a status */
	const char *failure;
	bool one_segment; /* owner/name is owner%2Fname */
} apis[] = {
	[FORGE_GITHUB] = { "/api/v3", "/repos/", "/statuses/", "Bearer", "context",
			   "failure", false },
	[FORGE_GITEA] = { "/api/v1", "/repos/", "/statuses/", "token", "context",
			  "failure", false },
	[FORGE_FORGEJO] = { "/api/v1", "/repos/", "/statuses/", "token", "context",
			    "failure", false },
	[FORGE_GITLAB] = { "/api/v4", "/projects/", "/statuses/", "Bearer", "name",
			   "failed", true },
};

/* ---- where ---- */

/* A URL of Git's in its parts: https://host:8443/a/b.git, ssh://git@host:22/a/b,
 * git@host:a/b. The port counts for https alone. */
struct remote {
	const char *host, *path;
};

static bool take_apart(struct remote *out, struct arena *arena, const char *url)
{
	const char *scheme = strstr(url, "://"), *at = scheme ? scheme + 3 : url;
	size_t len = strcspn(at, scheme ? "/" : ":/");
	bool https = str_starts(url, "https://");
	char *host = arena_strndup(arena, at, len), *user = strrchr(host, '@'), *path;

	if (scheme ? !https && !str_starts(url, "ssh://") : at[len] != ':')
		return false;
	if (user)
		host = user + 1;
	if (scheme && !https && host[0] != '[')
		host[strcspn(host, ":")] = '\0';
	path = arena_strdup(arena, at + len + (at[len] != '\0'));
	for (len = strlen(path); len > 0 && path[len - 1] == '/';)
		path[--len] = '\0';
	if (str_ends(path, ".git"))
		path[len - 4] = '\0';
	*out = (struct remote){ host, path + strspn(path, "/") };
	return *host && *out->path;
}

/* The last two parts, but GitLab's groups have groups. */
static const char *project_of(enum forge_kind kind, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (kind == FORGE_GITLAB || !slash)
		return path;
	while (slash > path && slash[-1] != '/')
		slash--;
	return slash;
}

static bool is_project(struct arena *arena, const char *text)
{
	char **parts;
	size_t len = str_split(arena, text, "/", &parts), total = len - 1;

	for (size_t i = 0; i < len; i++) {
		total += strlen(parts[i]);
		if (strcmp(parts[i], ".") == 0 || strcmp(parts[i], "..") == 0)
			return false;
		for (const char *at = parts[i]; *at; at++)
			if (!isalnum((unsigned char)*at) && !strchr("-_.+", *at))
				return false;
	}
	return len >= 2 && total == strlen(text); /* no empty part was left out */
}

static char *base_of(struct arena *arena, enum forge_kind kind, const char *url,
		     const char *host)
{
	char *base =
		url ? arena_strdup(arena, url) : arena_printf(arena, "https://%s", host);
	size_t len = strlen(base);

	while (len > 0 && base[len - 1] == '/')
		base[--len] = '\0';
	if (kind == FORGE_GITHUB && (strcmp(base, "https://github.com") == 0 ||
				     strcmp(base, "https://api.github.com") == 0))
		return arena_strdup(arena, "https://api.github.com");
	if (strchr(strstr(base, "://") + 3, '/'))
		return base;
	return arena_printf(arena, "%s%s", base, apis[kind].usual);
}

bool forge_init(struct forge *out, struct arena *arena, enum forge_kind kind,
		const char *url, const char *project, const char *repository,
		struct error *err)
{
	const struct api *api = &apis[kind];
	struct remote remote = { 0 };
	struct text text;

	if ((!url || !project) && !take_apart(&remote, arena, repository))
		return error_set(
			err, ERROR_INVALID,
			"forge: `repo` does not say where its forge is: give url "
			"and project");
	if (!project)
		project = project_of(kind, remote.path);
	if (!is_project(arena, project))
		return error_set(err, ERROR_INVALID,
				 "forge: '%s' is no project: expected owner/name",
				 project);
	text_init(&text, arena);
	text_addf(&text, "%s%s", base_of(arena, kind, url, remote.host), api->statuses);
	if (api->one_segment)
		text_add_encoded(&text, project);
	else
		text_add(&text, project);
	text_add(&text, api->after);
	*out = (struct forge){ kind, text.at };
	return true;
}

/* ---- what ---- */

const char *forge_scheme(enum forge_kind kind)
{
	return apis[kind].scheme;
}

void forge_letter(const struct forge *forge, const struct verdict *verdict,
		  struct arena *arena, struct letter *out)
{
	const struct api *api = &apis[forge->kind];
	json_t *body = json_pack("{s:s, s:s, s:s}", "state",
				 verdict->state == VERDICT_FAILURE
					 ? api->failure
					 : verdict_name(verdict->state),
				 api->context, "vm7", "description", verdict->words);
	char *text = json_dumps(body, JSON_COMPACT);

	*out = (struct letter){
		.url = arena_printf(arena, "%s%s", forge->statuses, verdict->commit),
		.body = arena_strdup(arena, text),
		.headers = { "Content-Type: application/json" },
	};
	if (forge->kind == FORGE_GITHUB)
		out->headers[1] = "X-GitHub-Api-Version: 2022-11-28";
	free(text);
	json_decref(body);
}
