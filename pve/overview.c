#include "pve/overview.h"

#include "base/text.h"
#include "pve/observe.h"
#include "pve/value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* (pve-cluster PVE/DataCenterConfig.pm next-id: the upper end is not part of it) */
enum { VMID_FIRST = 100, VMID_LAST = 999999 };

static bool is_type(const json_t *entry, const char *type)
{
	return str_equal(json_string_value(json_object_get(entry, "type")), type);
}

static bool is_status(const json_t *entry, const char *status)
{
	return str_equal(json_string_value(json_object_get(entry, "status")), status);
}

/* ---- nodes ---- */

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct node_state *)a)->name,
		      ((const struct node_state *)b)->name);
}

bool overview_status(struct cluster_state *out, struct arena *arena, const json_t *data,
		     struct error *err)
{
	const json_t *entry;
	size_t i, count = 0;

	out->name = NULL;
	out->quorate = true;
	out->nodes = arena_array(arena, struct node_state, json_array_size(data) + 1);
	json_array_foreach (data, i, entry) {
		const char *name = value_member(arena, entry, "name");

		if (!name)
			continue;
		if (is_type(entry, "cluster")) {
			out->name = name;
			out->quorate = value_flag(json_object_get(entry, "quorate"));
		} else if (is_type(entry, "node")) {
			out->nodes[count].name = name;
			out->nodes[count++].online =
				value_flag(json_object_get(entry, "online"));
		}
	}
	out->nodes_len = count;
	qsort(out->nodes, count, sizeof(*out->nodes), compare_nodes);
	if (count == 0)
		return error_set(err, ERROR_TEMPORARY,
				 "GET /cluster/status: the cluster shows no node");
	if (!out->name)
		out->name = out->nodes[0].name;
	return true;
}

bool cluster_node_online(const struct cluster_state *cluster, const char *node)
{
	for (size_t i = 0; i < cluster->nodes_len; i++)
		if (strcmp(cluster->nodes[i].name, node) == 0)
			return cluster->nodes[i].online;
	return false;
}

/* ---- guests ---- */

/* Only these two are certain; paused, prelaunch, unknown ... are neither. */
static enum observed_power power_of(const char *status)
{
	if (str_equal(status, "running"))
		return OBSERVED_RUNNING;
	if (str_equal(status, "stopped"))
		return OBSERVED_STOPPED;
	return OBSERVED_OTHER;
}

static const char *text_or_null(struct arena *arena, const json_t *entry, const char *key)
{
	const char *text = value_member(arena, entry, key);

	return text && *text ? text : NULL;
}

/* Bytes as MiB; 0 for what is no size. */
static unsigned long mib(const json_t *entry, const char *key)
{
	long long bytes;

	if (!value_number(json_object_get(entry, key), &bytes) || bytes < 0)
		return 0;
	return (unsigned long)(bytes >> 20);
}

static bool read_guest(struct observed *out, struct arena *arena, const json_t *entry,
		       struct error *err)
{
	*out = (struct observed){
		.vmid = value_vmid(json_object_get(entry, "vmid")),
		.type = is_type(entry, "lxc") ? GUEST_LXC : GUEST_VM,
		.node = text_or_null(arena, entry, "node"),
		.name = text_or_null(arena, entry, "name"),
		.lock = text_or_null(arena, entry, "lock"),
		.power = power_of(json_string_value(json_object_get(entry, "status"))),
		.template = value_flag(json_object_get(entry, "template")),
		.memory_mib = mib(entry, "maxmem"),
		.ha = json_is_string(json_object_get(entry, "hastate")),
	};
	if (out->vmid == 0 || !out->node)
		return error_set(err, ERROR_TEMPORARY,
				 "the list of guests has an entry without VMID or node");
	observe_tags(out, arena, json_string_value(json_object_get(entry, "tags")));
	return true;
}

