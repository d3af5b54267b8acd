#include "pve/preflight.h"

#include "base/text.h"
#include "base/when.h"
#include "pve/request.h"
#include "pve/value.h"

#include <stdlib.h>
#include <string.h>

/* One question after the other; from PREFLIGHT_BRIDGES on, one for each node. */
enum question {
	PREFLIGHT_VERSION,
	PREFLIGHT_PERMISSIONS,
	PREFLIGHT_TOKEN,
	PREFLIGHT_BRIDGES,
};

static void tick(void *flow);

/* ---- the answers ---- */

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct held_path *)a)->path,
		      ((const struct held_path *)b)->path);
}

/* {"VM.Audit": 1, "VM.Clone": 0}: one with 0 is held too, but not below. */
static void read_privileges(struct held_path *out, struct arena *arena, json_t *object)
{
	const char *name;
	json_t *value;

	out->at = arena_array(arena, struct held_privilege, json_object_size(object));
	json_object_foreach (object, name, value)
		out->at[out->len++] = (struct held_privilege){
			arena_strdup(arena, name),
			value_flag(value),
		};
}

bool permissions_read(struct permissions *out, struct arena *arena, const json_t *data)
{
	json_t *all = (json_t *)(uintptr_t)data, *privileges;
	const char *path;

	if (!json_is_object(data))
		return false;
	out->paths = arena_array(arena, struct held_path, json_object_size(data));
	out->paths_len = 0;
	json_object_foreach (all, path, privileges) {
		struct held_path *held = &out->paths[out->paths_len++];

		*held = (struct held_path){ .path = arena_strdup(arena, path) };
		read_privileges(held, arena, privileges);
	}
	if (out->paths_len > 0)
		qsort(out->paths, out->paths_len, sizeof(*out->paths), compare_paths);
	return true;
}

/* "8.4", from "8.4" or "8.4.21"; NULL when it is no such number. */
static const char *version_text(struct arena *arena, const json_t *data)
{
	const char *text = value_member(arena, data, "release");
	char **parts;
	uint64_t number;
	size_t count = text ? str_split(arena, text, ".", &parts) : 0;

	if (count < 2 || !str_number(parts[0], &number) || !str_number(parts[1], &number))
		return NULL;
	return arena_printf(arena, "%.4s.%.4s", parts[0], parts[1]);
}

static void take_token(struct preflight *f)
{
	const json_t *separate = json_object_get(f->call.data, "privsep");
	char text[WHEN_TEXT];
	long long expires;

	f->permissions->shared = separate && !value_flag(separate);
	if (!value_number(json_object_get(f->call.data, "expire"), &expires) ||
	    expires <= 0)
		return;
	when_print(expires, text);
	f->permissions->expires = arena_strdup(f->arena, text);
}

static void take_bridges(struct preflight *f)
{
	struct bridges *bridges = &f->out.bridges[f->out.bridges_len];
	const json_t *entry;
	size_t i;

	if (!json_is_array(f->call.data))
		return;
	f->out.bridges_len++;
	*bridges = (struct bridges){
		.node = f->want.nodes[f->next - PREFLIGHT_BRIDGES],
		.names = arena_array(f->arena, const char *,
				     json_array_size(f->call.data)),
	};
	json_array_foreach (f->call.data, i, entry) {
		const char *name = value_member(f->arena, entry, "iface");

		if (name)
			bridges->names[bridges->len++] = name;
	}
}

static void take_culprit(struct preflight *f)
{
	const struct suspect *suspect =
		&f->want.suspects[f->next - PREFLIGHT_BRIDGES - f->want.nodes_len];
	const char *who = culprit_read(f->arena, f->call.data, f->want.token);

	if (who)
		f->out.culprits[f->out.culprits_len++] =
			(struct culprit){ suspect->vmid, who };
}

static void take(struct preflight *f)
{
	switch (f->next) {
	case PREFLIGHT_VERSION:
		f->out.version = version_text(f->arena, f->call.data);
		return;
	case PREFLIGHT_PERMISSIONS:
		if (permissions_read(f->permissions, f->arena, f->call.data))
			f->out.permissions = f->permissions;
		return;
	case PREFLIGHT_TOKEN:
		take_token(f);
		return;
	}
	if (f->next < PREFLIGHT_BRIDGES + f->want.nodes_len)
		take_bridges(f);
	else
		take_culprit(f);
}

/* ---- the questions ---- */

/*
 * A token is not its user: it sees itself only with a right on users.
 * (pve-access-control PVE/RPCEnvironment.pm exec_api2_perm_check, userid-group)
 */
static bool may_see_itself(const struct preflight *f)
{
	return f->out.permissions && strchr(f->want.token, '!') &&
	       permissions_have(f->out.permissions, "/access/groups", "User.Modify");
}

/* The nodes, then the suspects. False: there is none left. */
static bool ask_about(struct preflight *f, size_t index)
{
	const struct preflight_want *want = &f->want;

	if (index == want->nodes_len + want->suspects_len)
		return false;
	if (index < want->nodes_len)
		request_bridges(&f->request, f->arena, want->nodes[index]);
	else
		request_tasks_of(&f->request, f->arena,
				 &want->suspects[index - want->nodes_len]);
	call_start(&f->call, f->cluster, &f->request, tick, f);
	return true;
}

/* False: there is none left. */
static bool ask(struct preflight *f)
{
	if (f->next == PREFLIGHT_TOKEN && !may_see_itself(f))
		f->next++;
	switch (f->next) {
	case PREFLIGHT_VERSION:
		request_version(&f->request);
		break;
	case PREFLIGHT_PERMISSIONS:
		request_permissions(&f->request);
		break;
	case PREFLIGHT_TOKEN:
		request_token(&f->request, f->arena, f->want.token);
		break;
	default:
		return ask_about(f, f->next - PREFLIGHT_BRIDGES);
	}
	call_start(&f->call, f->cluster, &f->request, tick, f);
	return true;
}

static void tick(void *flow)
{
	struct preflight *f = flow;
	enum error_kind kind = f->call.op.err.kind;

	if (kind == ERROR_CANCELED)
		f->op.err = f->call.op.err;
	else if (kind == ERROR_NONE)
		take(f);
	call_finish(&f->call);
	f->next++;
	if (kind == ERROR_CANCELED || !ask(f))
		op_finish(&f->op);
}

void preflight_start(struct preflight *preflight, struct arena *arena,
		     struct cluster *cluster, const struct preflight_want *want,
		     void (*resume)(void *flow), void *flow)
{
	*preflight = (struct preflight){
		.arena = arena,
		.cluster = cluster,
		.want = *want,
		.permissions = arena_new(arena, struct permissions),
	};
	preflight->permissions->token = want->token;
	preflight->out.bridges = arena_array(arena, struct bridges, want->nodes_len);
	preflight->out.culprits = arena_array(arena, struct culprit, want->suspects_len);
	op_begin(&preflight->op, resume, flow);
	ask(preflight);
}

void preflight_cancel(struct preflight *preflight)
{
	call_cancel(&preflight->call);
}

void preflight_tell(const struct preflight_facts *facts, struct cluster_state *out)
{
	out->version = facts->version;
	out->permissions = facts->permissions;
	out->bridges = facts->bridges;
	out->bridges_len = facts->bridges_len;
	out->culprits = facts->culprits;
	out->culprits_len = facts->culprits_len;
}
