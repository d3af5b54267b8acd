/* The lease file's text -> leases. */
#include "base/own.h"
#include "base/text.h"
#include "base/vec.h"
#include "ipam/member.h"

#include <stdlib.h>
#include <string.h>

enum { LEASES_VERSION = 1, FILE_MAX = 32 * 1024 * 1024 };

OWN_DEFINE(json, json_t *, json_decref);

struct texts {
	const char **at;
	size_t len, cap;
};

static void read_sorted(const struct reading *reading, const struct trail *trail,
			const json_t *value, void *out)
{
	struct texts *texts = out;

	if (!is_kind(reading, trail, value, JSON_ARRAY))
		return;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const struct trail here = { trail, NULL, i };
		const char *text = plain_text(reading, &here, json_array_get(value, i));

		if (text)
			*vec_push(reading->how.arena, texts) = text;
	}
	if (texts->len > 1)
		qsort(texts->at, texts->len, sizeof(*texts->at), str_compare);
}

struct owned {
	struct texts slots, tags;
};

static const struct member owns_members[] = {
	{ "slots", read_sorted, offsetof(struct owned, slots), false },
	{ "tags", read_sorted, offsetof(struct owned, tags), false },
	{ 0 },
};

static void read_owns(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	read_members(reading, trail, value, owns_members, out);
}

struct leavings {
	struct leaving *at;
	size_t len, cap;
};

static const struct member leaving_members[] = {
	{ "ip", read_either, offsetof(struct leaving, ip), true },
	{ "pool", read_name, offsetof(struct leaving, pool), true },
	{ 0 },
};

static void read_leaving(const struct reading *reading, const struct trail *trail,
			 const json_t *value, void *out)
{
	struct leavings *leaving = out;

	if (!is_kind(reading, trail, value, JSON_ARRAY))
		return;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const struct trail here = { trail, NULL, i };

		read_members(reading, &here, json_array_get(value, i), leaving_members,
			     vec_push(reading->how.arena, leaving));
	}
}

struct nics {
	struct nic *at;
	size_t len, cap;
};

/* A card with an address knows its pool, and the other way round. */
static void check_nic(const struct reading *reading, const struct trail *trail,
		      const json_t *object)
{
	bool has_ip = json_object_get(object, "ip") || json_object_get(object, "ip6");
	bool has_pool = json_object_get(object, "pool") != NULL;
	const struct trail mac = { trail, "mac", 0 };
	const struct trail lacks = { trail, has_ip ? "pool" : "ip", 0 };

	if (!json_object_get(object, "mac"))
		complain(reading, &mac, "is missing");
	if (has_ip != has_pool)
		complain(reading, &lacks, "is missing");
}

static const struct member nic_members[] = {
	{ "ip", read_ip, offsetof(struct nic, ip), false },
	{ "ip6", read_ip6, offsetof(struct nic, ip6), false },
	{ "mac", read_mac, offsetof(struct nic, mac), false },
	{ "pool", read_name, offsetof(struct nic, pool), false },
	{ 0 },
};

static void read_nics(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	struct nics *nics = out;

	if (!is_kind(reading, trail, value, JSON_ARRAY))
		return;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *object = json_array_get(value, i);
		const struct trail here = { trail, NULL, i };

		read_members(reading, &here, object, nic_members,
			     vec_push(reading->how.arena, nics));
		if (json_is_object(object))
			check_nic(reading, &here, object);
	}
}

/* A lease as the file has it: the first card lies flat in it. */
struct entry {
	struct lease lease;
	struct nic first;
	struct nics more;
	struct owned owns;
	struct texts depends;
	struct leavings leaving;
};

