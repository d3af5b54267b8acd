/* Disks, mounts, devices and features: what changes, what grows, what cannot be. */
#include "reconcile/slots.h"
#include "tests/lib/scene.h"

#define VM "type: vm, template_id: 9000"
#define CT "type: lxc, template_id: 9100"
/* A guest that may have moved: its datastore is not known by name. */
#define NOWHERE VM ", node: auto"
#define ROW     "local-lvm:vm-100-disk-1"

/* A finished guest `a` with this entry. */
struct stage {
	struct scene scene;
	struct making making;
	struct lease lease;
	struct nic nic;
	const struct observed *seen; /* NULL: nothing is there */
};

static void stage_init(struct stage *stage, const char *entry, const char *owns,
		       const char *config)
{
	char vms[1000];
	const struct scene_spec spec = {
		.vms = vms,
		.world = "{\"guests\": [" TEMPLATE_VM "," TEMPLATE_CT "]}",
	};
	const struct desired *want;
	char **slots = NULL;

	snprintf(vms, sizeof(vms), "- {name: a, network: bare, %s}\n", entry);
	*stage = (struct stage){ 0 };
	scene_read(&stage->scene, &spec);
	want = manifest_find(&stage->scene.manifest, "a");
	stage->nic.mac = MAC;
	stage->lease = (struct lease){ .name = "a",
				       .id = ID,
				       .state = LEASE_READY,
				       .type = want->type,
				       .vmid = 100,
				       .nics = &stage->nic,
				       .nics_len = 1 };
	if (owns)
		stage->lease.owns_slots_len =
			str_split(stage->scene.arena, owns, " ", &slots);
	stage->lease.owns_slots = (const char **)(uintptr_t)slots;
	if (strstr(entry, NOWHERE)) {
		struct desired *moved = arena_new(stage->scene.arena, struct desired);

		*moved = *want;
		moved->datastore = NULL;
		want = moved;
	}
	stage->making = (struct making){ .want = want,
					 .lease = &stage->lease,
					 .pools = &stage->scene.manifest.pools,
					 .instance = INSTANCE,
					 .repository = REPOSITORY };
	if (config) {
		struct cluster_state *cluster =
			arena_new(stage->scene.arena, struct cluster_state);

		world_read(cluster, stage->scene.arena,
			   arena_printf(stage->scene.arena,
					"{\"guests\": [{\"vmid\": 100, \"type\": \"%s\", "
					"\"config\": %s}]}",
					guest_type_name(want->type), config));
		stage->seen = &cluster->guests[0];
	}
}

static bool is_of_slots(const char *key)
{
	return is_disk_slot(key) || str_starts(key, "mp") || str_starts(key, "dev") ||
	       strcmp(key, "features") == 0;
}

/* "scsi1=local-lvm:20; -mp0; !dev0=/dev/x": what goes, what root@pam must send. */
static char *brief(struct stage *stage, const struct changes *changes)
{
	struct text out;

	text_init(&out, stage->scene.arena);
	for (size_t i = 0; i < changes->len; i++) {
		const struct change *change = &changes->at[i];

		if (!is_of_slots(change->key))
			continue;
		text_addf(&out, "%s%s%s%s", out.len ? "; " : "", change->root ? "!" : "",
			  change->to ? "" : "-", change->key);
		if (change->to)
			text_addf(&out, "=%s", change->to);
	}
	return arena_strdup(stage->scene.arena, text_str(&out));
}

