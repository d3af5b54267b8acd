/* Addresses, prefixes, MACs: read, print, compare. Both families in one type. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum family { FAMILY_NONE, FAMILY_4, FAMILY_6 };

/* An address; zeroed it is none. The bits are right-aligned, so that they count like a
 * number. */
struct addr {
	enum family family;
	unsigned __int128 bits;
};

/* An address range written as prefix: 10.0.0.0/24. */
struct cidr {
	struct addr first; /* the network address */
	unsigned prefix;
};

enum { ADDR_TEXT = 46, CIDR_TEXT = 50, MAC_TEXT = 18 };

/*
 * Strict: four decimal octets without leading zeros, or IPv6 as RFC 4291 has it (no zone,
 * no embedded port). Fails with ERROR_INVALID.
 */
bool addr_read(struct addr *out, const char *text, struct error *err);

/* IPv6 as RFC 5952 prints it. "" for none. */
void addr_print(const struct addr *addr, char out[ADDR_TEXT]);

/* By family, then number: below 0, 0, above 0. */
int addr_compare(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);

/* `addr` + `n`; false when it leaves the family. */
bool addr_plus(struct addr *out, const struct addr *addr, uint64_t n);

/* "10.0.0.0/24": the prefix is required, bits of the host are refused (ERROR_INVALID). */
bool cidr_read(struct cidr *out, const char *text, struct error *err);
void cidr_print(const struct cidr *cidr, char out[CIDR_TEXT]);
bool cidr_contains(const struct cidr *cidr, const struct addr *addr);

/* The last address of it: the broadcast address of an IPv4 network. */
struct addr cidr_last(const struct cidr *cidr);

/* "BC:24:11:5E:01:7A" in any case; printed in capitals. The MAC must be unicast. */
bool mac_read(uint8_t out[6], const char *text, struct error *err);
void mac_print(const uint8_t mac[6], char out[MAC_TEXT]);
