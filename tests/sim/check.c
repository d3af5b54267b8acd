#include "check.h"

#include "acl.h"
#include "base/text.h"
#include "disk.h"
#include "guest.h"
#include "params.h"
#include "props.h"
#include "rights.h"
#include "volume.h"

#include <openssl/evp.h>
#include <string.h>

/* Of what only root@pam may send: the others are known in order to be refused. */
static bool is_simulated(const char *name)
{
	static const char *const names[] = { "skiplock", "keepActive", "nocheck" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool check_root_only(struct call *call, const char *const *names)
{
	for (size_t i = 0; names[i]; i++) {
		const char *value = param(call, names[i]);
		bool root = rights_is_root(call->user);

		if (!value || !strcmp(value, "0") || (root && is_simulated(names[i])))
			continue;
		bad_param(call, names[i],
			  root ? "not simulated" : "Only root may use this option.");
		return false;
	}
	return true;
}

static void drop_json(void *json)
{
	json_decref(json);
}

json_t *call_options(struct call *call, enum guest_type type)
{
	json_t *set = json_object();
	const char *name;
	json_t *value;

	json_object_foreach (call->params, name, value)
		if (option_find(type, name))
			json_object_set(set, name, value);
	arena_defer(call->arena, drop_json, set);
	return set;
}

bool check_allocate(struct call *call, const char *vmid)
{
	const char *pool = param(call, "pool");
	char *path = arena_printf(call->arena, "/vms/%s", vmid ? vmid : "");

	if (may(call, acl_path_normal(call->arena, path), "VM.Allocate") ||
	    (pool &&
	     may(call, arena_printf(call->arena, "/pool/%s", pool), "VM.Allocate")))
		return true;
	refuse(call, 403, "Permission check failed");
	return false;
}

bool check_vmid_free(struct call *call, unsigned vmid, const char *prefix)
{
	const struct guest *guest = world_guest(call->world, vmid);

	if (!guest)
		return true;
	refuse(call, 500, "%s%s %u already exists on node '%s'", prefix,
	       guest_word(guest->type), vmid, guest->node);
	return false;
}

bool check_pool(struct call *call, const char *pool)
{
	if (!pool || world_pool(call->world, pool))
		return true;
	refuse(call, 403, "Permission check failed (pool '%s' does not exist)", pool);
	return false;
}

bool check_guest_right(struct call *call, unsigned vmid, const char *pool,
		       const char *privileges)
{
	if (pool && may(call, arena_printf(call->arena, "/pool/%s", pool), privileges))
		return true;
	return must_have(call, vm_path(call, vmid), privileges);
}

/* The storage takes `content` on the node; `privileges` on it, if any, come before that. */
static bool check_storage(struct call *call, const char *name, const char *node,
			  const char *content, const char *privileges)
{
	const struct storage *storage = world_storage(call->world, name);

	if (!storage) {
		refuse(call, 500, "storage '%s' does not exist", name);
		return false;
	}
	if (privileges &&
	    !must_have(call, arena_printf(call->arena, "/storage/%s", name), privileges))
		return false;
	if (!storage_on(storage, node)) {
		refuse(call, 500, "storage '%s' is not available on node '%s'", name,
		       node);
		return false;
	}
	if (!storage_has(storage, content)) {
		bad_param(call, "storage", "storage '%s' does not support %s", name,
			  !strcmp(content, "images") ? "vm images"
						     : "container directories");
		return false;
	}
	return true;
}

bool check_space(struct call *call, const char *name, const char *node,
		 const char *content)
{
	return check_storage(call, name, node, content, "Datastore.AllocateSpace");
}

/* Who may use a volume of which kind: a right on the storage, one on its guest. */
static const struct volume_rule {
	const char *kind, *storage, *guest;
} volume_rules[] = {
	{ "iso", "Datastore.AllocateSpace|Datastore.Audit", NULL },
	{ "vztmpl", "Datastore.AllocateSpace|Datastore.Audit", NULL },
	{ "import", "Datastore.AllocateSpace|Datastore.Audit", NULL },
	{ "backup", "Datastore.AllocateSpace", "VM.Backup" },
	{ "images", "Datastore.Audit", "VM.Config.Disk" },
	{ NULL, NULL, NULL },
};

static bool lacks(struct call *call, struct right *missing, const char *path,
		  const char *privileges)
{
	*missing = (struct right){ path, privileges };
	return !may(call, path, privileges);
}

bool may_use_volume(struct call *call, unsigned vmid, const char *volid,
		    struct right *missing)
{
	const char *storage = arena_printf(call->arena, "/storage/%.*s",
					   (int)strcspn(volid, ":"), volid);
	unsigned owner = volume_owner_on(call->world, param(call, "node"), volid);
	const struct volume_rule *rule = volume_rules;

	*missing = (struct right){ NULL, NULL };
	if (may(call, storage, "Datastore.Allocate"))
		return true;
	while (rule->kind && strcmp(rule->kind, volume_kind(volid)) != 0)
		rule++;
	if (rule->kind && !rule->guest)
		return !lacks(call, missing, storage, rule->storage);
	if (owner && owner == vmid)
		return true;
	return rule->kind && owner && !lacks(call, missing, storage, rule->storage) &&
	       !lacks(call, missing, vm_path(call, owner), rule->guest);
}

/* Files beside the storages are root's. */
static bool check_path(struct call *call)
{
	if (rights_is_root(call->user))
		return true;
	refuse(call, 500,
	       "Only root can pass arbitrary filesystem paths. at "
	       "/usr/share/perl5/PVE/Storage.pm line %d.",
	       call->world->pve >= 9 ? 651 : 581);
	return false;
}

bool check_volume(struct call *call, unsigned vmid, const char *volid)
{
	const char *colon = strchr(volid, ':');
	struct right missing;
	char *name;

	if (!colon || *volid == '/')
		return check_path(call);
	name = arena_strndup(call->arena, volid, (size_t)(colon - volid));
	if (!world_storage(call->world, name)) {
		refuse(call, 500, "storage '%s' does not exist", name);
		return false;
	}
	if (may_use_volume(call, vmid, volid, &missing))
		return true;
	if (missing.path)
		return must_have(call, missing.path, missing.privileges);
	refuse(call, 500, "missing privileges to access %s", volid);
	return false;
}

static bool check_import(struct call *call, unsigned vmid, const char *option,
			 const char *volid)
{
	unsigned owner = volume_owner(volid);
	const char *type = volume_kind(volid);

	if (!strcmp(type, "iso") || !strcmp(type, "vztmpl") ||
	    !strcmp(type, "snippets")) {
		bad_param(call, option,
			  "%s has wrong type '%s' - needs to be 'images' or 'import'",
			  volid, type);
		return false;
	}
	/* the disk of a guest is copied as a clone would */
	return owner && volume_storage(call->world, volid)
		       ? must_have(call, vm_path(call, owner), "VM.Clone")
		       : check_volume(call, vmid, volid);
}

bool check_disk(struct call *call, enum guest_type type, unsigned vmid, const char *node,
		const char *option, const char *value)
{
	const char *content = type == GUEST_LXC ? "rootdir" : "images";
	struct disk disk;

	disk_read(call->arena, type, option, value, &disk);
	switch (disk.kind) {
	case DISK_NONE:
		return strncmp(value, "cdrom", 5) != 0 ||
		       must_have(call, "/", "Sys.Console");
	case DISK_PATH:
		return check_path(call);
	case DISK_IMPORT:
		return check_space(call, disk.storage, node, content) &&
		       check_import(call, vmid, option, disk.volid);
	case DISK_NEW:
		return check_space(call, disk.storage, node, content);
	case DISK_CLOUDINIT: /* asks for no right on the storage */
		return check_storage(call, disk.storage, node, content, NULL);
	case DISK_ISO:
		if (!guest_is_cdrom(value)) {
			bad_param(call, option,
				  "explicit 'media=cdrom' is required for iso images");
			return false;
		}
		return check_volume(call, vmid, disk.volid);
	case DISK_VOLUME:
		return check_volume(call, vmid, disk.volid);
	}
	return true;
}

/* ssh-keygen -l would read it: a known type, and the same type inside. */
static bool is_ssh_key(struct arena *arena, const char *line)
{
	static const char *const types[] = { "ssh-ed25519",
					     "ssh-rsa",
					     "ssh-dss",
					     "ecdsa-sha2-nistp256",
					     "ecdsa-sha2-nistp384",
					     "ecdsa-sha2-nistp521",
					     "sk-ssh-ed25519@openssh.com",
					     "sk-ecdsa-sha2-nistp256@openssh.com",
					     NULL };
	unsigned char blob[4096];
	char **words;
	size_t count = str_split(arena, line, " \t", &words);

	for (size_t w = 0; w + 1 < count; w++)
		for (size_t i = 0; types[i]; i++) {
			size_t len = strlen(words[w + 1]), type = strlen(types[i]);

			if (strcmp(words[w], types[i]) != 0)
				continue;
			if (len % 4 || len > sizeof(blob) ||
			    EVP_DecodeBlock(blob, (const unsigned char *)words[w + 1],
					    (int)len) < (int)type + 4)
				return false;
			return blob[3] == type && !memcmp(blob + 4, types[i], type);
		}
	return false;
}

bool check_ssh_keys(struct call *call, const char *keys, bool encoded)
{
	char **lines;
	size_t count;

	if (encoded)
		keys = percent_decode(call->arena, keys, strlen(keys), false);
	count = str_split(call->arena, keys, "\r\n", &lines);
	for (size_t i = 0; i < count; i++) {
		const char *line = str_trim(call->arena, lines[i]);

		if (*line && *line != '#' && !is_ssh_key(call->arena, line)) {
			refuse(call, 500, "SSH public key validation error");
			return false;
		}
	}
	return true;
}

bool check_file_name(struct call *call, const char *content, const char *name)
{
	if (storage_takes_name(call->world->pve, content, name))
		return true;
	bad_param(call, "filename",
		  strcmp(content, "import") ? "wrong file extension"
					    : "invalid filename or wrong extension");
	return false;
}
