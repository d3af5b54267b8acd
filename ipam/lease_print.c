/*
 * Leases -> the lease file's text.
 *
 * Byte for byte what jansson makes with JSON_INDENT(2) | JSON_SORT_KEYS, but straight
 * into the text: for ten thousand leases its tree of values took ten times the memory and
 * the time. So keys are printed in the order of the alphabet here.
 */
#include "base/text.h"
#include "ipam/lease.h"

#include <stdlib.h>
#include <string.h>

enum { LEASES_VERSION = 1 };

/* A JSON text on its way. */
struct json {
	struct text text;
	unsigned depth;
	bool follows; /* there is something before this in the same object or list */
};

/* The comma, and a line for the next key or item. */
static void begin(struct json *json, const char *key)
{
	text_add(&json->text, json->follows ? ",\n" : "\n");
	for (unsigned i = 0; i < json->depth; i++)
		text_add(&json->text, "  ");
	json->follows = true;
	if (!key)
		return;
	text_addc(&json->text, '"');
	text_add(&json->text, key);
	text_add(&json->text, "\": ");
}

static void open_bracket(struct json *json, char bracket)
{
	text_addc(&json->text, bracket);
	json->depth++;
	json->follows = false;
}

static void close_bracket(struct json *json, char bracket)
{
	json->depth--;
	if (json->follows) {
		json->follows = false;
		begin(json, NULL);
	}
	text_addc(&json->text, bracket);
	json->follows = true;
}

/* Leases hold no control characters: what the reader refuses is taken out before. */
static void add_string(struct json *json, const char *text)
{
	text_addc(&json->text, '"');
	while (*text) {
		size_t len = strcspn(text, "\"\\");

		text_addn(&json->text, text, len);
		text += len;
		if (*text) {
			text_addc(&json->text, '\\');
			text_addc(&json->text, *text++);
		}
	}
	text_addc(&json->text, '"');
}

static void add_text(struct json *json, const char *key, const char *text)
{
	if (!text)
		return;
	begin(json, key);
	add_string(json, text);
}

/* Words of others, on one line and without what the reader would refuse. */
static void add_words(struct json *json, const char *key, const char *text)
{
	if (text)
		add_text(json, key, str_safe(json->text.arena, text, strlen(text) + 8));
}

static void add_number(struct json *json, const char *key, unsigned number)
{
	begin(json, key);
	text_addf(&json->text, "%u", number);
}

/* Only where it is set. */
static void add_flag(struct json *json, const char *key, bool flag)
{
	if (!flag)
		return;
	begin(json, key);
	text_add(&json->text, "true");
}

static void add_addr(struct json *json, const char *key, const struct addr *addr)
{
	char text[ADDR_TEXT];

	addr_print(addr, text);
	if (*text)
		add_text(json, key, text);
}

/* The cards after the first. */
static void add_nics(struct json *json, const struct lease *lease)
{
	begin(json, "nics");
	open_bracket(json, '[');
	for (size_t i = 1; i < lease->nics_len; i++) {
		const struct nic *nic = &lease->nics[i];

		begin(json, NULL);
		open_bracket(json, '{');
		add_addr(json, "ip", &nic->ip);
		add_addr(json, "ip6", &nic->ip6);
		add_text(json, "mac", nic->mac);
		add_text(json, "pool", nic->pool);
		close_bracket(json, '}');
	}
	close_bracket(json, ']');
}

static void add_leaving(struct json *json, const struct lease *lease)
{
	begin(json, "leaving");
	open_bracket(json, '[');
	for (size_t i = 0; i < lease->leaving_len; i++) {
		begin(json, NULL);
		open_bracket(json, '{');
		add_addr(json, "ip", &lease->leaving[i].ip);
		add_text(json, "pool", lease->leaving[i].pool);
		close_bracket(json, '}');
	}
	close_bracket(json, ']');
}

static void add_list(struct json *json, const char *key, const char *const *texts,
		     size_t len)
{
	begin(json, key);
	open_bracket(json, '[');
	for (size_t i = 0; i < len; i++) {
		begin(json, NULL);
		add_string(json, texts[i]);
	}
	close_bracket(json, ']');
}

