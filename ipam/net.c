#include "ipam/net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 64 };

/* Foreign text for a message: ASCII that prints, and not too much of it. */
static const char *shown(const char *text, char out[SHOWN_MAX])
{
	size_t len = 0;

	for (; *text && len < SHOWN_MAX - 4; text++)
		out[len++] = (char)(*text >= ' ' && *text <= '~' ? *text : '?');
	snprintf(out + len, SHOWN_MAX - len, "%s", *text ? "..." : "");
	return out;
}

static unsigned width(enum family family)
{
	switch (family) {
	case FAMILY_NONE:
		return 0;
	case FAMILY_4:
		return 32;
	case FAMILY_6:
		return 128;
	}
	return 0;
}

bool addr_read(struct addr *out, const char *text, struct error *err)
{
	uint8_t bytes[16];
	char part[SHOWN_MAX];
	size_t len;

	*out = (struct addr){ 0 };
	if (inet_pton(AF_INET, text, bytes) == 1) {
		out->family = FAMILY_4;
		len = 4;
	} else if (inet_pton(AF_INET6, text, bytes) == 1) {
		out->family = FAMILY_6;
		len = 16;
	} else {
		return error_set(err, ERROR_INVALID, "'%s' is not an IP address",
				 shown(text, part));
	}
	for (size_t i = 0; i < len; i++)
		out->bits = out->bits << 8 | bytes[i];
	return true;
}

/* The longest run of two or more zero groups, the first of equals; `len` 0: there is
 * none. */
static void longest_zeros(const unsigned groups[8], unsigned *start, unsigned *len)
{
	unsigned run = 0;

	*start = *len = 0;
	for (unsigned i = 0; i < 8; i++) {
		run = groups[i] == 0 ? run + 1 : 0;
		if (run > 1 && run > *len) {
			*len = run;
			*start = i + 1 - run;
		}
	}
}

/* Not inet_ntop: that writes ::102:304 as ::1.2.3.4, which RFC 5952 keeps for addresses
 * known to embed IPv4. */
static void print6(unsigned __int128 bits, char *out)
{
	unsigned groups[8], start, len;
	char *at = out;

	for (unsigned i = 0; i < 8; i++)
		groups[i] = (unsigned)(bits >> (112 - 16 * i)) & 0xffffU;
	longest_zeros(groups, &start, &len);
	for (unsigned i = 0; i < 8; i++) {
		if (len > 0 && i == start) {
			at += sprintf(at, "::");
			i += len - 1;
			continue;
		}
		at += sprintf(at, i > 0 && at[-1] != ':' ? ":%x" : "%x", groups[i]);
	}
}

void addr_print(const struct addr *addr, char out[ADDR_TEXT])
{
	unsigned bits = (unsigned)addr->bits;

	switch (addr->family) {
	case FAMILY_NONE:
		*out = '\0';
		return;
	case FAMILY_4:
		snprintf(out, ADDR_TEXT, "%u.%u.%u.%u", bits >> 24, bits >> 16 & 0xff,
			 bits >> 8 & 0xff, bits & 0xff);
		return;
	case FAMILY_6:
		print6(addr->bits, out);
		return;
	}
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return (a->bits > b->bits) - (a->bits < b->bits);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

/* The greatest number of a family. */
static unsigned __int128 all_ones(enum family family)
{
	unsigned bits = width(family);

	return bits == 0 ? 0 : ~(unsigned __int128)0 >> (128 - bits);
}

bool addr_plus(struct addr *out, const struct addr *addr, uint64_t n)
{
	struct addr sum = { addr->family, addr->bits + n };

	if (sum.bits < addr->bits || sum.bits > all_ones(addr->family))
		return false;
	*out = sum;
	return true;
}

/* The bits that tell hosts apart. */
static unsigned __int128 host_bits(const struct cidr *cidr)
{
	unsigned bits = width(cidr->first.family) - cidr->prefix;

	return bits == 0 ? 0 : ~(unsigned __int128)0 >> (128 - bits);
}

/* "24": no sign, no leading zero, at most three digits. */
static bool prefix_read(unsigned *out, const char *text)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 3 || text[len] || (len > 1 && *text == '0'))
		return false;
	*out = 0;
	for (; *text; text++)
		*out = *out * 10 + (unsigned)(*text - '0');
	return true;
}

bool cidr_read(struct cidr *out, const char *text, struct error *err)
{
	const char *slash = strchr(text, '/');
	char part[SHOWN_MAX], address[ADDR_TEXT], network[CIDR_TEXT];
	struct cidr cidr;

	*out = (struct cidr){ 0 };
	if (!slash)
		return error_set(err, ERROR_INVALID,
				 "'%s': expected a network like 10.0.0.0/24",
				 shown(text, part));
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if ((size_t)(slash - text) >= sizeof(address) ||
	    !addr_read(&cidr.first, address, err))
		return error_set(err, ERROR_INVALID,
				 "'%s' does not begin with an IP address",
				 shown(text, part));
	if (!prefix_read(&cidr.prefix, slash + 1) ||
	    cidr.prefix > width(cidr.first.family))
		return error_set(err, ERROR_INVALID,
				 "'%s': the prefix is a number from 0 to %u",
				 shown(text, part), width(cidr.first.family));
	if (cidr.first.bits & host_bits(&cidr)) {
		cidr.first.bits &= ~host_bits(&cidr);
		cidr_print(&cidr, network);
		return error_set(err, ERROR_INVALID,
				 "'%s' is a host's address; its network is %s",
				 shown(text, part), network);
	}
	*out = cidr;
	return true;
}

void cidr_print(const struct cidr *cidr, char out[CIDR_TEXT])
{
	char address[ADDR_TEXT];

	addr_print(&cidr->first, address);
	snprintf(out, CIDR_TEXT, "%s/%u", address, cidr->prefix);
}

bool cidr_contains(const struct cidr *cidr, const struct addr *addr)
{
	return addr->family != FAMILY_NONE && addr->family == cidr->first.family &&
	       (addr->bits & ~host_bits(cidr)) == cidr->first.bits;
}

struct addr cidr_last(const struct cidr *cidr)
{
	return (struct addr){ cidr->first.family, cidr->first.bits | host_bits(cidr) };
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool mac_read(uint8_t out[6], const char *text, struct error *err)
{
	char part[SHOWN_MAX];
	bool fits = strlen(text) == MAC_TEXT - 1;
	uint8_t mac[6];

	for (size_t i = 0; i < 6 && fits; i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);

		fits = high >= 0 && low >= 0 && (i == 5 || text[3 * i + 2] == ':');
		if (fits)
			mac[i] = (uint8_t)(high << 4 | low);
	}
	if (!fits)
		return error_set(err, ERROR_INVALID,
				 "'%s' is not a MAC like BC:24:11:5E:01:7A",
				 shown(text, part));
	if (mac[0] & 1)
		return error_set(err, ERROR_INVALID,
				 "'%s' is a multicast MAC: no card can have it",
				 shown(text, part));
	memcpy(out, mac, sizeof(mac));
	return true;
}

void mac_print(const uint8_t mac[6], char out[MAC_TEXT])
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < 6; i++) {
		*out++ = digits[mac[i] >> 4];
		*out++ = digits[mac[i] & 15];
		*out++ = i < 5 ? ':' : '\0';
	}
}
