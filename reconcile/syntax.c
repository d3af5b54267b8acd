#include "reconcile/syntax.h"

#include "base/text.h"
#include "ipam/net.h"

#include <string.h>
#include <strings.h>

#define DIGITS  "0123456789"
#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS LOWER UPPER

enum { LABEL_MAX = 63, HOST_MAX = 253 };

/* Is `text` made of these characters only? */
static bool all_of(const char *text, const char *characters)
{
	return *text && text[strspn(text, characters)] == '\0';
}

static bool one_of_these(char c, const char *characters)
{
	return c && strchr(characters, c);
}

static bool invalid(struct error *err, const char *text)
{
	return error_set(err, ERROR_INVALID, "%s", text);
}

bool check_guest_name(const char *text, struct error *err)
{
	size_t len = strlen(text);

	if (all_of(text, LOWER DIGITS "-") && one_of_these(text[0], LOWER) &&
	    len <= LABEL_MAX && text[len - 1] != '-')
		return true;
	return invalid(err,
		       "a name is 1 to 63 lower-case letters, digits and '-'; it begins "
		       "with a letter and does not end in '-'");
}

bool check_own_name(const char *text, struct error *err)
{
	if (all_of(text, LETTERS DIGITS "_.-") && one_of_these(text[0], LETTERS DIGITS) &&
	    strlen(text) <= LABEL_MAX)
		return true;
	return invalid(err,
		       "a name is 1 to 63 letters, digits, '_', '.' and '-', and begins "
		       "with a letter or digit");
}

static bool is_label(const char *text, size_t len)
{
	return len > 0 && len <= LABEL_MAX && strspn(text, LETTERS DIGITS "-") >= len &&
	       text[0] != '-' && text[len - 1] != '-';
}

bool check_node(const char *text, struct error *err)
{
	if (is_label(text, strlen(text)))
		return true;
	return invalid(err, "a node's name is letters, digits and '-'");
}

bool check_storage(const char *text, struct error *err)
{
	size_t len = strlen(text);

	if (len >= 2 && all_of(text, LETTERS DIGITS "_.-") &&
	    one_of_these(text[0], LETTERS) && one_of_these(text[len - 1], LETTERS DIGITS))
		return true;
	return invalid(err,
		       "a storage's name is letters, digits, '_', '.' and '-'; it begins "
		       "with a letter and ends in a letter or digit");
}

bool check_tag(const char *text, struct error *err)
{
	if (strcasecmp(text, "vm7-released") == 0)
		return invalid(err, "vm7-released is set by vm7 itself");
	if (all_of(text, LETTERS DIGITS "_+.-") &&
	    one_of_these(text[0], LETTERS DIGITS "_"))
		return true;
	return invalid(err,
		       "a tag is letters, digits, '_', '-', '+' and '.', and begins with "
		       "a letter, a digit or '_'");
}

bool check_env(const char *text, struct error *err)
{
	if (all_of(text, LETTERS DIGITS "_+.-"))
		return true;
	return invalid(err,
		       "becomes the tag env-...: letters, digits, '_', '-', '+' and '.'");
}

bool check_bridge(const char *text, struct error *err)
{
	if (all_of(text, LETTERS DIGITS "_.-") && strlen(text) <= 15 &&
	    one_of_these(text[0], LETTERS DIGITS "_"))
		return true;
	return invalid(err, "a bridge is 1 to 15 letters, digits, '_', '.' and '-'");
}

bool check_pool_path(const char *text, struct error *err)
{
	unsigned levels = 1;

	for (const char *at = text; (at = strchr(at, '/')); at++)
		levels++;
	if (all_of(text, LETTERS DIGITS "_.-/") && text[0] != '/' && levels <= 3 &&
	    !str_ends(text, "/") && !strstr(text, "//"))
		return true;
	return invalid(
		err, "a resource pool is letters, digits, '_', '.' and '-', up to three "
		     "levels with '/' between");
}

static bool is_realm_name(const char *text)
{
	return strlen(text) >= 2 && one_of_these(text[0], LETTERS) &&
	       all_of(text, LETTERS DIGITS "_.-");
}

bool check_userid(const char *text, struct error *err)
{
	const char *realm = strrchr(text, '@');

	if (realm && realm > text && is_realm_name(realm + 1) &&
	    strcspn(text, " \t\r\n:/!") == strlen(text))
		return true;
	return invalid(err, "expected user@realm, such as vm7@pve");
}

bool check_token_name(const char *text, struct error *err)
{
	if (is_realm_name(text))
		return true;
	return invalid(err, "expected the name of the token alone, without user@realm!");
}

static bool is_host(const char *text, size_t len)
{
	const char *end = text + len;

	if (len == 0 || len > HOST_MAX)
		return false;
	while (text < end) {
		size_t label = strcspn(text, ".");

		if (label > (size_t)(end - text))
			label = (size_t)(end - text);
		if (!is_label(text, label))
			return false;
		text += label;
		if (text < end && ++text == end)
			return false;
	}
	return true;
}

