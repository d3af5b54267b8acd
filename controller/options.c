#include "controller/options.h"

#include "base/text.h"
#include "base/vec.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const struct option_row option_rows[] = {
#define FLAG_ROW(name, letter, member, common, help)                                 \
	{                                                                            \
		name, letter, OPTION_FLAG, offsetof(struct options, member), common, \
			NULL, help                                                   \
	}
#define TEXT_ROW(name, letter, member, common, argument, help)                       \
	{                                                                            \
		name, letter, OPTION_TEXT, offsetof(struct options, member), common, \
			argument, help                                               \
	}
	TEXT_ROW("directory", 'C', dir, true, "DIR",
		 "the checkout to work in (default: .)"),
	TEXT_ROW("repo", 0, repo, true, "URL",
		 "work on this repository, without a checkout"),
	TEXT_ROW("branch", 0, branch, true, "B", "the branch of --repo"),
	TEXT_ROW("path", 0, path, true, "P", "the folder of vm7.yaml in the repository"),
	TEXT_ROW("config", 0, config, true, "FILE", "the host's own configuration"),
	{ "endpoint", 0, OPTION_TEXTS, offsetof(struct options, endpoints), true, "URL",
	  "a Proxmox endpoint that credentials may be sent to (repeatable)" },
	TEXT_ROW("state-dir", 0, state_dir, true, "DIR",
		 "where the cache of --repo lives"),
	FLAG_ROW("verbose", 'v', verbose, true, "show each request (never a secret)"),
	TEXT_ROW("log-format", 0, log_format, true, "F",
		 "the form of log lines: text (in the journal with its priorities) or "
		 "json"),
	FLAG_ROW("json", 0, json, true, "one JSON document on standard output"),
	FLAG_ROW("help", 'h', help, true, "help for the command"),
	FLAG_ROW("version", 0, version, true, "the version"),
	TEXT_ROW("guest", 0, guest, false, "NAME", "only this guest"),
	TEXT_ROW("expect", 0, expect, false, "FINGERPRINT",
		 "only if the plan still has this fingerprint"),
	TEXT_ROW("explain", 0, explain, false, "NAME",
		 "where each value of a guest comes from"),
	TEXT_ROW("format", 0, format, false, "F", "the form of what is printed"),
	TEXT_ROW("report", 0, report, false, "FILE",
		 "also write the report to FILE (.json, .md, else text)"),
	TEXT_ROW("pool", 0, pool, false, "P", "the pool of the addresses"),
	TEXT_ROW("file", 0, file, false, "FILE",
		 "a lease file of nothing but addresses and pools"),
	TEXT_ROW("network", 0, network, false, "N", "the network of the guests' card"),
	TEXT_ROW("image", 0, image, false, "VOLUME",
		 "the container template that they are made from"),
	TEXT_ROW("reason", 0, reason, false, "TEXT", "why it is left alone"),
	FLAG_ROW("all", 0, all, false, "every guest that no lease covers"),
	TEXT_ROW("tag", 0, tag, false, "T", "every such guest with this tag"),
	FLAG_ROW("list", 0, list, false, "only list the guests that no lease covers"),
	FLAG_ROW("recover", 0, recover, false,
		 "rebuild a lost lease file from the guests that carry its line"),
	TEXT_ROW("pve", 0, pve, false, "RELEASE", "only for this release: 8 or 9"),
	FLAG_ROW("destroy", 0, destroy, false, "it is destroyed once its grace is over"),
	TEXT_ROW("orphan", 0, orphan, false, "VMID",
		 "destroy a guest that carries vm7's line and has no lease"),
	FLAG_ROW("watch", 0, watch, false, "show it again whenever it changed"),
	FLAG_ROW("yes", 0, yes, false, "do not ask before something is destroyed"),
	FLAG_ROW("offline", 0, offline, false, "ask neither Proxmox nor the Git remote"),
	FLAG_ROW("detailed-exitcode", 0, detailed_exitcode, false,
		 "exit with 2 when there is something to do"),
	TEXT_ROW("accept-rewrite", 0, accept_rewrite, false, "COMMIT",
		 "act on this commit although the branch was rewritten"),
	FLAG_ROW("once", 0, once, false, "one pass"),
	FLAG_ROW("dry-run", 0, dry_run, false, "only plan it"),
	{ "task-timeout", 0, OPTION_DURATION, offsetof(struct options, task_timeout),
	  false, "TIME",
	  "how long a task of Proxmox is waited for, as 30m (default 1h)" },
	{ 0 },
};

enum { OPTION_ROWS = sizeof(option_rows) / sizeof(option_rows[0]) - 1 };

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

static const struct option_row *find_long(const char *name, size_t len)
{
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (strlen(option_rows[i].name) == len &&
		    strncmp(option_rows[i].name, name, len) == 0)
			return &option_rows[i];
	return NULL;
}

static const struct option_row *find_short(char letter)
{
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (letter && option_rows[i].letter == letter)
			return &option_rows[i];
	return NULL;
}

static bool unknown_option(const char *arg, struct error *err)
{
	const char *known[OPTION_ROWS + 1] = { 0 };
	const char *nearest;

	for (size_t i = 0; i < OPTION_ROWS; i++)
		known[i] = option_rows[i].name;
	nearest = str_starts(arg, "--") ? str_nearest(arg + 2, known) : NULL;
	return error_set(err, ERROR_USAGE, "unknown option %s%s%s%s", arg,
			 nearest ? "; did you mean --" : "", nearest ? nearest : "",
			 nearest ? "?" : "; see vm7 help");
}

