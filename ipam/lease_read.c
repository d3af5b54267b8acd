/*
 * The lease file's text -> leases.
 *
 * A row a key, as for vm7.yaml; what no row knows is refused, so that nothing of a newer
 * vm7 is ever dropped by an older one. jansson tells the place of broken JSON only: other
 * mistakes are named by their path of keys.
 */
#include "base/decode.h"
#include "base/own.h"
#include "base/text.h"
#include "base/vec.h"
#include "ipam/lease.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LEASES_VERSION = 1, FILE_MAX = 32 * 1024 * 1024, KEYS_MAX = 24 };
enum { VMID_MIN = 100, VMID_MAX = 999999999 };

OWN_DEFINE(json, json_t *, json_decref);

/* What is being read. */
struct reading {
	struct decode how;
	struct place at; /* the file */
};

typedef void member_read(const struct reading *reading, const struct trail *trail,
			 const json_t *value, void *out);

/* One key of an object, and what reads it into the struct. */
struct member {
	const char *key; /* NULL ends a table */
	member_read *read;
	size_t offset;
	bool required;
};

#define complain(reading, trail, ...) \
	mistake(&(reading)->how, (trail), (reading)->at, __VA_ARGS__)

static const struct member *find_member(const struct member *members, const char *key)
{
	for (; members->key; members++)
		if (strcmp(members->key, key) == 0)
			return members;
	return NULL;
}

static void unknown_key(const struct reading *reading, const struct trail *here,
			const struct member *members)
{
	const char *known[KEYS_MAX + 1] = { 0 }, *nearest;

	for (size_t i = 0; i < KEYS_MAX && members[i].key; i++)
		known[i] = members[i].key;
	nearest = str_nearest(here->key, known);
	if (nearest)
		complain(reading, here, "unknown key; did you mean %s?", nearest);
	else
		complain(reading, here, "unknown key");
}

static bool is_kind(const struct reading *reading, const struct trail *trail,
		    const json_t *value, json_type type)
{
	static const char *const names[] = { [JSON_OBJECT] = "an object",
					     [JSON_ARRAY] = "a list",
					     [JSON_STRING] = "a string",
					     [JSON_INTEGER] = "a whole number",
					     [JSON_TRUE] = "true or false" };

	if (type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type)
		return true;
	complain(reading, trail, "expected %s", names[type]);
	return false;
}

static void read_members(const struct reading *reading, const struct trail *trail,
			 const json_t *object, const struct member *members, void *out)
{
	const json_t *value;
	const char *key;

	if (!is_kind(reading, trail, object, JSON_OBJECT))
		return;
	/* jansson's iterators are not const, though they change nothing */
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		const struct trail here = { trail, key, 0 };
		const struct member *member = find_member(members, key);

		if (member)
			member->read(reading, &here, value, (char *)out + member->offset);
		else
			unknown_key(reading, &here, members);
	}
	for (; members->key; members++) {
		const struct trail here = { trail, members->key, 0 };

		if (members->required && !json_object_get(object, members->key))
			complain(reading, &here, "is missing");
	}
}

/* A text that can be shown as it is; NULL after a mistake. */
static const char *plain_text(const struct reading *reading, const struct trail *trail,
			      const json_t *value)
{
	struct arena *arena = reading->how.arena;
	const char *text;

	if (!is_kind(reading, trail, value, JSON_STRING))
		return NULL;
	text = json_string_value(value);
	if (strcmp(str_safe(arena, text, json_string_length(value) + 8), text) != 0) {
		complain(reading, trail, "has characters that cannot be shown");
		return NULL;
	}
	return arena_strndup(arena, text, json_string_length(value));
}

static void read_text(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	*(const char **)out = plain_text(reading, trail, value);
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789_.-";

/* Guests, pools and nodes: harmless in a path of the API, in YAML and in ssh_config. */
static bool is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 253 && strspn(text, name_chars) == len &&
	       (strchr(letters, *text) || (*text >= '0' && *text <= '9'));
}

