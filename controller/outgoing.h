/* Who is told by vm7 itself: `notify` and `forge` of the host's configuration. */
#pragma once

#include "base/decode.h"

/* What the other side understands. */
enum news_format { NEWS_JSON, NEWS_NTFY, NEWS_SLACK };

enum forge_kind { FORGE_GITHUB, FORGE_GITEA, FORGE_FORGEJO, FORGE_GITLAB };

struct notify_settings {
	struct setting is;
	struct text_setting url;
	struct secret_setting url_secret; /* the URL itself is one: Slack's */
	struct choice_setting format;
	struct secret_setting secret;
	struct text_setting ca_file;
	struct num_setting interval; /* seconds */
};

struct forge_settings {
	struct setting is;
	struct choice_setting kind;
	struct text_setting url, project;
	struct secret_setting token;
	struct text_setting ca_file;
};

extern const struct field notify_fields[], forge_fields[];

/* What the tables cannot tell; `doc` is the mapping of `notify`, or NULL. */
void outgoing_check(const struct decode *how, const struct doc *doc,
		    const struct notify_settings *notify,
		    const struct forge_settings *forge);

/*
 * May we send there? https://, or http:// to this machine itself; without credentials,
 * which everybody who reads the log would see.
 */
bool outgoing_url(const char *url, struct error *err);
