/*
 * Tables of fields: a mapping -> a struct of settings.
 *
 * One row a key. The rows read the file, refuse what they do not know with the nearest
 * key they do, print the JSON Schema, and say where each value came from. A member's type
 * is checked against its row at compile time:
 *
 *	static const struct field card_fields[] = {
 *		TEXT("bridge", struct card, bridge, .help = "..."),
 *		NUMBER("vlan", struct card, vlan, 1, 4094, .help = "..."),
 *		{ 0 },
 *	};
 *
 * Numbers, `true` and `false` are as YAML 1.2 has them; what is in quotes is a text.
 * Every mistake is collected; a setting that is given but wrong is set, and `bad`.
 */
#pragma once

#include "base/doc.h"
#include "base/error.h"
#include "base/setting.h"

#include <stddef.h>

enum field_kind {
	FIELD_NUMBER,   /* struct num_setting */
	FIELD_DURATION, /* struct num_setting, in seconds */
	FIELD_FLAG,     /* struct flag_setting */
	FIELD_TEXT,     /* struct text_setting */
	FIELD_CHOICE,   /* struct choice_setting */
	FIELD_TEXTS,    /* struct list_setting */
	FIELD_ONE,      /* struct list_setting: one text makes a list of one */
	FIELD_SECRET,   /* struct secret_setting */
	FIELD_BY_NODE,  /* struct node_map_setting */
	FIELD_ITEMS,    /* struct items_setting: mappings in a list */
	FIELD_MAPPING,  /* a struct of its own, or more members of this one */
	FIELD_LIST_OF,  /* mappings in a list: read by whoever asked, with doc_get */
	FIELD_MAP_OF,   /* mappings by name: likewise */
	FIELD_FIXED,    /* only its usual value so far; stored nowhere */
	FIELD_LATER,    /* known, and not supported yet */
	FIELD_REFUSED,  /* known, and never supported: `help` says what to do instead */
};

/* A complaint about a text goes to `err`. */
typedef bool text_check(const char *text, struct error *err);

struct field {
	const char *key; /* NULL ends a table */
	enum field_kind kind;
	enum layer inside; /* the layer of what is inside, when it has its own */
	size_t offset;
	size_t size;      /* ITEMS: of what `fields` fill */
	const char *help; /* one line: for the schema and the manual */
	long min, max;    /* of numbers and seconds; lists: most items, 0 for 64 */
	const char *const *choices; /* in the order of their enum */
	const char *const *later;   /* values that are known, and not supported yet */
	const char *usual;          /* the value when nobody gives one, as in the file */
	text_check *check;          /* of a text, and of each in a list */
	const char *pattern;        /* the same for the schema, as far as it can say it */
	const struct field *fields; /* of what is inside */
	const char *belongs;        /* where it is allowed, when not on all layers */
	size_t presence;            /* MAPPING: offset of a struct setting, plus 1 */
	unsigned layers;            /* only on these, as 1 << LAYER_..; 0: on all */
	unsigned marks;             /* for whoever has the table */
	bool required, nullable;
	bool joins;  /* a list: what several keys of one mapping give is put together */
	bool unites; /* a list: layers add to each other instead of replacing */
	bool or_one; /* TEXTS: a single text will do; DURATION: plain seconds will do;
			LIST_OF: an item may be its first key alone, a text */
	bool clear_text; /* SECRET: may be given in clear */
};

