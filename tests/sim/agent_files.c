/* Files and programs in a guest: it keeps what is written, and knows a few programs. */
#include "agent.h"
#include "base/text.h"
#include "guest.h"
#include "props.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PID    400
#define READ_MAX     16777216
#define EXEC_SECONDS 0.2

/* "files", "programs": made when first needed. */
static json_t *shelf(struct guest *guest, const char *name)
{
	if (!json_object_get(guest->inside, name))
		json_object_set_new(guest->inside, name, json_object());
	return json_object_get(guest->inside, name);
}

static const char *file_of(struct call *call, struct guest *guest, const char *path)
{
	const char *name = guest_get(guest, "name");

	if (!strcmp(path, "/etc/hostname"))
		return arena_printf(call->arena, "%.*s\n",
				    name ? (int)strcspn(name, ".") : 0, name ? name : "");
	return props_get(shelf(guest, "files"), path);
}

static char *base64(struct call *call, const char *text, size_t len)
{
	char *out = arena_alloc(call->arena, len / 3 * 4 + 5, 1);

	EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, (int)len);
	return out;
}

void agent_file_read(struct call *call, struct guest *guest)
{
	const char *path = param(call, "file"), *text = file_of(call, guest, path);
	size_t len, skip = param_number(call, "offset");
	size_t count = param(call, "count") ? param_number(call, "count") : READ_MAX;
	json_t *out;

	if (!text) {
		refuse(call, 500,
		       "Agent error: failed to open file '%s' (mode: 'r'): No such file "
		       "or "
		       "directory",
		       path);
		return;
	}
	len = strlen(text);
	text += skip < len ? skip : len;
	len = strlen(text);
	out = json_object();
	if (len > count)
		json_object_set_new(out, "truncated", json_true());
	len = len < count ? len : count;
	json_object_set_new(out, "bytes-read", json_integer((json_int_t)len));
	json_object_set_new(out, "content",
			    param(call, "decode") && !param_true(call, "decode")
				    ? json_string(base64(call, text, len))
				    : json_stringn(text, len));
	reply(call, out);
}

/* What PVE would send on as it is has to be base64 already. */
static const char *decoded(struct call *call, const char *text)
{
	size_t len = strlen(text);
	unsigned char *out = arena_alloc(call->arena, len + 1, 1);
	int bytes = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);

	if (bytes < 0)
		return NULL;
	while (len > 0 && bytes > 0 && text[--len] == '=') /* padding counts as zeros */
		bytes--;
	out[bytes] = '\0';
	return (const char *)out;
}

void agent_file_write(struct call *call, struct guest *guest)
{
	bool encode = !param(call, "encode") || param_true(call, "encode");
	const char *text = param(call, "content");

	if (!encode)
		text = decoded(call, text);
	if (!text) {
		refuse(call, 500, "Agent error: Invalid parameter 'buf-b64'");
		return;
	}
	props_set(shelf(guest, "files"), param(call, "file"), text);
	world_touch(call->world);
	reply(call, json_null());
}

/* --- programs --- */

/* "hostname -f" as sent: one word after the other. */
static char **words_of(struct call *call, size_t *count)
{
	const json_t *sent = json_object_get(call->raw, "command"), *word;
	char **words = arena_array(call->arena, char *, json_array_size(sent) + 2);
	size_t i;

	*count = 0;
	if (json_is_string(sent))
		words[(*count)++] = arena_strdup(call->arena, json_string_value(sent));
	json_array_foreach (sent, i, word)
		words[(*count)++] = arena_strdup(
			call->arena, json_is_string(word) ? json_string_value(word) : "");
	return words;
}

/* What a program printed, and how it ended. */
struct result {
	const char *out;
	int code;
};

static struct result echo(struct call *call, struct guest *guest, char **words,
			  size_t count)
{
	struct text out;

	(void)guest;
	text_init(&out, call->arena);
	for (size_t i = 1; i < count; i++)
		text_addf(&out, "%s%s", i > 1 ? " " : "", words[i]);
	text_addc(&out, '\n');
	return (struct result){ text_str(&out), 0 };
}

