/* Files that come with the request. PVE: PVE::API2::Storage::Status upload. */
#include "api.h"
#include "base/text.h"
#include "chance.h"
#include "check.h"
#include "props.h"
#include "volume.h"

#include <string.h>

/* Where pveproxy has put the file before the API is asked. */
static char *temporary_name(struct call *call)
{
	return arena_printf(call->arena, "/var/tmp/pveupload-%016llx%016llx",
			    (unsigned long long)chance_next(&call->world->chance),
			    (unsigned long long)chance_next(&call->world->chance));
}

static bool check_upload(struct call *call, const char *name)
{
	const char *content = param(call, "content"), *where = param(call, "storage");
	const struct storage *storage = world_storage(call->world, where);
	const char *why =
		storage_refused(call->arena, call->world, where, param(call, "node"));

	if (why)
		refuse(call, 500, "%s", why);
	else if (!storage_is_file(storage))
		refuse(call, 500, "can't upload to storage type '%s'", storage->type);
	else if (!call->upload.data)
		refuse(call, 500, "missing temporary file name");
	else if (!check_file_name(call, content, name))
		return false;
	else if (!storage_has(storage, content))
		refuse(call, 500, "storage '%s' does not support '%s' content", where,
		       content);
	return !answered(call);
}

/* A file of that name is simply overwritten, by a task of the node that was asked. */
static void upload(struct call *call)
{
	const char *name = storage_file_name(call->arena, param(call, "filename"));
	const char *algorithm = param(call, "checksum-algorithm");
	json_t *args;

	if (!check_upload(call, name))
		return;
	args = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "storage",
			 param(call, "storage"), "content", param(call, "content"),
			 "name", name, "target", param(call, "node"), "temporary",
			 temporary_name(call), "size", (json_int_t)call->upload.len,
			 "sha256",
			 volume_new_sum(call->arena, "sha256", call->upload.data,
					call->upload.len));
	if (algorithm) {
		props_set(args, "algorithm", algorithm);
		props_set(args, "expected", param(call, "checksum"));
		props_set(args, "sum",
			  volume_new_sum(call->arena, algorithm, call->upload.data,
					 call->upload.len));
	}
	reply_task(call,
		   call_start_on(call, call->world->nodes[0].name, "imgcopy", "", args));
}

static const struct schema upload_params[] = {
	CHECKSUM_PARAMS,
	{ "content", SCHEMA_STRING, 0, .values = "iso, vztmpl, import" },
	{ "filename", SCHEMA_STRING, 0, .max_length = 255 },
	{ "storage", SCHEMA_STRING, 0, .format = format_storage },
	{ NULL },
};

const struct row upload_rows[] = {
	{ "POST",
	  "/nodes/{node}/storage/{storage}/upload",
	  ROW_PROTECTED | ROW_FORK,
	  "/storage/{storage}",
	  "Datastore.AllocateTemplate",
	  { { node_params, upload_params } },
	  upload,
	  0.02 },
	{ NULL },
};
