#include "check.h"

#include "base/text.h"
#include "disk.h"
#include "guest.h"
#include "params.h"
#include "props.h"
#include "rights.h"
#include "volume.h"

#include <openssl/evp.h>
#include <string.h>

bool check_root_only(struct call *call, const char *const *names)
{
	for (size_t i = 0; names[i] && !rights_is_root(call->user); i++)
		if (param(call, names[i]) && strcmp(param(call, names[i]), "0") != 0) {
			bad_param(call, names[i], "Only root may use this option.");
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

	if (may(call, arena_printf(call->arena, "/vms/%s", vmid ? vmid : ""),
		"VM.Allocate") ||
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

static bool check_features(struct call *call, unsigned vmid, const char *pool,
			   const char *value)
{
	json_t *props = props_read(lxc_features_format, value);
	bool only_nesting =
		json_object_size(props) == (json_object_get(props, "nesting") != NULL);

	json_decref(props);
	if (!only_nesting) {
		refuse(call, 403,
		       "Permission check failed (changing feature flags (except nesting) "
		       "is only "
		       "allowed for root@pam)");
		return false;
	}
	return check_guest_right(call, vmid, pool, "VM.Allocate");
}

bool check_option(struct call *call, enum guest_type type, unsigned vmid,
		  const char *pool, const char *option, const char *value, bool creating)
{
	const struct schema *schema = option_find(type, option);

	if (rights_is_root(call->user))
		return true;
	if (!strcmp(schema->privilege, "root")) {
		refuse(call, 500, "only root can set '%s' config", option);
		return false;
	}
	if (!strcmp(schema->name, "serial") && value && strcmp(value, "socket") != 0) {
		refuse(call, 500, "only root can set '%s' config for real devices",
		       option);
		return false;
	}
	if (!strcmp(schema->name, "usb") && value && strstr(value, "host=")) {
		refuse(call, 500, "only root can set '%s' config for real devices",
		       option);
		return false;
	}
	if (type == GUEST_QEMU && option_is_disk(type, option)) {
		if (creating) /* the storage rights are enough */
			return true;
		if (value && guest_is_cdrom(value))
			return check_guest_right(call, vmid, pool, "VM.Config.CDROM");
		if (value && strstr(value, ":cloudinit"))
			return check_guest_right(call, vmid, pool, "VM.Config.CDROM") &&
			       check_guest_right(call, vmid, pool, "VM.Config.Cloudinit");
	}
	if (type == GUEST_LXC && !strcmp(option, "features"))
		return check_features(call, vmid, pool, value ? value : "");
	if (type == GUEST_QEMU && !strcmp(option, "startup") &&
	    !must_have(call, "/", "Sys.Modify"))
		return false;
	return check_guest_right(call, vmid, pool, schema->privilege);
}

bool check_space(struct call *call, const char *name, const char *node,
		 const char *content)
{
	const struct storage *storage = world_storage(call->world, name);

	if (!storage) {
		refuse(call, 500, "storage '%s' does not exist", name);
		return false;
	}
	if (!must_have(call, arena_printf(call->arena, "/storage/%s", name),
		       "Datastore.AllocateSpace"))
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

static bool check_import(struct call *call, const char *option, const char *volid)
{
	const char *at = strchr(volid, ':');
	char *type = arena_strndup(call->arena, at + 1, strcspn(at + 1, "/"));

	if (!strcmp(type, "iso") || !strcmp(type, "vztmpl") ||
	    !strcmp(type, "snippets")) {
		bad_param(call, option,
			  "%s has wrong type '%s' - needs to be 'images' or 'import'",
			  volid, type);
		return false;
	}
	if (!volume_storage(call->world, volid)) {
		refuse(call, 500, "storage '%.*s' does not exist", (int)(at - volid),
		       volid);
		return false;
	}
	return !volume_owner(volid) ||
	       check_guest_right(call, volume_owner(volid), NULL, "VM.Clone");
}

bool check_disk(struct call *call, enum guest_type type, unsigned vmid, const char *node,
		const char *option, const char *value, bool creating)
{
	const char *content = type == GUEST_LXC ? "rootdir" : "images";
	struct disk disk;

	(void)vmid;
	(void)creating;
	disk_read(call->arena, type, option, value, &disk);
	switch (disk.kind) {
	case DISK_NONE:
		return true;
	case DISK_PATH:
		refuse(call, 500,
		       "Only root can pass arbitrary filesystem paths. at "
		       "/usr/share/perl5/PVE/Storage.pm line %d.",
		       call->world->pve >= 9 ? 651 : 581);
		return false;
	case DISK_IMPORT:
		if (!check_import(call, option, disk.volid))
			return false;
		return check_space(call, disk.storage, node, content);
	case DISK_NEW:
	case DISK_CLOUDINIT:
		return check_space(call, disk.storage, node, content);
	case DISK_ISO:
		if (!guest_is_cdrom(value)) {
			bad_param(call, option,
				  "explicit 'media=cdrom' is required for iso images");
			return false;
		}
		return must_have(call,
				 arena_printf(call->arena, "/storage/%s", disk.storage),
				 "Datastore.Audit|Datastore.AllocateSpace");
	case DISK_VOLUME:
		if (!world_storage(call->world, disk.storage)) {
			refuse(call, 500, "storage '%s' does not exist", disk.storage);
			return false;
		}
		return true;
	}
	return true;
}

bool check_bridge(struct call *call, enum guest_type type, const char *card)
{
	json_t *props =
		props_read(type == GUEST_LXC ? lxc_net_format : qemu_net_format, card);
	const char *bridge = props_get(props, "bridge"), *tag = props_get(props, "tag");
	bool ok = true;

	if (bridge)
		ok = must_have(call,
			       arena_printf(call->arena, "/sdn/zones/localnetwork/%s%s%s",
					    bridge, tag ? "/" : "", tag ? tag : ""),
			       "SDN.Use");
	json_decref(props);
	return ok;
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

static bool is_tag_of(struct call *call, const char *tags, const char *tag)
{
	char **parts;
	size_t count = tags ? str_split(call->arena, tags, ",; ", &parts) : 0;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(parts[i], tag))
			return true;
	return false;
}

bool check_tags(struct call *call, const char *before, const char *after)
{
	const json_t *registered =
		json_object_get(call->world->options, "registered-tags");
	const json_t *tag;
	size_t i;

	json_array_foreach (registered, i, tag) {
		const char *name = json_string_value(tag);

		if (is_tag_of(call, before, name) == is_tag_of(call, after, name) ||
		    may(call, "/", "Sys.Modify"))
			continue;
		refuse(call, 403,
		       "Permission check failed (/, Sys.Modify for modifying tag '%s')",
		       name);
		return false;
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
