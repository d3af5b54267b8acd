/* What nodes and storages have left while a plan is made: see place.h. */
#include "base/text.h"
#include "base/vec.h"
#include "reconcile/place.h"

#include <stdlib.h>
#include <string.h>

struct places {
	struct arena *arena;
	const struct premises *premises;
	const struct cluster_state *cluster;
	const struct manifest *manifest;
	unsigned long *memory; /* MiB that is spoken for, a node each */
	long *cpus;            /* of guests that are still to be made */
	unsigned long *disk;   /* MiB that is spoken for, a storage each */
	const char **groups;   /* sorted, without repeats */
	size_t groups_len;
	unsigned *members; /* of group and node */
};

static size_t node_index(const struct places *places, const char *name)
{
	const struct cluster_state *cluster = places->cluster;
	size_t i = 0;

	while (i < cluster->nodes_len &&
	       (!name || strcmp(cluster->nodes[i].name, name) != 0))
		i++;
	return i;
}

/* ---- groups ---- */

static void find_groups(struct places *places)
{
	const struct manifest *manifest = places->manifest;
	size_t len = 0, kept = 0;

	places->groups = arena_array(places->arena, const char *, manifest->guests_len);
	for (size_t i = 0; i < manifest->guests_len; i++)
		if (manifest->guests[i].spec.spread.value)
			places->groups[len++] = manifest->guests[i].spec.spread.value;
	if (len > 0)
		qsort(places->groups, len, sizeof(*places->groups), str_compare);
	for (size_t i = 0; i < len; i++)
		if (kept == 0 || strcmp(places->groups[kept - 1], places->groups[i]) != 0)
			places->groups[kept++] = places->groups[i];
	places->groups_len = kept;
	places->members = arena_array(places->arena, unsigned,
				      kept * places->cluster->nodes_len + 1);
}

/* The counts of a group, a node each; NULL: it is in none. */
static unsigned *group_of(const struct places *places, const struct desired *want)
{
	const char *name = want->spec.spread.value, **found;

	if (!name || places->groups_len == 0)
		return NULL;
	found = bsearch(&name, places->groups, places->groups_len,
			sizeof(*places->groups), str_compare);
	return found ? &places->members[(size_t)(found - places->groups) *
					places->cluster->nodes_len]
		     : NULL;
}

/* ---- what a guest takes ---- */

static unsigned long memory_of(const struct places *places, const struct desired *want)
{
	const struct observed *template = NULL;

	if (is_set(&want->spec.ram_mb.is))
		return (unsigned long)want->spec.ram_mb.value;
	if (want->template_id)
		template = cluster_find(places->cluster, want->template_id);
	return template ? template->memory_mib : 0;
}

static long cpus_of(const struct desired *want)
{
	long sockets = want->type == GUEST_VM ? want->spec.sockets.value : 1;

	return is_set(&want->spec.cpu.is) ? want->spec.cpu.value * sockets : 1;
}

/* The storage of its root disk, and how much of it; NULL: nothing is known of it. */
static const char *disk_of(const struct places *places, const struct desired *want,
			   unsigned long *mib)
{
	const struct observed *template = NULL;
	const char *root;

	if (want->template_id)
		template = cluster_find(places->cluster, want->template_id);
	*mib = is_set(&want->spec.disk_gb.is)
		       ? (unsigned long)want->spec.disk_gb.value * 1024
	       : template ? template->root_disk_mib
			  : 0;
	if (want->datastore)
		return want->datastore;
	root = template && template->root_disk
		       ? observed_option(template, template->root_disk)
		       : NULL;
	return root ? volume_storage(places->arena, root) : NULL;
}

/* A guest that is still to be made takes its share of a node. */
static void take(struct places *places, const struct desired *want, size_t node)
{
	const struct cluster_state *cluster = places->cluster;
	const char *name = cluster->nodes[node].name;
	unsigned long mib;
	const char *storage = disk_of(places, want, &mib);

	places->memory[node] += memory_of(places, want);
	places->cpus[node] += cpus_of(want);
	if (want->spec.clone.value == CLONE_LINKED && want->template_id)
		return;
	for (size_t i = 0; storage && i < cluster->storages_len; i++)
		if (strcmp(cluster->storages[i].name, storage) == 0 &&
		    (cluster->storages[i].shared ||
		     strcmp(cluster->storages[i].node, name) == 0))
			places->disk[i] += mib;
}