static const struct change_row {
	const char *name, *entry, *owns, *config, *changes;
} change_rows[] = {
	/* disks */
	{ "an empty slot gets a disk", VM ", disks: [{slot: scsi1, size_gb: 20}]", NULL,
	  "{}", "scsi1=local-lvm:20" },
	{ "on the storage and with the options that are said",
	  VM ", disks: [{slot: virtio0, size_gb: 5, storage: shared, discard: true, "
	     "iothread: true, backup: false}]",
	  NULL, "{}", "virtio0=shared:5,backup=0,discard=on,iothread=1" },
	{ "a disk that is there stays", VM ", disks: [{slot: scsi1, size_gb: 20}]", NULL,
	  "{\"scsi1\": \"" ROW ",size=20G\"}", "" },
	{ "what nobody declared of it is left alone",
	  VM ", disks: [{slot: scsi1, size_gb: 20}]", NULL,
	  "{\"scsi1\": \"" ROW ",cache=none,ssd=1,size=20G\"}", "" },
	{ "an option is changed, and the volume always sent",
	  VM ", disks: [{slot: scsi1, size_gb: 20, ssd: true}]", NULL,
	  "{\"scsi1\": \"" ROW ",cache=none,size=20G\"}",
	  "scsi1=" ROW ",cache=none,size=20G,ssd=1" },
	{ "a resize alone never makes a second disk",
	  VM ", disks: [{slot: scsi1, size_gb: 40}]", NULL,
	  "{\"scsi1\": \"" ROW ",size=20G\"}", "" },
	{ "a resize with an option never makes a second disk",
	  VM ", disks: [{slot: scsi1, size_gb: 40, discard: true}]", NULL,
	  "{\"scsi1\": \"" ROW ",size=20G\"}", "scsi1=" ROW ",size=20G,discard=on" },
	{ "a disk on another storage is not made anew",
	  VM ", disks: [{slot: scsi1, size_gb: 20, storage: shared}]", NULL,
	  "{\"scsi1\": \"" ROW ",size=20G\"}", "" },
	{ "defaults that are absent are no difference",
	  VM ", disks: [{slot: scsi1, size_gb: 20, discard: false, ssd: false, "
	     "iothread: false, backup: true}]",
	  NULL, "{\"scsi1\": \"" ROW ",size=20G\"}", "" },
	{ "file= written out is the same",
	  VM ", disks: [{slot: scsi1, size_gb: 20, ssd: true}]", NULL,
	  "{\"scsi1\": \"file=" ROW ",size=20G\"}", "scsi1=file=" ROW ",size=20G,ssd=1" },
	{ "without a datastore it is made beside the root disk",
	  NOWHERE ", disks: [{slot: scsi1, size_gb: 20}]", NULL,
	  "{\"scsi0\": \"zfs:vm-100-disk-0,size=3G\"}", "scsi1=zfs:20" },
	{ "or not at all, where nobody knows the storage",
	  NOWHERE ", disks: [{slot: scsi1, size_gb: 20}]", NULL, "{}", "" },
	{ "the root disk is never touched by a slot",
	  VM ", disks: [{slot: scsi0, size_gb: 20, ssd: true}]", NULL,
	  "{\"scsi0\": \"" ROW ",size=3G\"}", "" },
	{ "nor is a CD-ROM drive", VM ", disks: [{slot: sata1, size_gb: 20, ssd: true}]",
	  NULL, "{\"sata1\": \"local:iso/a.iso,media=cdrom\"}", "" },

	/* what the entry dropped */
	{ "a disk that the entry dropped is detached", VM, "scsi1",
	  "{\"scsi1\": \"" ROW ",size=20G\"}", "-scsi1" },
	{ "a disk that somebody added is left alone", VM, NULL,
	  "{\"scsi1\": \"" ROW ",size=20G\"}", "" },
	{ "one that is gone already is not named", VM, "scsi1", "{}", "" },
	{ "a protected guest keeps it", VM ", protection: true", "scsi1",
	  "{\"protection\": 1, \"scsi1\": \"" ROW ",size=20G\"}", "" },
	{ "the root disk never goes", VM, "scsi0", "{\"scsi0\": \"" ROW ",size=3G\"}",
	  "" },
	{ "a slot that somebody made a CD-ROM drive stays", VM, "sata1",
	  "{\"sata1\": \"none,media=cdrom\"}", "" },
	{ "nothing but a slot ever goes, whatever the lease file says", VM,
	  "net0 name efidisk0 unused0 scsix",
	  "{\"net0\": \"virtio=BC:24:11:AA:AA:AA\", \"name\": \"a\", \"efidisk0\": "
	  "\"x\", "
	  "\"unused0\": \"x\", \"scsix\": \"x\"}",
	  "" },
	{ "G-05 of two folders the first goes, the second is untouched",
	  CT ", mounts: [{slot: mp1, path: /b, host: /srv/b}]", "mp0 mp1",
	  "{\"mp0\": \"/srv/a,mp=/a\", \"mp1\": \"/srv/b,mp=/b\"}", "-mp0" },
	{ "a volume that the entry dropped is detached", CT, "mp0",
	  "{\"mp0\": \"local-lvm:vm-100-disk-1,mp=/a,size=8G\"}", "-mp0" },
	{ "a device that the entry dropped is root@pam's to take", CT, "dev0",
	  "{\"dev0\": \"/dev/fuse\"}", "!-dev0" },

	/* mounts */
	{ "a volume is made", CT ", mounts: [{slot: mp0, path: /data, size_gb: 8}]", NULL,
	  "{}", "mp0=local-lvm:8,mp=/data" },
	{ "a volume with all that can be said",
	  CT ", mounts: [{slot: mp0, path: /data, size_gb: 8, storage: shared, "
	     "readonly: true, backup: true}]",
	  NULL, "{}", "mp0=shared:8,mp=/data,backup=1,ro=1" },
	{ "a folder of the node is root@pam's",
	  CT ", mounts: [{slot: mp0, path: /data, host: /srv/data, readonly: true}]",
	  NULL, "{}", "!mp0=/srv/data,mp=/data,ro=1" },
	{ "a mount moves within the container",
	  CT ", mounts: [{slot: mp0, path: /new, size_gb: 8}]", NULL,
	  "{\"mp0\": \"" ROW ",mp=/old,acl=1,size=8G\"}",
	  "mp0=" ROW ",mp=/new,acl=1,size=8G" },
	{ "volume= written out is the same",
	  CT ", mounts: [{slot: mp0, path: /a, host: /srv/new}]", NULL,
	  "{\"mp0\": \"volume=/srv/old,mp=/a\"}", "!mp0=volume=/srv/new,mp=/a" },
	{ "no folder takes the place of a volume",
	  CT ", mounts: [{slot: mp0, path: /a, host: /srv/a}]", "mp0",
	  "{\"mp0\": \"" ROW ",mp=/a,size=8G\"}", "" },
	{ "no volume takes the place of a folder",
	  CT ", mounts: [{slot: mp0, path: /a, size_gb: 8}]", "mp0",
	  "{\"mp0\": \"/srv/a,mp=/a\"}", "" },

	/* devices */
	{ "G-06 a device",
	  CT ", devices: [{slot: dev0, path: /dev/dri/renderD128, mode: '0660', uid: 0, "
	     "gid: 104, deny_write: true}]",
	  NULL, "{}", "!dev0=/dev/dri/renderD128,deny-write=1,gid=104,mode=0660,uid=0" },
	{ "a device that is there stays",
	  CT ", devices: [{slot: dev0, path: /dev/fuse, deny_write: false}]", NULL,
	  "{\"dev0\": \"path=/dev/fuse,mode=0666\"}", "" },
	{ "a device changes its group",
	  CT ", devices: [{slot: dev0, path: /dev/fuse, "
	     "gid: 5}]",
	  NULL, "{\"dev0\": \"/dev/fuse,gid=4,mode=0666\"}",
	  "!dev0=/dev/fuse,gid=5,mode=0666" },

	/* features */
	{ "nesting alone is the token's", CT ", features: {nesting: true}", NULL,
	  "{\"unprivileged\": 1, \"features\": \"keyctl=1\"}",
	  "features=keyctl=1,nesting=1" },
	{ "nesting of a privileged container is root@pam's",
	  CT ", features: {nesting: true}", NULL, "{}", "!features=nesting=1" },
	{ "keyctl is root@pam's, and nesting goes with it",
	  CT ", features: {nesting: true, keyctl: true}", NULL, "{\"unprivileged\": 1}",
	  "!features=keyctl=1,nesting=1" },
	{ "all of them",
	  CT ", features: {fuse: true, mknod: true, force_rw_sys: true, "
	     "mount: [nfs, cifs]}",
	  NULL, "{\"unprivileged\": 1, \"features\": \"nesting=1\"}",
	  "!features=nesting=1,force_rw_sys=1,fuse=1,mknod=1,mount=cifs;nfs" },
	{ "file systems are a set", CT ", features: {mount: [nfs, cifs]}", NULL,
	  "{\"unprivileged\": 1, \"features\": \"mount=nfs;cifs\"}", "" },
	{ "blanks between them too", CT ", features: {mount: [nfs, cifs]}", NULL,
	  "{\"unprivileged\": 1, \"features\": \"mount=cifs nfs\"}", "" },
	{ "none of them any more", CT ", features: {mount: []}", NULL,
	  "{\"unprivileged\": 1, \"features\": \"mount=nfs\"}", "!features=nesting=0" },
	{ "a feature that is off and absent is the same",
	  CT ", features: {keyctl: false}", NULL,
	  "{\"unprivileged\": 1, \"features\": \"nesting=1\"}", "" },
	{ "a feature is taken back", CT ", features: {keyctl: false}", NULL,
	  "{\"unprivileged\": 1, \"features\": \"keyctl=1,nesting=1\"}",
	  "!features=keyctl=0,nesting=1" },
};

