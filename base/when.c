#include "base/when.h"

#include <string.h>
#include <time.h>

#define FORM "%Y-%m-%dT%H:%M:%SZ"

static const int64_t last = 253402300799; /* 9999-12-31T23:59:59Z */

bool when_read(int64_t *out, const char *text)
{
	struct tm utc = { 0 };
	const char *end;

	*out = 0;
	/* the length too: strptime takes "9:5:0" */
	end = text && strlen(text) == WHEN_TEXT - 1 ? strptime(text, FORM, &utc) : NULL;
	if (!end || *end)
		return false;
	*out = timegm(&utc);
	return true;
}

void when_print(int64_t seconds, char out[WHEN_TEXT])
{
	const time_t bounded = seconds < 0 ? 0 : seconds > last ? last : seconds;
	struct tm utc;

	gmtime_r(&bounded, &utc);
	strftime(out, WHEN_TEXT, FORM, &utc);
}
