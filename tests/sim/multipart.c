#include "multipart.h"

#include "base/text.h"
#include "props.h"

#include <string.h>
#include <strings.h>

#define TYPE        "multipart/form-data"
#define DISPOSITION "Content-Disposition: "

struct reader {
	struct arena *arena;
	const char *at, *end;
	const char *delimiter; /* "--boundary" */
	const char *why;
};

char *multipart_boundary(struct arena *arena, const char *method, const char *path,
			 const char *content_type)
{
	const char *mark;
	size_t len;

	if (strcmp(method, "POST") != 0 || !str_ends(path, "/upload") || !content_type ||
	    strncasecmp(content_type, TYPE, strlen(TYPE)) != 0)
		return NULL;
	mark = strcasestr(content_type, "boundary=");
	if (!mark)
		return NULL;
	mark += strlen("boundary=");
	if (*mark == '"')
		return arena_strndup(arena, mark + 1, strcspn(mark + 1, "\""));
	len = strcspn(mark, "; \t");
	return len ? arena_strndup(arena, mark, len) : NULL;
}

static const char *find(const struct reader *reader, const char *text)
{
	return memmem(reader->at, (size_t)(reader->end - reader->at), text, strlen(text));
}

static bool starts(const struct reader *reader, const char *at, const char *text)
{
	return (size_t)(reader->end - at) >= strlen(text) &&
	       !memcmp(at, text, strlen(text));
}

/* Behind a line end at `at`, or NULL. A carriage return is welcome, not needed. */
static const char *newline(const struct reader *reader, const char *at)
{
	if (starts(reader, at, "\r\n"))
		return at + 2;
	return starts(reader, at, "\n") ? at + 1 : NULL;
}

/* The next delimiter that has a line end behind it, from `at`. */
static const char *next_part(const struct reader *reader, const char *at)
{
	size_t len = strlen(reader->delimiter);

	while ((at = memmem(at, (size_t)(reader->end - at), reader->delimiter, len)) &&
	       !newline(reader, at + len))
		at += len;
	return at;
}

/* Behind the first empty line: what other headers say does not count. */
static bool skip_headers(struct reader *reader)
{
	for (const char *at = reader->at; at < reader->end; at++) {
		const char *next = newline(reader, at);
		const char *again = next ? newline(reader, next) : NULL;

		if (again) {
			reader->at = again;
			return true;
		}
	}
	return false;
}

/*
 * The header of the part that `reader` stands before: "form-data" and what follows `; name="`.
 * It has to be the first header of its part, spelled just so.
 */
static const char *disposition(struct reader *reader, char **kind)
{
	const char *at = newline(reader, reader->at + strlen(reader->delimiter));
	const char *name;

	if (!at || !starts(reader, at, DISPOSITION))
		return NULL;
	at += strlen(DISPOSITION);
	name = memmem(at, (size_t)(reader->end - at), "; name=\"", strlen("; name=\""));
	if (!name)
		return NULL;
	*kind = arena_strndup(reader->arena, at, (size_t)(name - at));
	return name + strlen("; name=\"");
}

static bool is_form_data(struct reader *reader, const char *kind)
{
	if (!strcmp(kind, "form-data"))
		return true;
	reader->why = arena_printf(reader->arena,
				   "wrong Content-Disposition '%s' in multipart, "
				   "expected 'form-data'",
				   kind);
	return false;
}

/* The field of this name, when the next part is it. False: `why` is set. */
static bool read_field(struct reader *reader, const char *name, json_t *params)
{
	const char *value, *end;
	char *kind;

	value = disposition(reader, &kind);
	if (!value || !starts(reader, value, name) || value[strlen(name)] != '"')
		return true;
	if (!is_form_data(reader, kind))
		return false;
	if (!skip_headers(reader))
		return true;
	end = next_part(reader, reader->at);
	if (!end)
		return true;
	props_set(params, name,
		  str_trim(reader->arena, arena_strndup(reader->arena, reader->at,
							(size_t)(end - reader->at))));
	reader->at = end;
	return true;
}

/* The name of the file, which ends the fields. False: none, or `why` is set. */
static bool read_filename(struct reader *reader, json_t *params)
{
	static const char mark[] = "; filename=\"";
	const char *name, *quote, *file;
	char *kind, *field;

	name = disposition(reader, &kind);
	if (!name)
		return false;
	quote = memchr(name, '"', (size_t)(reader->end - name));
	if (!quote || !starts(reader, quote + 1, mark))
		return false;
	file = quote + 1 + strlen(mark);
	if (!is_form_data(reader, kind))
		return false;
	field = arena_strndup(reader->arena, name, (size_t)(quote - name));
	if (strcmp(field, "filename") != 0) {
		reader->why = arena_printf(reader->arena,
					   "wrong field name '%s' for file upload, "
					   "expected 'filename'",
					   field);
		return false;
	}
	props_set(params, "filename",
		  str_trim(reader->arena,
			   arena_strndup(reader->arena, file, strcspn(file, "\""))));
	return skip_headers(reader);
}

/* Up to the closing delimiter; the line end before it is not the file's. */
static bool read_file(struct reader *reader, struct upload *out)
{
	const char *close =
		find(reader, arena_printf(reader->arena, "%s--", reader->delimiter));

	if (!close)
		return false;
	out->data = reader->at;
	if (close > reader->at && close[-1] == '\n')
		close--;
	if (close > reader->at && close[-1] == '\r')
		close--;
	out->len = (size_t)(close - reader->at);
	return true;
}

bool multipart_read(struct arena *arena, const char *boundary, const char *body,
		    size_t len, json_t *params, struct upload *out, const char **why)
{
	static const char *const fields[] = { "content", "checksum-algorithm",
					      "checksum" };
	struct reader reader = {
		.arena = arena,
		.end = body + len,
		.delimiter = arena_printf(arena, "--%s", boundary),
		.why = "upload failed",
	};

	reader.at = next_part(&reader, body);
	*why = reader.why;
	if (!reader.at)
		return false;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!read_field(&reader, fields[i], params)) {
			*why = reader.why;
			return false;
		}
	if (read_filename(&reader, params) && read_file(&reader, out))
		return true;
	*why = reader.why;
	return false;
}
