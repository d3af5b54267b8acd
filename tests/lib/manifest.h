/* For tests of vm7.yaml: a text that is fine but for what a row adds, and its reading. */
#pragma once

#include "reconcile/manifest.h"
#include "tests/lib/reading.h"

/* The first lines of every vm7.yaml here; a row adds to `globals`. */
#define HEAD                                                                      \
	"version: 1\n"                                                            \
	"globals:\n"                                                              \
	"  proxmox: {endpoint: \"https://pve:8006\", token_secret: {secret: t}, " \
	"node: pve01, datastore: store}\n"                                        \
	"  access: {user: devops, ssh_public_key: ssh-ed25519 AAAA}\n"

/* Guests that are fine, with `more` keys. */
#define VM(more)   "  - {name: a, type: vm, network: lan, template_id: 9000" more "}\n"
#define VM_B(more) "  - {name: b, type: vm, network: lan, template_id: 9000" more "}\n"
#define CT(more)                                                                   \
	"  - {name: c, type: lxc, network: lan, cpu: 1, ram_mb: 512, disk_gb: 4, " \
	"image: \"local:vztmpl/d.tar.zst\"" more "}\n"

/* What a row puts into the text; NULL: nothing. `top` may bring networks of its own. */
struct manifest_row {
	const char *name, *globals, *top, *vms;
	const char *mistakes; /* of what follows; NULL: none */
};

static const char pools_text[] = "pools:\n"
				 "  mgmt: {cidr: 10.0.0.0/24}\n"
				 "  other: {cidr: 10.0.1.0/24}\n";

/* A reading of texts; all in `arena`. */
struct made {
	struct arena *arena;
	struct diags diags;
	struct manifest manifest;
	bool ok;
};

static inline void make(struct made *made, const char *text, const struct input *more,
			size_t len)
{
	struct input inputs[8];

	made->arena = made->arena ? made->arena : arena_create();
	diags_init(&made->diags, made->arena);
	inputs[0] = (struct input){ file_of(made->arena, "ipam/pools.yaml", pools_text),
				    NULL };
	for (size_t i = 0; i < len; i++)
		inputs[i + 1] = more[i];
	made->ok = manifest_begin(&made->manifest, made->arena,
				  file_of(made->arena, "vm7.yaml", text), &made->diags) &&
		   manifest_finish(&made->manifest, made->arena, inputs, len + 1,
				   &made->diags);
	assert_int_equal(made->ok, made->diags.len == 0);
}

/* vm7.yaml as a row has it. */
static inline const char *text_of(struct arena *arena, const struct manifest_row *row)
{
	bool networks = row->top && strstr(row->top, "networks:");

	return arena_printf(arena, "%s%s%s%s%s%s", HEAD, row->globals ? row->globals : "",
			    networks ? "" : "networks: [{name: lan, pool: mgmt}]\n",
			    row->top ? row->top : "", row->vms ? "vms:\n" : "vms: []\n",
			    row->vms ? row->vms : "");
}
