#include "git/signed.h"

#include "base/child.h"
#include "base/own.h"
#include "base/text.h"
#include "git/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OUTPUT_MAX = 64 * 1024, SIGNATURE_MAX = 64 * 1024, DEADLINE_MS = 30000 };

#define SSH_HEAD "-----BEGIN SSH SIGNATURE-----"
#define PGP_HEAD "-----BEGIN PGP SIGNATURE-----"

/* Named after what has just finished. */
enum signed_step {
	SIGNED_OWN_KEY,  /* the fingerprint of the key of our own commits */
	SIGNED_CHECKED,  /* does the signature fit, and whose key is it? */
	SIGNED_FOUND,    /* which names has that key in allowed_signers? */
	SIGNED_VERIFIED, /* as one of these names */
	SIGNED_JUDGED,   /* by gpgv */
};

struct signed_work {
	struct signed_look *look;
	struct arena *arena;
	struct repo *repo;
	const struct signers *signers;
	enum signed_step step;
	const char *text, *signature; /* what was signed, and with what */
	size_t len;
	char *file; /* with the signature; NULL: not written */
	char **names;
	size_t names_len, next;
	struct child child;
};

static void tick(void *flow);

static void signed_end(struct signed_work *work)
{
	struct signed_look *look = work->look;

	if (work->file)
		unlink(work->file);
	look->work = NULL;
	free(work);
	op_finish(&look->op);
}

static void judge(struct signed_work *work, enum signed_by by, const char *who,
		  const char *words)
{
	work->look->by = by;
	work->look->who = str_safe(work->arena, who, 200);
	work->look->words = str_safe(work->arena, words, 300);
}

const char *signed_words(struct arena *arena, const char *said)
{
	char **lines;
	size_t len = str_split(arena, said, "\r\n", &lines);
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < len; i++)
		text_addf(&out, "%s%s", i > 0 ? "; " : "", lines[i]);
	return str_safe(arena, text_str(&out), 300);
}

const char *const *signed_env(struct arena *arena, const struct repo *repo)
{
	const char *path = repo->cache ? NULL : getenv("PATH"); /* a person's own */
	const char **env = arena_array(arena, const char *, 4);

	env[0] = arena_printf(
		arena, "PATH=%s",
		path ? path
		     : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	env[1] = "LC_ALL=C";
	env[2] = "HOME=/nonexistent";
	return env;
}

static void run(struct signed_work *work, enum signed_step step, bool with_text,
		const char *const *argv)
{
	const struct child_spec spec = {
		.argv = argv,
		.env = signed_env(work->arena, work->repo),
		.input = with_text ? work->text : NULL,
		.input_len = with_text ? work->len : 0,
		.output_max = OUTPUT_MAX,
		.deadline_ms = DEADLINE_MS,
	};

	work->step = step;
	child_start(&work->child, work->arena, &spec, tick, work);
}

/* It ran to its end: its exit code means something. */
static bool has_run(const struct signed_work *work, struct error *err)
{
	if (!op_ok(&work->child.op, err)) {
		if (err->kind == ERROR_MISSING)
			return error_wrap(err, "the signature of a commit has to be "
					       "checked: install openssh-client and "
					       "gpgv");
		return error_wrap(err, "checking the signature of a commit");
	}
	if (work->child.signal)
		return error_set(err, ERROR_LOCAL,
				 "checking the signature of a commit: signal %d ended "
				 "the program",
				 work->child.signal);
	return true;
}

static const char *said(const struct signed_work *work)
{
	return signed_words(work->arena, text_str(&work->child.said));
}

/* "SHA256:..." out of what ssh-keygen printed of a key; "" when it printed none. */
static const char *fingerprint(struct signed_work *work)
{
	const char *at = strstr(text_str(&work->child.out), "SHA256:");

	return at ? arena_strndup(work->arena, at, strcspn(at, " \r\n")) : "";
}

/* ssh-keygen and gpgv read the signature from a file. */
static bool write_signature(struct signed_work *work, struct error *err)
{
	const char *dir = repo_private_dir(work->repo);
	char *path = arena_printf(work->arena, "%s/signature-XXXXXX", dir);
	size_t len = strlen(work->signature);
	own(fd) int fd = -1;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERROR_LOCAL, "%s: %s", dir, strerror(errno));
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	work->file = path;
	if (write(fd, work->signature, len) != (ssize_t)len || write(fd, "\n", 1) != 1)
		return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	return true;
}

