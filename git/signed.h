/*
 * Who signed a commit, as it stands in the object database. Signatures of OpenSSH are
 * judged by `ssh-keygen -Y`, those of OpenPGP by `gpgv`: no agent, no home, no network.
 */
#pragma once

#include "git/repo.h"

/* Whose signatures count as a person's: files of the host, by absolute paths. */
struct signers {
	const char *allowed_signers; /* as in ssh-keygen(1); NULL: no SSH key counts */
	const char *keyring;         /* as gpg --export writes it; NULL: no OpenPGP key */
};

enum signed_by {
	SIGNED_NOT,
	SIGNED_BY_PERSON,  /* by a key of the host's files that is valid today */
	SIGNED_BY_VM7,     /* by the key that this repository's own commits are signed
			      with; it never counts as a person's */
	SIGNED_BY_UNKNOWN, /* well, but by a key that is in none of the files */
	SIGNED_EXPIRED,    /* by a key of theirs that is not valid, or not for this */
	SIGNED_BADLY,      /* it does not fit the commit, or cannot be read */
};

/*
 * `who` is a principal or user id, or what is known of the key; `words` what the program
 * said of a signature that does not count. Both may be "", are safe to print and live in
 * the arena.
 *
 * A key that has expired or was revoked since does not count, whenever the commit says it
 * was made: that is the word of who signed it.
 *
 * Every verdict ends well. ERROR_MISSING: ssh-keygen or gpgv is not there; ERROR_DENIED:
 * a file of the host cannot be used; ERROR_LOCAL, ERROR_TEMPORARY and ERROR_CANCELED as
 * for any child.
 */
struct signed_look {
	struct op op;
	enum signed_by by;
	const char *who, *words;
	struct signed_work *work; /* private */
};
void signed_start(struct signed_look *look, struct arena *arena, struct repo *repo,
		  const char *commit, const struct signers *signers,
		  void (*resume)(void *flow), void *flow);
void signed_cancel(struct signed_look *look);

/* What `ssh-keygen` and `gpgv` are started with; ends in NULL. */
const char *const *signed_env(struct arena *arena, const struct repo *repo);

/* Their standard error as one safe line. */
const char *signed_words(struct arena *arena, const char *said);
