/*
 * What a real Proxmox answered, asked again: the same status, reason and body. The world below
 * is the state in which the recordings were made, as far as these calls look at it.
 */
#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/api.h"

#define NOW      1795250000.0
#define FOLDER   SOURCE_ROOT "/../shared/pve-recordings"
#define TEXT_MAX 200000

static const char world_text[] =
	"{\"cluster\": null, \"nodes\": [{\"name\": \"pve1\", \"ip\": \"192.0.2.11\"}],"
	" \"storages\": ["
	"  {\"storage\": \"local\", \"type\": \"dir\","
	"   \"content\": \"iso,vztmpl,import,images,rootdir,snippets,backup\"},"
	"  {\"storage\": \"second\", \"type\": \"dir\", \"content\": "
	"\"images,rootdir\"}],"
	" \"volumes\": ["
	"  {\"volid\": \"local:200/base-200-disk-0.qcow2\", \"size\": 67108864},"
	"  {\"volid\": \"local:106/vm-106-disk-0.qcow2\", \"size\": 67108864},"
	"  {\"volid\": \"local:300/vm-300-disk-0.raw\", \"size\": 2147483648}],"
	" \"pools\": [{\"poolid\": \"lab\", \"comment\": \"lab pool\"}],"
	" \"guests\": ["
	"  {\"vmid\": 100, \"node\": \"pve1\", \"config\": {\"name\": \"web1\"}},"
	"  {\"vmid\": 101, \"node\": \"pve1\", \"config\": {}},"
	"  {\"vmid\": 102, \"node\": \"pve1\", \"config\": {}},"
	"  {\"vmid\": 106, \"node\": \"pve1\", \"config\": {\"name\": \"imp\","
	"   \"scsi0\": \"local:106/vm-106-disk-0.qcow2,size=64M\"}},"
	"  {\"vmid\": 202, \"node\": \"pve1\", \"config\": {}},"
	"  {\"vmid\": 203, \"node\": \"pve1\", \"config\": {}},"
	"  {\"vmid\": 200, \"node\": \"pve1\", \"config\": {\"template\": 1,"
	"   \"scsi0\": \"local:200/base-200-disk-0.qcow2,size=64M\"}},"
	"  {\"vmid\": 300, \"node\": \"pve1\", \"type\": \"lxc\", \"config\":"
	"   {\"rootfs\": \"local:300/vm-300-disk-0.raw,size=2G\"}}],"
	" \"access\": {\"users\": {"
	"   \"root@pam\": {\"enable\": 1, \"tokens\": {\"full\": {\"privsep\": 0}}},"
	"   \"auto@pve\": {\"enable\": 1, \"tokens\": {\"full\": {\"privsep\": 0},"
	"     \"sep\": {\"privsep\": 1}, \"old\": {\"privsep\": 0, \"expire\": 1}}},"
	"   \"low@pve\": {\"enable\": 1, \"tokens\": {\"tk\": {\"privsep\": 0}}},"
	"   \"off@pve\": {\"enable\": 0, \"tokens\": {\"tk\": {\"privsep\": 0}}}},"
	"  \"acl\": [{\"path\": \"/\", \"ugid\": \"auto@pve\", \"roleid\": "
	"\"Administrator\","
	"   \"propagate\": 1}]}}";

