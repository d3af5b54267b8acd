#include "controller/connect.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/replace.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static bool allowed_endpoints(struct cluster_config *out, struct arena *arena,
			      const struct manifest *manifest, const struct host *host,
			      const char *const *more, size_t more_len, struct error *err)
{
	const struct list_setting *wanted = &manifest->proxmox.endpoints;

	out->endpoints = arena_array(arena, const char *, wanted->len);
	for (size_t i = 0; i < wanted->len; i++)
		if (host_allows(host, arena, more, more_len, wanted->at[i], err))
			out->endpoints[out->endpoints_len++] = wanted->at[i];
	if (out->endpoints_len > 0) {
		*err = (struct error){ 0 };
		return true;
	}
	if (wanted->len == 0)
		error_set(err, ERROR_INVALID, "globals.proxmox.endpoint is missing");
	return false;
}

/* A secret may hold a whole token id; then it wins over username and token_name. */
static bool whole_token(struct cluster_config *out, struct arena *arena,
			const struct proxmox_settings *proxmox,
			const struct secret *value, struct error *err)
{
	char *text;

	if (strchr(value->value, '!') && strchr(value->value, '=')) {
		secret_set(&out->token, value->value, value->len);
		return true;
	}
	if (!is_set(&proxmox->username.is) || !is_set(&proxmox->token_name.is))
		return error_set(err, ERROR_INVALID,
				 "globals.proxmox needs username and token_name, unless "
				 "the secret holds a "
				 "whole token: user@realm!name=uuid");
	text = arena_printf(arena, "%s!%s=%s", proxmox->username.value,
			    proxmox->token_name.value, value->value);
	secret_set(&out->token, text, strlen(text));
	OPENSSL_cleanse(text, strlen(text));
	return true;
}

static bool read_token(struct cluster_config *out, struct arena *arena,
		       const struct proxmox_settings *proxmox, const struct host *host,
		       struct error *err)
{
	const struct secret_setting *setting = &proxmox->token_secret;
	struct secret value = { 0 };
	bool well;

	if (!is_set(&setting->is))
		return error_set(err, ERROR_INVALID,
				 "globals.proxmox.token_secret is missing");
	if (setting->name) {
		if (!host_secret(host, arena, setting->name, USE_PROXMOX, &value, err))
			return false;
	} else {
		secret_set(&value, setting->inline_value, strlen(setting->inline_value));
		if (!value.value || !*value.value)
			return error_set(err, ERROR_DENIED,
					 "globals.proxmox.token_secret is empty");
	}
	secret_hide(&value);
	well = whole_token(out, arena, proxmox, &value, err);
	secret_finish(&value);
	if (!well)
		return false;
	secret_hide(&out->token);
	if (strpbrk(out->token.value, " \t\r\n;"))
		return error_set(err, ERROR_DENIED,
				 "the Proxmox token has white space or a ; in it: it is "
				 "not a token");
	return true;
}

/* "AB:CD:..": the manifest has checked its form. */
static void read_fingerprint(struct cluster_config *out, const char *text)
{
	for (size_t i = 0; i < sizeof(out->fingerprint); i++)
		out->fingerprint[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	out->pinned = true;
}

const struct tls_settings *connect_tls(const struct host *host,
				       const struct manifest *manifest)
{
	return is_set(&host->tls.is) ? &host->tls : &manifest->proxmox.tls;
}

static bool read_tls(struct cluster_config *out, struct arena *arena,
		     const struct manifest *manifest, const char *ca_pem,
		     const struct host *host, struct error *err)
{
	const struct tls_settings *tls = connect_tls(host, manifest);

	out->insecure = tls->insecure.value;
	if (is_set(&tls->fingerprint.is))
		read_fingerprint(out, tls->fingerprint.value);
	if (tls == &host->tls)
		return host_ca(host, arena, &out->ca_pem, err);
	out->ca_pem = ca_pem;
	return true;
}

bool connect_config(struct cluster_config *out, struct arena *arena,
		    const struct manifest *manifest, const char *ca_pem,
		    const struct host *host, const char *const *endpoints,
		    size_t endpoints_len, struct error *err)
{
	*out = (struct cluster_config){ 0 };
	return allowed_endpoints(out, arena, manifest, host, endpoints, endpoints_len,
				 err) &&
	       read_tls(out, arena, manifest, ca_pem, host, err) &&
	       read_token(out, arena, &manifest->proxmox, host, err);
}

bool connect_privileged(struct cluster_config *out, struct arena *arena,
			const struct manifest *manifest, const struct host *host,
			struct error *err)
{
	const struct privileged_settings *privileged = &manifest->proxmox.privileged;

	if (!is_set(&privileged->is))
		return true;
	if (!host_secret(host, arena, privileged->password.name, USE_PROXMOX,
			 &out->root_password, err))
		return false;
	secret_hide(&out->root_password);
	return true;
}

void connect_finish(struct cluster_config *config)
{
	secret_finish(&config->root_password);
	secret_finish(&config->token);
}

/* yescrypt, the default of Debian's own passwd. */
static bool hashed(const struct secret *value, struct arena *arena, const char **out,
		   struct error *err)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE], chance[32];
	const char *hash = NULL;
	bool well;

	if (getrandom(chance, sizeof(chance), 0) == (ssize_t)sizeof(chance) &&
	    crypt_gensalt_rn("$y$", 0, chance, sizeof(chance), salt, sizeof(salt)))
		hash = crypt_r(value->value, salt, data);
	well = hash && hash[0] == '$';
	if (well)
		*out = arena_strdup(arena, hash);
	else
		error_set(err, ERROR_LOCAL, "the password cannot be hashed: %s",
			  strerror(errno));
	OPENSSL_cleanse(data, sizeof(*data));
	free(data);
	return well;
}

bool connect_password(const char **hash, struct arena *arena, const struct host *host,
		      const char *name, struct error *err)
{
	struct secret value = { 0 };
	bool well;

	if (!host_secret(host, arena, name, USE_GUEST, &value, err))
		return false;
	secret_hide(&value);
	well = hashed(&value, arena, hash, err);
	secret_finish(&value);
	return well;
}

static bool is_known(const struct password *passwords, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(passwords[i].secret, name) == 0)
			return true;
	return false;
}

bool connect_passwords(struct password **out, size_t *len, struct arena *arena,
		       const struct manifest *manifest, const struct leases *leases,
		       const struct host *host, struct error *err)
{
	struct {
		struct password *at;
		size_t len, cap;
	} found = { 0 };

	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *want = &manifest->guests[i];
		const char *name = want->spec.access.temp_password.name;
		const struct lease *lease = leases_find(leases, want->name);
		const char *hash;

		if (!name || want->type != GUEST_VM ||
		    is_known(found.at, found.len, name) ||
		    (lease && !lease->bare && lease->state != LEASE_RESERVED &&
		     !may_be_replaced(lease, want)))
			continue;
		if (!connect_password(&hash, arena, host, name, err))
			return false;
		*vec_push(arena, &found) = (struct password){ name, hash };
	}
	*out = found.at;
	*len = found.len;
	return true;
}
