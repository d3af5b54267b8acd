/* A first repository: commented, valid but for what only its owner knows. */
#include "base/log.h"
#include "base/own.h"
#include "base/text.h"
#include "controller/app.h"
#include "reconcile/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char manifest_text[] =
	"# yaml-language-server: $schema=vm7.schema.json\n"
	"# (vm7 schema > vm7.schema.json gives your editor completion and checks)\n"
	"version: 1\n"
	"\n"
	"globals:\n"
	"  proxmox:\n"
	"    endpoint: \"https://pve01.example:8006\"  # or a list of nodes of one "
	"cluster\n"
	"    username: \"vm7@pve\"\n"
	"    token_name: \"vm7\"\n"
	"    token_secret: {secret: pve-token}       # a name; the host knows where it "
	"is\n"
	"    node: \"pve01\"\n"
	"    datastore: \"local-lvm\"\n"
	"    # tls: {fingerprint: \"AB:CD:...\"}        # of the node's certificate, or "
	"ca_file\n"
	"  access:\n"
	"    user: \"devops\"\n"
	"    ssh_public_keys:\n"
	"      - \"ssh-ed25519 AAAA... you@example\"   # put your own key here\n"
	"\n"
	"networks:\n"
	"  - {name: mgmt, pool: mgmt, bridge: vmbr0}\n"
	"\n"
	"vms: []\n"
	"# vms:\n"
	"#   - name: \"web-01\"\n"
	"#     type: \"vm\"                            # or lxc\n"
	"#     network: \"mgmt\"\n"
	"#     cpu: 2\n"
	"#     ram_mb: 2048\n"
	"#     disk_gb: 20\n"
	"#     template_id: 9000                     # a VM template with a cloud-init "
	"drive\n"
	"#     tags: [\"web\"]\n"
	"#     env: \"prod\"\n";

static const char pools_text[] = "# Addresses that vm7 may hand out. First free address "
				 "first; ipam/leases.json says who has which.\n"
				 "pools:\n"
				 "  mgmt:\n"
				 "    cidr: \"192.168.10.0/24\"\n"
				 "    range_start: \"192.168.10.50\"\n"
				 "    range_end: \"192.168.10.200\"\n"
				 "    gateway: \"192.168.10.1\"\n"
				 "    dns: [\"192.168.10.1\"]\n";

static bool write_new(int dir, const char *path, const char *text, struct error *err)
{
	own(fd) int fd = openat(
		dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	size_t len = strlen(text);

	if (fd < 0 && errno == EEXIST)
		return error_set(err, ERROR_REFUSED,
				 "%s exists already: it is left as it is", path);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	return true;
}

static bool write_all(struct app *app, struct error *err)
{
	const char *where = app->opt.dir ? app->opt.dir : ".";
	own(fd) int dir = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return error_set(err, ERROR_LOCAL, "%s: %s", where, strerror(errno));
	if (faccessat(dir, "ipam/pools.yaml", F_OK, 0) == 0)
		return error_set(err, ERROR_REFUSED,
				 "ipam/pools.yaml exists already: it is left as it is");
	if (!write_new(dir, "vm7.yaml", manifest_text, err))
		return false;
	if (mkdirat(dir, "ipam", 0755) < 0 && errno != EEXIST)
		return error_set(err, ERROR_LOCAL, "ipam: %s", strerror(errno));
	return write_new(dir, "ipam/pools.yaml", pools_text, err);
}

int cmd_init(struct app *app)
{
	struct error err = { 0 };

	if (!write_all(app, &err))
		return app_fail(app, &err, NULL);
	puts("Wrote vm7.yaml and ipam/pools.yaml. Edit them, then: vm7 validate, commit, "
	     "push, vm7 plan.");
	return 10;
}
