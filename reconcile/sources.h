/* vm7.yaml and the files it includes. Private to the reading of a manifest. */
#pragma once

#include "reconcile/check.h"

/* The trees of the files: vm7.yaml, then the included ones by path. */
struct sources {
	struct doc **at;
	size_t len;
};

/* Read the included files. A pattern that found none is a mistake. */
void sources_read(struct sources *sources, const struct reading *reading,
		  const struct input *inputs, size_t inputs_len);

/* How many items all files have under a key. */
size_t sources_count(const struct sources *sources, const char *key);

/* The list or map of one file under a key; NULL when there is none that can be read. */
const struct doc *sources_items(const struct sources *sources, size_t source,
				const char *key, enum doc_kind kind);
