#include "reconcile/tell.h"

#include "base/text.h"
#include "reconcile/index.h"
#include "reconcile/keys.h"
#include "reconcile/props.h"
#include "reconcile/slots.h"

#include <string.h>

enum { LINE_MAX_BYTES = 4000, SHORT_MAX = 60, COMMIT_SHOWN = 7 };

char *tell_safe(struct arena *arena, const char *text)
{
	return str_safe(arena, text, LINE_MAX_BYTES);
}

static enum standing standing_of(const struct plan *plan, const struct action *action)
{
	const char *only = plan->input->only;

	switch (action->verb) {
	case VERB_CREATE:
		return STANDING_CREATE;
	case VERB_RESUME:
		return STANDING_RESUME;
	case VERB_ADOPT:
		return STANDING_ADOPT;
	case VERB_CHANGE:
		return STANDING_CHANGE;
	case VERB_RETURN:
		return STANDING_RETURN;
	case VERB_RELEASE:
		return STANDING_RELEASING;
	case VERB_DESTROY:
		return STANDING_DESTROY;
	case VERB_REPLACE:
		return STANDING_REPLACE;
	case VERB_RECORD:
		return STANDING_RECORD;
	case VERB_DROP:
		return STANDING_DROP;
	case VERB_WAIT:
		return STANDING_WAIT;
	case VERB_REFUSED:
		return STANDING_REFUSED;
	case VERB_NONE:
		break;
	}
	if (only && strcmp(only, action->guest) != 0)
		return STANDING_PASSED;
	return plan->input->cluster ? STANDING_DESIRED : STANDING_UNASKED;
}

/* What a note makes of a guest about which nothing is done. */
static enum standing standing_by_note(enum standing now, enum note_kind kind)
{
	if (now != STANDING_DESIRED && now != STANDING_UNASKED && now != STANDING_PASSED)
		return now;
	switch (kind) {
	case NOTE_DRIFT:
	case NOTE_REPLACE:
		return STANDING_DIFFERS;
	case NOTE_BUSY:
	case NOTE_UNKNOWN:
		return STANDING_UNKNOWN;
	case NOTE_HOLD:
		return STANDING_HOLD;
	case NOTE_RELEASE:
	case NOTE_REBUILD:
	case NOTE_PENDING:
	case NOTE_VMID:
	case NOTE_ORPHAN:
	case NOTE_TLS:
	case NOTE_RIGHTS:
	case NOTE_WARNING:
		break;
	}
	return now;
}

enum standing *standings_of(struct tally *tally, struct arena *arena,
			    const struct plan *plan)
{
	size_t len = plan->actions.len, found;
	enum standing *out = arena_array(arena, enum standing, len);
	struct index by_guest;

	*tally = (struct tally){ 0 };
	index_init(&by_guest, arena, plan->actions.at, len, sizeof(*plan->actions.at));
	for (size_t i = 0; i < len; i++)
		out[i] = standing_of(plan, &plan->actions.at[i]);
	for (size_t i = 0; i < plan->notes.len; i++) {
		const struct note *note = &plan->notes.at[i];

		if (note->kind == NOTE_RELEASE)
			tally->of[STANDING_RELEASE]++;
		if (note->guest && index_find(&by_guest, note->guest, &found))
			out[found] = standing_by_note(out[found], note->kind);
	}
	for (size_t i = 0; i < len; i++)
		tally->of[out[i]]++;
	return out;
}

char *tell_tally(struct arena *arena, const struct tally *tally)
{
	static const struct {
		const char *one, *many;
	} words[STANDINGS] = {
		[STANDING_CREATE] = { "to create", "to create" },
		[STANDING_RESUME] = { "to go on with", "to go on with" },
		[STANDING_ADOPT] = { "to adopt", "to adopt" },
		[STANDING_CHANGE] = { "to change", "to change" },
		[STANDING_RETURN] = { "to take back", "to take back" },
		[STANDING_RELEASING] = { "to release", "to release" },
		[STANDING_DESTROY] = { "to destroy", "to destroy" },
		[STANDING_REPLACE] = { "to replace", "to replace" },
		[STANDING_RECORD] = { "lease to write", "leases to write" },
		[STANDING_DROP] = { "lease to drop", "leases to drop" },
		[STANDING_WAIT] = { "waiting", "waiting" },
		[STANDING_REFUSED] = { "refused", "refused" },
		[STANDING_DIFFERS] = { "differs from its entry",
				       "differ from their entries" },
		[STANDING_HOLD] = { "on hold", "on hold" },
		[STANDING_UNKNOWN] = { "unknown", "unknown" },
		[STANDING_UNASKED] = { "not asked about", "not asked about" },
		[STANDING_PASSED] = { "passed by (--guest)", "passed by (--guest)" },
		[STANDING_DESIRED] = { "as desired", "as desired" },
		[STANDING_RELEASE] = { "awaiting release", "awaiting release" },
	};
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < STANDINGS; i++)
		if (tally->of[i] > 0)
			text_addf(&out, "%s%zu %s", out.len ? ", " : "", tally->of[i],
				  tally->of[i] == 1 ? words[i].one : words[i].many);
	return arena_strdup(arena, text_str(&out));
}