static void changes_are(void **state)
{
	const struct change_row *row = *state;
	struct changes changes;
	struct stage stage;

	static const enum extent extents[] = { EXTENT_KEPT, EXTENT_MADE };

	for (size_t i = 0; i < sizeof(extents) / sizeof(extents[0]); i++) {
		stage_init(&stage, row->entry, row->owns, row->config);
		making_changes(&changes, stage.scene.arena, &stage.making, stage.seen,
			       extents[i]);
		assert_string_equal(brief(&stage, &changes), row->changes);
		scene_finish(&stage.scene);
	}
}

/* What was set is no difference afterwards. */
static void changes_settle(void **state)
{
	const struct change_row *row = *state;
	struct changes changes, again;
	struct stage stage;
	struct observed after;

	stage_init(&stage, row->entry, row->owns, row->config);
	making_changes(&changes, stage.scene.arena, &stage.making, stage.seen,
		       EXTENT_KEPT);
	after = *stage.seen;
	after.options = arena_array(stage.scene.arena, struct option,
				    stage.seen->options_len + changes.len);
	after.options_len = 0;
	for (size_t i = 0; i < stage.seen->options_len; i++) {
		bool changed = false;

		for (size_t j = 0; j < changes.len; j++)
			changed |= strcmp(changes.at[j].key,
					  stage.seen->options[i].key) == 0;
		if (!changed)
			after.options[after.options_len++] = stage.seen->options[i];
	}
	for (size_t j = 0; j < changes.len; j++)
		if (changes.at[j].to)
			after.options[after.options_len++] =
				(struct option){ changes.at[j].key, changes.at[j].to };
	qsort(after.options, after.options_len, sizeof(*after.options), world_by_key);
	making_changes(&again, stage.scene.arena, &stage.making, &after, false);
	assert_string_equal(brief(&stage, &again), "");
	scene_finish(&stage.scene);
}

