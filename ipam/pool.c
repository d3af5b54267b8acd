#include "ipam/pool.h"

#include "base/text.h"
#include "ipam/pool_fields.h"

#include <stdlib.h>
#include <string.h>

enum { QUARANTINE_MAX = 3650 * 24 * 3600, EXCLUDE_MAX = 100000 };

/* A pool as the file has it. */
struct pool_settings {
	struct text_setting cidr, first, last, gateway;
	struct text_setting cidr6, first6, last6, gateway6;
	struct list_setting dns, exclude;
	struct num_setting quarantine;
};

static const struct field pool_fields[] = {
	TEXT("cidr", struct pool_settings, cidr, .required = true,
	     .help = "The subnet, IPv4 or IPv6."),
	TEXT("range_start", struct pool_settings, first,
	     .help = "The first address that is leased."),
	TEXT("range_end", struct pool_settings, last,
	     .help = "The last address that is leased."),
	TEXT("gateway", struct pool_settings, gateway, .help = "The default route."),
	TEXTS("dns", struct pool_settings, dns, .help = "DNS servers, of both families."),
	TEXTS("exclude", struct pool_settings, exclude, .max = EXCLUDE_MAX,
	      .help = "Addresses and ranges that are never leased."),
	TEXT("cidr6", struct pool_settings, cidr6, .help = "An IPv6 subnet besides."),
	TEXT("range_start6", struct pool_settings, first6,
	     .help = "The first IPv6 address that is leased."),
	TEXT("range_end6", struct pool_settings, last6,
	     .help = "The last IPv6 address that is leased."),
	TEXT("gateway6", struct pool_settings, gateway6,
	     .help = "The default route of IPv6."),
	DURATION("quarantine", struct pool_settings, quarantine, 0, QUARANTINE_MAX,
		 .usual = "0s", .help = "How long a freed address rests."),
	{ 0 },
};

const struct field pool_file_fields[] = {
	MAP_OF("pools", pool_fields, .required = true, .help = "The pools, by name."),
	{ 0 },
};

/* A pool while it is read. */
struct reading {
	const struct decode *how;
	const struct trail *trail;
	struct pool *pool;
};

static void __attribute__((format(printf, 4, 5)))
complain(const struct reading *reading, const char *key, struct place at,
	 const char *format, ...)
{
	const struct trail here = { reading->trail, key, 0 };
	va_list args;

	va_start(args, format);
	mistake(reading->how, &here, at, "%s",
		arena_vprintf(reading->how->arena, format, args));
	va_end(args);
}

/* An address under a key; none when it is not given or wrong. */
static struct addr read_addr(const struct reading *reading, const char *key,
			     const struct text_setting *text)
{
	struct addr addr = { 0 };
	struct error err;

	if (text->value && !addr_read(&addr, text->value, &err)) {
		complain(reading, key, text->is.at, "%s", err.text);
		return (struct addr){ 0 };
	}
	return addr;
}

/* The same, where it must lie in the subnet. */
static struct addr read_inside(const struct reading *reading, const char *key,
			       const struct text_setting *text, const struct cidr *cidr)
{
	struct addr addr = read_addr(reading, key, text);
	char shown[CIDR_TEXT];

	if (addr.family == FAMILY_NONE || cidr_contains(cidr, &addr))
		return addr;
	cidr_print(cidr, shown);
	complain(reading, key, text->is.at, "%s is not in %s", text->value, shown);
	return (struct addr){ 0 };
}

static void read_subnet(const struct reading *reading, struct subnet *subnet,
			const struct cidr *cidr, const struct text_setting *first,
			const struct text_setting *last,
			const struct text_setting *gateway, const char *const keys[3])
{
	struct range *range = &subnet->range;

	subnet->cidr = *cidr;
	range->first = read_inside(reading, keys[0], first, cidr);
	range->last = read_inside(reading, keys[1], last, cidr);
	subnet->gateway = read_inside(reading, keys[2], gateway, cidr);
	if (range->first.family != FAMILY_NONE && range->last.family != FAMILY_NONE &&
	    addr_compare(&range->first, &range->last) > 0) {
		complain(reading, keys[1], last->is.at, "%s is before %s (%s)",
			 last->value, keys[0], first->value);
		*range = (struct range){ 0 };
		return;
	}
	if (range->first.family == FAMILY_NONE)
		range->first = cidr->first;
	if (range->last.family == FAMILY_NONE)
		range->last = cidr_last(cidr);
}

static bool read_cidr(const struct reading *reading, const char *key,
		      const struct text_setting *text, struct cidr *cidr)
{
	struct error err;

	if (!text->value)
		return false;
	if (cidr_read(cidr, text->value, &err))
		return true;
	complain(reading, key, text->is.at, "%s", err.text);
	return false;
}

