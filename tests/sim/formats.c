/* The formats that PVE checks by code: why a text is not one. PVE: PVE::JSONSchema. */
#include "base/text.h"
#include "props.h"
#include "schema.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_label(const char *text, size_t len)
{
	return len > 0 && strspn(text, ALNUM "-") >= len && text[0] != '-' &&
	       text[len - 1] != '-';
}

static bool is_dns_name(const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ".");

		if (!is_label(text, len))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

const char *format_dns_name(struct arena *arena, const char *text)
{
	(void)arena;
	return is_dns_name(text) ? NULL : "value does not look like a valid DNS name";
}

const char *format_vmid(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	(void)arena;
	return len >= 3 && len <= 9 && *text != '0' && strspn(text, "0123456789") == len
		       ? NULL
		       : "value does not look like a valid VM ID";
}

const char *format_node(struct arena *arena, const char *text)
{
	(void)arena;
	return is_label(text, strlen(text))
		       ? NULL
		       : "value does not look like a valid node name";
}

static bool is_storage(const char *text, size_t len)
{
	return len >= 2 && isalpha((unsigned char)*text) &&
	       isalnum((unsigned char)text[len - 1]) && strspn(text, ALNUM "-_.") >= len;
}

const char *format_storage(struct arena *arena, const char *text)
{
	return is_storage(text, strlen(text))
		       ? NULL
		       : arena_printf(arena,
				      "storage ID '%s' contains illegal characters",
				      text);
}

const char *format_volume(struct arena *arena, const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && is_storage(text, (size_t)(colon - text)) && colon[1]
		       ? NULL
		       : arena_printf(arena, "unable to parse volume ID '%s'", text);
}

const char *format_volume_or_path(struct arena *arena, const char *text)
{
	if (!strcmp(text, "none") || !strcmp(text, "cdrom") || *text == '/')
		return NULL;
	return format_volume(arena, text);
}

const char *format_pool(struct arena *arena, const char *text)
{
	size_t parts = 1;

	for (const char *at = text; *at; at++)
		parts += *at == '/';
	if (parts > 3)
		return arena_printf(
			arena, "pool name '%s' nested too deeply (max levels = 3)", text);
	return *text && strspn(text, ALNUM ".-_/") == strlen(text) &&
			       !strstr(text, "//") && *text != '/' && !str_ends(text, "/")
		       ? NULL
		       : arena_printf(arena, "pool name '%s' contains invalid characters",
				      text);
}

const char *format_tag(struct arena *arena, const char *text)
{
	(void)arena;
	return *text && strspn(text, ALNUM "_-+.") == strlen(text) &&
			       !strchr("-+.", *text)
		       ? NULL
		       : "invalid characters in tag";
}