static const struct member lease_members[] = {
	{ "depends", read_sorted, offsetof(struct entry, depends), false },
	{ "destroy_since", read_time, offsetof(struct entry, lease.destroy_since),
	  false },
	{ "failed", read_text, offsetof(struct entry, lease.failed), false },
	{ "half_made", read_flag, offsetof(struct entry, lease.half_made), false },
	{ "hold", read_text, offsetof(struct entry, lease.hold), false },
	{ "id", read_uuid, offsetof(struct entry, lease.id), true },
	{ "ip", read_ip, offsetof(struct entry, first.ip), false },
	{ "ip6", read_ip6, offsetof(struct entry, first.ip6), false },
	{ "leaving", read_leaving, offsetof(struct entry, leaving), false },
	{ "mac", read_mac, offsetof(struct entry, first.mac), false },
	{ "nics", read_nics, offsetof(struct entry, more), false },
	{ "node", read_name, offsetof(struct entry, lease.node), false },
	{ "owns", read_owns, offsetof(struct entry, owns), false },
	{ "pool", read_name, offsetof(struct entry, first.pool), false },
	{ "protection", read_flag, offsetof(struct entry, lease.protection), false },
	{ "removal", read_removal, offsetof(struct entry, lease.removal), false },
	{ "self", read_flag, offsetof(struct entry, lease.self), false },
	{ "since", read_time, offsetof(struct entry, lease.since), true },
	{ "state", read_state, offsetof(struct entry, lease.state), true },
	{ "template", read_text, offsetof(struct entry, lease.template), false },
	{ "type", read_type, offsetof(struct entry, lease.type), true },
	{ "vmid", read_vmid, offsetof(struct entry, lease.vmid), true },
	{ "was", read_name, offsetof(struct entry, lease.was), false },
	{ 0 },
};

/* The ancestor's lease: one address, of either family. */
static const struct member bare_members[] = {
	{ "ip", read_either, offsetof(struct entry, first.ip), true },
	{ "pool", read_name, offsetof(struct entry, first.pool), true },
	{ 0 },
};

static bool is_bare(const json_t *object)
{
	size_t known = (json_object_get(object, "ip") != NULL) +
		       (size_t)(json_object_get(object, "pool") != NULL);

	return json_is_object(object) && json_object_size(object) == known;
}

static void read_bare(const struct reading *reading, const struct trail *trail,
		      const json_t *object, struct entry *entry)
{
	struct nic *nic = arena_new(reading->how.arena, struct nic);

	read_members(reading, trail, object, bare_members, entry);
	entry->lease.bare = true;
	nic->pool = entry->first.pool;
	if (entry->first.ip.family == FAMILY_6)
		nic->ip6 = entry->first.ip;
	else
		nic->ip = entry->first.ip;
	entry->lease.nics = nic;
	entry->lease.nics_len = 1;
}

static void read_whole(const struct reading *reading, const struct trail *trail,
		       const json_t *object, struct entry *entry)
{
	static const char *const flat[] = { "ip", "ip6", "mac", "pool", "nics" };
	struct lease *lease = &entry->lease;
	bool cards = false;

	read_members(reading, trail, object, lease_members, entry);
	for (size_t i = 0; i < sizeof(flat) / sizeof(flat[0]); i++)
		cards |= json_object_get(object, flat[i]) != NULL;
	if (cards && json_is_object(object)) {
		check_nic(reading, trail, object);
		lease->nics_len = 1 + entry->more.len;
		lease->nics =
			arena_array(reading->how.arena, struct nic, lease->nics_len);
		lease->nics[0] = entry->first;
		if (entry->more.len > 0)
			memcpy(&lease->nics[1], entry->more.at,
			       entry->more.len * sizeof(*lease->nics));
	}
	lease->owns_slots = entry->owns.slots.at;
	lease->owns_slots_len = entry->owns.slots.len;
	lease->owns_tags = entry->owns.tags.at;
	lease->owns_tags_len = entry->owns.tags.len;
	lease->depends = entry->depends.at;
	lease->depends_len = entry->depends.len;
	lease->leaving = entry->leaving.at;
	lease->leaving_len = entry->leaving.len;
}