static int compare_vmids(const void *a, const void *b)
{
	const struct observed *first = a, *second = b;

	return (first->vmid > second->vmid) - (first->vmid < second->vmid);
}

bool overview_guests(struct cluster_state *out, struct arena *arena, const json_t *data,
		     struct error *err)
{
	struct observed *guests;
	const json_t *entry;
	size_t i, count = 0, kept = 0;

	if (!json_is_array(data))
		return error_set(err, ERROR_TEMPORARY,
				 "GET /cluster/resources: what came as the list of "
				 "guests is none");
	guests = arena_array(arena, struct observed, json_array_size(data) + 1);
	json_array_foreach (data, i, entry) {
		if (!is_type(entry, "qemu") && !is_type(entry, "lxc"))
			continue;
		if (!read_guest(&guests[count++], arena, entry, err))
			return false;
	}
	qsort(guests, count, sizeof(*guests), compare_vmids);
	for (i = 0; i < count; i++)
		if (kept == 0 || guests[i].vmid != guests[kept - 1].vmid)
			guests[kept++] = guests[i];
	out->guests = guests;
	out->guests_len = kept;
	return true;
}

/* ---- what nodes and storages have left ---- */

static struct node_state *node_named(const struct cluster_state *cluster,
				     const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "node"));

	for (size_t i = 0; name && i < cluster->nodes_len; i++)
		if (strcmp(cluster->nodes[i].name, name) == 0)
			return &cluster->nodes[i];
	return NULL;
}

static void read_node(struct node_state *node, const json_t *entry)
{
	double cpus = json_number_value(json_object_get(entry, "maxcpu"));
	double idle = 1 - json_number_value(json_object_get(entry, "cpu"));

	node->memory_mib = mib(entry, "maxmem");
	node->memory_used_mib = mib(entry, "mem");
	node->cpus_free = cpus > 0 && cpus < 1e6 && idle > 0 && idle <= 1
				  ? (unsigned)(cpus * idle)
				  : 0;
	if (str_equal(json_string_value(json_object_get(entry, "hastate")),
		      "maintenance"))
		node->maintenance = true;
}

static int compare_storages(const void *a, const void *b)
{
	const struct storage_state *first = a, *second = b;
	int order = strcmp(first->name, second->name);

	return order ? order : strcmp(first->node, second->node);
}

void overview_room(struct cluster_state *out, struct arena *arena, const json_t *data)
{
	const json_t *entry;
	size_t i, count = 0;

	out->storages =
		arena_array(arena, struct storage_state, json_array_size(data) + 1);
	json_array_foreach (data, i, entry) {
		struct node_state *node = node_named(out, entry);
		const char *name = text_or_null(arena, entry, "storage");
		const char *content = text_or_null(arena, entry, "content");

		if (node && is_type(entry, "node"))
			read_node(node, entry);
		if (!node || !name || !is_type(entry, "storage"))
			continue;
		out->storages[count++] = (struct storage_state){
			.node = node->name,
			.name = name,
			.available = is_status(entry, "available"),
			.shared = value_flag(json_object_get(entry, "shared")),
			.content = content ? content : "",
			.total_mib = mib(entry, "maxdisk"),
			.used_mib = mib(entry, "disk"),
		};
	}
	qsort(out->storages, count, sizeof(*out->storages), compare_storages);
	out->storages_len = count;
}

void overview_maintenance(struct cluster_state *out, const json_t *data)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (data, i, entry) {
		struct node_state *node = node_named(out, entry);
		const char *status = json_string_value(json_object_get(entry, "status"));

		if (node && status && is_type(entry, "lrm") &&
		    strstr(status, "(maintenance mode"))
			node->maintenance = true;
	}
}

/* ---- power ---- */

