#include "guest.h"

#include "base/text.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

const char *guest_word(enum guest_type type)
{
	return type == GUEST_LXC ? "CT" : "VM";
}

const char *guest_kind(enum guest_type type)
{
	return type == GUEST_LXC ? "lxc" : "qemu";
}

char *guest_path(struct arena *arena, const char *node, enum guest_type type,
		 unsigned vmid)
{
	return arena_printf(arena, "nodes/%s/%s/%u.conf", node,
			    type == GUEST_LXC ? "lxc" : "qemu-server", vmid);
}

char *guest_lock_file(struct arena *arena, enum guest_type type, unsigned vmid)
{
	return type == GUEST_LXC
		       ? arena_printf(arena, "/run/lock/lxc/pve-config-%u.lock", vmid)
		       : arena_printf(arena, "/var/lock/qemu-server/lock-%u.conf", vmid);
}

struct guest *guest_reserve(struct world *world, unsigned vmid, enum guest_type type,
			    const char *node)
{
	struct guest *guest = world_guest_add(world, vmid, type, node);

	guest_set(world, guest, "lock", "create");
	return guest;
}

const char *guest_get(const struct guest *guest, const char *option)
{
	return props_get(guest->config, option);
}

void guest_set(struct world *world, struct guest *guest, const char *option,
	       const char *value)
{
	props_set(guest->config, option, value);
	world_touch(world);
}

void guest_unset(struct world *world, struct guest *guest, const char *option)
{
	json_object_del(guest->config, option);
	world_touch(world);
}

long guest_number(const struct guest *guest, const char *option, long otherwise)
{
	const char *text = guest_get(guest, option);

	return text ? atol(text) : otherwise;
}

bool guest_is_template(const struct guest *guest)
{
	return guest_number(guest, "template", 0) != 0;
}

const char *guest_lock(const struct guest *guest)
{
	return guest_get(guest, "lock");
}

bool guest_has_pending(const struct guest *guest)
{
	return json_object_size(guest->pending) > 0 ||
	       json_object_size(guest->undone) > 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted_keys(struct arena *arena, const json_t *object)
{
	size_t count = json_object_size(object), i = 0;
	const char **keys = arena_array(arena, const char *, count + 1);

	/* jansson's iterators take no const, though they change nothing */
	for (void *at = json_object_iter((json_t *)(uintptr_t)object); at;
	     at = json_object_iter_next((json_t *)(uintptr_t)object, at))
		keys[i++] = json_object_iter_key(at);
	qsort(keys, count, sizeof(*keys), by_text);
	return keys;
}

static void print_section(struct arena *arena, struct text *out, const json_t *options)
{
	const char **keys = sorted_keys(arena, options);

	for (size_t i = 0; keys[i]; i++)
		text_addf(out, "%s%s: %s\n", strcmp(keys[i], "description") ? "" : "#",
			  keys[i], props_get(options, keys[i]));
}

static void print_snapshots(struct arena *arena, struct text *out,
			    const struct guest *guest)
{
	const char **names = sorted_keys(arena, guest->snapshots);

	for (size_t i = 0; names[i]; i++) {
		text_addf(out, "\n[%s]\n", names[i]);
		print_section(arena, out, json_object_get(guest->snapshots, names[i]));
	}
}

char *guest_digest(struct arena *arena, const struct guest *guest)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char *out = arena_alloc(arena, 41, 1);
	const char **undone;
	struct text file;

	text_init(&file, arena);
	print_section(arena, &file, guest->config);
	if (guest_has_pending(guest)) {
		text_add(&file, "\n[PENDING]\n");
		undone = sorted_keys(arena, guest->undone);
		for (size_t i = 0; undone[i]; i++)
			text_addf(&file, "delete: %s\n", undone[i]);
		print_section(arena, &file, guest->pending);
	}
	print_snapshots(arena, &file, guest);
	EVP_Digest(text_str(&file), file.len, hash, NULL, EVP_sha1(), NULL);
	for (size_t i = 0; i < 20; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
	return out;
}

char *guest_description(struct arena *arena, enum guest_type type, const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (type == GUEST_LXC && len > 0) /* each line is read back with a line feed */
		return arena_printf(arena, "%.*s\n", (int)len, text);
	return arena_strndup(arena, text, len);
}

char *guest_tags(struct arena *arena, const struct world *world, const char *text)
{
	const json_t *style = json_object_get(world->options, "tag-style");
	bool keep_case =
		json_is_true(json_object_get(style, "case-sensitive")) ||
		json_integer_value(json_object_get(style, "case-sensitive")) == 1;
	const char *ordering = props_get(style, "ordering");
	char **parts;
	size_t count = str_split(arena, text, ",; \t\r\n", &parts), kept = 0;
	struct text out;

	for (size_t i = 0; i < count; i++) {
		bool again = false;

		for (char *at = parts[i]; *at && !keep_case; at++)
			if (*at >= 'A' && *at <= 'Z')
				*at = (char)(*at + 32);
		for (size_t j = 0; j < kept; j++)
			again = again || !strcmp(parts[j], parts[i]);
		if (!again)
			parts[kept++] = parts[i];
	}
	if (!ordering || strcmp(ordering, "config") != 0)
		qsort(parts, kept, sizeof(*parts), by_text);
	text_init(&out, arena);
	for (size_t i = 0; i < kept; i++)
		text_addf(&out, "%s%s", i ? ";" : "", parts[i]);
	return arena_strdup(arena, text_str(&out));
}

json_t *guest_section(const struct guest *guest, const json_t *section)
{
	json_t *out = json_object(), *value;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)section, name, value)
		json_object_set_new(out, name,
				    !strcmp(name, "cipassword")
					    ? json_string("**********")
					    : schema_value(option_find(guest->type, name),
							   json_string_value(value)));
	return out;
}

