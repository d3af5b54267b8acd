/* Chance that repeats: all random choices of the simulator come from one seed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

#define UUID_LEN 36
#define MAC_LEN  17

uint64_t chance_next(struct chance *chance);

/* A version 4 UUID, lower case. */
void chance_uuid(struct chance *chance, char out[static UUID_LEN + 1]);

/* A MAC under `prefix` ("BC:24:11"), upper case, as PVE makes them: collisions are not checked. */
void chance_mac(struct chance *chance, const char *prefix, char out[static MAC_LEN + 1]);

/* The UUID that always belongs to `name` under this seed: the secrets of tokens. */
void chance_secret(uint64_t seed, const char *name, char out[static UUID_LEN + 1]);
