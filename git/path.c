#include "git/path.h"

#include "base/text.h"
#include "base/vec.h"
#include "git/tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool path_is_git(const char *name)
{
	return strcasecmp(name, ".git") == 0 || strcasecmp(name, "git~1") == 0;
}

static bool is_bad(const char *part)
{
	return !*part || strcmp(part, ".") == 0 || strcmp(part, "..") == 0 ||
	       path_is_git(part);
}

bool path_split(struct arena *arena, const char *path, char ***parts, size_t *count,
		struct error *err)
{
	struct {
		char **at;
		size_t len, cap;
	} found = { 0 };
	size_t len = 0;

	if (strlen(path) > PATH_BYTES_MAX)
		return error_set(err, ERROR_INVALID, "%.60s...: too long", path);
	for (const char *at = path;; at += len + 1) {
		char *part;

		len = strcspn(at, "/");
		part = arena_strndup(arena, at, len);
		if (is_bad(part))
			return error_set(err, ERROR_INVALID,
					 "'%s': no path of a file in the repository",
					 str_safe(arena, path, 200));
		*vec_push(arena, &found) = part;
		if (!at[len])
			break;
	}
	if (found.len > PATH_DEPTH_MAX)
		return error_set(err, ERROR_INVALID, "%.60s...: too deep", path);
	*parts = found.at;
	*count = found.len;
	return true;
}

char *path_join(struct arena *arena, char *const *parts, size_t count)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < count; i++)
		text_addf(&out, "%s%s", i > 0 ? "/" : "", parts[i]);
	return arena_strdup(arena, text_str(&out));
}

void listing_init(struct listing *listing, struct arena *arena,
		  bool (*wanted)(void *what, const char *path), void *what)
{
	*listing = (struct listing){
		.arena = arena,
		.scratch = arena_create(),
		.wanted = wanted,
		.what = what,
	};
}

const char *listing_look(struct listing *listing, const char *folder, const char *name,
			 struct error *err)
{
	const char *where = *folder ? folder : "repository";

	if (++listing->looked > TREE_ENTRIES_MAX)
		error_set(err, ERROR_INVALID, "%s: more than %d files", where,
			  TREE_ENTRIES_MAX);
	else if (strlen(folder) + strlen(name) >= PATH_BYTES_MAX)
		error_set(err, ERROR_INVALID, "%.60s...: too long a path", where);
	else
		return arena_printf(listing->scratch, "%s%s%s", folder,
				    *folder ? "/" : "", name);
	return NULL;
}

bool listing_wants(const struct listing *listing, const char *path)
{
	return listing->wanted(listing->what, path);
}

void listing_add(struct listing *listing, const char *path)
{
	*vec_push(listing->arena, listing) = arena_strdup(listing->arena, path);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool listing_end(struct listing *listing, bool ok, const char ***out, size_t *len)
{
	*out = NULL;
	*len = 0;
	if (ok && listing->len > 0) {
		qsort(listing->at, listing->len, sizeof(*listing->at), by_bytes);
		*out = listing->at;
		*len = listing->len;
	}
	arena_destroy(listing->scratch);
	return ok;
}
