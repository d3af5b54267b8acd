/*
 * Objects of the lease file: a row a key, as for vm7.yaml. What no row knows is refused,
 * so that nothing of a newer vm7 is ever dropped by an older one.
 */
#pragma once

#include "base/decode.h"
#include "ipam/lease.h"

#include <jansson.h>

/* What is being read. jansson tells the place of broken JSON only: other mistakes are
 * named by their path of keys, and `at` is the file. */
struct reading {
	struct decode how;
	struct place at;
};

#define complain(reading, trail, ...) \
	mistake(&(reading)->how, (trail), (reading)->at, __VA_ARGS__)

/* Reads a value into what a row names; after a mistake that stays as it was, or empty. */
typedef void member_read(const struct reading *reading, const struct trail *trail,
			 const json_t *value, void *out);

/* One key of an object. */
struct member {
	const char *key; /* NULL ends a table */
	member_read *read;
	size_t offset; /* in the struct that is filled */
	bool required;
};

void read_members(const struct reading *reading, const struct trail *trail,
		  const json_t *object, const struct member *members, void *out);

/* Is it of this type? If not, that is a mistake. JSON_TRUE: true or false. */
bool is_kind(const struct reading *reading, const struct trail *trail,
	     const json_t *value, json_type type);

/* A text that can be shown as it is; NULL after a mistake. */
const char *plain_text(const struct reading *reading, const struct trail *trail,
		       const json_t *value);

/* Guests, pools and nodes: harmless in a path of the API, in YAML and in ssh_config. */
bool is_name(const char *text);

/* Into a const char *. A MAC is stored in capitals. */
member_read read_text, read_name, read_uuid, read_time, read_mac, read_removal;

/* Into an unsigned. */
member_read read_vmid, read_serial;

/* Into a bool, an enum lease_state, an enum guest_type. */
member_read read_flag, read_state, read_type;

/* Into a struct addr: of IPv4, of IPv6, of either. */
member_read read_ip, read_ip6, read_either;
