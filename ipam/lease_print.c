/* Leases -> the lease file's text. */
#include "base/own.h"
#include "base/text.h"
#include "ipam/lease.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LEASES_VERSION = 1 };

OWN_DEFINE(json, json_t *, json_decref);

/* jansson fails without memory, and for text that is not UTF-8, which no lease holds. */
static void must(int result)
{
	if (result != 0)
		abort();
}

static void set(json_t *object, const char *key, json_t *value)
{
	must(json_object_set_new(object, key, value));
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		set(object, key, json_string(text));
}

/* Words of others, on one line and without what the reader would refuse. */
static void set_words(json_t *object, const char *key, struct arena *arena,
		      const char *text)
{
	if (text)
		set_text(object, key, str_safe(arena, text, strlen(text) + 8));
}

static void set_addr(json_t *object, const char *key, const struct addr *addr)
{
	char text[ADDR_TEXT];

	addr_print(addr, text);
	if (*text)
		set_text(object, key, text);
}

static void set_nic(json_t *object, const struct nic *nic)
{
	set_addr(object, "ip", &nic->ip);
	set_addr(object, "ip6", &nic->ip6);
	set_text(object, "mac", nic->mac);
	set_text(object, "pool", nic->pool);
}

/* The cards after the first. */
static void set_nics(json_t *object, const struct lease *lease)
{
	json_t *list = json_array();

	for (size_t i = 1; i < lease->nics_len; i++) {
		json_t *card = json_object();

		set_nic(card, &lease->nics[i]);
		must(json_array_append_new(list, card));
	}
	set(object, "nics", list);
}

static void set_leaving(json_t *object, const struct lease *lease)
{
	json_t *list = json_array();

	for (size_t i = 0; i < lease->leaving_len; i++) {
		json_t *item = json_object();

		set_addr(item, "ip", &lease->leaving[i].ip);
		set_text(item, "pool", lease->leaving[i].pool);
		must(json_array_append_new(list, item));
	}
	set(object, "leaving", list);
}

static void set_owns(json_t *object, const struct lease *lease)
{
	json_t *owns = json_object(), *tags = json_array();

	for (size_t i = 0; i < lease->owns_tags_len; i++)
		must(json_array_append_new(tags, json_string(lease->owns_tags[i])));
	set(owns, "tags", tags);
	set(object, "owns", owns);
}

static void set_whole(json_t *object, struct arena *arena, const struct lease *lease)
{
	set_words(object, "failed", arena, lease->failed);
	set_words(object, "hold", arena, lease->hold);
	set_text(object, "id", lease->id);
	if (lease->nics_len > 0)
		set_nic(object, &lease->nics[0]);
	if (lease->leaving_len > 0)
		set_leaving(object, lease);
	if (lease->nics_len > 1)
		set_nics(object, lease);
	set_text(object, "node", lease->node);
	set_owns(object, lease); /* also when it declared nothing */
	if (lease->protection)
		set(object, "protection", json_true());
	set_text(object, "removal", lease->removal);
	set_text(object, "since", lease->since);
	set_text(object, "state", lease_state_name(lease->state));
	set_text(object, "type", guest_type_name(lease->type));
	if (lease->vmid)
		set(object, "vmid", json_integer(lease->vmid));
	set_text(object, "was", lease->was);
}

/* As the ancestor has it: `ip` of either family. */
static void set_bare(json_t *object, const struct lease *lease)
{
	const struct nic *nic = &lease->nics[0];

	set_addr(object, "ip", nic->ip.family ? &nic->ip : &nic->ip6);
	set_text(object, "pool", nic->pool);
}

static json_t *leases_object(struct arena *arena, const struct leases *leases)
{
	json_t *all = json_object();

	for (size_t i = 0; i < leases->len; i++) {
		const struct lease *lease = &leases->at[i];
		json_t *object = json_object();

		if (lease->bare)
			set_bare(object, lease);
		else
			set_whole(object, arena, lease);
		set(all, lease->name, object);
	}
	return all;
}

static json_t *resting_object(const struct leases *leases)
{
	json_t *all = json_object();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < leases->resting_len; i++) {
		addr_print(&leases->resting[i].ip, text);
		set_text(all, text, leases->resting[i].until);
	}
	return all;
}

char *leases_print(struct arena *arena, const struct leases *leases)
{
	own(json) json_t *top = json_object();
	own(free) char *text = NULL;

	set_words(top, "branch", arena, leases->branch);
	set_words(top, "cluster", arena, leases->cluster);
	set_text(top, "instance", leases->instance);
	set(top, "leases", leases_object(arena, leases));
	if (leases->resting_len > 0)
		set(top, "resting", resting_object(leases));
	set(top, "serial", json_integer(leases->serial));
	set_words(top, "source", arena, leases->source);
	set(top, "version", json_integer(LEASES_VERSION));
	text = json_dumps(top, JSON_INDENT(2) | JSON_SORT_KEYS);
	must(text ? 0 : -1);
	return arena_printf(arena, "%s\n", text);
}