static void read_name(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	if (!is_kind(reading, trail, value, JSON_STRING))
		return;
	if (is_name(json_string_value(value)))
		*(const char **)out =
			arena_strdup(reading->how.arena, json_string_value(value));
	else
		complain(reading, trail, "'%s' is not a name",
			 quote(&reading->how, json_string_value(value)));
}

/* A text in which each '0' of `form` is a digit of `digits` and all else is as it is. */
static bool has_form(const char *text, const char *form, const char *digits)
{
	for (; *form && *text; form++, text++)
		if (*form == '0' ? !strchr(digits, *text) : *text != *form)
			return false;
	return !*form && !*text;
}

static void read_uuid(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	const char *text = plain_text(reading, trail, value);

	if (text && !has_form(text, "00000000-0000-0000-0000-000000000000",
			      "0123456789abcdefABCDEF"))
		complain(reading, trail, "'%s' is not a UUID",
			 quote(&reading->how, text));
	else
		*(const char **)out = text;
}

static void read_time(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	const char *text = plain_text(reading, trail, value);

	if (text && !has_form(text, "0000-00-00T00:00:00Z", "0123456789"))
		complain(reading, trail,
			 "'%s' is not a time in UTC like 2026-11-21T09:30:00Z",
			 quote(&reading->how, text));
	else
		*(const char **)out = text;
}

/* A whole number between two bounds; 0 after a mistake. */
static unsigned whole_number(const struct reading *reading, const struct trail *trail,
			     const json_t *value, json_int_t min, json_int_t max)
{
	if (!is_kind(reading, trail, value, JSON_INTEGER))
		return 0;
	if (json_integer_value(value) >= min && json_integer_value(value) <= max)
		return (unsigned)json_integer_value(value);
	complain(reading, trail, "%lld is not in %lld to %lld",
		 (long long)json_integer_value(value), (long long)min, (long long)max);
	return 0;
}

static void read_vmid(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	*(unsigned *)out = whole_number(reading, trail, value, VMID_MIN, VMID_MAX);
}

static void read_serial(const struct reading *reading, const struct trail *trail,
			const json_t *value, void *out)
{
	*(unsigned *)out = whole_number(reading, trail, value, 0, INT32_MAX);
}

static void read_flag(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	if (is_kind(reading, trail, value, JSON_TRUE))
		*(bool *)out = json_is_true(value);
}

/* An address of a family; FAMILY_NONE: of either. */
static struct addr address(const struct reading *reading, const struct trail *trail,
			   const json_t *value, enum family family)
{
	struct addr addr = { 0 };
	struct error err;

	if (!is_kind(reading, trail, value, JSON_STRING))
		return addr;
	if (!addr_read(&addr, json_string_value(value), &err)) {
		complain(reading, trail, "%s", err.text);
	} else if (family != FAMILY_NONE && addr.family != family) {
		complain(reading, trail, "expected an %s address",
			 family == FAMILY_4 ? "IPv4" : "IPv6");
		addr = (struct addr){ 0 };
	}
	return addr;
}

static void read_ip(const struct reading *reading, const struct trail *trail,
		    const json_t *value, void *out)
{
	*(struct addr *)out = address(reading, trail, value, FAMILY_4);
}

static void read_ip6(const struct reading *reading, const struct trail *trail,
		     const json_t *value, void *out)
{
	*(struct addr *)out = address(reading, trail, value, FAMILY_6);
}

static void read_either(const struct reading *reading, const struct trail *trail,
			const json_t *value, void *out)
{
	*(struct addr *)out = address(reading, trail, value, FAMILY_NONE);
}

static void read_mac(const struct reading *reading, const struct trail *trail,
		     const json_t *value, void *out)
{
	char text[MAC_TEXT];
	struct error err;
	uint8_t mac[6];

	if (!is_kind(reading, trail, value, JSON_STRING))
		return;
	if (!mac_read(mac, json_string_value(value), &err)) {
		complain(reading, trail, "%s", err.text);
		return;
	}
	mac_print(mac, text);
	*(const char **)out = arena_strdup(reading->how.arena, text);
}

