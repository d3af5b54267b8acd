/*
 * Files from elsewhere. PVE: PVE::API2::Storage::Status download_url, PVE::API2::Nodes
 * query_url_metadata, apl_download.
 */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "internet.h"
#include "props.h"
#include "volume.h"

#include <string.h>

/* Reaching out of the cluster is a right of its own, or one of who rules it. */
static bool may_reach_out(struct call *call)
{
	if ((may(call, "/", "Sys.Audit") && may(call, "/", "Sys.Modify")) ||
	    may(call, arena_printf(call->arena, "/nodes/%s", param(call, "node")),
		"Sys.AccessNetwork"))
		return true;
	refuse(call, 403, "Permission check failed");
	return false;
}

static bool check_download(struct call *call, const char *name)
{
	const char *content = param(call, "content"), *where = param(call, "storage");
	const struct storage *storage = world_storage(call->world, where);
	const char *why =
		storage_refused(call->arena, call->world, where, param(call, "node"));

	if (!why && storage_is_file(storage) && storage_has(storage, content) &&
	    storage->offline)
		why = storage_unwritable(call->arena, storage);
	if (why)
		refuse(call, 500, "%s", why);
	else if (!storage_is_file(storage))
		refuse(call, 500,
		       "can't upload to storage type '%s', not a file based storage!",
		       storage->type);
	else if (!storage_has(storage, content))
		refuse(call, 500, "storage '%s' is not configured for content-type '%s'",
		       where, content);
	else if (!check_file_name(call, content, name))
		return false;
	else if (param(call, "compression") && strcmp(content, "iso") != 0)
		refuse(call, 500, "decompression not supported for %s", content);
	return !answered(call);
}

static void start_download(struct call *call, const char *name, const char *content,
			   const char *url, const char *algorithm, const char *sum)
{
	json_t *args =
		json_pack("{s:s, s:s, s:s, s:s}", "storage", param(call, "storage"),
			  "content", content, "name", name, "url", url);

	if (algorithm) {
		props_set(args, "algorithm", algorithm);
		props_set(args, "expected", sum);
	}
	reply_task(call, call_start(call, "download", name, args));
}

static void download_url(struct call *call)
{
	const char *name = storage_file_name(call->arena, param(call, "filename"));

	if (check_download(call, name))
		start_download(call, name, param(call, "content"), param(call, "url"),
			       param(call, "checksum-algorithm"),
			       param(call, "checksum"));
}

static char *file_of(struct call *call, const char *url)
{
	const char *path = strrchr(url, '/');

	return arena_strndup(call->arena, path + 1, strcspn(path + 1, "?#"));
}

static void url_metadata(struct call *call)
{
	const char *url = param(call, "url"), *type;
	struct page page;
	json_t *out;

	internet_open(call->arena, call->world, url, &page);
	if (!page.status) {
		refuse(call, 500,
		       "invalid server response: '500 Can't connect to %s (%s)'",
		       page.host,
		       page.resolves ? "Connection refused"
				     : "Name or service not known");
		return;
	}
	if (!page.entry) {
		refuse(call, 500, "invalid server response: '%s'", page.status);
		return;
	}
	out = json_pack("{s:O, s:s}", "size", json_object_get(page.entry, "size"),
			"filename", file_of(call, url));
	type = props_get(page.entry, "type");
	if (type)
		json_object_set_new(out, "mimetype", json_string(type));
	reply(call, out);
}

static void appliances(struct call *call)
{
	reply(call, json_deep_copy(call->world->appliances));
}

static const json_t *find_appliance(struct call *call)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (call->world->appliances, i, entry)
		if (str_equal(props_get(entry, "template"), param(call, "template")))
			return entry;
	return NULL;
}

static void get_appliance(struct call *call)
{
	const json_t *entry = find_appliance(call);
	const char *sum = props_get(entry, "sha512sum");

	if (!entry)
		bad_param(call, "template", "no such template");
	else
		start_download(call, param(call, "template"), "vztmpl",
			       props_get(entry, "location"), sum ? "sha512" : NULL, sum);
}

static const struct schema url_params[] = {
	{ "url", SCHEMA_STRING, 0, .pattern = "https?://.*" },
	{ NULL },
};
static const struct schema download_params[] = {
	CHECKSUM_PARAMS,
	{ "compression", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "content", SCHEMA_STRING, 0, .values = "iso, vztmpl, import" },
	{ "filename", SCHEMA_STRING, 0, .max_length = 255 },
	{ "storage", SCHEMA_STRING, 0, .format = format_storage },
	{ NULL },
};
static const struct schema appliance_params[] = {
	{ "storage", SCHEMA_STRING, 0, .format = format_storage },
	{ "template", SCHEMA_STRING, 0, .max_length = 255 },
	{ NULL },
};

#define FORKS    (ROW_PROTECTED | ROW_NODE | ROW_FORK)
#define TEMPLATE "/storage/{storage}", "Datastore.AllocateTemplate"

const struct row download_rows[] = {
	{ "POST",
	  "/nodes/{node}/storage/{storage}/download-url",
	  FORKS,
	  TEMPLATE,
	  { { node_params, url_params, download_params } },
	  download_url,
	  0.02,
	  may_reach_out },
	{ "GET",
	  "/nodes/{node}/query-url-metadata",
	  ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, url_params } },
	  url_metadata,
	  0.05,
	  may_reach_out },
	{ "GET",
	  "/nodes/{node}/aplinfo",
	  ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params } },
	  appliances,
	  0.005 },
	{ "POST",
	  "/nodes/{node}/aplinfo",
	  FORKS,
	  TEMPLATE,
	  { { node_params, appliance_params } },
	  get_appliance,
	  0.02 },
	{ NULL },
};
