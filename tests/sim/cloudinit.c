#include "cloudinit.h"

#include "base/text.h"
#include "guest.h"
#include "options.h"
#include "props.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

const char *cloudinit_drive(const struct guest *guest)
{
	const char *name;
	json_t *value;

	json_object_foreach (guest->config, name, value)
		if (option_is_disk(guest->type, name) &&
		    strstr(json_string_value(value), "cloudinit"))
			return name;
	return NULL;
}

void cloudinit_generate(struct world *world, struct guest *guest)
{
	const char *name;
	json_t *value;

	if (!cloudinit_drive(guest))
		return;
	json_decref(guest->image);
	guest->image = json_object();
	json_object_foreach (guest->config, name, value)
		if (option_is_cloudinit(name))
			json_object_set(guest->image, name, value);
	world_touch(world);
}

static char *decoded(struct arena *arena, const char *text)
{
	char *out = arena_strdup(arena, text), *to = out;

	for (; *text; text++) {
		unsigned code;

		if (*text == '%' && sscanf(text + 1, "%2x", &code) == 1) {
			*to++ = (char)code;
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
	return out;
}

static void print_hostname(struct arena *arena, struct text *out,
			   const struct guest *guest)
{
	const char *name = guest_get(guest, "name"),
		   *domain = guest_get(guest, "searchdomain");
	const char *full = name ? name : arena_printf(arena, "VM%u", guest->vmid);

	text_add(out, "hostname: ");
	text_addn(out, full, strcspn(full, "."));
	text_addc(out, '\n');
	text_add(out, "manage_etc_hosts: true\n");
	if (strchr(full, '.'))
		text_addf(out, "fqdn: %s\n", full);
	else if (domain)
		text_addf(out, "fqdn: %s.%.*s\n", full, (int)strcspn(domain, " "),
			  domain);
}

char *cloudinit_user(struct arena *arena, const struct world *world,
		     const struct guest *guest)
{
	const char *user = guest_get(guest, "ciuser"),
		   *keys = guest_get(guest, "sshkeys");
	struct text out;
	char **lines;
	size_t count;

	(void)world;
	text_init(&out, arena);
	text_add(&out, "#cloud-config\n");
	print_hostname(arena, &out, guest);
	if (user)
		text_addf(&out, "user: %s\n", user);
	if (guest_get(guest, "cipassword"))
		text_add(&out, "password: **********\n");
	if (!user || !strcmp(user, "root"))
		text_add(&out, "disable_root: False\n");
	if (keys) {
		text_add(&out, "ssh_authorized_keys:\n");
		count = str_split(arena, decoded(arena, keys), "\r\n", &lines);
		for (size_t i = 0; i < count; i++)
			text_addf(&out, "  - %s\n", lines[i]);
	}
	text_add(&out, "chpasswd:\n  expire: False\n");
	if (!user || strcmp(user, "root") != 0)
		text_add(&out, "users:\n  - default\n");
	if (guest_number(guest, "ciupgrade", 1))
		text_add(&out, "package_upgrade: true\n");
	return arena_strdup(arena, text_str(&out));
}

/* "10.0.0.5/24" as an address and a netmask. */
static void print_static(struct arena *arena, struct text *out, const char *cidr,
			 const char *gw)
{
	const char *slash = strchr(cidr, '/');
	uint32_t bits = slash ? (uint32_t)atoi(slash + 1) : 32;
	struct in_addr mask = { htonl(bits ? 0xffffffffu << (32 - bits) : 0) };
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &mask, text, sizeof(text));
	text_addf(
		out, "    - type: static\n      address: '%s'\n      netmask: '%s'\n",
		arena_strndup(arena, cidr, slash ? (size_t)(slash - cidr) : strlen(cidr)),
		text);
	if (gw)
		text_addf(out, "      gateway: '%s'\n", gw);
}

static void print_card(struct arena *arena, struct text *out, const struct guest *guest,
		       unsigned card)
{
	char *net = arena_printf(arena, "net%u", card);
	char *option = arena_printf(arena, "ipconfig%u", card);
	json_t *props, *ip;
	const char *address;

	if (!guest_get(guest, net) || !guest_get(guest, option))
		return;
	props = props_read(qemu_net_format, guest_get(guest, net));
	ip = props_read(qemu_ipconfig_format, guest_get(guest, option));
	text_addf(out, "    - type: physical\n      name: eth%u\n      mac_address: '",
		  card);
	for (const char *at = props_get(props, "macaddr"); at && *at; at++)
		text_addc(out, (char)tolower((unsigned char)*at));
	text_add(out, "'\n      subnets:\n");
	address = props_get(ip, "ip");
	if (address && !strcmp(address, "dhcp"))
		text_add(out, "      - type: dhcp4\n");
	else if (address)
		print_static(arena, out, address, props_get(ip, "gw"));
	address = props_get(ip, "ip6");
	if (address && (!strcmp(address, "dhcp") || !strcmp(address, "auto")))
		text_addf(out, "      - type: %s\n",
			  !strcmp(address, "dhcp") ? "dhcp6" : "ipv6_slaac");
	else if (address) {
		text_addf(out, "      - type: static6\n      address: '%s'\n", address);
		if (props_get(ip, "gw6"))
			text_addf(out, "      gateway: '%s'\n", props_get(ip, "gw6"));
	}
	if (!props_get(ip, "ip") && !props_get(ip, "ip6"))
		text_add(out, "      - type: dhcp4\n      - type: dhcp6\n");
	json_decref(props);
	json_decref(ip);
}

static void print_list(struct arena *arena, struct text *out, const char *title,
		       const char *words)
{
	char **parts;
	size_t count = str_split(arena, words, " \t", &parts);

	text_addf(out, "      %s:\n", title);
	for (size_t i = 0; i < count; i++)
		text_addf(out, "      - '%s'\n", parts[i]);
}

/* What the nodes of the simulator resolve with, when the guest has no own servers. */
#define HOST_NAMESERVER "192.168.10.2"
#define HOST_DOMAIN     "lab.example"

char *cloudinit_network(struct arena *arena, const struct guest *guest)
{
	const char *servers = guest_get(guest, "nameserver");
	const char *domain = guest_get(guest, "searchdomain");
	struct text out;

	text_init(&out, arena);
	text_add(&out, "version: 1\nconfig:\n");
	for (unsigned card = 0; card < 32; card++)
		print_card(arena, &out, guest, card);
	text_add(&out, "    - type: nameserver\n");
	print_list(arena, &out, "address", servers ? servers : HOST_NAMESERVER);
	print_list(arena, &out, "search", domain ? domain : HOST_DOMAIN);
	return arena_strdup(arena, text_str(&out));
}

char *cloudinit_meta(struct arena *arena, const struct world *world,
		     const struct guest *guest)
{
	char *all = arena_printf(arena, "%s%s", cloudinit_user(arena, world, guest),
				 cloudinit_network(arena, guest));
	unsigned char hash[EVP_MAX_MD_SIZE];
	struct text out;

	EVP_Digest(all, strlen(all), hash, NULL, EVP_sha1(), NULL);
	text_init(&out, arena);
	text_add(&out, "instance-id: ");
	for (size_t i = 0; i < 20; i++)
		text_addf(&out, "%02x", hash[i]);
	text_addc(&out, '\n');
	return arena_strdup(arena, text_str(&out));
}
