/* The inventory as JSON, and status.json there and back. */
#include "base/own.h"
#include "base/text.h"
#include "reconcile/facts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { INVENTORY_SCHEMA = 1, STATUS_MAX = 32 * 1024 * 1024 };

OWN_DEFINE(json, json_t *, json_decref);

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort(); /* out of memory: every text is UTF-8 */
}

static void set_text(json_t *object, const char *key, const char *text)
{
	set(object, key, text ? json_string(text) : json_null());
}

/* Words of others. */
static void set_words(json_t *object, const char *key, struct arena *arena,
		      const char *text)
{
	set_text(object, key, text ? str_safe(arena, text, strlen(text) + 8) : NULL);
}

static void set_number(json_t *object, const char *key, unsigned number)
{
	set(object, key, number ? json_integer(number) : json_null());
}

/* What has no value most of the time is left out then. */
static void set_address(json_t *object, const struct facts *guest)
{
	set_text(object, "ip", guest->ip);
	if (guest->ip6)
		set_text(object, "ip6", guest->ip6);
	if (guest->ip_source)
		set_text(object, "ip_source", guest->ip_source);
}

/* Addresses and ids by name: what scripts ask for. */
static void set_maps(json_t *top, const struct facts *all, size_t len, bool only_listed)
{
	json_t *ips = json_object(), *ids = json_object();

	for (size_t i = 0; i < len; i++) {
		const struct facts *guest = &all[i];

		if (only_listed && !guest->listed)
			continue;
		if (guest->ip)
			set_text(ips, guest->name, guest->ip);
		if (guest->vmid)
			set_number(ids, guest->name, guest->vmid);
	}
	set(top, "vm_ips", ips);
	set(top, "vm_ids", ids);
}

static char *print(struct arena *arena, const json_t *top)
{
	own(free) char *text = json_dumps(top, JSON_INDENT(2) | JSON_SORT_KEYS);

	if (!text)
		abort();
	return arena_printf(arena, "%s\n", text);
}

static json_t *inventory_guest(const struct facts *guest)
{
	json_t *object = json_object(), *tags = json_array();

	set_text(object, "hostname", guest->name);
	set_address(object, guest);
	set_text(object, "user", guest->user);
	set_text(object, "network", guest->network);
	set_text(object, "environment", guest->environment);
	set_number(object, "vmid", guest->vmid);
	set_text(object, "node", guest->node);
	set_text(object, "type", guest->type);
	set_text(object, "state", guest->state);
	for (size_t i = 0; i < guest->tags_len; i++)
		if (json_array_append_new(tags, json_string(guest->tags[i])) != 0)
			abort();
	set(object, "tags", tags);
	return object;
}

char *inventory_json(struct arena *arena, const struct inventory_guest *guests,
		     size_t len)
{
	const struct facts *all = facts_of_all(arena, guests, len);
	own(json) json_t *top = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < len; i++)
		if (all[i].listed &&
		    json_array_append_new(list, inventory_guest(&all[i])) != 0)
			abort();
	set(top, "schema", json_integer(INVENTORY_SCHEMA));
	set(top, "guests", list);
	set_maps(top, all, len, true);
	return print(arena, top);
}

char *inventory_status(struct arena *arena, const struct inventory_guest *guests,
		       size_t len)
{
	const struct facts *all = facts_of_all(arena, guests, len);
	own(json) json_t *top = json_object();
	json_t *by_name = json_object();

	for (size_t i = 0; i < len; i++) {
		json_t *object = json_object();

		set_number(object, "vmid", all[i].vmid);
		set_text(object, "node", all[i].node);
		set_address(object, &all[i]);
		set_text(object, "state", all[i].state);
		set_words(object, "last_error", arena, guests[i].last_error);
		set_text(object, "commit", guests[i].commit);
		set(by_name, all[i].name, object);
	}
	set(top, "schema", json_integer(INVENTORY_SCHEMA));
	set(top, "guests", by_name);
	set_maps(top, all, len, false);
	return print(arena, top);
}

/* A text of the object, or NULL. */
static const char *get_text(struct arena *arena, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value) ? str_safe(arena, json_string_value(value),
						json_string_length(value) + 8)
				     : NULL;
}

static void read_learned(struct inventory_entry *entry, struct arena *arena,
			 const json_t *object)
{
	const char *ip = get_text(arena, object, "ip");
	struct addr addr;
	struct error err;

	if (!json_object_get(object, "ip_source") || !ip || !addr_read(&addr, ip, &err))
		return;
	if (addr.family == FAMILY_6) {
		entry->observed_ip6 = ip;
		return;
	}
	entry->observed_ip = ip;
	entry->observed_ip6 = get_text(arena, object, "ip6");
}

static int compare_entries(const void *left, const void *right)
{
	const struct inventory_entry *a = left, *b = right;

	return strcmp(a->name, b->name);
}

void inventory_status_read(struct inventory_status *out, struct arena *arena,
			   const struct file *file)
{
	own(json) json_t *top = NULL;
	json_t *guests, *object;
	const char *name;

	*out = (struct inventory_status){ 0 };
	if (!file || file->len > STATUS_MAX)
		return;
	top = json_loadb(file->text, file->len, JSON_REJECT_DUPLICATES, NULL);
	guests = json_object_get(top, "guests");
	if (!json_is_object(guests))
		return;
	out->at = arena_array(arena, struct inventory_entry, json_object_size(guests));
	json_object_foreach (guests, name, object) {
		struct inventory_entry *entry = &out->at[out->len++];

		entry->name = arena_strdup(arena, name);
		entry->commit = get_text(arena, object, "commit");
		entry->last_error = get_text(arena, object, "last_error");
		read_learned(entry, arena, object);
	}
	if (out->len > 1)
		qsort(out->at, out->len, sizeof(*out->at), compare_entries);
}

const struct inventory_entry *inventory_status_find(const struct inventory_status *status,
						    const char *name)
{
	const struct inventory_entry key = { .name = name };

	if (status->len == 0)
		return NULL;
	return bsearch(&key, status->at, status->len, sizeof(*status->at),
		       compare_entries);
}