struct reading {
	struct options *out;
	struct arena *arena;
	char **argv;
	int argc, next;
	const struct option_row *given[64]; /* checked when the command is known */
	size_t given_len;
};

/* One more in a list of texts of the options. */
static void add_text(struct reading *r, const char ***at, size_t *len, const char *value)
{
	struct {
		const char **at;
		size_t len, cap;
	} list = { *at, *len, *len };

	*vec_push(r->arena, &list) = value;
	*at = list.at;
	*len = list.len;
}

static bool store(struct reading *r, const struct option_row *row, const char *value,
		  struct error *err)
{
	char *member = (char *)r->out + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		break;
	case OPTION_TEXT:
		*(const char **)member = value;
		break;
	case OPTION_TEXTS:
		add_text(r, &r->out->endpoints, &r->out->endpoints_len, value);
		break;
	case OPTION_DURATION:
		if (!str_duration(value, (long *)member) || *(long *)member <= 0)
			return error_set(err, ERROR_USAGE,
					 "--%s %s: expected a duration such as 30s, 5m, "
					 "2h or 1d",
					 row->name, value);
		break;
	}
	if (r->given_len < sizeof(r->given) / sizeof(r->given[0]))
		r->given[r->given_len++] = row;
	return true;
}

/* --name, --name=value, --name value, -C value, -Cvalue */
static bool read_option(struct reading *r, const char *arg, struct error *err)
{
	const struct option_row *row;
	const char *value = NULL;

	if (str_starts(arg, "--")) {
		size_t len = strcspn(arg + 2, "=");

		row = find_long(arg + 2, len);
		if (arg[2 + len] == '=')
			value = arg + 3 + len;
	} else {
		row = find_short(arg[1]);
		if (arg[2])
			value = arg + 2;
	}
	if (!row)
		return unknown_option(arg, err);
	if (row->kind == OPTION_FLAG) {
		if (value)
			return error_set(err, ERROR_USAGE, "--%s takes no value",
					 row->name);
	} else if (!value) {
		if (r->next == r->argc)
			return error_set(err, ERROR_USAGE, "--%s needs a value: %s",
					 row->name, row->argument);
		value = r->argv[r->next++];
	}
	return store(r, row, value, err);
}

bool command_takes(const struct command *command, const struct option_row *row)
{
	if (row->common)
		return true;
	for (const char *const *name = command->options; name && *name; name++)
		if (strcmp(*name, row->name) == 0)
			return true;
	return false;
}

static bool unknown_command(const char *name, struct error *err)
{
	const char *known[64] = { 0 };
	size_t len = 0;
	const char *nearest;

	for (const struct command *command = commands; command->name && len < 63;
	     command++)
		known[len++] = command->name;
	nearest = str_nearest(name, known);
	return error_set(err, ERROR_USAGE, "unknown command %s%s%s%s", name,
			 nearest ? "; did you mean " : "", nearest ? nearest : "",
			 nearest ? "?" : "; see vm7 help");
}

static bool read_word(struct reading *r, const struct command **command, const char *word,
		      struct error *err)
{
	if (!*command) {
		*command = command_find(word);
		return *command || unknown_command(word, err);
	}
	if (!(*command)->argument ||
	    (r->out->name && !strstr((*command)->argument, "...")))
		return error_set(err, ERROR_USAGE, "vm7 %s: what is %s?",
				 (*command)->name, word);
	if (!r->out->name)
		r->out->name = word;
	add_text(r, &r->out->words, &r->out->words_len, word);
	return true;
}

static bool fits_together(const struct options *opt, struct error *err)
{
	if (opt->repo && opt->dir)
		return error_set(err, ERROR_USAGE, "-C and --repo exclude each other");
	if (opt->branch && !opt->repo && !opt->config)
		return error_set(err, ERROR_USAGE,
				 "--branch belongs to --repo: in a checkout the branch "
				 "is its own");
	return true;
}

bool options_read(struct options *out, const struct command **command,
		  struct arena *arena, int argc, char **argv, struct error *err)
{
	struct reading r = {
		.out = out, .arena = arena, .argv = argv, .argc = argc, .next = 1
	};
	bool only_words = false;

	*out = (struct options){ 0 };
	*command = NULL;
	while (r.next < argc) {
		const char *arg = argv[r.next++];

		if (!only_words && strcmp(arg, "--") == 0)
			only_words = true;
		else if (!only_words && arg[0] == '-' && arg[1]
				 ? !read_option(&r, arg, err)
				 : !read_word(&r, command, arg, err))
			return false;
	}
	for (size_t i = 0; *command && i < r.given_len; i++)
		if (!command_takes(*command, r.given[i]))
			return error_set(
				err, ERROR_USAGE, "vm7 %s takes no --%s; see vm7 help %s",
				(*command)->name, r.given[i]->name, (*command)->name);
	if (*command && !out->help && (*command)->argument &&
	    (*command)->argument[0] != '[' && !out->name)
		return error_set(err, ERROR_USAGE, "vm7 %s needs %s; see vm7 help %s",
				 (*command)->name, (*command)->argument,
				 (*command)->name);
	return fits_together(out, err);
}
