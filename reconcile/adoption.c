#include "reconcile/adoption.h"

#include "base/text.h"
#include "reconcile/premise.h"
#include "reconcile/props.h"
#include "reconcile/syntax.h"

#include <stdlib.h>
#include <string.h>

enum { RAM_LEAST = 512, RAM_USUAL = 512, SWAP_USUAL = 512 };

/* A guest on its way into an entry. */
struct adoption {
	struct arena *arena;
	const struct manifest *manifest;
	const struct observed *seen;
	struct entry *entry;
};

bool adoption_is_leased(const struct leases *leases, const struct observed *seen)
{
	for (size_t i = 0; i < leases->len; i++)
		if (leases->at[i].vmid == seen->vmid &&
		    !reservation_is_taken(&leases->at[i], seen))
			return true;
	return false;
}

bool adoption_is_free(const struct leases *leases, const struct observed *seen,
		      struct error *err)
{
	if (adoption_is_leased(leases, seen))
		return error_set(err, ERROR_REFUSED, "it has a lease already");
	if (seen->template)
		return error_set(err, ERROR_REFUSED, "it is a template");
	if (!seen->has_config)
		return error_set(err, ERROR_REFUSED, "its config on %s cannot be read",
				 seen->node);
	if (seen->line_instance && !str_equal(seen->line_instance, leases->instance))
		return error_set(err, ERROR_REFUSED,
				 "it carries the line of another vm7, which looks after "
				 "it for %s",
				 seen->line_repository ? seen->line_repository
						       : seen->line_instance);
	return true;
}

static const char *option(const struct adoption *a, const char *key)
{
	return observed_option(a->seen, key);
}

static long number(const char *text, long usual)
{
	long found;

	return text && str_integer(text, strlen(text), &found) ? found : usual;
}

static bool is_on(const char *text)
{
	return text && strcmp(text, "1") == 0;
}

/* "1,fstrim=1" or "enabled=1": the part with that key, or the one without a key. */
static const char *part(const struct adoption *a, const char *key, const char *of)
{
	const char *text = option(a, key), *named;
	struct props props;

	if (!text)
		return NULL;
	props_read(&props, a->arena, text);
	named = props_get(&props, of);
	return named ? named : props_get(&props, "");
}

/* --- cards --- */

static const char *bridge_of(const struct network *network)
{
	return network->bridge.value ? network->bridge.value : "vmbr0";
}

static bool has_address(const struct manifest *manifest, const struct network *network,
			const struct observed_card *card)
{
	const struct pool *pool =
		network->pool.value ? pools_find(&manifest->pools, network->pool.value)
				    : NULL;

	return pool && (cidr_contains(&pool->v4.cidr, &card->ip) ||
			cidr_contains(&pool->v6.cidr, &card->ip6));
}

/* 0: it is another network; the most for the one that fits best. */
static unsigned likeness(const struct adoption *a, const struct network *network,
			 const struct observed_card *card)
{
	bool fixed = card->ip.family || card->ip6.family;

	if (!card->bridge || strcmp(bridge_of(network), card->bridge) != 0 ||
	    (unsigned)network->vlan.value != card->vlan)
		return 0;
	if (fixed)
		return has_address(a->manifest, network, card) ? 3 : 1;
	if (card->dhcp)
		return network->dhcp.value ? 3 : 1;
	return network->dhcp.value || network->pool.value ? 1 : 3;
}

static const struct network *network_of(const struct adoption *a,
					const struct observed_card *card,
					const char *const *taken, size_t taken_len)
{
	const struct network *best = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < a->manifest->networks_len; i++) {
		const struct network *network = &a->manifest->networks[i];
		unsigned like = likeness(a, network, card);

		if (like <= most || str_in(network->name, taken, taken_len))
			continue;
		most = like;
		best = network;
	}
	return best;
}

static void note_address(struct adoption *a, const struct observed_card *card,
			 const struct network *network)
{
	char ip[ADDR_TEXT];

	addr_print(card->ip.family ? &card->ip : &card->ip6, ip);
	if (*ip && network->pool.value && !has_address(a->manifest, network, card))
		entry_note(a->entry, "net%u: it has %s, which is not in pool %s",
			   card->index, ip, network->pool.value);
	else if (*ip && !network->pool.value)
		entry_note(a->entry, "net%u: it has %s, and network %s has no pool",
			   card->index, ip, network->name);
	else if (!*ip && network->pool.value)
		entry_note(a->entry,
			   "net%u: its config has no address; network %s leases one of "
			   "pool %s",
			   card->index, network->name, network->pool.value);
	else if (!card->dhcp && network->dhcp.value)
		entry_note(a->entry,
			   "net%u: its config does not say DHCP, network %s does",
			   card->index, network->name);
}

