#include "git/command.h"

#include "base/text.h"
#include "base/vec.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MAX = 1024 * 1024 };

struct strings {
	const char **at;
	size_t len, cap;
};

#define TRACE "GIT_TRACE_PACKET=1"

/* Settings for git through its environment: arguments can be read by everybody. */
struct settings {
	struct strings env;
	unsigned count;
};

static void add(struct arena *arena, struct strings *strings, const char *string)
{
	*vec_push(arena, strings) = string;
}

static void set(struct arena *arena, struct settings *settings, const char *key,
		const char *value)
{
	add(arena, &settings->env,
	    arena_printf(arena, "GIT_CONFIG_KEY_%u=%s", settings->count, key));
	add(arena, &settings->env,
	    arena_printf(arena, "GIT_CONFIG_VALUE_%u=%s", settings->count, value));
	settings->count++;
}

/* For the shell that git gives GIT_SSH_COMMAND to. */
static void add_quoted(struct text *out, const char *word)
{
	text_addc(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			text_add(out, "'\\''");
		else
			text_addc(out, *word);
	text_addc(out, '\'');
}

/* `-o KEY="path"`: ssh takes words apart and replaces %x in it. */
static void add_ssh_file(struct arena *arena, struct text *out, const char *key,
			 const char *path)
{
	struct text option;

	text_init(&option, arena);
	text_addf(&option, "%s=\"", key);
	for (; *path; path++) {
		if (*path == '%')
			text_addc(&option, '%');
		text_addc(&option, *path);
	}
	text_addc(&option, '"');
	text_add(out, " -o ");
	add_quoted(out, text_str(&option));
}

static const char *ssh_command(struct arena *arena, const struct repo *repo)
{
	struct text out;

	text_init(&out, arena);
	text_add(&out, "GIT_SSH_COMMAND=ssh -F none -o BatchMode=yes"
		       " -o StrictHostKeyChecking=yes -o ConnectTimeout=20");
	if (repo->known_hosts) {
		add_ssh_file(arena, &out, "UserKnownHostsFile", repo->known_hosts);
		text_add(&out, " -o GlobalKnownHostsFile=/dev/null");
	}
	if (repo->ssh_key_file) {
		add_ssh_file(arena, &out, "IdentityFile", repo->ssh_key_file);
		text_add(&out, " -o IdentitiesOnly=yes -o IdentityAgent=none");
	}
	return text_str(&out);
}

static void inherit(struct arena *arena, struct strings *env, const char *name)
{
	const char *value = getenv(name);

	if (value)
		add(arena, env, arena_printf(arena, "%s=%s", name, value));
}

static void set_credentials(struct arena *arena, struct settings *settings,
			    const struct repo *repo)
{
	char *header;
	size_t start;

	if (!repo->basic.value)
		return;
	start = strlen("Authorization: Basic ");
	header = arena_array(arena, char, start + repo->basic.len * 4 / 3 + 8);
	memcpy(header, "Authorization: Basic ", start);
	EVP_EncodeBlock((unsigned char *)header + start,
			(const unsigned char *)repo->basic.value, (int)repo->basic.len);
	set(arena, settings, "http.extraHeader", header);
	OPENSSL_cleanse(header, strlen(header));
}

/* Everything a cache's git is told; nothing of the host's configuration is read. */
static const char *const *cache_env(struct arena *arena, const struct repo *repo,
				    bool traced)
{
	/* A proxy is a matter of the host's network, not of the repository. */
	static const char *const inherited[] = {
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
		"no_proxy",    "NO_PROXY",    "TMPDIR",
	};
	static const char *const fixed[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C",
		"LANGUAGE=",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_ASKPASS=/bin/false",
		"SSH_ASKPASS=/bin/false",
		"GIT_SSH_VARIANT=ssh",
		"GIT_ALLOW_PROTOCOL=https:ssh:file",
		"GIT_PROTOCOL_FROM_USER=0",
	};
	struct settings settings = { 0 };
	struct strings *env = &settings.env;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add(arena, env, fixed[i]);
	for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]); i++)
		inherit(arena, env, inherited[i]);
	if (!repo->ssh_key_file)
		inherit(arena, env, "SSH_AUTH_SOCK");
	/* no ~/.netrc: credentials come from the host's own configuration alone */
	add(arena, env, arena_printf(arena, "HOME=%s", repo->dir));
	add(arena, env, ssh_command(arena, repo));
	set(arena, &settings, "gc.auto", "0");
	set(arena, &settings, "maintenance.auto", "false");
	set(arena, &settings, "core.hooksPath", "/dev/null");
	set(arena, &settings, "transfer.fsckObjects", "true");
	/* credentials stay with the server they were meant for */
	set(arena, &settings, "http.followRedirects", "false");
	if (repo->ca_file)
		set(arena, &settings, "http.sslCAInfo", repo->ca_file);
	set_credentials(arena, &settings, repo);
	add(arena, env, arena_printf(arena, "GIT_CONFIG_COUNT=%u", settings.count));
	add(arena, env, traced ? TRACE : NULL);
	add(arena, env, NULL);
	return env->at;
}

