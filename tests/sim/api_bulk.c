/* All guests of a node at once. PVE: PVE::API2::Nodes startall, stopall. */
#include "api.h"
#include "base/text.h"
#include "guest.h"
#include "props.h"

#include <stdlib.h>
#include <string.h>

/* On "/" for all, or on each guest that is named. */
static bool may_power(struct call *call, char **vms, size_t count)
{
	if (may(call, "/", "VM.PowerMgmt"))
		return true;
	if (!count)
		return must_have(call, "/", "VM.PowerMgmt");
	for (size_t i = 0; i < count; i++)
		if (!must_have(call, arena_printf(call->arena, "/vms/%s", vms[i]),
			       "VM.PowerMgmt"))
			return false;
	return true;
}

static bool is_named(const struct guest *guest, char **vms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strtoul(vms[i], NULL, 10) == guest->vmid)
			return true;
	return !count;
}

/* The guests of the node that were named; NULL: refused. `boot`: only those with onboot. */
static json_t *chosen(struct call *call, bool boot)
{
	char **vms = NULL;
	size_t count = param(call, "vms")
			       ? str_split(call->arena, param(call, "vms"), ",; ", &vms)
			       : 0;
	json_t *list;

	if (!may_power(call, vms, count))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < call->world->guest_count; i++) {
		const struct guest *guest = call->world->guests[i];

		if (!strcmp(guest->node, param(call, "node")) &&
		    is_named(guest, vms, count) && !guest_is_template(guest) &&
		    (!boot || guest_number(guest, "onboot", 0)))
			json_array_append_new(list, json_integer(guest->vmid));
	}
	return list;
}

static void startall(struct call *call)
{
	json_t *list = chosen(call, !param_true(call, "force"));

	if (list)
		reply_task(call, call_start(call, "startall", "",
					    json_pack("{s:o}", "vms", list)));
}

static void stopall(struct call *call)
{
	json_t *list = chosen(call, false);
	bool force = !param(call, "force-stop") || param_true(call, "force-stop");
	unsigned timeout = param(call, "timeout") ? param_number(call, "timeout") : 180;

	if (list)
		reply_task(call,
			   call_start(call, "stopall", "",
				      json_pack("{s:o, s:i, s:i}", "vms", list, "timeout",
						(int)timeout, "force", force)));
}

static const struct schema bulk_params[] = {
	{ "vms", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .format = format_vmid },
	{ NULL },
};
static const struct schema start_params[] = {
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema stop_params[] = {
	{ "force-stop", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "timeout", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 7200 },
	{ NULL },
};

#define FORKS (ROW_PROTECTED | ROW_NODE | ROW_FORK)

const struct row bulk_rows[] = {
	{ "POST",
	  "/nodes/{node}/startall",
	  FORKS,
	  NULL,
	  NULL,
	  { { node_params, bulk_params, start_params } },
	  startall,
	  0.01 },
	{ "POST",
	  "/nodes/{node}/stopall",
	  FORKS,
	  NULL,
	  NULL,
	  { { node_params, bulk_params, stop_params } },
	  stopall,
	  0.01 },
	{ NULL },
};