static void note_no_network(struct adoption *a, const struct observed_card *card)
{
	const char *bridge = card->bridge ? card->bridge : "(none)";
	const char *vlan =
		card->vlan ? arena_printf(a->arena, ", vlan: %u", card->vlan) : "";

	entry_note(a->entry,
		   "net%u: no %snetwork of vm7.yaml is on this bridge and VLAN; declare "
		   "{name: ..., bridge: %s%s} and name it here",
		   card->index, a->seen->cards_len > 1 ? "further " : "", bridge, vlan);
}

static void add_networks(struct adoption *a)
{
	const struct observed *seen = a->seen;
	const char **names = arena_array(a->arena, const char *, seen->cards_len);
	size_t len = 0;

	for (size_t i = 0; i < seen->cards_len; i++) {
		const struct observed_card *card = &seen->cards[i];
		const struct network *network = network_of(a, card, names, len);

		if (card->index != i) {
			entry_note(a->entry,
				   "net%u: there is no net%zu before it, and networks "
				   "are counted from net0 without a gap",
				   card->index, i);
			return;
		}
		if (!network) {
			note_no_network(a, card);
			continue;
		}
		note_address(a, card, network);
		names[len++] = network->name;
	}
	if (seen->cards_len == 0)
		entry_note(a->entry, "it has no network card, and an entry names one");
	else if (len == 1 && seen->cards_len == 1)
		entry_text(a->entry, "network", names[0]);
	else if (len == seen->cards_len)
		entry_texts(a->entry, "networks", names, len);
}

/* --- the rest --- */

static void add_memory(struct adoption *a)
{
	/* qemu-server src/PVE/QemuServer/Memory.pm: "2048" or "current=2048" */
	long ram = number(part(a, "memory", "current"), RAM_USUAL);
	const char *balloon = option(a, "balloon");

	if (ram >= RAM_LEAST)
		entry_number(a->entry, "ram_mb", ram);
	else
		entry_note(a->entry, "ram_mb: it has %ld MiB, an entry %d or more", ram,
			   RAM_LEAST);
	if (a->seen->type == GUEST_VM && balloon && number(balloon, ram) <= ram)
		entry_number(a->entry, "balloon", number(balloon, ram));
	if (a->seen->type == GUEST_LXC)
		entry_number(a->entry, "swap_mb", number(option(a, "swap"), SWAP_USUAL));
}

static void add_cpu(struct adoption *a)
{
	const char *cores = option(a, "cores"), *cpu = part(a, "cpu", "cputype");
	long sockets = number(option(a, "sockets"), 1);
	struct error err = { 0 };

	if (cores || a->seen->type == GUEST_VM)
		entry_number(a->entry, "cpu", number(cores, 1));
	else
		entry_note(a->entry, "cpu: it may use every core of its node");
	if (a->seen->type != GUEST_VM)
		return;
	if (sockets != 1)
		entry_number(a->entry, "sockets", sockets);
	if (cpu && check_cpu_type(cpu, &err))
		entry_text(a->entry, "cpu_type", cpu);
}

/* Whole GiB only: a disk never shrinks, and is not grown by an adoption. */
static void add_disk(struct adoption *a)
{
	const struct observed *seen = a->seen;
	const char *volume =
		seen->root_disk ? observed_option(seen, seen->root_disk) : NULL;
	struct error err = { 0 };
	const char *storage;

	if (!volume)
		return;
	if (seen->root_disk_mib > 0 && seen->root_disk_mib % 1024 == 0)
		entry_number(a->entry, "disk_gb", (long)(seen->root_disk_mib / 1024));
	else if (seen->root_disk_mib > 0)
		entry_note(a->entry, "disk_gb: %s has %lu MiB, which is no whole GiB",
			   seen->root_disk, seen->root_disk_mib);
	storage = volume_storage(a->arena, volume);
	if (storage && check_storage(storage, &err))
		entry_text(a->entry, "datastore", storage);
}

static void add_tags(struct adoption *a)
{
	const struct observed *seen = a->seen;
	const char **tags = arena_array(a->arena, const char *, seen->tags_len);
	size_t len = 0;

	for (size_t i = 0; i < seen->tags_len; i++)
		if (strcmp(seen->tags[i], TAG_OURS) != 0)
			tags[len++] = seen->tags[i];
	if (len > 0)
		entry_texts(a->entry, "tags", tags, len);
}