/* The last part of a URL or path: "infra.git". */
static char *short_name(struct arena *arena, const char *repository)
{
	size_t len = strlen(repository), from;

	while (len > 0 && repository[len - 1] == '/')
		len--;
	for (from = len; from > 0 && !strchr("/:", repository[from - 1]);)
		from--;
	return tell_safe(arena, arena_strndup(arena, repository + from, len - from));
}

char *tell_read(struct arena *arena, const struct plan *plan)
{
	const struct plan_input *input = plan->input;
	const char *commit = input->commit ? input->commit : "";
	const char *branch = input->branch ? tell_safe(arena, input->branch) : "";
	const char *name = input->repository ? short_name(arena, input->repository) : "";
	struct text out;

	text_init(&out, arena);
	if (input->working_tree || !*commit)
		text_addf(&out, "working tree%s%s", *commit || *branch ? " on " : "",
			  branch);
	else
		text_add(&out, branch);
	if (*commit)
		text_addf(&out, "%s%.*s", *branch ? " " : "", COMMIT_SHOWN, commit);
	if (*name)
		text_addf(&out, " of %s", name);
	if (input->cluster)
		text_addf(&out, ", cluster %s", tell_safe(arena, input->cluster->name));
	else
		text_add(&out, ", offline: Proxmox was not asked");
	if (input->cluster && input->cluster->release)
		text_addf(&out, " (PVE %u)", input->cluster->release);
	return arena_strdup(arena, text_str(&out));
}

static const char *kind_of_guest(enum guest_type type)
{
	switch (type) {
	case GUEST_VM:
		return "VM";
	case GUEST_LXC:
		return "container";
	}
	return "";
}

static void add_origin(struct text *out, const struct action *action)
{
	const struct observed *template = action->making.template;
	const struct desired *want = action->want;

	if (want->template_id)
		text_addf(out, " from template %u", want->template_id);
	else if (want->spec.image.value)
		text_addf(out, " from %s", tell_safe(out->arena, want->spec.image.value));
	if (template && template->name)
		text_addf(out, " (%s)", str_safe(out->arena, template->name, SHORT_MAX));
}

/* What goes with it: " on pve01 with scsi0 local-lvm:vm-10000-disk-0 (40 GiB)". */
static void add_disks(struct text *out, const struct observed *seen)
{
	const char *sign = "with";

	if (!seen)
		return;
	text_addf(out, " on %s", tell_safe(out->arena, seen->node));
	for (size_t i = 0; i < seen->options_len; i++) {
		const struct option *option = &seen->options[i];

		if (!observed_is_disk(option))
			continue;
		text_addf(out, " %s %s %s", sign, tell_safe(out->arena, option->key),
			  str_safe(out->arena, option->value, SHORT_MAX));
		sign = "and";
	}
}

