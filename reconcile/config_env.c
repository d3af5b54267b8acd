#include "reconcile/config_env.h"

#include "base/text.h"
#include "reconcile/syntax.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	VMID_MIN = 100,
	VMID_MAX = 999999999, /* pve-common src/PVE/JSONSchema.pm pve-vmid */
	MIB_MAX = 4 * 1024 * 1024,
	GIB_MAX = 128 * 1024,
};

struct reading {
	struct arena *arena;
	struct shell_env *env;
	const struct file *file;
	const struct config_env_how *how;
	struct diags *diags;
	struct entry *entry;
	struct config_env *out;
	unsigned mounts, devices;
	const char **tags;
	size_t tags_len;
};

static const char *const known[] = { "IP",   "ID",   "HOSTNAME", "CORES", "MEMORY",
				     "SWAP", "DISK", "MOUNT",    "BOOT",  NULL };

/* A key with a value, or NULL. */
static const struct assignment *given(const struct reading *r, const char *key)
{
	const struct assignment *found = shell_env_find(r->env, key);

	return found && *found->value ? found : NULL;
}

static void __attribute__((format(printf, 3, 4)))
wrong(struct reading *r, const struct assignment *of, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_add(r->diags, of->at, of->key, "%s", arena_vprintf(r->arena, format, args));
	va_end(args);
}

static const char *shown(struct reading *r, const char *text)
{
	return str_safe(r->arena, text, 80);
}

/* A whole number between two bounds; false after a mistake. */
static bool number_of(struct reading *r, const struct assignment *of, const char *text,
		      long min, long max, long *out)
{
	if (!str_integer(text, strlen(text), out))
		wrong(r, of, "'%s' is no whole number", shown(r, text));
	else if (*out < min || *out > max)
		wrong(r, of, "%ld is not in %ld to %ld", *out, min, max);
	else
		return true;
	return false;
}

static void read_number(struct reading *r, const char *from, const char *key, long min,
			long max)
{
	const struct assignment *of = given(r, from);
	long number;

	if (of && number_of(r, of, of->value, min, max, &number))
		entry_number(r->entry, key, number);
}

static const char *name_of(struct reading *r)
{
	const struct assignment *of = given(r, "HOSTNAME");
	const struct assignment nowhere = { "HOSTNAME", "", { r->file, 1, 1 } };
	char *name = arena_strdup(r->arena, of ? of->value : r->how->name);
	struct error err = { 0 };

	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (!check_guest_name(name, &err))
		wrong(r, of ? of : &nowhere, "'%s': %s%s", shown(r, name), err.text,
		      of ? "" : ". There is no HOSTNAME, so it is the folder's name");
	return name;
}

/* Proxmox keeps the numbers below 100 for itself (pve-common JSONSchema.pm pve-vmid). */
static void read_id(struct reading *r)
{
	const struct assignment *of = given(r, "ID");
	long number;

	if (!of)
		return;
	if (str_integer(of->value, strlen(of->value), &number) && number < VMID_MIN)
		wrong(r, of,
		      "%ld is below 100, which Proxmox keeps for itself. Choose another "
		      "ID, or take the line out: vm7 chooses a free one",
		      number);
	else if (number_of(r, of, of->value, VMID_MIN, VMID_MAX, &number))
		entry_number(r->entry, "vmid", number);
}

/* `local-lvm:8` */
static void read_disk(struct reading *r)
{
	const struct assignment *of = given(r, "DISK");
	const char *colon = of ? strchr(of->value, ':') : NULL, *storage;
	struct error err = { 0 };
	long size;

	if (!of)
		return;
	if (!colon) {
		wrong(r, of, "'%s': expected storage:GiB, as local-lvm:8",
		      shown(r, of->value));
		return;
	}
	storage = arena_strndup(r->arena, of->value, (size_t)(colon - of->value));
	if (!check_storage(storage, &err))
		wrong(r, of, "'%s': %s", shown(r, storage), err.text);
	else
		entry_text(r->entry, "datastore", storage);
	if (number_of(r, of, colon + 1, 1, GIB_MAX, &size))
		entry_number(r->entry, "disk_gb", size);
}

static void read_boot(struct reading *r)
{
	static const char *const yes[] = { "yes", "true", "1" };
	static const char *const no[] = { "no", "false", "0" };
	const struct assignment *of = given(r, "BOOT");

	for (size_t i = 0; of && i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(of->value, yes[i]) == 0) {
			entry_flag(r->entry, "onboot", true);
			return;
		}
		if (strcasecmp(of->value, no[i]) == 0)
			of = NULL;
	}
	if (of)
		wrong(r, of, "'%s': expected yes or no", shown(r, of->value));
	entry_flag(r->entry, "onboot", false);
}

/* `/srv/data:/data`: the last colon stands between the two. */
static void add_mount(struct reading *r, const struct assignment *of, const char *item)
{
	const char *colon = strrchr(item, ':');
	char *host = arena_strndup(r->arena, item, (size_t)(colon - item));

	if (*host != '/' || colon[1] != '/') {
		wrong(r, of, "'%s': expected /folder/of/the/node:/folder/of/the/guest",
		      shown(r, item));
		return;
	}
	entry_item(r->entry, "mounts",
		   json_pack("{s:o, s:s, s:s}", "slot", json_sprintf("mp%u", r->mounts++),
			     "path", shown(r, colon + 1), "host",
			     str_safe(r->arena, host, strlen(host) + 8)));
}

