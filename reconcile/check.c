#include "reconcile/check.h"

#include "base/text.h"
#include "reconcile/place.h"
#include "reconcile/slots.h"
#include "reconcile/spec.h"
#include "reconcile/syntax.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CARDS_MAX = 32 }; /* qemu-server src/PVE/QemuServer.pm $MAX_NETS */

void dangling(struct reading *reading, const struct trail *trail, struct place at,
	      const char *what, const char *name, const struct index *known)
{
	const struct decode *how = &reading->how;
	const char *nearest = NULL;

	if (how->diags->len < DIAGS_MAX)
		nearest = index_nearest(known, how->arena, name);
	if (nearest)
		mistake(how, trail, at, "there is no %s %s; did you mean %s?", what, name,
			nearest);
	else
		mistake(how, trail, at, "there is no %s %s", what, name);
}

static void check_node_name(struct reading *reading, const struct trail *trail,
			    struct place at, const char *name)
{
	size_t found;

	if (reading->nodes.len > 0 && strcmp(name, "auto") != 0 &&
	    !index_find(&reading->nodes, name, &found))
		dangling(reading, trail, at, "node", name, &reading->nodes);
}

static void check_networks(struct reading *reading, const struct list_setting *list,
			   bool one, const struct trail *trail)
{
	const struct trail key = { trail, one ? "network" : "networks", 0 };
	size_t found;

	if (list->len > CARDS_MAX)
		mistake(&reading->how, &key, list->is.at,
			"%zu networks; a guest has at most %d cards", list->len,
			CARDS_MAX);
	for (size_t i = 0; i < list->len && i < CARDS_MAX; i++) {
		const struct trail item = { &key, NULL, i };
		const struct trail *here = one ? &key : &item;

		if (!index_find(&reading->networks, list->at[i], &found))
			dangling(reading, here, list->places[i], "network", list->at[i],
				 &reading->networks);
		for (size_t j = 0; j < i; j++)
			if (strcmp(list->at[i], list->at[j]) == 0)
				mistake(&reading->how, here, list->places[i],
					"%s is already in the list", list->at[i]);
	}
}

void check_spec(struct reading *reading, const struct spec *spec, const struct doc *doc,
		const struct trail *trail)
{
	const struct trail node = { trail, "node", 0 }, preset = { trail, "preset", 0 };
	const struct trail template = { trail, "template_id", 0 };
	const struct node_map_setting *ids = &spec->template_id;
	size_t found;

	check_networks(reading, &spec->networks, doc_get(doc, "networks") == NULL, trail);
	check_slots(&reading->how, spec, trail);
	if (is_set(&spec->node.is) && !spec->node.is.bad)
		check_node_name(reading, &node, spec->node.is.at, spec->node.value);
	if (is_set(&spec->preset.is) && !spec->preset.is.bad &&
	    !index_find(&reading->presets, spec->preset.value, &found))
		dangling(reading, &preset, spec->preset.is.at, "preset",
			 spec->preset.value, &reading->presets);
	for (size_t i = 0; i < ids->len; i++)
		if (ids->nodes[i])
			check_node_name(reading, &template, ids->is.at, ids->nodes[i]);
}

void check_network(struct reading *reading, const struct network *network,
		   const struct trail *trail)
{
	const struct trail pool = { trail, "pool", 0 }, dhcp = { trail, "dhcp", 0 };
	const struct trail mtu = { trail, "mtu", 0 };
	const struct decode *how = &reading->how;

	if (is_set(&network->pool.is) && !network->pool.is.bad) {
		const struct pools *pools = &reading->manifest->pools;
		struct index known;

		if (reading->pools_known && !pools_find(pools, network->pool.value)) {
			index_init(&known, how->arena, pools->at, pools->len,
				   sizeof(*pools->at));
			dangling(reading, &pool, network->pool.is.at, "pool",
				 network->pool.value, &known);
		}
		if (network->dhcp.value)
			mistake(how, &dhcp, network->dhcp.is.at,
				"not together with pool: an address comes from one of "
				"them");
	}
	if (is_set(&network->mtu.is) && !network->mtu.is.bad && network->mtu.value > 1 &&
	    network->mtu.value < 576)
		mistake(how, &mtu, network->mtu.is.at,
			"%ld is less than 576 (1 stands for the bridge's own)",
			network->mtu.value);
}

