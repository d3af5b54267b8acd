#include "reconcile/guest.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static int compare_vmid(const void *key, const void *item)
{
	unsigned vmid = *(const unsigned *)key,
		 other = ((const struct observed *)item)->vmid;

	return (vmid > other) - (vmid < other);
}

const struct observed *cluster_find(const struct cluster_state *cluster, unsigned vmid)
{
	if (cluster->guests_len == 0)
		return NULL;
	return bsearch(&vmid, cluster->guests, cluster->guests_len,
		       sizeof(*cluster->guests), compare_vmid);
}

const struct node_state *cluster_node(const struct cluster_state *cluster,
				      const char *name)
{
	for (size_t i = 0; name && i < cluster->nodes_len; i++)
		if (strcmp(cluster->nodes[i].name, name) == 0)
			return &cluster->nodes[i];
	return NULL;
}

const struct storage_state *cluster_storage(const struct cluster_state *cluster,
					    const char *node, const char *name)
{
	for (size_t i = 0; i < cluster->storages_len; i++)
		if (strcmp(cluster->storages[i].name, name) == 0 &&
		    strcmp(cluster->storages[i].node, node) == 0)
			return &cluster->storages[i];
	return NULL;
}

bool cluster_proves_free(const struct cluster_state *cluster, unsigned vmid)
{
	for (size_t i = 0; i < cluster->free_len; i++)
		if (cluster->free[i] == vmid)
			return true;
	return false;
}

static int compare_key(const void *key, const void *item)
{
	return strcmp(key, ((const struct option *)item)->key);
}

const char *observed_option(const struct observed *guest, const char *key)
{
	const struct option *found = NULL;

	if (guest->options_len > 0)
		found = bsearch(key, guest->options, guest->options_len,
				sizeof(*guest->options), compare_key);
	return found ? found->value : NULL;
}

long ready_timeout(const struct ready_settings *ready)
{
	enum { AGENT_SECONDS = 300, OTHER_SECONDS = 120 };

	if (is_set(&ready->timeout.is))
		return ready->timeout.value;
	return is_set(&ready->when.is) && ready->when.value == READY_AGENT
		       ? AGENT_SECONDS
		       : OTHER_SECONDS;
}

bool option_is_numbered(const char *key, const char *family)
{
	uint64_t number;

	return str_starts(key, family) && str_number(key + strlen(family), &number);
}

bool option_is_of_any(const char *key, const char *const *families)
{
	for (size_t i = 0; families[i]; i++)
		if (option_is_numbered(key, families[i]))
			return true;
	return false;
}

bool observed_is_disk(const struct option *option)
{
	static const char *const families[] = { "scsi", "virtio",  "sata",
						"ide",  "efidisk", "tpmstate",
						"mp",   "unused",  NULL };

	if (!strchr(option->value, ':') || strstr(option->value, "media=cdrom"))
		return false;
	return strcmp(option->key, "rootfs") == 0 ||
	       option_is_of_any(option->key, families);
}

const char *volume_storage(struct arena *arena, const char *volume)
{
	size_t len = strcspn(volume, ":,");

	return *volume != '/' && volume[len] == ':' ? arena_strndup(arena, volume, len)
						    : NULL;
}

bool volume_is_on(const char *volume, const char *storage)
{
	size_t len = strlen(storage);

	return volume && strncmp(volume, storage, len) == 0 && volume[len] == ':';
}

const struct observed_card *observed_card(const struct observed *guest, size_t index)
{
	for (size_t i = 0; i < guest->cards_len; i++)
		if (guest->cards[i].index == index && guest->cards[i].mac)
			return &guest->cards[i];
	return NULL;
}

bool guest_is_protected(const struct observed *guest)
{
	return guest && str_equal(observed_option(guest, "protection"), "1");
}
