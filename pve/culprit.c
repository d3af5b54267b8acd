#include "pve/culprit.h"

#include "base/text.h"
#include "base/when.h"
#include "pve/task.h"
#include "pve/value.h"

#include <string.h>

/* (pve-manager PVE/API2/Tasks.pm; the types are those of fork_worker in qemu-server and
 * pve-container) */
static const char *const changing[] = {
	"qmconfig",  "qmstart",    "qmstop",  "qmshutdown", "qmreboot",   "qmsuspend",
	"qmresume",  "qmpause",    "qmreset", "qmdestroy",  "qmrollback", "qmmove",
	"resize",    "vzstart",    "vzstop",  "vzshutdown", "vzreboot",   "vzsuspend",
	"vzdestroy", "vzrollback", "hastart", "hastop",
};

void request_tasks_of(struct request *out, struct arena *arena,
		      const struct suspect *suspect)
{
	*out = (struct request){
		.method = METHOD_GET,
		.node = suspect->node,
		.path = arena_printf(arena, "/nodes/%s/tasks?vmid=%u&limit=20",
				     suspect->node, suspect->vmid),
	};
}

static bool changes_a_guest(const char *type)
{
	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		if (str_equal(type, changing[i]))
			return true;
	return false;
}

const char *culprit_read(struct arena *arena, const json_t *tasks, const char *token)
{
	const json_t *task;
	size_t i;

	json_array_foreach (tasks, i, task) {
		const char *type = json_string_value(json_object_get(task, "type"));
		const char *user = json_string_value(json_object_get(task, "user"));
		const char *status = json_string_value(json_object_get(task, "status"));
		char when[WHEN_TEXT];
		long long ended;

		if (!type || !user || !status || !changes_a_guest(type) ||
		    (strcmp(status, "OK") != 0 && !str_starts(status, "WARNINGS")) ||
		    !value_number(json_object_get(task, "endtime"), &ended))
			continue;
		if (same_user(user, token))
			return NULL; /* since then nobody else has */
		when_print(ended, when);
		return arena_printf(arena, "%s of %s at %s", type, user, when);
	}
	return NULL;
}
