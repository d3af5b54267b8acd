#include "ipam/member.h"

#include "base/text.h"

#include <string.h>

enum { KEYS_MAX = 24, VMID_MIN = 100, VMID_MAX = 999999999 };

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

bool is_kind(const struct reading *reading, const struct trail *trail,
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

void read_members(const struct reading *reading, const struct trail *trail,
		  const json_t *object, const struct member *members, void *out)
{
	const json_t *value;
	const char *key;

	if (!is_kind(reading, trail, object, JSON_OBJECT))
		return;
	/* jansson's iterators are not const, though they change nothing */
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
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

/* Would it look the same in a log? Most texts are plain ASCII: these cost no memory. */
static bool can_be_shown(struct arena *arena, const char *text)
{
	const char *at = text;

	while (*at >= ' ' && *at <= '~')
		at++;
	return !*at || strcmp(str_safe(arena, text, strlen(text) + 8), text) == 0;
}

const char *plain_text(const struct reading *reading, const struct trail *trail,
		       const json_t *value)
{
	const char *text;

	if (!is_kind(reading, trail, value, JSON_STRING))
		return NULL;
	text = json_string_value(value);
	if (can_be_shown(reading->how.arena, text))
		return arena_strdup(reading->how.arena, text);
	complain(reading, trail, "has characters that cannot be shown");
	return NULL;
}

void read_text(const struct reading *reading, const struct trail *trail,
	       const json_t *value, void *out)
{
	*(const char **)out = plain_text(reading, trail, value);
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789_.-";

bool is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 253 && strspn(text, name_chars) == len &&
	       (strchr(letters, *text) || (*text >= '0' && *text <= '9'));
}

void read_name(const struct reading *reading, const struct trail *trail,
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

void read_uuid(const struct reading *reading, const struct trail *trail,
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

void read_time(const struct reading *reading, const struct trail *trail,
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

void read_vmid(const struct reading *reading, const struct trail *trail,
	       const json_t *value, void *out)
{
	*(unsigned *)out = whole_number(reading, trail, value, VMID_MIN, VMID_MAX);
}

void read_serial(const struct reading *reading, const struct trail *trail,
		 const json_t *value, void *out)
{
	*(unsigned *)out = whole_number(reading, trail, value, 0, INT32_MAX);
}

void read_flag(const struct reading *reading, const struct trail *trail,
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

void read_ip(const struct reading *reading, const struct trail *trail,
	     const json_t *value, void *out)
{
	*(struct addr *)out = address(reading, trail, value, FAMILY_4);
}

void read_ip6(const struct reading *reading, const struct trail *trail,
	      const json_t *value, void *out)
{
	*(struct addr *)out = address(reading, trail, value, FAMILY_6);
}

void read_either(const struct reading *reading, const struct trail *trail,
		 const json_t *value, void *out)
{
	*(struct addr *)out = address(reading, trail, value, FAMILY_NONE);
}

void read_mac(const struct reading *reading, const struct trail *trail,
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

void read_state(const struct reading *reading, const struct trail *trail,
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

void read_type(const struct reading *reading, const struct trail *trail,
	       const json_t *value, void *out)
{
	const char *words[] = { guest_type_name(GUEST_VM), guest_type_name(GUEST_LXC),
				NULL };
	int found = word(reading, trail, value, words);

	if (found >= 0)
		*(enum guest_type *)out = (enum guest_type)found;
}

void read_removal(const struct reading *reading, const struct trail *trail,
		  const json_t *value, void *out)
{
	static const char *const words[] = { "keep", "stop", "destroy", NULL };
	int found = word(reading, trail, value, words);

	if (found >= 0)
		*(const char **)out = words[found];
}