/* The tags also when none were declared. */
static void add_owns(struct json *json, const struct lease *lease)
{
	begin(json, "owns");
	open_bracket(json, '{');
	if (lease->owns_slots_len > 0)
		add_list(json, "slots", lease->owns_slots, lease->owns_slots_len);
	add_list(json, "tags", lease->owns_tags, lease->owns_tags_len);
	close_bracket(json, '}');
}

/* The first card lies flat among the rest. */
static void add_whole(struct json *json, const struct lease *lease)
{
	static const struct nic none;
	const struct nic *first = lease->nics_len > 0 ? &lease->nics[0] : &none;

	if (lease->depends_len > 0)
		add_list(json, "depends", (const char *const *)lease->depends,
			 lease->depends_len);
	add_text(json, "destroy_since", lease->destroy_since);
	add_words(json, "failed", lease->failed);
	add_flag(json, "half_made", lease->half_made);
	add_words(json, "hold", lease->hold);
	add_text(json, "id", lease->id);
	add_addr(json, "ip", &first->ip);
	add_addr(json, "ip6", &first->ip6);
	if (lease->leaving_len > 0)
		add_leaving(json, lease);
	add_text(json, "mac", first->mac);
	if (lease->nics_len > 1)
		add_nics(json, lease);
	add_text(json, "node", lease->node);
	add_owns(json, lease);
	add_text(json, "pool", first->pool);
	add_flag(json, "protection", lease->protection);
	add_text(json, "removal", lease->removal);
	add_flag(json, "self", lease->self);
	add_text(json, "since", lease->since);
	add_text(json, "state", lease_state_name(lease->state));
	add_text(json, "template", lease->template);
	add_text(json, "type", guest_type_name(lease->type));
	if (lease->vmid)
		add_number(json, "vmid", lease->vmid);
	add_text(json, "was", lease->was);
}

/* As the ancestor has it: `ip` of either family. */
static void add_bare(struct json *json, const struct lease *lease)
{
	const struct nic *nic = &lease->nics[0];

	add_addr(json, "ip", nic->ip.family ? &nic->ip : &nic->ip6);
	add_text(json, "pool", nic->pool);
}

static void add_leases(struct json *json, const struct leases *leases)
{
	begin(json, "leases");
	open_bracket(json, '{');
	for (size_t i = 0; i < leases->len; i++) {
		begin(json, leases->at[i].name);
		open_bracket(json, '{');
		if (leases->at[i].bare)
			add_bare(json, &leases->at[i]);
		else
			add_whole(json, &leases->at[i]);
		close_bracket(json, '}');
	}
	close_bracket(json, '}');
}

struct rest {
	char ip[ADDR_TEXT];
	const char *until;
};

static int compare_rests(const void *left, const void *right)
{
	const struct rest *a = left, *b = right;

	return strcmp(a->ip, b->ip);
}

/* As texts: ".77" goes before ".9". */
static void add_resting(struct json *json, const struct leases *leases)
{
	struct rest *rests =
		arena_array(json->text.arena, struct rest, leases->resting_len);

	for (size_t i = 0; i < leases->resting_len; i++) {
		addr_print(&leases->resting[i].ip, rests[i].ip);
		rests[i].until = leases->resting[i].until;
	}
	qsort(rests, leases->resting_len, sizeof(*rests), compare_rests);
	begin(json, "resting");
	open_bracket(json, '{');
	for (size_t i = 0; i < leases->resting_len; i++)
		add_text(json, rests[i].ip, rests[i].until);
	close_bracket(json, '}');
}

char *leases_print(struct arena *arena, const struct leases *leases)
{
	struct json json = { 0 };

	text_init(&json.text, arena);
	open_bracket(&json, '{');
	add_words(&json, "branch", leases->branch);
	add_words(&json, "cluster", leases->cluster);
	add_text(&json, "instance", leases->instance);
	add_leases(&json, leases);
	if (leases->resting_len > 0)
		add_resting(&json, leases);
	add_number(&json, "serial", leases->serial);
	add_words(&json, "source", leases->source);
	add_number(&json, "version", LEASES_VERSION);
	close_bracket(&json, '}');
	text_addc(&json.text, '\n');
	return json.text.at;
}