/* The calls whose answers do not hang on more than this. */
static const char *const names[] = {
	"auth.basic",
	"auth.bearer",
	"auth.none-unknown-path",
	"auth.token-colon",
	"auth.token-expired",
	"auth.token-malformed2",
	"auth.token-unknown-id",
	"auth.token-unknown-realm",
	"auth.token-user-disabled",
	"version.no-auth",
	"version",
	"node.version",
	"clone.bad-name",
	"clone.missing-newid",
	"clone.bad-pool",
	"clone.bad-storage",
	"clone.newid-taken",
	"clone.no-permission",
	"config-get.unknown-vm",
	"config-post.disk-wrong-content",
	"config-put.bad-digest",
	"config-put.bad-ipconfig",
	"config-put.delete-and-set",
	"config-put.delete-unknown",
	"config-put.empty",
	"config-put.sshkeys-invalid",
	"config-put.sshkeys-plus",
	"config-put.sshkeys-single-encoded",
	"config-put.unknown-vm",
	"content.unknown-storage",
	"destroy.bad-purge",
	"destroy.unlocked-running-check",
	"http.bool-words",
	"http.double-slash",
	"http.json-body",
	"http.json-body-bad",
	"http.missing-param",
	"http.text-body",
	"http.text-format",
	"http.trailing-slash",
	"http.unknown-param",
	"http.unknown-param-post",
	"http.unknown-path",
	"http.unknown-subpath",
	"http.wrong-method",
	"http.root",
	"lxc-config.unknown",
	"lxc-create.missing-ostemplate",
	"lxc-create.short-password",
	"lxc-create.vmid-taken",
	"lxc-destroy.unknown",
	"lxc-interfaces-stopped",
	"lxc-resize.shrink",
	"lxc-stop.stopped",
	"nextid.free",
	"nextid.taken",
	"nextid",
	"perm.full-permissions-path",
	"perm.low-node-storage",
	"perm.low-permissions",
	"perm.low-storage-content",
	"perm.low-tasks",
	"perm.sep-permissions",
	"perm.sep-node-status",
	"pool.missing",
	"pools",
	"qemu-create.args-user",
	"qemu-create.bad-cores",
	"qemu-create.bad-disk-storage",
	"qemu-create.bad-memory",
	"qemu-create.bad-name",
	"qemu-create.bad-net",
	"qemu-create.bad-ostype",
	"qemu-create.bad-tag",
	"qemu-create.hookscript-user",
	"qemu-create.import-iso",
	"qemu-create.import-path",
	"qemu-create.import-path-user",
	"qemu-create.vmid-taken",
	"reboot.stopped",
	"resize.bad-name",
	"resize.bad-size",
	"resize.negative",
	"status.unknown-vm",
	"storage.status-unknown",
	"task.bad-upid",
	"task.unknown-log",
	"task.unknown-upid",
	"cluster-status",
	"unlock.plain-token",
	"unlock.skiplock-user",
	NULL,
};

struct replay {
	struct arena *arena;
	struct world *world;
	unsigned pve;
	struct text wrong;
	size_t asked;
};

/* One side of a recording: first line, headers, body. */
struct message {
	char *line, *body;
	char **headers;
	size_t count;
};

static const char *header(const struct message *message, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < message->count; i++)
		if (!strncasecmp(message->headers[i], name, len) &&
		    message->headers[i][len] == ':')
			return message->headers[i] + len + 2;
	return NULL;
}

static struct message take_apart(struct arena *arena, char *text)
{
	struct message message = { .body = strstr(text, "\n\n") };
	char **lines;

	if (message.body) {
		*message.body = '\0';
		message.body += 2;
	}
	message.count = str_split(arena, text, "\n", &lines);
	message.line = lines[0];
	message.headers = lines + 1;
	message.count--;
	if (!message.body)
		message.body = arena_strdup(arena, "");
	return message;
}

static char *read_recording(struct replay *replay, const char *name)
{
	char *path = arena_printf(replay->arena, FOLDER "/%u/%s.txt", replay->pve, name);
	char *text = arena_alloc(replay->arena, TEXT_MAX, 1), *to = text;
	FILE *file = fopen(path, "r");
	size_t len;

	if (!file)
		return NULL;
	len = fread(text, 1, TEXT_MAX - 1, file);
	fclose(file);
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\r')
			*to++ = text[i];
	*to = '\0';
	return text;
}

/* Whose token it was; the secret itself is not in the recording. */
static const char *user_of(struct replay *replay, const char *authorization)
{
	const char *secret = authorization ? strstr(authorization, "=<SECRET:") : NULL;
	const char *user = authorization ? strchr(authorization, '=') : NULL;

	if (!secret || !user || user == secret)
		return NULL;
	return arena_strndup(replay->arena, user + 1, (size_t)(secret - user) - 1);
}