/* "order=1,up=30,down=60"; a bare number is the order. */
static void add_startup(struct adoption *a)
{
	static const char *const keys[] = { "order", "up", "down" };
	const char *text = option(a, "startup"), *bare;
	json_t *startup = json_object();
	struct props props = { 0 };

	if (text)
		props_read(&props, a->arena, text);
	bare = props_get(&props, "");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = props_get(&props, keys[i]);

		if (i == 0 && !value)
			value = bare;
		if (value && number(value, -1) >= 0)
			json_object_set_new(startup, keys[i],
					    json_integer(number(value, 0)));
	}
	if (json_object_size(startup) > 0)
		entry_value(a->entry, "startup", json_incref(startup));
	json_decref(startup);
}

/* "nesting=1,keyctl=1,mount=nfs;cifs" */
static void add_features(struct adoption *a)
{
	static const char *const flags[] = { "nesting", "keyctl", "fuse", "mknod" };
	const char *text = option(a, "features"), *mount;
	json_t *features, *list;
	struct props props;
	char **mounts;
	size_t len;

	if (!text)
		return;
	features = json_object();
	props_read(&props, a->arena, text);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (is_on(props_get(&props, flags[i])))
			json_object_set_new(features, flags[i], json_true());
	mount = props_get(&props, "mount");
	len = mount ? str_split(a->arena, mount, ";", &mounts) : 0;
	list = json_array();
	for (size_t i = 0; i < len; i++)
		json_array_append_new(list,
				      json_string(str_safe(a->arena, mounts[i], 80)));
	if (len > 0)
		json_object_set(features, "mount", list);
	json_decref(list);
	if (json_object_size(features) > 0)
		entry_value(a->entry, "features", json_incref(features));
	json_decref(features);
}

/* Where an entry without a node is taken to be is told by vm7.yaml. */
static void add_node(struct adoption *a)
{
	const struct text_setting *node = &a->manifest->proxmox.node;

	if (!is_set(&node->is) || !str_equal(node->value, a->seen->node))
		entry_text(a->entry, "node", a->seen->node);
}

static void add_power(struct adoption *a)
{
	switch (a->seen->power) {
	case OBSERVED_STOPPED:
		entry_text(a->entry, "power", "stopped");
		return;
	case OBSERVED_RUNNING:
		entry_text(a->entry, "power", "running");
		return;
	case OBSERVED_OTHER:
		entry_text(a->entry, "power", "observe");
		return;
	}
}

static void describe(struct adoption *a)
{
	bool vm = a->seen->type == GUEST_VM;

	entry_text(a->entry, "type", guest_type_name(a->seen->type));
	entry_number(a->entry, "adopt", (long)a->seen->vmid);
	add_networks(a);
	add_cpu(a);
	add_memory(a);
	add_disk(a);
	add_node(a);
	add_tags(a);
	entry_flag(a->entry, "onboot", is_on(option(a, "onboot")));
	add_startup(a);
	entry_flag(a->entry, "protection", is_on(option(a, "protection")));
	if (vm) {
		entry_flag(a->entry, "agent", is_on(part(a, "agent", "enabled")));
	} else {
		entry_flag(a->entry, "unprivileged", is_on(option(a, "unprivileged")));
		add_features(a);
	}
	entry_text(a->entry, "drift", "report");
	add_power(a);
}

/* As its config has it; Proxmox shows "VM 100" and "CT100" for none. */
static const char *own_name(struct arena *arena, const struct observed *seen,
			    bool *made_up)
{
	const char *name =
		observed_option(seen, seen->type == GUEST_VM ? "name" : "hostname");

	*made_up = !name || !*name;
	return *made_up ? arena_printf(arena, "%s-%u", guest_type_name(seen->type),
				       seen->vmid)
			: name;
}

bool adoption_entry(struct entries *entries, struct arena *arena,
		    const struct manifest *manifest, const struct observed *seen,
		    struct error *err)
{
	struct adoption a = { arena, manifest, seen, NULL };
	bool made_up;
	const char *name = own_name(arena, seen, &made_up);

	if (manifest_find(manifest, name))
		return error_set(err, ERROR_REFUSED,
				 "vm7.yaml has an entry %s already: give one of the two "
				 "another name",
				 name);
	for (size_t i = 0; i < entries->len; i++)
		if (strcmp(entries->at[i].name, name) == 0)
			return error_set(err, ERROR_REFUSED,
					 "another guest is called %s too: a name is "
					 "there once in vm7.yaml. Give one of them "
					 "another",
					 name);
	a.entry = entry_add(arena, entries, name);
	if (made_up)
		entry_note(a.entry, "VMID %u has no name in Proxmox; this one is made up",
			   seen->vmid);
	if (seen->lock)
		entry_note(a.entry, "it is locked (%s): it may change yet", seen->lock);
	describe(&a);
	return true;
}
