#include "controller/results.h"

#include "base/text.h"
#include "base/vec.h"
#include "git/tree.h"
#include "ipam/rest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * Digits in a row that only tell one run from another: eight and more, or part of a
 * UPID.
 */
char *normalised(struct arena *arena, const char *text)
{
	struct text out;

	text_init(&out, arena);
	while (*text) {
		size_t len = 0;

		if (str_starts(text, "UPID:")) {
			len = strcspn(text, " \t\n'\"");
			text_add(&out, "the task");
			text += len;
			continue;
		}
		while (isxdigit((unsigned char)text[len]))
			len++;
		if (len >= 8) {
			text_add(&out, "...");
			text += len;
			continue;
		}
		len += len == 0;
		text_addn(&out, text, len);
		text += len;
	}
	return arena_strdup(arena, text_str(&out));
}

void results_of(struct results *out, struct arena *arena, const struct exec *exec)
{
	*out = (struct results){ 0 };
	for (size_t i = 0; i < exec->len; i++) {
		const struct exec_item *item = &exec->at[i];
		const struct lease *lease = item->action->lease;
		struct verdict verdict = { .guest = item->action->guest,
					   .id = lease->id };

		switch (item->state) {
		case EXEC_WELL:
			verdict.kind = VERDICT_READY;
			verdict.node = item->action->want->node;
			break;
		case EXEC_UNREACHABLE: /* it is made all the same */
			verdict.kind = VERDICT_READY;
			verdict.node = item->action->want->node;
			if (item->why.kind != ERROR_CANCELED)
				verdict.unreachable = normalised(arena, item->why.text);
			break;
		case EXEC_FAILED:
			if (item->why.kind == ERROR_CANCELED)
				continue;
			verdict.kind = VERDICT_FAILED;
			verdict.failed = normalised(arena, item->why.text);
			break;
		case EXEC_WAITING:
		case EXEC_RUNNING:
		case EXEC_RESTING:
		case EXEC_COMING:
		case EXEC_SKIPPED:
			continue;
		}
		*vec_push(arena, out) = verdict;
	}
}

void results_merge(struct leases *out, struct arena *arena, const struct leases *tip,
		   const struct results *results, const struct pools *pools,
		   const char *now)
{
	bool *gone = arena_array(arena, bool, tip->len);

	leases_copy(out, arena, tip);
	for (size_t i = 0; i < results->len; i++) {
		const struct verdict *verdict = &results->at[i];
		struct lease *lease = leases_find(out, verdict->guest);

		if (!lease || !str_equal(lease->id, verdict->id))
			/* a new making of it has begun meanwhile: not ours to tell */
			continue;
		switch (verdict->kind) {
		case VERDICT_READY:
			if (lease->state != LEASE_READY)
				lease->since = now;
			lease->state = LEASE_READY;
			lease->node = verdict->node;
			lease->failed = NULL;
			break;
		case VERDICT_FAILED:
			lease->failed = verdict->failed;
			break;
		case VERDICT_GONE:
			gone[lease - out->at] = true;
			break;
		}
	}
	leases_end(out, arena, gone, pools, now);
}

static const struct verdict *verdict_of(const struct results *results, const char *guest)
{
	for (size_t i = 0; results && i < results->len; i++)
		if (strcmp(results->at[i].guest, guest) == 0)
			return &results->at[i];
	return NULL;
}

/*
 * Why a finished guest counts as one that does not answer, or NULL: as this pass found,
 * else as it was told before, until it is known better or nobody asks for it any more.
 */
static const char *unreachable(const struct desired *want, const struct observed *seen,
			       const struct verdict *verdict,
			       const struct inventory_entry *before)
{
	if (!want || !is_set(&want->spec.ready.when.is))
		return NULL;
	if (verdict)
		return verdict->unreachable;
	if (seen && (seen->answers || seen->agent_ip || seen->agent_ip6))
		return NULL;
	return before ? before->last_error : NULL;
}

/*
 * One guest as the inventory tells of it: facts of this pass, else what was told
 * before.
 */
