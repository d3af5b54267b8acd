#include "reconcile/rights_roles.h"

#include "base/text.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 4 };

static int compare_grants(const void *a, const void *b)
{
	return strcmp(((const struct grant *)a)->path, ((const struct grant *)b)->path);
}

/* ---- which privileges where ---- */

static bool contains(const char *const *list, size_t len, const char *word, size_t size)
{
	for (size_t i = 0; i < len; i++)
		if (strlen(list[i]) == size && strncmp(list[i], word, size) == 0)
			return true;
	return false;
}

/* Add it unless it is there; the list has room. */
static void put(const char **list, size_t *len, const char *word)
{
	if (word && !contains(list, *len, word, strlen(word)))
		list[(*len)++] = word;
}

static const char *place_of(const struct need *need)
{
	return need->pool ? need->pool : need->path;
}

static struct grant *grant_at(struct grants *grants, struct arena *arena,
			      const struct needs *needs, const char *path)
{
	struct grant *grant;

	for (size_t i = 0; i < grants->len; i++)
		if (strcmp(grants->at[i].path, path) == 0)
			return &grants->at[i];
	grant = vec_push(arena, grants);
	*grant = (struct grant){
		.path = path,
		.privileges = arena_array(arena, const char *, 2 * needs->len),
		.why = arena_array(arena, const char *, needs->len),
		.guests = arena_array(arena, const char *, needs->len),
	};
	return grant;
}

/* Is one of "A|B" among them already? */
static bool is_met(const struct grant *grant, const char *privileges)
{
	while (*privileges) {
		size_t len = strcspn(privileges, "|");

		if (contains(grant->privileges, grant->len, privileges, len))
			return true;
		privileges += len + (privileges[len] == '|');
	}
	return false;
}

/* First what there is no choice about. */
static void take(struct grants *out, struct arena *arena, const struct needs *needs,
		 bool choices)
{
	for (size_t i = 0; i < needs->len; i++) {
		const struct need *need = &needs->at[i];
		struct grant *grant = grant_at(out, arena, needs, place_of(need));
		size_t first = strcspn(need->privileges, "|");

		if ((need->privileges[first] == '|') != choices)
			continue;
		if (!is_met(grant, need->privileges))
			put(grant->privileges, &grant->len,
			    arena_strndup(arena, need->privileges, first));
		put(grant->why, &grant->why_len, need->why);
		put(grant->guests, &grant->guests_len, need->guest);
	}
}

/* The nearest entry above, whose privileges would come down. */
static const struct grant *above(const struct grants *grants, const struct grant *grant)
{
	const struct grant *nearest = NULL;

	for (size_t i = 0; i < grants->len; i++) {
		const struct grant *other = &grants->at[i];
		size_t len = strlen(other->path);

		if (other == grant || !str_starts(grant->path, other->path) ||
		    (grant->path[len] != '/' && len > 1))
			continue;
		if (!nearest || len > strlen(nearest->path))
			nearest = other;
	}
	return nearest;
}

/* What is needed somewhere below /storage or a zone may be needed here. */
static void bring_down(const struct grants *grants)
{
	for (size_t i = 0; i < grants->len; i++) {
		struct grant *grant = &grants->at[i];
		const struct grant *from = above(grants, grant);

		if (!from || !(str_starts(from->path, "/storage") ||
			       str_starts(from->path, "/sdn")))
			continue;
		for (size_t j = 0; j < from->len; j++)
			put(grant->privileges, &grant->len, from->privileges[j]);
	}
}

static bool adds_nothing(const struct grant *grant, const struct grant *from)
{
	for (size_t i = 0; from && i < grant->len; i++)
		if (!contains(from->privileges, from->len, grant->privileges[i],
			      strlen(grant->privileges[i])))
			return false;
	return from != NULL;
}

/* From the deepest on: what stays is compared with what stays. */
static void drop_what_is_given(struct grants *grants)
{
	for (size_t i = grants->len; i-- > 0;) {
		if (!adds_nothing(&grants->at[i], above(grants, &grants->at[i])))
			continue;
		memmove(&grants->at[i], &grants->at[i + 1],
			(grants->len - i - 1) * sizeof(grants->at[0]));
		grants->len--;
	}
}

/* ---- roles ---- */

static bool same_privileges(const struct grant *a, const struct grant *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->privileges[i], b->privileges[i]) != 0)
			return false;
	return true;
}

