#include "controller/results.h"

#include "base/text.h"
#include "base/vec.h"
#include "git/tree.h"

#include <stdlib.h>
#include <string.h>

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

/* Guests of which one thing is told: "reserve web-01, web-02". */
struct told {
	const char *what, *after;
	const char **names;
	size_t len;
};

static void add_told(struct text *out, const struct told *told, size_t len)
{
	const char *comma = "";

	for (size_t i = 0; i < len; i++) {
		if (told[i].len == 0)
			continue;
		text_addf(out, "%s%s%s%s", comma, told[i].what,
			  str_list(out->arena, told[i].names, told[i].len, 3),
			  told[i].after);
		comma = ", ";
	}
}

/* Which of the list tells of the verb; -1: its lease does not change before it. */
static int told_before(const struct action *action)
{
	switch (action->verb) {
	case VERB_CREATE:
	case VERB_RESUME:
		return 0;
	case VERB_RETURN:
		return 1;
	case VERB_RELEASE:
		return 2;
	case VERB_DESTROY:
		return 3;
	case VERB_DROP:
		return 4;
	case VERB_REPLACE:
		return 5;
	case VERB_ADOPT:
		return 6;
	case VERB_NONE:
	case VERB_WAIT:
	case VERB_CHANGE:
	case VERB_RECORD:
	case VERB_REFUSED:
		break;
	}
	return -1;
}

char *reservation_message(struct arena *arena, const struct plan *plan,
			  const char *source, const char *pass)
{
	struct told told[] = {
		{ "reserve ", "" }, { "take back ", "" }, { "release ", "" },
		{ "destroy ", "" }, { "let go of ", "" }, { "replace ", "" },
		{ "adopt ", "" },
	};
	size_t kinds = sizeof(told) / sizeof(told[0]);
	struct text out;

	for (size_t i = 0; i < kinds; i++)
		told[i].names = arena_array(arena, const char *, plan->actions.len);
	for (size_t i = 0; i < plan->actions.len; i++) {
		int kind = told_before(&plan->actions.at[i]);

		if (kind >= 0)
			told[kind].names[told[kind].len++] = plan->actions.at[i].guest;
	}
	text_init(&out, arena);
	text_add(&out, "vm7: ");
	add_told(&out, told, kinds);
	if (out.len == strlen("vm7: "))
		text_add(&out, "leases");
	text_add(&out, "\n\n");
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];
		char address[ADDR_TEXT] = "";

		if (!verb_asks(action->verb) || action->verb == VERB_CHANGE)
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

/* Did it come to what was wanted? */
static bool is_bad(const struct verdict *verdict)
{
	return verdict->kind == VERDICT_FAILED || verdict->unreachable;
}

char *results_message(struct arena *arena, const struct source *source,
		      const struct leases *leases, const struct results *results,
		      const char *pass)
{
	struct told told[] = {
		[VERDICT_MADE] = { "", " are up" },
		[VERDICT_KEPT] = { "", " changed" },
		[VERDICT_FAILED] = { "", " failed" },
		[VERDICT_RELEASED] = { "", " released" },
		[VERDICT_GONE] = { "", " let go" },
		[VERDICT_REMADE] = { "", " to be made anew" },
	};
	size_t kinds = sizeof(told) / sizeof(told[0]), up, failed;
	struct text out;

	for (size_t i = 0; i < kinds; i++)
		told[i].names = arena_array(arena, const char *, results->len + 1);
	for (size_t i = 0; i < results->len; i++) {
		const struct verdict *verdict = &results->at[i];
		struct told *kind =
			&told[is_bad(verdict) ? VERDICT_FAILED : verdict->kind];

		kind->names[kind->len++] = verdict->guest;
	}
	up = told[VERDICT_MADE].len;
	failed = told[VERDICT_FAILED].len;
	if (up == 1) {
		told[VERDICT_MADE].names[0] =
			is_up(arena, source, leases, told[VERDICT_MADE].names[0]);
		told[VERDICT_MADE].after = "";
	}
	text_init(&out, arena);
	text_add(&out, "vm7: ");
	add_told(&out, told, kinds);
	text_add(&out, results->len > 0    ? "\n"
		       : source->rewritten ? "go on from a rewritten branch\n"
					   : "inventory\n");
	if (up > 1 || failed > 0)
		text_add(&out, "\n");
	for (size_t i = 0; i < results->len && up + failed > 1; i++)
		if (results->at[i].kind == VERDICT_MADE && !is_bad(&results->at[i]))
			text_addf(&out, "%s\n",
				  is_up(arena, source, leases, results->at[i].guest));
	for (size_t i = 0; i < results->len; i++)
		if (is_bad(&results->at[i]))
			text_addf(&out, "%s failed: %s\n", results->at[i].guest,
				  str_safe(arena, why_of(&results->at[i]), 400));
	add_trailers(&out, source->last ? source->last : source->tip, pass);
	return arena_strdup(arena, text_str(&out));
}
