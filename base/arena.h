/* Memory that dies together: what a pass makes lives in its arena. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* Out of memory ends the program here and in every function below. */
struct arena *arena_create(void);

/* Everything allocated in it is gone. NULL is fine. */
void arena_destroy(struct arena *arena);

/* Zeroed memory for `count` things of `size` bytes, aligned for anything. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* One zeroed struct, or `count` of them. */
#define arena_new(arena, type) ((type *)arena_alloc((arena), 1, sizeof(type)))
#define arena_array(arena, type, count) \
	((type *)arena_alloc((arena), (count), sizeof(type)))

/* Copies that end in a zero byte. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);

char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Have `release(what)` called when the arena dies, the latest first: for what libraries
 * own. */
void arena_defer(struct arena *arena, void (*release)(void *), void *what);

/* malloc and friends for what outlives a pass; they end the program instead of failing.
 */
void *xcalloc(size_t count, size_t size) __attribute__((returns_nonnull));
void *xrealloc(void *at, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((returns_nonnull));
