/*
 * Which of some addresses answer to a ping, all asked at once.
 *
 * A datagram socket is tried first, which Linux permits to the groups of the sysctl
 * net.ipv4.ping_group_range; then a raw one, which needs CAP_NET_RAW.
 */
#pragma once

#include "base/op.h"

#include <stddef.h>
#include <stdint.h>

struct ping_work;

/*
 * op.err: ERROR_NONE when all were asked; ERROR_DENIED when pings are not permitted here
 * and nobody was; ERROR_INVALID for a text that is no address; ERROR_LOCAL;
 * ERROR_CANCELED.
 */
struct ping {
	struct op op;
	bool *answers; /* for each address: did it answer? */
	struct ping_work *work;
};

/*
 * Ask each of `len` addresses (IPv4 or IPv6) twice, and wait for answers for `ms` in all,
 * or until the last has answered. `answers` has room for each and must stay.
 */
void ping_start(struct ping *ping, const char *const *addresses, size_t len,
		bool *answers, uint64_t ms, void (*resume)(void *flow), void *flow);

/* Fine when nothing is under way. */
void ping_cancel(struct ping *ping);
