/*
 * Child `git` in a repository: its arguments, its environment, and what its words mean.
 */
#pragma once

#include "git/inside.h"

/*
 * Run git with these arguments (ending in NULL) under the repository's deadline. A cache
 * gets an environment made from nothing: no configuration of the host, no prompt, no
 * hook, no redirect, the credentials of the host's own configuration. A checkout gets the
 * person's environment and configuration, but no prompt, no hook and no maintenance: a
 * repository's own programs are never run.
 */
void command_start(struct child *child, struct arena *arena, const struct repo *repo,
		   const char *const *args, void (*resume)(void *flow), void *flow);

/* The same, with the packets of Git's protocol traced on standard error: see
 * command_spoke. */
void command_start_traced(struct child *child, struct arena *arena,
			  const struct repo *repo, const char *const *args,
			  void (*resume)(void *flow), void *flow);

/*
 * Did the other side of a traced command speak Git's protocol? To git, any web server is
 * a repository of the old static kind, and the page of a login or a proxy an empty one.
 */
bool command_spoke(const struct child *child);

/* Did it end with exit code 0? Else `err` says what git said, after "git VERB: ". */
bool command_ok(const struct child *child, struct arena *arena, const char *verb,
		struct error *err);

/*
 * What git's standard error means for the loop: credentials and host keys are
 * ERROR_DENIED, a path or certificate that is wrong is ERROR_FAILED, a disk that is full
 * is ERROR_LOCAL, everything else may pass: ERROR_TEMPORARY.
 */
enum error_kind command_kind(const char *said);

/* The lines of git's standard error that tell something, as one safe line without
 * credentials. "remote: " is in front of what the other side said. */
char *command_words(struct arena *arena, const char *said);

/* Only what the other side said: the words of its hooks. "" when it said nothing. */
char *command_remote_words(struct arena *arena, const char *said);

/* `user:password@` out of every URL in the text, in place. */
void url_redact(char *text);