void check_tls(const struct decode *how, const struct trail *above,
	       const struct tls_settings *settings)
{
	const struct trail tls = { above, "tls", 0 }, insecure = { &tls, "insecure", 0 };

	if (settings->insecure.value &&
	    (is_set(&settings->fingerprint.is) || is_set(&settings->ca_file.is)))
		mistake(how, &insecure, settings->insecure.is.at,
			"not together with %s: either it is checked or it is not",
			is_set(&settings->fingerprint.is) ? "fingerprint" : "ca_file");
}

void check_proxmox(struct reading *reading)
{
	static const struct trail globals = { NULL, "globals", 0 };
	static const struct trail proxmox = { &globals, "proxmox", 0 };
	static const struct trail node = { &proxmox, "node", 0 };
	const struct proxmox_settings *p = &reading->manifest->proxmox;

	if (is_set(&p->node.is) && !p->node.is.bad)
		check_node_name(reading, &node, p->node.is.at, p->node.value);
	check_tls(&reading->how, &proxmox, &p->tls);
}

/* A guest that is being resolved. */
struct subject {
	struct reading *reading;
	struct desired *guest;
	const struct spec *own;
	const struct trail *trail;
	struct place at; /* of its name, or of the whole entry */
};

static void __attribute__((format(printf, 4, 5)))
complain(const struct subject *subject, const char *key, struct place at,
	 const char *format, ...)
{
	const struct decode *how = &subject->reading->how;
	const struct trail here = { subject->trail, key, 0 };
	va_list args;

	va_start(args, format);
	mistake(how, key ? &here : subject->trail, at, "%s",
		arena_vprintf(how->arena, format, args));
	va_end(args);
}

/* Is it made from nothing, but taken over as it is? */
static bool only_adopts(const struct desired *guest)
{
	return is_set(&guest->spec.adopt.is) && !is_set(&guest->spec.template_id.is) &&
	       !is_set(&guest->spec.image.is);
}

/* A guest that is there already may have a name that vm7 would not give. */
static void check_name(const struct subject *subject)
{
	const struct spec *spec = &subject->guest->spec;
	const char *name = subject->guest->name;
	bool adopts = is_set(&spec->adopt.is);
	struct error err;

	if (*name && !(adopts ? check_adopted_name : check_guest_name)(name, &err))
		complain(subject, "name", subject->at, "%s", err.text);
	if (adopts && is_set(&spec->vmid.is))
		complain(subject, "vmid", spec->vmid.is.at,
			 "not together with adopt, which says its VMID");
}

static void resolve_networks(const struct subject *subject)
{
	const struct reading *reading = subject->reading;
	struct desired *guest = subject->guest;
	const struct list_setting *names = &guest->spec.networks;
	size_t found;

	if (!is_set(&names->is) || (names->len == 0 && !names->is.bad)) {
		if (is_set(&guest->spec.adopt.is))
			return; /* it may have no card, or none that is looked after */
		complain(subject, NULL, subject->at, "network is missing");
		return;
	}
	guest->networks =
		arena_array(reading->how.arena, const struct network *, names->len);
	for (size_t i = 0; i < names->len; i++)
		if (index_find(&reading->networks, names->at[i], &found))
			guest->networks[guest->networks_len++] =
				&reading->manifest->networks[found];
}

/* The node that is named, or the only one there is: never a guess. */
static void resolve_node(const struct subject *subject)
{
	struct manifest *manifest = subject->reading->manifest;
	struct text_setting *node = &subject->guest->spec.node;

	if (!is_set(&node->is) && manifest->nodes_len == 1) {
		node->is = (struct setting){ .layer = LAYER_GLOBALS,
					     .at = manifest->nodes[0].at };
		node->value = manifest->nodes[0].name;
	}
	if (!is_set(&node->is) && manifest->nodes_len > 1)
		complain(subject, NULL, subject->at,
			 "node is missing: there are several, and none is named here or "
			 "in "
			 "globals.proxmox");
	else if (!is_set(&node->is))
		complain(subject, NULL, subject->at,
			 "node is missing, here and in globals.proxmox");
	subject->guest->node = node->value;
}

/* Its own, the preset's and the defaults' come before the node's, which comes before
 * globals.proxmox. */