char *tell_action(struct arena *arena, const struct action *action)
{
	const struct lease *lease = action->lease;
	struct text out;

	text_init(&out, arena);
	switch (action->verb) {
	case VERB_CREATE:
		text_addf(&out, "create %s %u on %s", kind_of_guest(lease->type),
			  lease->vmid, tell_safe(arena, action->want->node));
		add_origin(&out, action);
		break;
	case VERB_RESUME:
		text_addf(&out, "go on with %s %u on %s", kind_of_guest(lease->type),
			  lease->vmid, tell_safe(arena, action->seen->node));
		break;
	case VERB_ADOPT:
		text_addf(&out, "adopt %s %u on %s", kind_of_guest(lease->type),
			  lease->vmid, tell_safe(arena, action->seen->node));
		break;
	case VERB_CHANGE:
		text_addf(&out, "change %s %u on %s", kind_of_guest(lease->type),
			  lease->vmid, tell_safe(arena, action->seen->node));
		break;
	case VERB_RETURN:
		text_addf(&out, "take back %s %u on %s", kind_of_guest(lease->type),
			  lease->vmid, tell_safe(arena, action->seen->node));
		break;
	case VERB_RELEASE:
		text_addf(&out, "release %s %u on %s", kind_of_guest(lease->type),
			  lease->vmid, tell_safe(arena, action->seen->node));
		break;
	case VERB_DESTROY:
		text_addf(&out, "destroy %s %u", kind_of_guest(lease->type), lease->vmid);
		add_disks(&out, action->seen);
		break;
	case VERB_REPLACE:
		text_addf(&out, "replace %s %u", kind_of_guest(lease->type), lease->vmid);
		add_disks(&out, action->seen);
		text_addf(&out, " by a %s", kind_of_guest(action->want->type));
		add_origin(&out, action);
		break;
	case VERB_RECORD:
		text_addf(&out, "write its lease of %s %u", kind_of_guest(lease->type),
			  lease->vmid);
		break;
	case VERB_DROP:
		text_addf(&out, "drop its lease of %s %u", kind_of_guest(lease->type),
			  lease->vmid);
		break;
	case VERB_WAIT:
		text_addf(&out, "waits: %s", tell_safe(arena, action->why.text));
		break;
	case VERB_REFUSED:
		text_addf(&out, "refused: %s", tell_safe(arena, action->why.text));
		break;
	case VERB_NONE:
		break;
	}
	return arena_strdup(arena, text_str(&out));
}

static void add_address(struct text *out, const struct addr *ip,
			const struct subnet *subnet, bool route)
{
	char address[ADDR_TEXT];

	if (!ip->family)
		return;
	addr_print(ip, address);
	text_addf(out, "%s%s", out->len ? ", " : "", address);
	if (!subnet)
		return;
	text_addf(out, "/%u", subnet->cidr.prefix);
	if (!route || !subnet->gateway.family)
		return;
	addr_print(&subnet->gateway, address);
	text_addf(out, ", gateway %s", address);
}

char *tell_card(struct arena *arena, const struct plan *plan, const struct action *action,
		size_t card)
{
	const struct nic *nic = &action->lease->nics[card];
	const struct pools *pools = &plan->input->manifest->pools;
	const struct pool *pool = nic->pool ? pools_find(pools, nic->pool) : NULL;
	const struct network *network = action->want && card < action->want->networks_len
						? action->want->networks[card]
						: NULL;
	struct text out;

	text_init(&out, arena);
	add_address(&out, &nic->ip, pool ? &pool->v4 : NULL, card == 0);
	add_address(&out, &nic->ip6, pool ? &pool->v6 : NULL, card == 0);
	if (out.len == 0)
		text_add(&out, network && network->dhcp.value ? "DHCP" : "none");
	if (nic->pool)
		text_addf(&out, ", pool %s", tell_safe(arena, nic->pool));
	else if (network)
		text_addf(&out, ", network %s", tell_safe(arena, network->name));
	if (nic->mac && tells_identity(plan))
		text_addf(&out, ", MAC %s", tell_safe(arena, nic->mac));
	return arena_strdup(arena, text_str(&out));
}

static const char *root_disk(const struct action *action)
{
	if (action->seen && action->seen->root_disk)
		return action->seen->root_disk;
	if (action->making.template && action->making.template->root_disk)
		return action->making.template->root_disk;
	return "the root disk";
}

/* Every disk that grows, as far as it is known what there is. */
static char *tell_growth(struct arena *arena, const struct action *action)
{
	const struct observed *from =
		action->seen ? action->seen : action->making.template;
	struct growth *growths;
	struct text out;
	size_t len = from ? disks_to_grow(&growths, arena, action->want, from) : 0;

	if (len == 0)
		return arena_printf(arena, "grow %s to %ld GiB", root_disk(action),
				    action->want->spec.disk_gb.value);
	text_init(&out, arena);
	for (size_t i = 0; i < len; i++)
		text_addf(&out, "%s %s %s -> %ld GiB", i ? "," : "grow", growths[i].disk,
			  size_text(arena, growths[i].from_mib), growths[i].to_gib);
	return arena_strdup(arena, text_str(&out));
}

