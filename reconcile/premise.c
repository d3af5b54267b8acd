#include "reconcile/premise.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/place.h"
#include "reconcile/slots.h"

#include <stdlib.h>
#include <string.h>

static int compare_vmid(const void *a, const void *b)
{
	unsigned one = *(const unsigned *)a, other = *(const unsigned *)b;

	return (one > other) - (one < other);
}

static int compare_addr(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static const char *name_of(const struct observed *guest)
{
	return guest->name ? guest->name : "";
}

static int compare_name(const void *a, const void *b)
{
	const struct observed *one = *(const struct observed *const *)a;
	const struct observed *other = *(const struct observed *const *)b;
	int order = strcmp(name_of(one), name_of(other));

	return order ? order : (one->vmid > other->vmid) - (one->vmid < other->vmid);
}

static void add_addresses(struct premises *out, size_t *cap, struct arena *arena,
			  const struct observed *guest)
{
	struct {
		struct addr *at;
		size_t len, cap;
	} found = { out->addrs, out->addrs_len, *cap };

	for (size_t i = 0; i < guest->cards_len; i++) {
		if (guest->cards[i].ip.family)
			*vec_push(arena, &found) = guest->cards[i].ip;
		if (guest->cards[i].ip6.family)
			*vec_push(arena, &found) = guest->cards[i].ip6;
	}
	out->addrs = found.at;
	out->addrs_len = found.len;
	*cap = found.cap;
}

bool reservation_is_taken(const struct lease *lease, const struct observed *seen)
{
	return lease && !lease->bare && lease->state == LEASE_RESERVED && seen &&
	       !seen->lock && seen->has_config && !seen->line_id;
}

/*
 * Is the guest at the leased VMID, if any, the one of the lease? One without our line is
 * somebody else's, whatever was leased there: its name and addresses are taken.
 */
static bool covers(const struct lease *lease, const struct cluster_state *cluster)
{
	const struct observed *seen = cluster_find(cluster, lease->vmid);

	return lease->vmid && (lease->state == LEASE_ADOPTING || !seen || seen->lock ||
			       !seen->has_config || seen->line_id);
}

void premises_make(struct premises *out, struct arena *arena,
		   const struct plan_input *input)
{
	const struct cluster_state *cluster = input->cluster;
	unsigned *leased = arena_array(arena, unsigned, input->held->len + 1);
	size_t leased_len = 0, cap = 0;

	*out = (struct premises){ .input = input };
	if (!cluster)
		return;
	for (size_t i = 0; i < input->held->len; i++)
		if (covers(&input->held->at[i], cluster))
			leased[leased_len++] = input->held->at[i].vmid;
	qsort(leased, leased_len, sizeof(*leased), compare_vmid);
	out->foreign = arena_array(arena, const struct observed *, cluster->guests_len);
	out->vmids = arena_array(arena, unsigned, cluster->guests_len);
	out->vmids_len = cluster->guests_len;
	for (size_t i = 0; i < cluster->guests_len; i++) {
		const struct observed *guest = &cluster->guests[i];

		out->vmids[i] = guest->vmid;
		if (bsearch(&guest->vmid, leased, leased_len, sizeof(*leased),
			    compare_vmid))
			continue;
		out->foreign[out->foreign_len++] = guest;
		add_addresses(out, &cap, arena, guest);
	}
	qsort(out->foreign, out->foreign_len, sizeof(const struct observed *),
	      compare_name);
	if (out->addrs_len > 0)
		qsort(out->addrs, out->addrs_len, sizeof(*out->addrs), compare_addr);
}

/* A guest of others by this name, or NULL. */
static const struct observed *foreign_named(const struct premises *premises,
					    const char *name)
{
	struct observed key = { .name = name };
	const struct observed *pointer = &key;
	size_t low = 0, high = premises->foreign_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_name(&premises->foreign[middle], &pointer) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < premises->foreign_len &&
	    strcmp(name_of(premises->foreign[low]), name) == 0)
		return premises->foreign[low];
	return NULL;
}

/* Guests of ours on the cluster while there is no lease file: it was lost, not never
 * there. */
static bool lease_file_is_lost(struct error *err, struct arena *arena,
			       const struct premises *premises)
{
	const struct plan_input *input = premises->input;
	const char *names[4];
	size_t len = 0, count = 0;

	for (size_t i = 0; i < premises->foreign_len; i++) {
		const struct observed *guest = premises->foreign[i];

		if (!guest->line_id)
			continue;
		if (!str_equal(guest->line_repository, input->repository) &&
		    !manifest_find(input->manifest, name_of(guest)))
			continue; /* another repository's */
		if (len < sizeof(names) / sizeof(names[0]))
			names[len++] = arena_printf(arena, "%s (%u)", name_of(guest),
						    guest->vmid);
		count++;
	}
	if (count == 0)
		return false;
	error_set(err, ERROR_REFUSED,
		  "%s does not exist, but %s on the cluster %s vm7's line: nothing is "
		  "created, or they "
		  "would be made twice. Bring the file back: git revert the commit that "
		  "removed it, or rebuild it from them with vm7 adopt --recover",
		  input->manifest->leases_file.value, str_list(arena, names, count, 3),
		  count == 1 ? "carries" : "carry");
	return true;
}