/* ---- what grows, what stays, what the lease owns ---- */

static const struct size_row {
	const char *name, *entry, *owns, *config;
	const char *growths; /* "scsi0 3072->10" */
	const char *stays;   /* a part of the words; NULL: nothing */
	const char *owned;
} size_rows[] = {
	{ "the root disk first, then by slot",
	  VM ", disk_gb: 10, disks: [{slot: virtio1, size_gb: 9}, {slot: scsi1, size_gb: "
	     "8}]",
	  NULL,
	  "{\"scsi0\": \"" ROW ",size=3G\", \"scsi1\": \"" ROW
	  ",size=512M\", \"virtio1\": \"" ROW ",size=1G\"}",
	  "scsi0 3072->10 scsi1 512->8 virtio1 1024->9 ", NULL, "scsi1 virtio1" },
	{ "what has its size does not grow", VM ", disks: [{slot: scsi1, size_gb: 8}]",
	  NULL, "{\"scsi1\": \"" ROW ",size=8G\"}", "", NULL, "scsi1" },
	{ "an unknown size does not grow", VM ", disks: [{slot: scsi1, size_gb: 8}]",
	  NULL, "{\"scsi1\": \"" ROW "\"}", "", NULL, "scsi1" },
	{ "H-01 a disk never shrinks", VM ", disks: [{slot: scsi1, size_gb: 8}]", NULL,
	  "{\"scsi1\": \"" ROW ",size=9G\"}", "",
	  "disks: scsi1: it has 9 GiB, the entry says 8 GiB: disks only grow", "scsi1" },
	{ "a mount grows", CT ", mounts: [{slot: mp3, path: /a, size_gb: 8}]", NULL,
	  "{\"mp3\": \"" ROW ",mp=/a,size=4G\"}", "mp3 4096->8 ", NULL, "mp3" },
	{ "a folder has no size", CT ", mounts: [{slot: mp3, path: /a, host: /srv}]",
	  NULL, "{\"mp3\": \"/srv,mp=/a,size=4G\"}", "", NULL, "mp3" },
	{ "a disk is not moved",
	  VM ", disks: [{slot: scsi1, size_gb: 8, storage: shared}]", NULL,
	  "{\"scsi1\": \"" ROW ",size=8G\"}", "",
	  "disks: scsi1: it is not on shared, as the entry says: disks are not moved",
	  "scsi1" },
	{ "the storage of the guest's root disk says nothing of others",
	  VM ", datastore: shared, disks: [{slot: scsi1, size_gb: 8}]", NULL,
	  "{\"scsi1\": \"" ROW ",size=8G\"}", "", NULL, "scsi1" },
	{ "the root disk's slot", VM ", disks: [{slot: scsi0, size_gb: 8}]", NULL,
	  "{\"scsi0\": \"" ROW ",size=3G\"}", "",
	  "disks: scsi0: it is the root disk, which disk_gb stands for", "scsi0" },
	{ "a disk that nobody says where to make",
	  NOWHERE ", disks: [{slot: scsi1, size_gb: 8}]", NULL, "{}", "",
	  "disks: scsi1: it is not made: nobody says on which storage", "scsi1" },
	{ "a CD-ROM drive", VM ", disks: [{slot: sata0, size_gb: 8}]", NULL,
	  "{\"sata0\": \"none,media=cdrom\"}", "",
	  "disks: sata0: there is a CD-ROM drive (none): choose another slot", "sata0" },
	{ "a volume where the entry says a folder",
	  CT ", mounts: [{slot: mp0, path: /a, host: /srv/a}]", NULL,
	  "{\"mp0\": \"" ROW ",mp=/a,size=8G\"}", "",
	  "mounts: mp0: it is a volume (" ROW "), the entry says a folder of the node",
	  "mp0" },
	{ "a folder where the entry says a volume",
	  CT ", mounts: [{slot: mp0, path: /a, size_gb: 8}]", NULL,
	  "{\"mp0\": \"/srv/a,mp=/a\"}", "",
	  "mounts: mp0: it is /srv/a of the node, the entry says a volume", "mp0" },
	{ "what protection keeps is owned on", VM ", protection: true", "scsi1",
	  "{\"protection\": 1, \"scsi1\": \"" ROW ",size=8G\"}", "",
	  "scsi1 is not in the entry any more and stays: the guest is protected",
	  "scsi1" },
	{ "what is gone is owned no more", VM ", disks: [{slot: scsi1, size_gb: 8}]",
	  "scsi1 scsi2", "{\"scsi1\": \"" ROW ",size=8G\"}", "", NULL, "scsi1" },
	{ "what is still to go is owned on", VM ", disks: [{slot: virtio0, size_gb: 8}]",
	  "scsi2", "{\"scsi2\": \"" ROW ",size=8G\"}", "", NULL, "scsi2 virtio0" },
};

