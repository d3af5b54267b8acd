/*
 * What an entry and its lease come to in Proxmox's options.
 *
 * A row an option: its key, which kinds of guest have it, whether it is given only when
 * the guest is made, and the function that says what it should read. That function sees
 * what is there, so that what nobody declared stays as it is: sub-keys of a card, other
 * people's tags. NULL means: leave it. A new option is a row and its function.
 */
#include "reconcile/options.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/keys.h"
#include "reconcile/props.h"
#include "reconcile/slots.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef const char *wanted_fn(struct view *view, const char *seen);

const char *view_number(struct view *view, const struct num_setting *setting)
{
	return is_set(&setting->is) ? arena_printf(view->arena, "%ld", setting->value)
				    : NULL;
}

const char *view_flag(const struct flag_setting *setting)
{
	return is_set(&setting->is) ? (setting->value ? "1" : "0") : NULL;
}

const char *view_seen(const struct view *view, const char *key)
{
	return view->seen ? observed_option(view->seen, key) : NULL;
}

/*
 * (pve-common src/PVE/JSONSchema.pm parse_boolean: what else a 1 or 0 may be written
 * as)
 */
bool same_value(const char *now, const char *wanted)
{
	static const char *const words[2][3] = { { "no", "off", "false" },
						 { "yes", "on", "true" } };

	if (!now || strcasecmp(now, wanted) == 0)
		return now != NULL;
	for (size_t i = 0; i < 3; i++)
		if ((strcmp(wanted, "0") == 0 && strcasecmp(now, words[0][i]) == 0) ||
		    (strcmp(wanted, "1") == 0 && strcasecmp(now, words[1][i]) == 0))
			return true;
	return false;
}

void add_change(struct changes *out, struct view *view, const char *key, const char *from,
		const char *to)
{
	*vec_push(view->arena, out) =
		(struct change){ .key = key, .from = from, .to = to };
}

static const char *cores(struct view *view, const char *seen)
{
	(void)seen;
	return view_number(view, &view->making->want->spec.cpu);
}

static const char *sockets(struct view *view, const char *seen)
{
	(void)seen;
	return view_number(view, &view->making->want->spec.sockets);
}

static const char *memory(struct view *view, const char *seen)
{
	const char *wanted = view_number(view, &view->making->want->spec.ram_mb);
	struct props props;

	if (!wanted || !seen)
		return wanted;
	props_read(&props, view->arena, seen); /* "4096" or "current=4096" */
	if (str_equal(props_get(&props, "current"), wanted))
		return NULL;
	return wanted;
}

static const char *swap(struct view *view, const char *seen)
{
	(void)seen;
	return view_number(view, &view->making->want->spec.swap_mb);
}

static const char *balloon(struct view *view, const char *seen)
{
	(void)seen;
	return view_number(view, &view->making->want->spec.balloon);
}

/* Set one key of a property string whose default key is `bare`; NULL when it reads so
 * already. */
static const char *with_prop(struct view *view, const char *seen, const char *bare,
			     const char *value)
{
	struct props props = { 0 };
	const char *key = bare, *now;

	if (seen)
		props_read(&props, view->arena, seen);
	if (props_get(&props, "") || !props_get(&props, bare))
		key = "";
	now = props_get(&props, key);
	if (same_value(now, value))
		return NULL;
	props_set(&props, view->arena, key, value);
	return props_print(&props, view->arena);
}

static const char *cpu(struct view *view, const char *seen)
{
	const struct text_setting *cpu_type = &view->making->want->spec.cpu_type;

	return is_set(&cpu_type->is) ? with_prop(view, seen, "cputype", cpu_type->value)
				     : NULL;
}

static const char *agent(struct view *view, const char *seen)
{
	const char *wanted = view_flag(&view->making->want->spec.agent);

	if (!wanted || (!seen && strcmp(wanted, "0") == 0))
		return NULL;
	return with_prop(view, seen, "enabled", wanted);
}

static const char *onboot(struct view *view, const char *seen)
{
	(void)seen;
	return view_flag(&view->making->want->spec.onboot);
}

static const char *protection(struct view *view, const char *seen)
{
	(void)seen;
	return view_flag(&view->making->want->spec.protection);
}