char *tell_step(struct arena *arena, const struct action *action, enum step step)
{
	switch (step) {
	case STEP_CREATE:
		return arena_strdup(arena,
				    action->want->template_id ? "clone" : "create");
	case STEP_GROW:
		return tell_growth(arena, action);
	case STEP_WAIT:
	case STEP_STOP:
	case STEP_SNAPSHOT:
	case STEP_CONFIGURE:
	case STEP_PRUNE:
	case STEP_START:
	case STEP_BACKUP:
	case STEP_DESTROY:
	case STEP_DONE:
	case STEP_REFUSE:
		break;
	}
	return arena_strdup(arena, step_name(step));
}

bool tells_identity(const struct plan *plan)
{
	return plan->input->held->instance || plan->input->instance;
}

static char *replaced(struct arena *arena, const char *text, const char *what,
		      const char *by)
{
	const char *found;
	struct text out;

	text_init(&out, arena);
	while (what && *what && (found = strstr(text, what))) {
		text_addn(&out, text, (size_t)(found - text));
		text_add(&out, by);
		text = found + strlen(what);
	}
	text_add(&out, text);
	return arena_strdup(arena, text_str(&out));
}

char *tell_value(struct arena *arena, const struct plan *plan,
		 const struct action *action, const struct change *change,
		 const char *value)
{
	const struct lease *lease = action->lease;
	char *shown;

	if (!value)
		return NULL;
	if (change->secret)
		return arena_strdup(arena, "(hidden)");
	shown = arena_strdup(arena, value);
	if (lease && !tells_identity(plan)) {
		shown = replaced(arena, shown, lease->id, "(new)");
		for (size_t i = 0; i < lease->nics_len; i++)
			shown = replaced(arena, shown, lease->nics[i].mac, "(new)");
	}
	return str_safe(arena, shown, strlen(shown) + 4);
}

char *tell_value_short(struct arena *arena, const struct plan *plan,
		       const struct action *action, const struct change *change,
		       const char *value)
{
	char *shown = tell_value(arena, plan, action, change, value);
	size_t keys;

	if (!shown)
		return NULL;
	if (strcmp(change->key, "sshkeys") != 0 &&
	    strcmp(change->key, "ssh-public-keys") != 0)
		return str_safe(arena, shown, SHORT_MAX);
	keys = keys_count(arena, value);
	return arena_printf(arena, "(%zu key%s)", keys, keys == 1 ? "" : "s");
}

const char *tell_note(enum note_kind kind)
{
	switch (kind) {
	case NOTE_DRIFT:
		return "differs";
	case NOTE_RELEASE:
		return "awaiting release";
	case NOTE_REBUILD:
		return "next rebuild";
	case NOTE_PENDING:
		return "pending";
	case NOTE_REPLACE:
		return "requires replace";
	case NOTE_BUSY:
		return "busy";
	case NOTE_UNKNOWN:
		return "unknown";
	case NOTE_HOLD:
		return "on hold";
	case NOTE_VMID:
		return "VMID";
	case NOTE_ORPHAN:
		return "orphan";
	case NOTE_TLS:
		return "not verified";
	case NOTE_RIGHTS:
		return "rights";
	case NOTE_WARNING:
		return "warning";
	}
	return "";
}

const struct error *outcome_stop(const struct outcome *outcome)
{
	if (outcome->stop.kind)
		return &outcome->stop;
	return outcome->plan->stop.kind ? &outcome->plan->stop : NULL;
}

/* Where one logs in: as it told us, else as leased; "" when nobody knows. */
static const char *address_of(struct arena *arena, const struct done *done)
{
	const struct lease *lease = done->action->lease;
	char address[ADDR_TEXT] = "";

	if (done->ip)
		return tell_safe(arena, done->ip);
	if (lease && lease->nics_len > 0)
		addr_print(lease->nics[0].ip.family ? &lease->nics[0].ip
						    : &lease->nics[0].ip6,
			   address);
	return arena_strdup(arena, address);
}