static void sizes_are(void **state)
{
	const struct size_row *row = *state;
	struct growth *growths;
	const char **stays, **owned;
	struct stage stage;
	size_t len;
	struct text said;

	stage_init(&stage, row->entry, row->owns, row->config);
	text_init(&said, stage.scene.arena);
	len = disks_to_grow(&growths, stage.scene.arena, stage.making.want, stage.seen);
	for (size_t i = 0; i < len; i++)
		text_addf(&said, "%s %lu->%ld ", growths[i].disk, growths[i].from_mib,
			  growths[i].to_gib);
	assert_string_equal(text_str(&said), row->growths);
	len = slots_stay(&stays, stage.scene.arena, stage.making.want, &stage.lease,
			 stage.seen);
	assert_int_equal(len, row->stays != NULL);
	if (row->stays && !str_starts(stays[0], row->stays))
		fail_msg("%s", stays[0]);
	owned = slots_owned(stage.scene.arena, stage.making.want, &stage.lease,
			    stage.seen, &len);
	said.len = 0;
	for (size_t i = 0; i < len; i++)
		text_addf(&said, "%s%s", i ? " " : "", owned[i]);
	assert_string_equal(text_str(&said), row->owned);
	slots_owned(stage.scene.arena, stage.making.want, &stage.lease, stage.seen,
		    &stage.lease.owns_slots_len);
	assert_int_equal(stage.lease.owns_slots_len, len);
	scene_finish(&stage.scene);
}

/* ---- a guest that is to be made ---- */