static const char *startup(struct view *view, const char *seen)
{
	const struct startup *startup = &view->making->want->spec.startup;
	const struct {
		const char *key;
		const struct num_setting *setting;
	} rows[] = {
		{ "order", &startup->order },
		{ "up", &startup->up },
		{ "down", &startup->down },
	};
	struct props props = { 0 };
	bool differs = false;

	if (!is_set(&startup->is))
		return NULL;
	if (seen)
		props_read(&props, view->arena, seen);
	if (props_get(&props, "")) { /* a bare number is the order */
		props_set(&props, view->arena, "order", props_get(&props, ""));
		props_set(&props, view->arena, "", NULL);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value = view_number(view, rows[i].setting);

		if (!value || str_equal(props_get(&props, rows[i].key), value))
			continue;
		differs = true;
		props_set(&props, view->arena, rows[i].key, value);
	}
	return differs ? props_print(&props, view->arena) : NULL;
}

/* Given by vm7 and declared no more; or the mark of a guest that was released. */
static bool tag_goes(const struct making *making, const char *tag)
{
	const struct lease *lease = making->lease;

	if (str_in(tag, making->want->tags, making->want->tags_len))
		return false;
	return strcmp(tag, TAG_RELEASED) == 0 ||
	       str_in(tag, lease->owns_tags, lease->owns_tags_len);
}

/* A set of tags as Proxmox keeps it; the list is sorted. */
static const char *tags_text(struct arena *arena, const char **list, size_t len)
{
	struct text out;

	qsort(list, len, sizeof(*list), str_compare);
	text_init(&out, arena);
	for (size_t i = 0; i < len; i++)
		text_addf(&out, "%s%s", i ? ";" : "", list[i]);
	return text_str(&out);
}

/*
 * Declared tags and `vm7`. A fresh clone has its template's, which nobody gave to this
 * guest: they go. Once our own tag is there, tags that people added stay, and those that
 * the entry had and has no more go.
 */
static const char *tags(struct view *view, const char *seen)
{
	const struct desired *want = view->making->want;
	const struct observed *guest = view->seen;
	size_t seen_len = guest ? guest->tags_len : 0, len = 0;
	bool marked = guest && str_in(TAG_OURS, guest->tags, seen_len), same = marked;
	const char **list =
		arena_array(view->arena, const char *, want->tags_len + seen_len + 1);

	(void)seen;
	for (size_t i = 0; i < want->tags_len; i++) {
		list[len++] = want->tags[i];
		same = same && str_in(want->tags[i], guest->tags, seen_len);
	}
	if (!str_in(TAG_OURS, list, len))
		list[len++] = TAG_OURS;
	for (size_t i = 0; marked && i < seen_len; i++)
		if (tag_goes(view->making, guest->tags[i]))
			same = false;
		else if (!str_in(guest->tags[i], list, len))
			list[len++] = guest->tags[i];
	return same ? NULL : tags_text(view->arena, list, len);
}

/* Marked as released, and not started with its node. */
void released_changes(struct changes *out, struct arena *arena,
		      const struct observed *seen)
{
	const char **list = arena_array(arena, const char *, seen->tags_len + 1);
	const char *onboot = observed_option(seen, "onboot");
	struct view view = { .arena = arena, .seen = seen };
	size_t len = 0;

	*out = (struct changes){ 0 };
	if (onboot && !same_value(onboot, "0"))
		add_change(out, &view, "onboot", onboot, "0");
	if (str_in(TAG_RELEASED, seen->tags, seen->tags_len))
		return;
	for (size_t i = 0; i < seen->tags_len; i++)
		list[len++] = seen->tags[i];
	list[len++] = TAG_RELEASED;
	add_change(out, &view, "tags", observed_option(seen, "tags"),
		   tags_text(arena, list, len));
}

/* A description without the lines of one lease file; NULL when nothing else is in it. */
static const char *without_line(struct arena *arena, const char *description,
				const char *instance)
{
	const char *ours = arena_printf(arena, "vm7: %s/", instance), *kept;
	struct text out;

	text_init(&out, arena);
	for (const char *line = description; *line;) {
		size_t len = strcspn(line, "\n");

		len += line[len] == '\n';
		if (!str_starts(line, ours))
			text_addn(&out, line, len);
		line += len;
	}
	kept = str_trim(arena, text_str(&out));
	return *kept ? kept : NULL;
}

