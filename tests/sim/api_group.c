/* Groups of users. PVE: PVE::API2::Group. */
#include "access.h"
#include "acl.h"
#include "base/text.h"
#include "props.h"
#include "rights.h"

#include <string.h>

static json_t *all(struct call *call)
{
	json_t *groups = json_object_get(call->world->access, "groups");

	if (!groups) {
		groups = json_object();
		json_object_set_new(call->world->access, "groups", groups);
	}
	return groups;
}

static size_t members(struct call *call, const json_t *group, const char ***out)
{
	const json_t *users = json_object_get(group, "users"), *user;
	json_t *names = json_object();
	size_t count, i;

	json_array_foreach (users, i, user)
		json_object_set_new(names, json_string_value(user), json_null());
	count = props_sorted(call->arena, names, out);
	for (i = 0; i < count; i++)
		(*out)[i] = arena_strdup(call->arena, (*out)[i]);
	json_decref(names);
	return count;
}

static void put_comment(const json_t *group, json_t *out)
{
	const char *comment = props_get(group, "comment");

	if (comment && *comment)
		props_set(out, "comment", comment);
}

static void list(struct call *call)
{
	const char **groups, **users;
	size_t count = props_sorted(call->arena, all(call), &groups);
	json_t *out = json_array();

	for (size_t i = 0; i < count; i++) {
		const json_t *group = json_object_get(all(call), groups[i]);
		size_t size = members(call, group, &users);
		struct text joined;
		json_t *entry;

		if (!may(call, arena_printf(call->arena, "/access/groups/%s", groups[i]),
			 "User.Modify|Sys.Audit|Group.Allocate"))
			continue;
		text_init(&joined, call->arena);
		for (size_t u = 0; u < size; u++)
			text_addf(&joined, "%s%s", u ? "," : "", users[u]);
		entry = json_pack("{s:s, s:s}", "groupid", groups[i], "users",
				  text_str(&joined));
		put_comment(group, entry);
		json_array_append_new(out, entry);
	}
	reply(call, out);
}

static void one(struct call *call)
{
	const json_t *group = rights_group(call->world, param(call, "groupid"));
	json_t *out, *list_of;
	const char **users;
	size_t count;

	if (!group) {
		refuse(call, 500, "group '%s' does not exist", param(call, "groupid"));
		return;
	}
	list_of = json_array();
	count = members(call, group, &users);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list_of, json_string(users[i]));
	out = json_pack("{s:o}", "members", list_of);
	put_comment(group, out);
	reply(call, out);
}

static void create(struct call *call)
{
	const char *name = param(call, "groupid"), *comment = param(call, "comment");
	json_t *group;

	if (!access_lock(call, "create group"))
		return;
	if (rights_group(call->world, name)) {
		access_failed(call, "create group", "group '%s' already exists", name);
		return;
	}
	group = json_pack("{s:[]}", "users");
	if (comment)
		props_set(group, "comment", comment);
	json_object_set_new(all(call), name, group);
	world_touch(call->world);
	reply(call, json_null());
}

/* The group of the path, for a change. */
static json_t *group_of(struct call *call, const char *what)
{
	json_t *group = rights_group(call->world, param(call, "groupid"));

	if (!access_lock(call, what))
		return NULL;
	if (!group)
		access_failed(call, what, "group '%s' does not exist",
			      param(call, "groupid"));
	return group;
}

static void update(struct call *call)
{
	json_t *group = group_of(call, "update group");

	if (!group)
		return;
	if (param(call, "comment"))
		props_set(group, "comment", param(call, "comment"));
	world_touch(call->world);
	reply(call, json_null());
}

static void destroy(struct call *call)
{
	const char *name = param(call, "groupid");

	if (!group_of(call, "delete group"))
		return;
	json_object_del(all(call), name);
	acl_drop(call->world, "ugid", name);
	reply(call, json_null());
}

static const struct schema comment_params[] = {
	{ "comment", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};

#define GROUPS   "/access/groups"
#define GROUP    GROUPS "/{groupid}"
#define ALLOCATE GROUPS, "Group.Allocate"

const struct row group_rows[] = {
	{ "GET", GROUPS, 0, NULL, NULL, { { NULL } }, list, 0.001 },
	{ "GET",
	  GROUP,
	  0,
	  GROUPS,
	  "Sys.Audit|Group.Allocate",
	  { { groupid_params } },
	  one,
	  0.001 },
	{ "POST",
	  GROUPS,
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { groupid_params, comment_params } },
	  create,
	  0.02 },
	{ "PUT",
	  GROUP,
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { groupid_params, comment_params } },
	  update,
	  0.02 },
	{ "DELETE",
	  GROUP,
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { groupid_params } },
	  destroy,
	  0.02 },
	{ NULL },
};
