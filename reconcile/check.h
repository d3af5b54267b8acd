/* What only the whole shows: references, names, what goes together. */
#pragma once

#include "base/decode.h"
#include "reconcile/index.h"
#include "reconcile/manifest.h"

/* A manifest while it is read. */
struct reading {
	struct decode how;
	struct manifest *manifest;
	struct index networks, presets, nodes; /* of the manifest's lists */
	bool pools_known;                      /* the pools file is there */
	bool access_told;                      /* that nobody could log in */
};

/* A name that is nowhere is a mistake; `known` is what there is of its kind. */
void dangling(struct reading *reading, const struct trail *trail, struct place at,
	      const char *what, const char *name, const struct index *known);

/* The references that one layer of a guest's keys makes; `doc` is its mapping. */
void check_spec(struct reading *reading, const struct spec *spec, const struct doc *doc,
		const struct trail *trail);

/* A network by itself, and its pool. */
void check_network(struct reading *reading, const struct network *network,
		   const struct trail *trail);

/* globals.proxmox by itself. */
void check_proxmox(struct reading *reading);

/* A mapping `tls` of its own, in whichever file; `above` is where it stands. */
void check_tls(const struct decode *how, const struct trail *above,
	       const struct tls_settings *settings);

/*
 * Resolve a merged guest: type, node, datastore, template, networks, tags; say what is
 * missing or does not go together. `own` is what its entry itself says.
 */
void check_guest(struct reading *reading, struct desired *guest, const struct spec *own,
		 const struct trail *trail);

/*
 * Names that are there twice. `ordinals` and `places` belong to the list that the index
 * is of: where in its file each item stands, and where its name does.
 */
void check_names(struct reading *reading, const struct index *index, const char *list,
		 const size_t *ordinals, const struct place *places);

/*
 * depends_on of all guests and presets: names that are nowhere, and guests that wait for
 * each other in a circle. Makes manifest->in_order.
 */
void check_depends(struct reading *reading, const size_t *ordinals);

/* VMIDs that two guests ask for, or adopt. */
void check_vmids(struct reading *reading, const size_t *ordinals);