/* One of a closed set of words; -1 after a mistake. */
static int word(const struct reading *reading, const struct trail *trail,
		const json_t *value, const char *const *words)
{
	if (!is_kind(reading, trail, value, JSON_STRING))
		return -1;
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], json_string_value(value)) == 0)
			return i;
	complain(reading, trail, "'%s': expected %s",
		 quote(&reading->how, json_string_value(value)),
		 one_of(reading->how.arena, words));
	return -1;
}

static void read_state(const struct reading *reading, const struct trail *trail,
		       const json_t *value, void *out)
{
	const char *words[LEASE_DESTROYING + 2] = { 0 };
	int found;

	for (enum lease_state s = LEASE_RESERVED; s <= LEASE_DESTROYING; s++)
		words[s] = lease_state_name(s);
	found = word(reading, trail, value, words);
	if (found >= 0)
		*(enum lease_state *)out = (enum lease_state)found;
}

static void read_type(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	const char *words[] = { guest_type_name(GUEST_VM), guest_type_name(GUEST_LXC),
				NULL };
	int found = word(reading, trail, value, words);

	if (found >= 0)
		*(enum guest_type *)out = (enum guest_type)found;
}

static void read_removal(const struct reading *reading, const struct trail *trail,
			 const json_t *value, void *out)
{
	static const char *const words[] = { "keep", "stop", "destroy", NULL };
	int found = word(reading, trail, value, words);

	if (found >= 0)
		*(const char **)out = words[found];
}

struct texts {
	const char **at;
	size_t len, cap;
};

static int compare_texts(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

static void read_tags(const struct reading *reading, const struct trail *trail,
		      const json_t *value, void *out)
{
	struct texts *tags = out;

	if (!is_kind(reading, trail, value, JSON_ARRAY))
		return;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const struct trail here = { trail, NULL, i };
		const char *tag = plain_text(reading, &here, json_array_get(value, i));

		if (tag)
			*vec_push(reading->how.arena, tags) = tag;
	}
	if (tags->len > 1)
		qsort(tags->at, tags->len, sizeof(*tags->at), compare_texts);
}

static const struct member owns_members[] = {
	{ "tags", read_tags, 0, false },
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
	struct texts tags;
	struct leavings leaving;
};

static const struct member lease_members[] = {
	{ "failed", read_text, offsetof(struct entry, lease.failed), false },
	{ "hold", read_text, offsetof(struct entry, lease.hold), false },
	{ "id", read_uuid, offsetof(struct entry, lease.id), true },
	{ "ip", read_ip, offsetof(struct entry, first.ip), false },
	{ "ip6", read_ip6, offsetof(struct entry, first.ip6), false },
	{ "leaving", read_leaving, offsetof(struct entry, leaving), false },
	{ "mac", read_mac, offsetof(struct entry, first.mac), false },
	{ "nics", read_nics, offsetof(struct entry, more), false },
	{ "node", read_name, offsetof(struct entry, lease.node), false },
	{ "owns", read_owns, offsetof(struct entry, tags), false },
	{ "pool", read_name, offsetof(struct entry, first.pool), false },
	{ "protection", read_flag, offsetof(struct entry, lease.protection), false },
	{ "removal", read_removal, offsetof(struct entry, lease.removal), false },
	{ "since", read_time, offsetof(struct entry, lease.since), true },
	{ "state", read_state, offsetof(struct entry, lease.state), true },
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
	lease->owns_tags = entry->tags.at;
	lease->owns_tags_len = entry->tags.len;
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
	json_object_foreach((json_t *)(uintptr_t)value, name, object)
	{
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
	json_object_foreach((json_t *)(uintptr_t)value, ip, until)
	{
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
	json_object_foreach((json_t *)(uintptr_t)leases, name, lease)
	{
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