/* Is it [IPv6]? */
static bool is_bracketed(const char *text, size_t len)
{
	char inner[ADDR_TEXT];
	struct error err;
	struct addr addr;

	if (len < 4 || len - 2 >= sizeof(inner) || text[0] != '[' || text[len - 1] != ']')
		return false;
	memcpy(inner, text + 1, len - 2);
	inner[len - 2] = '\0';
	return addr_read(&addr, inner, &err) && addr.family == FAMILY_6;
}

bool check_endpoint(const char *text, struct error *err)
{
	static const char scheme[] = "https://";
	const char *host, *port;
	uint64_t number = 443;
	size_t len;

	if (!str_starts(text, scheme))
		return invalid(err, "expected https://host:8006");
	host = text + strlen(scheme);
	if (strchr(host, '@'))
		return invalid(err,
			       "no user or password in the address: username, token_name "
			       "and token_secret have keys of their own");
	if (strpbrk(host, "/?#"))
		return invalid(err, "expected https://host:8006 with nothing after it");
	len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (len > strlen(host))
		len = strlen(host);
	port = host[len] == ':' ? host + len + 1 : NULL;
	if ((port && (!str_number(port, &number) || number < 1 || number > 65535)) ||
	    (!port && host[len]))
		return invalid(err, "the port is a number from 1 to 65535");
	if (!is_bracketed(host, len) && !is_host(host, len))
		return invalid(err,
			       "the host is a DNS name, an address or [an IPv6 address]");
	return true;
}

bool check_fingerprint(const char *text, struct error *err)
{
	static const char hex[] = DIGITS "abcdefABCDEF";
	bool ok = strlen(text) == 32 * 3 - 1;

	for (size_t i = 0; ok && text[i]; i++)
		ok = i % 3 == 2 ? text[i] == ':' : one_of_these(text[i], hex);
	if (ok)
		return true;
	return invalid(err,
		       "expected a SHA-256 fingerprint: 32 bytes in hexadecimal with ':' "
		       "between");
}

bool check_user(const char *text, struct error *err)
{
	if (all_of(text, LOWER DIGITS "_.-") && one_of_these(text[0], LOWER "_") &&
	    strlen(text) <= 32)
		return true;
	return invalid(err,
		       "a user is 1 to 32 lower-case letters, digits, '_', '.' and '-', "
		       "and begins with a letter or '_'");
}

bool check_ssh_key(const char *text, struct error *err)
{
	static const char *const types[] = { "ssh-", "ecdsa-sha2-", "sk-ssh-",
					     "sk-ecdsa-" };
	static const char base64[] = LETTERS DIGITS "+/=.";
	size_t type = strcspn(text, " "), body;
	bool known = false;

	if (strstr(text, "PRIVATE KEY"))
		return invalid(
			err, "this is a private key: whoever reads the repository has it "
			     "now. Make a new pair, and give the line of its .pub file");
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		known |= str_starts(text, types[i]);
	if (!known || text[type] != ' ')
		return invalid(err,
			       "expected a public key line, such as ssh-ed25519 AAAA... "
			       "comment");
	body = strspn(text + type + 1, base64);
	if (body < 4 || !one_of_these(text[type + 1 + body], " ")) {
		if (body < 4 || text[type + 1 + body])
			return invalid(err, "the part after the key's type is no base64");
	}
	return true;
}

bool check_domain(const char *text, struct error *err)
{
	if (is_host(text, strlen(text)))
		return true;
	return invalid(err, "expected a DNS name, such as example.lan");
}

/* (pve-common src/PVE/JSONSchema.pm pve_verify_dns_name) */
bool check_adopted_name(const char *text, struct error *err)
{
	if (is_host(text, strlen(text)))
		return true;
	return invalid(err, "expected a DNS name, as Proxmox has it: DC01 or a.b");
}

bool check_address(const char *text, struct error *err)
{
	struct addr addr;

	return addr_read(&addr, text, err);
}

bool check_image(const char *text, struct error *err)
{
	static const char kind[] = ":vztmpl/";
	const char *colon = strstr(text, kind), *name;

	if (!strchr(text, ':'))
		return invalid(
			err,
			"named images are not supported yet: expected a volume, such "
			"as local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst");
	if (!colon)
		return invalid(err, "expected a container template: storage:vztmpl/name");
	name = colon + strlen(kind);
	if (strspn(text, LETTERS DIGITS "_.-") != (size_t)(colon - text) ||
	    !one_of_these(text[0], LETTERS) || !all_of(name, LETTERS DIGITS "_.+~-") ||
	    !one_of_these(name[0], LETTERS DIGITS))
		return invalid(err, "expected a container template: storage:vztmpl/name");
	return true;
}