/*
 * Names that tie git to another repository than the one it is started in (the list of
 * `git rev-parse --local-env-vars`, without the configuration a person or their CI gives
 * on purpose): vm7 may run inside a hook. And the names that are set below.
 */
static bool is_left_out(const char *variable)
{
	static const char *const names[] = {
		"GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_COMMON_DIR",
		"GIT_CONFIG",
		"GIT_DIR",
		"GIT_GRAFT_FILE",
		"GIT_IMPLICIT_WORK_TREE",
		"GIT_INDEX_FILE",
		"GIT_INTERNAL_SUPER_PREFIX",
		"GIT_NAMESPACE",
		"GIT_NO_REPLACE_OBJECTS",
		"GIT_OBJECT_DIRECTORY",
		"GIT_OPTIONAL_LOCKS",
		"GIT_PREFIX",
		"GIT_QUARANTINE_PATH",
		"GIT_REPLACE_REF_BASE",
		"GIT_SHALLOW_FILE",
		"GIT_TERMINAL_PROMPT",
		"GIT_TRACE_PACKET",
		"GIT_WORK_TREE",
		"LANGUAGE",
		"LC_ALL",
	};
	size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && strncmp(variable, names[i], len) == 0)
			return true;
	return false;
}

static const char *const *checkout_env(struct arena *arena, bool traced)
{
	struct strings env = { 0 };

	for (char **variable = environ; *variable; variable++)
		if (!is_left_out(*variable))
			add(arena, &env, *variable);
	add(arena, &env, "LC_ALL=C");
	add(arena, &env, "LANGUAGE=");
	/* it has no terminal (base/child.h): better a clear answer than a strange one */
	add(arena, &env, "GIT_TERMINAL_PROMPT=0");
	add(arena, &env, "GIT_OPTIONAL_LOCKS=0");
	add(arena, &env, traced ? TRACE : NULL);
	add(arena, &env, NULL);
	return env.at;
}

static void start(struct child *child, struct arena *arena, const struct repo *repo,
		  bool traced, const char *const *args, void (*resume)(void *flow),
		  void *flow)
{
	static const char *const in_checkout[] = {
		"-c", "gc.auto=0",
		"-c", "maintenance.auto=false",
		"-c", "core.hooksPath=/dev/null",
	};
	struct strings argv = { 0 };
	struct child_spec spec = {
		.output_max = OUTPUT_MAX,
		.deadline_ms = (uint64_t)repo->deadline * 1000,
	};

	add(arena, &argv, "git");
	if (repo->cache) {
		add(arena, &argv, arena_printf(arena, "--git-dir=%s", repo->dir));
	} else {
		add(arena, &argv, "-C");
		add(arena, &argv, repo->dir);
		for (size_t i = 0; i < sizeof(in_checkout) / sizeof(in_checkout[0]); i++)
			add(arena, &argv, in_checkout[i]);
	}
	for (; *args; args++)
		add(arena, &argv, *args);
	add(arena, &argv, NULL);
	spec.argv = argv.at;
	spec.env = repo->cache ? cache_env(arena, repo, traced)
			       : checkout_env(arena, traced);
	child_start(child, arena, &spec, resume, flow);
	/* The child has its copy; nobody finds the credentials in ours. */
	for (const char *const *one = spec.env; *one && repo->cache; one++)
		if (str_starts(*one, "GIT_CONFIG_VALUE_") &&
		    strstr(*one, "Authorization:"))
			OPENSSL_cleanse((void *)(uintptr_t)*one, strlen(*one));
}

void command_start(struct child *child, struct arena *arena, const struct repo *repo,
		   const char *const *args, void (*resume)(void *flow), void *flow)
{
	start(child, arena, repo, false, args, resume, flow);
}

void command_start_traced(struct child *child, struct arena *arena,
			  const struct repo *repo, const char *const *args,
			  void (*resume)(void *flow), void *flow)
{
	start(child, arena, repo, true, args, resume, flow);
}

bool command_spoke(const struct child *child)
{
	return strstr(text_str(&child->said), "packet:") != NULL;
}
