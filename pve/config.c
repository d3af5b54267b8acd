#include "base/text.h"
#include "base/vec.h"
#include "pve/observe.h"
#include "pve/props.h"
#include "pve/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Of a guest whose root disk is nowhere said: the first of its kind that there is. */
static const char *const root_disks[] = { "scsi0", "virtio0", "sata0", "ide0" };

/* ---- options ---- */

static int compare_options(const void *a, const void *b)
{
	return strcmp(((const struct option *)a)->key, ((const struct option *)b)->key);
}

/* Every scalar of it: what vm7 does not know today may be compared tomorrow. */
static void read_options(struct observed *out, struct arena *arena, const json_t *config)
{
	size_t count = 0;
	void *entry;

	out->options = arena_array(arena, struct option, json_object_size(config) + 1);
	for (entry = json_object_iter((json_t *)(uintptr_t)config); entry;
	     entry = json_object_iter_next((json_t *)(uintptr_t)config, entry)) {
		const char *key = json_object_iter_key(entry);
		const char *value = value_text(arena, json_object_iter_value(entry));

		if (!value || strcmp(key, "digest") == 0)
			continue;
		out->options[count].key = arena_strdup(arena, key);
		out->options[count++].value = value;
	}
	qsort(out->options, count, sizeof(*out->options), compare_options);
	out->options_len = count;
}

static const char *option(const struct observed *guest, const char *key)
{
	return observed_option(guest, key);
}

/* ---- our line ---- */

/*
 * "vm7: <instance>/<id>, edit vm7.yaml in <repository>". The last such line counts: a
 * person may have quoted one further up.
 */
static void read_line(struct observed *out, struct arena *arena, const char *line)
{
	const char *slash = strchr(line, '/'), *comma = strchr(line, ','), *in;

	if (!slash || !comma || slash > comma || slash == line || comma == slash + 1)
		return;
	out->line_instance = arena_strndup(arena, line, (size_t)(slash - line));
	out->line_id = arena_strndup(arena, slash + 1, (size_t)(comma - slash - 1));
	in = strstr(comma, " in ");
	out->line_repository = in ? arena_strdup(arena, in + 4) : NULL;
}

static void read_description(struct observed *out, struct arena *arena)
{
	static const char start[] = "vm7: ";
	const char *text = option(out, "description"), *last = NULL;
	char **lines;
	size_t count;

	if (!text)
		return;
	count = str_split(arena, text, "\r\n", &lines);
	for (size_t i = 0; i < count; i++)
		if (str_starts(lines[i], start))
			last = lines[i];
	if (last)
		read_line(out, arena, str_trim(arena, last + strlen(start)));
}

/* ---- sets and marks ---- */

static char *changed_case(struct arena *arena, const char *text, int (*change)(int))
{
	char *copy = arena_strdup(arena, text);

	for (char *at = copy; *at; at++)
		*at = (char)change((unsigned char)*at);
	return copy;
}

void observe_tags(struct observed *out, struct arena *arena, const char *text)
{
	char **tags = NULL;
	size_t count = text ? str_split(arena, text, ",; ", &tags) : 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		tags[i] = changed_case(arena, tags[i], tolower);
	if (count > 1)
		qsort(tags, count, sizeof(*tags), str_compare);
	out->tags = arena_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(tags[i], tags[i - 1]) != 0)
			out->tags[kept++] = tags[i];
	out->tags_len = kept;
}

static void read_uuid(struct observed *out, struct arena *arena)
{
	const char *text = option(out, "smbios1"), *uuid;
	struct props props = { 0 };

	if (!text)
		return;
	props_read(&props, arena, text);
	uuid = props_get(&props, "uuid");
	if (uuid)
		out->uuid = changed_case(arena, uuid, tolower);
}

/* ---- cards ---- */

/* "net12" -> 12; -1 when it is no card. */
static int card_index(const char *key, const char *family)
{
	size_t len = strlen(family);
	uint64_t number;

	if (!str_starts(key, family) || !str_number(key + len, &number) || number > 31)
		return -1;
	return (int)number;
}

/* A VM's model is the key of its MAC ("virtio=BC:..."), or both stand by themselves. */
static const char *card_mac(const struct props *props)
{
	const char *mac = props_get(props, "macaddr");

	if (!mac)
		mac = props_get(props, "hwaddr");
	if (!mac && props->len > 0 && strchr(props->at[0].value, ':'))
		mac = props->at[0].value;
	return mac;
}

