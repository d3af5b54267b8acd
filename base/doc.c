#include "base/doc.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { STACK_FIRST = 256 };

/* A list or map that is still open; its children so far are on the stack from `first`. */
struct open {
	struct doc *doc;
	size_t first;
};

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	const struct file *file;
	struct diags *diags;
	struct doc **stack; /* finished nodes whose parent is still open */
	size_t len, cap;
	struct open open[DOC_DEPTH_MAX];
	size_t depth, nodes;
	unsigned documents;
};

static void release_event(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static struct place place_of(const struct reader *reader, yaml_mark_t mark)
{
	return (struct place){ reader->file, (unsigned)mark.line + 1,
			       (unsigned)mark.column + 1 };
}

/* Where a byte stands: libyaml has no mark for bytes that are no characters. */
static struct place place_of_byte(const struct reader *reader, const char *start,
				  size_t offset)
{
	struct place at = { reader->file, 1, 1 };

	for (const char *c = start; c < start + offset; c++) {
		if (*c == '\n' || (*c == '\r' && c[1] != '\n')) {
			at.line++;
			at.column = 1;
		} else if (((unsigned char)*c & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

static const char *shown(const struct reader *reader, const char *text)
{
	return str_safe(reader->arena, text, 60);
}

/* Anchors and tags are mistakes, but what they stand at can still be read. */
static void refuse_properties(const struct reader *reader, struct place at,
			      const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		diag_add(reader->diags, at, "",
			 "&%s: anchors are not supported; presets share values",
			 shown(reader, (const char *)anchor));
	if (tag)
		diag_add(reader->diags, at, "", "%s: tags are not supported",
			 shown(reader, (const char *)tag));
}

static struct doc *node_new(struct reader *reader, enum doc_kind kind, struct place at)
{
	struct doc *doc = arena_new(reader->arena, struct doc);

	doc->kind = kind;
	doc->at = at;
	if (kind == DOC_NULL || kind == DOC_SCALAR)
		doc->text = "";
	reader->nodes++;
	return doc;
}

static void push(struct reader *reader, struct doc *doc)
{
	if (reader->len == reader->cap) {
		reader->cap *= 2;
		reader->stack =
			xrealloc(reader->stack, reader->cap * sizeof(struct doc *));
	}
	reader->stack[reader->len++] = doc;
}

static void add_alias(struct reader *reader, const yaml_event_t *event)
{
	struct place at = place_of(reader, event->start_mark);
	struct doc *doc = node_new(reader, DOC_NULL, at);

	doc->broken = true;
	diag_add(reader->diags, at, "",
		 "*%s: aliases are not supported; presets share values",
		 shown(reader, (const char *)event->data.alias.anchor));
	push(reader, doc);
}

static void add_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct place at = place_of(reader, event->start_mark);
	struct doc *doc = node_new(reader, DOC_SCALAR, at);

	doc->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (!doc->quoted && (len == 0 || strcmp(value, "null") == 0))
		doc->kind = DOC_NULL;
	refuse_properties(reader, at, event->data.scalar.anchor, event->data.scalar.tag);
	if (memchr(value, '\0', len)) {
		diag_add(reader->diags, at, "", "a zero byte in a text");
		doc->broken = true;
	}
	doc->text = arena_strndup(reader->arena, value, len);
	push(reader, doc);
}

static bool open_collection(struct reader *reader, struct doc *doc)
{
	if (reader->depth == DOC_DEPTH_MAX) {
		diag_add(reader->diags, doc->at, "", "nested more than %d levels deep",
			 DOC_DEPTH_MAX);
		return false;
	}
	reader->open[reader->depth++] = (struct open){ doc, reader->len };
	return true;
}

static void close_list(struct reader *reader)
{
	struct open *open = &reader->open[--reader->depth];
	struct doc *doc = open->doc;

	doc->len = reader->len - open->first;
	doc->items = arena_array(reader->arena, struct doc *, doc->len);
	if (doc->len > 0)
		memcpy(doc->items, reader->stack + open->first,
		       doc->len * sizeof(struct doc *));
	reader->len = open->first;
	push(reader, doc);
}

static bool key_is_usable(const struct reader *reader, const struct doc *key)
{
	const char *why = NULL;

	if (key->broken)
		return false;
	if (key->kind == DOC_LIST || key->kind == DOC_MAP)
		why = "a key must be a text, not a list or a mapping";
	else if (key->kind == DOC_NULL || !*key->text)
		why = "a key is missing before the colon";
	else if (!key->quoted && strcmp(key->text, "<<") == 0)
		why = "merge keys are not supported; presets share values";
	if (why)
		diag_add(reader->diags, key->at, "", "%s", why);
	return !why;
}

static int compare_keys(const void *left, const void *right)
{
	const struct doc *a = *(struct doc *const *)left;
	const struct doc *b = *(struct doc *const *)right;
	int order = strcmp(a->text, b->text);

	if (order == 0)
		order = (a->at.line > b->at.line) - (a->at.line < b->at.line);
	if (order == 0)
		order = (a->at.column > b->at.column) - (a->at.column < b->at.column);
	return order;
}

static void refuse_key(const struct reader *reader, const struct doc *first,
		       struct doc *again)
{
	again->broken = true;
	diag_add(reader->diags, again->at, "", "%s: the key is already in line %u",
		 shown(reader, again->text), first->at.line);
}

/* Each repeated key is told once; the first one counts. */
static void refuse_repeated(const struct reader *reader, const struct doc *map)
{
	enum { FEW = 24 };
	struct doc **sorted;
	size_t first = 0;

	if (map->len <= FEW) {
		for (size_t i = 1; i < map->len; i++)
			for (size_t j = 0; j < i; j++)
				if (map->keys[i]->text[0] == map->keys[j]->text[0] &&
				    strcmp(map->keys[i]->text, map->keys[j]->text) == 0) {
					refuse_key(reader, map->keys[j], map->keys[i]);
					break;
				}
		return;
	}
	sorted = arena_array(reader->arena, struct doc *, map->len);
	memcpy(sorted, map->keys, map->len * sizeof(struct doc *));
	qsort(sorted, map->len, sizeof(struct doc *), compare_keys);
	for (size_t i = 1; i < map->len; i++) {
		if (strcmp(sorted[first]->text, sorted[i]->text) == 0)
			refuse_key(reader, sorted[first], sorted[i]);
		else
			first = i;
	}
}

static void close_map(struct reader *reader)
{
	struct open *open = &reader->open[--reader->depth];
	struct doc **children = reader->stack + open->first, *doc = open->doc;
	size_t pairs = (reader->len - open->first) / 2;

	doc->keys = arena_array(reader->arena, struct doc *, pairs);
	doc->items = arena_array(reader->arena, struct doc *, pairs);
	for (size_t i = 0; i < pairs; i++) {
		if (!key_is_usable(reader, children[2 * i]))
			continue;
		doc->keys[doc->len] = children[2 * i];
		doc->items[doc->len++] = children[2 * i + 1];
	}
	refuse_repeated(reader, doc);
	reader->len = open->first;
	push(reader, doc);
}

static bool begin_document(struct reader *reader, const yaml_event_t *event)
{
	if (reader->documents++ == 0)
		return true;
	diag_add(reader->diags, place_of(reader, event->start_mark), "",
		 "a second document; one file holds one");
	return false;
}

/* False: the reading of this file is over. */
static bool take(struct reader *reader, const yaml_event_t *event)
{
	struct place at = place_of(reader, event->start_mark);

	if (reader->nodes == DOC_NODES_MAX) {
		diag_add(reader->diags, at, "", "more than %d values in one file",
			 DOC_NODES_MAX);
		return false;
	}
	switch (event->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	case YAML_DOCUMENT_START_EVENT:
		return begin_document(reader, event);
	case YAML_ALIAS_EVENT:
		add_alias(reader, event);
		return true;
	case YAML_SCALAR_EVENT:
		add_scalar(reader, event);
		return true;
	case YAML_SEQUENCE_START_EVENT:
		refuse_properties(reader, at, event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
		return open_collection(reader, node_new(reader, DOC_LIST, at));
	case YAML_MAPPING_START_EVENT:
		refuse_properties(reader, at, event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
		return open_collection(reader, node_new(reader, DOC_MAP, at));
	case YAML_SEQUENCE_END_EVENT:
		close_list(reader);
		return true;
	case YAML_MAPPING_END_EVENT:
		close_map(reader);
		return true;
	}
	return true;
}

/* What libyaml says about the syntax, in words that help. */
static void refuse_syntax(const struct reader *reader, const char *start)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	struct place at = place_of(reader, parser->problem_mark);
	size_t offset = parser->problem_offset;

	if (parser->error == YAML_MEMORY_ERROR)
		abort(); /* as any lack of memory */
	if (parser->error == YAML_READER_ERROR) {
		diag_add(reader->diags, place_of_byte(reader, start, offset), "",
			 strstr(problem, "control")
				 ? "a control character (0x%02x): is this a text file?"
				 : "a byte that is not UTF-8 (0x%02x): is this a text "
				   "file?",
			 (unsigned)(unsigned char)start[offset]);
		return;
	}
	if (strstr(problem, "cannot start any token") && *parser->buffer.pointer == '\t')
		problem = "a tab where spaces are needed";
	if (parser->context && parser->context_mark.line != parser->problem_mark.line)
		diag_add(reader->diags, at, "",
			 "not YAML: %s (%s that begins in line %u)", problem,
			 parser->context, (unsigned)parser->context_mark.line + 1);
	else
		diag_add(reader->diags, at, "", "not YAML: %s", problem);
}

/* libyaml compares each %TAG with all before it: a file of nothing else would take hours.
 */
static bool has_tag_directive(const struct reader *reader, const char *start)
{
	for (const char *at = strstr(start, "%TAG"); at; at = strstr(at + 1, "%TAG")) {
		if (at > start && at[-1] != '\n' && at[-1] != '\r')
			continue;
		diag_add(reader->diags,
			 place_of_byte(reader, start, (size_t)(at - start)), "",
			 "%%TAG: tags are not supported");
		return true;
	}
	return false;
}

static struct doc *read_all(struct reader *reader)
{
	const char *start = reader->file->text;

	if (str_starts(start, "\xef\xbb\xbf"))
		start += 3; /* here, because libyaml counts it as a column */
	if (has_tag_directive(reader, start))
		return NULL;
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)start,
				     reader->file->len -
					     (size_t)(start - reader->file->text));
	for (bool over = false; !over;) {
		__attribute__((cleanup(release_event))) yaml_event_t event = { 0 };

		if (!yaml_parser_parse(&reader->parser, &event)) {
			refuse_syntax(reader, start);
			return NULL;
		}
		if (!take(reader, &event))
			return NULL;
		over = event.type == YAML_STREAM_END_EVENT;
	}
	if (reader->len == 0)
		return node_new(reader, DOC_NULL, (struct place){ reader->file, 1, 1 });
	return reader->stack[0];
}

struct doc *doc_read(struct arena *arena, const struct file *file, struct diags *diags)
{
	struct reader reader = { .arena = arena, .file = file, .diags = diags };
	struct doc *doc;

	if (file->len > DOC_BYTES_MAX) {
		diag_add(diags, (struct place){ file, 0, 0 }, "", "over %d MiB",
			 DOC_BYTES_MAX / 1024 / 1024);
		return NULL;
	}
	if (!yaml_parser_initialize(&reader.parser))
		abort();
	reader.stack = xcalloc(STACK_FIRST, sizeof(struct doc *));
	reader.cap = STACK_FIRST;
	doc = read_all(&reader);
	yaml_parser_delete(&reader.parser);
	free(reader.stack);
	return doc;
}

struct doc *doc_get(const struct doc *map, const char *key)
{
	for (size_t i = 0; map->kind == DOC_MAP && i < map->len; i++)
		if (strcmp(map->keys[i]->text, key) == 0)
			return map->items[i];
	return NULL;
}
