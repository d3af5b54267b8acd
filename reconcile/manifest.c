#include "reconcile/manifest.h"

#include "base/text.h"
#include "reconcile/check.h"
#include "reconcile/manifest_fields.h"
#include "reconcile/moved.h"
#include "reconcile/sources.h"
#include "reconcile/spec.h"
#include "reconcile/syntax.h"

#include <stdlib.h>
#include <string.h>

enum { VMID_LAST = 999999999 };

static const struct trail globals_trail = { NULL, "globals", 0 };

static void add_warning(struct manifest *manifest, struct arena *arena, struct place at,
			const char *what)
{
	const char **more = arena_array(arena, const char *, manifest->warnings_len + 1);

	if (manifest->warnings_len > 0)
		memcpy(more, manifest->warnings, manifest->warnings_len * sizeof(*more));
	more[manifest->warnings_len++] =
		arena_printf(arena, "%s: %s", place_print(arena, at), what);
	manifest->warnings = more;
}

static void warn(struct manifest *manifest, struct arena *arena)
{
	const struct proxmox_settings *p = &manifest->proxmox;

	if (p->token_secret.inline_value)
		add_warning(manifest, arena, p->token_secret.is.at,
			    "globals.proxmox.token_secret: a secret in clear is for "
			    "everybody who reads the repository; the controller refuses "
			    "it. Give {secret: NAME}");
	if (p->tls.insecure.value)
		add_warning(manifest, arena, p->tls.insecure.is.at,
			    "globals.proxmox.tls.insecure: no certificate is checked, "
			    "unless the host's own tls settings say how: the token goes "
			    "to whoever answers");
}

/* From vmid_base or vmid_range of globals.defaults. */
static void take_vmids(struct manifest *manifest, const struct decode *how)
{
	static const struct trail defaults = { &globals_trail, "defaults", 0 };
	static const struct trail here = { &defaults, "vmid_range", 0 };
	const struct num_setting *base = &manifest->defaults.vmid_base;
	const struct text_setting *range = &manifest->defaults.vmid_range;

	if (is_set(&base->is) && is_set(&range->is)) {
		mistake(how, &here, range->is.at, "not together with vmid_base");
	} else if (is_set(&base->is) && !base->is.bad) {
		manifest->vmid_first = (unsigned)base->value;
		manifest->vmid_last = VMID_LAST;
	} else if (is_set(&range->is) && !range->is.bad) {
		manifest->vmid_first = (unsigned)strtoul(range->value, NULL, 10);
		manifest->vmid_last =
			(unsigned)strtoul(strchr(range->value, '-') + 1, NULL, 10);
	}
}

static void take_root(struct manifest *manifest, const struct root *root)
{
	manifest->proxmox = root->proxmox;
	manifest->access = root->access;
	manifest->pools_file = root->pools_file;
	manifest->leases_file = root->leases_file;
	manifest->leases_branch = root->branch;
	manifest->include = root->include;
	manifest->defaults = root->defaults;
	manifest->removal_policy = (enum removal_policy)root->policy.value;
	manifest->removal_grace = root->grace.value;
	manifest->removal_backup = root->backup.value;
	manifest->max_destroy = root->max_destroy.value;
	manifest->max_replace = root->max_replace.value;
	manifest->max_percent = root->max_percent.value;
	manifest->on_error = (enum on_error)root->on_error.value;
	manifest->probe = (enum probe_mode)root->probe.value;
	manifest->parallel = root->parallel.value;
	manifest->drift = (enum drift_mode)root->drift.value;
}

/* The values under globals.defaults: built-in, then what globals say for all guests. */
static void lay_ground(struct manifest *manifest, const struct decode *how)
{
	struct spec globals = {
		.node = manifest->proxmox.node,
		.datastore = manifest->proxmox.datastore,
		.resource_pool = manifest->proxmox.resource_pool,
		.access = manifest->access,
	};

	spec_built_in(&manifest->below, how);
	spec_merge(&manifest->below, &globals, how->arena);
}