static void resolve_datastore(const struct subject *subject)
{
	struct reading *reading = subject->reading;
	struct desired *guest = subject->guest;
	struct text_setting *datastore = &guest->spec.datastore;
	size_t found;

	if (datastore->is.layer <= LAYER_GLOBALS && guest->node &&
	    index_find(&reading->nodes, guest->node, &found) &&
	    is_set(&reading->manifest->nodes[found].datastore.is))
		*datastore = reading->manifest->nodes[found].datastore;
	if (guest->spec.clone.value == CLONE_LINKED && !is_set(&guest->spec.image.is)) {
		/*
		 * qemu-server src/PVE/API2/Qemu.pm clone_vm: no storage for a linked
		 * one
		 */
		if (datastore->is.layer == LAYER_GUEST)
			complain(subject, "datastore", datastore->is.at,
				 "not together with clone: linked: its disks stay on the "
				 "template's storage");
		*datastore = (struct text_setting){ 0 };
	}
	guest->datastore = datastore->value;
}

static void resolve_template(const struct subject *subject)
{
	struct desired *guest = subject->guest;
	const struct node_map_setting *ids = &guest->spec.template_id;

	for (size_t i = 0; i < ids->len; i++)
		if (!ids->nodes[i] ||
		    (guest->node && !strcmp(ids->nodes[i], guest->node)))
			guest->template_id = (unsigned)ids->values[i];
	/* one of them, until the node is chosen and with it the right one */
	if (guest->template_id == 0 && ids->len > 0 && place_is_auto(guest))
		guest->template_id = (unsigned)ids->values[0];
	if (guest->template_id == 0 && !ids->is.bad && guest->node)
		complain(subject, "template_id", ids->is.at,
			 "has no template for node %s", guest->node);
}

/* A container out of an image has no template to take anything from. */
static void check_image_needs(const struct subject *subject)
{
	const struct spec *spec = &subject->guest->spec;
	const struct {
		const char *key;
		const struct setting *is;
	} needed[] = {
		{ "cpu", &spec->cpu.is },
		{ "ram_mb", &spec->ram_mb.is },
		{ "disk_gb", &spec->disk_gb.is },
		{ "datastore", &spec->datastore.is },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!is_set(needed[i].is))
			complain(subject, NULL, subject->at,
				 "%s is missing: an image does not say it",
				 needed[i].key);
	if (is_set(&subject->own->clone.is))
		complain(subject, "clone", subject->own->clone.is.at,
			 "not together with image: nothing is cloned");
}

/* A template or an image; of two layers the higher one counts. */
static void resolve_source(const struct subject *subject)
{
	struct spec *spec = &subject->guest->spec;
	struct setting *template = &spec->template_id.is, *image = &spec->image.is;

	if (is_set(template) && is_set(image) && template->layer == image->layer) {
		complain(subject, "image", image->at, "not together with template_id");
		return;
	}
	if (template->layer > image->layer)
		spec->image = (struct text_setting){ 0 };
	else
		spec->template_id = (struct node_map_setting){ 0 };
	if (is_set(template))
		resolve_template(subject);
	else if (is_set(image))
		check_image_needs(subject);
	else if (!is_set(&subject->own->image.is) && !only_adopts(subject->guest))
		complain(subject, NULL, subject->at,
			 subject->guest->type == GUEST_VM
				 ? "template_id is missing"
				 : "template_id or image is missing");
}