static const char *kind_of(const struct grant *grant)
{
	static const struct {
		const char *path, *name;
	} kinds[] = {
		{ "/vms/", "VM7Template" }, { "/vms", "VM7Guests" },
		{ "/pool/", "VM7Pool" },    { "/storage", "VM7Storage" },
		{ "/sdn/", "VM7Bridges" },  { "/mapping/cpu/", "VM7Cpu" },
		{ "/nodes", "VM7Nodes" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_starts(grant->path, kinds[i].path))
			return kinds[i].name;
	return "VM7Cluster";
}

/* One role for the same privileges, wherever they are given. */
static void name_roles(struct grants *grants, struct arena *arena)
{
	for (size_t i = 0; i < grants->len; i++) {
		struct grant *grant = &grants->at[i];
		unsigned number = 1;

		for (size_t j = 0; j < i && !grant->role; j++)
			if (same_privileges(&grants->at[j], grant))
				grant->role = grants->at[j].role;
		if (grant->role)
			continue;
		grant->role = kind_of(grant);
		for (size_t j = 0; j < i; j++)
			if (strcmp(grants->at[j].role, grant->role) == 0) {
				grant->role = arena_printf(arena, "%s%u", kind_of(grant),
							   ++number);
				j = (size_t)-1; /* look from the start again */
			}
	}
}

void grants_make(struct grants *out, struct arena *arena, const struct needs *needs)
{
	*out = (struct grants){ 0 };
	take(out, arena, needs, false);
	bring_down(out);
	take(out, arena, needs, true);
	if (out->len > 0)
		qsort(out->at, out->len, sizeof(*out->at), compare_grants);
	drop_what_is_given(out);
	for (size_t i = 0; i < out->len; i++)
		qsort(out->at[i].privileges, out->at[i].len, sizeof(const char *),
		      str_compare);
	name_roles(out, arena);
}

/* ---- in words ---- */

struct lines {
	const char **at;
	size_t len, cap;
};

static const char *privileges_of(struct arena *arena, const struct grant *grant)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < grant->len; i++)
		text_addf(&out, "%s%s", i ? " " : "", grant->privileges[i]);
	return text_str(&out);
}

static bool is_first_of_role(const struct grants *grants, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(grants->at[i].role, grants->at[at].role) == 0)
			return false;
	return true;
}

/* "/vms/9000: to clone its template (web-01, web-02 and 3 more)" */
static const char *reason(struct arena *arena, const struct grant *grant)
{
	const char *why = str_list(arena, grant->why, grant->why_len, SHOWN_MAX);

	if (grant->guests_len == 0)
		return arena_printf(arena, "%s: %s", grant->path, why);
	return arena_printf(arena, "%s: %s (%s)", grant->path, why,
			    str_list(arena, grant->guests, grant->guests_len, SHOWN_MAX));
}

/* The commands; with `why` also the reasons, as comments. */
static void commands(struct lines *out, struct arena *arena, const struct grants *grants,
		     const char *user, const char *token, bool why)
{
	const char *who = shell_word(arena, user);

	for (size_t i = 0; i < grants->len; i++)
		if (is_first_of_role(grants, i))
			*vec_push(arena, out) = arena_printf(
				arena, "pveum role add %s --privs \"%s\"",
				grants->at[i].role, privileges_of(arena, &grants->at[i]));
	*vec_push(arena, out) = arena_printf(arena, "pveum user add %s", who);
	for (size_t i = 0; i < grants->len; i++) {
		const struct grant *grant = &grants->at[i];

		if (why)
			*vec_push(arena, out) =
				arena_printf(arena, "# %s",
					     str_safe(arena, reason(arena, grant), 400));
		*vec_push(arena, out) =
			arena_printf(arena, "pveum acl modify %s --users %s --roles %s",
				     shell_word(arena, grant->path), who, grant->role);
	}
	*vec_push(arena, out) =
		arena_printf(arena, "pveum user token add %s %s --privsep 0", who,
			     shell_word(arena, token));
}

char *grants_print(struct arena *arena, const struct grants *grants, unsigned release,
		   const char *user, const char *token)
{
	struct lines lines = { 0 };
	struct text out;

	commands(&lines, arena, grants, user, token, true);
	text_init(&out, arena);
	text_addf(&out,
		  "# Proxmox VE %u: the least that vm7 needs for these files, as root on "
		  "a node.\n"
		  "# A role that is there already: pveum role modify instead of add.\n",
		  release);
	for (size_t i = 0; i < lines.len; i++)
		text_addf(&out, "%s\n", lines.at[i]);
	return arena_strdup(arena, text_str(&out));
}

static json_t *list_json(const char *const *list, size_t len)
{
	json_t *out = json_array();

	for (size_t i = 0; i < len; i++)
		json_array_append_new(out, json_string(list[i]));
	return out;
}

json_t *grants_json(struct arena *arena, const struct grants *grants, unsigned release,
		    const char *user, const char *token)
{
	json_t *roles = json_array(), *acl = json_array();
	struct lines lines = { 0 };

	for (size_t i = 0; i < grants->len; i++) {
		const struct grant *grant = &grants->at[i];

		if (is_first_of_role(grants, i))
			json_array_append_new(
				roles,
				json_pack("{s:s, s:o}", "name", grant->role, "privileges",
					  list_json(grant->privileges, grant->len)));
		json_array_append_new(
			acl, json_pack("{s:s, s:s, s:o, s:o}", "path", grant->path,
				       "role", grant->role, "why",
				       list_json(grant->why, grant->why_len), "guests",
				       list_json(grant->guests, grant->guests_len)));
	}
	commands(&lines, arena, grants, user, token, false);
	return json_pack("{s:i, s:o, s:o, s:o}", "release", (int)release, "roles", roles,
			 "acl", acl, "commands", list_json(lines.at, lines.len));
}
