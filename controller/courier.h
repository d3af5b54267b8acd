/*
 * Brings letters to one server, one at a time, in nobody's way: what does not arrive is
 * tried again, each time later, and nothing waits for it.
 */
#pragma once

#include "base/arena.h"
#include "base/http.h"
#include "base/secret.h"

#include <stdint.h>

enum { LETTER_HEADERS = 5 };

/* A POST; all of it lives in the arena that it was asked for. */
struct letter {
	const char *url, *body;
	const char *headers[LETTER_HEADERS + 1]; /* whole lines; the last is NULL */
};

/* Who has letters. Texts are copied. */
struct courier_config {
	const char *about;  /* the subject of log lines */
	const char *url;    /* of a letter: plain HTTP is meant when it says so */
	const char *ca_pem; /* CA certificates; NULL: the system's */
	uint64_t apart_ms;  /* the least between two letters that arrived */
	uint64_t rest_ms;   /* after one that did not; twice as long each time */
	void *owner;
	/* What is to be brought now; false: nothing. */
	bool (*next)(void *owner, struct arena *arena, struct letter *out);
	/* It has arrived; or not, so often in a row: is it worth another try? */
	void (*arrived)(void *owner);
	bool (*failed)(void *owner, unsigned failures);
};

struct courier;

/* `secret` becomes the header Authorization, after `scheme`; one without a value does not.
 */
struct courier *courier_create(const struct courier_config *config, const char *scheme,
			       const struct secret *secret);

/* There may be something new to bring. */
void courier_wake(struct courier *courier);

/* What is under way ends; nobody is called any more. Run the loop afterwards. NULL is
 * fine. */
void courier_destroy(struct courier *courier);