bool premise_of_branch(struct error *err, const struct manifest *manifest,
		       const struct leases *held, const char *branch)
{
	if (held->branch && branch && strcmp(held->branch, branch) != 0)
		return error_set(err, ERROR_REFUSED,
				 "%s belongs to the branch %s, this is %s: two branches "
				 "with the same leases "
				 "would fight over the same guests. Work on %s, or begin "
				 "with an empty "
				 "lease file",
				 manifest->leases_file.value, held->branch, branch,
				 held->branch);
	return true;
}

/* (design: Proxmox VE 8.4 and 9.x) */
static bool is_too_old(const char *version)
{
	char *end;
	unsigned long major = strtoul(version, &end, 10);

	return major < 8 || (major == 8 && *end == '.' && strtoul(end + 1, NULL, 10) < 4);
}

bool premise_of_pass(struct error *err, struct arena *arena,
		     const struct premises *premises)
{
	const struct plan_input *input = premises->input;
	const struct leases *held = input->held;
	const char *cluster = input->cluster ? input->cluster->name : NULL;

	if (input->cluster && input->cluster->version &&
	    is_too_old(input->cluster->version))
		return error_set(err, ERROR_FAILED,
				 "%s runs Proxmox VE %s: vm7 needs 8.4 or newer",
				 input->cluster->endpoint, input->cluster->version);
	/* a plan only looks: on another branch it tells what a merge would do */
	if (input->instance &&
	    !premise_of_branch(err, input->manifest, held, input->branch))
		return false;
	if (cluster && held->cluster && strcmp(held->cluster, cluster) != 0)
		return error_set(err, ERROR_REFUSED,
				 "%s belongs to the cluster %s, %s answers as %s: "
				 "nothing is done to it",
				 input->manifest->leases_file.value, held->cluster,
				 input->cluster->endpoint, cluster);
	if (cluster && !held->instance && lease_file_is_lost(err, arena, premises))
		return false;
	return true;
}

static bool address_is_free(struct error *err, const struct premises *premises,
			    const struct addr *leased)
{
	char address[ADDR_TEXT];

	if (!leased->family || premises->addrs_len == 0 ||
	    !bsearch(leased, premises->addrs, premises->addrs_len,
		     sizeof(*premises->addrs), compare_addr))
		return true;
	addr_print(leased, address);
	return error_set(err, ERROR_REFUSED,
			 "disputed: %s is leased to it, but a guest that is not vm7's "
			 "has that address",
			 address);
}

bool premise_of_lease(struct error *err, const struct premises *premises,
		      const struct desired *want, const struct lease *held)
{
	const struct observed *other;

	if (!premises->input->cluster)
		return true;
	other = foreign_named(premises, want->name);
	if (other && (!held || held->vmid != other->vmid))
		return error_set(
			err, ERROR_REFUSED,
			"disputed: VMID %u on %s has this name already and is not vm7's. "
			"Rename one of them, or take that guest over (adopt: %u in the "
			"entry)",
			other->vmid, other->node, other->vmid);
	for (size_t i = 0; held && i < held->nics_len; i++)
		if (!address_is_free(err, premises, &held->nics[i].ip) ||
		    !address_is_free(err, premises, &held->nics[i].ip6))
			return false;
	return true;
}

static bool node_is_up(struct error *err, struct arena *arena,
		       const struct cluster_state *cluster, const char *name)
{
	const struct node_state *node = cluster_node(cluster, name);
	const char **names = arena_array(arena, const char *, cluster->nodes_len);

	if (node && node->online)
		return true;
	if (node)
		return error_set(err, ERROR_TEMPORARY, "node %s is offline", name);
	for (size_t i = 0; i < cluster->nodes_len; i++)
		names[i] = cluster->nodes[i].name;
	return error_set(err, ERROR_FAILED,
			 "node %s is not in the cluster %s, which has %s", name,
			 cluster->name, str_list(arena, names, cluster->nodes_len, 8));
}

/* A half-made clone of it could boot, with an address that is not its own. */
static bool boots_wrongly(struct error *err, const struct observed *template)
{
	char address[ADDR_TEXT];

	if (str_equal(observed_option(template, "onboot"), "1"))
		return error_set(err, ERROR_REFUSED,
				 "template %u has onboot=1: a clone that is not finished "
				 "could boot with "
				 "the template's settings. Set onboot=0 on the template",
				 template->vmid),
		       true;
	for (size_t i = 0; i < template->cards_len; i++) {
		const struct observed_card *card = &template->cards[i];

		if (!card->ip.family && !card->ip6.family)
			continue;
		addr_print(card->ip.family ? &card->ip : &card->ip6, address);
		error_set(err, ERROR_REFUSED,
			  "template %u has the static address %s on net%u: every clone "
			  "would begin with "
			  "it. Remove it from the template",
			  template->vmid, address, card->index);
		return true;
	}
	return false;
}