void overview_power(struct observed *out, struct arena *arena, const json_t *data)
{
	const char *status = json_string_value(json_object_get(data, "status"));
	const char *qemu = json_string_value(json_object_get(data, "qmpstatus"));

	out->power = power_of(status);
	/* the process runs, but does the guest? */
	if (out->power == OBSERVED_RUNNING && qemu)
		out->power = power_of(qemu);
	out->lock = text_or_null(arena, data, "lock");
}

/* ---- options and release ---- */

static unsigned bound(const json_t *range, const char *key)
{
	const json_t *found = json_object_get(range, key);

	return value_vmid(found);
}

void overview_options(struct cluster_state *out, struct arena *arena, const json_t *data)
{
	const json_t *range = json_object_get(data, "next-id");
	unsigned lower = bound(range, "lower"), upper = bound(range, "upper");

	out->mac_prefix = text_or_null(arena, data, "mac_prefix");
	out->vmid_first = lower ? lower : VMID_FIRST;
	out->vmid_last = upper ? upper - 1 : VMID_LAST;
}

bool overview_release(struct cluster_state *out, const json_t *data, struct error *err)
{
	const char *release = json_string_value(json_object_get(data, "release"));
	unsigned long major = release ? strtoul(release, NULL, 10) : 0;

	if (major == 0 || major > 1000)
		return error_set(err, ERROR_TEMPORARY, "its release is not understood");
	out->release = (unsigned)major;
	return true;
}

/* ---- addresses a guest has by itself ---- */

static bool is_routable(const struct addr *addr)
{
	unsigned __int128 bits = addr->bits;

	switch (addr->family) {
	case FAMILY_NONE:
		return false;
	case FAMILY_4: /* not 0/8, 127/8, 169.254/16, multicast */
		return bits >> 24 != 0 && bits >> 24 != 127 && bits >> 16 != 0xa9fe &&
		       bits >> 28 < 0xe;
	case FAMILY_6: /* 2000::/3 and fc00::/7 */
		return bits >> 125 == 1 || bits >> 121 == 0xfc >> 1;
	}
	return false;
}

static void take_address(struct observed *out, struct arena *arena, const char *text)
{
	char printed[ADDR_TEXT];
	struct error ignored;
	struct addr addr;

	if (!text ||
	    !addr_read(&addr, arena_strndup(arena, text, strcspn(text, "/")), &ignored) ||
	    !is_routable(&addr))
		return;
	addr_print(&addr, printed);
	if (addr.family == FAMILY_4 && !out->agent_ip)
		out->agent_ip = arena_strdup(arena, printed);
	if (addr.family == FAMILY_6 && !out->agent_ip6)
		out->agent_ip6 = arena_strdup(arena, printed);
}

/* The list is missing in containers' answers of older releases, where `inet` and `inet6`
 * say the last of each. */
static void take_addresses(struct observed *out, struct arena *arena, const json_t *card)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(card, "ip-addresses"), i, entry)
		take_address(out, arena,
			     json_string_value(json_object_get(entry, "ip-address")));
	take_address(out, arena, json_string_value(json_object_get(card, "inet")));
	take_address(out, arena, json_string_value(json_object_get(card, "inet6")));
}

static const char *asking_mac(const struct observed *guest)
{
	for (size_t i = 0; i < guest->cards_len; i++)
		if (guest->cards[i].dhcp)
			return guest->cards[i].mac;
	return guest->cards_len > 0 ? guest->cards[0].mac : NULL;
}

void overview_addresses(struct observed *out, struct arena *arena, const json_t *data)
{
	const json_t *cards =
		json_is_array(data) ? data : json_object_get(data, "result");
	const char *want = asking_mac(out);
	const json_t *card;
	size_t i;

	json_array_foreach (cards, i, card) {
		const char *mac =
			json_string_value(json_object_get(card, "hardware-address"));

		if (!mac)
			mac = json_string_value(json_object_get(card, "hwaddr"));
		if (mac && want && strcasecmp(mac, want) == 0)
			take_addresses(out, arena, card);
	}
}
