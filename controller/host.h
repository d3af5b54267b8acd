/*
 * The host's own configuration: the only place that names files, programs and
 * credentials.
 *
 * Optional for the verbs a person runs; every key of it that only the controller needs
 * is refused until there is one.
 */
#pragma once

#include "base/diag.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/setting.h"
#include "controller/listen.h"
#include "controller/outgoing.h"
#include "git/signed.h"
#include "reconcile/manifest.h"

/* What a secret may be used for. */
enum secret_use {
	USE_ANY,
	USE_PROXMOX,
	USE_GIT,
	USE_GUEST,
	USE_WEBHOOK,
	USE_NOTIFY,
	USE_FORGE,
};

struct secret_source {
	const char *name;
	struct text_setting file, env;
	struct list_setting command;
	struct choice_setting use;
};

struct host {
	const char *file; /* that was read; NULL: none */
	struct text_setting repo, branch, path;
	struct text_setting git_username;
	struct secret_setting git_password, git_ssh_key;
	struct text_setting git_known_hosts, git_ca_file, git_author;
	struct secret_setting git_signing_key;
	struct flag_setting git_require_signed;
	struct text_setting git_allowed_signers, git_keyring;
	struct list_setting endpoints;
	struct tls_settings tls; /* `ca_file` is a file of the host here */
	struct text_setting state_dir;
	struct num_setting task_timeout; /* seconds */
	struct num_setting poll, drift;  /* poll_interval, drift_interval: seconds */
	struct secret_source *secrets;
	size_t secrets_len;
	struct listen *listen; /* where the controller's door is */
	size_t listen_len;
	struct secret_setting webhook;
	struct notify_settings notify;
	struct forge_settings forge;
};

/*
 * Read `path`, or, when it is NULL, ~/.config/vm7/controller.yaml or
 * /etc/vm7/controller.yaml if one is there. A file that others may write is refused
 * (ERROR_DENIED); mistakes in it are ERROR_INVALID with all of them in `diags`.
 */
bool host_read(struct host *out, struct arena *arena, const char *path,
	       struct diags *diags, struct error *err);

/* JSON Schema (2020-12) of that file. */
char *host_schema(struct arena *arena);

/*
 * May Proxmox credentials be sent to this endpoint? Allowed are the host's `endpoints`,
 * VM7_ENDPOINTS and the command line's; none of the three: nothing is sent.
 * ERROR_REFUSED tells how to allow it.
 */
bool host_allows(const struct host *host, struct arena *arena, const char *const *more,
		 size_t more_len, const char *endpoint, struct error *err);

/*
 * The text of a file that the configuration names as `key`. ERROR_INVALID: it cannot be
 * opened; ERROR_DENIED: others may change it.
 */
bool host_file(const struct text_setting *path, const char *key, struct arena *arena,
	       const char **text, struct error *err);

/* The same for a private key: ERROR_DENIED when others may read it, too. */
bool host_key(const struct text_setting *path, const char *key, struct arena *arena,
	      const char **text, struct error *err);

/*
 * The text of the host's tls.ca_file; NULL when it names none. A file that others may
 * change is refused (ERROR_DENIED).
 */
bool host_ca(const struct host *host, struct arena *arena, const char **pem,
	     struct error *err);

/*
 * The files that say who is a person for git.require_signed. Who may change them decides
 * who signs: ERROR_DENIED as above. ERROR_INVALID for a keyring in ASCII armor.
 */
bool host_signers(const struct host *host, struct arena *arena, struct signers *out,
		  struct error *err);

/*
 * The value of a secret: from `secrets:`, $CREDENTIALS_DIRECTORY, the environment,
 * /etc/vm7/secrets, in this order. The caller wipes it. ERROR_DENIED: it is missing,
 * unreadable, too open, or bound to another use. The name comes from the repository: it
 * is checked before anything is opened.
 */
bool host_secret(const struct host *host, struct arena *arena, const char *name,
		 enum secret_use use, struct secret *out, struct error *err);
