/*
 * What a TCP server says first: is it up, and is it what it should be?
 *
 * Nothing is sent.
 */
#pragma once

#include "base/op.h"

#include <stdint.h>

struct banner_work;

/*
 * op.err: ERROR_NONE when a line of the first 4 KiB begins with the words;
 * ERROR_TEMPORARY when nobody answers, or with something else; ERROR_INVALID for an
 * address that is none; ERROR_CANCELED after banner_cancel.
 */
struct banner {
	struct op op;
	struct banner_work *work;
};

/*
 * Connect to `address` (IPv4 or IPv6) and wait until a line begins with `words`, which
 * must stay, for at most `ms` in all. RFC 4253 4.2: an SSH server may send other lines
 * before its "SSH-".
 */
void banner_start(struct banner *banner, const char *address, unsigned port,
		  const char *words, uint64_t ms, void (*resume)(void *flow), void *flow);

/* Fine when nothing is under way. */
void banner_cancel(struct banner *banner);
