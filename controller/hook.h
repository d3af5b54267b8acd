/*
 * A webhook of a forge: is it from there, and does it concern our branch?
 *
 * GitHub, Gitea and Forgejo sign the body with a secret, GitLab sends the secret itself.
 * The body is a hint and nothing else: what is on the branch is looked up there.
 */
#pragma once

#include "base/secret.h"

enum { HOOK_BODY_MAX = 256 * 1024 };

enum hook_end {
	HOOK_LOOK,     /* something may be new on the branch */
	HOOK_NOTHING,  /* a ping, or about another branch */
	HOOK_UNSIGNED, /* nothing says that it comes from the forge */
	HOOK_WRONG,    /* signed, but not with our secret */
};

/* What came: headers are NULL where there are none. */
struct hook {
	const char *github;  /* X-Hub-Signature-256: sha256=HEX */
	const char *forgejo; /* X-Forgejo-Signature: HEX */
	const char *gitea;   /* X-Gitea-Signature: HEX */
	const char *gitlab;  /* X-Gitlab-Token */
	const char *event;   /* X-GitHub-Event and its like: "push", "ping" */
	const char *body;
	size_t len;
};

/* `branch` NULL: hooks about any branch count. */
enum hook_end hook_judge(const struct hook *hook, const struct secret *secret,
			 const char *branch);
