#include "pve/answer.h"

#include "base/own.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

OWN_DEFINE(json, json_t *, json_decref);
OWN_DEFINE(arena, struct arena *, arena_destroy);

enum { WORDS_MAX = 700, ERRORS_MAX = 10 };

/*
 * Most failures are "500" and a sentence. The first that fits counts.
 */
static const struct {
	const char *words;
	enum error_kind kind;
} known[] = {
	/* qemu-server PVE/API2/Qemu.pm update_vm_api; pve-common PVE/Tools.pm
	 * assert_if_modified */
	{ "checksum mismatch", ERROR_CONFLICT },
	{ "detected modified configuration", ERROR_CONFLICT },
	/*
	 * the guest moved or vanished: pve-guest-common PVE/AbstractConfig.pm
	 * load_config
	 */
	{ "Configuration file 'nodes/", ERROR_CONFLICT },
	{ "unable to find configuration file for", ERROR_CONFLICT },
	/* a killed worker: pve-common PVE/UPID.pm read_status; clones clean up, mostly */
	{ "interrupted by signal", ERROR_UNKNOWN },
	{ "received interrupt", ERROR_UNKNOWN },
	{ "unexpected status", ERROR_UNKNOWN },
	{ "unable to get last line from task log", ERROR_UNKNOWN },
	/* locks: pve-guest-common PVE/AbstractConfig.pm check_lock, pve-common
	 * PVE/Tools.pm lock_file_full, pve-cluster PVE/Cluster.pm cfs_lock */
	{ "is locked (", ERROR_TEMPORARY },
	{ "can't lock file", ERROR_TEMPORARY },
	{ "got lock request timeout", ERROR_TEMPORARY },
	{ "-locked command timed out", ERROR_TEMPORARY },
	{ "invalid lock token provided", ERROR_TEMPORARY },
	/* quorum: pve-cluster PVE/Cluster.pm check_cfs_quorum */
	{ "no quorum", ERROR_TEMPORARY },
	{ "unable to open file '/etc/pve/", ERROR_TEMPORARY },
	/*
	 * the cluster's file system is down: pve-manager PVE/HTTPServer.pm auth_handler
	 */
	{ "RPCEnvironment init request failed", ERROR_TEMPORARY },
	{ "ipcc_send_rec", ERROR_TEMPORARY },
	/* the child was forked and never reported: nothing was done, seen on about 1 % of
	 * calls in a row: pve-common PVE/RESTEnvironment.pm fork_worker */
	{ "got no worker upid", ERROR_TEMPORARY },
	/* pve-storage PVE/Storage.pm activate_storage */
	{ "is not online", ERROR_TEMPORARY },
	{ "unable to activate storage", ERROR_TEMPORARY },
	/* qemu-server PVE/QemuServer/Agent.pm assert_agent_available */
	{ "QEMU guest agent is not running", ERROR_TEMPORARY },
	/* what is kept for root@pam: qemu-server PVE/API2/Qemu.pm
	 * check_vm_modify_config_perm */
	{ "only root can", ERROR_DENIED },
	{ "Only root can", ERROR_DENIED },
};

enum error_kind words_kind(const char *words)
{
	/*
	 * qemu-server PVE/QemuServer.pm start: QEMU may have come up after the deadline
	 */
	if (str_starts(words, "start failed") && strstr(words, "got timeout"))
		return ERROR_UNKNOWN;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(words, known[i].words))
			return known[i].kind;
	return ERROR_FAILED;
}

/*
 * The status alone, where it says enough. ERROR_NONE: the words decide. (pve-http-server
 * PVE/APIServer/AnyEvent.pm proxy_request: 595 is no connection to the node, 596 to 599
 * leave open whether the node carries it out; 502 to 504 come from gateways that people
 * put in front.)
 */
static enum error_kind status_kind(const struct answer *answer)
{
	switch (answer->status) {
	case 401:
	case 403:
		return ERROR_DENIED;
	case 429:
	case 595:
		return ERROR_TEMPORARY;
	case 500:
		return ERROR_NONE;
	case 501:
	case 506:
		return ERROR_FAILED;
	}
	if (answer->status > 500)
		return answer->write ? ERROR_UNKNOWN : ERROR_TEMPORARY;
	return ERROR_FAILED;
}

/* One line of what may be several. */
static char *one_line(struct arena *arena, const char *text)
{
	char *line = str_trim(arena, text);

	for (char *at = line; *at; at++)
		if (*at == '\n' || *at == '\r' || *at == '\t')
			*at = ' ';
	return str_safe(arena, line, WORDS_MAX);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* " (name: not a DNS name; newid: is missing)": Perl gives them in any order. */
static void add_parameter_errors(struct text *out, struct arena *arena,
				 const json_t *errors)
{
	size_t count = json_object_size(errors), at = 0;
	const char **keys = arena_array(arena, const char *, count + 1);
	void *entry;

	for (entry = json_object_iter((json_t *)(uintptr_t)errors); entry;
	     entry = json_object_iter_next((json_t *)(uintptr_t)errors, entry))
		keys[at++] = json_object_iter_key(entry);
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (at = 0; at < count && at < ERRORS_MAX; at++) {
		const char *why = json_string_value(json_object_get(errors, keys[at]));

		text_addf(out, "%s%s: %s", at ? "; " : " (",
			  str_safe(arena, keys[at], 100),
			  one_line(arena, why ? why : "?"));
	}
	if (count > ERRORS_MAX)
		text_addf(out, "; and %zu more", count - ERRORS_MAX);
	if (count > 0)
		text_addc(out, ')');
}

/* `message` is the whole text, where there is one (pve-http-server 5.2.0); else the
 * status line has its first line. */
static bool refused(const struct answer *answer, const json_t *envelope,
		    struct error *err)
{
	own(arena) struct arena *arena = arena_create();
	const char *message = json_string_value(json_object_get(envelope, "message"));
	enum error_kind kind = status_kind(answer);
	const char *words;
	struct text out;

	words = one_line(arena, message && *message ? message : answer->reason);
	if (kind == ERROR_NONE)
		kind = words_kind(words);
	text_init(&out, arena);
	text_addf(&out, "%ld", answer->status);
	if (*words)
		text_addf(&out, " %s", words);
	add_parameter_errors(&out, arena, json_object_get(envelope, "errors"));
	return error_set(err, kind, "%s", text_str(&out));
}

bool answer_read(json_t **data, const struct answer *answer, struct error *err)
{
	own(json) json_t *envelope = json_loadb(answer->body, answer->len, 0, NULL);
	json_t *found = json_object_get(envelope, "data");

	*data = NULL;
	if (answer->status < 200 || answer->status > 299)
		return refused(answer, envelope, err);
	if (!found)
		return error_set(err, answer->write ? ERROR_UNKNOWN : ERROR_TEMPORARY,
				 "%ld, but what came with it is no answer of the API",
				 answer->status);
	if (!json_is_null(found))
		*data = json_incref(found);
	return true;
}
