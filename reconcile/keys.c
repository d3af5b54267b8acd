#include "reconcile/keys.h"

#include "base/text.h"

#include <string.h>

char *keys_encode(struct arena *arena, const struct list_setting *keys)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < keys->len; i++) {
		if (i > 0)
			text_add(&out, "%0A");
		text_add_encoded(&out, str_trim(arena, keys->at[i]));
	}
	return arena_strdup(arena, text_str(&out));
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

char *keys_decode(struct arena *arena, const char *text)
{
	char *out = arena_strdup(arena, text), *at = out;

	for (; *text; text++)
		if (text[0] == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
			*at++ = (char)(hex(text[1]) * 16 + hex(text[2]));
			text += 2;
		} else {
			*at++ = *text;
		}
	*at = '\0';
	return out;
}

static size_t lines_of(struct arena *arena, const char *text, char ***out)
{
	return str_split(arena, keys_decode(arena, text), "\r\n", out);
}

bool keys_same(struct arena *arena, const char *seen, const struct list_setting *keys)
{
	char **lines;
	size_t len = lines_of(arena, seen, &lines), found = 0;

	for (size_t i = 0; i < keys->len; i++)
		for (size_t j = 0; j < len; j++)
			if (strcmp(str_trim(arena, keys->at[i]),
				   str_trim(arena, lines[j])) == 0) {
				found++;
				break;
			}
	return found == keys->len && len == keys->len;
}

size_t keys_count(struct arena *arena, const char *text)
{
	char **lines;

	return lines_of(arena, text, &lines);
}
