#include "pve/task.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* "UPID:node:pid:pstart:starttime:type:id:user:" */
enum upid_part {
	PART_UPID,
	PART_NODE,
	PART_PID,
	PART_PSTART,
	PART_STARTTIME,
	PART_TYPE,
	PART_ID,
	PART_USER,
	PART_END,
	PARTS,
};

static bool is_hex(const char *text, size_t least, size_t most)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF");

	return text[len] == '\0' && len >= least && len <= most;
}

/* An id may be empty: the parts are counted, not searched for. */
static size_t split(struct arena *arena, const char *text, const char *parts[PARTS])
{
	size_t count = 0;

	for (;;) {
		const char *colon = strchr(text, ':');

		if (count == PARTS)
			return PARTS + 1;
		parts[count++] =
			colon ? arena_strndup(arena, text, (size_t)(colon - text))
			      : arena_strdup(arena, text);
		if (!colon)
			return count;
		text = colon + 1;
	}
}

bool upid_read(struct upid *out, struct arena *arena, const char *text)
{
	const char *parts[PARTS];

	if (split(arena, text, parts) != PARTS || strcmp(parts[PART_UPID], "UPID") != 0 ||
	    !*parts[PART_NODE] || strpbrk(parts[PART_NODE], "/ \t\r\n") ||
	    !is_hex(parts[PART_PID], 8, 8) || !is_hex(parts[PART_PSTART], 8, 9) ||
	    !is_hex(parts[PART_STARTTIME], 8, 8) || !*parts[PART_TYPE] ||
	    !*parts[PART_USER] || *parts[PART_END])
		return false;
	*out = (struct upid){
		.node = parts[PART_NODE],
		.type = parts[PART_TYPE],
		.id = parts[PART_ID],
		.user = parts[PART_USER],
		.started = (int64_t)strtoull(parts[PART_STARTTIME], NULL, 16),
	};
	return true;
}

bool upid_is_ha(struct arena *arena, const char *text)
{
	struct upid upid;

	return text && upid_read(&upid, arena, text) && str_starts(upid.type, "ha");
}

bool same_user(const char *a, const char *b)
{
	size_t len = strcspn(a, "!=");

	return len > 0 && strcspn(b, "!=") == len && strncmp(a, b, len) == 0;
}
