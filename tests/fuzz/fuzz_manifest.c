/* Any bytes as vm7.yaml, and as what it includes: guests that are whole, or mistakes. */
#include "base/text.h"
#include "reconcile/manifest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char pools_text[] = "pools:\n"
				 "  mgmt: {cidr: 10.0.0.0/24, gateway: 10.0.0.1}\n"
				 "  services: {cidr: 10.0.1.0/24}\n";

static const char main_text[] =
	"version: 1\n"
	"globals:\n"
	"  proxmox: {endpoint: 'https://pve:8006', token_secret: {secret: t}, node: "
	"pve01}\n"
	"  access: {user: devops, ssh_public_key: ssh-ed25519 AAAA}\n"
	"include: [more.yaml]\n"
	"networks: [{name: lan, pool: mgmt}]\n"
	"vms: [{name: a, type: vm, network: lan, template_id: 9000}]\n";

/* What others rely on in a manifest without mistakes. */
static void check(const struct manifest *manifest, struct arena *arena)
{
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *guest = &manifest->guests[i];

		if (manifest_find(manifest, guest->name) != guest || !guest->node ||
		    guest->networks_len == 0 ||
		    (guest->template_id == 0) != is_set(&guest->spec.image.is) ||
		    (guest->type == GUEST_VM && is_set(&guest->spec.image.is)))
			abort();
		for (size_t t = 1; t < guest->tags_len; t++)
			if (strcmp(guest->tags[t - 1], guest->tags[t]) >= 0)
				abort();
		manifest_explain(arena, guest);
	}
}

static void read(const char *text, size_t size, const char *more, size_t more_size)
{
	struct arena *arena = arena_create();
	struct file file = { "vm7.yaml", arena_strndup(arena, text, size), size };
	struct file pools = { "pools.yaml", pools_text, sizeof(pools_text) - 1 };
	struct file included = { "more.yaml", arena_strndup(arena, more, more_size),
				 more_size };
	const struct input inputs[] = { { &pools, NULL }, { &included, "more.yaml" } };
	struct manifest manifest;
	struct diags diags;
	struct text shown;

	diags_init(&diags, arena);
	if (manifest_begin(&manifest, arena, &file, &diags)) {
		if (manifest_finish(&manifest, arena, inputs, 2, &diags))
			check(&manifest, arena);
	} else if (diags.len == 0) {
		abort();
	}
	text_init(&shown, arena);
	diags_print(&shown, &diags);
	arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read((const char *)data, size, "vms: []", 7);
	read(main_text, sizeof(main_text) - 1, (const char *)data, size);
	return 0;
}