/* True with an empty `signature` when there is none. */
static bool extract(struct signed_work *work, const char *commit, struct error *err)
{
	git_buf signature = { 0 }, text = { 0 };
	git_oid id;
	int code = git_oid_fromstr(&id, commit);

	if (code == 0)
		code = git_commit_extract_signature(&signature, &text, work->repo->git,
						    &id, NULL);
	work->signature = "";
	if (code == 0) {
		work->signature =
			arena_strndup(work->arena, signature.ptr, signature.size);
		work->text = arena_strndup(work->arena, text.ptr, text.size);
		work->len = text.size;
	}
	git_buf_dispose(&signature);
	git_buf_dispose(&text);
	return code == 0 || code == GIT_ENOTFOUND || git_failed(err, code, commit);
}

static void check_ssh(struct signed_work *work)
{
	run(work, SIGNED_CHECKED, true,
	    (const char *const[]){ "ssh-keygen", "-Y", "check-novalidate", "-n", "git",
				   "-s", work->file, NULL });
}

static void verify_next(struct signed_work *work)
{
	run(work, SIGNED_VERIFIED, true,
	    (const char *const[]){ "ssh-keygen", "-Y", "verify", "-n", "git", "-f",
				   work->signers->allowed_signers, "-I",
				   work->names[work->next], "-s", work->file, NULL });
}

/* It fits the commit: whose key is it? True when that has to be asked. */
static bool ask_whose(struct signed_work *work)
{
	const char *print = fingerprint(work);

	work->look->who = print;
	if (work->child.exit_code != 0 || !*print) {
		judge(work, SIGNED_BADLY, "", said(work));
		return false;
	}
	if (str_equal(print, work->repo->signing_print)) {
		judge(work, SIGNED_BY_VM7, print, "");
		return false;
	}
	if (!work->signers->allowed_signers) {
		judge(work, SIGNED_BY_UNKNOWN, print, "no allowed_signers are given");
		return false;
	}
	run(work, SIGNED_FOUND, false,
	    (const char *const[]){ "ssh-keygen", "-Y", "find-principals", "-s",
				   work->file, "-f", work->signers->allowed_signers,
				   NULL });
	return true;
}

/* ssh-keygen leaves out lines whose time is not now, and says so. */
static void judge_unfound(struct signed_work *work, struct error *err)
{
	const char *words = text_str(&work->child.said);

	if (strstr(words, "Unable to open"))
		error_set(err, ERROR_DENIED, "git.allowed_signers: %s", said(work));
	else if (strstr(words, "key has expired") || strstr(words, "not yet valid"))
		judge(work, SIGNED_EXPIRED, work->look->who, said(work));
	else
		judge(work, SIGNED_BY_UNKNOWN, work->look->who, said(work));
}

/* One line of gpgv's status, after its prefix: "GOODSIG ID NAME". */
struct pgp_status {
	unsigned signatures, good, valid;
	bool bad, expired, unknown;
	const char *who;
};

static void read_status(struct pgp_status *out, struct arena *arena, const char *text)
{
	static const char prefix[] = "[GNUPG:] ";
	char **lines;
	size_t len = str_split(arena, text, "\n", &lines);

	*out = (struct pgp_status){ .who = "" };
	for (size_t i = 0; i < len; i++) {
		const char *line = lines[i] + sizeof(prefix) - 1, *who;

		if (!str_starts(lines[i], prefix))
			continue;
		who = line + strcspn(line, " ");
		who += *who == ' ';
		out->signatures += str_starts(line, "NEWSIG");
		out->valid += str_starts(line, "VALIDSIG ");
		if (str_starts(line, "GOODSIG "))
			out->good++;
		else if (str_starts(line, "BADSIG "))
			out->bad = true;
		else if (str_starts(line, "EXPSIG ") || str_starts(line, "EXPKEYSIG ") ||
			 str_starts(line, "REVKEYSIG "))
			out->expired = true;
		else if (str_starts(line, "NO_PUBKEY "))
			out->unknown = true;
		else
			continue;
		out->who = who;
	}
}

