#include "acl.h"

#include "base/text.h"
#include "props.h"
#include "schema.h"

#include <string.h>

#define NAME "[[:alnum:]._-]+"

static const struct path_form {
	const char *pattern;
	bool from_9;
} path_forms[] = {
	{ "/", false },
	{ "/access", false },
	{ "/access/(groups|realm)(/" NAME ")?", false },
	{ "/(nodes|storage)(/" NAME ")?", false },
	{ "/pool(/" NAME "){0,3}", false },
	{ "/vms(/[1-9][0-9]{2,})?", false },
	{ "/mapping(/" NAME "){0,2}", false },
	{ "/sdn", false },
	{ "/sdn/zones(/" NAME "){0,2}", false },
	{ "/sdn/zones/" NAME "/" NAME "/[1-9][0-9]{0,3}", false },
	{ "/sdn/controllers(/[[:alnum:]_-]+)?", false },
	{ "/sdn/(dns|ipams)(/[[:alnum:]]+)?", false },
	{ "/sdn/(fabrics|prefix-lists|route-maps)(/[[:alnum:]]+)?", true },
	{ NULL, false },
};

enum acl_kind acl_kind(const char *ugid)
{
	if (strchr(ugid, '!'))
		return ACL_TOKEN;
	return strchr(ugid, '@') ? ACL_USER : ACL_GROUP;
}

char *acl_path_normal(struct arena *arena, const char *path)
{
	struct text out;
	char **parts;
	size_t count = str_split(arena, path, "/", &parts);

	if (!*path)
		return NULL;
	text_init(&out, arena);
	for (size_t i = 0; i < count; i++) {
		for (const char *c = parts[i]; *c; c++)
			if (!strchr("abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_",
				    *c))
				return NULL;
		text_addf(&out, "/%s", parts[i]);
	}
	return arena_strdup(arena, count ? text_str(&out) : "/");
}

bool acl_path_known(unsigned pve, const char *path)
{
	for (const struct path_form *form = path_forms; form->pattern; form++)
		if ((pve >= 9 || !form->from_9) && pattern_fits(form->pattern, path))
			return true;
	return false;
}

static json_t *entries(const struct world *world)
{
	json_t *acl = json_object_get(world->access, "acl");

	if (!acl) {
		acl = json_array();
		json_object_set_new(world->access, "acl", acl);
	}
	return acl;
}

static bool is_at(const json_t *entry, const char *path, const char *ugid,
		  const char *role)
{
	return str_equal(props_get(entry, "path"), path) &&
	       str_equal(props_get(entry, "ugid"), ugid) &&
	       str_equal(props_get(entry, "roleid"), role);
}

void acl_unset(struct world *world, const char *path, const char *ugid, const char *role)
{
	json_t *acl = entries(world);

	for (size_t i = json_array_size(acl); i-- > 0;)
		if (is_at(json_array_get(acl, i), path, ugid, role))
			json_array_remove(acl, i);
	world_touch(world);
}

void acl_set(struct world *world, const char *path, const char *ugid, const char *role,
	     bool propagate)
{
	acl_unset(world, path, ugid, role);
	json_array_append_new(entries(world),
			      json_pack("{s:s, s:s, s:s, s:i}", "path", path, "ugid",
					ugid, "roleid", role, "propagate", propagate));
}

void acl_drop_path(struct world *world, const char *path)
{
	json_t *acl = entries(world);
	size_t len = strlen(path);

	for (size_t i = json_array_size(acl); i-- > 0;) {
		const char *at = props_get(json_array_get(acl, i), "path");

		if (at && str_starts(at, path) && (at[len] == '/' || !at[len]))
			json_array_remove(acl, i);
	}
	world_touch(world);
}

void acl_drop(struct world *world, const char *key, const char *value)
{
	json_t *acl = entries(world);

	for (size_t i = json_array_size(acl); i-- > 0;)
		if (str_equal(props_get(json_array_get(acl, i), key), value))
			json_array_remove(acl, i);
	world_touch(world);
}

/* As a walk down the tree of paths meets them: "/a/b" comes before "/a-b". */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (*a == '/' ? 1 : (unsigned char)*a) - (*b == '/' ? 1 : (unsigned char)*b);
}

static int by_place(const void *left, const void *right)
{
	const json_t *a = *(const json_t *const *)left;
	const json_t *b = *(const json_t *const *)right;
	const char *of_a = props_get(a, "ugid"), *of_b = props_get(b, "ugid");
	int order = compare_paths(props_get(a, "path"), props_get(b, "path"));

	if (!order)
		order = (int)acl_kind(of_a) - (int)acl_kind(of_b);
	if (!order)
		order = strcmp(of_a, of_b);
	return order ? order : strcmp(props_get(a, "roleid"), props_get(b, "roleid"));
}

size_t acl_list(struct arena *arena, const struct world *world, const json_t ***out)
{
	const json_t *acl = entries(world), *entry;
	size_t count = json_array_size(acl), i;

	*out = arena_array(arena, const json_t *, count + 1);
	json_array_foreach (acl, i, entry)
		(*out)[i] = entry;
	qsort(*out, count, sizeof(const json_t *), by_place);
	return count;
}