static void tell(struct inventory_guest *out, const struct desired *want,
		 const struct lease *lease, const struct source *source,
		 const struct cluster_state *observed, const struct results *results,
		 const struct inventory_status *before)
{
	const struct observed *seen = observed && lease && lease->vmid
					      ? cluster_find(observed, lease->vmid)
					      : NULL;
	const struct inventory_entry *entry =
		inventory_status_find(before, want ? want->name : lease->name);
	const struct verdict *verdict = lease ? verdict_of(results, lease->name) : NULL;

	*out = (struct inventory_guest){ .want = want, .lease = lease };
	if (entry) {
		out->observed_ip = entry->observed_ip;
		out->observed_ip6 = entry->observed_ip6;
		out->commit = entry->commit;
	}
	if (seen && seen->agent_ip)
		out->observed_ip = seen->agent_ip;
	if (seen && seen->agent_ip6)
		out->observed_ip6 = seen->agent_ip6;
	if (verdict)
		out->commit = source->last;
	if (lease)
		out->last_error = lease->failed;
	if (lease && lease->state == LEASE_READY && !out->last_error) {
		out->last_error = unreachable(want, seen, verdict, entry);
		if (out->last_error)
			out->state = "unreachable";
	}
}

size_t results_guests(struct inventory_guest **out, struct arena *arena,
		      const struct source *source, const struct leases *leases,
		      const struct cluster_state *observed, const struct results *results)
{
	const struct manifest *manifest = &source->manifest;
	struct inventory_guest *all = arena_array(arena, struct inventory_guest,
						  manifest->guests_len + leases->len);
	struct inventory_status before;
	size_t len = 0;

	inventory_status_read(&before, arena, source->status_file);
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *want = &manifest->guests[i];

		tell(&all[len++], want, leases_find(leases, want->name), source, observed,
		     results, &before);
	}
	for (size_t i = 0; i < leases->len; i++)
		if (!manifest_find(manifest, leases->at[i].name))
			tell(&all[len++], NULL, &leases->at[i], source, observed, results,
			     &before);
	*out = all;
	return len;
}

bool results_files(struct new_file **out, size_t *len, struct arena *arena,
		   const struct source *source, const struct leases *leases,
		   const char *tip, const struct cluster_state *observed,
		   const struct results *results, struct error *err)
{
	struct inventory_guest *guests;
	size_t guests_len =
		results_guests(&guests, arena, source, leases, observed, results);
	const struct {
		const char *path, *text;
	} all[] = {
		{ source->own.leases, leases_print(arena, leases) },
		{ source->own.inventory, inventory_yaml(arena, guests, guests_len) },
		{ source->own.hosts, inventory_ansible(arena, guests, guests_len) },
		{ source->own.status, inventory_status(arena, guests, guests_len) },
	};

	*out = arena_array(arena, struct new_file, sizeof(all) / sizeof(all[0]));
	*len = 0;
	if (!leases->instance) /* nothing was ever reserved: there is nothing to tell */
		return true;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct file *file = NULL;

		if (*tip &&
		    !tree_read(source->spec.repo, arena, tip, all[i].path, &file, err))
			return false;
		if (file && str_equal(file->text, all[i].text))
			continue;
		(*out)[(*len)++] = (struct new_file){ all[i].path, all[i].text,
						      strlen(all[i].text) };
	}
	return true;
}

void leases_sign(struct leases *leases, const struct source *source, const char *instance,
		 const struct cluster_state *observed)
{
	leases->found = true;
	leases->ancestor = false;
	if (!leases->instance)
		leases->instance = instance;
	if (!leases->branch)
		leases->branch = source->branch;
	if (!leases->cluster && observed)
		leases->cluster = observed->name;
	leases->source = source->last;
	leases->serial++;
}

static void add_trailers(struct text *out, const char *source, const char *pass)
{
	text_addf(out, "\nVm7-Source: %s\nVm7-Pass: %s\n", source, pass);
}

