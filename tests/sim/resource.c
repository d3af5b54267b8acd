#include "resource.h"

#include "guest.h"
#include "volume.h"

json_t *resource_guest(struct arena *arena, const struct world *world,
		       const struct guest *guest)
{
	const struct node *node = world_node(world, guest->node);
	const char *kind = guest_kind(guest->type);
	json_t *out = json_pack("{s:s, s:i, s:s, s:s}", "id",
				arena_printf(arena, "%s/%u", kind, guest->vmid), "vmid",
				(int)guest->vmid, "node", guest->node, "type", kind);

	if (guest->stats && node->online)
		json_object_update(out, guest->stats);
	else
		json_object_set_new(out, "status", json_string("unknown"));
	return out;
}

json_t *resource_storage(struct arena *arena, const struct world *world,
			 const struct storage *storage, const struct node *node)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:I, s:I}", "id",
			 arena_printf(arena, "storage/%s/%s", node->name, storage->name),
			 "storage", storage->name, "node", node->name, "type", "storage",
			 "plugintype", storage->type, "shared", storage->shared ? 1 : 0,
			 "content", storage->content, "status",
			 node->online ? "available" : "unknown", "disk",
			 (json_int_t)storage_used(world, storage, node->name), "maxdisk",
			 (json_int_t)storage->total);
}