/* ---- what is there already ---- */

/* Running guests take all that they may; in use may be more, by what is no guest. */
static void count_guests(struct places *places)
{
	const struct cluster_state *cluster = places->cluster;

	for (size_t i = 0; i < cluster->guests_len; i++) {
		const struct observed *guest = &cluster->guests[i];
		size_t node = node_index(places, guest->node);

		if (node < cluster->nodes_len && !guest->template &&
		    guest->power != OBSERVED_STOPPED)
			places->memory[node] += guest->memory_mib;
	}
	for (size_t i = 0; i < cluster->nodes_len; i++)
		if (places->memory[i] < cluster->nodes[i].memory_used_mib)
			places->memory[i] = cluster->nodes[i].memory_used_mib;
}

/* An entry that has its node, by its lease or by its own word. */
static void count_entry(struct places *places, const struct desired *want)
{
	const struct plan_input *input = places->premises->input;
	const struct lease *lease = leases_find(input->held, want->name);
	const struct observed *seen =
		lease && lease->vmid ? cluster_find(places->cluster, lease->vmid) : NULL;
	const char *at = lease && lease->node ? lease->node : want->node;
	unsigned *group = group_of(places, want);
	size_t node;

	if (reservation_is_taken(lease, seen))
		seen = NULL;
	node = node_index(places, seen ? seen->node : at);
	if (node == places->cluster->nodes_len || (want->spec.hold.value && !lease))
		return; /* auto, and not chosen yet; or not to be made */
	if (group)
		group[node]++;
	if (!seen)
		take(places, place_on(places->arena, places->manifest, want, at), node);
	else if (seen->memory_mib == 0 || /* too new for the list */
		 (lease->state == LEASE_RESERVED && seen->power == OBSERVED_STOPPED))
		places->memory[node] += memory_of(places, want);
}

struct places *places_make(struct arena *arena, const struct premises *premises)
{
	struct places *places = arena_new(arena, struct places);
	const struct cluster_state *cluster = premises->input->cluster;

	places->arena = arena;
	places->premises = premises;
	places->cluster = cluster;
	places->manifest = premises->input->manifest;
	places->memory = arena_array(arena, unsigned long, cluster->nodes_len);
	places->cpus = arena_array(arena, long, cluster->nodes_len);
	places->disk = arena_array(arena, unsigned long, cluster->storages_len);
	find_groups(places);
	count_guests(places);
	for (size_t i = 0; i < places->manifest->guests_len; i++)
		count_entry(places, &places->manifest->guests[i]);
	return places;
}

/* ---- choosing ---- */

/* Whole GiB that are left; 0 also when the node does not tell. */
static unsigned long free_gib(const struct places *places, size_t node)
{
	unsigned long total = places->cluster->nodes[node].memory_mib;

	return total > places->memory[node] ? (total - places->memory[node]) / 1024 : 0;
}

static long free_cpus(const struct places *places, size_t node)
{
	return (long)places->cluster->nodes[node].cpus_free - places->cpus[node];
}

static bool has_content(const struct storage_state *storage, enum guest_type type)
{
	const char *content = type == GUEST_VM ? "images" : "rootdir";
	const char *found = strstr(storage->content, content);
	size_t len = strlen(content);

	while (found && ((found > storage->content && found[-1] != ',') ||
			 (found[len] && found[len] != ',')))
		found = strstr(found + 1, content);
	return found != NULL;
}

static bool fits_disk(struct error *err, const struct places *places,
		      const struct desired *want)
{
	const struct cluster_state *cluster = places->cluster;
	const struct storage_state *storage;
	unsigned long need, left;
	const char *name = disk_of(places, want, &need);

	if (!name)
		return true;
	storage = cluster_storage(cluster, want->node, name);
	if (!storage)
		return error_set(err, ERROR_FAILED,
				 "it has no storage %s, or the token may not see it",
				 name);
	if (!storage->available)
		return error_set(err, ERROR_FAILED, "storage %s does not answer", name);
	if (!has_content(storage, want->type))
		return error_set(err, ERROR_FAILED, "storage %s takes no %s", name,
				 want->type == GUEST_VM ? "disks of VMs (images)"
							: "containers (rootdir)");
	if (want->spec.clone.value == CLONE_LINKED && want->template_id)
		return true;
	left = storage->used_mib + places->disk[storage - cluster->storages];
	left = storage->total_mib > left ? storage->total_mib - left : 0;
	if (left < need)
		return error_set(err, ERROR_FAILED,
				 "storage %s has %lu GiB left, it needs %lu", name,
				 left / 1024, (need + 1023) / 1024);
	return true;
}