#define FIELD_AT(type, holder, member)                                            \
	(offsetof(holder, member) +                                               \
	 0 * sizeof(struct {                                                      \
		 _Static_assert(__builtin_types_compatible_p(                     \
					__typeof__(((holder *)0)->member), type), \
				"the member is no " #type);                       \
		 int unused;                                                      \
	 }))

#define NUMBER(k, holder, member, least, most, ...)                                     \
	{                                                                               \
		.key = (k), .kind = FIELD_NUMBER,                                       \
		.offset = FIELD_AT(struct num_setting, holder, member), .min = (least), \
		.max = (most), __VA_ARGS__                                              \
	}
#define DURATION(k, holder, member, least, most, ...)                                   \
	{                                                                               \
		.key = (k), .kind = FIELD_DURATION,                                     \
		.offset = FIELD_AT(struct num_setting, holder, member), .min = (least), \
		.max = (most), __VA_ARGS__                                              \
	}
#define FLAG(k, holder, member, ...)                                                 \
	{                                                                            \
		.key = (k), .kind = FIELD_FLAG,                                      \
		.offset = FIELD_AT(struct flag_setting, holder, member), __VA_ARGS__ \
	}
#define TEXT(k, holder, member, ...)                                                 \
	{                                                                            \
		.key = (k), .kind = FIELD_TEXT,                                      \
		.offset = FIELD_AT(struct text_setting, holder, member), __VA_ARGS__ \
	}
#define CHOICE(k, holder, member, of, ...)                                 \
	{                                                                  \
		.key = (k), .kind = FIELD_CHOICE,                          \
		.offset = FIELD_AT(struct choice_setting, holder, member), \
		.choices = (of), __VA_ARGS__                               \
	}
#define TEXTS(k, holder, member, ...)                                                \
	{                                                                            \
		.key = (k), .kind = FIELD_TEXTS,                                     \
		.offset = FIELD_AT(struct list_setting, holder, member), __VA_ARGS__ \
	}
#define ONE_OF_TEXTS(k, holder, member, ...)                                         \
	{                                                                            \
		.key = (k), .kind = FIELD_ONE,                                       \
		.offset = FIELD_AT(struct list_setting, holder, member), __VA_ARGS__ \
	}
#define SECRET(k, holder, member, ...)                                                 \
	{                                                                              \
		.key = (k), .kind = FIELD_SECRET,                                      \
		.offset = FIELD_AT(struct secret_setting, holder, member), __VA_ARGS__ \
	}
#define BY_NODE(k, holder, member, least, most, ...)                         \
	{                                                                    \
		.key = (k), .kind = FIELD_BY_NODE,                           \
		.offset = FIELD_AT(struct node_map_setting, holder, member), \
		.min = (least), .max = (most), __VA_ARGS__                   \
	}
/* A list of structs: `type` is what `table` fills for each. */
#define ITEMS(k, holder, member, type, table, ...)                        \
	{                                                                 \
		.key = (k), .kind = FIELD_ITEMS,                          \
		.offset = FIELD_AT(struct items_setting, holder, member), \
		.size = sizeof(type), .fields = (table), __VA_ARGS__      \
	}
/* A struct of its own: `type` is what `table` fills. */
#define MAPPING(k, holder, member, type, table, ...)                                     \
	{                                                                                \
		.key = (k), .kind = FIELD_MAPPING,                                       \
		.offset = FIELD_AT(type, holder, member), .fields = (table), __VA_ARGS__ \
	}
/* More members of the same struct under a key. */
#define SECTION(k, table, ...)                                                    \
	{                                                                         \
		.key = (k), .kind = FIELD_MAPPING, .fields = (table), __VA_ARGS__ \
	}
#define LIST_OF(k, table, ...)                                                    \
	{                                                                         \
		.key = (k), .kind = FIELD_LIST_OF, .fields = (table), __VA_ARGS__ \
	}
#define MAP_OF(k, table, ...)                                                    \
	{                                                                        \
		.key = (k), .kind = FIELD_MAP_OF, .fields = (table), __VA_ARGS__ \
	}
#define FIXED(k, only, ...)                                                   \
	{                                                                     \
		.key = (k), .kind = FIELD_FIXED, .usual = (only), __VA_ARGS__ \
	}
#define LATER(k)                                \
	{                                       \
		.key = (k), .kind = FIELD_LATER \
	}
#define REFUSED(k, why)                                          \
	{                                                        \
		.key = (k), .kind = FIELD_REFUSED, .help = (why) \
	}

/* The keys that lead to a value: "vms[2].access"; it lives where it is used. */
struct trail {
	const struct trail *up; /* NULL: the top */
	const char *key;        /* NULL: an item of a list, `index` */
	size_t index;
};

/* What a reading needs everywhere. */
struct decode {
	struct arena *arena;
	struct diags *diags;
	enum layer layer; /* that settings get */
};

/* Tell a mistake; `trail` may be NULL. */
void mistake(const struct decode *how, const struct trail *trail, struct place at,
	     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Foreign text for a mistake: safe to print and not too long. */
const char *quote(const struct decode *how, const char *text);

/*
 * Fill the settings of `out` that `doc` gives; the others stay as they are. False when
 * `doc` is no mapping. Texts point into the tree.
 */
bool decode_map(const struct decode *how, const struct trail *trail,
		const struct doc *doc, const struct field *fields, void *out);

/* Is it of this kind? If not, that is a mistake. */
bool decode_is(const struct decode *how, const struct trail *trail, const struct doc *doc,
	       enum doc_kind kind);

/* Set what has a usual value to it, on the layer of `how`. */
void decode_usual(const struct decode *how, const struct field *fields, void *out);

/* The setting that a field fills, or NULL when it fills none of its own. */
struct setting *field_setting(const struct field *field, void *holder);

/* "a, b or c" of words that end in NULL. */
const char *one_of(struct arena *arena, const char *const *words);
