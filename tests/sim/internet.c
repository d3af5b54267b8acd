#include "internet.h"

#include "base/text.h"
#include "props.h"
#include "volume.h"

#include <string.h>

static size_t host_at(const char *url)
{
	const char *at = strstr(url, "://");

	return at ? (size_t)(at - url) + 3 : 0;
}

static char *host_of(struct arena *arena, const char *url)
{
	const char *host = url + host_at(url);

	return arena_strndup(arena, host, strcspn(host, "/?#"));
}

static bool is_known(struct arena *arena, const struct world *world, const char *host)
{
	const char *url;
	json_t *entry;

	json_object_foreach (world->internet, url, entry)
		if (!strcmp(host_of(arena, url), host))
			return true;
	return false;
}

void internet_open(struct arena *arena, const struct world *world, const char *url,
		   struct page *out)
{
	const json_t *entry = json_object_get(world->internet, url);
	const char *host = host_of(arena, url), *status = props_get(entry, "status");
	bool known = is_known(arena, world, host);

	*out = (struct page){
		.host = host,
		.resolves = known || strspn(host, "0123456789.:[]") == strlen(host),
	};
	if (!known)
		return;
	out->status = status ? status : entry ? "200 OK" : "404 Not Found";
	if (str_starts(out->status, "200"))
		out->entry = entry;
}

const char *internet_sum(struct arena *arena, const struct page *page, const char *url,
			 const char *algorithm)
{
	const char *sum = props_get(json_object_get(page->entry, "sums"), algorithm);

	return sum ? sum : volume_new_sum(arena, algorithm, url, strlen(url));
}