static struct result cat(struct call *call, struct guest *guest, char **words,
			 size_t count)
{
	struct result result = { NULL, 0 };
	struct text out;

	text_init(&out, call->arena);
	for (size_t i = 1; i < count; i++) {
		const char *text = file_of(call, guest, words[i]);

		if (text)
			text_add(&out, text);
		else
			result.code = 1;
	}
	result.out = text_str(&out);
	return result;
}

static struct result hostname(struct call *call, struct guest *guest, char **words,
			      size_t count)
{
	(void)words;
	(void)count;
	return (struct result){ file_of(call, guest, "/etc/hostname"), 0 };
}

static struct result cloud_init(struct call *call, struct guest *guest, char **words,
				size_t count)
{
	(void)call;
	(void)guest;
	(void)words;
	(void)count;
	return (struct result){ "status: done\n", 0 };
}

static struct result succeed(struct call *call, struct guest *guest, char **words,
			     size_t count)
{
	(void)call;
	(void)guest;
	(void)words;
	(void)count;
	return (struct result){ "", 0 };
}

static struct result fail(struct call *call, struct guest *guest, char **words,
			  size_t count)
{
	(void)call;
	(void)guest;
	(void)words;
	(void)count;
	return (struct result){ "", 1 };
}

static const struct program {
	const char *name;
	struct result (*run)(struct call *call, struct guest *guest, char **words,
			     size_t count);
} programs[] = {
	{ "cat", cat },    { "cloud-init", cloud_init }, { "echo", echo },
	{ "false", fail }, { "hostname", hostname },     { "true", succeed },
};

static const struct program *program_of(const char *path)
{
	const char *name = str_starts(path, "/usr/bin/") ? path + 9
			   : str_starts(path, "/bin/")   ? path + 5
							 : path;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!strcmp(programs[i].name, name))
			return &programs[i];
	return NULL;
}

/*
 * The agent's words for a program that is not there have typographic quotes, which are more
 * than a status line can hold: the daemon dies of it, and its proxy finds a broken pipe.
 */
static void broken_pipe(struct call *call)
{
	refuse(call, 596, "Broken pipe");
	call->answer.type = NULL;
	call->answer.body = NULL;
	call->answer.body_len = 0;
}

void agent_exec(struct call *call, struct guest *guest)
{
	size_t count;
	char **words = words_of(call, &count);
	const struct program *program = count ? program_of(words[0]) : NULL;
	json_int_t pid = json_integer_value(json_object_get(guest->inside, "pid"));
	struct result result;

	if (!program) {
		broken_pipe(call);
		return;
	}
	result = program->run(call, guest, words, count);
	pid = pid ? pid + 1 : FIRST_PID;
	json_object_set_new(guest->inside, "pid", json_integer(pid));
	json_object_set_new(shelf(guest, "programs"),
			    arena_printf(call->arena, "%lld", (long long)pid),
			    json_pack("{s:s, s:i, s:f}", "out", result.out, "code",
				      result.code, "end",
				      call->world->now + EXEC_SECONDS));
	world_touch(call->world);
	reply(call, json_pack("{s:I}", "pid", pid));
}

/* The agent forgets a program once it has told how it ended. */
void agent_exec_status(struct call *call, struct guest *guest)
{
	json_t *running = shelf(guest, "programs"), *out;
	const json_t *program = json_object_get(running, param(call, "pid"));
	const char *text;

	if (!program) {
		refuse(call, 500, "Agent error: Invalid parameter 'pid'");
		return;
	}
	if (call->world->now < json_number_value(json_object_get(program, "end"))) {
		reply(call, json_pack("{s:i}", "exited", 0));
		return;
	}
	text = props_get(program, "out");
	out = json_pack("{s:i, s:O}", "exited", 1, "exitcode",
			json_object_get(program, "code"));
	if (*text) {
		props_set(out, "out-data", text);
		json_object_set_new(out, "out-truncated", json_integer(0));
	}
	json_object_del(running, param(call, "pid"));
	world_touch(call->world);
	reply(call, out);
}

void agent_password(struct call *call, struct guest *guest)
{
	const char *user = param(call, "username"), *known = guest_get(guest, "ciuser");

	if (!strcmp(user, "root") || str_equal(user, known ? known : "debian"))
		agent_reply(call, json_object());
	else
		refuse(call, 500,
		       "Agent error: child process has failed to set user password");
}