static void add_share(struct reading *r, const struct assignment *of, const char *word)
{
	struct error err = { 0 };
	bool tagged = check_tag(word, &err);

	if (tagged)
		r->tags[r->tags_len++] = word;
	shell_env_warn(r->env, r->arena, of->at,
		       "MOUNT: %s is a network share. What is mounted inside a guest is "
		       "not vm7's to do%s",
		       shown(r, word),
		       tagged ? "; the guest gets the tag, for who does it" : "");
	entry_note(r->entry, "the share %s was mounted inside the guest: not vm7's to do",
		   word);
}

static void read_mounts(struct reading *r)
{
	const struct assignment *of = given(r, "MOUNT");
	char **items;
	size_t len = of ? str_split(r->arena, of->value, ",", &items) : 0;

	r->tags = arena_array(r->arena, const char *, len);
	for (size_t i = 0; i < len; i++) {
		char *item = str_trim(r->arena, items[i]);

		if (strchr(item, ':'))
			add_mount(r, of, item);
		else if (*item == '/')
			entry_item(r->entry, "devices",
				   json_pack("{s:o, s:s}", "slot",
					     json_sprintf("dev%u", r->devices++), "path",
					     shown(r, item)));
		else if (*item)
			add_share(r, of, item);
	}
	if (r->tags_len > 0)
		entry_texts(r->entry, "tags", r->tags, r->tags_len);
	if (r->mounts + r->devices > 0)
		entry_note(r->entry,
			   "folders and devices of the node take globals.proxmox."
			   "privileged");
}

static bool pool_has(const struct pools *pools, const char *name, const struct addr *ip)
{
	const struct pool *pool = name ? pools_find(pools, name) : NULL;

	return pool &&
	       (cidr_contains(&pool->v4.cidr, ip) || cidr_contains(&pool->v6.cidr, ip));
}

/* The network that was asked for, or the first whose pool has the address. */
static const struct network *network_of(const struct reading *r, const struct addr *ip)
{
	const struct manifest *manifest = r->how->manifest;

	for (size_t i = 0; manifest && i < manifest->networks_len; i++) {
		const struct network *network = &manifest->networks[i];

		if (r->how->network ? strcmp(network->name, r->how->network) == 0
				    : pool_has(&manifest->pools, network->pool.value, ip))
			return network;
	}
	return NULL;
}

static void read_network(struct reading *r)
{
	const struct assignment *of = given(r, "IP");
	const struct network *network;
	struct error err = { 0 };
	struct addr ip = { 0 };

	if (of && !addr_read(&ip, of->value, &err)) {
		wrong(r, of, "%s", err.text);
		return;
	}
	r->out->ip = of ? of->value : NULL;
	network = network_of(r, &ip);
	if (network)
		r->out->pool = network->pool.value;
	if (network || r->how->network)
		entry_text(r->entry, "network",
			   network ? network->name : r->how->network);
	else if (of)
		entry_note(r->entry,
			   "network: none is known whose pool has %s; declare one, or "
			   "say --network",
			   of->value);
	else
		entry_note(r->entry, "network: there was no IP; say --network");
}

/* Without one the guest cannot be made, unless defaults have it. */
static void add_image(struct reading *r)
{
	const struct manifest *manifest = r->how->manifest;

	if (r->how->image)
		entry_text(r->entry, "image", r->how->image);
	else if (!manifest || (!is_set(&manifest->defaults.image.is) &&
			       !is_set(&manifest->defaults.template_id.is)))
		entry_note(r->entry,
			   "image: which container template it is made from; say "
			   "--image, or put it into globals.defaults");
}

static void warn_of_unknown(struct reading *r)
{
	for (size_t i = 0; i < r->env->len; i++) {
		const struct assignment *of = &r->env->at[i];
		size_t j = 0;

		while (known[j] && strcmp(known[j], of->key) != 0)
			j++;
		if (!known[j])
			shell_env_warn(r->env, r->arena, of->at,
				       "%s: vm7 has no use for it; it is left out",
				       shown(r, of->key));
	}
}

void config_env_entry(struct config_env *out, struct entries *entries,
		      struct arena *arena, struct shell_env *env, const struct file *file,
		      const struct config_env_how *how, struct diags *diags)
{
	struct reading r = { arena, env, file, how, diags, NULL, out, 0, 0, NULL, 0 };
	const char *name = name_of(&r);

	*out = (struct config_env){ .name = name };
	r.entry = entry_add(arena, entries, name);
	entry_text(r.entry, "type", "lxc");
	read_id(&r);
	read_network(&r);
	read_number(&r, "CORES", "cpu", 1, 128);
	read_number(&r, "MEMORY", "ram_mb", 512, MIB_MAX);
	read_number(&r, "SWAP", "swap_mb", 0, MIB_MAX);
	read_disk(&r);
	add_image(&r);
	read_boot(&r);
	entry_flag(r.entry, "unprivileged", true);
	entry_value(r.entry, "features", json_pack("{s:b}", "nesting", 1));
	read_mounts(&r);
	warn_of_unknown(&r);
}
