/*
 * vm7.yaml's globals.proxmox and the host's secrets -> a cluster that may be talked to.
 */
#pragma once

#include "controller/host.h"
#include "pve/cluster.h"
#include "reconcile/plan.h"

/*
 * Only endpoints that the host allows are kept. ERROR_REFUSED when none is;
 * ERROR_DENIED when the token is missing; ERROR_INVALID when the manifest does not say
 * enough. The token in `out` must be wiped with connect_finish.
 */
bool connect_config(struct cluster_config *out, struct arena *arena,
		    const struct manifest *manifest, const char *ca_pem,
		    const struct host *host, const char *const *endpoints,
		    size_t endpoints_len, struct error *err);

/*
 * The password of globals.proxmox.privileged, for a pass that may write; wiped by
 * connect_finish. Fine when it is not given. ERROR_DENIED when the secret is missing.
 */
bool connect_privileged(struct cluster_config *out, struct arena *arena,
			const struct manifest *manifest, const struct host *host,
			struct error *err);

/*
 * How the certificate is checked: as the host says, when it says anything, else as the
 * repository does. Never a mixture: what one of them left open the other does not fill.
 */
const struct tls_settings *connect_tls(const struct host *host,
				       const struct manifest *manifest);
void connect_finish(struct cluster_config *config);

/* The crypt(5) hash of one temporary password, by the name of its secret. */
bool connect_password(const char **hash, struct arena *arena, const struct host *host,
		      const char *name, struct error *err);

/* The temporary passwords that guests in the making will need, as crypt(5) hashes. */
bool connect_passwords(struct password **out, size_t *len, struct arena *arena,
		       const struct manifest *manifest, const struct leases *leases,
		       const struct host *host, struct error *err);