/* How one logs in to a guest that was made. */
static char *tell_made(struct arena *arena, const struct done *done, const char *where)
{
	const struct desired *want = done->action->want;
	const char *address = address_of(arena, done), *user = "root";
	bool runs = want->spec.power.value != POWER_STOPPED;

	if (!runs || !*address)
		return arena_printf(arena, "is %s (%s)", runs ? "up" : "made", where);
	if (want->type == GUEST_VM)
		user = want->spec.access.user.value;
	return arena_printf(arena, "is up: ssh %s%s%s (%s)",
			    user ? tell_safe(arena, user) : "", user ? "@" : "", address,
			    where);
}

static const char *node_now(const struct done *done)
{
	const struct action *action = done->action;

	if (done->node)
		return done->node;
	if (action->seen)
		return action->seen->node;
	if (action->lease->node)
		return action->lease->node;
	return action->want ? action->want->node : "?";
}

char *tell_done(struct arena *arena, const struct done *done)
{
	const struct lease *lease = done->action->lease;
	const char *where;

	if (!done->ok)
		return arena_printf(arena, "%s%s", done->tried ? "failed: " : "",
				    tell_safe(arena, done->err.text));
	where = arena_printf(arena, "%s %u on %s", kind_of_guest(lease->type),
			     lease->vmid, tell_safe(arena, node_now(done)));
	switch (done->action->verb) {
	case VERB_CREATE:
	case VERB_RESUME:
		return tell_made(arena, done, where);
	case VERB_ADOPT:
		return arena_printf(arena, "is adopted (%s)", where);
	case VERB_CHANGE:
		return arena_printf(arena, "is changed%s%s (%s)",
				    done->pending ? ", waits for its next start: " : "",
				    done->pending ? done->pending : "", where);
	case VERB_RETURN:
		return arena_printf(arena, "is back (%s)", where);
	case VERB_RELEASE: /* without a grace it is gone by the end of the pass */
		return arena_printf(arena, "is %s (%s)",
				    done->state == LEASE_DESTROYING ? "destroyed"
								    : "released",
				    where);
	case VERB_DESTROY:
		return arena_printf(arena, "is destroyed (%s)", where);
	case VERB_REPLACE:
		if (done->state == LEASE_READY)
			return tell_made(arena, done, where);
		return arena_printf(arena, "is destroyed, and made anew next (%s)",
				    where);
	case VERB_NONE:
	case VERB_WAIT:
	case VERB_RECORD:
	case VERB_DROP:
	case VERB_REFUSED:
		break;
	}
	return arena_strdup(arena, "");
}

char *tell_outcome(struct arena *arena, const struct outcome *outcome)
{
	size_t made = 0, changed = 0, removed = 0, failed = 0, left = 0;
	struct tally tally;
	struct text out;

	for (size_t i = 0; i < outcome->len; i++) {
		enum verb verb = outcome->at[i].action->verb;
		bool removes = verb == VERB_RELEASE || verb == VERB_DESTROY;

		made += outcome->at[i].ok && verb_makes(verb);
		removed += outcome->at[i].ok && removes;
		changed += outcome->at[i].ok && !verb_makes(verb) && !removes;
		failed += !outcome->at[i].ok && outcome->at[i].tried;
		left += !outcome->at[i].ok && !outcome->at[i].tried;
	}
	standings_of(&tally, arena, outcome->plan);
	for (size_t i = 0; outcome->len > 0 && i < STANDING_RECORD; i++)
		tally.of[i] = 0; /* what became of them is known */
	text_init(&out, arena);
	if (made > 0)
		text_addf(&out, "%zu made", made);
	if (changed > 0)
		text_addf(&out, "%s%zu changed", out.len ? ", " : "", changed);
	if (removed > 0)
		text_addf(&out, "%s%zu removed", out.len ? ", " : "", removed);
	if (failed > 0)
		text_addf(&out, "%s%zu failed", out.len ? ", " : "", failed);
	if (left > 0)
		text_addf(&out, "%s%zu not begun", out.len ? ", " : "", left);
	if (*tell_tally(arena, &tally))
		text_addf(&out, "%s%s", out.len ? ", " : "", tell_tally(arena, &tally));
	if (out.len == 0)
		return arena_strdup(arena, outcome_stop(outcome) ? "Nothing was done."
								 : "Nothing to do.");
	text_addc(&out, '.');
	return arena_strdup(arena, text_str(&out));
}