/* One signature, good, of a key that is valid: nothing less, and nothing beside it. */
static void judge_pgp(struct signed_work *work)
{
	struct pgp_status status;
	bool one;

	read_status(&status, work->arena, text_str(&work->child.out));
	one = status.signatures == 1 && !status.bad;
	if (one && status.expired)
		judge(work, SIGNED_EXPIRED, status.who,
		      "the key or the signature has expired, or the key was revoked");
	else if (one && status.unknown)
		judge(work, SIGNED_BY_UNKNOWN, status.who, "");
	else if (one && work->child.exit_code == 0 && status.good == 1 &&
		 status.valid == 1)
		judge(work, SIGNED_BY_PERSON, status.who, "");
	else
		judge(work, SIGNED_BADLY, status.who, said(work));
}

/* Every wait ends here. */
static void tick(void *flow)
{
	struct signed_work *work = flow;
	struct error *err = &work->look->op.err;

	if (!has_run(work, err)) {
		signed_end(work);
		return;
	}
	switch (work->step) {
	case SIGNED_OWN_KEY:
		if (work->child.exit_code != 0 || !*fingerprint(work)) {
			error_set(err, ERROR_DENIED,
				  "git.signing_key: ssh-keygen cannot read it: %s",
				  said(work));
			break;
		}
		work->repo->signing_print =
			arena_strdup(work->repo->arena, fingerprint(work));
		check_ssh(work);
		return;
	case SIGNED_CHECKED:
		if (ask_whose(work))
			return;
		break;
	case SIGNED_FOUND:
		work->names_len = str_split(work->arena, text_str(&work->child.out),
					    "\r\n", &work->names);
		if (work->child.exit_code != 0 || work->names_len == 0) {
			judge_unfound(work, err);
			break;
		}
		verify_next(work);
		return;
	case SIGNED_VERIFIED:
		if (work->child.exit_code == 0) {
			judge(work, SIGNED_BY_PERSON, work->names[work->next], "");
			break;
		}
		judge(work, SIGNED_EXPIRED, work->names[work->next], said(work));
		if (++work->next == work->names_len)
			break;
		verify_next(work);
		return;
	case SIGNED_JUDGED:
		judge_pgp(work);
		break;
	}
	signed_end(work);
}

/* False: there is nothing to wait for. */
static bool begin(struct signed_work *work, const char *commit, struct error *err)
{
	bool ssh, pgp;

	if (!extract(work, commit, err) || !*work->signature)
		return false;
	ssh = str_starts(work->signature, SSH_HEAD);
	pgp = str_starts(work->signature, PGP_HEAD);
	if ((!ssh && !pgp) || strlen(work->signature) > SIGNATURE_MAX) {
		judge(work, SIGNED_BADLY, "",
		      "it is neither of OpenSSH nor of OpenPGP, or too long");
		return false;
	}
	if (pgp && !work->signers->keyring) {
		judge(work, SIGNED_BY_UNKNOWN, "an OpenPGP key", "no keyring is given");
		return false;
	}
	if (!write_signature(work, err))
		return false;
	if (pgp)
		run(work, SIGNED_JUDGED, true,
		    (const char *const[]){ "gpgv", "--homedir", "/nonexistent",
					   "--keyring", work->signers->keyring,
					   "--status-fd", "1", work->file, "-", NULL });
	else if (work->repo->signing_key_file && !work->repo->signing_print)
		run(work, SIGNED_OWN_KEY, false,
		    (const char *const[]){ "ssh-keygen", "-l", "-E", "sha256", "-f",
					   work->repo->signing_key_file, NULL });
	else
		check_ssh(work);
	return true;
}

void signed_start(struct signed_look *look, struct arena *arena, struct repo *repo,
		  const char *commit, const struct signers *signers,
		  void (*resume)(void *flow), void *flow)
{
	struct signed_work *work = xcalloc(1, sizeof(*work));

	*look = (struct signed_look){ .work = work, .who = "", .words = "" };
	op_begin(&look->op, resume, flow);
	work->look = look;
	work->arena = arena;
	work->repo = repo;
	work->signers = signers;
	if (!begin(work, commit, &look->op.err))
		signed_end(work);
}

void signed_cancel(struct signed_look *look)
{
	if (look->work)
		child_cancel(&look->work->child);
}