static void use_usual_files(struct root *root)
{
	/* a wrong path is a mistake already; what follows needs one that can be opened */
	if (!root->pools_file.value)
		root->pools_file.value = "ipam/pools.yaml";
	if (!root->leases_file.value)
		root->leases_file.value = "ipam/leases.json";
}

bool manifest_begin(struct manifest *manifest, struct arena *arena,
		    const struct file *file, struct diags *diags)
{
	struct decode built_in = { arena, diags, LAYER_BUILT_IN };
	struct decode how = { arena, diags, LAYER_GLOBALS };
	struct root root = { 0 };
	struct doc *doc = doc_read(arena, file, diags);

	*manifest = (struct manifest){ .file = file, .doc = doc };
	if (!doc)
		return false;
	if (doc->kind == DOC_NULL && !doc->broken)
		mistake(&how, NULL, doc->at,
			"the file is empty: expected version, globals and vms");
	else
		decode_usual(&built_in, root_fields, &root);
	if (doc->kind == DOC_NULL || !decode_map(&how, NULL, doc, root_fields, &root))
		return false;
	use_usual_files(&root);
	take_root(manifest, &root);
	take_vmids(manifest, &how);
	lay_ground(manifest, &how);
	warn(manifest, arena);
	return true;
}

static void read_pools(struct reading *reading, const struct input *inputs, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (inputs[i].pattern || !inputs[i].file)
			continue;
		reading->pools_known = true;
		pools_read(&reading->manifest->pools, reading->how.arena, inputs[i].file,
			   reading->how.diags);
		return;
	}
}

/* Without a pools file there can be no network with a pool. */
static void check_pools_file(const struct reading *reading)
{
	static const struct trail ipam = { &globals_trail, "ipam", 0 };
	static const struct trail here = { &ipam, "pools_file", 0 };
	const struct manifest *manifest = reading->manifest;
	const struct text_setting *path = &manifest->pools_file;

	if (reading->pools_known || path->is.bad)
		return;
	for (size_t i = 0; i < manifest->networks_len; i++) {
		const struct setting *pool = &manifest->networks[i].pool.is;

		if (!is_set(pool))
			continue;
		mistake(&reading->how, &here, path->is.at.file ? path->is.at : pool->at,
			"there is no file %s", path->value);
		return;
	}
}