/* "192.168.10.50/24", "dhcp", "auto" (IPv6 finds its own) or "manual". */
static void read_address(struct observed_card *card, struct addr *out,
			 struct arena *arena, const char *text)
{
	struct error ignored;

	if (!text)
		return;
	if (strcmp(text, "dhcp") == 0 || strcmp(text, "auto") == 0)
		card->dhcp = true;
	else if (!addr_read(out, arena_strndup(arena, text, strcspn(text, "/")),
			    &ignored))
		*out = (struct addr){ 0 };
}

static void read_addresses(struct observed_card *card, struct arena *arena,
			   const struct props *props)
{
	const char *ip = props_get(props, "ip"), *ip6 = props_get(props, "ip6");

	read_address(card, &card->ip, arena, ip);
	read_address(card, &card->ip6, arena, ip6);
}

/* (qemu-server PVE/QemuServer/Network.pm net_fmt; pve-container PVE/LXC/Config.pm
 * netconf_desc) */
static void read_card(struct observed_card *card, struct arena *arena,
		      const struct observed *guest, unsigned index, const char *text)
{
	struct props props = { 0 };
	const char *mac, *tag, *config;

	props_read(&props, arena, text);
	mac = card_mac(&props);
	tag = props_get(&props, "tag");
	*card = (struct observed_card){
		.index = index,
		.text = text,
		.mac = mac ? changed_case(arena, mac, toupper) : NULL,
		.bridge = props_get(&props, "bridge"),
		.vlan = tag ? (unsigned)strtoul(tag, NULL, 10) : 0,
	};
	if (guest->type == GUEST_LXC) {
		read_addresses(card, arena, &props);
		return;
	}
	config = option(guest, arena_printf(arena, "ipconfig%u", index));
	if (config) {
		props = (struct props){ 0 };
		props_read(&props, arena, config);
		read_addresses(card, arena, &props);
		/* said to be configured, but not how: cloud-init asks for DHCP
		 * (qemu-server PVE/QemuServer/Cloudinit.pm) */
		card->dhcp |= !props_get(&props, "ip") && !props_get(&props, "ip6");
	}
}

static int compare_cards(const void *a, const void *b)
{
	const struct observed_card *first = a, *second = b;

	return (first->index > second->index) - (first->index < second->index);
}

static void read_cards(struct observed *out, struct arena *arena)
{
	struct {
		struct observed_card *at;
		size_t len, cap;
	} cards = { 0 };

	for (size_t i = 0; i < out->options_len; i++) {
		const char *key = out->options[i].key;
		int index = card_index(key, "net"), alone = card_index(key, "ipconfig");

		if (index >= 0)
			read_card(vec_push(arena, &cards), arena, out, (unsigned)index,
				  out->options[i].value);
		else if (alone >= 0 && out->type == GUEST_VM &&
			 !option(out, arena_printf(arena, "net%d", alone)))
			read_card(vec_push(arena, &cards), arena, out, (unsigned)alone,
				  /* its card was taken out, its address is still told */
				  "");
	}
	if (cards.len > 1)
		qsort(cards.at, cards.len, sizeof(*cards.at), compare_cards);
	out->cards = cards.at;
	out->cards_len = cards.len;
}

/* ---- disks ---- */

static bool is_drive(const char *key)
{
	static const char *const buses[] = { "scsi", "virtio", "sata", "ide", NULL };

	return option_is_of_any(key, buses);
}

static bool is_cdrom(struct arena *arena, const char *drive)
{
	struct props props = { 0 };
	const char *media;

	props_read(&props, arena, drive);
	media = props_get(&props, "media");
	return media && strcmp(media, "cdrom") == 0;
}

static bool is_disk(const struct observed *guest, struct arena *arena, const char *key)
{
	const char *drive = is_drive(key) ? option(guest, key) : NULL;

	return drive && !is_cdrom(arena, drive);
}

/* (qemu-server PVE/QemuServer.pm get_boot_devs; `bootdisk` is how it was said before
 * PVE 6.3) */
static const char *root_disk_of_vm(const struct observed *guest, struct arena *arena)
{
	const char *boot = option(guest, "boot"), *order = NULL;
	const char *bootdisk = option(guest, "bootdisk");
	struct props props = { 0 };
	char **devices;
	size_t count;

	if (boot) {
		props_read(&props, arena, boot);
		order = props_get(&props, "order");
	}
	count = order ? str_split(arena, order, ";", &devices) : 0;
	for (size_t i = 0; i < count; i++)
		if (is_disk(guest, arena, devices[i]))
			return devices[i];
	if (bootdisk && is_disk(guest, arena, bootdisk))
		return bootdisk;
	for (size_t i = 0; i < sizeof(root_disks) / sizeof(root_disks[0]); i++)
		if (is_disk(guest, arena, root_disks[i]))
			return root_disks[i];
	return NULL;
}

