#include "pve/request.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/slots.h"

#include <string.h>

/* Parameters in the order in which they are added. */
struct params {
	struct param *at;
	size_t len, cap;
};

static void add(struct params *params, struct arena *arena, const char *key,
		const char *value)
{
	if (value)
		*vec_push(arena, params) = (struct param){ key, value };
}

static void finish(struct request *out, const struct params *params)
{
	out->params = params->at;
	out->params_len = params->len;
}

enum { PROOF_MS = 800 }; /* good for a second: the rest is for the way */

void request_expires(struct request *request)
{
	uv_update_time(op_loop());
	request->send_before = uv_now(op_loop()) + PROOF_MS;
}

const char *target_kind(enum guest_type type)
{
	return type == GUEST_VM ? "qemu" : "lxc";
}

static char *guest_path(struct arena *arena, const struct target *target,
			const char *rest)
{
	return arena_printf(arena, "/nodes/%s/%s/%u%s", target->node,
			    target_kind(target->type), target->vmid, rest);
}

static void to_guest(struct request *out, struct arena *arena, enum method method,
		     const struct target *target, const char *rest)
{
	*out = (struct request){
		.method = method,
		.node = target->node,
		.path = guest_path(arena, target, rest),
	};
}

void request_free(struct request *out, struct arena *arena, unsigned vmid)
{
	struct params params = { 0 };

	*out = (struct request){ .method = METHOD_GET, .path = "/cluster/nextid" };
	add(&params, arena, "vmid", arena_printf(arena, "%u", vmid));
	finish(out, &params);
}

void request_archives(struct request *out, struct arena *arena,
		      const struct archives *where)
{
	struct params params = { 0 };

	*out = (struct request){
		.method = METHOD_GET,
		.node = where->node,
		.path = arena_printf(arena, "/nodes/%s/storage/%s/content", where->node,
				     where->storage),
	};
	add(&params, arena, "content", "vztmpl");
	finish(out, &params);
}

void request_version(struct request *out)
{
	*out = (struct request){ .method = METHOD_GET, .path = "/version" };
}

void request_permissions(struct request *out)
{
	*out = (struct request){ .method = METHOD_GET, .path = "/access/permissions" };
}

void request_token(struct request *out, struct arena *arena, const char *token)
{
	size_t len = strcspn(token, "!");
	struct text path;

	text_init(&path, arena);
	text_add(&path, "/access/users/");
	text_add_encoded(&path, arena_strndup(arena, token, len));
	text_add(&path, "/token/");
	text_add_encoded(&path, token[len] ? token + len + 1 : "");
	*out = (struct request){ .method = METHOD_GET, .path = text_str(&path) };
}

void request_bridges(struct request *out, struct arena *arena, const char *node)
{
	struct params params = { 0 };

	*out = (struct request){
		.method = METHOD_GET,
		.node = node,
		.path = arena_printf(arena, "/nodes/%s/network", node),
	};
	add(&params, arena, "type", "any_bridge");
	finish(out, &params);
}

void request_guests(struct request *out, struct arena *arena)
{
	struct params params = { 0 };

	*out = (struct request){ .method = METHOD_GET, .path = "/cluster/resources" };
	add(&params, arena, "type", "vm");
	finish(out, &params);
}

static const char *line_of(struct arena *arena, const struct making *making)
{
	return identity_line(arena, making->instance, making->lease->id,
			     making->repository);
}

static void request_clone(struct request *out, struct arena *arena,
			  const struct making *making)
{
	const struct desired *want = making->want;
	const struct observed *template = making->template;
	bool full = want->spec.clone.value == CLONE_FULL;
	struct target source = { template->node, template->type, template->vmid };
	struct params params = { 0 };

	to_guest(out, arena, METHOD_POST, &source, "/clone");
	add(&params, arena, "newid", arena_printf(arena, "%u", making->lease->vmid));
	add(&params, arena, want->type == GUEST_VM ? "name" : "hostname", want->name);
	add(&params, arena, "description", line_of(arena, making));
	add(&params, arena, "full", full ? "1" : "0");
	add(&params, arena, "storage", full ? want->datastore : NULL);
	add(&params, arena, "pool", want->spec.resource_pool.value);
	if (!str_equal(want->node, template->node))
		add(&params, arena, "target", want->node);
	finish(out, &params);
}

static void request_archive(struct request *out, struct arena *arena,
			    const struct making *making)
{
	const struct desired *want = making->want;
	struct params params = { 0 };
	struct changes options;

	*out = (struct request){
		.method = METHOD_POST,
		.node = want->node,
		.path = arena_printf(arena, "/nodes/%s/lxc", want->node),
	};
	add(&params, arena, "vmid", arena_printf(arena, "%u", making->lease->vmid));
	add(&params, arena, "ostemplate", want->spec.image.value);
	add(&params, arena, "description", line_of(arena, making));
	add(&params, arena, "unprivileged", want->spec.unprivileged.value ? "1" : "0");
	add(&params, arena, "storage", want->datastore);
	if (is_set(&want->spec.disk_gb.is))
		add(&params, arena, "rootfs",
		    arena_printf(arena, "%s:%ld", want->datastore,
				 want->spec.disk_gb.value));
	add(&params, arena, "pool", want->spec.resource_pool.value);
	making_options(&options, arena, making);
	for (size_t i = 0; i < options.len; i++)
		if (!options.at[i].root) /* that follows, in a request of its own */
			add(&params, arena, options.at[i].key, options.at[i].to);
	finish(out, &params);
}

void request_create(struct request *out, struct arena *arena, const struct making *making)
{
	if (making->template)
		request_clone(out, arena, making);
	else
		request_archive(out, arena, making);
}