void forgotten_changes(struct changes *out, struct arena *arena,
		       const struct observed *seen, const char *instance)
{
	const char **list = arena_array(arena, const char *, seen->tags_len);
	const char *description = observed_option(seen, "description");
	struct view view = { .arena = arena, .seen = seen };
	size_t len = 0;

	*out = (struct changes){ 0 };
	if (str_equal(seen->line_instance, instance))
		add_change(out, &view, "description", description,
			   without_line(arena, description, instance));
	for (size_t i = 0; i < seen->tags_len; i++)
		if (strcmp(seen->tags[i], TAG_OURS) != 0 &&
		    strcmp(seen->tags[i], TAG_RELEASED) != 0)
			list[len++] = seen->tags[i];
	if (len < seen->tags_len)
		add_change(out, &view, "tags", observed_option(seen, "tags"),
			   len > 0 ? tags_text(arena, list, len) : NULL);
}

static const char *name(struct view *view, const char *seen)
{
	(void)seen;
	return view->making->want->name;
}

static const char *smbios(struct view *view, const char *seen)
{
	const char *id = view->making->lease->id;
	struct props props = { 0 };
	const char *now;

	if (seen)
		props_read(&props, view->arena, seen);
	now = props_get(&props, "uuid");
	if (now && strcasecmp(now, id) == 0)
		return NULL;
	props_set(&props, view->arena, "uuid", id);
	return props_print(&props, view->arena);
}

/* Cloud images of Debian 12 may panic at their first boot without one. */
static const char *serial(struct view *view, const char *seen)
{
	(void)view;
	return seen ? NULL : "socket";
}

static const char *ciuser(struct view *view, const char *seen)
{
	(void)seen;
	return view->making->want->spec.access.user.value;
}

/* The default would upgrade every package at the first boot. */
static const char *ciupgrade(struct view *view, const char *seen)
{
	(void)view;
	(void)seen;
	return "0";
}

/* It is read back masked: there or not is all that can be known. */
static const char *cipassword(struct view *view, const char *seen)
{
	return seen ? NULL : view->making->password_hash;
}

static const char *sshkeys(struct view *view, const char *seen)
{
	const struct list_setting *keys =
		&view->making->want->spec.access.ssh_public_keys;

	if (keys->len == 0 || (seen && keys_same(view->arena, seen, keys)))
		return NULL;
	return keys_encode(view->arena, keys);
}

/* The keys in plain lines, as a container takes them. */
static const char *ssh_public_keys(struct view *view, const char *seen)
{
	const struct list_setting *keys =
		&view->making->want->spec.access.ssh_public_keys;
	struct text out;

	(void)seen;
	if (keys->len == 0)
		return NULL;
	text_init(&out, view->arena);
	for (size_t i = 0; i < keys->len; i++)
		text_addf(&out, "%s\n", str_trim(view->arena, keys->at[i]));
	return text_str(&out);
}

/* The entry's servers, or those of the first card's pool; blanks, because cloud-init
 * splits at them. */
static const char *nameserver(struct view *view, const char *seen)
{
	const struct making *making = view->making;
	const struct list_setting *dns = &making->want->spec.dns;
	const struct pool *pool = NULL;
	char address[ADDR_TEXT];
	struct text out;

	text_init(&out, view->arena);
	for (size_t i = 0; i < dns->len; i++)
		text_addf(&out, "%s%s", out.len ? " " : "", dns->at[i]);
	for (size_t i = 0; !is_set(&dns->is) && !pool && i < making->lease->nics_len; i++)
		if (making->lease->nics[i].pool)
			pool = pools_find(making->pools, making->lease->nics[i].pool);
	for (size_t i = 0; pool && i < pool->dns_len; i++) {
		addr_print(&pool->dns[i], address);
		text_addf(&out, "%s%s", out.len ? " " : "", address);
	}
	if (out.len == 0)
		return NULL;
	if (seen) {
		char **servers;
		size_t len = str_split(view->arena, seen, " ,;", &servers);
		struct text same;

		text_init(&same, view->arena);
		for (size_t i = 0; i < len; i++)
			text_addf(&same, "%s%s", i ? " " : "", servers[i]);
		if (strcmp(text_str(&same), text_str(&out)) == 0)
			return NULL;
	}
	return text_str(&out);
}

static const char *searchdomain(struct view *view, const char *seen)
{
	(void)seen;
	return view->making->want->spec.domain.value;
}

enum given {
	GIVEN_ALWAYS,  /* compared for as long as the guest lives */
	GIVEN_SEED,    /* to its first start, and again when it is seeded again */
	GIVEN_ONCE,    /* when it is made */
	GIVEN_ARCHIVE, /* only in the call that makes a container from an archive */
};

enum { VM = 1 << GUEST_VM, CT = 1 << GUEST_LXC };