static int compare_nodes(const void *left, const void *right)
{
	const struct node_settings *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void read_nodes(struct reading *reading)
{
	static const struct trail nodes = { &globals_trail, "nodes", 0 };
	const struct decode how = { reading->how.arena, reading->how.diags,
				    LAYER_GLOBALS };
	struct manifest *manifest = reading->manifest;
	const struct doc *globals = doc_get(manifest->doc, "globals");
	const struct doc *doc = globals ? doc_get(globals, "nodes") : NULL;
	struct error err;

	if (doc && doc->kind == DOC_MAP) {
		manifest->nodes = arena_array(how.arena, struct node_settings, doc->len);
		for (size_t i = 0; i < doc->len; i++) {
			const struct trail here = { &nodes, doc->keys[i]->text, 0 };
			struct node_settings *node =
				&manifest->nodes[manifest->nodes_len];

			if (doc->keys[i]->broken)
				continue;
			manifest->nodes_len++;
			node->name = doc->keys[i]->text;
			node->at = doc->keys[i]->at;
			if (!check_node(node->name, &err))
				mistake(&how, &here, node->at, "%s", err.text);
			decode_map(&how, &here, doc->items[i], node_fields, node);
		}
	}
	if (manifest->nodes_len > 1)
		qsort(manifest->nodes, manifest->nodes_len, sizeof(*manifest->nodes),
		      compare_nodes);
	index_init(&reading->nodes, how.arena, manifest->nodes, manifest->nodes_len,
		   sizeof(*manifest->nodes));
}

static void read_networks(struct reading *reading, const struct sources *sources)
{
	static const struct trail list = { NULL, "networks", 0 };
	struct manifest *manifest = reading->manifest;
	const struct decode *how = &reading->how;
	size_t count = sources_count(sources, "networks");
	size_t *ordinals = arena_array(how->arena, size_t, count);
	struct place *places = arena_array(how->arena, struct place, count);

	manifest->networks = arena_array(how->arena, struct network, count);
	for (size_t s = 0; s < sources->len; s++) {
		const struct doc *doc = sources_items(sources, s, "networks", DOC_LIST);

		for (size_t i = 0; doc && i < doc->len; i++) {
			const struct trail here = { &list, NULL, i };
			struct network_settings read = { 0 };
			size_t n = manifest->networks_len;

			if (!decode_map(how, &here, doc->items[i], network_fields, &read))
				continue;
			read.network.name = read.name.value ? read.name.value : "";
			read.network.at = doc->items[i]->at;
			ordinals[n] = i;
			places[n] = read.name.is.at;
			manifest->networks[n] = read.network;
			manifest->networks_len++;
			check_network(reading, &read.network, &here);
		}
	}
	index_init(&reading->networks, how->arena, manifest->networks,
		   manifest->networks_len, sizeof(*manifest->networks));
	check_names(reading, &reading->networks, "networks", ordinals, places);
}

static void read_presets(struct reading *reading, const struct sources *sources)
{
	static const struct trail map = { NULL, "presets", 0 };
	const struct decode how = { reading->how.arena, reading->how.diags,
				    LAYER_PRESET };
	struct manifest *manifest = reading->manifest;
	size_t count = sources_count(sources, "presets");
	struct place *places = arena_array(how.arena, struct place, count);
	const struct doc **docs = arena_array(how.arena, const struct doc *, count);
	struct error err;

	manifest->presets = arena_array(how.arena, struct preset, count);
	for (size_t s = 0; s < sources->len; s++) {
		const struct doc *doc = sources_items(sources, s, "presets", DOC_MAP);

		for (size_t i = 0; doc && i < doc->len; i++) {
			const struct trail here = { &map, doc->keys[i]->text, 0 };
			struct preset *preset = &manifest->presets[manifest->presets_len];

			if (doc->keys[i]->broken)
				continue;
			preset->name = doc->keys[i]->text;
			preset->at = doc->keys[i]->at;
			if (!check_own_name(preset->name, &err))
				mistake(&how, &here, preset->at, "%s", err.text);
			places[manifest->presets_len] = preset->at;
			docs[manifest->presets_len++] = doc->items[i];
			decode_map(&how, &here, doc->items[i], spec_fields,
				   &preset->spec);
		}
	}
	index_init(&reading->presets, how.arena, manifest->presets, manifest->presets_len,
		   sizeof(*manifest->presets));
	check_names(reading, &reading->presets, "presets", NULL, places);
	for (size_t i = 0; i < manifest->presets_len; i++) {
		const struct trail here = { &map, manifest->presets[i].name, 0 };

		check_spec(reading, &manifest->presets[i].spec, docs[i], &here);
	}
}

/* What every guest without a preset starts from, and each preset put over it. */
struct grounds {
	struct spec plain;
	struct spec *with_preset;
};

static void prepare_grounds(struct grounds *grounds, struct reading *reading)
{
	static const struct trail here = { &globals_trail, "defaults", 0 };
	const struct manifest *manifest = reading->manifest;
	const struct doc *globals = doc_get(manifest->doc, "globals");
	const struct doc *doc = globals ? doc_get(globals, "defaults") : NULL;
	struct arena *arena = reading->how.arena;

	if (doc)
		check_spec(reading, &manifest->defaults, doc, &here);
	grounds->plain = manifest->below;
	spec_merge(&grounds->plain, &manifest->defaults, arena);
	grounds->with_preset = arena_array(arena, struct spec, manifest->presets_len);
	for (size_t i = 0; i < manifest->presets_len; i++) {
		grounds->with_preset[i] = grounds->plain;
		spec_merge(&grounds->with_preset[i], &manifest->presets[i].spec, arena);
	}
}

static const struct spec *ground_of(const struct grounds *grounds,
				    const struct reading *reading, const struct spec *own)
{
	const struct text_setting *preset =
		is_set(&own->preset.is) ? &own->preset : &grounds->plain.preset;
	size_t found;

	if (preset->value && index_find(&reading->presets, preset->value, &found))
		return &grounds->with_preset[found];
	return &grounds->plain;
}

static void read_guest(struct reading *reading, const struct grounds *grounds,
		       const struct doc *doc, const struct trail *trail,
		       struct desired *guest)
{
	struct spec own = { .at = doc->at };

	if (!decode_map(&reading->how, trail, doc, spec_fields, &own))
		return;
	guest->spec = *ground_of(grounds, reading, &own);
	spec_merge(&guest->spec, &own, reading->how.arena);
	guest->at = own.at;
	guest->spec.at = own.at;
	guest->name = own.named.value ? own.named.value : "";
	guest->spec.name = guest->name;
	check_spec(reading, &own, doc, trail);
	check_guest(reading, guest, &own, trail);
}

static void read_guests(struct reading *reading, const struct sources *sources)
{
	static const struct trail list = { NULL, "vms", 0 };
	struct manifest *manifest = reading->manifest;
	struct arena *arena = reading->how.arena;
	size_t count = sources_count(sources, "vms"), n = 0;
	size_t *ordinals = arena_array(arena, size_t, count);
	struct place *places = arena_array(arena, struct place, count);
	struct grounds grounds;

	prepare_grounds(&grounds, reading);
	manifest->guests = arena_array(arena, struct desired, count);
	for (size_t s = 0; s < sources->len; s++) {
		const struct doc *doc = sources_items(sources, s, "vms", DOC_LIST);

		for (size_t i = 0; doc && i < doc->len; i++, n++) {
			const struct trail here = { &list, NULL, i };
			struct desired *guest = &manifest->guests[n];

			guest->name = "";
			read_guest(reading, &grounds, doc->items[i], &here, guest);
			ordinals[n] = i;
			places[n] = guest->spec.named.is.at;
		}
	}
	manifest->guests_len = n;
	index_init(&manifest->by_name, arena, manifest->guests, n,
		   sizeof(*manifest->guests));
	check_names(reading, &manifest->by_name, "vms", ordinals, places);
	check_vmids(reading, ordinals);
	check_depends(reading, ordinals);
	check_renamed(reading, ordinals);
}

bool manifest_finish(struct manifest *manifest, struct arena *arena,
		     const struct input *inputs, size_t inputs_len, struct diags *diags)
{
	struct reading reading = { .how = { arena, diags, LAYER_GUEST },
				   .manifest = manifest };
	struct sources sources = { 0 };

	sources_read(&sources, &reading, inputs, inputs_len);
	read_nodes(&reading);
	check_proxmox(&reading);
	read_pools(&reading, inputs, inputs_len);
	read_networks(&reading, &sources);
	check_pools_file(&reading);
	read_presets(&reading, &sources);
	read_guests(&reading, &sources);
	return diags->len == 0;
}

enum drift_mode drift_mode_of(const struct manifest *manifest, const struct desired *want)
{
	return is_set(&want->spec.drift.is) ? (enum drift_mode)want->spec.drift.value
					    : manifest->drift;
}

const char *removal_name(enum removal_policy policy)
{
	return policy_choices[policy];
}

void removal_read(enum removal_policy *out, const char *name)
{
	for (int i = 0; name && policy_choices[i]; i++)
		if (strcmp(policy_choices[i], name) == 0)
			*out = (enum removal_policy)i;
}

const struct desired *manifest_find(const struct manifest *manifest, const char *name)
{
	size_t found;

	return index_find(&manifest->by_name, name, &found) ? &manifest->guests[found]
							    : NULL;
}
