/*
 * What the calls for zones, vnets and subnets have in common.
 * PVE: PVE::API2::Network::SDN::Zones, Vnets, Subnets; PVE::Network::SDN lock_sdn_config.
 *
 * `what` is how the answer to a failed write begins: what goes wrong behind the lock of
 * the configuration is a 500, whatever it is.
 */
#pragma once

#include "api.h"
#include "sdn.h"

/* "create sdn vnet object failed" */
const char *sdn_doing(struct call *call, const char *verb, enum sdn_kind kind);

/* --- reading; the id is the parameter named after the kind --- */

/* "/sdn/zones/z1/v1" */
char *sdn_acl_path(struct call *call, enum sdn_kind kind, const char *id,
		   const json_t *entry);

/* All that the caller may see, of the type or vnet that it asks for. */
void sdn_list(struct call *call, enum sdn_kind kind);
void sdn_show(struct call *call, enum sdn_kind kind);

/* --- writing: false or NULL when the call was refused --- */

/* Nobody else holds the lock of the configuration, which PVE 9 has. */
bool sdn_check_lock(struct call *call, const char *what);

/* 500 about one parameter. */
void sdn_bad_param(struct call *call, const char *what, const char *name,
		   const char *why);

/* The id is free. */
bool sdn_check_new(struct call *call, enum sdn_kind kind, const char *id,
		   const char *what);

/* With the settings among the parameters; takes `entry`. */
void sdn_add(struct call *call, enum sdn_kind kind, const char *id, json_t *entry,
	     const struct schema *settings);

/* What is written of the object, which the caller may remove, or change (`digest`). */
json_t *sdn_removable(struct call *call, enum sdn_kind kind, const char *what);
json_t *sdn_changeable(struct call *call, enum sdn_kind kind, const char *what);

void sdn_change(struct call *call, json_t *entry, const struct schema *settings);
void sdn_remove(struct call *call, enum sdn_kind kind);

/* --- parameters --- */

/* `token` belongs to every write, `change` to every PUT. */
extern const struct schema sdn_token_params[], sdn_change_params[], sdn_read_params[];

/* Names of zones and vnets. PVE: parse_sdn_zone_id, parse_sdn_vnet_id. */
#define SDN_ID(name)                                                        \
	{ name,                                                             \
	  SCHEMA_STRING,                                                    \
	  SCHEMA_FROM_9,                                                    \
	  .pattern = "[a-zA-Z][a-zA-Z0-9]*[a-zA-Z0-9]",                     \
	  .min_length = 2,                                                  \
	  .max_length = 8 },                                                \
	{                                                                   \
		name, SCHEMA_STRING, SCHEMA_ONLY_8, .format = sdn_format_id \
	}
const char *sdn_format_id(struct arena *arena, const char *text);