static const struct row {
	const char *key;
	unsigned types;
	enum given given;
	wanted_fn *wanted;
	const char *unset; /* what Proxmox takes an absent option for */
	bool secret;
} rows[] = {
	{ "agent", VM, GIVEN_ALWAYS, agent, NULL, false },
	{ "balloon", VM, GIVEN_ALWAYS, balloon, NULL, false },
	{ "cipassword", VM, GIVEN_SEED, cipassword, NULL, true },
	{ "ciupgrade", VM, GIVEN_ONCE, ciupgrade, NULL, false },
	{ "ciuser", VM, GIVEN_SEED, ciuser, NULL, false },
	{ "cores", VM | CT, GIVEN_ALWAYS, cores, NULL, false },
	{ "cpu", VM, GIVEN_ALWAYS, cpu, NULL, false },
	{ "features", CT, GIVEN_ALWAYS, wanted_features, NULL, false },
	{ "hostname", CT, GIVEN_ALWAYS, name, NULL, false },
	{ "memory", VM | CT, GIVEN_ALWAYS, memory, "512", false },
	{ "name", VM, GIVEN_ALWAYS, name, NULL, false },
	{ "nameserver", VM | CT, GIVEN_SEED, nameserver, NULL, false },
	{ "onboot", VM | CT, GIVEN_ALWAYS, onboot, "0", false },
	{ "protection", VM | CT, GIVEN_ALWAYS, protection, "0", false },
	{ "searchdomain", VM | CT, GIVEN_SEED, searchdomain, NULL, false },
	{ "serial0", VM, GIVEN_ONCE, serial, NULL, false },
	{ "smbios1", VM, GIVEN_ONCE, smbios, NULL, false },
	{ "sockets", VM, GIVEN_ALWAYS, sockets, "1", false },
	{ "ssh-public-keys", CT, GIVEN_ARCHIVE, ssh_public_keys, NULL, false },
	{ "sshkeys", VM, GIVEN_SEED, sshkeys, NULL, false },
	{ "startup", VM | CT, GIVEN_ALWAYS, startup, NULL, false },
	{ "swap", CT, GIVEN_ALWAYS, swap, "512", false },
	{ "tags", VM | CT, GIVEN_ALWAYS, tags, NULL, false },
};

const char *making_entry_key(const char *option)
{
	static const struct {
		const char *option, *key;
	} differ[] = {
		{ "cores", "cpu" },     { "cpu", "cpu_type" }, { "hostname", "name" },
		{ "memory", "ram_mb" }, { "swap", "swap_mb" },
	};

	for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++)
		if (strcmp(differ[i].option, option) == 0)
			return differ[i].key;
	return option;
}

static int compare_changes(const void *a, const void *b)
{
	const struct change *one = a, *other = b;

	return strcmp(one->key, other->key);
}

/* The DNS servers of its pool come with an address of another pool. */
static bool goes_along(const struct view *view, const struct row *row)
{
	return row->wanted == nameserver && view->making->lease->leaving_len > 0;
}

static void change_all(struct changes *out, struct view *view, enum given most,
		       enum extent extent)
{
	unsigned type = 1U << view->making->want->type;

	*out = (struct changes){ 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const char *seen = view_seen(view, row->key), *to;

		if (!(row->types & type) || (row->given > most && !goes_along(view, row)))
			continue;
		to = row->wanted(view, seen);
		if (!to || str_equal(to, seen ? seen : row->unset))
			continue;
		add_change(out, view, row->key, seen, to);
		out->at[out->len - 1].secret = row->secret;
		out->at[out->len - 1].root = row->wanted == wanted_features &&
					     features_are_roots(view, seen, to);
	}
	change_cards(out, view, extent);
	change_slots(out, view);
	if (extent == EXTENT_MADE)
		change_drive(out, view);
	if (out->len > 0)
		qsort(out->at, out->len, sizeof(*out->at), compare_changes);
}

void making_changes(struct changes *out, struct arena *arena, const struct making *making,
		    const struct observed *seen, enum extent extent)
{
	static const enum given given[] = {
		[EXTENT_KEPT] = GIVEN_ALWAYS,
		[EXTENT_RESEED] = GIVEN_SEED,
		[EXTENT_MADE] = GIVEN_ONCE,
	};
	struct view view = { .arena = arena, .making = making, .seen = seen };

	change_all(out, &view, given[extent], extent);
}

void making_options(struct changes *out, struct arena *arena, const struct making *making)
{
	struct view view = { .arena = arena, .making = making };

	change_all(out, &view, GIVEN_ARCHIVE, EXTENT_MADE);
}