static void read_subnets(const struct reading *reading,
			 const struct pool_settings *settings)
{
	static const char *const keys[] = { "range_start", "range_end", "gateway" };
	static const char *const keys6[] = { "range_start6", "range_end6", "gateway6" };
	const struct text_setting *sixes[] = { &settings->first6, &settings->last6,
					       &settings->gateway6 };
	struct pool *pool = reading->pool;
	struct cidr cidr;
	bool is6 = false;

	if (read_cidr(reading, "cidr", &settings->cidr, &cidr)) {
		is6 = cidr.first.family == FAMILY_6;
		read_subnet(reading, is6 ? &pool->v6 : &pool->v4, &cidr, &settings->first,
			    &settings->last, &settings->gateway, keys);
	}
	if (is_set(&settings->cidr6.is) && is6) {
		complain(reading, "cidr6", settings->cidr6.is.at,
			 "the pool has an IPv6 subnet already: cidr");
	} else if (read_cidr(reading, "cidr6", &settings->cidr6, &cidr)) {
		if (cidr.first.family == FAMILY_6)
			read_subnet(reading, &pool->v6, &cidr, &settings->first6,
				    &settings->last6, &settings->gateway6, keys6);
		else
			complain(reading, "cidr6", settings->cidr6.is.at,
				 "%s is not IPv6", settings->cidr6.value);
	}
	for (size_t i = 0; i < 3 && !is_set(&settings->cidr6.is); i++)
		if (is_set(&sixes[i]->is))
			complain(reading, keys6[i], sixes[i]->is.at,
				 "belongs to cidr6, which is missing");
}

static void read_dns(const struct reading *reading, const struct list_setting *list)
{
	struct pool *pool = reading->pool;
	const struct trail dns = { reading->trail, "dns", 0 };
	struct error err;

	pool->dns = arena_array(reading->how->arena, struct addr, list->len);
	for (size_t i = 0; i < list->len; i++) {
		const struct trail here = { &dns, NULL, i };

		if (addr_read(&pool->dns[pool->dns_len], list->at[i], &err))
			pool->dns_len++;
		else
			mistake(reading->how, &here, list->places[i], "%s", err.text);
	}
}

/* "a" or "a-b". */
static bool read_range(struct arena *arena, const char *text, struct range *range,
		       struct error *err)
{
	const char *dash = strchr(text, '-');
	const char *first = text;

	if (dash)
		first = arena_strndup(arena, text, (size_t)(dash - text));
	if (!addr_read(&range->first, first, err) ||
	    !addr_read(&range->last, dash ? dash + 1 : first, err))
		return error_set(err, ERROR_INVALID,
				 "'%s' is neither an address nor two of them with '-' "
				 "between",
				 text);
	if (range->first.family != range->last.family)
		return error_set(err, ERROR_INVALID, "%s: two families of addresses",
				 text);
	if (addr_compare(&range->first, &range->last) > 0)
		return error_set(err, ERROR_INVALID,
				 "%s: the last address is before the "
				 "first",
				 text);
	return true;
}

static const struct subnet *subnet_of(const struct pool *pool, enum family family)
{
	return family == FAMILY_4 ? &pool->v4 : &pool->v6;
}

static bool pool_holds(const struct pool *pool, const struct addr *addr)
{
	const struct subnet *subnet = subnet_of(pool, addr->family);

	return subnet->cidr.first.family != FAMILY_NONE &&
	       cidr_contains(&subnet->cidr, addr);
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	int order = addr_compare(&a->first, &b->first);

	return order ? order : addr_compare(&a->last, &b->last);
}

/* Sorted, and no two of them overlap: an address is looked up by halves. */
static void join_ranges(struct pool *pool)
{
	struct range *at = pool->exclude;
	size_t kept = 0;

	if (pool->exclude_len == 0)
		return;
	qsort(at, pool->exclude_len, sizeof(*at), compare_ranges);
	for (size_t i = 1; i < pool->exclude_len; i++) {
		if (addr_compare(&at[i].first, &at[kept].last) > 0)
			at[++kept] = at[i];
		else if (addr_compare(&at[i].last, &at[kept].last) > 0)
			at[kept].last = at[i].last;
	}
	pool->exclude_len = kept + 1;
}

static void read_exclude(const struct reading *reading, const struct list_setting *list)
{
	struct pool *pool = reading->pool;
	const struct trail exclude = { reading->trail, "exclude", 0 };
	bool has_subnet = pool->v4.cidr.first.family != FAMILY_NONE ||
			  pool->v6.cidr.first.family != FAMILY_NONE;
	struct error err;

	pool->exclude = arena_array(reading->how->arena, struct range, list->len);
	for (size_t i = 0; i < list->len; i++) {
		const struct trail here = { &exclude, NULL, i };
		struct range range;

		if (!read_range(reading->how->arena, list->at[i], &range, &err))
			mistake(reading->how, &here, list->places[i], "%s", err.text);
		else if (has_subnet && (!pool_holds(pool, &range.first) ||
					!pool_holds(pool, &range.last)))
			mistake(reading->how, &here, list->places[i],
				"%s is not in the pool", list->at[i]);
		else
			pool->exclude[pool->exclude_len++] = range;
	}
	join_ranges(pool);
}