const char *format_mac(struct arena *arena, const char *text)
{
	(void)arena;
	if (strlen(text) != 17)
		return "value does not look like a valid unicast MAC address";
	for (size_t i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return "value does not look like a valid unicast MAC address";
	return strchr("02468aceACE", text[1])
		       ? NULL
		       : "value does not look like a valid unicast MAC address";
}

static bool is_address(int family, const char *text)
{
	unsigned char bytes[16];

	return inet_pton(family, text, bytes) == 1;
}

static bool is_cidr(int family, const char *text, long shortest, long longest)
{
	const char *slash = strchr(text, '/');
	char address[64];

	if (!slash || slash - text >= (long)sizeof(address) || !slash[1] ||
	    strspn(slash + 1, "0123456789") != strlen(slash + 1))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	return is_address(family, address) && atol(slash + 1) >= shortest &&
	       atol(slash + 1) <= longest;
}

const char *format_address(struct arena *arena, const char *text)
{
	return is_address(AF_INET, text) || is_address(AF_INET6, text) ||
			       is_dns_name(text)
		       ? NULL
		       : arena_printf(arena,
				      "value does not look like a valid address: %s",
				      text);
}

const char *format_ipv4(struct arena *arena, const char *text)
{
	(void)arena;
	return is_address(AF_INET, text)
		       ? NULL
		       : "value does not look like a valid IPv4 address";
}

const char *format_ipv6(struct arena *arena, const char *text)
{
	(void)arena;
	return is_address(AF_INET6, text)
		       ? NULL
		       : "value does not look like a valid IPv6 address";
}

const char *format_ipv4_config(struct arena *arena, const char *text)
{
	(void)arena;
	return !strcmp(text, "dhcp") || !strcmp(text, "manual") ||
			       is_cidr(AF_INET, text, 8, 32)
		       ? NULL
		       : "value does not look like a valid ipv4 network configuration";
}

const char *format_ipv6_config(struct arena *arena, const char *text)
{
	(void)arena;
	return !strcmp(text, "auto") || !strcmp(text, "dhcp") ||
			       !strcmp(text, "manual") || is_cidr(AF_INET6, text, 8, 128)
		       ? NULL
		       : "value does not look like a valid ipv6 network configuration";
}

const char *format_urlencoded(struct arena *arena, const char *text)
{
	return strspn(text, ALNUM "-%_.!~*'()") == strlen(text)
		       ? NULL
		       : arena_printf(arena, "invalid urlencoded string: %s", text);
}

/* [[order=]N][,up=S][,down=S] */
const char *format_startup(struct arena *arena, const char *text)
{
	char **parts;
	size_t count = str_split(arena, text, ",", &parts);

	for (size_t i = 0; i < count; i++) {
		const char *part = parts[i];

		if (str_starts(part, "order="))
			part += 6;
		else if (str_starts(part, "up="))
			part += 3;
		else if (str_starts(part, "down="))
			part += 5;
		if (!*part || strspn(part, "0123456789") != strlen(part))
			return "unable to parse startup options";
	}
	return count ? NULL : "unable to parse startup options";
}

static bool is_one_of(const char *const *words, const char *text)
{
	for (; *words; words++)
		if (!strcmp(*words, text))
			return true;
	return false;
}

const char *format_hotplug(struct arena *arena, const char *text)
{
	static const char *const features[] = { "network", "disk",      "cpu", "memory",
						"usb",     "cloudinit", NULL };
	char **parts;
	size_t count;

	if (!strcmp(text, "0") || !strcmp(text, "1"))
		return NULL;
	count = str_split(arena, text, ",; ", &parts);
	for (size_t i = 0; i < count; i++)
		if (!is_one_of(features, parts[i]))
			return arena_printf(arena, "invalid hotplug feature '%s'",
					    parts[i]);
	return NULL;
}

const char *format_config_id(struct arena *arena, const char *text)
{
	return isalpha((unsigned char)*text) && strlen(text) >= 2 &&
			       strspn(text, ALNUM "_-") == strlen(text)
		       ? NULL
		       : arena_printf(arena, "invalid configuration ID '%s'", text);
}

const char *format_size(struct arena *arena, const char *text)
{
	uint64_t bytes;

	return size_read(text, &bytes)
		       ? NULL
		       : arena_printf(arena,
				      "value does not look like a valid disk size: %s",
				      text);
}

const char *format_bridge(struct arena *arena, const char *text)
{
	return *text && strspn(text, ALNUM "-_.") == strlen(text)
		       ? NULL
		       : arena_printf(arena, "invalid bridge ID '%s'", text);
}

const char *format_boot_device(struct arena *arena, const char *text)
{
	static const char *const kinds[] = { "net",    "ide",     "sata", "scsi",
					     "virtio", "hostpci", "usb",  NULL };

	for (size_t i = 0; kinds[i]; i++) {
		size_t len = strlen(kinds[i]);

		if (!strncmp(text, kinds[i], len) && text[len] &&
		    strspn(text + len, "0123456789") == strlen(text + len))
			return NULL;
	}
	return arena_printf(arena, "invalid boot device '%s'", text);
}

const char *format_content(struct arena *arena, const char *text)
{
	static const char *const types[] = { "images", "rootdir", "vztmpl",
					     "iso",    "backup",  "snippets",
					     "import", "none",    NULL };

	return is_one_of(types, text)
		       ? NULL
		       : arena_printf(arena, "invalid content type '%s'", text);
}

const char *format_task_status(struct arena *arena, const char *text)
{
	static const char *const types[] = { "ok", "error", "warning", "unknown", NULL };

	return is_one_of(types, text)
		       ? NULL
		       : arena_printf(arena, "value '%s' is not a valid task status type",
				      text);
}

const char *format_timezone(struct arena *arena, const char *text)
{
	return *text && strspn(text, ALNUM "_-+/") == strlen(text)
		       ? NULL
		       : arena_printf(arena, "invalid time zone '%s'", text);
}
