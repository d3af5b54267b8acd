#include "ipam/mac.h"

#include "base/hash.h"

#include <string.h>

enum { MAC_BITS = 48, PREFIX_BYTES_MAX = 3 };

static uint64_t mac_number(const uint8_t mac[6])
{
	uint64_t number = 0;

	for (size_t i = 0; i < 6; i++)
		number = number << 8 | mac[i];
	return number;
}

static bool prefix_read(struct macs *macs, const char *text)
{
	char whole[MAC_TEXT] = "00:00:00:00:00:00";
	size_t len = strlen(text);
	struct error err;
	uint8_t mac[6];

	if (len > 0 && text[len - 1] == ':')
		len--;
	if (len % 3 != 2 || len > 3 * PREFIX_BYTES_MAX - 1)
		return false;
	memcpy(whole, text, len);
	if (!mac_read(mac, whole, &err))
		return false;
	macs->prefix = mac_number(mac);
	macs->free_bits = MAC_BITS - 8 * (unsigned)((len + 1) / 3);
	return true;
}

/* The slot of a MAC, or the empty one where it belongs. */
static uint64_t *slot_of(const struct macs *macs, uint64_t mac)
{
	size_t at = (size_t)(mac * 0x9e3779b97f4a7c15U >> 20) & macs->mask;

	while (macs->slots[at] != 0 && macs->slots[at] != mac)
		at = (at + 1) & macs->mask;
	return &macs->slots[at];
}

static size_t count_cards(const struct leases *leases)
{
	size_t count = 0;

	for (size_t i = 0; i < leases->len; i++)
		count += leases->at[i].nics_len;
	return count;
}

void macs_init(struct macs *macs, struct arena *arena, const char *prefix,
	       const struct leases *leases, size_t more)
{
	size_t most = count_cards(leases) + more, size = 16;
	struct error err;
	uint8_t mac[6];

	*macs = (struct macs){ 0 };
	text_init(&macs->seed, arena);
	if (!prefix || !prefix_read(macs, prefix))
		prefix_read(macs, "BC:24:11");
	while (size < 2 * most)
		size *= 2;
	macs->slots = arena_array(arena, uint64_t, size);
	macs->mask = size - 1;
	for (size_t i = 0; i < leases->len; i++)
		for (size_t n = 0; n < leases->at[i].nics_len; n++) {
			const char *text = leases->at[i].nics[n].mac;

			if (text && mac_read(mac, text, &err))
				*slot_of(macs, mac_number(mac)) = mac_number(mac);
		}
}

/*
 * "<instance>/<name>/<card>". Not with text_addf: that would take longer than the hash.
 */
static const struct text *seed_of(struct macs *macs, struct arena *arena,
				  const char *instance, const char *name, size_t card)
{
	struct text *seed = &macs->seed;

	seed->len = 0;
	text_add(seed, instance);
	text_addc(seed, '/');
	text_add(seed, name);
	text_addc(seed, '/');
	text_add(seed, card == 0 ? "0" : arena_printf(arena, "%zu", card));
	return seed;
}

const char *macs_choose(struct macs *macs, struct arena *arena, const char *instance,
			const char *name, size_t card)
{
	const struct text *seed = seed_of(macs, arena, instance, name, card);
	uint64_t mask = ((uint64_t)1 << macs->free_bits) - 1, mac, *slot;
	uint8_t sum[SHA256_SIZE], bytes[6];
	char text[MAC_TEXT];

	hash_sha256(seed->at, seed->len, sum);
	mac = mac_number(sum);
	while (*(slot = slot_of(macs, macs->prefix | (mac & mask))) != 0)
		mac++;
	*slot = macs->prefix | (mac & mask);
	for (size_t i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(*slot >> (40 - 8 * i));
	mac_print(bytes, text);
	return arena_strdup(arena, text);
}