void request_config(struct request *out, struct arena *arena, const struct target *target)
{
	to_guest(out, arena, METHOD_GET, target, "/config");
}

void request_pending(struct request *out, struct arena *arena,
		     const struct target *target)
{
	to_guest(out, arena, METHOD_GET, target, "/pending");
}

void request_status(struct request *out, struct arena *arena, const struct target *target)
{
	to_guest(out, arena, METHOD_GET, target, "/status/current");
}

void request_agent(struct request *out, struct arena *arena, const struct target *target)
{
	to_guest(out, arena, METHOD_GET, target, "/agent/network-get-interfaces");
}

/*
 * A disk that is made or plugged in may take its time: as a task it is followed, where
 * the plain call would hold a worker of the node and could lose its answer.
 * (qemu-server PVE/API2/Qemu.pm update_vm_async; a container has no such call)
 */
static enum method configure_method(const struct target *target,
				    const struct changes *changes)
{
	for (size_t i = 0; i < changes->len && target->type == GUEST_VM; i++)
		if (is_disk_slot(changes->at[i].key))
			return METHOD_POST;
	return METHOD_PUT;
}

static bool only_roots(const struct changes *changes)
{
	for (size_t i = 0; i < changes->len; i++)
		if (!changes->at[i].root)
			return false;
	return true;
}

void request_configure(struct request *out, struct arena *arena,
		       const struct target *target, const struct changes *changes,
		       const char *digest)
{
	struct params params = { 0 };
	struct text drop;

	to_guest(out, arena, configure_method(target, changes), target, "/config");
	out->privileged = only_roots(changes);
	text_init(&drop, arena);
	for (size_t i = 0; i < changes->len; i++) {
		const struct change *change = &changes->at[i];

		if (change->root && !out->privileged)
			continue;
		add(&params, arena, change->key, change->to);
		if (!change->to)
			text_addf(&drop, "%s%s", drop.len ? "," : "", change->key);
		out->secret |= change->secret;
	}
	if (drop.len > 0)
		add(&params, arena, "delete", text_str(&drop));
	add(&params, arena, "digest", digest);
	finish(out, &params);
}

void request_grow(struct request *out, struct arena *arena, const struct target *target,
		  const char *disk, const char *size, const char *digest)
{
	struct params params = { 0 };

	to_guest(out, arena, METHOD_PUT, target, "/resize");
	add(&params, arena, "disk", disk);
	add(&params, arena, "size", size);
	add(&params, arena, "digest", digest);
	finish(out, &params);
}

void request_snapshots(struct request *out, struct arena *arena,
		       const struct target *target)
{
	to_guest(out, arena, METHOD_GET, target, "/snapshot");
}

void request_snapshot(struct request *out, struct arena *arena,
		      const struct target *target, const char *name, const char *commit)
{
	struct params params = { 0 };

	to_guest(out, arena, METHOD_POST, target, "/snapshot");
	add(&params, arena, "snapname", name);
	add(&params, arena, "description",
	    arena_printf(arena, "vm7: before commit %s", commit));
	finish(out, &params);
}

void request_prune(struct request *out, struct arena *arena, const struct target *target,
		   const char *name)
{
	to_guest(out, arena, METHOD_DELETE, target,
		 arena_printf(arena, "/snapshot/%s", name));
}

void request_volumes(struct request *out, struct arena *arena, const char *node,
		     const char *storage, unsigned vmid, const char *content)
{
	struct params params = { 0 };

	*out = (struct request){
		.method = METHOD_GET,
		.node = node,
		.path = arena_printf(arena, "/nodes/%s/storage/%s/content", node,
				     storage),
	};
	add(&params, arena, "content", content);
	add(&params, arena, "vmid", arena_printf(arena, "%u", vmid));
	finish(out, &params);
}

void request_remove(struct request *out, struct arena *arena, const char *node,
		    const char *storage, const char *volume)
{
	struct params params = { 0 };
	struct text path;

	text_init(&path, arena);
	text_addf(&path, "/nodes/%s/storage/%s/content/", node, storage);
	text_add_encoded(&path, volume);
	*out = (struct request){
		.method = METHOD_DELETE,
		.node = node,
		.path = arena_strdup(arena, text_str(&path)),
	};
	add(&params, arena, "delay", "20");
	finish(out, &params);
}

void request_backup(struct request *out, struct arena *arena, const struct target *target,
		    const char *storage)
{
	struct params params = { 0 };

	*out = (struct request){
		.method = METHOD_POST,
		.node = target->node,
		.path = arena_printf(arena, "/nodes/%s/vzdump", target->node),
	};
	add(&params, arena, "vmid", arena_printf(arena, "%u", target->vmid));
	add(&params, arena, "storage", storage);
	add(&params, arena, "mode", "stop");
	add(&params, arena, "compress", "zstd");
	add(&params, arena, "notes-template", "{{guestname}}, before vm7 destroyed it");
	add(&params, arena, "remove", "0");
	finish(out, &params);
}

void request_start(struct request *out, struct arena *arena, const struct target *target)
{
	to_guest(out, arena, METHOD_POST, target, "/status/start");
}

void request_stop(struct request *out, struct arena *arena, const struct target *target)
{
	to_guest(out, arena, METHOD_POST, target, "/status/stop");
}

void request_shutdown(struct request *out, struct arena *arena,
		      const struct target *target, bool force)
{
	struct params params = { 0 };

	to_guest(out, arena, METHOD_POST, target, "/status/shutdown");
	if (force)
		add(&params, arena, "forceStop", "1");
	finish(out, &params);
}

void request_destroy(struct request *out, struct arena *arena,
		     const struct target *target)
{
	struct params params = { 0 };

	to_guest(out, arena, METHOD_DELETE, target, "");
	add(&params, arena, "purge", "1");
	finish(out, &params);
}
