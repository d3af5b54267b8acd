#include "reconcile/schema.h"
#include "tests/lib/test.h"

#include <jansson.h>

/* The schema, and what stands in it at a path of keys with '/' between. */
static json_t *schema;

static void read_schema(void)
{
	struct arena *arena = arena_create();

	schema = json_loads(manifest_schema(arena), JSON_REJECT_DUPLICATES, NULL);
	if (!schema)
		abort();
	arena_destroy(arena);
}

static json_t *at(const char *path)
{
	char part[64];
	json_t *value = schema;

	while (*path) {
		size_t len = strcspn(path, "/");

		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		value = json_is_array(value)
				? json_array_get(value, (size_t)strtoul(part, NULL, 10))
				: json_object_get(value, part);
		path += len + (path[len] == '/');
	}
	return value;
}

#define GUEST    "properties/vms/items/properties/"
#define PRESET   "properties/presets/additionalProperties/properties/"
#define GLOBALS  "properties/globals/properties/"
#define DEFAULTS GLOBALS "defaults/properties/"

static const struct row {
	const char *name, *path;
	const char *json; /* NULL: nothing stands there */
} rows[] = {
	{ "the draft", "$schema", "\"https://json-schema.org/draft/2020-12/schema\"" },
	{ "a title", "title", "\"vm7.yaml\"" },
	{ "no other keys at the top", "additionalProperties", "false" },
	{ "what must be there", "required", "[\"version\", \"globals\", \"vms\"]" },
	{ "the version", "properties/version/const", "1" },
	{ "no other keys in a guest", "properties/vms/items/additionalProperties",
	  "false" },
	{ "a guest needs a name", "properties/vms/items/required", "[\"name\"]" },
	{ "one key for networks", "properties/vms/items/not",
	  "{\"required\": [\"network\", \"networks\"]}" },
	{ "bounds of a number", GUEST "cpu",
	  "{\"type\": \"integer\", \"minimum\": 1, \"maximum\": 128, \"description\": "
	  "\"Cores, of each socket.\"}" },
	{ "words of a choice", GUEST "type/enum", "[\"vm\", \"lxc\"]" },
	{ "a pattern", GUEST "env/pattern", "\"^[A-Za-z0-9_+.-]+$\"" },
	{ "a usual number", GUEST "swap_mb/default", "512" },
	{ "a usual boolean", GUEST "onboot/default", "true" },
	{ "a usual word", GUEST "clone/default", "\"full\"" },
	{ "a usual duration", GLOBALS "removal/properties/grace/default", "\"72h\"" },
	{ "a number or one for each node", GUEST "template_id/anyOf/1/type",
	  "\"object\"" },
	{ "a text or a list", GLOBALS "proxmox/properties/endpoint/anyOf/1/type",
	  "\"array\"" },
	{ "null where that is allowed",
	  GLOBALS "access/properties/temp_password/anyOf/1/type", "\"null\"" },
	{ "a secret by its name",
	  GLOBALS "access/properties/temp_password/anyOf/0/required", "[\"secret\"]" },
	{ "the only value so far", GLOBALS "access/properties/ssh_password_auth/const",
	  "false" },
	{ "a mapping inside", GUEST "startup/properties/order/minimum", "0" },
	{ "a section inside", GUEST "features/properties/nesting/type", "\"boolean\"" },
	{ "a list of mappings", GUEST "disks/items/required", "[\"slot\", \"size_gb\"]" },
	{ "and how long it may be", GUEST "mounts/maxItems", "256" },
	{ "what comes later is not there", "properties/networks/items/properties/vnet",
	  NULL },
	{ "nor inside", GUEST "access/properties/sudo", NULL },
	{ "nor what never comes", GUEST "ip", NULL },
	{ "choices in their order",
	  GLOBALS "reconcile/properties/on_error/"
		  "enum",
	  "[\"stop\", \"continue\", \"rollback\"]" },
	{ "what belongs to one guest is not in a preset", PRESET "vmid", NULL },
	{ "nor is its name", PRESET "name", NULL },
	{ "a preset needs nothing", "properties/presets/additionalProperties/required",
	  NULL },
	{ "a preset changes no usual value", PRESET "onboot/default", NULL },
	{ "what belongs to defaults is there", DEFAULTS "vmid_base/type", "\"integer\"" },
	{ "and only there", GUEST "vmid_base", NULL },
	{ "defaults may name a preset", DEFAULTS "preset/type", "\"string\"" },
	{ "nodes by name", GLOBALS "nodes/additionalProperties/properties/datastore/type",
	  "\"string\"" },
};

static void says(void **state)
{
	const struct row *row = *state;
	json_t *value = at(row->path), *expected;

	if (!row->json) {
		assert_null(value);
		return;
	}
	expected = json_loads(row->json, JSON_DECODE_ANY, NULL);
	assert_non_null(expected);
	assert_non_null(value);
	assert_true(json_equal(value, expected));
	json_decref(expected);
}

/* Every key tells what it is for, and every mapping is closed. */
static void complete(json_t *value, const char *key)
{
	json_t *properties = json_object_get(value, "properties"), *inner;
	json_t *additional = json_object_get(value, "additionalProperties");
	const char *name;

	if (!properties)
		return;
	if (!json_is_false(additional))
		fail_msg("%s allows other keys", key);
	json_object_foreach (properties, name, inner) {
		if (!json_object_get(inner, "description"))
			fail_msg("%s.%s says nothing", key, name);
		complete(inner, name);
		complete(json_object_get(inner, "items"), name);
		complete(json_object_get(inner, "additionalProperties"), name);
	}
}

static void is_complete(void **state)
{
	struct arena *arena = arena_create();
	json_t *pools = json_loads(pools_schema(arena), JSON_REJECT_DUPLICATES, NULL);

	(void)state;
	complete(schema, "vm7.yaml");
	assert_non_null(pools);
	complete(pools, "pools.yaml");
	json_decref(pools);
	arena_destroy(arena);
}

static void the_same_bytes(void **state)
{
	struct arena *arena = arena_create();
	char *one = manifest_schema(arena), *two = manifest_schema(arena);

	(void)state;
	assert_string_equal(one, two);
	assert_int_equal(one[strlen(one) - 1], '\n');
	arena_destroy(arena);
}

int main(void)
{
	int failed;

	read_schema();
	add_rows(says, rows);
	add_test("every key says what it is for, every mapping is closed", is_complete);
	add_test("the same bytes each time", the_same_bytes);
	failed = run_all_tests("schema");
	json_decref(schema);
	return failed;
}
