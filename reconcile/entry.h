/*
 * Entries of `vms` that vm7 writes down for a person to look at and to commit: what
 * imports and adoptions print.
 */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One guest. Its keys stand in the order in which they were set. */
struct entry {
	struct arena *arena;
	const char *name;
	json_t *keys;       /* dies with the arena */
	const char **notes; /* for a person: comments before the entry */
	size_t notes_len, notes_cap;
};

struct entries {
	struct entry *at;
	size_t len, cap;
};

/* One more, with its name set; good until the next one. */
struct entry *entry_add(struct arena *arena, struct entries *entries, const char *name);

/* Texts are made safe for a file: no control characters, nothing that is not UTF-8. */
void entry_text(struct entry *entry, const char *key, const char *value);
void entry_number(struct entry *entry, const char *key, long value);
void entry_flag(struct entry *entry, const char *key, bool value);
void entry_texts(struct entry *entry, const char *key, const char *const *values,
		 size_t len);

/* A list or mapping; it is the entry's from here on. */
void entry_value(struct entry *entry, const char *key, json_t *value);

/* One more mapping at the end of a list; it is the entry's from here on. */
void entry_item(struct entry *entry, const char *key, json_t *item);

void entry_note(struct entry *entry, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A file with the key `vms` alone: to be included, or its list put into vm7.yaml. */
char *entries_yaml(struct arena *arena, const struct entries *entries);

/* The same as a list: `{"name": ..., "entry": {...}, "notes": [...]}`. A new reference. */
json_t *entries_json(const struct entries *entries);
