#include "cert.h"

#include "base/arena.h"
#include "base/own.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#define DAYS 3650

OWN_DEFINE(x509, X509 *, X509_free);
OWN_DEFINE(pkey, EVP_PKEY *, EVP_PKEY_free);

static SSL_CTX *new_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	return context;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = extension && X509_add_ext(cert, extension, -1);

	X509_EXTENSION_free(extension);
	return ok;
}

static bool fill(X509 *cert, EVP_PKEY *key, const char *names)
{
	X509_NAME *name = X509_get_subject_name(cert);
	unsigned char serial[8];

	RAND_bytes(serial, sizeof(serial));
	return X509_set_version(cert, 2) &&
	       ASN1_INTEGER_set(X509_get_serialNumber(cert),
				1 + serial[0] + serial[1] * 256) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -86400) &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * DAYS) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"vm7-sim", -1, -1, 0) &&
	       X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
	       add_extension(cert, NID_subject_alt_name, names) &&
	       add_extension(cert, NID_basic_constraints, "critical,CA:TRUE") &&
	       X509_sign(cert, key, EVP_sha256());
}

SSL_CTX *cert_make(const char *const *names, size_t count, struct error *err)
{
	own(pkey) EVP_PKEY *key = EVP_EC_gen("P-256");
	own(x509) X509 *cert = X509_new();
	struct arena *arena = arena_create();
	SSL_CTX *context = new_context();
	struct text all;

	text_init(&all, arena);
	text_add(&all, "DNS:localhost,IP:127.0.0.1,IP:::1");
	for (size_t i = 0; i < count; i++)
		text_addf(&all, ",DNS:%s", names[i]);
	if (!key || !cert || !fill(cert, key, text_str(&all)) ||
	    !SSL_CTX_use_certificate(context, cert) ||
	    !SSL_CTX_use_PrivateKey(context, key)) {
		error_set(err, ERROR_LOCAL, "cannot make a certificate");
		SSL_CTX_free(context);
		context = NULL;
	}
	arena_destroy(arena);
	return context;
}

SSL_CTX *cert_of_world(const struct world *world, struct error *err)
{
	const char **names = xcalloc(world->node_count, sizeof(*names));
	SSL_CTX *tls;

	for (size_t i = 0; i < world->node_count; i++)
		names[i] = world->nodes[i].name;
	tls = cert_make(names, world->node_count, err);
	free(names);
	return tls;
}

SSL_CTX *cert_load(const char *cert, const char *key, struct error *err)
{
	SSL_CTX *context = new_context();

	if (SSL_CTX_use_certificate_chain_file(context, cert) == 1 &&
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 &&
	    SSL_CTX_check_private_key(context) == 1)
		return context;
	error_set(err, ERROR_INVALID, "%s, %s: not a certificate and its key", cert, key);
	SSL_CTX_free(context);
	return NULL;
}

void cert_fingerprint(SSL_CTX *context, char out[static FINGERPRINT_LEN + 1])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	X509_digest(SSL_CTX_get0_certificate(context), EVP_sha256(), hash, &len);
	for (unsigned i = 0; i < len; i++)
		snprintf(out + 3 * (size_t)i, i + 1 < len ? 4 : 3, "%02X:", hash[i]);
}
