/*
 * vm7.yaml and what it includes -> desired guests.
 *
 * In two steps, because the core reads no files: manifest_begin reads vm7.yaml itself and
 * says which other files it needs; manifest_finish gets these. Every mistake of all files
 * is collected. A manifest with a mistake is refused whole: a guest left out would look
 * like one to remove.
 */
#pragma once

#include "ipam/pool.h"
#include "reconcile/guest.h"
#include "reconcile/index.h"

enum on_error { ON_ERROR_STOP, ON_ERROR_CONTINUE, ON_ERROR_ROLLBACK };
enum probe_mode { PROBE_NONE, PROBE_PING };

/* How the endpoint's certificate is checked: globals.proxmox.tls, and the host's own. */
struct tls_settings {
	struct setting is;
	struct text_setting fingerprint, ca_file;
	struct flag_setting insecure;
};

/* globals.proxmox.privileged: root@pam, for what Proxmox takes from nobody else. */
struct privileged_settings {
	struct setting is;
	struct secret_setting password;
};

/* globals.proxmox */
struct proxmox_settings {
	struct place at;
	struct list_setting endpoints;
	struct text_setting username, token_name;
	struct secret_setting token_secret;
	struct privileged_settings privileged;
	struct text_setting node, datastore, resource_pool;
	struct tls_settings tls;
};

struct node_settings {
	const char *name;
	struct place at;
	struct text_setting datastore;
};

struct preset {
	const char *name;
	struct place at;
	struct spec spec;
};

struct manifest {
	const struct file *file; /* vm7.yaml */
	struct proxmox_settings proxmox;
	struct access access;
	struct text_setting pools_file, leases_file,
		leases_branch;       /* the first two always set */
	struct list_setting include; /* patterns: *, ?, [..], ** for folders; paths from
					the root of the repository */
	struct node_settings *nodes; /* sorted by name */
	size_t nodes_len;
	struct spec defaults;
	unsigned vmid_first,
		vmid_last; /* from vmid_base or vmid_range; 0: the cluster's */
	enum removal_policy removal_policy;
	long removal_grace;         /* seconds */
	const char *removal_backup; /* the storage of backups before the end, or NULL */
	long max_destroy, max_replace, max_percent;
	enum on_error on_error;
	long parallel;
	enum drift_mode drift;
	enum probe_mode probe;    /* of fresh addresses */
	struct network *networks; /* in the order of the files */
	size_t networks_len;
	struct preset *presets;
	size_t presets_len;
	struct desired *guests; /* in the order of the files: vm7.yaml, then the included
				   by path */
	size_t guests_len;
	size_t *in_order; /* all guests by position, each after those it depends on */
	struct pools pools;
	const char **warnings; /* for a person: a secret in clear ... */
	size_t warnings_len;
	struct index by_name; /* of the guests */
	/* private to the reading */
	struct doc *doc;
	struct spec below; /* built-in and globals, under the defaults */
};

/* Step one. False: the mistakes so far are in `diags` and there is nothing to go on with.
 */
bool manifest_begin(struct manifest *manifest, struct arena *arena,
		    const struct file *file, struct diags *diags);

/* A file that manifest_finish needs: named (pools) or found by an include pattern. */
struct input {
	const struct file *file; /* NULL: it does not exist */
	const char
		*pattern; /* the include pattern that found it; NULL for the pools file */
};

/* Step two. An include pattern without an input is a mistake. True when `diags` stayed
 * empty. */
bool manifest_finish(struct manifest *manifest, struct arena *arena,
		     const struct input *inputs, size_t inputs_len, struct diags *diags);

/*
 * "vm7.yaml:12: type: vm, cpu: 2": the place of a guest's entry, and what it, its preset
 * and the defaults say, on one line and without secrets.
 */
char *manifest_brief(struct arena *arena, const struct desired *guest);

/* Does the path match an include pattern? `*` and `?` stay within a folder, `**` does
 * not. */
bool include_matches(const char *pattern, const char *path);

/* Its own, or reconcile.drift. */
enum drift_mode drift_mode_of(const struct manifest *manifest,
			      const struct desired *want);

/* "stop", "keep", "destroy"; removal_read leaves `out` alone where there is no such word.
 */
const char *removal_name(enum removal_policy policy);
void removal_read(enum removal_policy *out, const char *name);

const struct desired *manifest_find(const struct manifest *manifest, const char *name);

/* Where each value of a guest came from, a line each: `cpu: 2 (preset small,
 * vm7.yaml:14)`. */
char *manifest_explain(struct arena *arena, const struct desired *guest);