/* "local-lvm:vm-100-cloudinit,media=cdrom" (PVE/QemuServer/Drive.pm
 * drive_is_cloudinit) */
static bool has_cloud_init_drive(const struct observed *guest, struct arena *arena)
{
	for (size_t i = 0; i < guest->options_len; i++) {
		const char *drive = guest->options[i].value, *volume;

		if (!is_drive(guest->options[i].key))
			continue;
		volume = arena_strndup(arena, drive, strcspn(drive, ","));
		if (strstr(volume, "cloudinit") && is_cdrom(arena, drive))
			return true;
	}
	return false;
}

static void read_disks(struct observed *out, struct arena *arena)
{
	struct props props = { 0 };
	const char *disk, *size;

	if (out->type == GUEST_VM) {
		out->root_disk = root_disk_of_vm(out, arena);
		out->cloud_init_drive = has_cloud_init_drive(out, arena);
	} else if (option(out, "rootfs")) {
		out->root_disk = "rootfs";
	}
	disk = out->root_disk ? option(out, out->root_disk) : NULL;
	if (!disk)
		return;
	props_read(&props, arena, disk);
	size = props_get(&props, "size");
	out->root_disk_mib = size ? size_mib(size) : 0;
}

/* ---- what waits for the next start ---- */

static bool is_waiting(const json_t *item)
{
	return json_object_get(item, "pending") || json_object_get(item, "delete");
}

/*
 * [{"key": "cores", "value": 2, "pending": 4}, {"key": "kvm", "value": 0, "delete": 1}]
 * -> the config as it will be, and the keys that wait.
 */
static json_t *read_pending(struct observed *out, struct arena *arena, const json_t *list)
{
	json_t *config = json_object();
	const json_t *item;
	size_t i;

	out->pending = arena_array(arena, const char *, json_array_size(list));
	json_array_foreach (list, i, item) {
		const char *key = json_string_value(json_object_get(item, "key"));
		json_t *value = json_object_get(item, "pending");

		if (!key)
			continue;
		if (is_waiting(item))
			out->pending[out->pending_len++] = arena_strdup(arena, key);
		if (!value && !json_object_get(item, "delete"))
			value = json_object_get(item, "value");
		if (value)
			json_object_set(config, key, value);
	}
	if (out->pending_len > 1)
		qsort(out->pending, out->pending_len, sizeof(*out->pending), str_compare);
	return config;
}

/* ---- all of it ---- */

static bool read_config(struct observed *out, struct arena *arena, const json_t *config,
			struct error *err)
{
	const char *digest = json_string_value(json_object_get(config, "digest"));
	const char *name;
	struct observed seen = {
		.vmid = out->vmid,
		.type = out->type,
		.node = out->node,
		.name = out->name,
		.power = out->power,
		.has_config = true,
		.agent_ip = out->agent_ip,
		.agent_ip6 = out->agent_ip6,
		.ha = out->ha,
		.memory_mib = out->memory_mib,
	};

	if (!json_is_object(config) || !digest)
		return error_set(err, ERROR_FAILED,
				 "what came as the config of %u is none", out->vmid);
	seen.digest = arena_strdup(arena, digest);
	read_options(&seen, arena, config);
	name = option(&seen, seen.type == GUEST_VM ? "name" : "hostname");
	if (name)
		seen.name = name;
	seen.lock = option(&seen, "lock");
	seen.template = value_flag(json_object_get(config, "template"));
	observe_tags(&seen, arena, option(&seen, "tags"));
	read_description(&seen, arena);
	if (seen.type == GUEST_VM)
		read_uuid(&seen, arena);
	read_cards(&seen, arena);
	read_disks(&seen, arena);
	*out = seen;
	return true;
}

bool observe_config(struct observed *out, struct arena *arena, const json_t *config,
		    struct error *err)
{
	struct observed waiting = { 0 };
	json_t *merged;
	bool ok;

	if (!json_is_array(config))
		return read_config(out, arena, config, err);
	merged = read_pending(&waiting, arena, config);
	ok = read_config(out, arena, merged, err);
	json_decref(merged);
	if (ok) {
		out->pending = waiting.pending;
		out->pending_len = waiting.pending_len;
	}
	return ok;
}