json_t *guest_config(struct arena *arena, const struct guest *guest, bool pending)
{
	json_t *merged = json_copy(guest->config), *out, *value;
	const char *name;

	if (pending) {
		json_object_foreach (guest->undone, name, value)
			json_object_del(merged, name);
		json_object_update(merged, guest->pending);
	}
	out = guest_section(guest, merged);
	json_object_set_new(out, "digest", json_string(guest_digest(arena, guest)));
	json_decref(merged);
	return out;
}

void guest_apply_pending(struct world *world, struct guest *guest)
{
	const char *name;
	json_t *value;

	if (!guest_has_pending(guest))
		return;
	json_object_foreach (guest->undone, name, value)
		json_object_del(guest->config, name);
	json_object_update(guest->config, guest->pending);
	json_object_clear(guest->pending);
	json_object_clear(guest->undone);
	world_touch(world);
}

json_t *guest_disks(enum guest_type type, const json_t *config)
{
	json_t *names = json_array();

	for (const struct schema *s = options_of(type); s->name; s++) {
		char name[32];

		for (int i = 0; i <= s->last; i++) {
			snprintf(name, sizeof(name), s->last ? "%s%d" : "%s", s->name, i);
			if (option_is_disk(type, name) && json_object_get(config, name))
				json_array_append_new(names, json_string(name));
		}
	}
	return names;
}

bool guest_is_cdrom(const char *value)
{
	return strstr(value, "media=cdrom") != NULL;
}

char *guest_volid(struct arena *arena, const char *value)
{
	size_t len;

	if (str_starts(value, "volume="))
		value += strlen("volume=");
	if (str_starts(value, "file="))
		value += strlen("file=");
	len = strcspn(value, ",");
	if (!memchr(value, ':', len))
		return NULL;
	return arena_strndup(arena, value, len);
}

char *disk_with_volume(struct arena *arena, const char *value, const char *volid)
{
	const char *old = guest_volid(arena, value);

	return arena_printf(arena, "%s%s", volid, strstr(value, old) + strlen(old));
}

/* The volumes of one section of the config file. */
static void each_volume_of(struct arena *arena, struct world *world, struct guest *guest,
			   const json_t *section,
			   void (*each)(struct world *world, struct guest *guest,
					const char *volid, void *with),
			   void *with)
{
	const char **keys = sorted_keys(arena, section);

	for (size_t i = 0; keys[i]; i++) {
		char *volid;

		if (!option_is_disk(guest->type, keys[i]) &&
		    !str_starts(keys[i], "unused") && strcmp(keys[i], "vmstate") != 0)
			continue;
		volid = guest_volid(arena, props_get(section, keys[i]));
		if (volid && volume_owner(volid) == guest->vmid)
			each(world, guest, volid, with);
	}
}

void guest_each_volume(struct world *world, struct guest *guest,
		       void (*each)(struct world *world, struct guest *guest,
				    const char *volid, void *with),
		       void *with)
{
	struct arena *arena = arena_create();
	const char *name;
	json_t *snapshot;

	each_volume_of(arena, world, guest, guest->config, each, with);
	each_volume_of(arena, world, guest, guest->pending, each, with);
	json_object_foreach (guest->snapshots, name, snapshot)
		each_volume_of(arena, world, guest, snapshot, each, with);
	arena_destroy(arena);
}

bool guest_agent_enabled(const struct guest *guest)
{
	const char *agent = guest_get(guest, "agent");
	json_t *props;
	bool enabled;

	if (!agent)
		return false;
	props = props_read(qemu_agent_format, agent);
	enabled = props_true(props_get(props, "enabled"));
	json_decref(props);
	return enabled;
}

bool guest_agent_up(const struct world *world, const struct guest *guest)
{
	return guest->running && !guest->paused &&
	       world->now >= guest->booted + world->boot;
}

const char *guest_dhcp_address(struct world *world, struct guest *guest, unsigned card)
{
	char name[16], address[64];

	snprintf(name, sizeof(name), "net%u", card);
	if (!props_get(guest->addresses, name)) {
		snprintf(address, sizeof(address), "%s.%u", world->dhcp,
			 world->dhcp_next++);
		props_set(guest->addresses, name, address);
		world_touch(world);
	}
	return props_get(guest->addresses, name);
}