static bool fits_memory(struct error *err, const struct places *places,
			const struct desired *want, size_t node)
{
	unsigned long need = memory_of(places, want);
	unsigned long total = places->cluster->nodes[node].memory_mib;

	if (total == 0 || places->memory[node] + need <= total)
		return true;
	return error_set(err, ERROR_FAILED, "%lu GiB of memory left, it needs %lu MiB",
			 free_gib(places, node), need);
}

/* Can the guest be made on the node? `trial` stands there afterwards. */
static bool fits(struct error *err, const struct places *places,
		 const struct desired *want, struct desired *trial, size_t node)
{
	const struct node_state *state = &places->cluster->nodes[node];
	struct making making = { .want = trial };

	if (!state->online)
		return error_set(err, ERROR_TEMPORARY, "offline");
	if (state->maintenance)
		return error_set(err, ERROR_TEMPORARY, "in maintenance");
	place_stand(trial, places->manifest, want, state->name);
	return premise_of_making(err, places->arena, places->premises, &making) &&
	       fits_memory(err, places, trial, node) && fits_disk(err, places, trial);
}

/* Is the node better than the best so far, which comes before it by name? */
static bool is_better(const struct places *places, const unsigned *group, size_t node,
		      size_t best)
{
	if (group && group[node] != group[best])
		return group[node] < group[best];
	if (free_gib(places, node) != free_gib(places, best))
		return free_gib(places, node) > free_gib(places, best);
	return free_cpus(places, node) > free_cpus(places, best);
}

static const char *explain(const struct places *places, const struct desired *want,
			   const unsigned *group, size_t node)
{
	const struct node_state *state = &places->cluster->nodes[node];
	unsigned elsewhere = 0;
	struct text out;

	text_init(&out, places->arena);
	text_addf(&out, "node %s: auto: ", state->name);
	if (state->memory_mib > 0)
		text_addf(&out, "%lu GiB free", free_gib(places, node));
	else
		text_add(&out, "its memory is not told (Sys.Audit on it)");
	if (group) {
		for (size_t i = 0; i < places->cluster->nodes_len; i++)
			elsewhere += i == node ? 0 : group[i];
		text_addf(&out, ", %u of the group %s there and %u elsewhere",
			  group[node], want->spec.spread.value, elsewhere);
	}
	return text_str(&out);
}

/* Why no node will do: each by its name, or one reason that is the same of all. */
static bool no_place(struct places *places, const struct desired *want,
		     struct desired *trial, struct error *err)
{
	const struct cluster_state *cluster = places->cluster;
	bool same = true, passes = false;
	struct error one, first = { 0 };
	struct text out;

	text_init(&out, places->arena);
	for (size_t i = 0; i < cluster->nodes_len; i++) {
		one = (struct error){ 0 };
		fits(&one, places, want, trial, i);
		if (i == 0)
			first = one;
		same = same && strcmp(first.text, one.text) == 0;
		passes |= one.kind == ERROR_TEMPORARY;
		text_addf(&out, "%s%s: %s", i ? "; " : "", cluster->nodes[i].name,
			  one.text);
	}
	if (same && cluster->nodes_len > 1) {
		*err = first;
		return error_wrap(err, "no node can take it");
	}
	return error_set(err, passes ? ERROR_TEMPORARY : ERROR_FAILED,
			 "no node can take it: %s", text_str(&out));
}

bool places_choose(struct places *places, const struct desired *want,
		   const struct desired **out, const char **why, struct error *err)
{
	size_t len = places->cluster->nodes_len, best = len;
	unsigned *group = group_of(places, want);
	struct desired trial = *want;
	struct error ignored;

	for (size_t i = 0; i < len; i++)
		if (fits(&ignored, places, want, &trial, i) &&
		    (best == len || is_better(places, group, i, best)))
			best = i;
	if (best == len)
		return no_place(places, want, &trial, err);
	*why = explain(places, want, group, best);
	*out = place_on(places->arena, places->manifest, want,
			places->cluster->nodes[best].name);
	take(places, *out, best);
	if (group)
		group[best]++;
	return true;
}