static const struct made_row {
	const char *name, *entry;
	bool privileged;
	const char *brief, *words; /* of the plan */
} made_rows[] = {
	{ "a disk of its own is leased to it",
	  VM ", disks: [{slot: scsi1, size_gb: 20}], power: stopped", false,
	  "a create 100 create,configure | a reserved 100", "" },
	{ "the template's root disk is no slot",
	  VM ", disks: [{slot: scsi0, size_gb: 20}]", false, "a refused 23",
	  "disks: scsi0 of template 9000: it is the root disk, which disk_gb stands "
	  "for" },
	{ "G-03 a folder of the node without root@pam",
	  CT ", mounts: [{slot: mp0, path: /data, host: /srv/data}]", false,
	  "a refused 23",
	  "mounts: mp0, with a folder of the node, can be set by root@pam only, never by "
	  "an API token. Give globals.proxmox.privileged" },
	{ "G-03 a folder of the node with root@pam",
	  CT ", mounts: [{slot: mp0, path: /data, host: /srv/data}]", true,
	  "a create 100 create,configure,start | a reserved 100", "" },
	{ "G-04 keyctl without root@pam", CT ", features: {nesting: true, keyctl: true}",
	  false, "a refused 23", "features.keyctl can be set by root@pam only" },
	{ "file systems without root@pam", CT ", features: {mount: [nfs]}", false,
	  "a refused 23", "features.mount can be set by root@pam only" },
	{ "G-06 a device without root@pam",
	  CT ", devices: [{slot: dev0, path: /dev/fuse}]", false, "a refused 23",
	  "devices: dev0 can be set by root@pam only" },
	{ "nesting of a privileged container without root@pam",
	  "type: lxc, image: 'local:vztmpl/d.tar.zst', cpu: 1, ram_mb: 512, disk_gb: 4, "
	  "unprivileged: false, features: {nesting: true}",
	  false, "a refused 23",
	  "features.nesting of a privileged container can be set by root@pam only" },
	{ "an archive takes everything in one call",
	  "type: lxc, image: 'local:vztmpl/d.tar.zst', cpu: 1, ram_mb: 512, disk_gb: 4, "
	  "mounts: [{slot: mp0, path: /data, size_gb: 8}]",
	  true, "a create 100 create,start | a reserved 100", "" },
	{ "but for what is root@pam's",
	  "type: lxc, image: 'local:vztmpl/d.tar.zst', cpu: 1, ram_mb: 512, disk_gb: 4, "
	  "devices: [{slot: dev0, path: /dev/fuse}]",
	  true, "a create 100 create,configure,start | a reserved 100", "" },
};

static void is_planned(void **state)
{
	const struct made_row *row = *state;
	char vms[1000];
	const struct scene_spec spec = {
		.vms = vms,
		.world = "{\"guests\": [" TEMPLATE_VM "," TEMPLATE_CT "]}",
	};
	struct scene scene;

	snprintf(vms, sizeof(vms), "- {name: a, network: bare, %s}\n", row->entry);
	scene_read(&scene, &spec);
	if (row->privileged)
		scene.manifest.proxmox.privileged.is.layer = LAYER_GLOBALS;
	plan_make(&scene.plan, scene.arena, &scene.input);
	assert_string_equal(scene_brief(&scene), row->brief);
	scene_says(&scene, row->words);
	scene_finish(&scene);
}

/* A new lease owns what its entry declares. */
static void a_lease_owns(void **state)
{
	const struct scene_spec spec = {
		.vms = "- {name: a, network: bare, " VM
		       ", disks: [{slot: scsi2, size_gb: 1}, {slot: scsi1, size_gb: "
		       "1}]}\n",
		.world = "{\"guests\": [" TEMPLATE_VM "]}",
	};
	const struct lease *lease;
	struct scene scene;

	(void)state;
	scene_plan(&scene, &spec);
	lease = scene_action(&scene, "a")->lease;
	assert_int_equal(lease->owns_slots_len, 2);
	assert_string_equal(lease->owns_slots[0], "scsi1");
	assert_string_equal(lease->owns_slots[1], "scsi2");
	assert_non_null(
		strstr(leases_print(scene.arena, &scene.plan.leases),
		       "\"owns\": {\n        \"slots\": [\n          \"scsi1\",\n"));
	scene_finish(&scene);
}

int main(void)
{
	add_rows(changes_are, change_rows);
	add_rows(changes_settle, change_rows);
	add_rows(sizes_are, size_rows);
	add_rows(is_planned, made_rows);
	add_test("a new lease owns its slots", a_lease_owns);
	return run_all_tests("slots");
}
