#include "reconcile/place.h"

#include "base/text.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

static const char by_vm7[] = "auto";

bool place_is_auto(const struct desired *want)
{
	return str_equal(want->spec.node.value, by_vm7);
}

/* ---- standing on a node ---- */

static int compare_settings(const void *key, const void *item)
{
	return strcmp(key, ((const struct node_settings *)item)->name);
}

/* Above globals it is the entry's own word, else the node's comes first. */
static void take_datastore(struct desired *guest, const struct manifest *manifest)
{
	struct text_setting *datastore = &guest->spec.datastore;
	const struct node_settings *node = NULL;

	if (manifest->nodes_len > 0)
		node = bsearch(guest->node, manifest->nodes, manifest->nodes_len,
			       sizeof(*manifest->nodes), compare_settings);
	if (!node || !is_set(&node->datastore.is) || datastore->is.layer > LAYER_GLOBALS)
		return;
	if (guest->spec.clone.value == CLONE_LINKED && !is_set(&guest->spec.image.is))
		return;
	*datastore = node->datastore;
	guest->datastore = datastore->value;
}

void place_stand(struct desired *guest, const struct manifest *manifest,
		 const struct desired *want, const char *node)
{
	const struct node_map_setting *ids = &want->spec.template_id;

	guest->node = node;
	guest->spec.datastore = want->spec.datastore;
	guest->datastore = want->datastore;
	guest->template_id = 0;
	for (size_t i = 0; i < ids->len; i++)
		if (!ids->nodes[i] || strcmp(ids->nodes[i], node) == 0)
			guest->template_id = (unsigned)ids->values[i];
	take_datastore(guest, manifest);
}

const struct desired *place_on(struct arena *arena, const struct manifest *manifest,
			       const struct desired *want, const char *node)
{
	struct desired *guest;

	if (!place_is_auto(want) || !node)
		return want;
	guest = arena_new(arena, struct desired);
	*guest = *want;
	place_stand(guest, manifest, want, node);
	return guest;
}

/* ---- what must be asked before ---- */

void place_templates(struct vmid_list *out, struct arena *arena,
		     const struct desired *want)
{
	const struct node_map_setting *ids = &want->spec.template_id;

	if (!place_is_auto(want) && want->template_id)
		*vec_push(arena, out) = want->template_id;
	for (size_t i = 0; place_is_auto(want) && i < ids->len; i++)
		*vec_push(arena, out) = (unsigned)ids->values[i];
}

static void add_archive(struct archive_list *out, struct arena *arena,
			const struct archives *one)
{
	for (size_t i = 0; i < out->len; i++)
		if (strcmp(out->at[i].node, one->node) == 0 &&
		    strcmp(out->at[i].storage, one->storage) == 0)
			return;
	*vec_push(arena, out) = *one;
}

void place_archives(struct archive_list *out, struct arena *arena,
		    const struct cluster_state *cluster, const struct desired *want,
		    const struct lease *lease)
{
	const char *image = want->spec.image.value;
	const char *node =
		place_is_auto(want) ? (lease ? lease->node : NULL) : want->node;
	struct archives one = { .node = node };

	if (!image)
		return;
	one.storage = volume_storage(arena, image);
	if (node)
		add_archive(out, arena, &one);
	for (size_t i = 0; !node && i < cluster->nodes_len; i++) {
		one.node = cluster->nodes[i].name;
		if (cluster->nodes[i].online && !cluster->nodes[i].maintenance &&
		    cluster_storage(cluster, one.node, one.storage))
			add_archive(out, arena, &one);
	}
}

/* ---- from the template's node to the guest's ---- */

/* Its volumes: drives of a VM, CDs too; root disk and mount points of a container. */
static bool is_volume(enum guest_type type, const char *key)
{
	static const char *const of_vm[] = { "ide",     "sata",     "scsi", "virtio",
					     "efidisk", "tpmstate", NULL };

	if (type == GUEST_LXC)
		return strcmp(key, "rootfs") == 0 || option_is_numbered(key, "mp");
	return option_is_of_any(key, of_vm);
}

/* Where a copy of the template's disks goes; NULL: to where they are. */
static const char *destination(const struct desired *want)
{
	return want->spec.clone.value == CLONE_FULL ? want->datastore : NULL;
}

/*
 * A storage as one of the nodes that have it shows it; NULL: nobody told of it, and
 * whether it will do is Proxmox's to say.
 */
static const struct storage_state *any_storage(const struct cluster_state *cluster,
					       const char *name)
{
	for (size_t i = 0; i < cluster->storages_len; i++)
		if (strcmp(cluster->storages[i].name, name) == 0)
			return &cluster->storages[i];
	return NULL;
}

/* `what` is on `storage`: do both nodes see it? */
static bool is_common(struct error *err, const struct cluster_state *cluster,
		      const struct desired *want, const struct observed *template,
		      const char *what, const char *storage)
{
	const struct storage_state *known = any_storage(cluster, storage);
	const char *node = want->node;

	if (!known || (known->shared && cluster_storage(cluster, node, storage)))
		return true;
	return error_set(err, ERROR_FAILED,
			 "template %u is on %s and cannot be cloned to %s: %s %s, which "
			 "%s. Name a template of that node (template_id: {%s: VMID}), or "
			 "use shared storage",
			 template->vmid, template->node, node, what, storage,
			 known->shared ? "that node does not have"
				       : "every node has for itself",
			 node);
}

bool place_is_reached(struct error *err, struct arena *arena,
		      const struct cluster_state *cluster, const struct desired *want,
		      const struct observed *template)
{
	const char *to = destination(want);

	if (str_equal(template->node, want->node))
		return true;
	for (size_t i = 0; i < template->options_len; i++) {
		const struct option *option = &template->options[i];

		const char *storage = volume_storage(arena, option->value);

		if (!storage || !is_volume(template->type, option->key) ||
		    (to && template->type == GUEST_LXC))
			continue;
		if (!is_common(err, cluster, want, template,
			       arena_printf(arena, "%s is on", option->key), storage))
			return false;
	}
	return !to || is_common(err, cluster, want, template, "its copy goes to", to);
}