static const char *lower(struct arena *arena, const char *text)
{
	char *copy;

	if (text[strcspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0')
		return text;
	copy = arena_strdup(arena, text);
	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* Once a guest, so not by printf. */
static const char *env_tag(struct arena *arena, const char *env)
{
	static const char start[] = "env-";
	size_t len = strlen(env);
	char *tag = arena_alloc(arena, sizeof(start) + len, 1);

	memcpy(tag, start, sizeof(start) - 1);
	memcpy(tag + sizeof(start) - 1, env, len + 1);
	return tag;
}

/* As Proxmox keeps them: lower case, a set. */
static void resolve_tags(const struct subject *subject)
{
	struct arena *arena = subject->reading->how.arena;
	struct desired *guest = subject->guest;
	const struct spec *spec = &guest->spec;
	const char **tags = arena_array(arena, const char *, spec->tags.len + 1);
	size_t len = 0, kept = 0;

	for (size_t i = 0; i < spec->tags.len; i++)
		tags[len++] = lower(arena, spec->tags.at[i]);
	if (spec->env.value)
		tags[len++] = lower(arena, env_tag(arena, spec->env.value));
	qsort(tags, len, sizeof(*tags), str_compare);
	for (size_t i = 0; i < len; i++)
		if (strcmp(tags[i], "vm7") != 0 &&
		    (kept == 0 || strcmp(tags[kept - 1], tags[i]) != 0))
			tags[kept++] = tags[i];
	guest->tags = tags;
	guest->tags_len = kept;
}

static void check_memory(const struct subject *subject)
{
	const struct spec *spec = &subject->guest->spec;

	if (is_set(&spec->balloon.is) && is_set(&spec->ram_mb.is) &&
	    !spec->balloon.is.bad && !spec->ram_mb.is.bad &&
	    spec->balloon.value > spec->ram_mb.value)
		complain(subject, "balloon", spec->balloon.is.at,
			 "%ld is more than ram_mb (%ld)", spec->balloon.value,
			 spec->ram_mb.value);
}

static bool has_pool(const struct desired *guest)
{
	for (size_t i = 0; i < guest->networks_len; i++)
		if (is_set(&guest->networks[i]->pool.is))
			return true;
	return guest->networks_len == 0;
}

static void check_snapshots(const struct subject *subject)
{
	const struct snapshot_settings *before = &subject->guest->spec.snapshot_before;

	if (is_set(&before->is) && !is_set(&before->when.is))
		complain(subject, "snapshot_before", before->is.at,
			 "when is missing: update");
}

/* What `ready` waits for must be able to answer. */
static void check_ready(const struct subject *subject)
{
	const struct desired *guest = subject->guest;
	const struct ready_settings *ready = &guest->spec.ready;
	const struct setting *when = &ready->when.is;
	const struct trail key = { subject->trail, "ready", 0 },
			   here = { &key, "when", 0 };
	const char *why = NULL;

	if (is_set(&ready->is) && !is_set(when)) {
		complain(subject, "ready", ready->is.at,
			 "when is missing: running, agent or ssh");
		return;
	}
	if (!is_set(when) || when->bad)
		return;
	switch ((enum ready_when)ready->when.value) {
	case READY_RUNNING:
		break;
	case READY_AGENT:
		if (guest->type == GUEST_LXC)
			why = "only a VM has an agent";
		else if (!guest->spec.agent.value)
			why = "not together with agent: false";
		break;
	case READY_SSH:
		if (!has_pool(guest))
			why = "it has no leased address to ask at: none of its networks "
			      "has a pool";
		break;
	}
	if (why)
		mistake(&subject->reading->how, &here, when->at, "%s", why);
}

/* Told once: what one guest lacks here, globals.access lacks for all. */
static void check_access(const struct subject *subject)
{
	const struct access *access = &subject->guest->spec.access;
	struct reading *reading = subject->reading;

	if (reading->access_told || only_adopts(subject->guest))
		return;
	if (subject->guest->type == GUEST_VM && !is_set(&access->user.is)) {
		complain(subject, "access", subject->at,
			 "user is missing, here and in globals.access");
		reading->access_told = true;
	}
	if (!is_set(&access->ssh_public_keys.is) && !is_set(&access->temp_password.is)) {
		complain(subject, "access", subject->at,
			 "ssh_public_key is missing, here and in globals.access: nobody "
			 "could log in");
		reading->access_told = true;
	}
}

void check_guest(struct reading *reading, struct desired *guest, const struct spec *own,
		 const struct trail *trail)
{
	const struct subject subject = { reading, guest, own, trail,
					 is_set(&own->named.is) ? own->named.is.at
								: own->at };
	const struct choice_setting *type = &guest->spec.type;

	check_name(&subject);
	resolve_networks(&subject);
	resolve_tags(&subject);
	if (!is_set(&type->is))
		complain(&subject, NULL, subject.at, "type is missing: vm or lxc");
	if (!is_set(&type->is) || type->is.bad)
		return;
	guest->type = (enum guest_type)type->value;
	spec_fit(&guest->spec, guest->type, &reading->how, trail);
	resolve_node(&subject);
	resolve_datastore(&subject);
	resolve_source(&subject);
	check_memory(&subject);
	check_ready(&subject);
	check_snapshots(&subject);
	check_slot_storage(&reading->how, guest, trail);
	check_access(&subject);
}
