/* What a token holds, compared with what is needed, and in words. */
#include "reconcile/rights.h"

#include "base/text.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONE "/sdn/zones/localnetwork/"

static int compare_path(const void *key, const void *item)
{
	return strcmp(key, ((const struct held_path *)item)->path);
}

static const struct held_path *find_path(const struct permissions *held, const char *path)
{
	if (held->paths_len == 0)
		return NULL;
	return bsearch(path, held->paths, held->paths_len, sizeof(*held->paths),
		       compare_path);
}

/* These are always told: missing from the answer, nothing is held there. */
static bool is_top(const char *path)
{
	static const char *const tops[] = { "/",    "/access",  "/nodes", "/pool",
					    "/sdn", "/storage", "/vms",   NULL };

	for (size_t i = 0; tops[i]; i++)
		if (strcmp(tops[i], path) == 0)
			return true;
	return false;
}

static bool is_one_of(const char *name, const char *privileges)
{
	size_t len = strlen(name);

	for (const char *at = privileges; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, name, len) == 0 && (at[len] == '|' || !at[len]))
			return true;
	}
	return false;
}

static bool holds(const struct held_path *held, const char *privileges, bool below)
{
	for (size_t i = 0; i < held->len; i++)
		if ((held->at[i].propagates || !below) &&
		    is_one_of(held->at[i].name, privileges))
			return true;
	return false;
}

/* At the path itself where it is told of, else what comes down from the next above. */
static bool have_at(const struct permissions *held, const char *path,
		    const char *privileges)
{
	size_t len = strlen(path);
	char above[300];

	if (len >= sizeof(above))
		return true; /* no path of Proxmox: it will say what is wrong */
	memcpy(above, path, len + 1);
	for (;;) {
		const struct held_path *found = find_path(held, above);
		char *slash = strrchr(above, '/');

		if (found)
			return holds(found, privileges, strcmp(above, path) != 0);
		if (is_top(above) || !slash)
			return false;
		slash[slash == above] = '\0';
	}
}

/* Some zone of those that are told of has the bridge. */
static bool have_in_a_zone(const struct permissions *held, const char *rest,
			   const char *privileges)
{
	static const char zones[] = "/sdn/zones/";

	for (size_t i = 0; i < held->paths_len; i++) {
		const char *path = held->paths[i].path;
		char other[300];
		size_t len;

		if (!str_starts(path, zones))
			continue;
		len = strcspn(path + strlen(zones), "/");
		if (snprintf(other, sizeof(other), "%.*s/%s", (int)(strlen(zones) + len),
			     path, rest) < (int)sizeof(other) &&
		    have_at(held, other, privileges))
			return true;
	}
	return false;
}

bool permissions_have(const struct permissions *held, const char *path,
		      const char *privileges)
{
	return have_at(held, path, privileges) ||
	       (str_starts(path, ZONE) &&
		have_in_a_zone(held, path + strlen(ZONE), privileges));
}

void needs_missing(struct needs *out, struct arena *arena, const struct needs *needs,
		   const struct permissions *held)
{
	*out = (struct needs){ 0 };
	for (size_t i = 0; i < needs->len; i++) {
		const struct need *need = &needs->at[i];

		if (!permissions_have(held, need->path, need->privileges) &&
		    !(need->pool && permissions_have(held, need->pool, need->privileges)))
			*vec_push(arena, out) = *need;
	}
}

static size_t writing(const struct needs *needs)
{
	size_t count = 0;

	for (size_t i = 0; i < needs->len; i++)
		count += !strstr(needs->at[i].privileges, "Audit");
	return count;
}

bool needs_read_only(const struct needs *needs, const struct needs *missing)
{
	return writing(missing) > 0 && writing(missing) == writing(needs);
}

/* The first of "Datastore.Audit|Datastore.AllocateSpace": it gives away the least. */
static const char *least(struct arena *arena, const char *privileges)
{
	return arena_strndup(arena, privileges, strcspn(privileges, "|"));
}

/* The privileges of the needs from `first` on at the same place, each once; their number.
 */
