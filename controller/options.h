/* The command line: one table of options, one of commands. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct options {
	const char *dir; /* -C */
	const char *repo, *branch, *path;
	const char *config; /* --config */
	const char *state_dir;
	const char **endpoints; /* --endpoint, repeatable */
	size_t endpoints_len;
	const char *log_format;
	const char *guest, *expect, *explain, *format, *report;
	long task_timeout;  /* seconds; 0: not given */
	const char *name;   /* what stands alone behind the verb: the first such word */
	const char **words; /* all of them, `name` too */
	size_t words_len;
	const char *pool, *file, *network, *image; /* of import */
	const char *reason;                        /* of hold */
	const char *accept_rewrite;                /* a commit */
	const char *tag;                           /* of adopt */
	bool all, list, recover;                   /* likewise */
	const char *pve;                           /* of rights */
	bool destroy;                              /* of release */
	const char *orphan;                        /* likewise: a VMID */
	bool watch;                                /* of status */
	bool verbose, json, yes, offline, detailed_exitcode, once, dry_run, help, version;
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_TEXTS, OPTION_DURATION };

struct option_row {
	const char *name; /* long */
	char letter;      /* 0: none */
	enum option_kind kind;
	size_t offset; /* in struct options */
	bool common;   /* every command takes it */
	const char *argument, *help;
};

extern const struct option_row option_rows[]; /* ends with a NULL name */

struct app;

/* A new command is a file and a row in commands.c. */
struct command {
	const char *name;
	const char *summary; /* a line for `vm7 help` */
	/* "NAME", "[NAME]" or NULL; with "..." in it any number of words may follow */
	const char *argument;
	const char *const *
		/* the long names it takes beside the common ones; ends in NULL */
		options;
	const char *about; /* more for `vm7 help VERB` */
	int (*run)(struct app *app);
};

extern const struct command commands[]; /* ends with a NULL name */

const struct command *command_find(const char *name);
bool command_takes(const struct command *command, const struct option_row *row);

/*
 * Options may stand before and behind the verb. False: ERROR_USAGE with what is wrong
 * and what would be right. `*command` is NULL when only --help or --version was asked
 * for, or nothing.
 */
bool options_read(struct options *out, const struct command **command,
		  struct arena *arena, int argc, char **argv, struct error *err);

/* `vm7 help` (NULL), `vm7 help VERB`. */
void help_print(const struct command *command);

/* The same for programs, which the manual and the shells' completions are made by. */
json_t *help_json(const struct command *command);