static bool is_pool_name(const char *name)
{
	size_t len = strlen(name);

	return len <= 63 &&
	       ((*name | 0x20) >= 'a' ? (*name | 0x20) <= 'z'
				      : *name >= '0' && *name <= '9') &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789_.-") == len;
}

static void read_pool(const struct decode *how, const struct trail *trail,
		      const struct doc *doc, struct pool *pool)
{
	struct pool_settings settings = { 0 };
	const struct decode built_in = { how->arena, how->diags, LAYER_BUILT_IN };
	const struct reading reading = { how, trail, pool };

	if (!is_pool_name(pool->name))
		mistake(how, trail, pool->at,
			"a pool's name is 1 to 63 letters, digits, '_', '.' and '-', and "
			"begins with a letter or digit");
	decode_usual(&built_in, pool_fields, &settings);
	if (!decode_map(how, trail, doc, pool_fields, &settings))
		return;
	read_subnets(&reading, &settings);
	read_dns(&reading, &settings.dns);
	read_exclude(&reading, &settings.exclude);
	pool->quarantine = (unsigned)settings.quarantine.value;
}

static int compare_pools(const void *left, const void *right)
{
	const struct pool *a = left, *b = right;

	return strcmp(a->name, b->name);
}

/* A subnet's range and whose it is. */
struct owned {
	struct range range;
	const struct pool *pool;
};

static int compare_owned(const void *left, const void *right)
{
	const struct owned *a = left, *b = right;
	int order = compare_ranges(&a->range, &b->range);

	return order ? order : strcmp(a->pool->name, b->pool->name);
}

/* The ranges of two pools must not overlap: an address would be leased twice. */
static void check_overlaps(const struct pools *pools, const struct decode *how)
{
	struct owned *all = arena_array(how->arena, struct owned, pools->len * 2);
	size_t len = 0, widest = 0;

	for (size_t i = 0; i < pools->len; i++) {
		const struct pool *pool = &pools->at[i];

		if (pool->v4.range.first.family != FAMILY_NONE)
			all[len++] = (struct owned){ pool->v4.range, pool };
		if (pool->v6.range.first.family != FAMILY_NONE)
			all[len++] = (struct owned){ pool->v6.range, pool };
	}
	if (len > 1)
		qsort(all, len, sizeof(*all), compare_owned);
	for (size_t i = 1; i < len; i++) {
		const struct pool *before = all[widest].pool, *pool = all[i].pool;
		static const struct trail top = { NULL, "pools", 0 };
		const struct trail here = { &top, pool->name, 0 };

		if (addr_compare(&all[i].range.first, &all[widest].range.last) <= 0)
			mistake(how, &here, pool->at,
				"its range overlaps the one of pool %s", before->name);
		if (addr_compare(&all[i].range.last, &all[widest].range.last) > 0)
			widest = i;
	}
}

void pools_read(struct pools *out, struct arena *arena, const struct file *file,
		struct diags *diags)
{
	static const struct trail top = { NULL, "pools", 0 };
	const struct decode how = { arena, diags, LAYER_GLOBALS };
	struct doc *doc = doc_read(arena, file, diags);
	const struct doc *map;
	char nothing = 0;

	*out = (struct pools){ 0 };
	if (!doc || !decode_map(&how, NULL, doc, pool_file_fields, &nothing))
		return;
	map = doc_get(doc, "pools");
	if (!map || map->kind != DOC_MAP)
		return;
	out->at = arena_array(arena, struct pool, map->len);
	for (size_t i = 0; i < map->len; i++) {
		const struct trail here = { &top, map->keys[i]->text, 0 };
		struct pool *pool = &out->at[out->len];

		if (map->keys[i]->broken)
			continue;
		pool->name = map->keys[i]->text;
		pool->at = map->keys[i]->at;
		read_pool(&how, &here, map->items[i], pool);
		out->len++;
	}
	if (out->len > 1)
		qsort(out->at, out->len, sizeof(*out->at), compare_pools);
	check_overlaps(out, &how);
}

const struct pool *pools_find(const struct pools *pools, const char *name)
{
	struct pool key = { .name = name };

	if (pools->len == 0)
		return NULL;
	return bsearch(&key, pools->at, pools->len, sizeof(*pools->at), compare_pools);
}
