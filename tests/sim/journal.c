#include "journal.h"

#include "base/text.h"
#include "props.h"

#include <stdlib.h>

#define BYTES_SHOWN 1000

static const char *const secrets[] = { "password", "cipassword", "confirmation-password",
				       NULL };

static void write_line(struct journal *journal, const json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);

	fprintf(journal->file, "%s\n", text);
	fflush(journal->file); /* tests read it while we run */
	free(text);
}

/* Whatever bytes came: JSON takes no others than UTF-8. */
static const char *shown(const struct call *call, const char *text)
{
	return text ? str_safe(call->arena, text, BYTES_SHOWN) : NULL;
}

void journal_call(struct journal *journal, const struct call *call, int status)
{
	const char *path = call->path ? call->path : shown(call, call->request.path);
	json_t *params, *line;

	if (!journal->file)
		return;
	params = json_copy(call->raw);
	for (size_t i = 0; secrets[i]; i++)
		if (json_object_get(params, secrets[i]))
			props_set(params, secrets[i], "***");
	line = json_pack("{s:I, s:f, s:s, s:s, s:o, s:s?, s:s?, s:i, s:s?}", "n",
			 (json_int_t)++journal->number, "t", call->world->now, "method",
			 call->request.method, "path", path, "params", params, "user",
			 call->user, "agent", shown(call, call->request.agent), "status",
			 status, "upid", call->task ? call->task->upid : NULL);
	write_line(journal, line);
	json_decref(line);
}

void journal_fault(struct journal *journal, const json_t *row)
{
	json_t *line;

	if (!journal->file)
		return;
	line = json_pack("{s:O}", "fault", row);
	write_line(journal, line);
	json_decref(line);
}