static size_t at_one_place(const char **out, struct arena *arena,
			   const struct needs *needs, size_t first)
{
	const struct need *place = &needs->at[first];
	size_t len = 0;

	for (size_t i = first; i < needs->len; i++) {
		const struct need *need = &needs->at[i];
		const char *name = least(arena, need->privileges);
		bool known = false;

		if (strcmp(need->path, place->path) != 0 ||
		    !str_equal(need->pool, place->pool))
			continue;
		for (size_t j = 0; j < len; j++)
			known |= strcmp(out[j], name) == 0;
		if (!known)
			out[len++] = name;
	}
	return len;
}

/* Was the place of this need told of by one before it? */
static bool is_told(const struct needs *needs, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(needs->at[i].path, needs->at[at].path) == 0 &&
		    str_equal(needs->at[i].pool, needs->at[at].pool))
			return true;
	return false;
}

char *needs_tell(struct arena *arena, const struct needs *needs)
{
	const char **names = arena_array(arena, const char *, needs->len);
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < needs->len; i++) {
		size_t len;

		if (is_told(needs, i))
			continue;
		len = at_one_place(names, arena, needs, i);
		text_addf(&out, "%s%s on %s", out.len ? ", " : "",
			  str_list(arena, names, len, len), needs->at[i].path);
		if (needs->at[i].pool)
			text_addf(&out, " or %s", needs->at[i].pool);
	}
	return arena_strdup(arena, text_str(&out));
}

/* Does a role give something of the same kind there: VM.*, Datastore.*? */
static bool has_kind(const struct permissions *held, const char *path, const char *name)
{
	size_t len = strcspn(name, ".") + 1;

	for (size_t i = 0; i < held->paths_len; i++) {
		const struct held_path *other = &held->paths[i];

		for (size_t j = 0; j < other->len; j++)
			if (strncmp(other->at[j].name, name, len) == 0 &&
			    permissions_have(held, path, other->at[j].name))
				return true;
	}
	return false;
}

const char *shell_word(struct arena *arena, const char *text)
{
	struct text out;

	if (*text &&
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._/-")] == '\0')
		return text;
	text_init(&out, arena);
	text_addc(&out, '\'');
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			text_add(&out, "'\\'");
		text_addc(&out, *c);
	}
	text_addc(&out, '\'');
	return text_str(&out);
}

/*
 * --users vm7@pve --tokens 'vm7@pve!vm7': an entry for a token that needs none does no
 * harm.
 */
static const char *whom(struct arena *arena, const struct permissions *held)
{
	const char *token = held->token;
	char *user = arena_strndup(arena, token, strcspn(token, "!"));

	if (held->shared)
		return arena_printf(arena, "--users %s", shell_word(arena, user));
	return arena_printf(arena, "--users %s --tokens %s", shell_word(arena, user),
			    shell_word(arena, token));
}

char *needs_granted_by(struct arena *arena, const struct needs *needs,
		       const struct permissions *held)
{
	const char **more = arena_array(arena, const char *, needs->len);
	size_t more_len = 0;
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < needs->len; i++) {
		const struct need *need = &needs->at[i];
		const char *path = need->pool ? need->pool : need->path;
		const char *name = least(arena, need->privileges);
		bool known = false;

		if (!has_kind(held, path, name)) {
			if (!is_told(needs, i))
				text_addf(&out, "%spveum acl modify %s %s --roles VM7",
					  out.len ? "; " : "", shell_word(arena, path),
					  whom(arena, held));
			continue;
		}
		for (size_t j = 0; j < more_len; j++)
			known |= strcmp(more[j], name) == 0;
		if (!known)
			more[more_len++] = name;
	}
	if (more_len > 0) {
		text_addf(&out, "%spveum role modify VM7 --append 1 --privs \"",
			  out.len ? "; " : "");
		for (size_t i = 0; i < more_len; i++)
			text_addf(&out, "%s%s", i ? " " : "", more[i]);
		text_addc(&out, '"');
	}
	return arena_strdup(arena, text_str(&out));
}