char *reservation_message(struct arena *arena, const struct plan *plan,
			  const char *source, const char *pass)
{
	const char **taken = arena_array(arena, const char *, plan->actions.len);
	const char **dropped = arena_array(arena, const char *, plan->actions.len);
	size_t taken_len = 0, dropped_len = 0;
	struct text out;

	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];

		if (action->verb == VERB_CREATE || action->verb == VERB_RESUME)
			taken[taken_len++] = action->guest;
		else if (action->verb == VERB_DROP)
			dropped[dropped_len++] = action->guest;
	}
	text_init(&out, arena);
	text_add(&out, "vm7: ");
	if (taken_len > 0)
		text_addf(&out, "reserve %s", str_list(arena, taken, taken_len, 3));
	if (dropped_len > 0)
		text_addf(&out, "%slet go of %s", taken_len ? ", " : "",
			  str_list(arena, dropped, dropped_len, 3));
	text_add(&out, "\n\n");
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];
		char address[ADDR_TEXT] = "";

		if (action->verb != VERB_CREATE && action->verb != VERB_RESUME)
			continue;
		if (action->lease->nics_len > 0)
			addr_print(action->lease->nics[0].ip.family
					   ? &action->lease->nics[0].ip
					   : &action->lease->nics[0].ip6,
				   address);
		text_addf(&out, "%s: %s %u%s%s\n", action->guest,
			  guest_type_name(action->lease->type), action->lease->vmid,
			  *address ? " " : "", address);
	}
	add_trailers(&out, source, pass);
	return arena_strdup(arena, text_str(&out));
}

/* "web-01 is up: ssh devops@192.168.10.50": what the person who merged wants to know. */
static char *is_up(struct arena *arena, const struct source *source,
		   const struct leases *leases, const char *guest)
{
	const struct desired *want = manifest_find(&source->manifest, guest);
	const struct lease *lease = leases_find(leases, guest);
	const char *user =
		want && want->type == GUEST_VM ? want->spec.access.user.value : "root";
	char address[ADDR_TEXT] = "";

	if (lease && lease->nics_len > 0)
		addr_print(lease->nics[0].ip.family ? &lease->nics[0].ip
						    : &lease->nics[0].ip6,
			   address);
	if (!*address)
		return arena_printf(arena, "%s is up", guest);
	return arena_printf(arena, "%s is up: ssh %s@%s", guest, user ? user : "root",
			    address);
}

static const char *why_of(const struct verdict *verdict)
{
	return verdict->unreachable ? verdict->unreachable : verdict->failed;
}

char *results_message(struct arena *arena, const struct source *source,
		      const struct leases *leases, const struct results *results,
		      const char *pass)
{
	const char **up = arena_array(arena, const char *, results->len + 1);
	const char **failed = arena_array(arena, const char *, results->len + 1);
	const char **gone = arena_array(arena, const char *, results->len + 1);
	size_t up_len = 0, failed_len = 0, gone_len = 0;
	struct text out;

	for (size_t i = 0; i < results->len; i++)
		switch (results->at[i].kind) {
		case VERDICT_READY:
			if (results->at[i].unreachable)
				failed[failed_len++] = results->at[i].guest;
			else
				up[up_len++] = results->at[i].guest;
			break;
		case VERDICT_FAILED:
			failed[failed_len++] = results->at[i].guest;
			break;
		case VERDICT_GONE:
			gone[gone_len++] = results->at[i].guest;
			break;
		}
	text_init(&out, arena);
	text_add(&out, "vm7: ");
	if (up_len == 1)
		text_add(&out, is_up(arena, source, leases, up[0]));
	else if (up_len > 1)
		text_addf(&out, "%s are up", str_list(arena, up, up_len, 3));
	if (failed_len > 0)
		text_addf(&out, "%s%s failed", up_len ? ", " : "",
			  str_list(arena, failed, failed_len, 3));
	if (gone_len > 0)
		text_addf(&out, "%s%s let go", up_len + failed_len ? ", " : "",
			  str_list(arena, gone, gone_len, 3));
	if (results->len == 0)
		text_add(&out, "inventory");
	text_add(&out, "\n");
	if (up_len > 1 || failed_len > 0)
		text_add(&out, "\n");
	for (size_t i = 0; i < up_len && up_len + failed_len > 1; i++)
		text_addf(&out, "%s\n", is_up(arena, source, leases, up[i]));
	for (size_t i = 0; i < failed_len; i++)
		text_addf(&out, "%s failed: %s\n", failed[i],
			  str_safe(arena, why_of(verdict_of(results, failed[i])), 400));
	add_trailers(&out, source->last ? source->last : source->tip, pass);
	return arena_strdup(arena, text_str(&out));
}
