/* Bodies as gzip, honest and not. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* `zlib`: what HTTP calls "deflate". */
char *gzip_pack(struct arena *arena, bool zlib, const char *data, size_t len,
		size_t *out_len);

/*
 * A gigabyte of zeros. What is flushed fully neither looks back nor ends, so one block of a
 * megabyte may stand a thousand times: it is made at once.
 */
char *gzip_bomb(struct arena *arena, size_t *out_len);
