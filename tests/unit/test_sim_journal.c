/* What the simulator's log says of a request: one line of JSON, whatever came. */
#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/journal.h"

#include <stdlib.h>

#define NOW  1795250000.0
#define POOL "/api2/json/pools"

static const struct telling {
	const char *name;
	struct api_request request;
	const char *part; /* of the line */
} rows[] = {
	{ "a call", { .method = "GET", .path = POOL }, "\"path\":\"/pools\"" },
	{ "who sent it",
	  { .method = "GET", .path = POOL, .agent = "curl" },
	  "\"agent\":\"curl\"" },
	{ "no secrets",
	  { .method = "POST", .path = POOL, .query = "password=x" },
	  "\"password\":\"***\"" },
	{ "a path outside the API",
	  { .method = "GET", .path = "/x" },
	  "\"path\":\"/x\"" },
	{ "a path that is no UTF-8",
	  { .method = "GET", .path = POOL "/%ff" },
	  "\"path\":\"/pools/?\"" },
	{ "... not encoded",
	  { .method = "GET", .path = POOL "/\xff" },
	  "\"path\":\"/pools/?\"" },
	{ "... outside the API",
	  { .method = "GET", .path = "/\xe4\xf6" },
	  "\"path\":\"/\?\?\"" },
	{ "... half a surrogate pair",
	  { .method = "GET", .path = "/\xed\xa0\x80" },
	  "\"path\":\"/\?\?\?\"" },
	{ "an agent that is no UTF-8",
	  { .method = "GET", .path = POOL, .agent = "\xff" },
	  "\"agent\":\"?\"" },
	{ "a value that is no UTF-8",
	  { .method = "GET", .path = POOL, .query = "poolid=%ff" },
	  "\"poolid\":\"?\"" },
	{ "a name that is no UTF-8",
	  { .method = "GET", .path = POOL, .query = "%ff=1" },
	  "\"?\":\"1\"" },
	{ "a file's field that is no UTF-8",
	  { .method = "POST",
	    .path = "/api2/json/nodes/pve01/storage/local/upload",
	    .content_type = "multipart/form-data; boundary=x",
	    .body = "--x\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\n"
		    "\xff\r\n--x--\r\n" },
	  "\"method\":\"POST\"" },
};

static char *line_of(struct arena *arena, const struct call *call)
{
	struct journal journal = { 0 };
	char *text = NULL, *line;
	size_t len;

	journal.file = open_memstream(&text, &len);
	journal_call(&journal, call, call->answer.status);
	fclose(journal.file);
	line = arena_strdup(arena, text);
	free(text);
	return line;
}

static void is_told(void **state)
{
	const struct telling *row = *state;
	struct api_request request = row->request;
	struct arena *arena = arena_create();
	json_t *json = world_default(9, 1, NOW), *read;
	struct error err = { 0 };
	struct world *world = world_create(json, 1, NOW, &err);
	struct call call;
	char *line;

	json_decref(json);
	request.body_len = request.body ? strlen(request.body) : 0;
	call_init(&call, arena, world, &request);
	assert_true(api_handle(&call));
	line = line_of(arena, &call);
	call_finish(&call);
	read = json_loads(line, 0, NULL);
	if (!json_is_object(read) || !strstr(line, row->part))
		fail_msg("%s", line);
	json_decref(read);
	world_destroy(world);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(is_told, rows);
	return run_all_tests("sim journal");
}
