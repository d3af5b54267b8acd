/*
 * What a parameter may be, and the check of a call's parameters with PVE's own texts.
 *
 * PVE: PVE::JSONSchema validate, check_object, check_type, check_format. A table is an array
 * of rows that ends in one without a name.
 */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>

enum schema_kind {
	SCHEMA_STRING,
	SCHEMA_INTEGER,
	SCHEMA_NUMBER,
	SCHEMA_BOOLEAN,
	SCHEMA_ARRAY, /* of texts: the parameter is repeated; call->raw keeps the parts */
};

enum schema_flag {
	SCHEMA_OPTIONAL = 1 << 0,
	SCHEMA_DEFAULT_KEY =
		1 << 1,         /* in a property string: may stand without its name */
	SCHEMA_LIST = 1 << 2,   /* the format holds for each part of a list */
	SCHEMA_FROM_9 = 1 << 3, /* PVE 8 does not know it */
	SCHEMA_ONLY_8 = 1 << 4,
	SCHEMA_MAX = 1 << 5, /* `max` holds (0 may be a limit) */
	SCHEMA_MIN = 1 << 6,
	SCHEMA_NUL = 1 << 7, /* may hold zero bytes; they arrive as line feeds */
};

struct schema {
	const char *name;
	enum schema_kind kind;
	unsigned flags;
	long min, max;
	unsigned min_length, max_length; /* in characters; 0: no limit */
	const char *values;              /* "a, b, c": nothing else */
	const char *pattern; /* extended regular expression for the whole text */
	/* Why `text` is not of this format, or NULL: it is. */
	const char *(*format)(struct arena *arena, const char *text);
	const struct schema *sub; /* the keys of a property string */
	const char *alias;        /* another spelling of this key */
	const char
		*key_alias; /* ... while the spelling itself is the value of this key */
	const char *needs;  /* another parameter that must be there too */
	int last;           /* above -1: a family, name0 .. name<last> */
	/* For options of a guest: what changing one needs and when it takes effect. */
	const char *privilege;
	unsigned effect;
};

/* The rows of a call may come from several tables: NULL ends the list. */
struct schema_set {
	const struct schema *tables[4];
};

const struct schema *schema_find(const struct schema *table, const char *name);
const struct schema *schema_find_in(const struct schema_set *set, const char *name,
				    unsigned pve);
const struct schema *schema_default_key(const struct schema *table);

/*
 * Check `params` (texts, numbers, booleans, arrays as they arrived) and turn every value into
 * text. What is wrong is added to `errors`, parameter to text; true when nothing was.
 */
bool schema_check(struct arena *arena, const struct schema_set *set, unsigned pve,
		  json_t *params, json_t *errors);

/* Is all of the text as the extended regular expression says? For patterns of our tables. */
bool pattern_fits(const char *pattern, const char *text);

/* A value of a config file as JSON: numbers for integers and booleans, text for the rest. */
json_t *schema_value(const struct schema *schema, const char *text);

/* The formats of formats.c. */
const char *format_dns_name(struct arena *arena, const char *text);
const char *format_vmid(struct arena *arena, const char *text);
const char *format_node(struct arena *arena, const char *text);
const char *format_storage(struct arena *arena, const char *text);
const char *format_volume(struct arena *arena, const char *text);
const char *format_volume_or_path(struct arena *arena, const char *text);
const char *format_pool(struct arena *arena, const char *text);
const char *format_tag(struct arena *arena, const char *text);
const char *format_mac(struct arena *arena, const char *text);
const char *format_address(struct arena *arena, const char *text);
const char *format_ipv4(struct arena *arena, const char *text);
const char *format_ipv6(struct arena *arena, const char *text);
const char *format_ipv4_config(struct arena *arena, const char *text);
const char *format_ipv6_config(struct arena *arena, const char *text);
const char *format_urlencoded(struct arena *arena, const char *text);
const char *format_startup(struct arena *arena, const char *text);
const char *format_hotplug(struct arena *arena, const char *text);
const char *format_config_id(struct arena *arena, const char *text);
const char *format_size(struct arena *arena, const char *text);
const char *format_bridge(struct arena *arena, const char *text);
const char *format_boot_device(struct arena *arena, const char *text);
const char *format_content(struct arena *arena, const char *text);
const char *format_task_status(struct arena *arena, const char *text);
const char *format_timezone(struct arena *arena, const char *text);

/* The formats of formats_access.c. */
const char *format_user(struct arena *arena, const char *text);
const char *format_token(struct arena *arena, const char *text);
const char *format_realm(struct arena *arena, const char *text);
const char *format_group(struct arena *arena, const char *text);
const char *format_role(struct arena *arena, const char *text);
const char *format_privilege_8(struct arena *arena, const char *text);
const char *format_privilege_9(struct arena *arena, const char *text);
const char *format_email(struct arena *arena, const char *text);
