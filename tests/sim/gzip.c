#include "gzip.h"

#include "base/text.h"

#include <endian.h>
#include <stdint.h>
#include <zlib.h>

#define BOMB_BLOCK  ((size_t)1 << 20)
#define BOMB_BLOCKS 1024

static size_t deflate_all(int window, int flush, const void *data, size_t len,
			  unsigned char *out, size_t room)
{
	z_stream stream = { 0 };

	deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8,
		     Z_DEFAULT_STRATEGY);
	stream.next_in = (unsigned char *)(uintptr_t)data;
	stream.avail_in = (unsigned)len;
	stream.next_out = out;
	stream.avail_out = (unsigned)room;
	deflate(&stream, flush);
	deflateEnd(&stream);
	return stream.total_out;
}

char *gzip_pack(struct arena *arena, bool zlib, const char *data, size_t len,
		size_t *out_len)
{
	size_t room = compressBound(len) + 64;
	unsigned char *out = arena_alloc(arena, room, 1);

	*out_len = deflate_all(zlib ? 15 : 31, Z_FINISH, data, len, out, room);
	return (char *)out;
}

char *gzip_bomb(struct arena *arena, size_t *out_len)
{
	static const unsigned char head[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	static const unsigned char end[2] = { 0x03, 0x00 };
	size_t room = compressBound(BOMB_BLOCK) + 64, len;
	unsigned char *zeros = arena_alloc(arena, BOMB_BLOCK, 1);
	unsigned char *block = arena_alloc(arena, room, 1);
	uLong one = crc32(0, zeros, BOMB_BLOCK), all = one;
	uint32_t tail[2];
	struct text out;

	len = deflate_all(-15, Z_FULL_FLUSH, zeros, BOMB_BLOCK, block, room);
	text_init(&out, arena);
	text_addn(&out, (const char *)head, sizeof(head));
	for (size_t i = 0; i < BOMB_BLOCKS; i++)
		text_addn(&out, (const char *)block, len);
	for (size_t i = 1; i < BOMB_BLOCKS; i++)
		all = crc32_combine(all, one, BOMB_BLOCK);
	tail[0] = htole32((uint32_t)all);
	tail[1] = htole32((uint32_t)(BOMB_BLOCK * BOMB_BLOCKS));
	text_addn(&out, (const char *)end, sizeof(end));
	text_addn(&out, (const char *)tail, sizeof(tail));
	*out_len = out.len;
	return out.at;
}