static bool same_body(const char *mine, const char *theirs)
{
	json_t *a = json_loads(mine, 0, NULL), *b = json_loads(theirs, 0, NULL);
	bool same = a && b ? json_equal(a, b)
			   : !strncmp(mine, theirs, strcspn(mine, "\n")) &&
				     strlen(mine) <= strlen(theirs) + 1;

	json_decref(a);
	json_decref(b);
	return same;
}

static void compare(struct replay *replay, const char *name, const struct call *call,
		    const struct message *theirs)
{
	char *line = arena_printf(replay->arena, "HTTP/1.1 %d %s", call->answer.status,
				  call->answer.reason);
	const char *body = call->answer.body ? call->answer.body : "";

	if (strcmp(line, theirs->line) != 0)
		text_addf(&replay->wrong, "%u/%s:\n  PVE %s\n  sim %s\n", replay->pve,
			  name, theirs->line, line);
	else if (!same_body(body, theirs->body))
		text_addf(&replay->wrong, "%u/%s:\n  PVE %s\n  sim %s\n", replay->pve,
			  name, theirs->body, body);
}

static void replay_one(struct replay *replay, const char *name)
{
	char *text = read_recording(replay, name), *request, *response, **words;
	struct message asked, theirs;
	struct api_request api;
	struct call call;
	const char *user;
	char *query;

	request = text ? strstr(text, ">>> REQUEST\n") : NULL;
	response = request ? strstr(request, "<<< RESPONSE\n") : NULL;
	if (!response) {
		text_addf(&replay->wrong, "%u/%s: no such recording\n", replay->pve,
			  name);
		return;
	}
	*response = '\0';
	asked = take_apart(replay->arena, request + strlen(">>> REQUEST\n"));
	theirs = take_apart(replay->arena, response + strlen("<<< RESPONSE\n"));
	str_split(replay->arena, asked.line, " ", &words);
	query = strchr(words[1], '?');
	if (query)
		*query++ = '\0';
	asked.body[strcspn(asked.body, "\n")] = '\0';
	api = (struct api_request){ .method = words[0],
				    .path = words[1],
				    .query = query,
				    .authorization = header(&asked, "Authorization"),
				    .content_type = header(&asked, "Content-Type"),
				    .body = asked.body,
				    .body_len = strlen(asked.body) };
	user = user_of(replay, api.authorization);
	call_init(&call, replay->arena, replay->world, &api);
	if (user && !strstr(name, "auth."))
		call.user = user;
	while (!api_handle(&call))
		world_advance(replay->world, replay->world->now + 0.1);
	call_finish(&call);
	compare(replay, name, &call, &theirs);
	replay->asked++;
}

static void answers_alike(void **state)
{
	struct replay replay = { .arena = arena_create() };
	struct error err = { 0 };
	json_t *json;

	memcpy(&replay.pve, *(const char *const *)state + sizeof(char *),
	       sizeof(replay.pve));
	if (!read_recording(&replay, "version")) {
		arena_destroy(replay.arena);
		print_message("no recordings of PVE beside the source\n");
		skip();
	}
	text_init(&replay.wrong, replay.arena);
	for (size_t i = 0; names[i]; i++) { /* each in a fresh world */
		json = json_loads(world_text, 0, NULL);
		json_object_set_new(json, "pve", json_integer(replay.pve));
		replay.world = world_create(json, 1, NOW, &err);
		json_decref(json);
		assert_non_null(replay.world);
		replay_one(&replay, names[i]);
		world_destroy(replay.world);
	}
	if (replay.wrong.len)
		fputs(text_str(&replay.wrong), stderr);
	assert_int_equal(replay.wrong.len, 0);
	assert_int_equal(replay.asked, sizeof(names) / sizeof(names[0]) - 1);
	arena_destroy(replay.arena);
}

static const struct {
	const char *name;
	unsigned pve;
} versions[] = {
	{ "what was recorded of PVE 8 is answered alike", 8 },
	{ "what was recorded of PVE 9 is answered alike", 9 },
};

int main(void)
{
	add_rows(answers_alike, versions);
	return run_all_tests("sim recordings");
}