bool check_cpu_type(const char *text, struct error *err)
{
	if (all_of(text, LETTERS DIGITS "_.+-") && one_of_these(text[0], LETTERS DIGITS))
		return true;
	return invalid(err, "expected a CPU type alone, such as host or x86-64-v2-AES");
}

/* "scsi12" of family scsi, with a number up to `last`. */
static bool is_slot(const char *text, const char *family, uint64_t last)
{
	uint64_t number;

	return str_starts(text, family) && str_number(text + strlen(family), &number) &&
	       number <= last;
}

bool check_disk_slot(const char *text, struct error *err)
{
	if (is_slot(text, "scsi", 30) || is_slot(text, "virtio", 15) ||
	    is_slot(text, "sata", 5))
		return true;
	return invalid(err, "a disk's slot is scsi0 to scsi30, virtio0 to virtio15 or "
			    "sata0 to sata5");
}

bool check_mount_slot(const char *text, struct error *err)
{
	return is_slot(text, "mp", 255) || invalid(err, "a mount's slot is mp0 to mp255");
}

bool check_device_slot(const char *text, struct error *err)
{
	return is_slot(text, "dev", 255) ||
	       invalid(err, "a device's slot is dev0 to dev255");
}

/* Does one of the parts of a path say so: "/a/../b"? */
static bool has_part(const char *path, const char *part)
{
	size_t len = strlen(part);

	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/'))
		if (strncmp(at + 1, part, len) == 0 &&
		    (at[1 + len] == '/' || at[1 + len] == '\0'))
			return true;
	return false;
}

/* What a property string may hold (pve-container src/PVE/LXC/Config.pm
 * verify_lxc_mp_string), and what names one place only. */
static bool is_absolute(const char *text)
{
	return text[0] == '/' && text[1] && !strchr(text, ',') && !str_ends(text, "/") &&
	       !has_part(text, "") && !has_part(text, ".") && !has_part(text, "..");
}

bool check_absolute_path(const char *text, struct error *err)
{
	return is_absolute(text) ||
	       invalid(err, "expected a whole path such as /srv/data, without ',', '.', "
			    "'..' or a '/' at the end");
}

bool check_device_path(const char *text, struct error *err)
{
	if (is_absolute(text) && str_starts(text, "/dev/"))
		return true;
	return invalid(err, "expected a device of the node, such as /dev/dri/renderD128");
}

bool check_device_mode(const char *text, struct error *err)
{
	if (strlen(text) == 4 && text[0] == '0' && all_of(text, "01234567"))
		return true;
	return invalid(err, "expected four octal digits that begin with 0, such as "
			    "\"0660\"");
}

bool check_file_system(const char *text, struct error *err)
{
	return all_of(text, LETTERS DIGITS "_") ||
	       invalid(err, "expected a type of file system, such as nfs or cifs");
}

bool check_vmid_range(const char *text, struct error *err)
{
	uint64_t first = 0, last = 0;
	const char *dash = strchr(text, '-');
	char head[16];

	if (dash && (size_t)(dash - text) < sizeof(head)) {
		memcpy(head, text, (size_t)(dash - text));
		head[dash - text] = '\0';
		if (str_number(head, &first) && str_number(dash + 1, &last) &&
		    first >= 100 && last <= 999999999 && first <= last)
			return true;
	}
	return invalid(err,
		       "expected two VMIDs from 100 to 999999999, the lower one first, "
		       "such as 10000-19999");
}

static bool stays_inside(const char *text, struct error *err)
{
	if (text[0] == '/')
		return invalid(err,
			       "expected a path in the repository, without '/' in front");
	if (strchr(text, '\\'))
		return invalid(err, "folders are parted by '/', not by '\\'");
	for (const char *at = text; at; at = strchr(at, '/')) {
		size_t len;

		at += *at == '/';
		len = strcspn(at, "/");
		if (len == 2 && strncmp(at, "..", 2) == 0)
			return invalid(err, "'..' leads out of the repository");
		if (len == 0 || (len == 1 && *at == '.'))
			return invalid(err, "a folder without a name in the path");
	}
	return true;
}

bool check_path(const char *text, struct error *err)
{
	return stays_inside(text, err);
}

bool check_include(const char *text, struct error *err)
{
	const char *open = strchr(text, '[');

	if (!stays_inside(text, err))
		return false;
	for (; open; open = strchr(open + 1, '['))
		if (!strchr(open + 1, ']') ||
		    strchr(open, ']') > open + strcspn(open, "/"))
			return invalid(err, "'[' without ']'");
	return true;
}

bool check_branch(const char *text, struct error *err)
{
	if (strpbrk(text, " ~^:?*[\\") || strstr(text, "..") || strstr(text, "@{") ||
	    strstr(text, "//") || strstr(text, "/.") || one_of_these(text[0], "-/.") ||
	    str_ends(text, "/") || str_ends(text, ".") || str_ends(text, ".lock") ||
	    str_starts(text, "refs/"))
		return invalid(err, "expected the name of a branch, such as vm7-state");
	return true;
}
