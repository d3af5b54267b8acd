/*
 * Does a person's signature stand behind a commit?
 *
 * vm7's own commits on top of it, which it signed and which touch nothing but its own
 * files, are walked over; the newest commit that is not such a one has to be signed by a
 * person. It vouches for the whole tree, so nothing before it is asked about.
 */
#pragma once

#include "git/repo.h"
#include "git/signed.h"

struct own_files;

/* A path that was touched by a commit that was walked over. */
struct touched {
	const char *path, *commit;
};

struct vouch {
	struct op op;
	char person[COMMIT_HEX]; /* the commit that a person has signed, when it went well
				  */
	/* private */
	struct arena *arena;
	struct repo *repo;
	const struct signers *signers;
	const char *branch, *tip, *main_path;
	int step;
	char at[COMMIT_HEX]; /* the commit that is looked at */
	struct commit *commit;
	const char *deepened_to; /* NULL: the history was not asked for yet */
	size_t walked;
	struct signed_look look;
	struct deepen deepen;
	struct {
		struct touched *at;
		size_t len, cap;
	} touched;
};

/*
 * `tip` of `branch` was looked at; `main_path` is that of vm7.yaml, which vm7 never writes.
 *
 * ERROR_REFUSED names the commit, its author, what is wrong with its signature and how to
 * mend it. Other errors as those of signed_start and deepen_start.
 */
void vouch_start(struct vouch *vouch, struct arena *arena, struct repo *repo,
		 const char *branch, const char *tip, const char *main_path,
		 const struct signers *signers, void (*resume)(void *flow), void *flow);
void vouch_cancel(struct vouch *vouch);

/*
 * Which files are vm7's own is known once vm7.yaml was read: were only these touched
 * since the person's commit? Until then nothing else of the tree is believed.
 */
bool vouch_covers(const struct vouch *vouch, const struct own_files *own,
		  struct error *err);
