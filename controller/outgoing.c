#include "controller/outgoing.h"

#include "base/text.h"
#include "ipam/net.h"

#include <string.h>

static const char *const formats[] = { "json", "ntfy", "slack", NULL };
static const char *const kinds[] = { "github", "gitea", "forgejo", "gitlab", NULL };

/* "127.0.0.1:8080", "[::1]", "localhost" */
static bool is_this_machine(const char *text, size_t len)
{
	char host[ADDR_TEXT + 2];
	struct error err = { 0 };
	struct addr addr;
	const char *colon;

	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	colon = strrchr(host, ':');
	if (colon && colon[strspn(colon + 1, "0123456789") + 1] == '\0')
		host[colon - host] = '\0';
	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return addr_read(&addr, host, &err) && addr.family == FAMILY_4 &&
	       addr.bits >> 24 == 127;
}

bool outgoing_url(const char *url, struct error *err)
{
	bool secure = str_starts(url, "https://");
	const char *host = url + (secure ? 8 : 7);
	size_t len;

	for (const char *at = url; *at; at++)
		if (*at <= ' ' || *at > '~' || *at == '\\')
			return error_set(err, ERROR_INVALID,
					 "a URL has no spaces and no such characters");
	if (!secure && !str_starts(url, "http://"))
		return error_set(err, ERROR_INVALID, "expected https://...");
	len = strcspn(host, "/?#");
	if (len == 0)
		return error_set(err, ERROR_INVALID, "it names no host");
	if (memchr(host, '@', len))
		return error_set(err, ERROR_INVALID,
				 "credentials do not belong into a URL");
	if (!secure && !is_this_machine(host, len))
		return error_set(err, ERROR_INVALID,
				 "http:// is for this machine alone: expected https://");
	return true;
}

const struct field notify_fields[] = {
	TEXT("url", struct notify_settings, url, .pattern = "^https?://[^@\\s]+$",
	     .help = "where messages are posted; of ntfy with its topic"),
	SECRET("url_secret", struct notify_settings, url_secret,
	       .help = "the same where the URL itself is a secret, as Slack's is"),
	CHOICE("format", struct notify_settings, format, formats, .usual = "json",
	       .help = "how a message looks"),
	SECRET("secret", struct notify_settings, secret,
	       .help = "sent along as a bearer token"),
	TEXT("ca_file", struct notify_settings, ca_file,
	     .help = "CA certificates of that server; absent: the system's"),
	DURATION("interval", struct notify_settings, interval, 1, 24L * 3600,
		 .help = "at most one message in that time (default: 60s)"),
	{ 0 },
};

const struct field forge_fields[] = {
	CHOICE("kind", struct forge_settings, kind, kinds, .required = true,
	       .help = "whose API it is"),
	TEXT("url", struct forge_settings, url, .pattern = "^https?://[^@\\s]+$",
	     .help = "where its API is; absent: on the host of `repo`"),
	TEXT("project", struct forge_settings, project,
	     .help = "owner/name there; absent: as in `repo`"),
	SECRET("token", struct forge_settings, token, .required = true,
	       .help = "a token that may set commit statuses"),
	TEXT("ca_file", struct forge_settings, ca_file,
	     .help = "CA certificates of that server; absent: the system's"),
	{ 0 },
};

/* Here and not in the table: what is wrong may be a password, and is not shown. */
static void check_url(const struct decode *how, const char *section,
		      const struct text_setting *url)
{
	const struct trail top = { .key = section }, trail = { &top, "url", 0 };
	struct error err = { 0 };

	if (!is_set(&url->is) || url->is.bad || outgoing_url(url->value, &err))
		return;
	mistake(how, &trail, url->is.at, "%s", err.text);
	diag_hide_line(how->diags);
}

void outgoing_check(const struct decode *how, const struct doc *doc,
		    const struct notify_settings *notify,
		    const struct forge_settings *forge)
{
	const struct trail trail = { .key = "notify" };

	check_url(how, "notify", &notify->url);
	check_url(how, "forge", &forge->url);
	if (doc && doc->kind == DOC_MAP &&
	    is_set(&notify->url.is) == is_set(&notify->url_secret.is))
		mistake(how, &trail, doc->at, "one of url and url_secret is needed");
}