static int compare_leases(const void *left, const void *right)
{
	const struct lease *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void read_leases(const struct reading *reading, const struct trail *trail,
			const json_t *value, void *out)
{
	struct leases *leases = out;
	const json_t *object;
	const char *name;

	if (!is_kind(reading, trail, value, JSON_OBJECT))
		return;
	leases->cap = json_object_size(value);
	leases->at = arena_array(reading->how.arena, struct lease, leases->cap);
	json_object_foreach ((json_t *)(uintptr_t)value, name, object) {
		const struct trail here = { trail, name, 0 };
		struct entry entry = {
			.lease.name = arena_strdup(reading->how.arena, name),
		};

		if (!is_name(name))
			complain(reading, &here, "'%s' is not a guest's name",
				 quote(&reading->how, name));
		if (is_bare(object))
			read_bare(reading, &here, object, &entry);
		else
			read_whole(reading, &here, object, &entry);
		leases->at[leases->len++] = entry.lease;
	}
	if (leases->len > 1)
		qsort(leases->at, leases->len, sizeof(*leases->at), compare_leases);
}

static int compare_resting(const void *left, const void *right)
{
	const struct resting *a = left, *b = right;

	return addr_compare(&a->ip, &b->ip);
}

static void read_resting(const struct reading *reading, const struct trail *trail,
			 const json_t *value, void *out)
{
	struct leases *leases = out;
	const json_t *until;
	const char *ip;
	struct error err;

	if (!is_kind(reading, trail, value, JSON_OBJECT))
		return;
	leases->resting =
		arena_array(reading->how.arena, struct resting, json_object_size(value));
	json_object_foreach ((json_t *)(uintptr_t)value, ip, until) {
		const struct trail here = { trail, ip, 0 };
		struct resting *resting = &leases->resting[leases->resting_len];

		if (!addr_read(&resting->ip, ip, &err))
			complain(reading, &here, "%s", err.text);
		else
			leases->resting_len++;
		read_time(reading, &here, until, &resting->until);
	}
	if (leases->resting_len > 1)
		qsort(leases->resting, leases->resting_len, sizeof(*leases->resting),
		      compare_resting);
}

static void read_version(const struct reading *reading, const struct trail *trail,
			 const json_t *value, void *out)
{
	(void)out;
	if (!is_kind(reading, trail, value, JSON_INTEGER))
		return;
	if (json_integer_value(value) != LEASES_VERSION)
		complain(reading, trail, "%lld: this vm7 knows version %d only",
			 (long long)json_integer_value(value), LEASES_VERSION);
}

static const struct member top_members[] = {
	{ "branch", read_text, offsetof(struct leases, branch), false },
	{ "cluster", read_text, offsetof(struct leases, cluster), false },
	{ "instance", read_uuid, offsetof(struct leases, instance), false },
	{ "leases", read_leases, 0, true },
	{ "resting", read_resting, 0, false },
	{ "serial", read_serial, offsetof(struct leases, serial), false },
	{ "source", read_text, offsetof(struct leases, source), false },
	{ "version", read_version, 0, true },
	{ 0 },
};

static const struct member ancestor_members[] = {
	{ "leases", read_leases, 0, true },
	{ 0 },
};

/* The ancestor's file has one key, and nothing but addresses in it. */
static bool is_ancestors(const json_t *top)
{
	const json_t *leases = json_object_get(top, "leases"), *lease;
	const char *name;

	if (json_object_size(top) != 1 || !json_is_object(leases))
		return false;
	json_object_foreach ((json_t *)(uintptr_t)leases, name, lease) {
		if (json_object_get(lease, "id") || json_object_get(lease, "state"))
			return false;
	}
	return true;
}

/* Of a newer file nothing more is said than that. */
static bool is_newer(const struct reading *reading, const json_t *top)
{
	static const struct trail here = { NULL, "version", 0 };
	const json_t *version = json_object_get(top, "version");

	if (!json_is_integer(version) || json_integer_value(version) <= LEASES_VERSION)
		return false;
	complain(reading, &here,
		 "%lld is of a newer vm7; this one knows version %d, and leaves it alone",
		 (long long)json_integer_value(version), LEASES_VERSION);
	return true;
}

static json_t *load(const struct reading *reading, const struct file *file)
{
	struct place at = reading->at;
	json_error_t err;
	json_t *top;

	if (file->len > FILE_MAX) {
		complain(reading, NULL, "is longer than %d MiB", FILE_MAX >> 20);
		return NULL;
	}
	top = json_loadb(file->text, file->len, JSON_REJECT_DUPLICATES, &err);
	if (top)
		return top;
	if (err.line > 0) {
		at.line = (unsigned)err.line;
		at.column = err.column > 0 ? (unsigned)err.column : 1;
	}
	mistake(&reading->how, NULL, at, "not JSON: %s",
		str_safe(reading->how.arena, err.text, sizeof(err.text)));
	return NULL;
}

void leases_read(struct leases *out, struct arena *arena, const struct file *file,
		 struct diags *diags)
{
	const struct reading reading = {
		.how = { .arena = arena, .diags = diags },
		.at = { .file = file },
	};
	size_t mistakes = diags->len + diags->more;
	own(json) json_t *top = NULL;

	*out = (struct leases){ .found = file != NULL };
	if (!file || !(top = load(&reading, file)) || is_newer(&reading, top))
		return;
	out->ancestor = is_ancestors(top);
	read_members(&reading, NULL, top, out->ancestor ? ancestor_members : top_members,
		     out);
	if (diags->len + diags->more == mistakes)
		leases_check(out, arena, file, diags);
}