static bool disk_fits(struct error *err, const struct desired *want,
		      const struct observed *template)
{
	const struct num_setting *disk_gb = &want->spec.disk_gb;

	if (!is_set(&disk_gb->is))
		return true;
	if (!template->root_disk)
		return error_set(err, ERROR_REFUSED,
				 "template %u has no disk that disk_gb could mean",
				 template->vmid);
	if (template->root_disk_mib > (unsigned long)disk_gb->value * 1024)
		return error_set(err, ERROR_REFUSED,
				 "disk_gb is %ld, but %s of template %u has %lu GiB: "
				 "disks only grow",
				 disk_gb->value, template->root_disk, template->vmid,
				 (template->root_disk_mib + 1023) / 1024);
	return true;
}

static bool kind_fits(struct error *err, const struct desired *want,
		      const struct observed *template)
{
	const char *privileged;

	if (template->type != want->type)
		return error_set(err, ERROR_REFUSED,
				 "template %u is a %s, the entry asks for a %s",
				 template->vmid, guest_type_name(template->type),
				 guest_type_name(want->type));
	if (!template->template)
		return error_set(err, ERROR_REFUSED,
				 "VMID %u is no template: it would have to be stopped to "
				 "be cloned. "
				 "Convert it to a template, or name one",
				 template->vmid);
	if (want->type == GUEST_VM && !template->cloud_init_drive &&
	    !making_free_slot(want, template))
		return error_set(
			err, ERROR_REFUSED,
			"template %u has no cloud-init drive and no free ide or scsi "
			"slot for one: its clones would never learn their address and "
			"keys. Take a drive out of it",
			template->vmid);
	if (want->type == GUEST_LXC) {
		privileged = observed_option(template, "unprivileged");
		if (want->spec.unprivileged.value != str_equal(privileged, "1"))
			return error_set(err, ERROR_REFUSED,
					 "template %u is %s, the entry asks for "
					 "unprivileged: %s; a clone "
					 "cannot change that",
					 template->vmid,
					 str_equal(privileged, "1") ? "unprivileged"
								    : "privileged",
					 want->spec.unprivileged.value ? "true"
								       : "false");
	}
	return true;
}

/*
 * The archive, where its storage was asked: what could not be learned is Proxmox's to
 * say.
 */
static bool archive_is_there(struct error *err, struct arena *arena,
			     const struct cluster_state *cluster,
			     const struct desired *want)
{
	const char *image = want->spec.image.value;
	const struct archives *known = NULL;

	for (size_t i = 0; i < cluster->archives_len && !known; i++)
		if (strcmp(cluster->archives[i].node, want->node) == 0 &&
		    volume_is_on(image, cluster->archives[i].storage))
			known = &cluster->archives[i];
	for (size_t i = 0; known && i < known->len; i++)
		if (strcmp(known->volumes[i], image) == 0)
			return true;
	if (!known)
		return true;
	if (known->len == 0)
		return error_set(err, ERROR_FAILED,
				 "image %s does not exist on %s: %s has no container "
				 "archive that the token "
				 "may see",
				 image, want->node, known->storage);
	return error_set(err, ERROR_FAILED, "image %s does not exist on %s; %s has %s",
			 image, want->node, known->storage,
			 str_list(arena, known->volumes, known->len, 5));
}

bool premise_of_making(struct error *err, struct arena *arena,
		       const struct premises *premises, struct making *making)
{
	const struct cluster_state *cluster = premises->input->cluster;
	const struct desired *want = making->want;
	const struct observed *template;

	if (!cluster->quorate)
		return error_set(err, ERROR_TEMPORARY,
				 "the cluster has no quorum: nothing is written");
	if (!node_is_up(err, arena, cluster, want->node))
		return false;
	if (!want->template_id && is_set(&want->spec.template_id.is))
		return error_set(err, ERROR_FAILED, "template_id names none for node %s",
				 want->node);
	if (!want->template_id && !is_set(&want->spec.image.is))
		return error_set(err, ERROR_REFUSED,
				 "its entry names nothing that it could be made from: "
				 "give it template_id or image, or take the entry out");
	if (!want->template_id)
		return archive_is_there(err, arena, cluster, want);
	template = cluster_find(cluster, want->template_id);
	if (!template)
		return error_set(err, ERROR_FAILED,
				 "template %u does not exist on the cluster %s, or the "
				 "token may not see it "
				 "(VM.Audit on /vms/%u)",
				 want->template_id, cluster->name, want->template_id);
	if (!node_is_up(err, arena, cluster, template->node))
		return error_wrap(err, "template %u", want->template_id);
	if (!template->has_config)
		return error_set(err, ERROR_TEMPORARY,
				 "the config of template %u cannot be read",
				 want->template_id);
	if (!place_is_reached(err, arena, cluster, want, template) ||
	    !kind_fits(err, want, template) || boots_wrongly(err, template) ||
	    !disk_fits(err, want, template) || !slots_fit(err, arena, want, template))
		return false;
	making->template = template;
	return true;
}
